//! The journal in a directory, as two redb files.
//!
//! `journal.redb` has the latest entries, one transaction and one sync of the disk for all that are appended together.
//! It is small, so that redb's repair after a crash, which reads the whole file, takes no time. `checkpoint.redb` has the
//! rows after the entries before those. A thread follows it up with the entries now and then, each row once; that takes
//! as long as it takes, and nobody waits for it, for it is another file.
//!
//! When a write fails, what the file holds is unknown, and a failed sync may even have lost what was written before and
//! not told again. So such a file is never gone on with: the next append puts a new one in its place, with all entries
//! that the checkpoint does not have. It is the same if somebody takes the file away; without the checkpoint there is
//! nothing to go on with, and no change is taken any more.

mod checkpoint;
#[cfg(test)]
mod damage_tests;
mod database;
mod disk;
mod entries;
mod failure;
#[cfg(test)]
pub(super) mod fake_disk;
mod follow;
mod growth;
mod short_file;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};

use super::format;
use super::{Damage, Entry, Journal, JournalError, TakeRows};
use crate::data_directory::DataDirectory;
use checkpoint::Checkpoint;
use disk::{Directory, Disk, Place};
use entries::{Entries, Numbered};
use failure::Failure;
use follow::{Follower, LastEdits, Pending};

/// A journal in a data directory.
#[derive(Debug)]
pub struct Embedded<D: Disk = Directory> {
    disk: Arc<D>,
    /// `None` after a failure, until it is made anew.
    entries: Option<Entries>,
    pending: Arc<Pending>,
    /// The number of the last entry; the first has 1.
    last: u64,
    checkpoint: Arc<Mutex<Checkpoint<D>>>,
    entries_place: Place,
    checkpoint_place: Place,
    follower: Option<Follower>,
}

const ENTRIES: &str = "journal.redb";
const CHECKPOINT: &str = "checkpoint.redb";

impl Embedded {
    /// Opens the journal of a data directory, or begins one.
    pub fn open(directory: &Arc<DataDirectory>) -> Result<Embedded, JournalError> {
        Embedded::open_on(Directory(Arc::clone(directory)))
    }
}

#[cfg(test)]
impl Embedded<fake_disk::FakeDisk> {
    pub(super) fn on_fake_disk(disk: &fake_disk::FakeDisk) -> Self {
        Embedded::open_on(disk.clone()).expect("the disk is in order")
    }
}

impl<D: Disk> Embedded<D> {
    fn open_on(disk: D) -> Result<Embedded<D>, JournalError> {
        let disk = Arc::new(disk);
        let missing = |name, beside| JournalError::Missing { file: disk.path(name), beside };
        let unwritable = |name| {
            let disk = &*disk;
            move |failure: Failure| failure.of_writing(disk, name)
        };
        let make_checkpoint = || Checkpoint::create(&disk).map_err(unwritable(CHECKPOINT));
        let (entries, kept, checkpoint) = match (Entries::open(&*disk)?, Checkpoint::open(&disk)?) {
            (Some((entries, kept)), Some(checkpoint)) => (entries, kept, checkpoint),
            (None, None) => {
                let entries = Entries::create(&*disk, &[]).map_err(unwritable(ENTRIES))?;
                (entries, Vec::new(), make_checkpoint()?)
            }
            // A process ended between the two; from its first entry on, this file is never empty.
            (Some((entries, kept)), None) if kept.is_empty() => (entries, kept, make_checkpoint()?),
            (Some(_), None) => return Err(missing(CHECKPOINT, ENTRIES)),
            (None, Some(_)) => return Err(missing(ENTRIES, CHECKPOINT)),
        };
        let through = checkpoint.through();
        let kept: Vec<_> = kept.into_iter().filter(|(number, _)| *number > through).collect();
        if let Some((first, _)) = kept.first().filter(|(first, _)| *first > through + 1) {
            // Entries are taken out only once a checkpoint has them.
            let damage = Damage(format!("it ends with entry {through}, and {ENTRIES} begins with {first}"));
            return Err(JournalError::Damaged { file: disk.path(CHECKPOINT), damage });
        }
        if let Some((expected, found)) = (through + 1..).zip(&kept).find(|(place, (number, _))| place != number) {
            let damage = Damage(format!("entry {expected} is missing before entry {}", found.0));
            return Err(JournalError::Damaged { file: disk.path(ENTRIES), damage });
        }
        let last = kept.last().map_or(through, |(number, _)| *number);
        let pending = Arc::new(Pending::new(through, kept));
        let checkpoint = Arc::new(Mutex::new(checkpoint));
        let place = |name| Place::of(&*disk, name).map_err(|error| unwritable(name)(error.into()));
        let (entries_place, checkpoint_place) = (place(ENTRIES)?, place(CHECKPOINT)?);
        let entries = Some(entries);
        Ok(Embedded { disk, entries, pending, last, checkpoint, entries_place, checkpoint_place, follower: None })
    }

    /// Makes a checkpoint when it is called, whatever there is to do.
    #[cfg(test)]
    pub(super) fn checkpointing(&self) -> impl Fn() + use<D> {
        let (checkpoint, pending) = (Arc::clone(&self.checkpoint), Arc::clone(&self.pending));
        move || follow::follow(&checkpoint, &pending).expect("the disk is in order")
    }

    fn write(&mut self, numbered: &[Numbered]) -> Result<(), JournalError> {
        if !self.checkpoint_place.is_kept(&*self.disk) {
            return Err(JournalError::Removed { file: self.disk.path(CHECKPOINT) });
        }
        // Given back only once all is well: what a failure leaves of it is not gone on with.
        if let Some(mut entries) = self.entries.take().filter(|_| self.entries_place.is_kept(&*self.disk)) {
            match entries.append(numbered, self.pending.through()) {
                Ok(()) => {
                    self.entries = Some(entries);
                    return Ok(());
                }
                // All that is in the file is pending too: a new file takes the change.
                Err(failure) if failure.is_of_contents() => {
                    let file = self.disk.path(ENTRIES);
                    tracing::warn!("{file} is damaged, and is written anew from memory: {failure}");
                }
                Err(failure) => return Err(failure.of_writing(&*self.disk, ENTRIES)),
            }
        }
        self.write_anew(numbered).map_err(|failure| failure.of_writing(&*self.disk, ENTRIES))
    }

    /// Puts a new file in the place of the entries.
    fn write_anew(&mut self, numbered: &[Numbered]) -> Result<(), Failure> {
        let mut entries = Entries::create(&*self.disk, &self.pending.entries())?;
        self.entries_place = Place::of(&*self.disk, ENTRIES)?;
        entries.append(numbered, self.pending.through())?;
        self.entries = Some(entries);
        Ok(())
    }
}

impl<D: Disk> Journal for Embedded<D> {
    fn is_durable(&self) -> bool {
        true
    }

    fn rows(&self, taker: &mut dyn TakeRows) -> Result<(), JournalError> {
        let later = follow::edits(&self.pending.entries())
            .map_err(|damage| JournalError::Damaged { file: self.disk.path(ENTRIES), damage })?;
        let mut checkpoint = self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner);
        checkpoint.rows(&mut Overlaid { later, taker })
    }

    fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError> {
        if entries.is_empty() {
            return Ok(());
        }
        let first = self.last + 1;
        let numbered: Vec<Numbered> =
            (first..).zip(entries.iter().map(|entry| format::entry_to_bytes(entry).into())).collect();
        self.write(&numbered)?;
        self.last += numbered.len() as u64;
        self.pending.add(numbered);
        // Not before there is something to follow: a start does not wait for it.
        self.follower.get_or_insert_with(|| Follower::start(&self.checkpoint, &self.pending));
        Ok(())
    }
}

/// The rows of the checkpoint, with what later entries did to them.
struct Overlaid<'t> {
    later: LastEdits,
    taker: &'t mut dyn TakeRows,
}

impl TakeRows for Overlaid<'_> {
    fn row(&mut self, key: &[u8], row: &[u8]) -> Result<(), Damage> {
        while let Some(edit) = self.later.first_entry().filter(|edit| **edit.key() <= *key) {
            let is_this = **edit.key() == *key;
            let (later_key, later) = edit.remove_entry();
            if let Some(later) = later {
                take(self.taker, &later_key, &later)?;
            }
            if is_this {
                return Ok(());
            }
        }
        take(self.taker, key, row)
    }

    fn end(&mut self) -> Result<(), Damage> {
        for (key, row) in std::mem::take(&mut self.later) {
            if let Some(row) = row {
                take(self.taker, &key, &row)?;
            }
        }
        self.taker.end()
    }
}

fn take(taker: &mut dyn TakeRows, key: &[u8], row: &[u8]) -> Result<(), Damage> {
    taker.row(key, row).map_err(|Damage(what)| Damage(format!("row {}: {what}", key.escape_ascii())))
}
