//! Reading uncompressed RDATA field by field; `None` where it is malformed.

use super::character_string::encode;
use crate::model::domain_name::{MAX_LABEL_LENGTH, MAX_WIRE_LENGTH, is_plain_for_people, wire_to_text};

/// What is left to read of some RDATA.
pub(super) struct RdataReader<'a> {
    rest: &'a [u8],
}

impl<'a> RdataReader<'a> {
    pub fn new(rdata: &'a [u8]) -> RdataReader<'a> {
        RdataReader { rest: rdata }
    }

    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    pub fn remainder(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// A name in wire form, the root's zero byte included.
    pub fn name(&mut self) -> Option<&'a [u8]> {
        let mut at = 0;
        loop {
            let length = usize::from(*self.rest.get(at)?);
            if length > MAX_LABEL_LENGTH {
                return None;
            }
            at += 1 + length;
            if at > MAX_WIRE_LENGTH {
                return None;
            }
            if length == 0 {
                return self.take(at);
            }
        }
    }

    pub fn name_text(&mut self) -> Option<String> {
        self.name().map(|name| wire_to_text(name, is_plain_for_people))
    }

    /// A character string as text in quotation marks.
    pub fn character_string_text(&mut self) -> Option<String> {
        let length = self.u8()?;
        self.take(length.into()).map(encode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_must_be_whole_short_and_uncompressed() {
        assert_eq!(RdataReader::new(b"\x01a\x00rest").name(), Some(&b"\x01a\x00"[..]));
        for rdata in [&b""[..], b"\x01", b"\x01a", b"\xc0\x0c", b"\x40"] {
            assert_eq!(RdataReader::new(rdata).name(), None);
        }
        let long = [&b"\x01a".repeat(127)[..], &[0]].concat();
        assert_eq!(RdataReader::new(&long).name().map(<[u8]>::len), Some(255));
        let too_long = [&b"\x01a".repeat(128)[..], &[0]].concat();
        assert_eq!(RdataReader::new(&too_long).name(), None);
    }
}
