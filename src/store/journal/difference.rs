//! What a change did: the rows by which one version of an account differs from the next.

use crate::model::{Account, Difference, HostedZone};

use super::Entry;
use super::format::{self, RowEdit};

/// What makes the older account the newer one. Takes as long as the change between the two is large.
pub fn entry(older: &Account, newer: &Account) -> Entry {
    let mut edits = Vec::new();
    for difference in older.changed_zones(newer) {
        match difference {
            Difference::Added(zone) => {
                edits.push(format::zone_edit(zone));
                edits.extend(zone.names().map(|records| format::name_edit(zone, records)));
            }
            Difference::Removed(zone) => remove(zone, &mut edits),
            // Its names are written as what they are beyond its own.
            Difference::Replaced { old, new } if old.name() != new.name() => {
                remove(old, &mut edits);
                edits.push(format::zone_edit(new));
                edits.extend(new.names().map(|records| format::name_edit(new, records)));
            }
            Difference::Replaced { old, new } => {
                let head = format::zone_edit(new);
                if head != format::zone_edit(old) {
                    edits.push(head);
                }
                edits.extend(old.changed_names(new).map(|difference| match difference {
                    Difference::Removed(records) => format::name_removal(old, records),
                    Difference::Added(records) | Difference::Replaced { new: records, .. } => {
                        format::name_edit(new, records)
                    }
                }));
            }
        }
    }
    edits
}

fn remove(zone: &HostedZone, edits: &mut Vec<RowEdit>) {
    edits.push(format::zone_removal(zone.id()));
    edits.extend(zone.names().map(|records| format::name_removal(zone, records)));
}
