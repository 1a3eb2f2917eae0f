//! The changes of one zone in as few batches as Route 53's limits allow, so that each batch can be done by itself.
//!
//! What has one name goes together (Z-30: a CNAME makes room for an A, a simple record set for weighted ones). Of two names,
//! one of which is an alias to the other, the target comes first and goes last.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::change::{Action, RecordSetChange};
use crate::model::{DomainName, RecordContent, RecordSet, RecordSetKey, RecordType, RecordValue, limits};

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

/// What is to be done with the record sets of one name.
struct Unit {
    changes: Vec<RecordSetChange>,
    size: Size,
    /// Groups of this zone that its new aliases lead to, and those that its old ones led to.
    new_targets: Vec<DomainName>,
    old_targets: Vec<(DomainName, RecordType)>,
}

/// `before` are the record sets that are there, of which only those that the changes touch matter.
///
/// # Errors
///
/// What has to be done at once is more than a batch can hold.
pub fn batches(
    changes: Vec<RecordSetChange>,
    before: &HashMap<RecordSetKey, &RecordSet>,
) -> Result<Vec<Vec<RecordSetChange>>, String> {
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

/// What goes, first.
fn in_order(mut changes: Vec<RecordSetChange>) -> Vec<RecordSetChange> {
    changes.sort_by_key(|change| change.action != Action::Delete);
    changes
}

fn units(changes: Vec<RecordSetChange>, before: &HashMap<RecordSetKey, &RecordSet>) -> BTreeMap<DomainName, Unit> {
    let mut units: BTreeMap<DomainName, Unit> = BTreeMap::new();
    for change in changes {
        let unit = units.entry(change.record_set.name().clone()).or_insert_with(|| Unit {
            changes: Vec::new(),
            size: Size::default(),
            new_targets: Vec::new(),
            old_targets: Vec::new(),
        });
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

/// In an order in which each can be done; what waits for each other is made one.
fn ordered(units: BTreeMap<DomainName, Unit>) -> Vec<Unit> {
    let names: Vec<&DomainName> = units.keys().collect();
    let place_of: HashMap<&DomainName, usize> = names.iter().enumerate().map(|(place, name)| (*name, place)).collect();
    let removed: HashMap<&DomainName, BTreeSet<RecordType>> =
        units.iter().map(|(name, unit)| (name, gone(unit))).collect();
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); names.len()];
    let mut waits_for = vec![0usize; names.len()];
    for (place, unit) in units.values().enumerate() {
        let mut add = |first: usize, then: usize| {
            if first != then {
                followers[first].push(then);
                waits_for[then] += 1;
            }
        };
        for target in unit.new_targets.iter().filter_map(|name| place_of.get(name)) {
            add(*target, place);
        }
        for (name, record_type) in &unit.old_targets {
            if let Some(target) = place_of.get(name)
                && removed[name].contains(record_type)
            {
                add(place, *target);
            }
        }
    }
    let mut ready: BTreeSet<usize> = (0..names.len()).filter(|place| waits_for[*place] == 0).collect();
    let mut order = Vec::with_capacity(names.len());
    while let Some(place) = ready.pop_first() {
        order.push(place);
        for then in &followers[place] {
            waits_for[*then] -= 1;
            if waits_for[*then] == 0 {
                ready.insert(*then);
            }
        }
    }
    let mut units: Vec<Option<Unit>> = units.into_values().map(Some).collect();
    let mut result: Vec<Unit> = order.into_iter().filter_map(|place| units[place].take()).collect();
    // Among them, or behind them, a circle.
    let rest = units.into_iter().flatten().reduce(|mut all, unit| {
        all.changes.extend(unit.changes);
        all.size = all.size.with(unit.size);
        all
    });
    result.extend(rest);
    result
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
    let piece = |change: RecordSetChange| Unit {
        size: Size::of(&change),
        changes: vec![change],
        new_targets: Vec::new(),
        old_targets: Vec::new(),
    };
    unit.changes.into_iter().map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AliasTarget, HostedZoneId, RecordSetParts, RoutingPolicy};

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
