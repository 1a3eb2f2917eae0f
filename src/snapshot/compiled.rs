//! Records as they stand in a message, but for the pointers into the question: those depend on how long its name is.

use crate::model::RecordType;

use super::node::{RECORD_HEAD, Values};

/// Records for questions at or below a zone's apex: an answer copies them and points the names that end as the question
/// does to the question.
#[derive(Debug)]
pub struct Compiled {
    bytes: Box<[u8]>,
    /// Records.
    count: u16,
    /// Where a pointer stands, and how long the tail of the question is that it points to.
    pointers: Box<[(u16, u8)]>,
}

/// RFC 1035 §4.1.4.
const POINTER: u16 = 0xc000;

impl Compiled {
    /// How many bytes it takes.
    pub fn length(&self) -> usize {
        self.bytes.len()
    }

    /// How many records it is.
    pub fn count(&self) -> u16 {
        self.count
    }

    /// Writes it to the start of `out`, which is long enough, for a question whose name ends at `question_end`.
    pub fn write(&self, out: &mut [u8], question_end: usize) {
        out[..self.bytes.len()].copy_from_slice(&self.bytes);
        for (at, tail) in &self.pointers {
            let pointer = POINTER | (question_end - usize::from(*tail)) as u16;
            let at = usize::from(*at);
            out[at..at + 2].copy_from_slice(&pointer.to_be_bytes());
        }
    }
}

/// Puts records together. Only names in CNAME, NS and SOA records are compressed: no others are compiled.
pub(super) struct Compiler<'z> {
    apex: &'z [u8],
    bytes: Vec<u8>,
    count: u16,
    pointers: Vec<(u16, u8)>,
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
        Compiled { bytes: self.bytes.into(), count: self.count, pointers: self.pointers.into() }
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
                self.pointers.push((self.bytes.len() as u16, tail.len() as u8));
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
