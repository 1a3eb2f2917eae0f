//! Zone files: YAML in, an [`Account`](crate::model::Account) out, and back.
//!
//! [`load`] reads all files of a directory as one account and tells everything that is wrong with them at once;
//! [`write()`] gives the canonical text of an account. Every key is the Route 53 API's member name in snake_case.

mod account;
mod diagnostic;
mod drafted;
mod read;
mod sources;
mod write;

mod cidr_collection;
mod client_location;
mod cloudwatch;
mod credential;
mod geography;
mod health_check;
mod hosted_zone;
mod identity;
mod operation;
mod plain_record;
mod record_set;
mod routing_policy;
mod tag;
mod vpc;

mod cloudwatch_text;
mod document;
mod fields;
mod health_check_text;
mod layout;
mod line;
mod network;
mod node;
mod operation_text;
mod record_set_text;
mod scalar;

pub use account::{Loaded, load, load_under};
pub use credential::read_credentials;
pub use diagnostic::Diagnostic;
pub use identity::{derived_cidr_collection_id, derived_hosted_zone_id};
pub use line::{cidr_collection_line, health_check_line, hosted_zone_line, record_set_line};
pub use read::{
    OtherNames, PassedOver, ReadError, ZoneDirectory, ZoneFile, is_zone_file_name, path_text, read_directory,
};
pub use sources::{Place, Sources};
pub use write::write;
