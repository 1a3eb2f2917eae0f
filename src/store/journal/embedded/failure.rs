//! Failures of redb, and its panics on damaged files.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::panic::{self, AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Once;

use super::super::{Damage, JournalError};
use super::Disk;

/// Why redb could not do something.
#[derive(Debug)]
pub enum Failure {
    Error(redb::Error),
    /// A damaged file, met by one of redb's assertions.
    Panic(String),
}

impl Failure {
    /// Whether the contents of the file are at fault, rather than the disk.
    pub fn is_of_contents(&self) -> bool {
        match self {
            Failure::Panic(_) | Failure::Error(redb::Error::Corrupted(_)) => true,
            Failure::Error(redb::Error::Io(error)) => {
                matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
            }
            Failure::Error(_) => false,
        }
    }

    pub fn of_reading(self, disk: &impl Disk, name: &str) -> JournalError {
        let file = disk.path(name);
        match &self {
            Failure::Error(redb::Error::Io(error)) if !self.is_of_contents() => {
                JournalError::Unreadable { file, error: error.to_string() }
            }
            _ => JournalError::Damaged { file, damage: Damage(self.to_string()) },
        }
    }

    pub fn of_writing(self, disk: &impl Disk, name: &str) -> JournalError {
        JournalError::Unwritable { file: disk.path(name), error: self.to_string() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Error(error) => error.fmt(f),
            Failure::Panic(message) => write!(f, "it makes no sense to redb: {message}"),
        }
    }
}

impl<E: Into<redb::Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Error(error.into())
    }
}

thread_local! {
    static IS_CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Call redb, which may panic on a damaged file. The panic's message goes into the failure, not to standard error.
pub fn catch<T>(call: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    hush_caught_panics();
    let outer = IS_CATCHING.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(call));
    IS_CATCHING.set(outer);
    outcome.unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<&str>().copied();
        let message = message.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or_default();
        Err(Failure::Panic(message.to_owned()))
    })
}

/// Drop a database without writing to its file any more. Dropped otherwise, it would commit a transaction first; redb
/// does without when a panic drops it.
pub fn abandon(database: redb::Database) {
    let _ = catch_unwind(AssertUnwindSafe(move || {
        let _database = database;
        resume_unwind(Box::new(()));
    }));
}

fn hush_caught_panics() {
    static HUSHED: Once = Once::new();
    HUSHED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !IS_CATCHING.get() {
                before(panic);
            }
        }));
    });
}
