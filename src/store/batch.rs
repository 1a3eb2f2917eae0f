//! Changes that go through the door together, each planned on the account that the one before left.

use std::collections::HashSet;
use std::sync::Arc;

use crate::change::{Change, plan};
use crate::model::{Account, HostedZone, HostedZoneId};

use super::beside::beside;
use super::error::StoreError;
use super::journal::{self, Entry};

/// The zones that files describe, of a store that keeps a journal: a change to one would not outlive the process.
#[derive(Clone, Debug)]
pub struct ZonesOfFiles(Arc<HashSet<HostedZoneId>>);

impl ZonesOfFiles {
    /// Those of an account that is all of files.
    pub fn of(files: &Account) -> ZonesOfFiles {
        ZonesOfFiles(Arc::new(files.hosted_zones().iter().map(|zone| zone.id().clone()).collect()))
    }

    fn hold(&self, id: &HostedZoneId) -> bool {
        self.0.contains(id)
    }
}

/// What changes did, once each is planned or refused.
#[derive(Debug)]
pub struct Planned {
    pub account: Arc<Account>,
    /// One of each change that the journal keeps and that changed anything.
    pub entries: Vec<Entry>,
    /// `None` if the journal keeps nothing anyway.
    pub files: Option<ZonesOfFiles>,
}

#[derive(Debug)]
pub struct Batch(Planned);

impl Batch {
    pub fn on(account: &Arc<Account>, files: Option<&ZonesOfFiles>) -> Batch {
        Batch(Planned { account: Arc::clone(account), entries: Vec::new(), files: files.cloned() })
    }

    /// Plans a change on what the ones before left.
    ///
    /// # Errors
    ///
    /// Why it is refused; then the batch goes on without it.
    pub fn add(&mut self, change: Change) -> Result<(), StoreError> {
        let Planned { account, entries, files } = &mut self.0;
        let Some(files) = files else {
            *account = Arc::new(plan(account, change)?);
            return Ok(());
        };
        // Whoever adds a change says here who keeps it. What the journal is to keep must be among its rows.
        match change {
            Change::ReplaceAccount(replacing) => {
                let of_files = ZonesOfFiles::of(&replacing);
                let kept: Vec<Arc<HostedZone>> =
                    account.hosted_zones().iter().filter(|zone| !files.hold(zone.id())).cloned().collect();
                let replacing = beside(*replacing, kept).map_err(StoreError::BesideJournal)?;
                *account = Arc::new(plan(account, Change::ReplaceAccount(Box::new(replacing)))?);
                *files = of_files;
                return Ok(());
            }
            Change::PutHostedZone(ref zone) if files.hold(zone.id()) => {
                return Err(StoreError::OfZoneFiles(zone.id().clone()));
            }
            Change::DeleteHostedZone(ref id) | Change::ChangeRecordSets { hosted_zone: ref id, .. }
                if files.hold(id) =>
            {
                return Err(StoreError::OfZoneFiles(id.clone()));
            }
            Change::PutHostedZone(_) | Change::DeleteHostedZone(_) | Change::ChangeRecordSets { .. } => {}
        }
        let next = plan(account, change)?;
        let entry = journal::entry(account, &next);
        if !entry.is_empty() {
            entries.push(entry);
        }
        *account = Arc::new(next);
        Ok(())
    }

    pub fn finish(self) -> Planned {
        self.0
    }
}
