//! Records as they stand in a message, but for the pointers into the question: those depend on how long its name is.

use std::fmt;

use triomphe::ThinArc;

use crate::model::RecordType;

use super::node::{RECORD_HEAD, Values};

/// Records for questions at or below a zone's apex: an answer copies them and points the names that end as the question
/// does to the question. One block of memory.
#[derive(Clone)]
pub struct Compiled(ThinArc<Head, u8>);

#[derive(Clone, Copy)]
struct Head {
    /// Records.
    count: u16,
    /// How many bytes they take. After them stand the [`Pointer`]s.
    length: u32,
}

/// Where a pointer stands, and how long the tail of the question is that it points to. Records that are longer than any
/// message are never written, so that two bytes are enough.
type Pointer = [u8; 3];

/// RFC 1035 §4.1.4.
const POINTER: u16 = 0xc000;

impl Compiled {
    /// How many bytes it takes.
    pub fn length(&self) -> usize {
        self.0.header.header.length as usize
    }

    /// How many records it is.
    pub fn count(&self) -> u16 {
        self.0.header.header.count
    }

    /// Writes it to the start of `out`, which is long enough, for a question whose name ends at `question_end`.
    pub fn write(&self, out: &mut [u8], question_end: usize) {
        let (records, pointers) = self.0.slice.split_at(self.length());
        out[..records.len()].copy_from_slice(records);
        for [high, low, tail] in pointers.as_chunks().0 {
            let pointer = POINTER | (question_end - usize::from(*tail)) as u16;
            let at = usize::from(u16::from_be_bytes([*high, *low]));
            out[at..at + 2].copy_from_slice(&pointer.to_be_bytes());
        }
    }
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Compiled").field(&self.count()).field(&&self.0.slice).finish()
    }
}

/// Puts records together. Only names in CNAME, NS and SOA records are compressed: no others are compiled.
pub(super) struct Compiler<'z> {
    apex: &'z [u8],
    bytes: Vec<u8>,
    count: u16,
    pointers: Vec<Pointer>,
}

impl<'z> Compiler<'z> {
    /// `apex` in lower-case wire form.
    pub fn new(apex: &'z [u8]) -> Compiler<'z> {
        Compiler { apex, bytes: Vec::new(), count: 0, pointers: Vec::new() }
    }

    /// Adds all records of a set, in their stored order, with a TTL that may be another than theirs (Z-16).
    pub fn add(&mut self, owner: &[u8], values: Values<'_>, ttl: u32) {
        for record in values.records() {
            self.name(owner);
            let (head, rdata) = record.split_at(RECORD_HEAD);
            // Type and class.
            self.bytes.extend(&head[..4]);
            self.bytes.extend(ttl.to_be_bytes());
            let length_at = self.bytes.len();
            self.bytes.extend([0, 0]);
            self.rdata(values.record_type, rdata);
            let length = (self.bytes.len() - length_at - 2) as u16;
            self.bytes[length_at..length_at + 2].copy_from_slice(&length.to_be_bytes());
            self.count += 1;
        }
    }

    pub fn finish(self) -> Compiled {
        let head = Head { count: self.count, length: self.bytes.len() as u32 };
        let block = [self.bytes, self.pointers.into_flattened()].concat();
        Compiled(ThinArc::from_header_and_slice(head, &block))
    }

    fn rdata(&mut self, record_type: RecordType, rdata: &[u8]) {
        let mut rest = rdata;
        let names = match record_type {
            RecordType::Ns => 1,
            RecordType::Soa => 2,
            _ => 0,
        };
        for _ in 0..names {
            let (name, after) = rest.split_at(name_length(rest));
            self.name(name);
            rest = after;
        }
        self.bytes.extend(rest);
    }

    /// A name, with the longest tail that the apex has too as a pointer.
    fn name(&mut self, name: &[u8]) {
        let mut tail = name;
        while tail.len() > 1 {
            if is_tail(self.apex, tail) {
                self.bytes.extend(&name[..name.len() - tail.len()]);
                let [high, low] = (self.bytes.len() as u16).to_be_bytes();
                self.pointers.push([high, low, tail.len() as u8]);
                self.bytes.extend([0, 0]);
                return;
            }
            tail = &tail[1 + usize::from(tail[0])..];
        }
        self.bytes.extend(name);
    }
}

/// Whether a name is an ancestor of another, or itself.
fn is_tail(name: &[u8], tail: &[u8]) -> bool {
    let mut rest = name;
    while rest.len() > tail.len() {
        rest = &rest[1 + usize::from(rest[0])..];
    }
    rest.eq_ignore_ascii_case(tail)
}

/// The length of the uncompressed name at the start of valid RDATA.
fn name_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while bytes[at] != 0 {
        at += 1 + usize::from(bytes[at]);
    }
    at + 1
}
