//! The store in a directory, as processes see it.

#![allow(clippy::unwrap_used)]

mod crash;
mod together;
mod world;
