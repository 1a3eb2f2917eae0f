//! `--data-dir`: where what is kept over restarts is kept, by one server at a time.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// A directory, and the lock on it: two servers must not share one.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
    /// Released when it is closed, and be it by the end of the process.
    _lock: File,
}

impl DataDirectory {
    /// Makes the directory if it is not there.
    ///
    /// # Errors
    ///
    /// It cannot be made or written to, or another server has it: a message that says what to do.
    pub fn open(path: &Path) -> Result<DataDirectory, String> {
        let shown = path.display();
        fs::create_dir_all(path).map_err(|error| format!("could not make --data-dir {shown}: {error}"))?;
        let lock = File::create(path.join("lock"))
            .map_err(|error| format!("could not write to --data-dir {shown}: {error}"))?;
        match lock.try_lock() {
            Ok(()) => Ok(DataDirectory { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                Err(format!("--data-dir {shown} is in use by another route53d; stop it, or name another directory"))
            }
            Err(TryLockError::Error(error)) => Err(format!("could not lock --data-dir {shown}: {error}")),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}
