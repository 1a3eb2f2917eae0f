//! A change batch: record sets of one zone that come, change and go together (C-1).

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::model::{DomainName, HostedZone, RecordContent, RecordSet, RecordSetKey, RecordSetViolation, ZoneRule};

use super::error::{ChangeError, RecordSetFinding};

/// One change of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSetChange {
    pub action: Action,
    pub record_set: RecordSet,
}

/// What is done with a record set; it is known by its name, type and set identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Fails if there is such a record set.
    Create,
    /// Fails unless there is such a record set, and says the same.
    Delete,
    /// Creates it, or replaces what it says.
    Upsert,
}

/// The zone after a batch. Only the names that the batch touches are read, and the aliases among them.
///
/// C-1: the batch is gone through in order, and each change is held against the zone as the changes before it left it.
pub(super) fn change(zone: &HostedZone, changes: Vec<RecordSetChange>) -> Result<HostedZone, ChangeError> {
    let mut batch = Batch { zone, names: BTreeMap::new() };
    batch.take_out_upserted(&changes);
    let mut actions: HashMap<RecordSetKey, Vec<Action>> = HashMap::new();
    let mut findings = Vec::new();
    // Names where a change could not be made: what others break there may only follow from that.
    let mut unclear: HashSet<DomainName> = HashSet::new();
    for RecordSetChange { action, record_set } in changes {
        let key = record_set.key();
        let before = actions.entry(key.clone()).or_default();
        // C-2: what is deleted can be made anew, and nothing else is changed twice.
        let is_first = match action {
            Action::Delete => before.is_empty(),
            Action::Create | Action::Upsert => matches!(**before, [] | [Action::Delete]),
        };
        let mut found = if is_first {
            before.push(action);
            batch.apply(action, record_set, &key)
        } else {
            vec![RecordSetFinding::ChangedTwice(key.clone())]
        };
        found.retain(|finding| !finding.is_broken_rule() || !unclear.contains(&key.name));
        if found.iter().any(|finding| !finding.is_broken_rule()) {
            unclear.insert(key.name);
        }
        findings.extend(found);
    }
    let violations = match zone.with_checked_names(batch.names) {
        Ok(changed) if findings.is_empty() => return Ok(changed),
        Ok(_) => Vec::new(),
        Err(violations) => violations,
    };
    // The outcome at a name is known only where all of its changes were made.
    let unclear: HashSet<DomainName> = findings.iter().filter_map(RecordSetFinding::name).cloned().collect();
    let is_clear = |violation: &RecordSetViolation| {
        let name = violation.record_set.as_ref().map_or(zone.name(), |key| &key.name);
        !unclear.contains(name)
    };
    let of_zone = violations.into_iter().filter(is_clear);
    findings.extend(of_zone.map(|it| RecordSetFinding::BreaksZoneRule(it.record_set, it.rule)));
    Err(ChangeError::RecordSets(findings))
}

/// A zone while the changes of a batch are made one after the other.
struct Batch<'z> {
    zone: &'z HostedZone,
    /// The names that the batch has touched so far, with their record sets.
    names: BTreeMap<DomainName, Vec<RecordSet>>,
}

impl Batch<'_> {
    /// C-1: UPSERT is a DELETE and a CREATE, and the DELETE comes before the first change of the batch: until its own
    /// turn, an alias cannot target it, and it is in no other record set's way.
    fn take_out_upserted(&mut self, changes: &[RecordSetChange]) {
        let mut seen = HashSet::new();
        for RecordSetChange { action, record_set } in changes {
            if seen.insert(record_set.key()) && *action == Action::Upsert {
                let key = record_set.key();
                self.of_name(record_set.name()).retain(|set| !is_of_key(set, &key));
            }
        }
    }

    /// Makes one change, or reports why it cannot be made: every rule that the record set breaks as the zone is now.
    fn apply(&mut self, action: Action, record_set: RecordSet, key: &RecordSetKey) -> Vec<RecordSetFinding> {
        let of_name = self.of_name(record_set.name());
        let found = of_name.iter().position(|set| is_of_key(set, key));
        match (action, found) {
            (Action::Create, Some(_)) => return vec![RecordSetFinding::AlreadyExists(key.clone())],
            (Action::Delete, None) => return vec![RecordSetFinding::NotFound(key.clone())],
            (Action::Delete, Some(index)) if !says_the_same(&of_name[index], &record_set) => {
                return vec![RecordSetFinding::DoesNotMatch(key.clone())];
            }
            (Action::Upsert | Action::Delete, Some(index)) => drop(of_name.remove(index)),
            (Action::Create | Action::Upsert, None) => {}
        }
        if action == Action::Delete {
            return Vec::new();
        }
        let missing_target = self.broken_by_target(&record_set);
        // It comes last, to be the one at fault.
        let zone = self.zone;
        let of_name = self.of_name(record_set.name());
        of_name.push(record_set);
        let broken: Vec<_> = zone.broken_by_last(of_name).into_iter().chain(missing_target).collect();
        if !broken.is_empty() {
            of_name.pop();
        }
        broken.into_iter().map(|rule| RecordSetFinding::BreaksZoneRule(Some(key.clone()), rule)).collect()
    }

    /// The record sets of a name as they are now.
    fn of_name(&mut self, name: &DomainName) -> &mut Vec<RecordSet> {
        self.names.entry(name.clone()).or_insert_with_key(|name| {
            self.zone.name_records(name.wire()).map(|records| records.record_sets().into_owned()).unwrap_or_default()
        })
    }

    /// an alias into the zone needs its target by the time it is made.
    fn broken_by_target(&self, set: &RecordSet) -> Option<ZoneRule> {
        let target = set.alias_target().filter(|target| self.zone.holds_target(target))?;
        let (name, record_type) = (&target.dns_name, set.record_type());
        if !name.is_at_or_below(self.zone.name()) {
            return Some(ZoneRule::AliasTargetOutsideZone(name.clone()));
        }
        // its own group is a loop, not a missing target.
        let exists = name == set.name()
            || match self.names.get(name) {
                Some(sets) => sets.iter().any(|set| set.record_type() == record_type),
                None => self.zone.has_group(name.wire(), record_type),
            };
        (!exists).then(|| ZoneRule::AliasTargetMissing(name.clone(), record_type))
    }
}

/// The name is the same.
fn is_of_key(set: &RecordSet, key: &RecordSetKey) -> bool {
    set.record_type() == key.record_type && set.set_identifier() == key.set_identifier.as_ref()
}

/// Whether two record sets of one key have the same routing, health check and content; the order of values, and how
/// they are written, does not count.
fn says_the_same(one: &RecordSet, other: &RecordSet) -> bool {
    let is_same_content = match (one.content(), other.content()) {
        (
            RecordContent::Values { ttl: one_ttl, values: one },
            RecordContent::Values { ttl: other_ttl, values: other },
        ) => {
            // No value stands twice in a record set.
            one_ttl == other_ttl
                && one.len() == other.len()
                && one.iter().all(|value| other.iter().any(|it| it.rdata() == value.rdata()))
        }
        (RecordContent::Alias(one), RecordContent::Alias(other)) => one == other,
        (RecordContent::Values { .. }, RecordContent::Alias(_))
        | (RecordContent::Alias(_), RecordContent::Values { .. }) => false,
    };
    is_same_content
        && one.routing_policy() == other.routing_policy()
        && one.health_check_id() == other.health_check_id()
}
