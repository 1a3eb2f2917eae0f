//! What a change did: the rows by which one version of an account differs from the next.

use std::sync::Arc;

use crate::model::{Account, Difference, HostedZone};

use super::Entry;
use super::format::{self, RowEdit};

/// What makes the older account the newer one, as far as it is the API's: what zone files describe is in the files.
/// Takes as long as the change between the two is large.
pub fn entry(older: &Account, newer: &Account) -> Entry {
    let mut edits = Vec::new();
    for difference in older.changed_zones(newer) {
        let (old, new) = difference.versions();
        match (old.filter(|zone| is_of_api(older, zone)), new.filter(|zone| is_of_api(newer, zone))) {
            (None, None) => {}
            (None, Some(zone)) => add(zone, &mut edits),
            (Some(zone), None) => remove(zone, &mut edits),
            (Some(old), Some(new)) => replace(old, new, &mut edits),
        }
    }
    let (old, new) = (older.registry(), newer.registry());
    // Each change of a collection changes its version, which is in the registry.
    let collections = old.cidr_collections.changes_to(&new.cidr_collections);
    edits.extend(collections.map(|(id, registration)| {
        format::collection_edit(id, registration.and_then(|_| newer.cidr_collections().get(id)))
    }));
    format::registry_edits(old, new, &mut edits);
    edits
}

fn is_of_api(account: &Account, zone: &Arc<HostedZone>) -> bool {
    account.registry().hosted_zones.contains_key(zone.id())
}

fn add(zone: &HostedZone, edits: &mut Vec<RowEdit>) {
    edits.push(format::zone_edit(zone));
    edits.extend(zone.names().map(|records| format::name_edit(zone, records)));
}

fn remove(zone: &HostedZone, edits: &mut Vec<RowEdit>) {
    edits.push(format::zone_removal(zone.id()));
    edits.extend(zone.names().map(|records| format::name_removal(zone, records)));
}

fn replace(old: &HostedZone, new: &HostedZone, edits: &mut Vec<RowEdit>) {
    // Its names are written as what they are beyond its own.
    if old.name() != new.name() {
        remove(old, edits);
        return add(new, edits);
    }
    let head = format::zone_edit(new);
    if head != format::zone_edit(old) {
        edits.push(head);
    }
    edits.extend(old.changed_names(new).map(|difference| match difference {
        Difference::Removed(records) => format::name_removal(old, records),
        Difference::Added(records) | Difference::Replaced { new: records, .. } => format::name_edit(new, records),
    }));
}
