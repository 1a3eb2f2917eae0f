//! Makes a [`Zone`] of a [`HostedZone`].

use hashbrown::HashTable;

use crate::model::record_value::target_name;
use crate::model::{DomainName, HostedZone, RecordContent, RecordSet, RecordType, RecordValue, Visibility};

use super::compiled::{Compiled, RECORD_HEAD};
use super::health_slots::HealthSlots;
use super::zone::{
    AliasDestination, CompiledApex, Group, GroupId, Member, MemberContent, Node, NodeId, Values, Zone, hash,
};

/// Indexes a hosted zone.
///
/// Record sets come in listing order (N-9), which puts a name before the names below it and keeps a group together:
/// one pass makes the tree.
pub fn build(hosted_zone: &HostedZone, health_slots: &HealthSlots) -> Zone {
    let mut builder = Builder {
        health_slots,
        hosted_zone,
        zone: Zone {
            id: hosted_zone.id().clone(),
            name: hosted_zone.name().clone(),
            is_private: matches!(hosted_zone.visibility(), Visibility::Private(_)),
            nodes: Vec::new(),
            by_name: HashTable::new(),
            hasher: foldhash::fast::RandomState::default(),
            groups: Vec::new(),
            apex_soa: GroupId(0),
            apex_ns: GroupId(0),
            negative_ttl: 0,
            compiled: None,
        },
    };
    let mut rest = hosted_zone.record_sets();
    while let Some(first) = rest.first() {
        let length = rest.partition_point(|set| set.name() == first.name());
        let (of_name, after) = rest.split_at(length);
        builder.add_node(first.name().wire(), of_name);
        rest = after;
    }
    builder.resolve_targets();
    builder.note_apex();
    builder.zone
}

struct Builder<'a> {
    hosted_zone: &'a HostedZone,
    health_slots: &'a HealthSlots,
    zone: Zone,
}

impl Builder<'_> {
    /// Adds a name with its record sets, and its ancestors up to the apex where they are missing (W-8).
    fn add_node(&mut self, name: &[u8], record_sets: &[RecordSet]) -> NodeId {
        let parent = (name != self.zone.name.wire()).then(|| {
            let parent_name = &name[1 + usize::from(name[0])..];
            self.zone.find(parent_name).unwrap_or_else(|| self.add_node(parent_name, &[]))
        });
        let first_group = self.zone.groups.len();
        let mut rest = record_sets;
        while let Some(first) = rest.first() {
            let length = rest.partition_point(|set| set.record_type() == first.record_type());
            let (of_type, after) = rest.split_at(length);
            let group = self.group(of_type);
            self.zone.groups.push(group);
            rest = after;
        }
        let id = NodeId(index(self.zone.nodes.len()));
        // Z-20: an NS record set below the apex is a delegation; the one nearest to the apex counts.
        let is_cut = parent.is_some() && record_sets.iter().any(|set| set.record_type() == RecordType::Ns);
        let inherited = parent.and_then(|parent| self.zone.node(parent).cut);
        self.zone.nodes.push(Node {
            name: name.into(),
            groups: index(first_group)..index(self.zone.groups.len()),
            cut: inherited.or(is_cut.then_some(id)),
            wildcard: None,
        });
        if let Some(parent) = parent.filter(|_| name.starts_with(b"\x01*")) {
            self.zone.nodes[parent.0 as usize].wildcard = Some(id);
        }
        let Zone { by_name, nodes, hasher, .. } = &mut self.zone;
        by_name.insert_unique(hash(hasher, name), id, |id| hash(hasher, &nodes[id.0 as usize].name));
        id
    }

    fn group(&self, record_sets: &[RecordSet]) -> Group {
        let members = record_sets.iter().map(|set| self.member(set)).collect();
        Group { record_type: record_sets[0].record_type(), policy: record_sets[0].routing_policy().kind(), members }
    }

    fn member(&self, set: &RecordSet) -> Member {
        let content = match set.content() {
            RecordContent::Values { ttl, values } => {
                MemberContent::Values(wire_values(set.record_type(), *ttl, values))
            }
            RecordContent::Alias(target) => MemberContent::Alias {
                evaluate_target_health: target.evaluate_target_health,
                destination: if self.hosted_zone.holds_target(target) {
                    AliasDestination::Missing
                } else {
                    AliasDestination::AwsResource(target.dns_name.wire().into())
                },
            },
        };
        Member {
            set_identifier: set.set_identifier().cloned(),
            routing_policy: set.routing_policy().clone(),
            health_check: set.health_check_id().and_then(|id| self.health_slots.slot(id)),
            content,
        }
    }

    /// Now that every name has a node: points aliases to their groups, and names in values to their addresses.
    fn resolve_targets(&mut self) {
        for (group, sets) in group_slices(self.hosted_zone.record_sets()).enumerate() {
            for (place, set) in sets.iter().enumerate() {
                match set.content() {
                    RecordContent::Alias(target) if self.hosted_zone.holds_target(target) => {
                        let Some(found) = self.find_group(target.dns_name.wire(), set.record_type()) else { continue };
                        let member = &mut self.zone.groups[group].members[place];
                        if let MemberContent::Alias { destination, .. } = &mut member.content {
                            *destination = AliasDestination::Group(found);
                        }
                    }
                    RecordContent::Alias(_) => {}
                    RecordContent::Values { values: given, .. } => {
                        let addresses = self.addresses_of(set, given);
                        let member = &mut self.zone.groups[group].members[place];
                        if let MemberContent::Values(values) = &mut member.content {
                            values.additional = addresses;
                        }
                    }
                }
            }
        }
    }

    fn find_group(&self, name: &[u8], record_type: RecordType) -> Option<GroupId> {
        self.zone.group_of(self.zone.node(self.zone.find(name)?), record_type)
    }

    /// P-18, Z-21: the address groups of the names in MX, NS and SRV values, wherever in the zone they are: below a
    /// delegation they are its glue.
    fn addresses_of(&self, set: &RecordSet, values: &[RecordValue]) -> Box<[(NodeId, GroupId)]> {
        if !matches!(set.record_type(), RecordType::Mx | RecordType::Ns | RecordType::Srv) {
            return Box::default();
        }
        let mut addresses = Vec::new();
        for value in values {
            let target = target_name(set.record_type(), value.rdata()).and_then(DomainName::from_wire);
            let Some(node) = target.and_then(|target| self.zone.find(target.wire())) else { continue };
            let of_node = self.zone.groups_of(self.zone.node(node));
            let are_addresses =
                of_node.filter(|(_, group)| matches!(group.record_type, RecordType::A | RecordType::Aaaa));
            addresses.extend(are_addresses.map(|(group, _)| (node, group)));
        }
        addresses.into()
    }

    fn note_apex(&mut self) {
        let apex = self.zone.node(NodeId(0));
        let find = |record_type| {
            self.zone.group_of(apex, record_type).expect("a hosted zone has SOA and NS records at its apex (Z-14)")
        };
        (self.zone.apex_soa, self.zone.apex_ns) = (find(RecordType::Soa), find(RecordType::Ns));
        // Z-16: minimum is the last of the five numbers that end the RDATA of a SOA.
        let soa = self.zone.apex_soa();
        let minimum = soa.iter().next().and_then(|rdata| rdata.last_chunk::<4>());
        self.zone.negative_ttl = soa.ttl.min(minimum.map_or(soa.ttl, |bytes| u32::from_be_bytes(*bytes)));
        let zone = &self.zone;
        let (apex, ns, soa) = (zone.name.wire(), zone.apex_ns(), zone.apex_soa());
        self.zone.compiled = Some(CompiledApex {
            ns: Compiled::of_apex(apex, RecordType::Ns, ns, ns.ttl),
            negative_soa: Compiled::of_apex(apex, RecordType::Soa, soa, zone.negative_ttl),
        });
    }
}

/// Record sets of one name and type together, in listing order.
fn group_slices(record_sets: &[RecordSet]) -> impl Iterator<Item = &[RecordSet]> {
    record_sets.chunk_by(|a, b| a.name() == b.name() && a.record_type() == b.record_type())
}

fn wire_values(record_type: RecordType, ttl: u32, values: &[RecordValue]) -> Values {
    let mut values: Vec<&RecordValue> = values.iter().collect();
    // P-3: name servers are sent sorted by their text; everything else is shuffled at each answer (P-4).
    if record_type == RecordType::Ns {
        values.sort_by_cached_key(|value| DomainName::from_wire(value.rdata()).map(|name| name.to_string()));
    }
    const CLASS_IN: u16 = 1;
    let mut bytes = Vec::with_capacity(values.iter().map(|value| RECORD_HEAD + value.rdata().len()).sum());
    for value in &values {
        bytes.extend(record_type.code().to_be_bytes());
        bytes.extend(CLASS_IN.to_be_bytes());
        bytes.extend(ttl.to_be_bytes());
        let length = u16::try_from(value.rdata().len()).expect("4,000 characters hold fewer bytes than 65,536");
        bytes.extend(length.to_be_bytes());
        bytes.extend(value.rdata());
    }
    let count = u16::try_from(values.len()).expect("a record set has at most 400 values (L-1)");
    Values { ttl, bytes: bytes.into(), count, additional: Box::default() }
}

fn index(length: usize) -> u32 {
    u32::try_from(length).expect("a zone has fewer than 2^32 names and groups")
}
