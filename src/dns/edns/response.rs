//! The OPT record of a response.

use std::net::IpAddr;

use arrayvec::ArrayVec;

use super::super::message::{Rcode, TYPE_OPT};
use super::super::policy::NSID_BYTES;
use super::cookie::WHOLE_COOKIE;
use super::{ClientSubnet, ExtendedError, option};

/// The OPT record of a response. Options are written as soon as it is known what they say, so that one without any
/// costs next to nothing.
#[derive(Clone, Debug)]
pub struct ResponseEdns {
    /// The largest UDP message we take, in bytes (P-9).
    udp_payload_size: u16,
    dnssec_ok: bool,
    options: ArrayVec<u8, OPTIONS_BYTES>,
    padding: Option<Padding>,
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
/// The longest option of each kind: a cookie, a name, a time, a client subnet, an extended error.
const OPTIONS_BYTES: usize =
    5 * OPTION_HEAD + WHOLE_COOKIE + NSID_BYTES + 2 + (4 + 16) + (2 + ExtendedError::TEXT_BYTES);

impl ResponseEdns {
    /// Without an option.
    pub fn bare(udp_payload_size: u16, dnssec_ok: bool) -> ResponseEdns {
        ResponseEdns { udp_payload_size, dnssec_ok, options: ArrayVec::new_const(), padding: None }
    }

    /// The client's part and ours.
    pub fn add_cookie(&mut self, cookie: &[u8; WHOLE_COOKIE]) {
        self.add(option::COOKIE, &[cookie]);
    }

    /// Who we are (RFC 5001).
    pub fn add_nsid(&mut self, nsid: &[u8]) {
        self.add(option::NSID, &[nsid]);
    }

    /// How long a connection may be idle, in tenths of a second (RFC 7828 §3.1).
    pub fn add_idle_timeout(&mut self, deciseconds: u16) {
        self.add(option::TCP_KEEPALIVE, &[&deciseconds.to_be_bytes()]);
    }

    /// The option of the query, with the scope of the answer (P-15).
    pub fn add_client_subnet(&mut self, subnet: &ClientSubnet, scope: u8) {
        let head = [&subnet.family.to_be_bytes()[..], &[subnet.source_prefix_length, scope]];
        match subnet.address {
            IpAddr::V4(address) => self.add_subnet_of(head, &address.octets()[..subnet.address_length()]),
            IpAddr::V6(address) => self.add_subnet_of(head, &address.octets()[..subnet.address_length()]),
        }
    }

    fn add_subnet_of(&mut self, [family, lengths]: [&[u8]; 2], address: &[u8]) {
        self.add(option::CLIENT_SUBNET, &[family, lengths, address]);
    }

    pub fn add_extended_error(&mut self, error: ExtendedError) {
        self.add(option::EXTENDED_ERROR, &[&error.info_code.to_be_bytes(), error.text.as_bytes()]);
    }

    pub fn pad(&mut self, padding: Padding) {
        self.padding = Some(padding);
    }

    fn add(&mut self, code: u16, value: &[&[u8]]) {
        let length: usize = value.iter().map(|part| part.len()).sum();
        if self.options.remaining_capacity() < OPTION_HEAD + length {
            debug_assert!(false, "there is room for each option once");
            return;
        }
        let head = [code.to_be_bytes(), (length as u16).to_be_bytes()];
        for part in [head.as_flattened()].iter().chain(value) {
            // There is room for all of them.
            let _ = self.options.try_extend_from_slice(part);
        }
    }

    pub fn has_options(&self) -> bool {
        !self.options.is_empty() || self.padding.is_some()
    }

    /// How many bytes it takes at the least: padding is what room is left for.
    pub fn length(&self) -> usize {
        RECORD_HEAD + self.options.len() + if self.padding.is_some() { OPTION_HEAD } else { 0 }
    }

    /// Ends `message`, of which `length` bytes are written, with this record; returns its whole length. The message
    /// has room for it, and is as long as it may be padded.
    #[inline]
    pub fn write(&self, rcode: Rcode, message: &mut [u8], length: usize) -> usize {
        let end = length + self.length();
        let (padded, padding) = match self.padding {
            Some(Padding::Blocks) => {
                let padded = end.next_multiple_of(PADDING_BLOCK).min(message.len()).max(end);
                (padded, padded - end)
            }
            None => (end, 0),
        };
        let Some(record) = message.get_mut(length..padded) else {
            debug_assert!(false, "room for OPT was set aside");
            return length;
        };
        let options_length = ((padded - length - RECORD_HEAD) as u16).to_be_bytes();
        let (size, kind) = (self.udp_payload_size.to_be_bytes(), TYPE_OPT.to_be_bytes());
        // RFC 6891 §6.1.4: of the flags, DO alone.
        let dnssec_ok = if self.dnssec_ok { 0x80 } else { 0 };
        let upper_code = (rcode.code() >> 4) as u8;
        let head =
            [0, kind[0], kind[1], size[0], size[1], upper_code, 0, dnssec_ok, 0, options_length[0], options_length[1]];
        record[..RECORD_HEAD].copy_from_slice(&head);
        if self.has_options() {
            let options = &mut record[RECORD_HEAD..];
            options[..self.options.len()].copy_from_slice(&self.options);
            if self.padding.is_some() {
                let option = &mut options[self.options.len()..];
                option[..2].copy_from_slice(&option::PADDING.to_be_bytes());
                option[2..OPTION_HEAD].copy_from_slice(&(padding as u16).to_be_bytes());
                option[OPTION_HEAD..].fill(0);
            }
        }
        padded
    }
}
