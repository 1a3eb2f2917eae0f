//! Reading files that may be damaged.

use std::cell::Cell;
use std::io;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use super::super::{Damage, JournalError};
use super::Disk;

thread_local! {
    static IS_READING: Cell<bool> = const { Cell::new(false) };
}

/// Reads a file with redb, which on a file that was damaged may also panic. What it would say of that on standard error is
/// in the damage.
pub fn read<T>(disk: &impl Disk, name: &str, read: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, JournalError> {
    let file = disk.path(name);
    hush_panics_of_readers();
    IS_READING.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(read));
    IS_READING.set(false);
    let damage = match outcome {
        Ok(Ok(read)) => return Ok(read),
        Ok(Err(redb::Error::Io(error))) if !is_of_contents(&error) => {
            return Err(JournalError::Unreadable { file, error: error.to_string() });
        }
        Ok(Err(error)) => error.to_string(),
        Err(panic) => {
            let said = panic.downcast_ref::<&str>().copied();
            let said = said.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or_default();
            format!("it makes no sense to redb: {said}")
        }
    };
    Err(JournalError::Damaged { file, damage: Damage(damage) })
}

/// Whether what redb calls an error of the disk is one of what the file holds.
fn is_of_contents(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

fn hush_panics_of_readers() {
    static HUSHED: Once = Once::new();
    HUSHED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |told| {
            if !IS_READING.get() {
                before(told);
            }
        }));
    });
}
