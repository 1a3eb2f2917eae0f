//! The nouns of Route 53, valid by construction: no I/O, no serde, no clock.

pub mod domain_name;
pub mod geography;
pub mod record_type;
pub mod record_value;

pub use domain_name::{DomainName, NameError};
pub use geography::{AwsRegion, Continent, Coordinates, CountryCode, UsState};
pub use record_type::{RecordType, UnknownRecordType};
pub use record_value::{RecordValue, ValueError, ValueProblem};
