//! Writing a response into a buffer of the caller's: header, sections, compression, truncation.

use fastrand::Rng;
use smallvec::SmallVec;

use crate::answer::{AnsweredSet, Owner};
use crate::model::RecordType;
use crate::snapshot::Compiled;

use super::edns::ResponseEdns;
use super::message::{HEADER_LENGTH, Question, Rcode};

/// The sections that records go into, by their count's place in the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Answer,
    Authority,
    Additional,
}

/// The message has no room for the whole record set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRoom;

/// Writes one response. Room for the OPT record is set aside from the start, so that truncation keeps it (P-10).
pub struct ResponseWriter<'o> {
    out: &'o mut [u8],
    length: usize,
    /// Where records must end.
    limit: usize,
    question_name_length: usize,
    question_count: u8,
    counts: [u16; 3],
    /// Names written in full so far, for later owners: the stored bytes and where they stand.
    names: SmallVec<[(*const u8, u16); 16]>,
}

/// A pointer to the name after the header.
const OWNER_IS_QUESTION: [u8; 2] = [0xc0, HEADER_LENGTH as u8];
/// Of a record without its owner: type, class, TTL, length.
const RECORD_HEAD: usize = 10;
const TTL_AT: usize = 4;

/// A pointer holds 14 bits (RFC 1035 §4.1.4).
const MAX_POINTER: usize = 0x3fff;

impl<'o> ResponseWriter<'o> {
    /// Starts a response of at most `limit` bytes, which must have room for header, question and OPT; `out` is at
    /// least as long.
    pub fn new(
        out: &'o mut [u8],
        limit: usize,
        question: Option<&Question<'_>>,
        edns: Option<&ResponseEdns>,
    ) -> ResponseWriter<'o> {
        let limit = limit.min(out.len());
        let (question, question_name_length) =
            question.map_or((&[][..], 0), |question| (question.bytes, question.name_length));
        let length = HEADER_LENGTH + question.len();
        out[HEADER_LENGTH..length].copy_from_slice(question);
        ResponseWriter {
            out,
            length,
            limit: limit.saturating_sub(edns.map_or(0, ResponseEdns::length)),
            question_name_length,
            question_count: u8::from(!question.is_empty()),
            counts: [0; 3],
            names: SmallVec::new(),
        }
    }

    /// Adds a record set whole, or nothing of it, its values in random order where they have none of their own (P-3,
    /// P-4).
    pub fn add(&mut self, section: Section, set: &AnsweredSet<'_>, rng: &mut Rng) -> Result<(), NoRoom> {
        match set.values.only() {
            // The usual answer: one value, nothing to shuffle.
            Some(values) if values.len() == 1 => self.put_records(section, set, &[values.bytes()]),
            _ => {
                let mut records: SmallVec<[&[u8]; 16]> = SmallVec::new();
                set.records().for_each(|record| records.push(record));
                if set.is_shuffled() {
                    rng.shuffle(&mut records);
                }
                self.put_records(section, set, &records)
            }
        }
    }

    /// All of them or none.
    fn put_records(&mut self, section: Section, set: &AnsweredSet<'_>, records: &[&[u8]]) -> Result<(), NoRoom> {
        let (start, known_names) = (self.length, self.names.len());
        let is_plain = set.owner == Owner::QueryName && !has_names(set.record_type);
        let written = records.iter().try_for_each(|record| {
            if is_plain { self.put_record(record, set.ttl) } else { self.put_record_with_names(set, record) }
        });
        match written {
            Ok(()) => self.counts[section as usize] += records.len() as u16,
            Err(NoRoom) => {
                self.length = start;
                self.names.truncate(known_names);
            }
        }
        written
    }

    /// A record whose owner or RDATA may be compressed.
    // Kept out of the way of plain ones.
    #[inline(never)]
    fn put_record_with_names(&mut self, set: &AnsweredSet<'_>, record: &[u8]) -> Result<(), NoRoom> {
        match set.owner {
            Owner::QueryName => self.put(&OWNER_IS_QUESTION)?,
            Owner::Name(name) => self.put_name(name)?,
        }
        let (head, rdata) = record.split_at(RECORD_HEAD);
        self.put(&head[..TTL_AT])?;
        self.put(&set.ttl.to_be_bytes())?;
        let length_at = self.length;
        self.put(&[0, 0])?;
        self.put_rdata(set.record_type, rdata)?;
        let length = (self.length - length_at - 2) as u16;
        self.out[length_at..length_at + 2].copy_from_slice(&length.to_be_bytes());
        Ok(())
    }

    /// Adds records that are ready, all or none.
    pub fn add_compiled(&mut self, section: Section, compiled: &Compiled) -> Result<(), NoRoom> {
        self.counts[section as usize] += self.put_compiled(compiled)?;
        Ok(())
    }

    fn put_compiled(&mut self, compiled: &Compiled) -> Result<u16, NoRoom> {
        let end = self.length + compiled.length();
        if end > self.limit {
            return Err(NoRoom);
        }
        compiled.write(&mut self.out[self.length..end], HEADER_LENGTH + self.question_name_length);
        self.length = end;
        Ok(compiled.count())
    }

    /// A record of the question's name, copied as it is stored. The TTL of its set may be another: the least of several,
    /// or an AWS resource's.
    fn put_record(&mut self, record: &[u8], ttl: u32) -> Result<(), NoRoom> {
        let start = self.length;
        let end = start + OWNER_IS_QUESTION.len() + record.len();
        if end > self.limit {
            return Err(NoRoom);
        }
        let out = &mut self.out[start..end];
        out[..2].copy_from_slice(&OWNER_IS_QUESTION);
        out[2..].copy_from_slice(record);
        out[2 + TTL_AT..2 + TTL_AT + 4].copy_from_slice(&ttl.to_be_bytes());
        self.length = end;
        Ok(())
    }

    /// RFC 3597 §4: only names in the types of RFC 1035 may be compressed.
    fn put_rdata(&mut self, record_type: RecordType, rdata: &[u8]) -> Result<(), NoRoom> {
        match record_type {
            RecordType::Cname | RecordType::Ns | RecordType::Ptr => self.put_name(rdata),
            RecordType::Mx if rdata.len() > 2 => {
                self.put(&rdata[..2])?;
                self.put_name(&rdata[2..])
            }
            RecordType::Soa => match soa_names(rdata) {
                Some((mname, rname, numbers)) => {
                    self.put_name(mname)?;
                    self.put_name(rname)?;
                    self.put(numbers)
                }
                None => self.put(rdata),
            },
            _ => self.put(rdata),
        }
    }

    /// A name: as a pointer if it was written before, else with its longest tail that the question has too as one.
    fn put_name(&mut self, name: &[u8]) -> Result<(), NoRoom> {
        let known = self.names.iter().find(|(bytes, _)| *bytes == name.as_ptr());
        if let Some((_, at)) = known {
            let pointer = 0xc000 | at;
            return self.put(&pointer.to_be_bytes());
        }
        let mut stands_at = self.length;
        let question = HEADER_LENGTH..HEADER_LENGTH + self.question_name_length;
        let mut suffix = name;
        loop {
            if suffix.len() <= 1 {
                self.put(name)?;
                break;
            }
            if suffix.len() <= question.len() {
                let at = question.end - suffix.len();
                let tail = &self.out[at..question.end];
                // Most ask in lower case, and to see that is quicker than to compare without case.
                let is_alike = tail[0] == suffix[0] && (tail == suffix || tail.eq_ignore_ascii_case(suffix));
                if is_alike && self.is_label_start(at) {
                    self.put(&name[..name.len() - suffix.len()])?;
                    self.put(&(0xc000 | at as u16).to_be_bytes())?;
                    if suffix.len() == name.len() {
                        // A pointer to a pointer would be one hop too many for some decoders.
                        stands_at = at;
                    }
                    break;
                }
            }
            suffix = &suffix[1 + usize::from(suffix[0])..];
        }
        if stands_at <= MAX_POINTER {
            self.names.push((name.as_ptr(), stands_at as u16));
        }
        Ok(())
    }

    /// Whether a label of the question's name starts here: equal bytes elsewhere could be the inside of a label.
    fn is_label_start(&self, at: usize) -> bool {
        let mut label = HEADER_LENGTH;
        while label < at {
            label += 1 + usize::from(self.out[label]);
        }
        label == at
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), NoRoom> {
        let end = self.length + bytes.len();
        if end > self.limit {
            return Err(NoRoom);
        }
        self.out[self.length..end].copy_from_slice(bytes);
        self.length = end;
        Ok(())
    }

    /// Writes header and OPT; returns the length of the message.
    pub fn finish(&mut self, id: u16, flags: u16, rcode: Rcode, edns: Option<&ResponseEdns>) -> usize {
        let [answers, authorities, mut additionals] = self.counts;
        if let Some(edns) = edns {
            additionals += 1;
            let limit = self.limit + edns.length();
            self.length = edns.write(rcode, &mut self.out[..limit], self.length);
        }
        let flags = flags | rcode.code() & 0xf;
        let fields = [id, flags, u16::from(self.question_count), answers, authorities, additionals];
        if let Some(header) = self.out.first_chunk_mut::<HEADER_LENGTH>() {
            for (place, field) in header.as_chunks_mut().0.iter_mut().zip(fields) {
                *place = field.to_be_bytes();
            }
        }
        self.length
    }
}

/// Whether the RDATA of a type holds names that are compressed.
const fn has_names(record_type: RecordType) -> bool {
    matches!(record_type, RecordType::Cname | RecordType::Ns | RecordType::Ptr | RecordType::Mx | RecordType::Soa)
}

/// The two names of a SOA, and the numbers after them.
fn soa_names(rdata: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let end_of_name = |bytes: &[u8]| {
        let mut at = 0;
        while *bytes.get(at)? != 0 {
            at += 1 + usize::from(bytes[at]);
        }
        Some(at + 1)
    };
    let (mname, rest) = rdata.split_at(end_of_name(rdata)?);
    let (rname, numbers) = rest.split_at(end_of_name(rest)?);
    Some((mname, rname, numbers))
}
