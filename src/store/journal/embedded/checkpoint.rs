//! `checkpoint.redb`: the rows as they were after some entry.

use std::sync::Arc;

use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};

use super::super::format::{seal, unseal};
use super::super::{Damage, JournalError, TakeRows};
use super::follow::LastEdits;
use super::{ABOUT, CHECKPOINT, Disk, about, create_database, open_database, read};

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
        let Some(database) = open_database(&**disk, CHECKPOINT, CACHE_BYTES)? else { return Ok(None) };
        let through = read(&**disk, CHECKPOINT, || about(&database, THROUGH))?.unwrap_or_default();
        Ok(Some(Checkpoint { disk: Arc::clone(disk), database: Some(database), through }))
    }

    pub fn create(disk: &Arc<D>) -> Result<Checkpoint<D>, redb::Error> {
        let database = create_database(&**disk, CHECKPOINT, CACHE_BYTES, |transaction| {
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
        let Some(database) = &self.database else { return Ok(()) };
        let taken = read(&*self.disk, CHECKPOINT, || take(database, taker))?;
        taken.map_err(|damage| JournalError::Damaged { file: self.disk.path(CHECKPOINT), damage })
    }

    /// Brings the rows up to an entry. Of a row only the last edit counts, so following an entry twice does no harm.
    pub fn follow(&mut self, edits: &LastEdits, through: u64) -> Result<(), JournalError> {
        self.reopen()?;
        let Some(database) = &self.database else { return Ok(()) };
        let written = write(database, edits, through);
        if let Err(error) = written {
            // Two phases: what was there before is still there, and is found when it is opened again.
            self.database = None;
            return Err(super::unwritable(&*self.disk, CHECKPOINT, error));
        }
        self.through = through;
        Ok(())
    }

    fn reopen(&mut self) -> Result<(), JournalError> {
        if self.database.is_none() {
            self.database = open_database(&*self.disk, CHECKPOINT, CACHE_BYTES)?;
        }
        match self.database {
            Some(_) => Ok(()),
            None => Err(JournalError::Missing { file: self.disk.path(CHECKPOINT), beside: super::ENTRIES }),
        }
    }
}

fn take(database: &Database, taker: &mut dyn TakeRows) -> Result<Result<(), Damage>, redb::Error> {
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

fn write(database: &Database, edits: &LastEdits, through: u64) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut rows = transaction.open_table(ROWS)?;
        for (key, row) in edits {
            match row {
                Some(row) => rows.insert(&**key, &*seal(key, row))?,
                None => rows.remove(&**key)?,
            };
        }
        transaction.open_table(ABOUT)?.insert(THROUGH, through)?;
    }
    transaction.commit()?;
    Ok(())
}
