//! The other side of the Route 53 API: pushes zone files through it, and writes them from what it lists.
//!
//! ```text
//!  zone files ─→ account ─→ named ─┐
//!                                  ├─→ plan ─→ diff, for people
//!  API ─→ listing ─→ named ────────┘      └──→ carry_out ─→ API
//!                      │
//!                      └─→ exported ─→ zone files
//! ```
//!
//! Ids differ from server to server, so both sides are first named as files name them. What is to be done is then a
//! pure [`plan`](plan()): I/O is in `connection`, `caller`, `listing` and `carry_out` alone.

// Speaking with an API.
mod body;
mod call;
mod caller;
mod connection;
mod endpoint;
mod error;

// What it has, and what files call it.
mod check_reference;
mod found;
mod listing;
mod named;
mod named_files;
mod names;

// What is to be done, and doing it.
mod batch;
#[cfg(test)]
mod batch_law_tests;
mod carry_out;
mod plan;
mod plan_collections;
mod plan_health_checks;
mod plan_record_sets;
mod plan_zones;
mod step;

// What is written of it.
mod exported;
mod json;
mod master_file;

pub use caller::{Credentials, RouteCaller};
pub use carry_out::{Done, carry_out};
pub use connection::{Connection, Failure};
pub use endpoint::Endpoint;
pub use error::ClientError;
pub use exported::{Export, exported};
pub use json::record_sets_json;
pub use listing::{ListedAccount, ListedZone, ZoneHead, list_account, list_hosted_zones, list_record_set_elements};
pub use master_file::{MasterFile, master_file};
pub use named_files::{FromFiles, from_files};
pub use plan::{Plan, Pruning, plan};
