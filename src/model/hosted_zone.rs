//! A hosted zone: its name, who sees it, and its record sets in listing order.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::domain_name::{DomainName, ListedName, wire_is_at_or_below};
use super::identifier::{HostedZoneId, VpcId};
use super::name_records::NameRecords;
use super::ordered_set::{self, Differences, Keyed, OrderedSet};
use super::record_set::{AliasTarget, RecordSet};
use super::record_type::RecordType;
use super::zone_rules::{self, ZoneViolation};

/// A hosted zone that keeps every rule that concerns it alone. Cheap to clone: versions share what a change between
/// them left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostedZone {
    head: Arc<ZoneHead>,
    /// In listing order (N-9).
    names: OrderedSet<NameRecords>,
    record_set_count: usize,
}

/// What a hosted zone is apart from its record sets.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ZoneHead {
    pub id: HostedZoneId,
    pub name: DomainName,
    pub comment: Box<str>,
    pub visibility: Visibility,
}

/// Who a hosted zone answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visibility {
    Public,
    /// PZ-1: only queries from these VPCs; never empty (PZ-18).
    Private(BTreeSet<VpcId>),
}

/// What a [`HostedZone`] is made of, before the rules are checked.
#[derive(Clone, Debug)]
pub struct HostedZoneParts {
    pub id: HostedZoneId,
    pub name: DomainName,
    pub comment: Box<str>,
    pub visibility: Visibility,
    pub record_sets: Vec<RecordSet>,
}

/// Parts that break rules among themselves, given back whole.
#[derive(Clone, Debug)]
pub struct RefusedZone<Origin> {
    pub parts: HostedZoneParts,
    /// One for each of `parts.record_sets`.
    pub origins: Vec<Origin>,
    pub violations: Vec<ZoneViolation>,
}

impl HostedZone {
    /// Checks every rule among the zone's record sets and tells all that are broken; each violation names its
    /// record set by its place in `parts.record_sets`.
    pub fn new(parts: HostedZoneParts) -> Result<HostedZone, Vec<ZoneViolation>> {
        let origins = vec![(); parts.record_sets.len()];
        match HostedZone::with_origins(parts, origins) {
            Ok((zone, _)) => Ok(zone),
            Err(refused) => Err(refused.violations),
        }
    }

    /// [`HostedZone::new`] for a caller that knows where each record set came from: gives the origins back in
    /// listing order, or everything as it was.
    pub fn with_origins<Origin>(
        parts: HostedZoneParts,
        origins: Vec<Origin>,
    ) -> Result<(HostedZone, Vec<Origin>), Box<RefusedZone<Origin>>> {
        let violations = zone_rules::check(&parts);
        if !violations.is_empty() {
            return Err(Box::new(RefusedZone { parts, origins, violations }));
        }
        let HostedZoneParts { id, name, comment, visibility, record_sets } = parts;
        let mut together: Vec<(RecordSet, Origin)> = record_sets.into_iter().zip(origins).collect();
        together.sort_by(|(one, _), (other, _)| one.listing_order(other));
        let (record_sets, origins): (Vec<RecordSet>, Vec<Origin>) = together.into_iter().unzip();
        let head = Arc::new(ZoneHead { id, name, comment, visibility });
        let record_set_count = record_sets.len();
        Ok((HostedZone { head, names: OrderedSet::from_ordered(by_name(record_sets)), record_set_count }, origins))
    }

    pub fn id(&self) -> &HostedZoneId {
        &self.head.id
    }

    pub fn name(&self) -> &DomainName {
        &self.head.name
    }

    pub fn comment(&self) -> &str {
        &self.head.comment
    }

    pub fn visibility(&self) -> &Visibility {
        &self.head.visibility
    }

    /// Every name that has record sets, in listing order (N-9).
    pub fn names(&self) -> ordered_set::Iter<'_, NameRecords> {
        self.names.iter()
    }

    pub fn name_count(&self) -> usize {
        self.names.len()
    }

    /// The record sets of a name in lower-case wire form.
    pub fn name_records(&self, name: &[u8]) -> Option<&NameRecords> {
        self.names.get(ListedName(name))
    }

    /// Whether a name below this one, which is in lower-case wire form, has record sets.
    pub fn has_names_below(&self, name: &[u8]) -> bool {
        // Listing order puts the names below a name right behind it.
        let next = self.names.iter_from(ListedName(name)).map(NameRecords::name).find(|next| *next != name);
        next.is_some_and(|next| wire_is_at_or_below(next, name))
    }

    /// What is not the same in a later version of the zone, name by name in listing order. Takes as long as the change
    /// between the two is large.
    pub fn changed_names<'z>(&'z self, newer: &'z HostedZone) -> Differences<'z, NameRecords> {
        self.names.differences(&newer.names)
    }

    /// Every record set, in listing order (N-9).
    pub fn record_sets(&self) -> impl Iterator<Item = Cow<'_, RecordSet>> {
        self.names().flat_map(|records| {
            let (kept, made) = match records.record_sets() {
                Cow::Borrowed(kept) => (kept, Vec::new()),
                Cow::Owned(made) => (&[][..], made),
            };
            kept.iter().map(Cow::Borrowed).chain(made.into_iter().map(Cow::Owned))
        })
    }

    pub fn record_set_count(&self) -> usize {
        self.record_set_count
    }

    /// The record sets of one name and type.
    pub fn group(&self, name: &DomainName, record_type: RecordType) -> Cow<'_, [RecordSet]> {
        self.name_records(name.wire()).map(|records| records.group(record_type)).unwrap_or_default()
    }

    /// Whether a name in lower-case wire form has record sets of a type.
    pub fn has_group(&self, name: &[u8], record_type: RecordType) -> bool {
        self.name_records(name).is_some_and(|records| records.record_types().any(|its_type| its_type == record_type))
    }

    /// Whether an alias points to a group of this zone rather than to an AWS resource.
    pub fn holds_target(&self, target: &AliasTarget) -> bool {
        target.hosted_zone_id == self.head.id
    }
}

/// Record sets in listing order, gathered by name.
fn by_name(record_sets: Vec<RecordSet>) -> Vec<NameRecords> {
    let mut names = Vec::new();
    let mut of_name: Vec<RecordSet> = Vec::new();
    for set in record_sets {
        if of_name.last().is_some_and(|before| before.name() != set.name()) {
            names.extend(NameRecords::new(std::mem::take(&mut of_name)));
        }
        of_name.push(set);
    }
    names.extend(NameRecords::new(of_name));
    names
}

impl Keyed for Arc<HostedZone> {
    type Key<'k> = &'k HostedZoneId;

    fn key(&self) -> &HostedZoneId {
        self.id()
    }

    fn compare<'k, 'l>(one: Self::Key<'k>, other: Self::Key<'l>) -> Ordering
    where
        Self: 'k + 'l,
    {
        one.cmp(other)
    }
}
