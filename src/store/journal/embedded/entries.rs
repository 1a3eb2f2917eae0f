//! `journal.redb`: the entries that the checkpoint does not have yet, by number.

use std::sync::Arc;

use redb::{ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};

use super::super::format::{seal, unseal};
use super::super::{Damage, JournalError};
use super::database::Database;
use super::failure::Failure;
use super::{Disk, ENTRIES};

/// An entry and its number.
pub type Numbered = (u64, Arc<[u8]>);

const TABLE: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("entries");
const CACHE_BYTES: usize = 4 << 20;

#[derive(Debug)]
pub struct Entries {
    database: Database,
    /// The entries before this one are not in the file.
    oldest: u64,
}

impl Entries {
    /// The file, if it is there, and the entries in it.
    pub fn open(disk: &impl Disk) -> Result<Option<(Entries, Vec<Numbered>)>, JournalError> {
        let Some(mut database) = Database::open(disk, ENTRIES, CACHE_BYTES)? else { return Ok(None) };
        let kept = database.read(kept).map_err(|failure| failure.of_reading(disk, ENTRIES))?;
        let kept = kept.map_err(|damage| JournalError::Damaged { file: disk.path(ENTRIES), damage })?;
        Ok(Some((Entries { database, oldest: 0 }, kept)))
    }

    /// Makes the file, in the place of the one there is.
    pub fn create(disk: &impl Disk, entries: &[Numbered]) -> Result<Entries, Failure> {
        let database = Database::create(disk, ENTRIES, CACHE_BYTES, |transaction| add(transaction, entries))?;
        Ok(Entries { database, oldest: 0 })
    }

    /// Appends entries, and forgets those up to `through`, which the checkpoint has. All in one sync.
    pub fn append(&mut self, entries: &[Numbered], through: u64) -> Result<(), Failure> {
        let oldest = self.oldest;
        self.database.write(|transaction| {
            add(transaction, entries)?;
            if oldest <= through {
                transaction.open_table(TABLE)?.retain_in(..=through, |_, _| false)?;
            }
            Ok(())
        })?;
        self.oldest = through + 1;
        Ok(())
    }
}

fn add(transaction: &WriteTransaction, entries: &[Numbered]) -> Result<(), redb::Error> {
    let mut table = transaction.open_table(TABLE)?;
    for (number, entry) in entries {
        table.insert(number, &*seal(&number.to_be_bytes(), entry))?;
    }
    Ok(())
}

fn kept(database: &redb::Database) -> Result<Result<Vec<Numbered>, Damage>, redb::Error> {
    let mut entries = Vec::new();
    for found in database.begin_read()?.open_table(TABLE)?.iter()? {
        let (number, sealed) = found?;
        let number = number.value();
        match unseal(&number.to_be_bytes(), sealed.value()) {
            Ok(entry) => entries.push((number, entry.into())),
            Err(Damage(what)) => return Ok(Err(Damage(format!("entry {number}: {what}")))),
        }
    }
    Ok(Ok(entries))
}
