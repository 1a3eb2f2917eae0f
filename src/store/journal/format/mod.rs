//! How the journal writes the nouns of an account: as *rows*, each with a key that no other has. A checkpoint is rows;
//! an entry is what a change did to them.
//!
//! A file a noun. The mirror types here are what is written: fields and variants keep their order, or [`VERSION`] is
//! raised. Keys are in the order in which an account is put together: hosted zones by id, then the names of each zone
//! in listing order; the order of other rows does not count.

mod cidr_collection;
mod health_check;
mod hosted_zone;
mod key;
mod name_records;
mod record_set;
mod registry;
mod routing_policy;
mod traffic_policy;
mod vpc_description;
mod written;
mod zone_extras;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{
    CidrCollection, CidrCollectionId, DomainName, HostedZone, HostedZoneId, HostedZoneParts, NameRecords,
};

pub use key::{Key, Relative};
#[cfg(test)]
pub use registry::TABLES;
pub use registry::{read_registry_row, registry_edits};

/// The only form there is so far.
pub const VERSION: u64 = 1;

/// What a change did to one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowEdit {
    pub key: Box<[u8]>,
    /// `None` takes it away.
    pub row: Option<Box<[u8]>>,
}

/// What is wrong with bytes that should be what was written here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage(pub String);

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Damage {
    fn of(what: impl fmt::Display) -> Damage {
        Damage(what.to_string())
    }
}

/// A hosted zone without its record sets.
pub fn zone_edit(zone: &HostedZone) -> RowEdit {
    let key = Key::HostedZone(zone.id().as_str()).to_bytes();
    RowEdit { key, row: Some(to_bytes(&hosted_zone::HostedZoneRow::of(zone))) }
}

pub fn zone_removal(id: &HostedZoneId) -> RowEdit {
    RowEdit { key: Key::HostedZone(id.as_str()).to_bytes(), row: None }
}

pub fn name_edit(zone: &HostedZone, records: &NameRecords) -> RowEdit {
    let key = Key::of_name(zone, records.name()).to_bytes();
    RowEdit { key, row: Some(to_bytes(&name_records::NameRow::of(records))) }
}

pub fn name_removal(zone: &HostedZone, records: &NameRecords) -> RowEdit {
    RowEdit { key: Key::of_name(zone, records.name()).to_bytes(), row: None }
}

/// `None` takes it away.
pub fn collection_edit(id: &CidrCollectionId, collection: Option<&CidrCollection>) -> RowEdit {
    let row = collection.map(|it| to_bytes(&cidr_collection::CidrCollectionRow::of(it)));
    RowEdit { key: Key::CidrCollection(id.as_str()).to_bytes(), row }
}

/// Reads back what [`collection_edit`] wrote.
pub fn read_collection(id: &str, row: &[u8]) -> Result<CidrCollection, Damage> {
    let id = CidrCollectionId::new(id).map_err(Damage::of)?;
    from_bytes::<cidr_collection::CidrCollectionRow<'_>>(row)?.cidr_collection(id)
}

/// Reads back what [`zone_edit`] wrote.
pub fn read_zone(id: &str, row: &[u8]) -> Result<HostedZoneParts, Damage> {
    let id = HostedZoneId::new(id).map_err(Damage::of)?;
    from_bytes::<hosted_zone::HostedZoneRow<'_>>(row)?.parts(id)
}

/// Reads back what [`name_edit`] wrote, for a zone of this id and name; `written` is [`Relative::Written`].
pub fn read_name(id: &HostedZoneId, zone: &DomainName, written: &[u8], row: &[u8]) -> Result<NameRecords, Damage> {
    let name = key::name_in_zone(written, zone)?;
    from_bytes::<name_records::NameRow<'_>>(row)?.name_records(&name, id)
}

/// An entry: edits, of which a later one of a row counts.
pub fn entry_to_bytes(edits: &[RowEdit]) -> Vec<u8> {
    let edits: Vec<EditRow<'_>> =
        edits.iter().map(|edit| EditRow { key: &edit.key, row: edit.row.as_deref() }).collect();
    to_bytes(&edits).into()
}

pub fn entry_from_bytes(bytes: &[u8]) -> Result<Vec<RowEdit>, Damage> {
    let edits: Vec<EditRow<'_>> = from_bytes(bytes)?;
    Ok(edits.into_iter().map(|edit| RowEdit { key: edit.key.into(), row: edit.row.map(Box::from) }).collect())
}

#[derive(Serialize, Deserialize)]
struct EditRow<'r> {
    #[serde(borrow)]
    key: &'r [u8],
    row: Option<&'r [u8]>,
}

/// Puts a checksum before bytes: it holds them and the key that they stand at.
pub fn seal(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(size_of::<u32>() + bytes.len());
    sealed.extend(checksum(key, bytes).to_le_bytes());
    sealed.extend(bytes);
    sealed
}

/// The bytes that were sealed at this key.
pub fn unseal<'s>(key: &[u8], sealed: &'s [u8]) -> Result<&'s [u8], Damage> {
    let (expected, bytes) = sealed.split_first_chunk().ok_or_else(|| Damage::of("it is cut short"))?;
    match checksum(key, bytes) == u32::from_le_bytes(*expected) {
        true => Ok(bytes),
        false => Err(Damage::of("its checksum does not match")),
    }
}

fn checksum(key: &[u8], bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(bytes);
    hasher.finalize()
}

fn to_bytes(row: &impl Serialize) -> Box<[u8]> {
    postcard::to_allocvec(row).expect("memory takes every row, and each knows its length").into()
}

fn from_bytes<'r, T: Deserialize<'r>>(bytes: &'r [u8]) -> Result<T, Damage> {
    match postcard::take_from_bytes(bytes) {
        Ok((row, [])) => Ok(row),
        Ok((_, rest)) => Err(Damage(format!("{} bytes too many", rest.len()))),
        Err(error) => Err(Damage(format!("it cannot be read: {error}"))),
    }
}
