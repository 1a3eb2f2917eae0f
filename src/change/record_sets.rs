//! A change batch: record sets of one zone that come, change and go together (C-1).

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::model::{DomainName, HostedZone, RecordContent, RecordSet, RecordSetKey, RecordSetViolation};

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

/// The zone after a batch. Of what a batch touches nothing is looked at but its names, and the aliases among them.
pub(super) fn change(zone: &HostedZone, changes: Vec<RecordSetChange>) -> Result<HostedZone, ChangeError> {
    let mut names: BTreeMap<DomainName, Vec<RecordSet>> = BTreeMap::new();
    let mut actions: HashMap<RecordSetKey, Vec<Action>> = HashMap::new();
    let mut findings = Vec::new();
    for RecordSetChange { action, record_set } in changes {
        let key = record_set.key();
        let before = actions.entry(key.clone()).or_default();
        // C-2: what is deleted can be made anew, and nothing else is changed twice.
        let is_first = match action {
            Action::Delete => before.is_empty(),
            Action::Create | Action::Upsert => matches!(**before, [] | [Action::Delete]),
        };
        if !is_first {
            findings.push(RecordSetFinding::ChangedTwice(key));
            continue;
        }
        before.push(action);
        let of_name = names.entry(record_set.name().clone()).or_insert_with_key(|name| {
            zone.name_records(name.wire()).map(|records| records.record_sets().into_owned()).unwrap_or_default()
        });
        findings.extend(apply(action, record_set, key, of_name));
    }
    let violations = match zone.with_names(names) {
        Ok(changed) if findings.is_empty() => return Ok(changed),
        Ok(_) => Vec::new(),
        Err(violations) => violations,
    };
    // What comes of a name is known only where all of its changes could be made.
    let unclear: HashSet<DomainName> = findings.iter().filter_map(RecordSetFinding::name).cloned().collect();
    let is_clear = |violation: &RecordSetViolation| {
        let name = violation.record_set.as_ref().map_or(zone.name(), |key| &key.name);
        !unclear.contains(name)
    };
    let of_zone = violations.into_iter().filter(is_clear);
    findings.extend(of_zone.map(|it| RecordSetFinding::BreaksZoneRule(it.record_set, it.rule)));
    Err(ChangeError::RecordSets(findings))
}

/// Does one change to the record sets of its name. A new record set comes last, to be the one at fault.
fn apply(
    action: Action,
    record_set: RecordSet,
    key: RecordSetKey,
    of_name: &mut Vec<RecordSet>,
) -> Option<RecordSetFinding> {
    let found = of_name.iter().position(|set| is_of_key(set, &key));
    match (action, found) {
        (Action::Create, Some(_)) => return Some(RecordSetFinding::AlreadyExists(key)),
        (Action::Create | Action::Upsert, None) => of_name.push(record_set),
        (Action::Upsert, Some(place)) => of_name[place] = record_set,
        (Action::Delete, None) => return Some(RecordSetFinding::NotFound(key)),
        (Action::Delete, Some(place)) if !says_the_same(&of_name[place], &record_set) => {
            return Some(RecordSetFinding::DoesNotMatch(key));
        }
        (Action::Delete, Some(place)) => drop(of_name.remove(place)),
    }
    None
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
