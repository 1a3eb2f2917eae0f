//! The OPT record of a response.

use super::super::message::{Rcode, TYPE_OPT};
use super::cookie::WHOLE_COOKIE;
use super::{ClientSubnet, ExtendedError, option};

/// What the OPT record of a response says.
#[derive(Clone, Copy, Debug)]
pub struct ResponseEdns<'a> {
    /// The largest UDP message we take, in bytes (P-9).
    pub udp_payload_size: u16,
    pub dnssec_ok: bool,
    /// The option of the query, with the scope to answer (P-15).
    pub client_subnet: Option<(ClientSubnet, u8)>,
    /// The client's part and ours.
    pub cookie: Option<[u8; WHOLE_COOKIE]>,
    /// Who we are (RFC 5001).
    pub nsid: Option<&'a [u8]>,
    /// How long a connection may be idle, in tenths of a second (RFC 7828 §3.1).
    pub idle_timeout_deciseconds: Option<u16>,
    pub extended_error: Option<ExtendedError>,
    pub padding: Option<Padding>,
}

/// How a response is padded (RFC 7830).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// To a multiple of 468 bytes (RFC 8467 §4.1).
    Blocks,
}

/// RFC 8467 §4.1, in bytes.
const PADDING_BLOCK: usize = 468;
/// The record without options: root, type, class, TTL, length.
const RECORD_HEAD: usize = 11;
/// Code and length.
const OPTION_HEAD: usize = 4;

impl<'a> ResponseEdns<'a> {
    /// Without an option.
    pub fn bare(udp_payload_size: u16, dnssec_ok: bool) -> ResponseEdns<'a> {
        ResponseEdns {
            udp_payload_size,
            dnssec_ok,
            client_subnet: None,
            cookie: None,
            nsid: None,
            idle_timeout_deciseconds: None,
            extended_error: None,
            padding: None,
        }
    }

    pub fn has_options(&self) -> bool {
        self.options_length() > 0
    }

    /// How many bytes it takes at the least: padding is what room is left for.
    pub fn length(&self) -> usize {
        RECORD_HEAD + self.options_length()
    }

    fn options_length(&self) -> usize {
        let option = |value: Option<usize>| value.map_or(0, |length| OPTION_HEAD + length);
        option(self.client_subnet.map(|(subnet, _)| 4 + subnet.address_length()))
            + option(self.cookie.map(|cookie| cookie.len()))
            + option(self.nsid.map(<[u8]>::len))
            + option(self.idle_timeout_deciseconds.map(|_| 2))
            + option(self.extended_error.map(|error| 2 + error.text.len()))
            + option(self.padding.map(|_| 0))
    }

    /// Ends `message`, of which `length` bytes are written, with this record; returns its whole length. The message
    /// has room for it, and is as long as it may be padded.
    pub fn write(&self, rcode: Rcode, message: &mut [u8], length: usize) -> usize {
        let padding = match self.padding {
            Some(Padding::Blocks) => {
                let end = length + self.length();
                end.next_multiple_of(PADDING_BLOCK).min(message.len()).saturating_sub(end)
            }
            None => 0,
        };
        let mut out = OptionsWriter { out: message, at: length };
        out.put(&[0]);
        out.put(&TYPE_OPT.to_be_bytes());
        out.put(&self.udp_payload_size.to_be_bytes());
        // RFC 6891 §6.1.4: of the flags, DO alone.
        out.put(&[(rcode.code() >> 4) as u8, 0, if self.dnssec_ok { 0x80 } else { 0 }, 0]);
        out.put(&((self.options_length() + padding) as u16).to_be_bytes());
        if let Some((subnet, scope)) = &self.client_subnet {
            subnet.put(*scope, &mut out);
        }
        if let Some(cookie) = &self.cookie {
            out.head(option::COOKIE, cookie.len());
            out.put(cookie);
        }
        if let Some(nsid) = self.nsid {
            out.head(option::NSID, nsid.len());
            out.put(nsid);
        }
        if let Some(deciseconds) = self.idle_timeout_deciseconds {
            out.head(option::TCP_KEEPALIVE, 2);
            out.put(&deciseconds.to_be_bytes());
        }
        if let Some(error) = self.extended_error {
            out.head(option::EXTENDED_ERROR, 2 + error.text.len());
            out.put(&error.info_code.to_be_bytes());
            out.put(error.text.as_bytes());
        }
        if self.padding.is_some() {
            out.head(option::PADDING, padding);
            out.put_zeros(padding);
        }
        out.at
    }
}

/// Writes where there is room; room for all of it was set aside.
pub(super) struct OptionsWriter<'o> {
    out: &'o mut [u8],
    at: usize,
}

impl OptionsWriter<'_> {
    /// What stands before an option's value.
    pub fn head(&mut self, code: u16, length: usize) {
        self.put(&code.to_be_bytes());
        self.put(&(length as u16).to_be_bytes());
    }

    pub fn put(&mut self, bytes: &[u8]) {
        if let Some(room) = self.room(bytes.len()) {
            room.copy_from_slice(bytes);
        }
    }

    fn put_zeros(&mut self, count: usize) {
        if let Some(room) = self.room(count) {
            room.fill(0);
        }
    }

    fn room(&mut self, length: usize) -> Option<&mut [u8]> {
        let room = self.out.get_mut(self.at..self.at + length);
        debug_assert!(room.is_some(), "room for OPT was set aside");
        if room.is_some() {
            self.at += length;
        }
        room
    }
}
