//! A hosted zone indexed for answering.

use crate::model::{DomainName, HostedZoneId, NameRecords, RecordType};

use super::compiled::Compiled;
use super::hashed_name::{HashedName, NameHash, Seed, Target};
use super::name_index::NameIndex;
use super::node::{GroupRef, Node, Values};
use super::view::ZoneMatch;

/// One hosted zone. Built by `zone_builder`; the next one shares what did not change.
#[derive(Clone, Debug)]
pub struct Zone {
    pub(super) id: HostedZoneId,
    /// Those of its apex, as the account keeps them: they have its name.
    pub(super) records: NameRecords,
    /// Of its name, the root's included.
    pub(super) label_count: u8,
    pub(super) is_private: bool,
    pub(super) seed: Seed,
    pub(super) nodes: NameIndex<Node>,
    /// How many names are delegations.
    pub(super) cuts: u32,
    pub(super) apex: Apex,
}

/// What most answers of a zone need of its apex.
#[derive(Clone, Debug)]
pub(super) struct Apex {
    pub(super) node: Node,
    /// Z-16, in seconds.
    pub(super) negative_ttl: u32,
    /// The NS records, ready to be copied.
    pub(super) ns: Compiled,
    /// The SOA record with the negative TTL, likewise.
    pub(super) negative_soa: Compiled,
    pub(super) glue: CompiledGlue,
}

/// The addresses that the zone has of its own name servers.
#[derive(Clone, Debug)]
pub enum CompiledGlue {
    Nothing,
    /// They are the same for every answer, and ready to be copied.
    Ready(Compiled),
    /// They have to be chosen or shuffled for each answer.
    Varies,
}

impl Zone {
    pub fn id(&self) -> &HostedZoneId {
        &self.id
    }

    /// Lower-case wire form.
    pub fn name(&self) -> &[u8] {
        self.records.name()
    }

    pub fn domain_name(&self) -> DomainName {
        self.records.domain_name()
    }

    /// How many labels its name has, the root's included.
    pub fn label_count(&self) -> usize {
        usize::from(self.label_count)
    }

    pub fn is_private(&self) -> bool {
        self.is_private
    }

    /// The zone as what a name is at or below, if it is.
    pub fn holding(&self, name: &HashedName) -> Option<ZoneMatch<'_>> {
        let labels_below = name.label_count().checked_sub(self.label_count())?;
        let is_held = name.without(labels_below).0 == self.name();
        is_held.then_some(ZoneMatch { zone: self, labels_below })
    }

    /// Whether any name of the zone is a delegation.
    pub fn has_cuts(&self) -> bool {
        self.cuts > 0
    }

    /// The node of `name` without its first `labels` labels.
    pub fn find(&self, name: &HashedName, labels: usize) -> Option<&Node> {
        let (name, hash) = name.without(labels);
        self.nodes.get(name, hash)
    }

    pub fn find_target(&self, target: &Target) -> Option<&Node> {
        self.nodes.get(&target.name, target.hash)
    }

    /// The node `*` below `name` without its first `labels` labels (W-3).
    pub fn find_wildcard(&self, name: &HashedName, labels: usize) -> Option<&Node> {
        const STAR: &[u8] = b"\x01*";
        let (encloser, hash) = name.without(labels);
        let is_wildcard = |found: &[u8]| found.strip_prefix(STAR).is_some_and(|rest| rest == encloser);
        self.nodes.find(self.seed.extend(hash, STAR), is_wildcard)
    }

    pub fn apex_soa(&self) -> Values<'_> {
        self.apex.node.only_values(RecordType::Soa)
    }

    pub fn apex_ns(&self) -> Values<'_> {
        self.apex.node.only_values(RecordType::Ns)
    }

    /// P-18: the hosts that the apex NS records name. Most answers need nothing else of those, and find it at once.
    pub fn apex_ns_hosts(&self) -> &[Target] {
        self.apex.node.ns_hosts()
    }

    /// The apex NS records, for questions at or below the apex.
    pub fn compiled_ns(&self) -> &Compiled {
        &self.apex.ns
    }

    /// The SOA record with the negative TTL, likewise.
    pub fn compiled_negative_soa(&self) -> &Compiled {
        &self.apex.negative_soa
    }

    /// The addresses of the apex's name servers, likewise.
    pub fn compiled_glue(&self) -> &CompiledGlue {
        &self.apex.glue
    }

    /// Where those come from, while they are the same for every answer.
    pub fn glue(&self) -> impl Iterator<Item = (&Node, Values<'_>)> {
        let nodes = self.apex_ns_hosts().iter().filter_map(|host| self.find_target(host));
        let groups = nodes.flat_map(|node| node.address_groups().map(move |group| (node, group)));
        groups.filter_map(|(node, group)| match group {
            GroupRef::Simple(values, _) => Some((node, values)),
            GroupRef::Routed(_) => None,
        })
    }

    /// Z-16: the smaller of the SOA's TTL and its minimum, in seconds.
    pub fn negative_ttl(&self) -> u32 {
        self.apex.negative_ttl
    }

    pub(super) fn hash(&self) -> NameHash {
        self.seed.hash(self.name())
    }
}

impl Node {
    /// The values of a group of NS or SOA records: always simple, never an alias (Z-25, T-2). Nothing, if there are
    /// none: the model sees to it that an apex has both (Z-14).
    pub fn only_values(&self, record_type: RecordType) -> Values<'_> {
        match self.group(record_type) {
            Some(GroupRef::Simple(values, _)) => values,
            Some(GroupRef::Routed(_)) | None => {
                debug_assert!(false, "{record_type} records are simple");
                Values { record_type, ttl: 0, count: 0, records: &[], hosts: &[] }
            }
        }
    }
}
