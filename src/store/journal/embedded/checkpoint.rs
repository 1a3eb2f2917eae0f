//! `checkpoint.redb`: the rows as they were after some entry.

use std::sync::Arc;

use redb::{ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition, WriteTransaction};

use super::super::format::{seal, unseal};
use super::super::{Damage, JournalError, TakeRows};
use super::database::{ABOUT, Database};
use super::failure::Failure;
use super::follow::LastEdits;
use super::{CHECKPOINT, Disk};

const ROWS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("rows");
const THROUGH: &str = "through";
const CACHE_BYTES: usize = 16 << 20;

#[derive(Debug)]
pub struct Checkpoint<D> {
    disk: Arc<D>,
    /// `None` after a failure, until it is opened again.
    database: Option<Database>,
    through: u64,
}

impl<D: Disk> Checkpoint<D> {
    /// `None` if it is not there.
    pub fn open(disk: &Arc<D>) -> Result<Option<Checkpoint<D>>, JournalError> {
        let Some(mut database) = Database::open(&**disk, CHECKPOINT, CACHE_BYTES)? else { return Ok(None) };
        let through = database.about(THROUGH).map_err(|failure| failure.of_reading(&**disk, CHECKPOINT))?;
        let through = through.unwrap_or_default();
        Ok(Some(Checkpoint { disk: Arc::clone(disk), database: Some(database), through }))
    }

    pub fn create(disk: &Arc<D>) -> Result<Checkpoint<D>, Failure> {
        let database = Database::create(&**disk, CHECKPOINT, CACHE_BYTES, |transaction| {
            transaction.open_table(ROWS)?;
            transaction.open_table(ABOUT)?.insert(THROUGH, 0)?;
            Ok(())
        })?;
        Ok(Checkpoint { disk: Arc::clone(disk), database: Some(database), through: 0 })
    }

    /// The last entry that the rows have followed; 0 for none.
    pub fn through(&self) -> u64 {
        self.through
    }

    pub fn rows(&mut self, taker: &mut dyn TakeRows) -> Result<(), JournalError> {
        self.reopen()?;
        let Some(database) = &mut self.database else { return Ok(()) };
        let taken = database.read(|database| take(database, taker));
        let taken = taken.map_err(|failure| failure.of_reading(&*self.disk, CHECKPOINT))?;
        taken.map_err(|damage| JournalError::Damaged { file: self.disk.path(CHECKPOINT), damage })
    }

    /// Brings the rows up to an entry. Of a row only the last edit counts, so following an entry twice does no harm.
    pub fn follow(&mut self, edits: &LastEdits, through: u64) -> Result<(), JournalError> {
        self.reopen()?;
        let Some(database) = &mut self.database else { return Ok(()) };
        if let Err(failure) = database.write(|transaction| write(transaction, edits, through)) {
            // The transaction before is still there, and is found when the file is opened again.
            self.database = None;
            return Err(failure.of_writing(&*self.disk, CHECKPOINT));
        }
        self.through = through;
        Ok(())
    }

    fn reopen(&mut self) -> Result<(), JournalError> {
        if self.database.is_none() {
            self.database = Database::open(&*self.disk, CHECKPOINT, CACHE_BYTES)?;
        }
        match self.database {
            Some(_) => Ok(()),
            None => Err(JournalError::Missing { file: self.disk.path(CHECKPOINT), beside: super::ENTRIES }),
        }
    }
}

fn take(database: &redb::Database, taker: &mut dyn TakeRows) -> Result<Result<(), Damage>, redb::Error> {
    let table = database.begin_read()?.open_table(ROWS)?;
    let mut count = 0;
    for found in table.iter()? {
        let (key, sealed) = found?;
        let key = key.value();
        let row = match unseal(key, sealed.value()) {
            Ok(row) => row,
            Err(Damage(what)) => return Ok(Err(Damage(format!("row {}: {what}", key.escape_ascii())))),
        };
        if let Err(damage) = taker.row(key, row) {
            return Ok(Err(damage));
        }
        count += 1;
    }
    if count != table.len()? {
        return Ok(Err(Damage(format!("it has {count} rows in place of {}", table.len()?))));
    }
    Ok(taker.end())
}

fn write(transaction: &WriteTransaction, edits: &LastEdits, through: u64) -> Result<(), redb::Error> {
    let mut rows = transaction.open_table(ROWS)?;
    for (key, row) in edits {
        match row {
            Some(row) => rows.insert(&**key, &*seal(key, row))?,
            None => rows.remove(&**key)?,
        };
    }
    transaction.open_table(ABOUT)?.insert(THROUGH, through)?;
    Ok(())
}
