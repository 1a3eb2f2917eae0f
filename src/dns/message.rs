//! Reading a query off the wire: header, question, EDNS (RFC 1035 §4, RFC 6891, RFC 7871).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::model::domain_name::MAX_WIRE_LENGTH;

pub const HEADER_LENGTH: usize = 12;

pub const CLASS_IN: u16 = 1;
pub const CLASS_ANY: u16 = 255;
pub const TYPE_OPT: u16 = 41;
pub const OPTION_CLIENT_SUBNET: u16 = 8;

/// The first two bytes of flags, as bits.
pub mod flag {
    pub const QR: u16 = 0x8000;
    pub const AA: u16 = 0x0400;
    pub const TC: u16 = 0x0200;
    pub const RD: u16 = 0x0100;
    pub const RA: u16 = 0x0080;
}

/// Response codes (RFC 1035 §4.1.1, RFC 6891 §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rcode {
    NoError,
    FormatError,
    ServerFailure,
    NameError,
    NotImplemented,
    Refused,
    BadVersion,
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

/// A well-formed query with one question.
#[derive(Clone, Copy, Debug)]
pub struct Request<'m> {
    pub header: Header,
    pub question: Question<'m>,
    pub edns: Option<Edns>,
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

/// What the OPT record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edns {
    /// The largest UDP response the client takes, in bytes.
    pub udp_payload_size: u16,
    pub version: u8,
    pub dnssec_ok: bool,
    pub client_subnet: Option<ClientSubnet>,
}

/// The client subnet option (RFC 7871 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientSubnet {
    pub family: u16,
    pub source_prefix_length: u8,
    /// The address, filled up with zeros.
    pub address: IpAddr,
}

impl ClientSubnet {
    /// The network, unless the client wishes not to be located (P-16).
    pub fn network(&self) -> Option<IpNet> {
        if self.source_prefix_length == 0 {
            return None;
        }
        IpNet::new(self.address, self.source_prefix_length).ok().map(canonical)
    }

    /// The bits that stand before those of `network` in the address as it was sent: a scope counts them too.
    pub fn bits_before(&self, network: IpNet) -> u8 {
        match (self.address, network) {
            (IpAddr::V6(_), IpNet::V4(_)) => 96,
            _ => 0,
        }
    }
}

/// An IPv4 network written as an IPv4-mapped IPv6 network, as the IPv4 network.
fn canonical(network: IpNet) -> IpNet {
    match (network.addr().to_canonical(), network) {
        (IpAddr::V4(address), IpNet::V6(mapped)) if mapped.prefix_len() >= 96 => {
            IpNet::new(IpAddr::V4(address), mapped.prefix_len() - 96).unwrap_or(network)
        }
        _ => network,
    }
}

/// Why a message is not a query that can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl<'m> Request<'m> {
    /// Reads what follows the header. P-19: a question count other than 1 is malformed.
    pub fn read(message: &'m [u8], header: Header) -> Result<Request<'m>, Malformed> {
        if header.question_count != 1 {
            return Err(Malformed);
        }
        let mut reader = Reader { message, at: HEADER_LENGTH };
        let question = reader.question()?;
        for _ in 0..u32::from(header.answer_count) + u32::from(header.authority_count) {
            reader.record()?;
        }
        let mut edns = None;
        for _ in 0..header.additional_count {
            let record = reader.record()?;
            if record.record_type == TYPE_OPT {
                // RFC 6891 §6.1.1: one OPT at the most, at the root.
                if edns.is_some() || !record.is_at_root {
                    return Err(Malformed);
                }
                edns = Some(Edns::read(&record)?);
            }
        }
        if reader.at != message.len() {
            return Err(Malformed);
        }
        Ok(Request { header, question, edns })
    }
}

struct RecordHead<'m> {
    is_at_root: bool,
    record_type: u16,
    class: u16,
    ttl: [u8; 4],
    rdata: &'m [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NameEnd {
    Root,
    Pointer,
}

struct Reader<'m> {
    message: &'m [u8],
    at: usize,
}

impl<'m> Reader<'m> {
    fn take(&mut self, length: usize) -> Result<&'m [u8], Malformed> {
        let taken = self.message.get(self.at..self.at + length).ok_or(Malformed)?;
        self.at += length;
        Ok(taken)
    }

    fn u16(&mut self) -> Result<u16, Malformed> {
        let bytes = self.take(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    /// Passes over a name, to its root or to the pointer that ends it.
    fn pass_name(&mut self) -> Result<NameEnd, Malformed> {
        loop {
            let length = usize::from(self.take(1)?[0]);
            match length {
                0 => return Ok(NameEnd::Root),
                1..=63 => drop(self.take(length)?),
                192..=255 => return self.take(1).map(|_| NameEnd::Pointer),
                _ => return Err(Malformed),
            }
        }
    }

    /// A question's name stands first, so it has nothing to point to: a compression pointer there is malformed.
    fn question(&mut self) -> Result<Question<'m>, Malformed> {
        let start = self.at;
        let end = self.pass_name()?;
        let name_length = self.at - start;
        if end == NameEnd::Pointer || name_length > MAX_WIRE_LENGTH {
            return Err(Malformed);
        }
        let query_type = self.u16()?;
        let class = self.u16()?;
        Ok(Question { bytes: &self.message[start..self.at], name_length, query_type, class })
    }

    fn record(&mut self) -> Result<RecordHead<'m>, Malformed> {
        let start = self.at;
        self.pass_name()?;
        let is_at_root = self.at == start + 1;
        let (record_type, class) = (self.u16()?, self.u16()?);
        let ttl = self.take(4)?;
        let length = usize::from(self.u16()?);
        let rdata = self.take(length)?;
        Ok(RecordHead { is_at_root, record_type, class, ttl: [ttl[0], ttl[1], ttl[2], ttl[3]], rdata })
    }
}

impl Edns {
    fn read(record: &RecordHead<'_>) -> Result<Edns, Malformed> {
        let mut client_subnet = None;
        let version = record.ttl[1];
        // RFC 6891 §6.1.3: what stands in the options of a version we do not know is not ours to judge.
        let known_options = if version == 0 { record.rdata } else { &[] };
        let mut options = Reader { message: known_options, at: 0 };
        while options.at < known_options.len() {
            let code = options.u16()?;
            let length = usize::from(options.u16()?);
            let value = options.take(length)?;
            if code == OPTION_CLIENT_SUBNET && client_subnet.is_none() {
                client_subnet = ClientSubnet::read(value)?;
            }
        }
        Ok(Edns { udp_payload_size: record.class, version, dnssec_ok: record.ttl[2] & 0x80 != 0, client_subnet })
    }
}

impl ClientSubnet {
    /// RFC 7871 §6, §7.1.2: as many address bytes as the prefix needs, zeros after it, scope 0. A family that is
    /// not IPv4 or IPv6 is passed over.
    fn read(value: &[u8]) -> Result<Option<ClientSubnet>, Malformed> {
        let (head, address) = value.split_first_chunk::<4>().ok_or(Malformed)?;
        let [family_high, family_low, source_prefix_length, scope_prefix_length] = *head;
        let family = u16::from_be_bytes([family_high, family_low]);
        let bits: u8 = match family {
            1 => 32,
            2 => 128,
            _ => return Ok(None),
        };
        let needed = usize::from(source_prefix_length).div_ceil(8);
        if source_prefix_length > bits || scope_prefix_length != 0 || address.len() != needed {
            return Err(Malformed);
        }
        let mut bytes = [0; 16];
        bytes[..needed].copy_from_slice(address);
        let spare = (needed * 8 - usize::from(source_prefix_length)) as u32;
        if spare > 0 && bytes[needed - 1].trailing_zeros() < spare {
            return Err(Malformed);
        }
        let address = match family {
            1 => IpAddr::V4(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3])),
            _ => IpAddr::V6(Ipv6Addr::from(bytes)),
        };
        Ok(Some(ClientSubnet { family, source_prefix_length, address }))
    }
}
