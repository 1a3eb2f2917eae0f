//! Why the store refuses a change, or does not open.

use std::fmt;

use crate::change::ChangeError;
use crate::model::Conflict;

use super::journal::JournalError;

/// Why a change is refused; then nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    Change(ChangeError),
    /// The change could not be kept.
    Journal(JournalError),
    /// Planning a change that came together with this one panicked.
    Interrupted,
}

/// Why a store does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    Journal(JournalError),
    /// The account that zone files describe does not go together with what the journal holds.
    BesideJournal(Vec<Conflict>),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Change(error) => error.fmt(f),
            StoreError::Journal(error) => write!(f, "nothing was changed, for it could not be kept: {error}"),
            StoreError::Interrupted => f.write_str("nothing was changed, for the server failed; its log says more"),
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Journal(error) => error.fmt(f),
            OpenError::BesideJournal(conflicts) => write_conflicts(f, conflicts),
        }
    }
}

fn write_conflicts(f: &mut fmt::Formatter<'_>, conflicts: &[Conflict]) -> fmt::Result {
    for (place, conflict) in conflicts.iter().enumerate() {
        let between = if place > 0 { "; " } else { "" };
        write!(f, "{between}{conflict}")?;
    }
    Ok(())
}

impl std::error::Error for StoreError {}
impl std::error::Error for OpenError {}

impl From<ChangeError> for StoreError {
    fn from(error: ChangeError) -> StoreError {
        StoreError::Change(error)
    }
}

impl From<JournalError> for OpenError {
    fn from(error: JournalError) -> OpenError {
        OpenError::Journal(error)
    }
}
