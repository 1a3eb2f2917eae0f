//! The record sets of one zone of a plan.

use std::collections::{HashMap, HashSet};

use crate::change::{Action, RecordSetChange};
use crate::model::{RecordSet, RecordSetKey, RecordType};

use super::batch::{are_rivals, batches};
use super::found::ListedZone;
use super::named::{NamedZone, says_the_same};
use super::plan::{Draft, Phase};
use super::step::{Step, ZoneKey};

impl Draft<'_> {
    pub(super) fn plan_record_sets(&mut self, zone: &NamedZone, there: Option<&ListedZone>, key: &ZoneKey) {
        let sets: Vec<RecordSet> = there.map_or_else(Vec::new, |there| {
            there.record_sets.iter().map(|set| self.names.set_in_files(set, &there.head.id, &zone.id)).collect()
        });
        let before: HashMap<RecordSetKey, &RecordSet> = sets.iter().map(|set| (set.key(), set)).collect();
        let mut changes = Vec::new();
        let mut wanted_keys = HashSet::new();
        for wanted in &zone.record_sets {
            let key = wanted.key();
            let old = before.get(&key).copied();
            wanted_keys.insert(key.clone());
            if old.is_some_and(|old| says_the_same(old, wanted)) {
                continue;
            }
            if let Some(instance) = there.and_then(|there| there.of_instances.get(&key)) {
                self.problems.push(format!(
                    "{key} in {} is not what the files say, and belongs to the traffic policy instance {instance}: change that",
                    zone.name
                ));
                continue;
            }
            let line = self.set_line(wanted, zone);
            match old {
                Some(old) => self.diff.changed(&self.set_line(old, zone), &line),
                None => self.diff.added(&line),
            }
            // Those of the apex are there from the start.
            let is_there = old.is_some() || is_of_every_zone(&key, zone);
            let action = if is_there { Action::Upsert } else { Action::Create };
            changes.push(RecordSetChange { action, record_set: wanted.clone() });
        }
        let mut left: Vec<&RecordSet> =
            before.values().copied().filter(|set| !wanted_keys.contains(&set.key())).collect();
        left.retain(|set| !is_of_every_zone(&set.key(), zone));
        left.retain(|set| there.is_none_or(|there| !there.of_instances.contains_key(&set.key())));
        left.sort_by(|one, other| one.listing_order(other));
        let (gone, kept): (Vec<&RecordSet>, Vec<&RecordSet>) =
            left.into_iter().partition(|set| self.prunes() || cannot_stay(set, zone));
        for set in gone {
            let line = self.set_line(set, zone);
            self.diff.deleted(&line);
            changes.push(RecordSetChange { action: Action::Delete, record_set: set.clone() });
        }
        if !kept.is_empty() {
            self.notes.push(format!("record sets of {} in no file: {}; --prune deletes them", zone.name, kept.len()));
        }
        match batches(changes, &before) {
            Ok(batches) => {
                for changes in batches {
                    self.add(Phase::RecordSets, Step::ChangeRecordSets { zone: key.clone(), changes });
                }
            }
            Err(problem) => self.problems.push(format!("hosted zone {}: {problem}", zone.name)),
        }
    }
}

/// Every zone has an SOA and an NS at its apex (Z-10), which can be changed and not be removed.
fn is_of_every_zone(key: &RecordSetKey, zone: &NamedZone) -> bool {
    key.name == zone.name && matches!(key.record_type, RecordType::Ns | RecordType::Soa)
}

/// Whether the files put something in its place that it cannot stand beside: another type where one is CNAME (Z-30),
/// another routing policy, the same region, place, role or CIDR location, weights with another TTL.
fn cannot_stay(set: &RecordSet, zone: &NamedZone) -> bool {
    zone.record_sets.iter().filter(|wanted| wanted.name() == set.name()).any(|wanted| {
        let is_cname = |set: &RecordSet| set.record_type() == RecordType::Cname;
        is_cname(wanted) != is_cname(set) || wanted.record_type() == set.record_type() && are_rivals(wanted, set)
    })
}
