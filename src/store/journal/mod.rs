//! The journal: what the store keeps beside the zone files, so that it outlives the process.
//!
//! An entry is what one change *did* to the rows of the account ([`format`](mod@format)), not what was asked. So replaying
//! knows no rules and cannot be refused: it gives the same account at every start, byte for byte, whatever the zone files
//! say by then, and however strict a later version is with changes.

mod contents;
mod difference;
pub mod embedded;
pub mod format;
#[cfg(test)]
mod history_law_tests;
#[cfg(test)]
mod law_tests;
mod memory;

use std::fmt;

pub use contents::read;
pub use difference::entry;
pub use embedded::Embedded;
pub use format::{Damage, RowEdit};
pub use memory::Memory;

/// What one change did: edits, of which a later one of a row counts.
pub type Entry = Vec<RowEdit>;

/// Takes the rows of a journal.
pub trait TakeRows {
    /// Rows come in the order of their keys.
    fn row(&mut self, key: &[u8], row: &[u8]) -> Result<(), Damage>;

    /// After the last row.
    fn end(&mut self) -> Result<(), Damage>;
}

/// Where entries are kept. There is one writer, the store.
pub trait Journal: fmt::Debug + Send {
    /// Whether entries outlive the process.
    fn is_durable(&self) -> bool;

    /// Goes through the rows that are left when all entries have been followed.
    ///
    /// # Errors
    ///
    /// The damage that `taker` finds, and whatever keeps the journal from being read.
    fn rows(&self, taker: &mut dyn TakeRows) -> Result<(), JournalError>;

    /// Returns once all entries are as safe as they get here.
    ///
    /// # Errors
    ///
    /// None of them is kept, as far as this process is concerned; a later call may succeed. After a crash it may turn
    /// out that all of them are: a disk that fails does not say how far it came.
    fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError>;
}

/// Why a journal cannot be read or written. Messages name the file and say what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalError {
    Unwritable {
        file: String,
        error: String,
    },
    Unreadable {
        file: String,
        error: String,
    },
    Damaged {
        file: String,
        damage: Damage,
    },
    UnknownVersion {
        file: String,
        version: u64,
    },
    Missing {
        file: String,
        beside: &'static str,
    },
    /// While it was open.
    Removed {
        file: String,
    },
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const WAY_OUT: &str = "put a copy of the data directory in its place, or move journal.redb and checkpoint.redb \
             away to begin without what was changed through the store";
        match self {
            JournalError::Unwritable { file, error } => write!(f, "could not write {file}: {error}"),
            JournalError::Unreadable { file, error } => write!(f, "could not read {file}: {error}"),
            JournalError::Damaged { file, damage } => write!(f, "{file} is damaged: {damage}; {WAY_OUT}"),
            JournalError::UnknownVersion { file, version } => write!(
                f,
                "{file} has version {version} of the journal's format, and this route53d knows {}; run one that knows \
                 it, or name another directory",
                format::VERSION
            ),
            JournalError::Missing { file, beside } => {
                write!(f, "{file} is missing, though {beside} is there; {WAY_OUT}")
            }
            JournalError::Removed { file } => write!(
                f,
                "{file} was moved, replaced or deleted while route53d runs; put it back, or start route53d again with \
                 what should be there"
            ),
        }
    }
}

impl std::error::Error for JournalError {}
