//! The wire: what a message says, what to say back, and the sockets that carry both.

pub mod message;
pub mod respond;
mod writer;

pub mod hickory;
pub mod listener;
pub mod responder;
pub mod udp;

pub use listener::{ListenAddress, ListenError, Listener};
pub use respond::{Arrival, MAX_MESSAGE_LENGTH, Response, Transport, respond};
pub use responder::{Current, Origin, Responder};
pub use udp::UdpServer;
