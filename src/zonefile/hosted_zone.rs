//! Hosted zones in a zone file: the zone's own keys, its records, and the apex records it gets if it gives none.

use std::collections::BTreeSet;

use super::diagnostic::{Position, Problems};
use super::drafted::CollectionNames;
use super::fields::Fields;
use super::identity::derived_hosted_zone_id;
use super::node::Node;
use super::record_set::{self, Surroundings};
use super::tag;
use crate::model::{
    DelegationSet, DomainName, HostedZone, HostedZoneId, HostedZoneParts, NameRecords, RecordSet, RecordType, Tags,
    Visibility, VpcId, ZoneDraft, ZoneViolation, limits,
};

/// A hosted zone as far as it keeps the rules, and where its record sets stand, in listing order.
pub(super) struct ReadZone {
    pub zone: HostedZone,
    pub record_sets: Vec<Position>,
    pub id_origin: IdOrigin,
    pub tags: Tags,
}

/// Whether the file gives the zone's id.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum IdOrigin {
    Given,
    Derived,
}

/// Reads one item of `hosted_zones`. What is wrong is told; the zone that comes back then lacks the record sets at
/// fault, and serves only to check what else refers to it.
pub(super) fn read(node: Node<'_>, collections: &CollectionNames, problems: &mut Problems<'_>) -> Option<ReadZone> {
    let at = node.at;
    let known = &["name", "id", "comment", "vpcs", "tags", "records"];
    let fields = Fields::read(&node, "a hosted zone", known, problems)?;
    let (head, is_whole) = Head::read(&fields, problems);
    let tags = tag::read(fields.get("tags"), problems);
    if let Some(records) = fields.get("records") {
        records.list("records", problems);
    }
    let surroundings = Surroundings { zone: &head.name, zone_id: &head.id, collections };
    let mut records = Records::of(&head);
    let given = node.into_records("records");
    let mut read = given.read.into_iter();
    let mut taken = 0;
    for (before, item) in given.unread {
        read.by_ref().take(before - taken).for_each(|(set, at)| records.add_read(set, at));
        taken = before;
        if let Some(set) = record_set::read(&item, &surroundings, problems) {
            records.add(set, item.at);
        }
    }
    read.for_each(|(set, at)| records.add_read(set, at));
    // Without its name, its id or its VPCs, a zone cannot be held against the rules.
    if is_whole { records.assemble(&head, at, tags, problems) } else { None }
}

/// The zone's own keys.
struct Head {
    name: DomainName,
    id: HostedZoneId,
    id_origin: IdOrigin,
    comment: Box<str>,
    visibility: Visibility,
}

impl Head {
    /// What cannot be read is told and replaced by something harmless, so that the records can still be looked at.
    /// Also whether nothing was replaced that the records depend on.
    fn read(fields: &Fields<'_, '_>, problems: &mut Problems<'_>) -> (Head, bool) {
        let before = problems.count();
        let name = fields
            .require("name", problems)
            .and_then(|node| node.parsed("name", problems, DomainName::parse))
            .unwrap_or_else(DomainName::root);
        let mut vpcs = BTreeSet::new();
        for item in fields.get("vpcs").and_then(|node| node.list("vpcs", problems)).unwrap_or_default() {
            let Some(vpc) = item.identifier("vpcs", problems) else { continue };
            if let Some(twice) = vpcs.replace(vpc) {
                let twice: VpcId = twice;
                problems.add(item.at, format!("the VPC {twice} stands twice"), "keep one of them");
            }
        }
        let given_id = fields.get("id").map(|node| node.identifier("id", problems));
        let (id, id_origin) = match given_id.flatten() {
            Some(id) => (id, IdOrigin::Given),
            None => (derived_hosted_zone_id(&name, &vpcs), IdOrigin::Derived),
        };
        let visibility = match fields.get("vpcs") {
            Some(_) => Visibility::Private(vpcs),
            None => Visibility::Public,
        };
        let is_meant = ["name", "id", "vpcs"].iter().any(|key| fields.is_meant(key));
        let is_whole = problems.count() == before && !is_meant;
        let comment = fields.get("comment").and_then(|node| comment(node, problems)).unwrap_or_default().into();
        (Head { name, id, id_origin, comment, visibility }, is_whole)
    }
}

fn comment<'n>(node: &'n Node<'_>, problems: &mut Problems<'_>) -> Option<&'n str> {
    let text = node.text("comment", problems)?;
    let characters = text.chars().count();
    if characters > limits::COMMENT_CHARACTERS {
        let message = format!("a comment of {characters} characters is too long");
        problems.add(node.at, message, format!("use at most {}", limits::COMMENT_CHARACTERS));
    }
    Some(text)
}

struct Records {
    draft: ZoneDraft<Position>,
    /// The types that the zone's own name has records of.
    apex_types: Vec<RecordType>,
    apex: DomainName,
}

impl Records {
    fn of(head: &Head) -> Records {
        let Head { name, id, id_origin: _, comment, visibility } = head;
        let (name, id, comment, visibility) = (name.clone(), id.clone(), comment.clone(), visibility.clone());
        let apex = name.clone();
        let parts = HostedZoneParts { id, name, comment, visibility, record_sets: Vec::new() };
        Records { draft: ZoneDraft::new(parts, Vec::new()), apex_types: Vec::new(), apex }
    }

    fn add(&mut self, set: RecordSet, at: Position) {
        if *set.name() == self.apex {
            self.apex_types.push(set.record_type());
        }
        self.draft.add(set, at);
    }

    fn add_read(&mut self, set: NameRecords, at: Position) {
        if set.name() == self.apex.wire() {
            self.apex_types.extend(set.record_types());
        }
        self.draft.add_read(set, at);
    }

    /// Z-10 to Z-13. They stand where the zone does.
    fn add_missing_apex_records(&mut self, head: &Head, at: Position) {
        let delegation_set = DelegationSet::of_zone(&head.id, &head.visibility);
        if !self.apex_types.contains(&RecordType::Ns) {
            self.draft.add(delegation_set.ns_record_set(&head.name), at);
        }
        if !self.apex_types.contains(&RecordType::Soa) {
            self.draft.add(delegation_set.soa_record_set(&head.name), at);
        }
    }

    fn assemble(mut self, head: &Head, at: Position, tags: Tags, problems: &mut Problems<'_>) -> Option<ReadZone> {
        self.add_missing_apex_records(head, at);
        let id_origin = head.id_origin;
        let refused = match self.draft.finish() {
            Ok((zone, record_sets)) => return Some(ReadZone { zone, record_sets, id_origin, tags }),
            Err(refused) => *refused,
        };
        let mut at_fault = BTreeSet::new();
        for ZoneViolation { record_set, rule } in refused.violations {
            at_fault.extend(record_set);
            let at = record_set.and_then(|place| refused.draft.origin(place)).unwrap_or(at);
            problems.add(at, rule.to_string(), rule.hint());
        }
        // Without the record sets at fault, the zone can still be checked against the rest of the account.
        let (zone, record_sets) = refused.draft.without(&at_fault).finish().ok()?;
        Some(ReadZone { zone, record_sets, id_origin, tags })
    }
}
