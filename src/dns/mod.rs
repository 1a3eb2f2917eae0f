//! The wire: what a message says, what to say back, and the sockets that carry both.

pub mod message;
pub mod respond;
mod writer;

pub use respond::{Arrival, MAX_MESSAGE_LENGTH, Response, Transport, respond};
