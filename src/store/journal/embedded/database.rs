//! A redb database in a file of the data directory.

use std::fmt;
use std::io::ErrorKind;
use std::sync::Arc;

use redb::{ReadableDatabase, StorageBackend, TableDefinition, TableError, WriteTransaction};

use super::super::{Damage, JournalError, format};
use super::Disk;
use super::failure::{Failure, abandon, catch};
use super::growth::DurableGrowth;
use super::short_file;

/// An open database. After a failure it is never written to again, not even to close it.
pub struct Database {
    /// `None` after a failure.
    redb: Option<redb::Database>,
}

impl Database {
    /// Open a file; `None` if it does not exist. An empty file is a damaged one.
    pub fn open<D: Disk>(disk: &D, name: &'static str, cache_bytes: usize) -> Result<Option<Database>, JournalError> {
        let found = disk.open(name).map_err(|error| {
            let way_out = match error.kind() {
                ErrorKind::PermissionDenied => "; let route53d read and write it",
                _ => "",
            };
            JournalError::Unreadable { file: disk.path(name), error: format!("{error}{way_out}") }
        })?;
        let Some(file) = found else { return Ok(None) };
        let file = Arc::new(file);
        let unreadable = |failure: Failure| failure.of_reading(disk, name);
        // What a killed process wrote can be read, and need not be on the disk: its length above all, which redb's
        // repair relies on.
        file.sync_data().map_err(|error| Failure::from(error).of_writing(disk, name))?;
        if file.len().map_err(|error| unreadable(error.into()))? == 0 {
            return Err(JournalError::Damaged { file: disk.path(name), damage: Damage("it is empty".to_owned()) });
        }
        short_file::lengthen(&file, disk, name)?;
        let path = disk.path(name);
        let mut builder = redb::Database::builder();
        builder.set_cache_size(cache_bytes).set_repair_callback(move |repair| {
            if repair.progress() == 0.0 {
                tracing::debug!("{path} was not closed in order: looking for the last whole transaction");
            }
        });
        let redb = catch(|| Ok(builder.create_with_backend(DurableGrowth(file))?)).map_err(unreadable)?;
        let mut database = Database { redb: Some(redb) };
        match database.about(VERSION_KEY).map_err(unreadable)? {
            Some(format::VERSION) => Ok(Some(database)),
            Some(version) => Err(JournalError::UnknownVersion { file: disk.path(name), version }),
            None => {
                let damage = Damage("it does not say which version its format has".to_owned());
                Err(JournalError::Damaged { file: disk.path(name), damage })
            }
        }
    }

    /// Create a file with what `fill` writes, in place of one that has the name. Under its name it is complete or missing.
    pub fn create<D: Disk>(
        disk: &D,
        name: &str,
        cache_bytes: usize,
        fill: impl FnOnce(&WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<Database, Failure> {
        let beside = format!("{name}.new");
        let file = DurableGrowth(Arc::new(disk.create(&beside)?));
        let mut builder = redb::Database::builder();
        let redb = catch(|| Ok(builder.set_cache_size(cache_bytes).create_with_backend(file)?))?;
        let mut database = Database { redb: Some(redb) };
        database.write(|transaction| {
            transaction.open_table(ABOUT)?.insert(VERSION_KEY, format::VERSION)?;
            fill(transaction)
        })?;
        disk.rename(&beside, name)?;
        Ok(database)
    }

    /// A number that the file has about itself.
    pub fn about(&mut self, key: &str) -> Result<Option<u64>, Failure> {
        self.read(|database| {
            let transaction = database.begin_read()?;
            let table = match transaction.open_table(ABOUT) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(None),
                table => table?,
            };
            let number = table.get(key)?;
            Ok(number.map(|number| number.value()))
        })
    }

    pub fn read<T>(&mut self, read: impl FnOnce(&redb::Database) -> Result<T, redb::Error>) -> Result<T, Failure> {
        let database = self.redb.as_ref().ok_or(redb::Error::DatabaseClosed)?;
        let outcome = catch(|| Ok(read(database)?));
        if outcome.is_err() {
            self.abandon();
        }
        outcome
    }

    /// Make one transaction, with one sync of the disk.
    pub fn write(&mut self, write: impl FnOnce(&WriteTransaction) -> Result<(), redb::Error>) -> Result<(), Failure> {
        self.read(|database| {
            let transaction = database.begin_write()?;
            write(&transaction)?;
            transaction.commit()?;
            Ok(())
        })
    }

    fn abandon(&mut self) {
        if let Some(database) = self.redb.take() {
            abandon(database);
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Closing writes, and may meet damage too.
        if let Some(database) = self.redb.take() {
            let _ = catch(|| {
                drop(database);
                Ok(())
            });
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("redb", &self.redb).finish()
    }
}

/// What a file says about itself.
pub const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("about");
pub const VERSION_KEY: &str = "version";
