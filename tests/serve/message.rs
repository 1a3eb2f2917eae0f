//! DNS messages for the tests: queries as bytes, and responses taken apart down to the bytes of their records.

use std::net::{IpAddr, Ipv4Addr};

use hickory_proto::op::{Message, ResponseCode};
use ipnet::IpNet;

pub const A: u16 = 1;
pub const TXT: u16 = 16;
pub const OPT: u16 = 41;

/// One query, to be sent as bytes.
#[derive(Clone, Debug)]
pub struct Query {
    name: Vec<u8>,
    query_type: u16,
    class: u16,
    flags: u16,
    edns: Option<Edns>,
}

#[derive(Clone, Debug)]
struct Edns {
    payload_size: u16,
    version: u8,
    options: Vec<u8>,
}

impl Query {
    /// `name` may have `\ooo` escapes.
    pub fn new(name: &str, query_type: u16) -> Query {
        const RECURSION_DESIRED: u16 = 0x0100;
        Query { name: wire_name(name), query_type, class: 1, flags: RECURSION_DESIRED, edns: None }
    }

    pub fn class(mut self, class: u16) -> Query {
        self.class = class;
        self
    }

    pub fn flags(mut self, flags: u16) -> Query {
        self.flags = flags;
        self
    }

    pub fn edns(self, payload_size: u16) -> Query {
        self.edns_version(payload_size, 0)
    }

    pub fn edns_version(mut self, payload_size: u16, version: u8) -> Query {
        self.edns = Some(Edns { payload_size, version, options: Vec::new() });
        self
    }

    pub fn option(mut self, code: u16, value: &[u8]) -> Query {
        let edns = self.edns.get_or_insert(Edns { payload_size: 4096, version: 0, options: Vec::new() });
        edns.options.extend(code.to_be_bytes());
        edns.options.extend((value.len() as u16).to_be_bytes());
        edns.options.extend(value);
        self
    }

    pub fn subnet(self, subnet: &str) -> Query {
        let subnet: IpNet = subnet.parse().unwrap();
        let bytes = usize::from(subnet.prefix_len()).div_ceil(8);
        let (family, address) = match subnet.network() {
            IpAddr::V4(address) => (1, address.octets().to_vec()),
            IpAddr::V6(address) => (2, address.octets().to_vec()),
        };
        self.option(8, &[&[0, family, subnet.prefix_len(), 0], &address[..bytes]].concat())
    }

    pub fn bytes(&self, id: u16) -> Vec<u8> {
        let mut bytes = Vec::new();
        for field in [id, self.flags, 1, 0, 0, u16::from(self.edns.is_some())] {
            bytes.extend(field.to_be_bytes());
        }
        bytes.extend(&self.name);
        bytes.extend(self.query_type.to_be_bytes());
        bytes.extend(self.class.to_be_bytes());
        if let Some(Edns { payload_size, version, options }) = &self.edns {
            bytes.push(0);
            bytes.extend(OPT.to_be_bytes());
            bytes.extend(payload_size.to_be_bytes());
            bytes.extend([0, *version, 0, 0]);
            bytes.extend((options.len() as u16).to_be_bytes());
            bytes.extend(options);
        }
        bytes
    }
}

/// The uncompressed wire form of a name with `\ooo` escapes.
fn wire_name(text: &str) -> Vec<u8> {
    let mut labels = vec![Vec::new()];
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match byte {
            b'.' => labels.push(Vec::new()),
            b'\\' => {
                labels.last_mut().unwrap().push(u8::from_str_radix(str::from_utf8(&rest[..3]).unwrap(), 8).unwrap());
                rest = &rest[3..];
            }
            byte => labels.last_mut().unwrap().push(*byte),
        }
    }
    let labels = labels.into_iter().filter(|label| !label.is_empty());
    let mut wire: Vec<u8> = labels.flat_map(|label| [vec![label.len() as u8], label].concat()).collect();
    wire.push(0);
    wire
}

/// A response: what hickory makes of it, and its bytes.
#[derive(Clone, Debug)]
pub struct Response {
    pub bytes: Vec<u8>,
    pub message: Message,
}

/// A record with its names in full. The sections are counted from 0, answer first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    pub section: usize,
    pub name: Vec<u8>,
    pub record_type: u16,
    pub class: u16,
    pub ttl: u32,
    pub rdata: Vec<u8>,
}

impl Response {
    pub fn read(bytes: Vec<u8>) -> Response {
        let message = Message::from_vec(&bytes).unwrap_or_else(|error| panic!("{error}: {bytes:02x?}"));
        Response { bytes, message }
    }

    /// With the upper bits that the OPT record holds.
    pub fn rcode(&self) -> ResponseCode {
        self.message.metadata.response_code
    }

    /// The header's flags, response code and all.
    pub fn flags(&self) -> u16 {
        u16::from_be_bytes([self.bytes[2], self.bytes[3]])
    }

    /// The question as it stands in the message.
    pub fn question(&self) -> &[u8] {
        &self.bytes[12..self.end_of_question()]
    }

    fn end_of_question(&self) -> usize {
        match self.count(0) {
            0 => 12,
            1 => self.name(12).1 + 4,
            count => panic!("{count} questions"),
        }
    }

    fn count(&self, section: usize) -> u16 {
        u16::from_be_bytes([self.bytes[4 + 2 * section], self.bytes[5 + 2 * section]])
    }

    /// All records, sorted within their sections.
    pub fn records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        let mut at = self.end_of_question();
        for section in 0..3 {
            for _ in 0..self.count(section + 1) {
                let (name, head) = self.name(at);
                let number = |from: usize, length: usize| {
                    self.bytes[from..from + length].iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
                };
                let data = head + 10;
                at = data + number(head + 8, 2) as usize;
                let record_type = number(head, 2) as u16;
                let rdata = self.rdata(record_type, data, at);
                let (class, ttl) = (number(head + 2, 2) as u16, number(head + 4, 4));
                records.push(Record { section, name, record_type, class, ttl, rdata });
            }
        }
        assert_eq!(at, self.bytes.len(), "bytes left over");
        records.sort();
        records
    }

    /// The addresses of the answer's A records, sorted.
    pub fn addresses(&self) -> Vec<Ipv4Addr> {
        let answers = self.records().into_iter().filter(|record| record.section == 0 && record.record_type == A);
        answers.map(|record| Ipv4Addr::from(<[u8; 4]>::try_from(record.rdata).unwrap())).collect()
    }

    fn rdata(&self, record_type: u16, start: usize, end: usize) -> Vec<u8> {
        let names_from = match record_type {
            2 | 5 | 12 | 6 => start,
            15 => start + 2,
            _ => return self.bytes[start..end].to_vec(),
        };
        let mut rdata = self.bytes[start..names_from].to_vec();
        let mut at = names_from;
        for _ in 0..(if record_type == 6 { 2 } else { 1 }) {
            let (name, after) = self.name(at);
            rdata.extend(name);
            at = after;
        }
        rdata.extend(&self.bytes[at..end]);
        rdata
    }

    /// The name at this place, in full, and what comes after it.
    fn name(&self, mut at: usize) -> (Vec<u8>, usize) {
        let mut name = Vec::new();
        let mut end = None;
        loop {
            let length = usize::from(self.bytes[at]);
            match length {
                0 => {
                    name.push(0);
                    return (name, end.unwrap_or(at + 1));
                }
                192.. => {
                    end = end.or(Some(at + 2));
                    at = (length & 0x3f) << 8 | usize::from(self.bytes[at + 1]);
                }
                _ => {
                    name.extend(&self.bytes[at..=at + length]);
                    at += 1 + length;
                }
            }
            assert!(name.len() < 256);
        }
    }
}
