//! The thread that brings the checkpoint up to the latest entries.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::super::format;
use super::super::{Damage, JournalError};
use super::checkpoint::Checkpoint;
use super::entries::Numbered;
use super::{Disk, ENTRIES};

/// What entries did together: of each row, by its key, the last edit.
pub type LastEdits = BTreeMap<Box<[u8]>, Option<Box<[u8]>>>;

/// The entries that the checkpoint does not have.
#[derive(Debug)]
pub struct Pending {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    entries: VecDeque<Numbered>,
    bytes: usize,
    /// The last entry that the checkpoint has.
    through: u64,
    is_over: bool,
}

/// With so many entries, or so many bytes of them, it is time for a checkpoint: reading them at a start takes some tens
/// of milliseconds.
const MANY_ENTRIES: usize = 1 << 14;
const MANY_BYTES: usize = 8 << 20;
/// After a failure.
const RETRY: Duration = Duration::from_secs(5);

impl State {
    fn are_many(&self) -> bool {
        self.entries.len() >= MANY_ENTRIES || self.bytes >= MANY_BYTES
    }
}

impl Pending {
    pub fn new(through: u64, entries: Vec<Numbered>) -> Pending {
        let bytes = entries.iter().map(|(_, entry)| entry.len()).sum();
        let state = State { entries: entries.into(), bytes, through, is_over: false };
        Pending { state: Mutex::new(state), changed: Condvar::new() }
    }

    pub fn add(&self, entries: Vec<Numbered>) {
        let mut state = self.state();
        state.bytes += entries.iter().map(|(_, entry)| entry.len()).sum::<usize>();
        state.entries.extend(entries);
        if state.are_many() {
            self.changed.notify_one();
        }
    }

    pub fn entries(&self) -> Vec<Numbered> {
        self.state().entries.iter().cloned().collect()
    }

    /// The last entry that the checkpoint has.
    pub fn through(&self) -> u64 {
        self.state().through
    }

    fn drop_through(&self, through: u64) {
        let mut state = self.state();
        let count = state.entries.iter().take_while(|(number, _)| *number <= through).count();
        let dropped: usize = state.entries.drain(..count).map(|(_, entry)| entry.len()).sum();
        state.bytes -= dropped;
        state.through = through;
    }

    /// Waits until there is something to do, or after a failure for a while.
    fn wait(&self, has_failed: bool) -> MutexGuard<'_, State> {
        let state = self.state();
        if has_failed {
            let waited = self.changed.wait_timeout_while(state, RETRY, |state| !state.is_over);
            return waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let waited = self.changed.wait_while(state, |state| !state.is_over && !state.are_many());
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread, which ends when this is dropped.
#[derive(Debug)]
pub struct Follower {
    pending: Arc<Pending>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    /// Where there can be no thread, the journal grows until the next start.
    pub fn start<D: Disk>(checkpoint: &Arc<Mutex<Checkpoint<D>>>, pending: &Arc<Pending>) -> Follower {
        let (of_thread, checkpoint) = (Arc::clone(pending), Arc::clone(checkpoint));
        let thread = thread::Builder::new().name("checkpoint".to_owned()).spawn(move || run(&checkpoint, &of_thread));
        if let Err(error) = &thread {
            tracing::warn!("could not start the thread that makes checkpoints of the journal: {error}");
        }
        Follower { pending: Arc::clone(pending), thread: thread.ok() }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.pending.state().is_over = true;
        self.pending.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run<D: Disk>(checkpoint: &Mutex<Checkpoint<D>>, pending: &Pending) {
    let mut has_failed = false;
    loop {
        let is_over = pending.wait(has_failed).is_over;
        // At the end too: the next start has less to read.
        match follow(checkpoint, pending) {
            Ok(()) if has_failed => {
                tracing::info!("the checkpoint of the journal is up to date again");
                has_failed = false;
            }
            Ok(()) => {}
            Err(error) if !has_failed => {
                tracing::warn!("no checkpoint of the journal, which grows until there is one: {error}");
                has_failed = true;
            }
            Err(_) => {}
        }
        if is_over {
            return;
        }
    }
}

/// Brings the checkpoint up to the last entry there is.
pub fn follow<D: Disk>(checkpoint: &Mutex<Checkpoint<D>>, pending: &Pending) -> Result<(), JournalError> {
    let entries = pending.entries();
    let Some((through, _)) = entries.last() else { return Ok(()) };
    let edits = edits(&entries).map_err(|damage| JournalError::Damaged { file: ENTRIES.to_owned(), damage })?;
    checkpoint.lock().unwrap_or_else(PoisonError::into_inner).follow(&edits, *through)?;
    pending.drop_through(*through);
    Ok(())
}

pub fn edits(entries: &[Numbered]) -> Result<LastEdits, Damage> {
    let mut together = BTreeMap::new();
    for (number, entry) in entries {
        let edits =
            format::entry_from_bytes(entry).map_err(|Damage(what)| Damage(format!("entry {number}: {what}")))?;
        together.extend(edits.into_iter().map(|edit| (edit.key, edit.row)));
    }
    Ok(together)
}
