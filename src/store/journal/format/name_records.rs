//! The record sets of one name. Most are plain and are read back as they are kept, so that a million take little time.

use serde::{Deserialize, Serialize};

use crate::model::{DomainName, HostedZoneId, NameRecords, RecordSet, RecordType};

use super::Damage;
use super::record_set::RecordSetRow;

#[derive(Serialize, Deserialize)]
pub enum NameRow<'r> {
    Plain(#[serde(borrow)] Vec<PlainSetRow<'r>>),
    /// At least one of them is not plain.
    Routed(#[serde(borrow)] Vec<RecordSetRow<'r>>),
}

#[derive(Serialize, Deserialize)]
pub struct PlainSetRow<'r> {
    /// Its number on the wire.
    record_type: u16,
    ttl: u32,
    #[serde(borrow)]
    rdata: Vec<&'r [u8]>,
}

impl<'r> NameRow<'r> {
    pub fn of(records: &'r NameRecords) -> NameRow<'r> {
        if let Some(routed) = records.routed_sets() {
            return NameRow::Routed(routed.iter().map(RecordSetRow::of).collect());
        }
        let plain = records.plain_sets().into_iter().flatten().map(|set| PlainSetRow {
            record_type: set.record_type.code(),
            ttl: set.ttl,
            rdata: set.rdata().collect(),
        });
        NameRow::Plain(plain.collect())
    }

    pub fn name_records(self, name: &DomainName, zone: &HostedZoneId) -> Result<NameRecords, Damage> {
        let records = match self {
            NameRow::Plain(sets) => {
                let sets = sets.into_iter().map(|set| Ok((read_type(set.record_type)?, set.ttl, set.rdata)));
                NameRecords::from_plain(name, &sets.collect::<Result<Vec<_>, _>>()?)
            }
            NameRow::Routed(sets) => {
                let sets: Vec<RecordSet> =
                    sets.into_iter().map(|set| set.record_set(name, zone)).collect::<Result<_, _>>()?;
                let is_listed = sets.is_sorted_by(|one, next| one.listing_order(next).is_lt());
                if is_listed { NameRecords::new(sets) } else { None }
            }
        };
        records.ok_or_else(|| Damage(format!("{name} has record sets that do not go together")))
    }
}

pub fn read_type(code: u16) -> Result<RecordType, Damage> {
    RecordType::from_code(code).ok_or_else(|| Damage(format!("{code} is no type of records that this route53d knows")))
}
