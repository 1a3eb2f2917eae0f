//! Every way an account may change. Pure: a change is planned on a value and gives a new one, whole or not at all.

mod error;
#[cfg(test)]
mod law_tests;
mod record_sets;

use crate::model::{Account, HostedZone, HostedZoneId, RecordType};

pub use error::{ChangeError, RecordSetFinding};
pub use record_sets::{Action, RecordSetChange};

/// A change to an account. Identifiers, times and random choices are made before, so that planning it again gives the
/// same account.
#[derive(Clone, Debug)]
pub enum Change {
    /// The account that zone files describe takes the place of the current one.
    ReplaceAccount(Box<Account>),
    /// A hosted zone is added, or takes the place of the one with its id.
    PutHostedZone(Box<HostedZone>),
    DeleteHostedZone(HostedZoneId),
    /// C-1: a change batch. Each change sees what the ones before it did; the rules are held against the outcome.
    ChangeRecordSets {
        hosted_zone: HostedZoneId,
        changes: Vec<RecordSetChange>,
    },
}

/// What the account is after the change: it shares with the current one what the change leaves alone, and all but
/// [`Change::ReplaceAccount`] take as long as the change is large.
///
/// # Errors
///
/// Everything that is wrong with the change; then nothing changes.
pub fn plan(current: &Account, change: Change) -> Result<Account, ChangeError> {
    match change {
        Change::ReplaceAccount(account) => Ok(account.sharing_with(current)),
        Change::PutHostedZone(zone) => current.with_hosted_zone(*zone).map_err(ChangeError::of_hosted_zone),
        Change::DeleteHostedZone(id) => delete_hosted_zone(current, &id),
        Change::ChangeRecordSets { hosted_zone, changes } => {
            let zone = current.hosted_zone(&hosted_zone).ok_or(ChangeError::NoSuchHostedZone(hosted_zone))?;
            let changed = record_sets::change(zone, changes)?;
            current.with_hosted_zone(changed).map_err(ChangeError::of_record_sets)
        }
    }
}

/// C-4: only when nothing but the SOA and NS records of the apex is left.
fn delete_hosted_zone(current: &Account, id: &HostedZoneId) -> Result<Account, ChangeError> {
    let zone = current.hosted_zone(id).ok_or_else(|| ChangeError::NoSuchHostedZone(id.clone()))?;
    let mut names = zone.names();
    let is_empty = names.next().is_none_or(|apex| {
        apex.name() == zone.name().wire()
            && apex.record_types().all(|record_type| matches!(record_type, RecordType::Ns | RecordType::Soa))
    });
    if !is_empty || names.next().is_some() {
        return Err(ChangeError::HostedZoneNotEmpty(id.clone()));
    }
    Ok(current.without_hosted_zone(id))
}
