//! The wire: what a message says, what to say back, and the sockets that carry both.

pub mod edns;
pub mod message;
pub mod policy;
pub mod respond;
pub mod response_kind;
pub mod slip;
mod writer;

pub mod counters;
pub mod defence;
pub mod proxy_protocol;
pub mod rate_limit;

mod counted;
pub mod https;
pub mod listener;
mod peer;
pub mod quic;
pub mod responder;
pub mod stream;
pub mod udp;

pub use defence::Defence;
pub use edns::{CookieSecret, CookieSecrets, CookieState};
pub use https::HttpsServer;
pub use listener::{ListenAddress, ListenError, Listener, QuicListener, TlsListener, TlsProtocol};
pub use policy::WirePolicy;
pub use quic::QuicServer;
pub use respond::{Arrival, MAX_MESSAGE_LENGTH, Responded, Response, Transport, respond};
pub use responder::{Current, Origin, Responder};
pub use stream::StreamServer;
pub use udp::UdpServer;
