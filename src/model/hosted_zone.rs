//! A hosted zone: its name, who sees it, and its record sets in listing order.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::alias_rules::{self, AliasEdge};
use super::domain_name::{DomainName, ListedName, wire_is_at_or_below};
use super::identifier::{HostedZoneId, VpcId};
use super::name_records::NameRecords;
use super::name_rules;
use super::ordered_set::{self, Difference, Differences, Edit, Keyed, OrderedSet};
use super::record_set::{AliasTarget, RecordSet};
use super::record_type::RecordType;
use super::zone_draft::ZoneDraft;
use super::zone_rules::{RecordSetViolation, ZoneRule, ZoneViolation};

/// A hosted zone that keeps every rule that concerns it alone. Cheap to clone: versions share what a change between
/// them left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostedZone {
    head: Arc<ZoneHead>,
    /// In listing order (N-9).
    names: OrderedSet<NameRecords>,
    record_set_count: usize,
    /// The aliases among its groups.
    alias_edges: OrderedSet<Arc<AliasEdge>>,
}

/// What a hosted zone is apart from its record sets.
#[derive(Clone, Debug, PartialEq, Eq)]
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

impl HostedZone {
    /// Checks every rule among the zone's record sets and tells all that are broken; each violation names its
    /// record set by its place in `parts.record_sets`.
    pub fn new(parts: HostedZoneParts) -> Result<HostedZone, Vec<ZoneViolation>> {
        let origins = vec![(); parts.record_sets.len()];
        match ZoneDraft::new(parts, origins).finish() {
            Ok((zone, _)) => Ok(zone),
            Err(refused) => Err(refused.violations),
        }
    }

    /// A zone whose rules somebody else checks.
    pub(super) fn assembled(head: ZoneHead, names: OrderedSet<NameRecords>) -> HostedZone {
        let record_set_count = names.iter().map(NameRecords::len).sum();
        let edges = names.iter().flat_map(|records| alias_rules::edges_from(&head.id, records));
        let alias_edges = OrderedSet::from_items(edges.collect());
        HostedZone { head: Arc::new(head), names, record_set_count, alias_edges }
    }

    /// The zone with these record sets at these names, and no others there. Checks every rule that this could break,
    /// and reports all that it does; of record sets of one name that conflict, the later one is at fault.
    ///
    /// Takes as long as the change is large: what it leaves alone is not looked at, but for aliases that lead to a
    /// group which becomes an alias itself.
    pub fn with_names(
        &self,
        names: BTreeMap<DomainName, Vec<RecordSet>>,
    ) -> Result<HostedZone, Vec<RecordSetViolation>> {
        let mut violations = Vec::new();
        for sets in names.values() {
            let mut add = |index: usize, rule| {
                violations.push(RecordSetViolation { record_set: sets.get(index).map(RecordSet::key), rule });
            };
            name_rules::check_name(&self.head, sets, &mut add);
            alias_rules::check_targets(&self.head, sets, &mut add);
        }
        match self.with_checked_names(names) {
            Ok(next) if violations.is_empty() => Ok(next),
            Ok(_) => Err(violations),
            Err(others) => Err([violations, others].concat()),
        }
    }

    /// [`with_names`](HostedZone::with_names), of record sets each of which was checked when it was added
    /// ([`broken_by_last`](HostedZone::broken_by_last)): what is left to check are the rules of the zone as a whole.
    pub fn with_checked_names(
        &self,
        names: BTreeMap<DomainName, Vec<RecordSet>>,
    ) -> Result<HostedZone, Vec<RecordSetViolation>> {
        let mut violations = Vec::new();
        let mut versions = Vec::with_capacity(names.len());
        for (name, mut sets) in names {
            sets.sort_by(RecordSet::listing_order);
            versions.push((self.name_records(name.wire()), NameRecords::new(sets)));
        }
        let changed: Vec<Difference<'_, NameRecords>> = versions
            .iter()
            .filter_map(|(old, new)| match (*old, new) {
                (Some(old), Some(new)) if old == new => None,
                (Some(old), Some(new)) => Some(Difference::Replaced { old, new }),
                (Some(old), None) => Some(Difference::Removed(old)),
                (None, Some(new)) => Some(Difference::Added(new)),
                (None, None) => None,
            })
            .collect();
        let next = self.after(&changed);
        if changed.iter().any(|it| it.item().name() == self.name().wire()) {
            name_rules::check_zone(&self.head, next.name_records(self.name().wire()), |rule| {
                violations.push(RecordSetViolation { record_set: None, rule });
            });
        }
        violations.extend(alias_rules::check_change(&next, &changed));
        if violations.is_empty() { Ok(next) } else { Err(violations) }
    }

    /// The rules that the last of the record sets of a name breaks beside the others, which break none.
    pub fn broken_by_last(&self, sets: &[RecordSet]) -> Vec<ZoneRule> {
        name_rules::broken_by_last(&self.head, sets)
    }

    /// The zone with another comment.
    pub fn with_comment(&self, comment: Box<str>) -> HostedZone {
        let head = ZoneHead { comment, ..ZoneHead::clone(&self.head) };
        HostedZone { head: Arc::new(head), ..self.clone() }
    }

    /// The private zone with other VPCs, at least one (PZ-18).
    pub fn with_vpcs(&self, vpcs: BTreeSet<VpcId>) -> HostedZone {
        let head = ZoneHead { visibility: Visibility::Private(vpcs), ..ZoneHead::clone(&self.head) };
        HostedZone { head: Arc::new(head), ..self.clone() }
    }

    /// The names from this one on, which is in lower-case wire form, in listing order (N-9).
    pub fn names_from(&self, name: &[u8]) -> ordered_set::Iter<'_, NameRecords> {
        self.names.iter_from(ListedName(name))
    }

    /// An equal zone that shares with `older` what the two have in common.
    pub fn sharing_with(self, older: &HostedZone) -> HostedZone {
        if self.id() != older.id() {
            return self;
        }
        let changed: Vec<_> = older.changed_names(&self).collect();
        let head = if self.head == older.head { &older.head } else { &self.head };
        HostedZone { head: Arc::clone(head), ..older.after(&changed) }
    }

    /// The zone once its names have changed, which are in listing order.
    fn after(&self, changed: &[Difference<'_, NameRecords>]) -> HostedZone {
        let edits: Vec<_> = changed.iter().map(Difference::edit).collect();
        let names = self.names.edited(&edits);
        let count = |version: fn(&Difference<'_, NameRecords>) -> Option<usize>| -> usize {
            changed.iter().filter_map(version).sum()
        };
        let removed = count(|it| it.versions().0.map(NameRecords::len));
        let added = count(|it| it.versions().1.map(NameRecords::len));
        HostedZone {
            head: Arc::clone(&self.head),
            names,
            record_set_count: self.record_set_count + added - removed,
            alias_edges: self.alias_edges_after(changed),
        }
    }

    fn alias_edges_after(&self, changed: &[Difference<'_, NameRecords>]) -> OrderedSet<Arc<AliasEdge>> {
        let edges_from = |version: Option<&NameRecords>| match version {
            Some(records) => alias_rules::edges_from(self.id(), records),
            None => Vec::new(),
        };
        let (mut gone, mut come) = (Vec::new(), Vec::new());
        for (old, new) in changed.iter().map(Difference::versions) {
            let (old, new) = (edges_from(old), edges_from(new));
            gone.extend(old.iter().filter(|edge| !new.contains(edge)).cloned());
            come.extend(new.into_iter().filter(|edge| !old.contains(edge)));
        }
        let mut edits: Vec<_> = gone.iter().map(Edit::Remove).chain(come.iter().map(Edit::Put)).collect();
        edits.sort_by(|one, other| one.item().compare_to(other.item().key()));
        self.alias_edges.edited(&edits)
    }

    pub(super) fn head(&self) -> &Arc<ZoneHead> {
        &self.head
    }

    pub(super) fn into_head(self) -> ZoneHead {
        Arc::unwrap_or_clone(self.head)
    }

    pub(super) fn alias_edges(&self) -> &OrderedSet<Arc<AliasEdge>> {
        &self.alias_edges
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

/// By name, of which there may be several (Z-2), and id.
impl Keyed for Arc<ZoneHead> {
    type Key<'k> = (ListedName<'k>, &'k str);

    fn key(&self) -> Self::Key<'_> {
        (ListedName(self.name.wire()), self.id.as_str())
    }

    fn compare<'k, 'l>(one: Self::Key<'k>, other: Self::Key<'l>) -> Ordering
    where
        Self: 'k + 'l,
    {
        one.cmp(&other)
    }
}
