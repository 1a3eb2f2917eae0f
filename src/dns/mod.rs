//! The wire: what a message says, what to say back, and the sockets that carry both.

pub mod edns;
pub mod message;
pub mod policy;
pub mod respond;
mod writer;

pub mod hickory;
pub mod listener;
pub mod responder;
pub mod udp;

pub use edns::{CookieSecret, CookieSecrets, CookieState};
pub use listener::{ListenAddress, ListenError, Listener};
pub use policy::WirePolicy;
pub use respond::{Arrival, MAX_MESSAGE_LENGTH, Responded, Response, Transport, respond};
pub use responder::{Current, Origin, Responder};
pub use udp::UdpServer;
