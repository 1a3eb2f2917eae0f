//! A name of a zone: its groups of record sets, with values in wire form.

use std::sync::Arc;

use crate::model::{NameRecords, PlainSet, PolicyKind, RecordType, RoutingPolicy, SetIdentifier};

use super::hashed_name::Target;
use super::health_table::HealthSlot;
use super::name_index::Named;

/// A name with records, or an empty non-terminal (W-8). It points to no other: whatever it leads to is looked up by
/// name, so that a change is the business of the names it names.
#[derive(Clone, Debug)]
pub struct Node(pub(super) Records);

#[derive(Clone, Debug)]
pub(super) enum Records {
    /// Those of the account, answered as they are kept there.
    Plain(NameRecords),
    Prepared(Arc<PreparedNode>),
}

/// Records that have to be chosen from or put in order, or that name hosts.
#[derive(Debug)]
pub(super) struct PreparedNode {
    pub name: Box<[u8]>,
    pub groups: Box<[StoredGroup]>,
    pub is_cut: bool,
}

#[derive(Debug)]
pub(super) enum StoredGroup {
    Simple(StoredValues, Option<HealthSlot>),
    Routed(Group),
}

/// All record sets of one name and type.
#[derive(Clone, Copy, Debug)]
pub enum GroupRef<'s> {
    /// One simple record set with values. Its health check says nothing of its answer (S-1), but something of aliases to
    /// it (H-3).
    Simple(Values<'s>, Option<HealthSlot>),
    /// Any other.
    Routed(&'s Group),
}

/// A group that has to be chosen from: a routing policy's, or an alias.
#[derive(Debug)]
pub struct Group {
    pub record_type: RecordType,
    pub policy: PolicyKind,
    pub members: Box<[Member]>,
}

/// One record set of a group.
#[derive(Debug)]
pub struct Member {
    pub set_identifier: Option<SetIdentifier>,
    pub routing_policy: RoutingPolicy,
    pub health_check: Option<HealthSlot>,
    pub content: MemberContent,
}

#[derive(Debug)]
pub enum MemberContent {
    Values(StoredValues),
    Alias { evaluate_target_health: bool, destination: AliasDestination },
}

#[derive(Debug)]
pub enum AliasDestination {
    /// A name of the same zone, which has a group of the alias's type, or has it no more.
    InZone(Target),
    /// The name of an AWS resource, lower-case wire form.
    AwsResource(Box<[u8]>),
}

/// The values of one record set, as they are kept.
#[derive(Debug)]
pub struct StoredValues {
    pub(super) record_type: RecordType,
    pub(super) ttl: u32,
    pub(super) count: u16,
    pub(super) records: Box<[u8]>,
    pub(super) hosts: Box<[Target]>,
}

/// The values of one record set in wire form.
#[derive(Clone, Copy, Debug)]
pub struct Values<'s> {
    pub record_type: RecordType,
    /// Seconds.
    pub ttl: u32,
    pub(super) count: u16,
    /// Each value as its record, without the owner: type, class, TTL, length and RDATA.
    pub(super) records: &'s [u8],
    /// P-18, Z-21: the names in the values that lie in this zone: it may have addresses for them.
    pub hosts: &'s [Target],
}

/// Type, class, TTL and length: what stands before the RDATA.
pub(super) const RECORD_HEAD: usize = 10;

impl Named for Node {
    fn name(&self) -> &[u8] {
        Node::name(self)
    }
}

impl Node {
    /// Lower-case wire form.
    pub fn name(&self) -> &[u8] {
        match &self.0 {
            Records::Plain(records) => records.name(),
            Records::Prepared(node) => &node.name,
        }
    }

    /// W-8.
    pub fn is_empty_non_terminal(&self) -> bool {
        match &self.0 {
            Records::Plain(_) => false,
            Records::Prepared(node) => node.groups.is_empty(),
        }
    }

    /// Z-20: whether it has NS records and is not the apex.
    pub fn is_cut(&self) -> bool {
        match &self.0 {
            Records::Plain(_) => false,
            Records::Prepared(node) => node.is_cut,
        }
    }

    pub fn groups(&self) -> impl Iterator<Item = GroupRef<'_>> {
        let (plain, prepared) = match &self.0 {
            Records::Plain(records) => (records.plain_sets(), None),
            Records::Prepared(node) => (None, Some(node.groups.iter().map(StoredGroup::get))),
        };
        let plain = plain.into_iter().flatten().map(|set| GroupRef::Simple(set.into(), None));
        plain.chain(prepared.into_iter().flatten())
    }

    pub fn group(&self, record_type: RecordType) -> Option<GroupRef<'_>> {
        match &self.0 {
            Records::Plain(records) => {
                let set = records.plain_sets()?.find(|set| set.record_type == record_type)?;
                Some(GroupRef::Simple(set.into(), None))
            }
            Records::Prepared(node) => {
                node.groups.iter().map(StoredGroup::get).find(|group| group.record_type() == record_type)
            }
        }
    }

    /// P-18: what the name of a host leads to.
    pub fn address_groups(&self) -> impl Iterator<Item = GroupRef<'_>> {
        self.groups().filter(|group| matches!(group.record_type(), RecordType::A | RecordType::Aaaa))
    }
}

impl<'s> From<PlainSet<'s>> for Values<'s> {
    fn from(set: PlainSet<'s>) -> Values<'s> {
        let PlainSet { record_type, ttl, count, records } = set;
        Values { record_type, ttl, count, records, hosts: &[] }
    }
}

impl StoredGroup {
    fn get(&self) -> GroupRef<'_> {
        match self {
            StoredGroup::Simple(values, health_check) => GroupRef::Simple(values.get(), *health_check),
            StoredGroup::Routed(group) => GroupRef::Routed(group),
        }
    }
}

impl GroupRef<'_> {
    pub fn record_type(self) -> RecordType {
        match self {
            GroupRef::Simple(values, _) => values.record_type,
            GroupRef::Routed(group) => group.record_type,
        }
    }
}

impl StoredValues {
    pub fn get(&self) -> Values<'_> {
        Values {
            record_type: self.record_type,
            ttl: self.ttl,
            count: self.count,
            records: &self.records,
            hosts: &self.hosts,
        }
    }
}

impl<'s> Values<'s> {
    pub fn len(self) -> usize {
        usize::from(self.count)
    }

    pub fn is_empty(self) -> bool {
        self.count == 0
    }

    /// Whether both are the same record set of one snapshot.
    pub fn is(self, other: Values<'_>) -> bool {
        std::ptr::eq(self.records, other.records)
    }

    /// All records in a row.
    pub fn bytes(self) -> &'s [u8] {
        self.records
    }

    /// Each value as its record, without the owner: type, class, TTL, length and RDATA.
    pub fn records(self) -> impl Iterator<Item = &'s [u8]> {
        let mut rest = self.records;
        std::iter::from_fn(move || {
            let head = rest.first_chunk::<RECORD_HEAD>()?;
            let length = usize::from(u16::from_be_bytes([head[RECORD_HEAD - 2], head[RECORD_HEAD - 1]]));
            let (record, after) = rest.split_at_checked(RECORD_HEAD + length)?;
            rest = after;
            Some(record)
        })
    }

    /// The RDATA of each value.
    pub fn rdata(self) -> impl Iterator<Item = &'s [u8]> {
        self.records().map(|record| &record[RECORD_HEAD..])
    }
}
