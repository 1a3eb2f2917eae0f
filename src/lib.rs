//! A Route 53 you can run anywhere.

pub mod answer;
pub mod change;
pub mod dns;
pub mod model;
pub mod published;
pub mod snapshot;
pub mod store;
pub mod zonefile;
