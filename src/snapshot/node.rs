//! A name of a zone: its groups of record sets, with values in wire form.

use std::sync::Arc;

use crate::model::{NameRecords, PlainSet, PolicyKind, RecordType, RoutingPolicy, SetIdentifier};

use super::hashed_name::{ShortHash, Target};
use super::health_table::HealthSlot;
use super::name_index::Named;

/// A name with records, or an empty non-terminal (W-8). It points to no other: whatever it leads to is looked up by
/// name, so that a change is the business of the names it names.
#[derive(Clone, Debug)]
pub struct Node(pub(super) Records);

/// The hash of the name stands in each, where it takes no room: a million names have eight bytes less each.
#[derive(Clone, Debug)]
pub(super) enum Records {
    /// Those of the account, answered as they are kept there.
    Plain(ShortHash, NameRecords),
    /// The same, where some of them name hosts.
    WithHosts(ShortHash, Arc<WithHosts>),
    Prepared(ShortHash, Arc<PreparedNode>),
}

/// Records that are answered as the account keeps them, and what goes with those that name hosts.
#[derive(Debug)]
pub(super) struct WithHosts {
    /// All of them plain.
    pub records: NameRecords,
    pub is_cut: bool,
    /// P-3: the NS records in the order in which they are sent, unless they are kept in it.
    pub sorted_ns: Option<Box<[u8]>>,
    /// [`Values::hosts`] of the sets of each of the [`HOST_TYPES`], one after the other.
    pub hosts: Box<[Target]>,
    /// How many each of them has.
    pub host_counts: [u16; HOST_TYPES.len()],
}

/// P-18: the types of which the addresses of the names in their values go with an answer.
pub(super) const HOST_TYPES: [RecordType; 3] = [RecordType::Mx, RecordType::Ns, RecordType::Srv];

/// An empty non-terminal, or records that have to be chosen from or have a health check.
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

    #[inline]
    fn hash(&self) -> ShortHash {
        match &self.0 {
            Records::Plain(hash, _) | Records::WithHosts(hash, _) | Records::Prepared(hash, _) => *hash,
        }
    }
}

impl Node {
    /// Lower-case wire form.
    pub fn name(&self) -> &[u8] {
        match &self.0 {
            Records::Plain(_, records) => records.name(),
            Records::WithHosts(_, node) => node.records.name(),
            Records::Prepared(_, node) => &node.name,
        }
    }

    /// W-8.
    pub fn is_empty_non_terminal(&self) -> bool {
        match &self.0 {
            Records::Plain(..) | Records::WithHosts(..) => false,
            Records::Prepared(_, node) => node.groups.is_empty(),
        }
    }

    /// Z-20: whether it has NS records and is not the apex.
    pub fn is_cut(&self) -> bool {
        match &self.0 {
            Records::Plain(..) => false,
            Records::WithHosts(_, node) => node.is_cut,
            Records::Prepared(_, node) => node.is_cut,
        }
    }

    pub fn groups(&self) -> impl Iterator<Item = GroupRef<'_>> {
        let (plain, with_hosts, prepared) = match &self.0 {
            Records::Plain(_, records) => (records.plain_sets(), None, None),
            Records::WithHosts(_, node) => (None, Some(node.values()), None),
            Records::Prepared(_, node) => (None, None, Some(node.groups.iter().map(StoredGroup::get))),
        };
        let plain = plain.into_iter().flatten().map(Values::from).chain(with_hosts.into_iter().flatten());
        plain.map(|values| GroupRef::Simple(values, None)).chain(prepared.into_iter().flatten())
    }

    pub fn group(&self, record_type: RecordType) -> Option<GroupRef<'_>> {
        match &self.0 {
            Records::Plain(_, records) => {
                let set = records.plain_sets()?.find(|set| set.record_type == record_type)?;
                Some(GroupRef::Simple(set.into(), None))
            }
            Records::WithHosts(_, node) => {
                let values = node.values().find(|values| values.record_type == record_type)?;
                Some(GroupRef::Simple(values, None))
            }
            Records::Prepared(_, node) => {
                node.groups.iter().map(StoredGroup::get).find(|group| group.record_type() == record_type)
            }
        }
    }

    /// The hosts that its NS records name, without a search for the records themselves where that can be.
    pub(super) fn ns_hosts(&self) -> &[Target] {
        match &self.0 {
            Records::WithHosts(_, node) => node.hosts_of(RecordType::Ns),
            Records::Plain(..) | Records::Prepared(..) => self.only_values(RecordType::Ns).hosts,
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

impl WithHosts {
    fn values(&self) -> impl Iterator<Item = Values<'_>> {
        self.records.plain_sets().into_iter().flatten().map(|set| {
            let records = match &self.sorted_ns {
                Some(sorted) if set.record_type == RecordType::Ns => sorted,
                Some(_) | None => set.records,
            };
            Values { records, hosts: self.hosts_of(set.record_type), ..set.into() }
        })
    }

    fn hosts_of(&self, record_type: RecordType) -> &[Target] {
        let mut rest = &*self.hosts;
        for (its_type, count) in HOST_TYPES.into_iter().zip(self.host_counts) {
            let (hosts, after) = rest.split_at(usize::from(count));
            if its_type == record_type {
                return hosts;
            }
            rest = after;
        }
        &[]
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
