//! Changes that go through the door together, each planned on the account that the one before left.

use std::sync::Arc;

use crate::change::{Change, plan};
use crate::model::Account;

use super::error::StoreError;
use super::journal::{self, Entry};

/// What changes did, once each is planned or refused.
#[derive(Debug)]
pub struct Planned {
    pub account: Arc<Account>,
    /// One of each change that the journal keeps and that changed anything.
    pub entries: Vec<Entry>,
}

#[derive(Debug)]
pub struct Batch(Planned);

impl Batch {
    pub fn on(account: &Arc<Account>) -> Batch {
        Batch(Planned { account: Arc::clone(account), entries: Vec::new() })
    }

    /// Plans a change on what the ones before left.
    ///
    /// # Errors
    ///
    /// Why it is refused; then the batch goes on without it.
    pub fn add(&mut self, change: Change) -> Result<(), StoreError> {
        let Planned { account, entries } = &mut self.0;
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
