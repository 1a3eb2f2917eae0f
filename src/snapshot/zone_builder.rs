//! Makes a [`Zone`] of a [`HostedZone`].

use std::sync::Arc;

use crate::model::domain_name::wire_is_at_or_below;
use crate::model::record_value::target_name;
use crate::model::{DomainName, HostedZone, PolicyKind, RecordContent, RecordSet, RecordType, RecordValue, Visibility};

use super::compiled::{Compiled, Compiler};
use super::hashed_name::{NameHash, Seed, Target};
use super::health_slots::HealthSlots;
use super::health_table::HealthSlot;
use super::name_index::NameIndex;
use super::node::{
    AliasDestination, Group, GroupRef, Member, MemberContent, Node, RECORD_HEAD, StoredGroup, StoredValues,
};
use super::zone::{Apex, Zone};

/// Indexes a hosted zone.
pub fn build(hosted_zone: &HostedZone, health_slots: &HealthSlots, seed: Seed) -> Zone {
    let builder = NodeBuilder { hosted_zone, health_slots, seed };
    let apex_name = hosted_zone.name().wire();
    let mut nodes: Vec<(NameHash, Arc<Node>)> = Vec::new();
    let mut apex = None;
    // Record sets come in listing order (N-9), which puts a name before the names below it: those names above this one
    // that were seen last are its ancestors.
    let mut ancestors: Vec<Box<[u8]>> = Vec::new();
    for sets in hosted_zone.record_sets().chunk_by(|a, b| a.name() == b.name()) {
        let name = sets[0].name().wire();
        while ancestors.last().is_some_and(|above| !is_below(name, above)) {
            ancestors.pop();
        }
        // W-8: the names between, which have no records.
        let mut between = Vec::new();
        let mut above = parent(name);
        while is_below(above, apex_name) && ancestors.last().is_none_or(|last| **last != *above) {
            between.push(above);
            above = parent(above);
        }
        for name in between.into_iter().rev() {
            nodes.push((seed.hash(name), Arc::new(builder.node(name, &[]))));
            ancestors.push(name.into());
        }
        let node = Arc::new(builder.node(name, sets));
        if name == apex_name {
            apex = Some(Arc::clone(&node));
        }
        nodes.push((seed.hash(name), node));
        ancestors.push(name.into());
    }
    let cuts = nodes.iter().filter(|(_, node)| node.is_cut).count();
    let nodes = NameIndex::build(nodes);
    let apex = apex.unwrap_or_else(|| Arc::new(builder.node(apex_name, &[])));
    Zone {
        id: hosted_zone.id().clone(),
        name: hosted_zone.name().clone(),
        label_count: hosted_zone.name().labels().count() + 1,
        is_private: matches!(hosted_zone.visibility(), Visibility::Private(_)),
        seed,
        apex: compile_apex(apex_name, apex, &nodes),
        nodes,
        cuts,
    }
}

/// Indexes what `after` has become of `before`, of which `zone` was made.
pub fn rebuild(zone: &Zone, _before: &HostedZone, after: &HostedZone, health_slots: &HealthSlots) -> Zone {
    build(after, health_slots, zone.seed)
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
    /// A name with its record sets, in listing order.
    fn node(&self, name: &[u8], record_sets: &[RecordSet]) -> Node {
        let of_types = record_sets.chunk_by(|a, b| a.record_type() == b.record_type());
        // Z-20: an NS record set below the apex is a delegation.
        let has_ns = record_sets.iter().any(|set| set.record_type() == RecordType::Ns);
        Node {
            name: name.into(),
            groups: of_types.map(|sets| self.group(sets)).collect(),
            is_cut: has_ns && name != self.hosted_zone.name().wire(),
        }
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
                evaluate_target_health: target.evaluate_target_health,
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
        let mut values: Vec<&RecordValue> = values.iter().collect();
        // P-3: name servers are sent sorted by their text; everything else is shuffled at each answer (P-4).
        if record_type == RecordType::Ns {
            values.sort_by_cached_key(|value| DomainName::from_wire(value.rdata()).map(|name| name.to_string()));
        }
        const CLASS_IN: u16 = 1;
        let mut records = Vec::with_capacity(values.iter().map(|value| RECORD_HEAD + value.rdata().len()).sum());
        for value in &values {
            records.extend(record_type.code().to_be_bytes());
            records.extend(CLASS_IN.to_be_bytes());
            records.extend(ttl.to_be_bytes());
            let length = u16::try_from(value.rdata().len()).expect("4,000 characters hold fewer bytes than 65,536");
            records.extend(length.to_be_bytes());
            records.extend(value.rdata());
        }
        StoredValues {
            record_type,
            ttl,
            count: u16::try_from(values.len()).expect("a record set has at most 400 values (L-1)"),
            records: records.into(),
            hosts: self.hosts(record_type, &values),
        }
    }

    /// P-18, Z-21: the names in MX, NS and SRV values that this zone may have addresses for.
    fn hosts(&self, record_type: RecordType, values: &[&RecordValue]) -> Box<[Target]> {
        if !matches!(record_type, RecordType::Mx | RecordType::Ns | RecordType::Srv) {
            return Box::default();
        }
        let names = values.iter().filter_map(|value| target_name(record_type, value.rdata()));
        let names = names.filter_map(DomainName::from_wire);
        let in_zone = names.filter(|name| name.is_at_or_below(self.hosted_zone.name()));
        in_zone.map(|name| Target::new(name.wire(), self.seed)).collect()
    }
}

fn compile_apex(apex_name: &[u8], node: Arc<Node>, nodes: &NameIndex<Arc<Node>>) -> Apex {
    let (ns, soa) = (node.only_values(RecordType::Ns), node.only_values(RecordType::Soa));
    // Z-16: minimum is the last of the five numbers that end the RDATA of a SOA.
    let minimum = soa.rdata().next().and_then(|rdata| rdata.last_chunk::<4>());
    let negative_ttl = soa.ttl.min(minimum.map_or(soa.ttl, |bytes| u32::from_be_bytes(*bytes)));
    let compiled = |values, ttl| {
        let mut compiler = Compiler::new(apex_name);
        compiler.add(apex_name, values, ttl);
        Arc::new(compiler.finish())
    };
    Apex {
        negative_ttl,
        ns: compiled(ns, ns.ttl),
        negative_soa: compiled(soa, negative_ttl),
        glue: compile_glue(apex_name, &node, nodes),
        node,
    }
}

/// The addresses of the name servers; `None` if they have to be chosen or shuffled for each answer.
fn compile_glue(apex_name: &[u8], apex: &Node, nodes: &NameIndex<Arc<Node>>) -> Option<Arc<Compiled>> {
    let mut compiler = Compiler::new(apex_name);
    for host in apex.only_values(RecordType::Ns).hosts {
        let Some(node) = nodes.get(&host.name, host.hash) else { continue };
        for group in node.address_groups() {
            match group {
                GroupRef::Simple(values, _) if values.len() == 1 => compiler.add(node.name(), values, values.ttl),
                GroupRef::Simple(..) | GroupRef::Routed(_) => return None,
            }
        }
    }
    Some(Arc::new(compiler.finish()))
}
