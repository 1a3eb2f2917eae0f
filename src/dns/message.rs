//! Reading a query off the wire: header, question, and where its OPT record is (RFC 1035 §4, RFC 6891).

use crate::model::domain_name::MAX_WIRE_LENGTH;

use super::edns::Edns;

pub const HEADER_LENGTH: usize = 12;

pub const OPCODE_QUERY: u16 = 0;
pub const CLASS_IN: u16 = 1;
pub const CLASS_ANY: u16 = 255;
pub const TYPE_OPT: u16 = 41;

/// The first two bytes of flags, as bits.
pub mod flag {
    pub const QR: u16 = 0x8000;
    pub const AA: u16 = 0x0400;
    pub const TC: u16 = 0x0200;
    pub const RD: u16 = 0x0100;
    pub const RA: u16 = 0x0080;
}

/// Response codes (RFC 1035 §4.1.1, RFC 6891 §9, RFC 7873 §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rcode {
    NoError,
    FormatError,
    ServerFailure,
    NameError,
    NotImplemented,
    Refused,
    BadVersion,
    BadCookie,
}

impl Rcode {
    /// Twelve bits: the upper eight go into the OPT record.
    pub const fn code(self) -> u16 {
        match self {
            Rcode::NoError => 0,
            Rcode::FormatError => 1,
            Rcode::ServerFailure => 2,
            Rcode::NameError => 3,
            Rcode::NotImplemented => 4,
            Rcode::Refused => 5,
            Rcode::BadVersion => 16,
            Rcode::BadCookie => 23,
        }
    }
}

/// The fixed part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub id: u16,
    pub flags: u16,
    pub question_count: u16,
    pub answer_count: u16,
    pub authority_count: u16,
    pub additional_count: u16,
}

impl Header {
    /// `None` if the message is shorter than a header.
    pub fn read(message: &[u8]) -> Option<Header> {
        let bytes = message.first_chunk::<HEADER_LENGTH>()?;
        let field = |index: usize| u16::from_be_bytes([bytes[2 * index], bytes[2 * index + 1]]);
        Some(Header {
            id: field(0),
            flags: field(1),
            question_count: field(2),
            answer_count: field(3),
            authority_count: field(4),
            additional_count: field(5),
        })
    }

    pub fn opcode(&self) -> u16 {
        self.flags >> 11 & 0xf
    }
}

/// A well-formed message, of any opcode: NOTIFY and UPDATE have sections of the same form (RFC 1996 §3.1, RFC 2136 §2).
#[derive(Clone, Copy, Debug)]
pub struct Request<'m> {
    pub header: Header,
    /// None in a query for a cookie alone (RFC 7873 §5.4).
    pub question: Option<Question<'m>>,
    pub edns: Option<Edns<'m>>,
}

#[derive(Clone, Copy, Debug)]
pub struct Question<'m> {
    /// Name, type and class as they were sent, the name in the client's own case.
    pub bytes: &'m [u8],
    pub name_length: usize,
    pub query_type: u16,
    pub class: u16,
}

impl<'m> Question<'m> {
    /// Uncompressed wire form, in the client's own case.
    pub fn name(&self) -> &'m [u8] {
        &self.bytes[..self.name_length]
    }
}

/// Bytes that do not say what they should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Why a message is not a query that can be answered.
#[derive(Clone, Copy, Debug)]
pub enum Unreadable<'m> {
    /// It is no DNS message, or P-19: one with more questions than 1.
    Message,
    /// All that is wrong with it is its OPT: the client speaks EDNS, and is told in EDNS (RFC 6891 §7).
    Edns { question: Option<Question<'m>>, dnssec_ok: bool },
}

impl From<Malformed> for Unreadable<'_> {
    fn from(_: Malformed) -> Self {
        Unreadable::Message
    }
}

impl<'m> Request<'m> {
    /// Reads what follows the header.
    #[inline]
    pub fn read(message: &'m [u8], header: Header) -> Result<Request<'m>, Unreadable<'m>> {
        let mut reader = Reader::new(message, HEADER_LENGTH);
        let question = match header.question_count {
            0 => None,
            1 => Some(reader.question()?),
            _ => return Err(Unreadable::Message),
        };
        let before_additional = u32::from(header.answer_count) + u32::from(header.authority_count);
        let mut opt: Option<RecordHead<'_>> = None;
        let (mut is_edns_malformed, mut dnssec_ok) = (false, false);
        for place in 0..before_additional + u32::from(header.additional_count) {
            let record = reader.record()?;
            if record.record_type == TYPE_OPT {
                dnssec_ok |= record.ttl[2] & 0x80 != 0;
                // RFC 6891 §6.1.1: one OPT at the most, in the additional section, at the root.
                is_edns_malformed |= opt.is_some() || place < before_additional || !record.is_at_root;
                opt = Some(record);
            }
        }
        if !reader.is_at_end() {
            return Err(Unreadable::Message);
        }
        let edns = match opt {
            None => None,
            Some(opt) => match Edns::read(opt.class, opt.ttl, opt.rdata) {
                Ok(edns) if !is_edns_malformed => Some(edns),
                Ok(_) | Err(Malformed) => return Err(Unreadable::Edns { question, dnssec_ok }),
            },
        };
        Ok(Request { header, question, edns })
    }
}

/// A record whose name is passed over.
pub(super) struct RecordHead<'m> {
    pub is_at_root: bool,
    pub record_type: u16,
    pub class: u16,
    pub ttl: [u8; 4],
    pub rdata: &'m [u8],
}

/// A place in bytes that moves on as they are read.
pub(super) struct Reader<'m> {
    message: &'m [u8],
    at: usize,
}

impl<'m> Reader<'m> {
    pub fn new(message: &'m [u8], at: usize) -> Reader<'m> {
        Reader { message, at }
    }

    /// Where what is read next begins.
    pub fn place(&self) -> usize {
        self.at
    }

    pub fn is_at_end(&self) -> bool {
        self.at == self.message.len()
    }

    pub fn take(&mut self, length: usize) -> Result<&'m [u8], Malformed> {
        let taken = self.message.get(self.at..self.at + length).ok_or(Malformed)?;
        self.at += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<&'m [u8; N], Malformed> {
        let taken = self.message.get(self.at..).and_then(<[u8]>::first_chunk).ok_or(Malformed)?;
        self.at += N;
        Ok(taken)
    }

    pub fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(|bytes| u16::from_be_bytes(*bytes))
    }

    /// Passes over a name, to its root or to the pointer that ends it.
    pub fn pass_name(&mut self) -> Result<(), Malformed> {
        loop {
            let [length] = *self.array()?;
            match length {
                0 => return Ok(()),
                1..=63 => drop(self.take(usize::from(length))?),
                192..=255 => return self.array::<1>().map(drop),
                _ => return Err(Malformed),
            }
        }
    }

    /// A question's name stands first, so it has nothing to point to: a compression pointer there is malformed.
    pub fn question(&mut self) -> Result<Question<'m>, Malformed> {
        let rest = self.message.get(self.at..).ok_or(Malformed)?;
        let mut name_length = 1;
        loop {
            match rest.get(name_length - 1) {
                Some(0) => break,
                Some(length @ 1..=63) => name_length += 1 + usize::from(*length),
                Some(_) | None => return Err(Malformed),
            }
        }
        if name_length > MAX_WIRE_LENGTH {
            return Err(Malformed);
        }
        let bytes = rest.get(..name_length + 4).ok_or(Malformed)?;
        let Some([t1, t2, c1, c2]) = bytes.last_chunk() else { return Err(Malformed) };
        self.at += bytes.len();
        let (query_type, class) = (u16::from_be_bytes([*t1, *t2]), u16::from_be_bytes([*c1, *c2]));
        Ok(Question { bytes, name_length, query_type, class })
    }

    pub fn record(&mut self) -> Result<RecordHead<'m>, Malformed> {
        let start = self.at;
        self.pass_name()?;
        let is_at_root = self.at == start + 1;
        let [t0, t1, c0, c1, ttl @ .., l0, l1] = *self.array::<10>()?;
        let rdata = self.take(usize::from(u16::from_be_bytes([l0, l1])))?;
        let (record_type, class) = (u16::from_be_bytes([t0, t1]), u16::from_be_bytes([c0, c1]));
        Ok(RecordHead { is_at_root, record_type, class, ttl, rdata })
    }
}
