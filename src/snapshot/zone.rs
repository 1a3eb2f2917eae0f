//! A hosted zone indexed for answering: a tree of names, groups of record sets, values in wire form.

use std::ops::Range;

use hashbrown::HashTable;

use crate::model::domain_name::wire_is_at_or_below;
use crate::model::{DomainName, HostedZoneId, PolicyKind, RecordType, RoutingPolicy, SetIdentifier};

use super::compiled::{Compiled, RECORD_HEAD};
use super::health_table::HealthSlot;

/// One hosted zone. Built by `zone_builder`, never changed.
#[derive(Debug)]
pub struct Zone {
    pub(super) id: HostedZoneId,
    pub(super) name: DomainName,
    pub(super) is_private: bool,
    /// The apex first; parents before children.
    pub(super) nodes: Vec<Node>,
    /// Nodes by lower-case wire name.
    pub(super) by_name: HashTable<NodeId>,
    pub(super) hasher: foldhash::fast::RandomState,
    pub(super) groups: Vec<Group>,
    pub(super) apex_soa: GroupId,
    pub(super) apex_ns: GroupId,
    /// Z-16, in seconds.
    pub(super) negative_ttl: u32,
    /// The apex NS records, and the SOA record with the negative TTL; made last.
    pub(super) compiled: Option<CompiledApex>,
}

/// What most answers of a zone carry in their authority section, ready to be copied.
#[derive(Debug)]
pub(super) struct CompiledApex {
    pub(super) ns: Compiled,
    pub(super) negative_soa: Compiled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeId(pub(super) u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GroupId(pub(super) u32);

/// A name of the zone: with records, or an empty non-terminal (W-8).
#[derive(Debug)]
pub struct Node {
    /// Lower-case wire form.
    pub name: Box<[u8]>,
    pub(super) groups: Range<u32>,
    /// The delegation this name is at or below: the one nearest to the apex (Z-20, Z-24).
    pub cut: Option<NodeId>,
    /// The node `*` right below this one (W-3).
    pub wildcard: Option<NodeId>,
}

/// All record sets of one name and type.
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
    Values(Values),
    Alias { evaluate_target_health: bool, destination: AliasDestination },
}

#[derive(Debug)]
pub enum AliasDestination {
    Group(GroupId),
    /// The name of an AWS resource, lower-case wire form.
    AwsResource(Box<[u8]>),
    /// the target group is gone.
    Missing,
}

/// The values of one record set in wire form.
#[derive(Debug)]
pub struct Values {
    /// Seconds.
    pub ttl: u32,
    /// Each value as its record, without the owner: type, class, TTL, length and RDATA.
    pub(super) bytes: Box<[u8]>,
    pub(super) count: u16,
    /// P-18, Z-21: the addresses, in this zone, of the names in the values.
    pub additional: Box<[(NodeId, GroupId)]>,
}

impl Zone {
    pub fn id(&self) -> &HostedZoneId {
        &self.id
    }

    pub fn name(&self) -> &DomainName {
        &self.name
    }

    pub fn is_private(&self) -> bool {
        self.is_private
    }

    /// Whether a lower-case wire name is the apex or below it.
    pub fn holds(&self, name: &[u8]) -> bool {
        wire_is_at_or_below(name, self.name.wire())
    }

    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub fn group(&self, id: GroupId) -> &Group {
        &self.groups[id.0 as usize]
    }

    /// The name that a group is of.
    pub fn node_of(&self, group: GroupId) -> Option<&Node> {
        self.nodes.iter().find(|node| node.groups.contains(&group.0))
    }

    pub fn find(&self, name: &[u8]) -> Option<NodeId> {
        let hash = hash(&self.hasher, name);
        self.by_name.find(hash, |id| *self.node(*id).name == *name).copied()
    }

    pub fn groups_of(&self, node: &Node) -> impl Iterator<Item = (GroupId, &Group)> {
        node.groups.clone().map(|index| (GroupId(index), &self.groups[index as usize]))
    }

    pub fn group_of(&self, node: &Node, record_type: RecordType) -> Option<GroupId> {
        self.groups_of(node).find(|(_, group)| group.record_type == record_type).map(|(id, _)| id)
    }

    pub fn apex_soa(&self) -> &Values {
        self.only_values(self.apex_soa)
    }

    pub fn apex_ns(&self) -> &Values {
        self.only_values(self.apex_ns)
    }

    /// The apex NS records, for questions at or below the apex.
    pub fn compiled_ns(&self) -> Option<&Compiled> {
        self.compiled.as_ref().map(|compiled| &compiled.ns)
    }

    /// The SOA record with the negative TTL, likewise.
    pub fn compiled_negative_soa(&self) -> Option<&Compiled> {
        self.compiled.as_ref().map(|compiled| &compiled.negative_soa)
    }

    /// Z-16: the smaller of the SOA's TTL and its minimum, in seconds.
    pub fn negative_ttl(&self) -> u32 {
        self.negative_ttl
    }

    /// The values of a group of NS or SOA records: always simple, never an alias (Z-25, T-2).
    pub fn only_values(&self, id: GroupId) -> &Values {
        match &self.group(id).members[0].content {
            MemberContent::Values(values) => values,
            MemberContent::Alias { .. } => unreachable!("a record set of type NS or SOA is never an alias"),
        }
    }
}

impl Node {
    /// W-8.
    pub fn is_empty_non_terminal(&self) -> bool {
        self.groups.is_empty()
    }
}

impl Values {
    pub fn len(&self) -> usize {
        usize::from(self.count)
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Each value as its record, without the owner: type, class, TTL, length and RDATA.
    pub fn records(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &*self.bytes;
        std::iter::from_fn(move || {
            let head = rest.first_chunk::<RECORD_HEAD>()?;
            let length = usize::from(u16::from_be_bytes([head[RECORD_HEAD - 2], head[RECORD_HEAD - 1]]));
            let (record, after) = rest.split_at(RECORD_HEAD + length);
            rest = after;
            Some(record)
        })
    }

    /// The RDATA of each value.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.records().map(|record| &record[RECORD_HEAD..])
    }
}

pub(super) fn hash(hasher: &foldhash::fast::RandomState, name: &[u8]) -> u64 {
    std::hash::BuildHasher::hash_one(hasher, name)
}
