//! All record sets of one name, as they are kept: a million of them must stay small, and answer without being parsed.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use triomphe::ThinArc;

use super::domain_name::{DomainName, ListedName};
use super::limits;
use super::ordered_set::Keyed;
use super::record_set::{RecordContent, RecordSet};
use super::record_type::RecordType;
use super::record_value::RecordValue;
use super::routing_policy::RoutingPolicy;

/// The record sets of one name of a zone, at least one; never changed. A handle of eight bytes, cheap to clone: one
/// block is shared by all versions of the zone, and by the snapshots that answer from it.
///
/// The block holds the name and, if every record set is *plain*, its records as they stand in a message. A record set
/// is plain if it is simple, has values that are written canonically, and no health check.
#[derive(Clone)]
pub struct NameRecords(ThinArc<Option<Routed>, u8>);

/// The record sets of a name at least one of which is not plain, in listing order.
type Routed = Box<Box<[RecordSet]>>;

/// A record set that is simple and has values and no health check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlainSet<'a> {
    pub record_type: RecordType,
    /// Seconds.
    pub ttl: u32,
    /// How many records it is.
    pub count: u16,
    /// Each record without its owner, in the order given: type, class, TTL, length and RDATA.
    pub records: &'a [u8],
}

/// The class of all records.
const CLASS_IN: u16 = 1;
/// Type, class, TTL and length: what stands before the RDATA of a record.
const RECORD_HEAD: usize = 10;

impl NameRecords {
    /// `record_sets` are of one name, in listing order; `None` if there are none.
    pub fn new(record_sets: Vec<RecordSet>) -> Option<NameRecords> {
        let name = record_sets.first()?.name().wire();
        debug_assert!(record_sets.iter().all(|set| set.name().wire() == name), "the record sets of one name");
        let mut block = Vec::with_capacity(1 + name.len() + 32 * record_sets.len());
        write_name(name, &mut block);
        if record_sets.iter().all(is_plain) {
            record_sets.iter().for_each(|set| write_plain(set, &mut block));
            return Some(NameRecords(ThinArc::from_header_and_slice(None, &block)));
        }
        Some(NameRecords(ThinArc::from_header_and_slice(Some(Box::new(record_sets.into())), &block)))
    }

    /// Takes back what [`plain_sets`](NameRecords::plain_sets) gave: of each record set its type, its TTL and the RDATA
    /// of its records. `None` unless they are in listing order, each with records, and not too many.
    pub fn from_plain(name: &DomainName, sets: &[(RecordType, u32, Vec<&[u8]>)]) -> Option<NameRecords> {
        let is_record_set = |(_, _, rdata): &(RecordType, u32, Vec<&[u8]>)| {
            (1..=limits::VALUES_PER_RECORD_SET).contains(&rdata.len())
                && rdata.iter().all(|rdata| u16::try_from(rdata.len()).is_ok())
        };
        if sets.is_empty() || !sets.iter().all(is_record_set) || !sets.is_sorted_by(|one, next| one.0 < next.0) {
            return None;
        }
        let mut block = Vec::with_capacity(1 + name.wire().len() + 32 * sets.len());
        write_name(name.wire(), &mut block);
        for (record_type, ttl, rdata) in sets {
            write_records(*record_type, *ttl, rdata.iter().copied(), &mut block);
        }
        Some(NameRecords(ThinArc::from_header_and_slice(None, &block)))
    }

    /// The name, in lower-case wire form.
    pub fn name(&self) -> &[u8] {
        self.parts().0
    }

    /// The record sets if all are plain, in listing order: what answers read, without a copy.
    pub fn plain_sets(&self) -> Option<PlainSets<'_>> {
        match &self.0.header.header {
            None => Some(PlainSets { rest: self.parts().1 }),
            Some(_) => None,
        }
    }

    /// The record sets if one of them is not plain, in listing order.
    pub fn routed_sets(&self) -> Option<&[RecordSet]> {
        self.0.header.header.as_ref().map(|routed| &***routed)
    }

    /// Every record set, in listing order (N-9).
    pub fn record_sets(&self) -> Cow<'_, [RecordSet]> {
        match &self.0.header.header {
            Some(routed) => Cow::Borrowed(routed),
            None => {
                let name = self.domain_name();
                Cow::Owned(PlainSets { rest: self.parts().1 }.map(|set| set.to_record_set(&name)).collect())
            }
        }
    }

    /// The record sets of one type.
    pub fn group(&self, record_type: RecordType) -> Cow<'_, [RecordSet]> {
        match &self.0.header.header {
            Some(routed) => {
                let start = routed.partition_point(|set| set.record_type() < record_type);
                let length = routed[start..].partition_point(|set| set.record_type() == record_type);
                Cow::Borrowed(&routed[start..start + length])
            }
            None => {
                let of_type = PlainSets { rest: self.parts().1 }.find(|set| set.record_type == record_type);
                Cow::Owned(of_type.map(|set| set.to_record_set(&self.domain_name())).into_iter().collect())
            }
        }
    }

    /// The types it has records of, in listing order, each once.
    pub fn record_types(&self) -> impl Iterator<Item = RecordType> {
        let routed = self.routed_sets().unwrap_or_default();
        let groups = routed.chunk_by(|one, next| one.record_type() == next.record_type());
        let plain = self.plain_sets().into_iter().flatten();
        groups.map(|group| group[0].record_type()).chain(plain.map(|set| set.record_type))
    }

    /// How many record sets there are; never none.
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        match &self.0.header.header {
            Some(routed) => routed.len(),
            None => PlainSets { rest: self.parts().1 }.count(),
        }
    }

    /// Whether the two are one block: what is not may still be equal.
    pub fn is_same(&self, other: &NameRecords) -> bool {
        std::ptr::eq(self.0.slice.as_ptr(), other.0.slice.as_ptr())
    }

    pub fn domain_name(&self) -> DomainName {
        DomainName::from_wire(self.name()).expect("the wire form is that of a DomainName")
    }

    /// The name and what comes after it.
    fn parts(&self) -> (&[u8], &[u8]) {
        let [length, rest @ ..] = &self.0.slice else { return Default::default() };
        rest.split_at_checked(usize::from(*length)).unwrap_or_default()
    }
}

fn is_plain(set: &RecordSet) -> bool {
    let has_plain_values = match set.content() {
        RecordContent::Values { values, .. } => values.iter().all(RecordValue::is_canonical),
        RecordContent::Alias(_) => false,
    };
    has_plain_values && *set.routing_policy() == RoutingPolicy::Simple && set.health_check_id().is_none()
}

fn write_name(name: &[u8], block: &mut Vec<u8>) {
    block.push(u8::try_from(name.len()).expect("a name has at most 255 bytes"));
    block.extend(name);
}

fn write_plain(set: &RecordSet, block: &mut Vec<u8>) {
    let RecordContent::Values { ttl, values } = set.content() else { return };
    write_records(set.record_type(), *ttl, values.iter().map(RecordValue::rdata), block);
}

/// Appends the type, the number of records, their bytes, and the records.
fn write_records<'r>(
    record_type: RecordType,
    ttl: u32,
    rdata: impl ExactSizeIterator<Item = &'r [u8]> + Clone,
    block: &mut Vec<u8>,
) {
    let count = u16::try_from(rdata.len()).expect("a record set has at most 400 values (L-1)");
    let length: usize = rdata.clone().map(|rdata| RECORD_HEAD + rdata.len()).sum();
    block.reserve_exact(PlainSets::HEAD + length);
    block.push(record_type as u8);
    block.extend(count.to_be_bytes());
    block.extend(u32::try_from(length).expect("400 values of 4,000 characters are far less").to_be_bytes());
    for rdata in rdata {
        block.extend(record_type.code().to_be_bytes());
        block.extend(CLASS_IN.to_be_bytes());
        block.extend(ttl.to_be_bytes());
        let length = u16::try_from(rdata.len()).expect("4,000 characters hold fewer bytes than 65,536");
        block.extend(length.to_be_bytes());
        block.extend(rdata);
    }
}

/// Goes through plain record sets.
#[derive(Clone, Debug)]
pub struct PlainSets<'a> {
    rest: &'a [u8],
}

impl PlainSets<'_> {
    /// Type, number of records and their length in bytes.
    const HEAD: usize = 7;
}

impl<'a> Iterator for PlainSets<'a> {
    type Item = PlainSet<'a>;

    #[inline]
    fn next(&mut self) -> Option<PlainSet<'a>> {
        let ([record_type, count @ .., l0, l1, l2, l3], rest) = self.rest.split_first_chunk::<{ PlainSets::HEAD }>()?;
        let length = u32::from_be_bytes([*l0, *l1, *l2, *l3]) as usize;
        let (records, rest) = rest.split_at_checked(length)?;
        self.rest = rest;
        let ttl = records.get(4..8)?.first_chunk::<4>()?;
        Some(PlainSet {
            record_type: *RecordType::ALL.get(usize::from(*record_type))?,
            ttl: u32::from_be_bytes(*ttl),
            count: u16::from_be_bytes(*count),
            records,
        })
    }
}

impl<'a> PlainSet<'a> {
    /// The RDATA of each record.
    pub fn rdata(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut rest = self.records;
        std::iter::from_fn(move || {
            let (head, after) = rest.split_first_chunk::<RECORD_HEAD>()?;
            let (rdata, after) = after.split_at_checked(usize::from(u16::from_be_bytes([head[8], head[9]])))?;
            rest = after;
            Some(rdata)
        })
    }

    fn to_record_set(self, name: &DomainName) -> RecordSet {
        let values = self.rdata().map(RecordValue::canonical).collect();
        RecordSet::plain(name.clone(), self.record_type, RecordContent::Values { ttl: self.ttl, values })
    }
}

impl Keyed for NameRecords {
    type Key<'k> = ListedName<'k>;

    fn key(&self) -> ListedName<'_> {
        ListedName(self.name())
    }

    fn compare<'k, 'l>(one: Self::Key<'k>, other: Self::Key<'l>) -> Ordering
    where
        Self: 'k + 'l,
    {
        one.cmp(&other)
    }
}

impl PartialEq for NameRecords {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || (self.0.slice == other.0.slice && self.0.header.header == other.0.header.header)
    }
}

impl Eq for NameRecords {}

impl fmt::Debug for NameRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.record_sets().iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HealthCheckId, HostedZoneId, RecordSetParts};

    fn record_set(record_type: RecordType, values: &[&str], health_check_id: Option<&str>) -> RecordSet {
        let values = values.iter().map(|text| RecordValue::parse(record_type, text).unwrap()).collect();
        let parts = RecordSetParts {
            name: DomainName::parse("www.example.com").unwrap(),
            record_type,
            set_identifier: None,
            routing_policy: RoutingPolicy::Simple,
            content: RecordContent::Values { ttl: 300, values },
            health_check_id: health_check_id.map(|id| HealthCheckId::new(id).unwrap()),
        };
        RecordSet::new(parts, &HostedZoneId::new("Z1").unwrap()).unwrap()
    }

    #[test]
    fn what_is_kept_is_what_was_given() {
        let a = record_set(RecordType::A, &["192.0.2.2", "192.0.2.1"], None);
        let mx = record_set(RecordType::Mx, &["10 Mail.example.com."], None);
        let checked = record_set(RecordType::Mx, &["10 Mail.example.com."], Some("web"));
        let oddly_written = record_set(RecordType::Mx, &["010 mail.example.com"], None);
        for (sets, are_plain) in [([&a, &mx], true), ([&a, &checked], false), ([&a, &oddly_written], false)]
            .map(|(sets, are_plain)| (sets.map(Clone::clone), are_plain))
        {
            let records = NameRecords::new(sets.to_vec()).unwrap();
            assert_eq!(records.plain_sets().is_some(), are_plain);
            assert_eq!(*records.record_sets(), sets);
            assert_eq!(records.len(), 2);
            assert_eq!(records.domain_name(), *a.name());
            assert_eq!(records.record_types().collect::<Vec<_>>(), [RecordType::A, RecordType::Mx]);
            assert_eq!(*records.group(RecordType::Mx), sets[1..]);
            assert_eq!(*records.group(RecordType::Txt), []);
            assert_eq!(records, NameRecords::new(sets.to_vec()).unwrap());
            let plain = records.plain_sets().map(|sets| {
                let sets: Vec<_> = sets.map(|set| (set.record_type, set.ttl, set.rdata().collect())).collect();
                NameRecords::from_plain(&records.domain_name(), &sets).unwrap()
            });
            assert_eq!(plain, are_plain.then_some(records.clone()));
            assert_ne!(records, NameRecords::new(sets[..1].to_vec()).unwrap());
        }
        assert_eq!(NameRecords::new(Vec::new()), None);
        assert_eq!(NameRecords::from_plain(a.name(), &[]), None);
        assert_eq!(NameRecords::from_plain(a.name(), &[(RecordType::A, 1, Vec::new())]), None);
    }

    #[test]
    fn plain_records_stand_as_in_a_message() {
        let a = record_set(RecordType::A, &["192.0.2.2", "192.0.2.1"], None);
        let records = NameRecords::new(vec![a]).unwrap();
        let sets: Vec<PlainSet<'_>> = records.plain_sets().unwrap().collect();
        let bytes = [0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 2, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 1];
        assert_eq!(sets, [PlainSet { record_type: RecordType::A, ttl: 300, count: 2, records: &bytes }]);
        assert_eq!(size_of::<NameRecords>(), 8);
    }
}
