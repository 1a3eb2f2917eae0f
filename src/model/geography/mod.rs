//! Where clients and resources are: what latency, geolocation and geoproximity routing compare.

mod aws_region;
mod continent;
mod coordinates;
mod country;
mod us_state;

pub use aws_region::{AwsRegion, UnknownAwsRegion};
pub use continent::{Continent, UnknownContinent};
pub use coordinates::{Coordinates, CoordinatesError, Distance};
pub use country::{CountryCode, CountryCodeError};
pub use us_state::{UnknownUsState, UsState};
