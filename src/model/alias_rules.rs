//! The rules of aliases into their own zone: the target lies in it, and following aliases ends.
//!
//! The target may be missing: a zone in which it was deleted is in order. Only making an alias needs it, which the
//! change batch checks.

use std::cmp::Ordering;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::domain_name::{DomainName, ListedName};
use super::hosted_zone::{HostedZone, ZoneHead};
use super::identifier::HostedZoneId;
use super::limits;
use super::name_records::NameRecords;
use super::ordered_set::{Difference, Keyed};
use super::record_set::{AliasTarget, RecordSet};
use super::record_type::RecordType;
use super::zone_rules::{RecordSetViolation, ZoneRule};

/// A group with an alias to a group of its own zone. A zone keeps them by target, to know who points to a group that
/// changes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AliasEdge {
    target: DomainName,
    /// Of both groups.
    record_type: RecordType,
    source: DomainName,
}

impl Keyed for Arc<AliasEdge> {
    type Key<'k> = (ListedName<'k>, RecordType, ListedName<'k>);

    fn key(&self) -> Self::Key<'_> {
        (ListedName(self.target.wire()), self.record_type, ListedName(self.source.wire()))
    }

    fn compare<'k, 'l>(one: Self::Key<'k>, other: Self::Key<'l>) -> Ordering
    where
        Self: 'k + 'l,
    {
        one.cmp(&other)
    }
}

/// A name in lower-case wire form and a type.
type Group<'a> = (&'a [u8], RecordType);
/// Where the aliases of each group lead, as far as there is something.
type Edges<'a> = HashMap<Group<'a>, Vec<Group<'a>>>;

/// The edges that start at a name, in order, each once.
pub(super) fn edges_from(zone: &HostedZoneId, records: &NameRecords) -> Vec<Arc<AliasEdge>> {
    let mut edges: Vec<Arc<AliasEdge>> = aliases(zone, records)
        .map(|(set, target)| {
            let (target, source) = (target.dns_name.clone(), set.name().clone());
            Arc::new(AliasEdge { target, record_type: set.record_type(), source })
        })
        .collect();
    edges.sort_by(|one, other| one.compare_to(other.key()));
    edges.dedup();
    edges
}

/// The record sets of a name that are aliases into the zone.
fn aliases<'a>(
    zone: &HostedZoneId,
    records: &'a NameRecords,
) -> impl Iterator<Item = (&'a RecordSet, &'a AliasTarget)> {
    let sets = records.routed_sets().unwrap_or_default().iter();
    sets.filter_map(move |set| Some((set, set.alias_target().filter(|target| target.hosted_zone_id == *zone)?)))
}

/// Every rule that aliases of a whole zone break. Each of `given` is a record set, or several of one name; it is told
/// which of them is at fault. `zone` is what they make.
pub(super) fn check_zone<'a>(
    zone: &HostedZone,
    given: impl Iterator<Item = &'a NameRecords>,
    add: &mut impl FnMut(usize, ZoneRule),
) {
    let mut edges = Edges::new();
    let mut first_places: HashMap<Group<'_>, usize> = HashMap::new();
    for (place, records) in given.enumerate() {
        for (set, target) in aliases(zone.id(), records) {
            if let Some(rule) = broken_by_target(zone.name(), target) {
                add(place, rule);
                continue;
            }
            let source = (records.name(), set.record_type());
            first_places.entry(source).or_insert(place);
            edges.entry(source).or_default().push((target.dns_name.wire(), set.record_type()));
        }
    }
    for (group, rule) in broken_by_walks(&edges) {
        if let Some(place) = first_places.get(&group) {
            add(*place, rule);
        }
    }
}

/// Every walk along aliases that does not end, or not soon enough, in `zone`, which differs in `changed` from a zone in
/// which all do. Looks at the aliases that changed, at those that lead there, and at where they lead.
pub(super) fn check_change(zone: &HostedZone, changed: &[Difference<'_, NameRecords>]) -> Vec<RecordSetViolation> {
    // The groups that got another alias: only they can make a walk longer.
    let mut starts: Vec<Group<'_>> = Vec::new();
    for difference in changed {
        let (old, new) = difference.versions();
        for (set, target) in new.into_iter().flat_map(|new| aliases(zone.id(), new)) {
            if !old.is_some_and(|old| leads_to(zone.id(), old, set.record_type(), &target.dns_name)) {
                starts.push((set.name().wire(), set.record_type()));
            }
        }
    }
    let broken = broken_by_walks(&edges_around(zone, &starts)).into_iter();
    let violations = broken.map(|((name, record_type), rule)| {
        let first = zone.name_records(name).and_then(|records| {
            aliases(zone.id(), records).map(|(set, _)| set).find(|set| set.record_type() == record_type)
        });
        RecordSetViolation { record_set: first.map(RecordSet::key), rule }
    });
    violations.collect()
}

/// the aliases among the record sets of a name that lead out of the zone with its own id.
pub(super) fn check_targets(zone: &ZoneHead, sets: &[RecordSet], add: &mut impl FnMut(usize, ZoneRule)) {
    for (index, target) in sets.iter().enumerate().filter_map(|(index, set)| Some((index, set.alias_target()?))) {
        if let Some(rule) = broken_by_target(&zone.name, target).filter(|_| target.hosted_zone_id == zone.id) {
            add(index, rule);
        }
    }
}

/// Whether a name has an alias to a group.
fn leads_to(zone: &HostedZoneId, records: &NameRecords, record_type: RecordType, target: &DomainName) -> bool {
    aliases(zone, records).any(|(set, its_target)| set.record_type() == record_type && its_target.dns_name == *target)
}

/// whether the target of an alias with the id of its own zone lies in it.
fn broken_by_target(zone: &DomainName, target: &AliasTarget) -> Option<ZoneRule> {
    let name = &target.dns_name;
    (!name.is_at_or_below(zone)).then(|| ZoneRule::AliasTargetOutsideZone(name.clone()))
}

/// The names of the groups, of the same type, that have an alias to this one.
fn sources<'z>(zone: &'z HostedZone, (name, record_type): Group<'_>) -> impl Iterator<Item = &'z [u8]> {
    let first = (ListedName(name), record_type, ListedName(DomainName::ROOT_WIRE));
    let edges = zone.alias_edges().iter_from(first);
    edges
        .take_while(move |edge| edge.target.wire() == name && edge.record_type == record_type)
        .map(|edge| edge.source.wire())
}

/// Where the aliases of a group lead.
fn targets<'z>(zone: &'z HostedZone, (name, record_type): Group<'_>) -> Vec<Group<'z>> {
    let aliases = zone.name_records(name).into_iter().flat_map(|records| aliases(zone.id(), records));
    let targets = aliases.filter(|(set, _)| set.record_type() == record_type);
    targets.map(|(_, target)| (target.dns_name.wire(), record_type)).collect()
}

/// The edges on all ways that lead through `starts`.
fn edges_around<'z>(zone: &'z HostedZone, starts: &[Group<'z>]) -> Edges<'z> {
    let mut edges = Edges::new();
    let mut to_visit = starts.to_vec();
    while let Some(group) = to_visit.pop() {
        let Entry::Vacant(vacant) = edges.entry(group) else { continue };
        let targets = targets(zone, group);
        if !targets.is_empty() {
            to_visit.extend(&targets);
            vacant.insert(targets);
        }
    }
    let mut seen: HashSet<Group<'_>> = HashSet::new();
    let mut to_visit = starts.to_vec();
    while let Some((name, record_type)) = to_visit.pop() {
        for source in sources(zone, (name, record_type)).map(|source| (source, record_type)) {
            edges.entry(source).or_insert_with(|| targets(zone, source));
            if seen.insert(source) {
                to_visit.push(source);
            }
        }
    }
    edges
}

/// the groups from which following aliases does not end, or not soon enough.
fn broken_by_walks<'a>(edges: &Edges<'a>) -> Vec<(Group<'a>, ZoneRule)> {
    let owned = |name| DomainName::from_wire(name).expect("it is the wire form of a name");
    let Walks { endless, too_deep } = walk_back(edges);
    let mut broken: Vec<_> =
        too_deep.into_iter().map(|group| (group, ZoneRule::AliasTooDeep(owned(group.0), group.1))).collect();
    for &start in &endless {
        // Only the aliases that lead into a loop are walked: other zones pay nothing.
        let mut seen = HashSet::new();
        let mut to_visit = edges[&start].clone();
        while let Some(group) = to_visit.pop() {
            if group == start {
                broken.push((start, ZoneRule::AliasLoop(owned(start.0), start.1)));
                break;
            }
            if seen.insert(group) {
                to_visit.extend(edges.get(&group).into_iter().flatten().filter(|next| endless.contains(*next)));
            }
        }
    }
    broken
}

/// Where following aliases leads.
struct Walks<'a> {
    /// The groups from which it can go on for ever.
    endless: HashSet<Group<'a>>,
    /// the groups from which it takes one alias more than [`limits::ALIAS_DEPTH`]. Those before them need more
    /// still, and are not told.
    too_deep: Vec<Group<'a>>,
}

/// Goes backward from the aliases that lead to values only, again and again; what is never reached is endless.
fn walk_back<'a>(edges: &Edges<'a>) -> Walks<'a> {
    let mut aliases_left: HashMap<Group<'a>, usize> = HashMap::new();
    let mut led_from: HashMap<Group<'a>, Vec<Group<'a>>> = HashMap::new();
    for (&group, targets) in edges {
        let to_aliases = targets.iter().copied().filter(|next| edges.contains_key(next));
        aliases_left.insert(group, to_aliases.clone().count());
        to_aliases.for_each(|next| led_from.entry(next).or_default().push(group));
    }
    let mut depths: HashMap<Group<'a>, usize> = edges.keys().map(|group| (*group, 1)).collect();
    let mut ended: Vec<Group<'a>> = edges.keys().copied().filter(|group| aliases_left[group] == 0).collect();
    let mut too_deep = Vec::new();
    while let Some(group) = ended.pop() {
        aliases_left.remove(&group);
        let depth = depths[&group];
        if depth == limits::ALIAS_DEPTH + 1 {
            too_deep.push(group);
        }
        for before in led_from.get(&group).into_iter().flatten() {
            let deepest = depths.entry(*before).or_insert(1);
            *deepest = (*deepest).max(depth + 1);
            if let Some(left) = aliases_left.get_mut(before) {
                *left -= 1;
                if *left == 0 {
                    ended.push(*before);
                }
            }
        }
    }
    Walks { endless: aliases_left.into_keys().collect(), too_deep }
}
