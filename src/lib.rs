//! A Route 53 you can run anywhere.

pub mod advice;
pub mod answer;
pub mod change;
pub mod cli;
pub mod config;
pub mod dns;
pub mod health;
pub mod model;
pub mod published;
pub mod serve;
pub mod snapshot;
pub mod store;
pub mod time;
pub mod zonefile;
