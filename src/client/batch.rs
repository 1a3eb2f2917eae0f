//! The changes of one zone in as few batches as Route 53's limits allow, in an order that Route 53 accepts.
//!
//! C-1: Route 53 holds each change against the zone as the changes before it left it, and takes what a batch upserts out of
//! the zone until its turn. So aliases are deleted first, then everything else that goes; then targets are made before
//! their aliases. This holds across batches too: the changes of one name stay together (Z-30: a CNAME makes room for an A,
//! a simple record set for weighted ones), and names follow the names that their aliases target.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::change::{Action, RecordSetChange};
use crate::model::{DomainName, PolicyKind, RecordContent, RecordSet, RecordSetKey, RecordType, RecordValue, limits};

/// What a change counts against the limits of a batch (L-2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    records: usize,
    characters: usize,
}

impl Size {
    fn of(change: &RecordSetChange) -> Size {
        let times = if change.action == Action::Upsert { 2 } else { 1 };
        match change.record_set.content() {
            RecordContent::Alias(_) => Size { records: times, characters: 0 },
            RecordContent::Values { values, .. } => {
                let record_type = change.record_set.record_type();
                let length = |value: &RecordValue| value.text(record_type).chars().count();
                let characters: usize = values.iter().map(length).sum();
                Size { records: times * values.len(), characters: times * characters }
            }
        }
    }

    fn with(self, other: Size) -> Size {
        Size { records: self.records + other.records, characters: self.characters + other.characters }
    }

    fn fits(self) -> bool {
        self.records <= limits::RECORDS_PER_CHANGE_BATCH && self.characters <= limits::VALUE_CHARACTERS_PER_CHANGE_BATCH
    }
}

/// The changes of one name, or of several whose aliases target each other.
#[derive(Default)]
struct Unit {
    changes: Vec<RecordSetChange>,
    size: Size,
    /// Groups of this zone that its new aliases lead to, and those that its old ones led to.
    new_targets: Vec<DomainName>,
    old_targets: Vec<(DomainName, RecordType)>,
}

/// `before` are the zone's current record sets, of which only those that the changes touch matter.
///
/// # Errors
///
/// Changes that belong together are more than a batch can hold.
pub fn batches(
    changes: Vec<RecordSetChange>,
    before: &HashMap<RecordSetKey, &RecordSet>,
) -> Result<Vec<Vec<RecordSetChange>>, String> {
    let changes = without_rivals(changes, before);
    let whole = changes.iter().map(Size::of).fold(Size::default(), Size::with);
    if whole.fits() {
        return Ok(if changes.is_empty() { Vec::new() } else { vec![in_order(changes)] });
    }
    let mut batches: Vec<Vec<RecordSetChange>> = Vec::new();
    let mut size = Size::default();
    for unit in ordered(units(changes, before)).into_iter().flat_map(pieces) {
        if !unit.size.fits() {
            let first = &unit.changes[0].record_set;
            return Err(format!(
                "the changes of {} must be one batch, and are more than {} records or {} characters",
                first.name(),
                limits::RECORDS_PER_CHANGE_BATCH,
                limits::VALUE_CHARACTERS_PER_CHANGE_BATCH
            ));
        }
        match batches.last_mut() {
            Some(batch) if size.with(unit.size).fits() => {
                batch.extend(unit.changes);
                size = size.with(unit.size);
            }
            _ => {
                size = unit.size;
                batches.push(unit.changes);
            }
        }
    }
    Ok(batches.into_iter().map(in_order).collect())
}

/// Replaces upserts by a deletion and a creation in each group where a record set takes what another one had: a role, a
/// region, a location, the policy. As upserts they would be in each other's way; all deletions come before the creations.
fn without_rivals(changes: Vec<RecordSetChange>, before: &HashMap<RecordSetKey, &RecordSet>) -> Vec<RecordSetChange> {
    type Group<'a> = (&'a DomainName, RecordType);
    fn group(set: &RecordSet) -> Group<'_> {
        (set.name(), set.record_type())
    }
    let mut members: HashMap<Group<'_>, Vec<&RecordSet>> = HashMap::new();
    for set in before.values().filter(|set| set.set_identifier().is_some()) {
        members.entry(group(set)).or_default().push(set);
    }
    let upserted = changes.iter().filter(|change| change.action == Action::Upsert).map(|change| &change.record_set);
    let has_rival = |set: &&RecordSet| {
        let others = members.get(&group(set)).into_iter().flatten();
        others.filter(|other| other.set_identifier() != set.set_identifier()).any(|other| are_rivals(set, other))
    };
    let contested: HashSet<(DomainName, RecordType)> =
        upserted.filter(has_rival).map(|set| (set.name().clone(), set.record_type())).collect();
    let replace = |change: RecordSetChange| {
        let set = &change.record_set;
        let is_contested =
            change.action == Action::Upsert && contested.contains(&(set.name().clone(), set.record_type()));
        match before.get(&set.key()).filter(|_| is_contested) {
            Some(old) => vec![
                RecordSetChange { action: Action::Delete, record_set: RecordSet::clone(old) },
                RecordSetChange { action: Action::Create, ..change },
            ],
            None => vec![change],
        }
    };
    changes.into_iter().flat_map(replace).collect()
}

/// Whether two record sets of one group cannot exist together: they have different policies, the same region, location
/// or role, or weights with different TTLs.
pub(super) fn are_rivals(one: &RecordSet, other: &RecordSet) -> bool {
    let kind = one.routing_policy().kind();
    if kind != other.routing_policy().kind() {
        return true;
    }
    match kind {
        PolicyKind::Failover | PolicyKind::Latency | PolicyKind::Geolocation | PolicyKind::IpBased => {
            one.routing_policy() == other.routing_policy()
        }
        PolicyKind::Weighted => match (one.content(), other.content()) {
            (RecordContent::Values { ttl: one, .. }, RecordContent::Values { ttl: other, .. }) => one != other,
            _ => false,
        },
        PolicyKind::Simple | PolicyKind::Geoproximity | PolicyKind::MultiValue => false,
    }
}

/// The order within a batch: aliases that go, everything else that goes, and targets before their aliases.
fn in_order(changes: Vec<RecordSetChange>) -> Vec<RecordSetChange> {
    let (mut gone, made): (Vec<_>, Vec<_>) = changes.into_iter().partition(|change| change.action == Action::Delete);
    gone.sort_by_key(|change| change.record_set.alias_target().is_none());
    let mut groups: BTreeMap<(DomainName, RecordType), Vec<RecordSetChange>> = BTreeMap::new();
    for change in made {
        let set = &change.record_set;
        groups.entry((set.name().clone(), set.record_type())).or_default().push(change);
    }
    let index_of: HashMap<_, _> = groups.keys().cloned().enumerate().map(|(index, group)| (group, index)).collect();
    let mut edges = Vec::new();
    for (index, changes) in groups.values().enumerate() {
        for set in changes.iter().map(|change| &change.record_set) {
            let target = set.alias_target().map(|target| (target.dns_name.clone(), set.record_type()));
            edges.extend(target.and_then(|target| index_of.get(&target)).map(|target| (*target, index)));
        }
    }
    let mut groups: Vec<Vec<RecordSetChange>> = groups.into_values().collect();
    let in_order = in_dependency_order(groups.len(), &edges).into_iter().flatten();
    gone.extend(in_order.flat_map(|index| std::mem::take(&mut groups[index])));
    gone
}

/// The numbers below `count` so that of each edge the first comes before the second; those of a circle are together.
fn in_dependency_order(count: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(count, edges.len());
    for _ in 0..count {
        graph.add_node(());
    }
    for (first, then) in edges {
        graph.add_edge(NodeIndex::new(*then), NodeIndex::new(*first), ());
    }
    // In postorder, so that a node comes after those that its edges lead to.
    kosaraju_scc(&graph).into_iter().map(|circle| circle.into_iter().map(NodeIndex::index).collect()).collect()
}

fn units(changes: Vec<RecordSetChange>, before: &HashMap<RecordSetKey, &RecordSet>) -> BTreeMap<DomainName, Unit> {
    let mut units: BTreeMap<DomainName, Unit> = BTreeMap::new();
    for change in changes {
        let unit = units.entry(change.record_set.name().clone()).or_default();
        unit.size = unit.size.with(Size::of(&change));
        // An alias out of the zone names nothing that is changed here, or something that does it no harm.
        if change.action != Action::Delete {
            unit.new_targets.extend(change.record_set.alias_target().map(|target| target.dns_name.clone()));
        }
        if let Some(target) = before.get(&change.record_set.key()).and_then(|set| set.alias_target()) {
            unit.old_targets.push((target.dns_name.clone(), change.record_set.record_type()));
        }
        unit.changes.push(change);
    }
    units
}

/// In an order in which each can be done; names that wait for each other become one unit.
fn ordered(units: BTreeMap<DomainName, Unit>) -> Vec<Unit> {
    let index_of: HashMap<&DomainName, usize> = units.keys().enumerate().map(|(index, name)| (name, index)).collect();
    let removed: HashMap<&DomainName, BTreeSet<RecordType>> =
        units.iter().map(|(name, unit)| (name, gone(unit))).collect();
    let mut edges = Vec::new();
    for (index, unit) in units.values().enumerate() {
        edges.extend(unit.new_targets.iter().filter_map(|name| index_of.get(name)).map(|target| (*target, index)));
        let gone = unit
            .old_targets
            .iter()
            .filter(|(name, record_type)| removed.get(name).is_some_and(|removed| removed.contains(record_type)));
        edges.extend(gone.filter_map(|(name, _)| index_of.get(name)).map(|target| (index, *target)));
    }
    let circles = in_dependency_order(units.len(), &edges);
    let mut units: Vec<Unit> = units.into_values().collect();
    let together = |circle: Vec<usize>| {
        circle.into_iter().map(|index| std::mem::take(&mut units[index])).reduce(|mut all, unit| {
            all.changes.extend(unit.changes);
            all.size = all.size.with(unit.size);
            all
        })
    };
    circles.into_iter().filter_map(together).collect()
}

/// The types of which a name may be left with nothing.
fn gone(unit: &Unit) -> BTreeSet<RecordType> {
    let of = |is_delete: bool| -> BTreeSet<RecordType> {
        let changes = unit.changes.iter().filter(|change| (change.action == Action::Delete) == is_delete);
        changes.map(|change| change.record_set.record_type()).collect()
    };
    &of(true) - &of(false)
}

/// One unit, or where it is too large and nothing goes away, each of its changes by itself.
fn pieces(unit: Unit) -> Vec<Unit> {
    if unit.size.fits() || unit.changes.iter().any(|change| change.action == Action::Delete) {
        return vec![unit];
    }
    let piece = |change: RecordSetChange| Unit { size: Size::of(&change), changes: vec![change], ..Unit::default() };
    in_order(unit.changes).into_iter().map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AliasTarget, FailoverRole, HostedZoneId, RecordSetParts, RoutingPolicy, SetIdentifier};

    fn change(action: Action, name: &str, values: usize) -> RecordSetChange {
        let value = |number: usize| RecordValue::parse(RecordType::Txt, &format!("\"{number}\"")).unwrap();
        let name = DomainName::parse(name).unwrap();
        let record_set = RecordSet::with_values(name, RecordType::Txt, 60, (0..values).map(value).collect()).unwrap();
        RecordSetChange { action, record_set }
    }

    fn alias(action: Action, name: &str, target: &str) -> RecordSetChange {
        let zone = HostedZoneId::new("Z1").unwrap();
        let target = AliasTarget {
            hosted_zone_id: zone.clone(),
            dns_name: DomainName::parse(target).unwrap(),
            evaluate_target_health: false,
        };
        let parts = RecordSetParts {
            name: DomainName::parse(name).unwrap(),
            record_type: RecordType::Txt,
            set_identifier: None,
            routing_policy: RoutingPolicy::Simple,
            content: RecordContent::Alias(target),
            health_check_id: None,
        };
        RecordSetChange { action, record_set: RecordSet::new(parts, &zone).unwrap() }
    }

    fn names(batches: &[Vec<RecordSetChange>]) -> Vec<Vec<String>> {
        let name = |change: &RecordSetChange| format!("{:?} {}", change.action, change.record_set.name());
        batches.iter().map(|batch| batch.iter().map(name).collect()).collect()
    }

    #[test]
    fn what_fits_is_one_batch_and_what_goes_comes_first() {
        let changes = vec![change(Action::Upsert, "a.example", 200), change(Action::Delete, "b.example", 400)];
        let batches = batches(changes, &HashMap::new()).unwrap();
        assert_eq!(names(&batches), [["Delete b.example.", "Upsert a.example."]]);
    }

    #[test]
    fn aliases_go_first_and_come_after_their_targets_at_any_depth() {
        let changes = vec![
            alias(Action::Create, "a.example", "b.example"),
            alias(Action::Upsert, "b.example", "z.example"),
            change(Action::Delete, "c.example", 1),
            alias(Action::Delete, "d.example", "c.example"),
            change(Action::Upsert, "z.example", 1),
        ];
        let batches = batches(changes, &HashMap::new()).unwrap();
        let expected =
            ["Delete d.example.", "Delete c.example.", "Upsert z.example.", "Upsert b.example.", "Create a.example."];
        assert_eq!(names(&batches), [expected]);
    }

    #[test]
    fn record_sets_that_trade_places_are_deleted_before_they_are_made() {
        let member = |action, id: &str, role| {
            let value = RecordValue::parse(RecordType::A, "192.0.2.1").unwrap();
            let parts = RecordSetParts {
                name: DomainName::parse("www.example").unwrap(),
                record_type: RecordType::A,
                set_identifier: Some(SetIdentifier::new(id).unwrap()),
                routing_policy: RoutingPolicy::Failover(role),
                content: RecordContent::Values { ttl: 60, values: vec![value] },
                health_check_id: None,
            };
            RecordSetChange { action, record_set: RecordSet::new(parts, &HostedZoneId::new("Z1").unwrap()).unwrap() }
        };
        let (a, b) = (
            member(Action::Upsert, "a", FailoverRole::Primary).record_set,
            member(Action::Upsert, "b", FailoverRole::Secondary).record_set,
        );
        let before = HashMap::from([(a.key(), &a), (b.key(), &b)]);
        let changes = vec![
            member(Action::Upsert, "a", FailoverRole::Secondary),
            member(Action::Upsert, "b", FailoverRole::Primary),
        ];
        let actions: Vec<Action> =
            batches(changes, &before).unwrap().iter().flatten().map(|change| change.action).collect();
        assert_eq!(actions, [Action::Delete, Action::Delete, Action::Create, Action::Create]);
        // Nothing is traded here.
        let changes = vec![member(Action::Upsert, "a", FailoverRole::Primary)];
        assert_eq!(batches(changes, &before).unwrap()[0][0].action, Action::Upsert);
    }

    #[test]
    fn an_upsert_counts_twice() {
        let count = |action| {
            let changes = (0..3).map(|number| change(action, &format!("n{number}.example"), 300)).collect();
            batches(changes, &HashMap::new()).unwrap().len()
        };
        assert_eq!((count(Action::Create), count(Action::Upsert)), (1, 3));
    }

    #[test]
    fn targets_come_first_and_go_last() {
        let big = |name| change(Action::Create, name, 400);
        let changes =
            vec![alias(Action::Create, "a.example", "z.example"), big("m.example"), big("n.example"), big("z.example")];
        let made = batches(changes, &HashMap::new()).unwrap();
        let place =
            |name: &str| names(&made).iter().position(|batch| batch.iter().any(|it| it.ends_with(name))).unwrap();
        assert!(place(" a.example.") >= place(" z.example."), "{:?}", names(&made));

        let old = alias(Action::Delete, "z.example", "a.example");
        let gone = |name| change(Action::Delete, name, 400);
        let changes = vec![gone("a.example"), gone("m.example"), gone("n.example"), old.clone()];
        let before = HashMap::from([(old.record_set.key(), &old.record_set)]);
        let made = batches(changes, &before).unwrap();
        let place =
            |name: &str| names(&made).iter().position(|batch| batch.iter().any(|it| it.ends_with(name))).unwrap();
        assert!(place(" z.example.") <= place(" a.example."), "{:?}", names(&made));
    }

    #[test]
    fn what_is_too_large_for_any_batch_is_told() {
        let changes = vec![change(Action::Delete, "a.example", 400), change(Action::Upsert, "a.example", 400)];
        assert!(batches(changes, &HashMap::new()).unwrap_err().contains("a.example. must be one batch"));
    }
}
