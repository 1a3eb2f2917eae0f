//! The one door for writes: plan, then journal, then publish.
//!
//! Changes that come while others are on their way go through together: each is planned on the account that the one
//! before left, all are made durable by one sync of the disk, and queries see the last account. Zone files are their own
//! journal: what they describe is planned and published, and beside it stands what was made through the API, which the
//! journal keeps.

mod batch;
mod error;
pub mod journal;
mod retired;
mod turns;
#[cfg(test)]
mod zones_of_one_name_tests;

use std::sync::{Arc, Mutex, PoisonError};

use crate::change::Change;
use crate::model::Account;
use crate::published::Published;
use crate::snapshot::{CountryData, Generation, Snapshot};

pub use error::{OpenError, StoreError};
pub use journal::{Embedded, Journal, Memory};

use batch::{Batch, Planned};
use retired::Retired;
use turns::Turns;

/// Holds the current account, as the snapshot that answers read.
#[derive(Debug)]
pub struct Store {
    snapshots: Arc<Published<Snapshot>>,
    changes: Turns<Change, Result<Generation, StoreError>>,
    /// Whoever has the turn has this too.
    writer: Mutex<Box<dyn Journal>>,
    retired: Retired<Snapshot>,
}

impl Store {
    /// A store in memory.
    pub fn new(account: Account, country_data: CountryData) -> Store {
        Store::with(account, country_data, Box::new(Memory))
    }

    /// Puts what a journal holds beside the account of the zone files.
    ///
    /// # Errors
    ///
    /// What keeps the journal from being read, or everything of it that does not go together with the files.
    pub fn open(files: Account, country_data: CountryData, journal: Box<dyn Journal>) -> Result<Store, OpenError> {
        let account = journal::read(&*journal)?.with_files(files).map_err(OpenError::BesideJournal)?;
        Ok(Store::with(account, country_data, journal))
    }

    fn with(account: Account, country_data: CountryData, journal: Box<dyn Journal>) -> Store {
        let snapshot = Snapshot::new(Arc::new(account), Arc::new(country_data));
        Store {
            snapshots: Arc::new(Published::new(snapshot)),
            changes: Turns::new(),
            writer: Mutex::new(journal),
            retired: Retired::start(),
        }
    }

    /// Where readers find the current snapshot.
    pub fn snapshots(&self) -> &Arc<Published<Snapshot>> {
        &self.snapshots
    }

    /// Applies a change, and returns once it is durable and answered. Queries see all of it or nothing of it; none
    /// waits. Takes as long as indexing what changed and one sync of the disk, and of those that come before and
    /// together with it, so it is not for a thread that serves queries.
    ///
    /// # Errors
    ///
    /// Why the change is refused; then nothing changes.
    pub fn apply(&self, change: Change) -> Result<Generation, StoreError> {
        self.changes.take(change, |changes| self.apply_all(changes)).unwrap_or(Err(StoreError::Interrupted))
    }

    /// Has another thread call this once nobody answers from an account any more that was replaced so far, and the
    /// memory of it is free.
    pub fn once_forgotten(&self, call: fn()) {
        self.retired.then(call);
    }

    /// The outcome of each.
    fn apply_all(&self, changes: Vec<Change>) -> Vec<Result<Generation, StoreError>> {
        // A writer that panicked kept and published nothing, so what it leaves behind is whole.
        let mut journal = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.snapshots.load_full();
        let mut batch = Batch::on(current.account());
        let verdicts: Vec<Result<(), StoreError>> = changes.into_iter().map(|change| batch.add(change)).collect();
        if verdicts.iter().all(Result::is_err) {
            return verdicts.into_iter().map(|verdict| verdict.map(|()| current.generation())).collect();
        }
        let Planned { account, entries } = batch.finish();
        // Before the journal, after which nothing can fail.
        let next = Arc::new(current.next(account));
        let generation = next.generation();
        if let Err(error) = journal.append(&entries) {
            // Those that were refused too: perhaps for what an earlier one would have changed.
            return verdicts.into_iter().map(|_| Err(StoreError::Journal(error.clone()))).collect();
        }
        self.snapshots.replace(next);
        self.retired.add(current);
        verdicts.into_iter().map(|verdict| verdict.map(|()| generation)).collect()
    }
}
