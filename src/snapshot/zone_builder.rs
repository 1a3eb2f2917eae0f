//! Makes a [`Zone`] of a [`HostedZone`].

use std::sync::Arc;

use smallvec::SmallVec;

use crate::model::domain_name::wire_is_at_or_below;
use crate::model::record_value::target_name;
use crate::model::{
    Difference, DomainName, HostedZone, NameRecords, PolicyKind, RecordContent, RecordSet, RecordType, RecordValue,
    Visibility,
};

use super::compiled::Compiler;
use super::hashed_name::{NameHash, Seed, Target};
use super::health_slots::HealthSlots;
use super::health_table::HealthSlot;
use super::name_index::NameIndex;
use super::node::{
    AliasDestination, Group, GroupRef, HOST_TYPES, Member, MemberContent, Node, PreparedNode, RECORD_HEAD, Records,
    StoredGroup, StoredValues, WithHosts,
};
use super::zone::{Apex, CompiledGlue, Zone};

/// Indexes a hosted zone.
pub fn build(hosted_zone: &HostedZone, health_slots: &HealthSlots, seed: Seed) -> Zone {
    let builder = NodeBuilder { hosted_zone, health_slots, seed };
    let apex = hosted_zone.name().wire();
    let mut nodes: Vec<Node> = Vec::with_capacity(hosted_zone.name_count());
    // Names come in listing order (N-9), which puts one before those below it: those above this one that were seen last
    // are its ancestors.
    let mut ancestors: Vec<&[u8]> = Vec::new();
    for records in hosted_zone.names() {
        let name = records.name();
        while ancestors.last().is_some_and(|above| !is_below(name, above)) {
            ancestors.pop();
        }
        // W-8: the names between, which have no records.
        let last = ancestors.last().copied();
        let between = names_above(name, apex).take_while(|above| Some(*above) != last);
        let between: SmallVec<[&[u8]; 8]> = between.collect();
        for above in between.into_iter().rev() {
            nodes.push(builder.empty_node(above));
            ancestors.push(above);
        }
        nodes.push(builder.node(records));
        ancestors.push(name);
    }
    let cuts = nodes.iter().map(|node| u32::from(node.is_cut())).sum();
    let nodes = NameIndex::build(nodes);
    builder.zone(nodes, cuts)
}

/// Indexes what `after` has become of `before`, of which `zone` was made: what did not change is shared.
pub fn rebuild(zone: &Zone, before: &HostedZone, after: &HostedZone, health_slots: &HealthSlots) -> Zone {
    // Making all of them at once is quicker than many one after the other.
    rebuild_with(zone, before, after, health_slots, after.name_count() / 4)
}

/// Changes `most` names one after the other at the most.
fn rebuild_with(zone: &Zone, before: &HostedZone, after: &HostedZone, health_slots: &HealthSlots, most: usize) -> Zone {
    let seed = zone.seed;
    let changed: Vec<_> = before.changed_names(after).take(most + 1).collect();
    if before.name() != after.name() || changed.len() > most {
        return build(after, health_slots, seed);
    }
    let builder = NodeBuilder { hosted_zone: after, health_slots, seed };
    let apex = after.name().wire();
    let (mut nodes, mut cuts) = (zone.nodes.clone(), zone.cuts);
    for difference in changed {
        let (Difference::Added(records) | Difference::Removed(records) | Difference::Replaced { new: records, .. }) =
            difference;
        let name = records.name();
        // W-8: names above come and go with those below them. Where one is as it should be, so are those above it.
        for name in std::iter::once(name).chain(names_above(name, apex)) {
            let hash = seed.hash(name);
            let is_known = nodes.get(name, hash).is_some();
            let node = builder.node_of(name);
            if name != records.name() && is_known == node.is_some() {
                break;
            }
            cuts += node.as_ref().map_or(0, |node| u32::from(node.is_cut()));
            let replaced = match node {
                Some(node) => nodes.insert(node),
                None => nodes.remove(name, hash),
            };
            cuts -= replaced.map_or(0, |node| u32::from(node.is_cut()));
        }
    }
    builder.zone(nodes, cuts)
}

/// The names above one and below the apex, from the longest.
fn names_above<'n>(name: &'n [u8], apex: &[u8]) -> impl Iterator<Item = &'n [u8]> {
    let apex_length = apex.len();
    std::iter::successors(Some(name), |name| Some(parent(name)))
        .skip(1)
        .take_while(move |name| name.len() > apex_length)
}

/// Whether a wire name lies below another.
fn is_below(name: &[u8], ancestor: &[u8]) -> bool {
    name.len() > ancestor.len() && wire_is_at_or_below(name, ancestor)
}

/// A wire name without its first label; the root's is itself.
fn parent(name: &[u8]) -> &[u8] {
    match name[0] {
        0 => name,
        length => &name[1 + usize::from(length)..],
    }
}

struct NodeBuilder<'a> {
    hosted_zone: &'a HostedZone,
    health_slots: &'a HealthSlots,
    seed: Seed,
}

impl NodeBuilder<'_> {
    fn zone(&self, nodes: NameIndex<Node>, cuts: u32) -> Zone {
        let name = self.hosted_zone.name();
        let records = self.hosted_zone.name_records(name.wire());
        Zone {
            id: self.hosted_zone.id().clone(),
            records: records.expect(HAS_APEX).clone(),
            label_count: u8::try_from(name.labels().count() + 1).expect("a name has at most 128 labels"),
            is_private: matches!(self.hosted_zone.visibility(), Visibility::Private(_)),
            seed: self.seed,
            apex: compile_apex(name.wire(), self.seed.hash(name.wire()), &nodes),
            nodes,
            cuts,
        }
    }

    /// What there is at a name: its records, or W-8, nothing but names below it.
    fn node_of(&self, name: &[u8]) -> Option<Node> {
        match self.hosted_zone.name_records(name) {
            Some(records) => Some(self.node(records)),
            None => self.hosted_zone.has_names_below(name).then(|| self.empty_node(name)),
        }
    }

    fn empty_node(&self, name: &[u8]) -> Node {
        let node = PreparedNode { name: name.into(), groups: Box::default(), is_cut: false };
        Node(Records::Prepared(self.seed.hash(name).short(), Arc::new(node)))
    }

    fn node(&self, records: &NameRecords) -> Node {
        let hash = self.seed.hash(records.name()).short();
        if let Some(mut sets) = records.plain_sets() {
            return Node(match sets.any(|set| HOST_TYPES.contains(&set.record_type)) {
                true => Records::WithHosts(hash, Arc::new(self.with_hosts(records))),
                false => Records::Plain(hash, records.clone()),
            });
        }
        let sets = records.record_sets();
        let of_types = sets.chunk_by(|a, b| a.record_type() == b.record_type());
        let node = PreparedNode {
            name: records.name().into(),
            groups: of_types.map(|sets| self.group(sets)).collect(),
            is_cut: self.is_cut(records),
        };
        Node(Records::Prepared(hash, Arc::new(node)))
    }

    /// Z-20: an NS record set below the apex is a delegation.
    fn is_cut(&self, records: &NameRecords) -> bool {
        let is_apex = records.name() == self.hosted_zone.name().wire();
        !is_apex && records.record_types().any(|record_type| record_type == RecordType::Ns)
    }

    /// Of plain record sets.
    fn with_hosts(&self, records: &NameRecords) -> WithHosts {
        let mut with_hosts = WithHosts {
            records: records.clone(),
            is_cut: self.is_cut(records),
            sorted_ns: None,
            hosts: Box::default(),
            host_counts: Default::default(),
        };
        let mut hosts = Vec::new();
        for set in records.plain_sets().into_iter().flatten() {
            let Some(place) = HOST_TYPES.iter().position(|its_type| *its_type == set.record_type) else { continue };
            let rdata = as_sent(set.record_type, set.rdata());
            let of_set = self.hosts(set.record_type, &rdata);
            with_hosts.host_counts[place] = count(of_set.len());
            hosts.extend(of_set);
            if !set.rdata().eq(rdata.iter().copied()) {
                with_hosts.sorted_ns = Some(wire_records(set.record_type, set.ttl, &rdata));
            }
        }
        with_hosts.hosts = hosts.into();
        with_hosts
    }

    fn group(&self, sets: &[RecordSet]) -> StoredGroup {
        let policy = sets[0].routing_policy().kind();
        let record_type = sets[0].record_type();
        match (sets, sets[0].content()) {
            ([set], RecordContent::Values { ttl, values }) if policy == PolicyKind::Simple => {
                StoredGroup::Simple(self.values(record_type, *ttl, values), self.health_slot(set))
            }
            _ => StoredGroup::Routed(Group {
                record_type,
                policy,
                members: sets.iter().map(|set| self.member(set)).collect(),
            }),
        }
    }

    fn member(&self, set: &RecordSet) -> Member {
        let content = match set.content() {
            RecordContent::Values { ttl, values } => {
                MemberContent::Values(self.values(set.record_type(), *ttl, values))
            }
            RecordContent::Alias(target) => MemberContent::Alias {
                evaluate_target_health: target.evaluates_target_health(),
                destination: if self.hosted_zone.holds_target(target) {
                    AliasDestination::InZone(Target::new(target.dns_name.wire(), self.seed))
                } else {
                    AliasDestination::AwsResource(target.dns_name.wire().into())
                },
            },
        };
        Member {
            set_identifier: set.set_identifier().cloned(),
            routing_policy: set.routing_policy().clone(),
            health_check: self.health_slot(set),
            content,
        }
    }

    fn health_slot(&self, set: &RecordSet) -> Option<HealthSlot> {
        set.health_check_id().and_then(|id| self.health_slots.slot(id))
    }

    fn values(&self, record_type: RecordType, ttl: u32, values: &[RecordValue]) -> StoredValues {
        let rdata = as_sent(record_type, values.iter().map(RecordValue::rdata));
        StoredValues {
            record_type,
            ttl,
            count: count(rdata.len()),
            records: wire_records(record_type, ttl, &rdata),
            hosts: self.hosts(record_type, &rdata).into(),
        }
    }

    /// P-18, Z-21: the names in MX, NS and SRV values that this zone may have addresses for.
    fn hosts(&self, record_type: RecordType, rdata: &[&[u8]]) -> Vec<Target> {
        if !HOST_TYPES.contains(&record_type) {
            return Vec::new();
        }
        let names = rdata.iter().filter_map(|rdata| target_name(record_type, rdata));
        let names = names.filter_map(DomainName::from_wire);
        let in_zone = names.filter(|name| name.is_at_or_below(self.hosted_zone.name()));
        in_zone.map(|name| Target::new(name.wire(), self.seed)).collect()
    }
}

/// P-3: name servers are sent sorted by their text; everything else is shuffled at each answer (P-4).
fn as_sent<'r>(record_type: RecordType, rdata: impl Iterator<Item = &'r [u8]>) -> Vec<&'r [u8]> {
    let mut rdata: Vec<&[u8]> = rdata.collect();
    if record_type == RecordType::Ns {
        rdata.sort_by_cached_key(|rdata| DomainName::from_wire(rdata).map(|name| name.to_string()));
    }
    rdata
}

fn wire_records(record_type: RecordType, ttl: u32, rdata: &[&[u8]]) -> Box<[u8]> {
    const CLASS_IN: u16 = 1;
    let mut records = Vec::with_capacity(rdata.iter().map(|rdata| RECORD_HEAD + rdata.len()).sum());
    for rdata in rdata {
        records.extend(record_type.code().to_be_bytes());
        records.extend(CLASS_IN.to_be_bytes());
        records.extend(ttl.to_be_bytes());
        let length = u16::try_from(rdata.len()).expect("4,000 characters hold fewer bytes than 65,536");
        records.extend(length.to_be_bytes());
        records.extend(*rdata);
    }
    records.into()
}

fn count(values: usize) -> u16 {
    u16::try_from(values).expect("a record set has at most 400 values (L-1)")
}

const HAS_APEX: &str = "a hosted zone has SOA and NS records at its apex (Z-14)";

fn compile_apex(apex_name: &[u8], hash: NameHash, nodes: &NameIndex<Node>) -> Apex {
    let node = nodes.get(apex_name, hash).expect(HAS_APEX).clone();
    let (ns, soa) = (node.only_values(RecordType::Ns), node.only_values(RecordType::Soa));
    // Z-16: minimum is the last of the five numbers that end the RDATA of a SOA.
    let minimum = soa.rdata().next().and_then(|rdata| rdata.last_chunk::<4>());
    let negative_ttl = soa.ttl.min(minimum.map_or(soa.ttl, |bytes| u32::from_be_bytes(*bytes)));
    let compiled = |values, ttl| {
        let mut compiler = Compiler::new(apex_name);
        compiler.add(apex_name, values, ttl);
        compiler.finish()
    };
    Apex {
        negative_ttl,
        ns: compiled(ns, ns.ttl),
        negative_soa: compiled(soa, negative_ttl),
        glue: compile_glue(apex_name, &node, nodes),
        node,
    }
}

fn compile_glue(apex_name: &[u8], apex: &Node, nodes: &NameIndex<Node>) -> CompiledGlue {
    let mut compiler = Compiler::new(apex_name);
    let mut has_any = false;
    for host in apex.only_values(RecordType::Ns).hosts {
        let Some(node) = nodes.get(&host.name, host.hash) else { continue };
        for group in node.address_groups() {
            match group {
                GroupRef::Simple(values, _) if values.len() == 1 => compiler.add(node.name(), values, values.ttl),
                GroupRef::Simple(..) | GroupRef::Routed(_) => return CompiledGlue::Varies,
            }
            has_any = true;
        }
    }
    if has_any { CompiledGlue::Ready(compiler.finish()) } else { CompiledGlue::Nothing }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use crate::model::{Account, HostedZoneId, HostedZoneParts, RecordSetParts, RoutingPolicy};

    use super::*;

    /// Names, some above others, each with a kind of records.
    const NAMES: [&str; 9] = ["@", "a", "b.a", "c.b.a", "*.a", "*", "d", "e.d", "f.e.d"];
    const KINDS: [(RecordType, &str); 5] = [
        (RecordType::A, "192.0.2.1"),
        (RecordType::Ns, "e.d.example.com."),
        (RecordType::Mx, "10 a.example.com."),
        (RecordType::Txt, "\"one\""),
        (RecordType::Txt, "\"two\""),
    ];

    fn hosted_zone(records: &BTreeMap<usize, usize>) -> HostedZone {
        let id = HostedZoneId::new("Z1").unwrap();
        let apex = DomainName::parse("example.com").unwrap();
        let set = |name: DomainName, record_type, text: &str| {
            let values = vec![RecordValue::parse(record_type, text).unwrap()];
            let parts = RecordSetParts {
                name,
                record_type,
                set_identifier: None,
                routing_policy: RoutingPolicy::Simple,
                content: RecordContent::Values { ttl: 300, values },
                health_check_id: None,
            };
            RecordSet::new(parts, &id).unwrap()
        };
        let mut record_sets = vec![
            set(apex.clone(), RecordType::Soa, "ns. admin. 1 2 3 4 5"),
            set(apex.clone(), RecordType::Ns, "a.example.com."),
        ];
        for (name, kind) in records {
            let (record_type, text) = KINDS[*kind];
            let name = match NAMES[*name] {
                "@" if record_type == RecordType::Ns => continue,
                "@" => apex.clone(),
                name if name.starts_with('*') && record_type == RecordType::Ns => continue,
                name => DomainName::parse(&format!("{name}.example.com")).unwrap(),
            };
            record_sets.push(set(name, record_type, text));
        }
        let (comment, visibility) = (Box::default(), Visibility::Public);
        HostedZone::new(HostedZoneParts { id, name: apex, comment, visibility, record_sets }).unwrap()
    }

    /// All that there is to know of an indexed zone.
    fn contents(zone: &Zone) -> (Vec<String>, u32, String) {
        let mut nodes: Vec<String> = zone.nodes.values().map(|node| format!("{node:?}")).collect();
        nodes.sort();
        (nodes, zone.cuts, format!("{:?}", zone.apex))
    }

    proptest! {
        #[test]
        fn what_a_change_makes_of_a_zone_is_what_indexing_it_anew_makes(
            versions in prop::collection::vec(prop::collection::btree_map(0..NAMES.len(), 0..KINDS.len(), 0..=NAMES.len()), 1..12),
        ) {
            let slots = HealthSlots::assign(&Account::default(), &HealthSlots::default());
            let seed = Seed::random();
            let mut before = hosted_zone(&BTreeMap::new());
            let mut zone = build(&before, &slots, seed);
            for records in versions {
                let after = hosted_zone(&records);
                zone = rebuild_with(&zone, &before, &after, &slots, after.name_count());
                prop_assert_eq!(contents(&zone), contents(&build(&after, &slots, seed)));
                before = after;
            }
        }
    }
}
