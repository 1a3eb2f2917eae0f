//! Reads the records of a reply, with the names in their RDATA uncompressed.

use route53d::model::{DomainName, RecordType};

use crate::reference::{Record, Records};

const TYPE_OPT: u16 = 41;

/// Answer, authority and additional section; OPT is left out.
pub fn sections(message: &[u8]) -> Result<[Records; 3], String> {
    read(message).ok_or_else(|| format!("records cannot be read from {message:02x?}"))
}

fn read(message: &[u8]) -> Option<[Records; 3]> {
    let count = |at: usize| Some(u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]));
    let mut at = 12;
    for _ in 0..count(4)? {
        name(message, &mut at)?;
        at += 4;
    }
    let mut sections = [Records::new(), Records::new(), Records::new()];
    for (index, section) in sections.iter_mut().enumerate() {
        for _ in 0..count(6 + 2 * index)? {
            let owner = name(message, &mut at)?;
            let type_code = u16::from_be_bytes(message.get(at..at + 2)?.try_into().ok()?);
            let ttl = u32::from_be_bytes(message.get(at + 4..at + 8)?.try_into().ok()?);
            let length = usize::from(u16::from_be_bytes(message.get(at + 8..at + 10)?.try_into().ok()?));
            at += 10;
            let rdata = uncompressed(message, type_code, at, length)?;
            at += length;
            if type_code != TYPE_OPT {
                section.insert(Record { owner: DomainName::from_wire(&owner)?, type_code, ttl, rdata });
            }
        }
    }
    (at == message.len()).then_some(sections)
}

fn uncompressed(message: &[u8], type_code: u16, start: usize, length: usize) -> Option<Vec<u8>> {
    let mut at = start;
    let mut rdata = Vec::new();
    let (before, names) = match RecordType::from_code(type_code) {
        Some(RecordType::Cname | RecordType::Ns | RecordType::Ptr) => (0, 1),
        Some(RecordType::Mx) => (2, 1),
        Some(RecordType::Soa) => (0, 2),
        _ => (0, 0),
    };
    rdata.extend(message.get(at..at + before)?);
    at += before;
    for _ in 0..names {
        rdata.extend(name(message, &mut at)?);
    }
    rdata.extend(message.get(at..start + length)?);
    Some(rdata)
}

/// The name at `at`, uncompressed; `at` moves past it.
fn name(message: &[u8], at: &mut usize) -> Option<Vec<u8>> {
    let mut wire = Vec::new();
    let mut position = *at;
    let mut has_jumped = false;
    for _ in 0..256 {
        let length = usize::from(*message.get(position)?);
        if length >= 192 {
            let target = (length & 63) << 8 | usize::from(*message.get(position + 1)?);
            if !has_jumped {
                *at = position + 2;
            }
            has_jumped = true;
            position = target;
            continue;
        }
        wire.extend(message.get(position..position + 1 + length)?);
        position += 1 + length;
        if length == 0 {
            if !has_jumped {
                *at = position;
            }
            return Some(wire);
        }
    }
    None
}
