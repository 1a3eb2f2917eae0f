//! `journal.redb`: the entries that the checkpoint does not have yet, by number.

use std::sync::Arc;

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};

use super::super::format::{seal, unseal};
use super::super::{Damage, JournalError};
use super::{Disk, ENTRIES, create_database, open_database, read};

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
        let Some(database) = open_database(disk, ENTRIES, CACHE_BYTES)? else { return Ok(None) };
        let kept = read(disk, ENTRIES, || kept(&database))?;
        let kept = kept.map_err(|damage| JournalError::Damaged { file: disk.path(ENTRIES), damage })?;
        Ok(Some((Entries { database, oldest: 0 }, kept)))
    }

    /// Makes the file, in the place of the one there is.
    pub fn create(disk: &impl Disk, entries: &[Numbered]) -> Result<Entries, redb::Error> {
        let database = create_database(disk, ENTRIES, CACHE_BYTES, |transaction| add(transaction, entries))?;
        Ok(Entries { database, oldest: 0 })
    }

    /// Appends entries, and forgets those up to `through`, which the checkpoint has. All in one sync.
    pub fn append(&mut self, entries: &[Numbered], through: u64) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        add(&transaction, entries)?;
        if self.oldest <= through {
            transaction.open_table(TABLE)?.retain_in(..=through, |_, _| false)?;
        }
        transaction.commit()?;
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

fn kept(database: &Database) -> Result<Result<Vec<Numbered>, Damage>, redb::Error> {
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
