//! How this server speaks, whatever it serves.

use super::edns::CookieSecrets;

/// The largest UDP response of Route 53, in bytes (P-9).
pub const ROUTE53_UDP_PAYLOAD_SIZE: u16 = 4096;

/// What a responder is told to say beside its answers.
#[derive(Clone, Debug)]
pub struct WirePolicy {
    pub cookies: CookieSecrets,
    /// Who we are, for those who ask (RFC 5001). At most [`NSID_BYTES`].
    pub nsid: Option<Box<[u8]>>,
    /// The largest UDP message we send, and say that we take, in bytes: 512 to 4,096.
    pub max_udp_payload_size: u16,
    /// Whether clients of EDNS are told why they are refused (RFC 8914). Route 53 does not tell them.
    pub sends_extended_errors: bool,
}

/// The longest name of a server: what a response says of itself must leave room for its question in 512 bytes.
pub const NSID_BYTES: usize = 64;

impl WirePolicy {
    /// What Route 53 says, and cookies.
    pub fn new(cookies: CookieSecrets) -> WirePolicy {
        WirePolicy { cookies, nsid: None, max_udp_payload_size: ROUTE53_UDP_PAYLOAD_SIZE, sends_extended_errors: false }
    }
}
