//! A Route 53 you can run anywhere.
//!
//! ```text
//!           reads                                   writes
//!  UDP, TCP ─→ dns ─┐                              ┌─ api ← AWS CLI, SDKs
//!                   ▼                              ▼
//!               answer ──→ snapshot ←─ publish ─ store ←── zonefile ← zones/*.yaml
//!                   │         ▲                    │
//!                   └─────────┼──── model ─────────┴─→ change
//!                health table │
//!                          health → probes
//! ```
//!
//! To know the machine, read [`answer`] (how a query is decided), then [`change`] (how an account may change). What
//! they speak of is in [`model`]. A query loads one [`snapshot`] and one health table, each once, and takes no lock.
//!
//! Imports go one way, from the bottom of this list to the top; `tests/tidy.rs` holds the table.

// The nouns, and what publishes and indexes them.
pub mod model;
pub mod published;
pub mod snapshot;
pub mod time;

// Pure decisions.
pub mod advice;
pub mod answer;
pub mod change;

// Languages and the outside world.
pub mod admin;
pub mod api;
pub mod certificate;
pub mod client;
pub mod connections;
pub mod data_directory;
pub mod descriptors;
pub mod dns;
pub mod ec2;
pub mod health;
pub mod http;
pub mod process_memory;
pub mod small_file;
pub mod store;
pub mod tls_identity;
pub mod zonefile;

// The program.
pub mod cli;
pub mod config;
pub mod serve;
