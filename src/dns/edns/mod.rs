//! EDNS (RFC 6891): what the OPT record of a query says, option by option. `response` is what ours says back.

mod client_subnet;
mod cookie;
mod extended_error;
mod response;

pub use client_subnet::ClientSubnet;
pub use cookie::{Cookie, CookieSecret, CookieSecrets, CookieState};
pub use extended_error::ExtendedError;
pub use response::{Padding, ResponseEdns};

use super::message::{Malformed, Reader};

/// The options that are known here, by their codes.
mod option {
    pub const NSID: u16 = 3;
    pub const CLIENT_SUBNET: u16 = 8;
    pub const COOKIE: u16 = 10;
    pub const TCP_KEEPALIVE: u16 = 11;
    pub const PADDING: u16 = 12;
    pub const EXTENDED_ERROR: u16 = 15;
}

/// What the OPT record of a query says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edns<'m> {
    /// The largest UDP response the client takes, in bytes.
    pub udp_payload_size: u16,
    pub version: u8,
    pub dnssec_ok: bool,
    /// Whether there is any option at all.
    pub has_options: bool,
    pub client_subnet: Option<ClientSubnet>,
    pub cookie: Option<Cookie<'m>>,
    /// Whether it asks who answers (RFC 5001 §2.1).
    pub asks_for_nsid: bool,
    pub keepalive: Option<Keepalive>,
    /// Whether it is padded, and so wants a response that is (RFC 7830 §4).
    pub has_padding: bool,
}

/// The option that asks how long a connection may be idle (RFC 7828).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keepalive {
    Asked,
    /// With a time, which is not a client's to name (RFC 7828 §3.2.1).
    WithTime,
}

impl<'m> Edns<'m> {
    #[inline]
    pub(super) fn read(class: u16, ttl: [u8; 4], rdata: &'m [u8]) -> Result<Edns<'m>, Malformed> {
        let [_, version, flags, _] = ttl;
        let mut edns = Edns {
            udp_payload_size: class,
            version,
            dnssec_ok: flags & 0x80 != 0,
            has_options: !rdata.is_empty(),
            client_subnet: None,
            cookie: None,
            asks_for_nsid: false,
            keepalive: None,
            has_padding: false,
        };
        // RFC 6891 §6.1.3: what stands in the options of a version we do not know is not ours to judge.
        if version == 0 && edns.has_options {
            edns.read_options(rdata)?;
        }
        Ok(edns)
    }

    /// Of an option that may stand once, the first counts: RFC 7873 §5.2 says so of cookies. What is not known is
    /// passed over (RFC 6891 §6.1.2).
    // Kept out of the way of those without options.
    #[inline(never)]
    fn read_options(&mut self, rdata: &'m [u8]) -> Result<(), Malformed> {
        let mut options = Reader::new(rdata, 0);
        while !options.is_at_end() {
            let code = options.u16()?;
            let length = usize::from(options.u16()?);
            let value = options.take(length)?;
            match code {
                option::CLIENT_SUBNET if self.client_subnet.is_none() => {
                    self.client_subnet = ClientSubnet::read(value)?
                }
                option::COOKIE if self.cookie.is_none() => self.cookie = Some(Cookie::read(value)?),
                // RFC 5001 §2.1: what a query has in it says nothing.
                option::NSID => self.asks_for_nsid = true,
                option::TCP_KEEPALIVE if self.keepalive.is_none() => {
                    self.keepalive = Some(if value.is_empty() { Keepalive::Asked } else { Keepalive::WithTime });
                }
                option::PADDING => self.has_padding = true,
                _ => {}
            }
        }
        Ok(())
    }
}
