//! A record set as it stands in a message, but for the pointers into the question: those depend on how long its name is.

use crate::model::RecordType;

use super::zone::Values;

/// The record set of a zone's apex, for questions at or below it: an answer copies it and points the names that end as
/// the question does to the question.
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
    /// `apex` in lower-case wire form. Only names in NS and SOA records are compressed: the apex has no others here.
    pub(super) fn of_apex(apex: &[u8], record_type: RecordType, values: &Values, ttl: u32) -> Compiled {
        let mut writer = Writer { apex, bytes: Vec::new(), pointers: Vec::new() };
        for record in values.records() {
            writer.name(apex);
            let (head, rdata) = record.split_at(RECORD_HEAD);
            // Type and class; the TTL may be another one (Z-16).
            writer.bytes.extend(&head[..4]);
            writer.bytes.extend(ttl.to_be_bytes());
            let length_at = writer.bytes.len();
            writer.bytes.extend([0, 0]);
            writer.rdata(record_type, rdata);
            let length = (writer.bytes.len() - length_at - 2) as u16;
            writer.bytes[length_at..length_at + 2].copy_from_slice(&length.to_be_bytes());
        }
        Compiled { bytes: writer.bytes.into(), count: values.len() as u16, pointers: writer.pointers.into() }
    }

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

/// Type, class, TTL and length: what stands before the RDATA.
pub(super) const RECORD_HEAD: usize = 10;

struct Writer<'z> {
    apex: &'z [u8],
    bytes: Vec<u8>,
    pointers: Vec<(u16, u8)>,
}

impl Writer<'_> {
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
