//! The one door for writes: plan, then publish. Zone files are their own journal.

mod retired;

use std::sync::{Arc, Mutex, PoisonError};

use crate::change::{Change, ChangeError, plan};
use crate::model::Account;
use crate::published::Published;
use crate::snapshot::{CountryData, Generation, Snapshot};

use retired::Retired;

/// Holds the current account, as the snapshot that answers read.
#[derive(Debug)]
pub struct Store {
    snapshots: Arc<Published<Snapshot>>,
    /// Held while a change is planned and published: there is one writer at a time.
    writer: Mutex<()>,
    retired: Retired<Snapshot>,
}

impl Store {
    pub fn new(account: Account, country_data: CountryData) -> Store {
        let snapshot = Snapshot::new(Arc::new(account), Arc::new(country_data));
        Store { snapshots: Arc::new(Published::new(snapshot)), writer: Mutex::new(()), retired: Retired::start() }
    }

    /// Where readers find the current snapshot.
    pub fn snapshots(&self) -> &Arc<Published<Snapshot>> {
        &self.snapshots
    }

    /// Applies a change. Queries see all of it or nothing of it; none waits. Takes as long as indexing what changed,
    /// so it is not for a thread that serves queries.
    ///
    /// # Errors
    ///
    /// Why the change is refused; then nothing changes.
    pub fn apply(&self, change: Change) -> Result<Generation, ChangeError> {
        // A writer that panicked published nothing, so what it leaves behind is whole.
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.snapshots.load_full();
        let account = plan(current.account(), change)?;
        let next = Arc::new(current.next(Arc::new(account)));
        let generation = next.generation();
        self.snapshots.replace(next);
        self.retired.add(current);
        Ok(generation)
    }
}
