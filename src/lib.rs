//! A Route 53 you can run anywhere.

pub mod answer;
pub mod dns;
pub mod model;
pub mod published;
pub mod snapshot;
