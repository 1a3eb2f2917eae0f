//! A Route 53 you can run anywhere.

pub mod model;
pub mod published;
pub mod snapshot;
