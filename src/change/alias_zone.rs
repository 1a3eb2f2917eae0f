//! Aliases that a change batch creates or changes, and whose target is not in the hosted zone they name (A-11, err/5).

use crate::model::{Account, AliasZoneError, HostedZone};

use super::error::RecordSetFinding;
use super::record_sets::{Action, RecordSetChange};

/// One for each such alias. What is deleted may have any target: it may come from a time when fewer rules were checked.
pub(super) fn findings(account: &Account, zone: &HostedZone, changes: &[RecordSetChange]) -> Vec<RecordSetFinding> {
    let made = changes.iter().filter(|change| matches!(change.action, Action::Create | Action::Upsert));
    let found = made.filter_map(|change| {
        let error = AliasZoneError::of(change.record_set.alias_target()?, zone, account)?;
        Some(RecordSetFinding::AliasInWrongZone(change.record_set.key(), Box::new(error)))
    });
    found.collect()
}
