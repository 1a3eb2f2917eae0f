//! A disk in memory that fails when told to, and that forgets in a power cut what was not synced.
//!
//! It is as strict as ext4: the length of a file is in its inode, which reaches the disk after the data blocks, if at all.
//! A power cut leaves a file with a length that it had, and the bytes beyond that are lost, even if they were written.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use fastrand::Rng;
use redb::StorageBackend;

use super::Disk;

/// Handles share one disk.
#[derive(Clone, Debug, Default)]
pub struct FakeDisk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The files by their names; a renaming is synced.
    names: BTreeMap<String, usize>,
    files: Vec<Contents>,
    fault: Option<Fault>,
    /// Whether a file with nothing but a new length is not synced.
    keeps_lengths_back: bool,
    /// How often it was written to, made longer, synced or renamed.
    operations: u32,
    /// Those that synced a file that had grown.
    syncs_of_growth: Vec<u32>,
}

#[derive(Clone, Debug, Default)]
struct Contents {
    /// What is read.
    cached: Vec<u8>,
    /// What a power cut leaves at least.
    synced: Vec<u8>,
    /// What came since. Of the bytes the disk has any, in any order; of the lengths the first few.
    unsynced: Vec<Write>,
}

#[derive(Clone, Debug)]
enum Write {
    Bytes { offset: usize, bytes: Vec<u8> },
    Length(usize),
}

/// What goes wrong, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    /// The number of the operation.
    pub at: u32,
    /// How many operations fail from there on.
    pub count: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Nothing is written.
    Full,
    /// Half is written.
    Short,
    /// A failed sync forgets what it should have synced, and the next one succeeds without it, as in Linux.
    Io,
}

impl FakeDisk {
    pub fn fail(&self, fault: Option<Fault>) {
        self.state().fault = fault;
    }

    /// Makes new lengths durable only together with bytes, as it was before growth was synced by itself.
    pub fn keep_lengths_back(&self) {
        self.state().keeps_lengths_back = true;
    }

    pub fn operations(&self) -> u32 {
        self.state().operations
    }

    /// The operations that synced a file that had grown.
    pub fn syncs_of_growth(&self) -> Vec<u32> {
        self.state().syncs_of_growth.clone()
    }

    /// The disk as another process finds it once this one was killed: nothing is lost, and nothing more is synced.
    pub fn after_kill(&self) -> FakeDisk {
        self.image(Contents::clone)
    }

    /// The disk after a power cut, with some of what was not synced.
    pub fn after_power_cut(&self, rng: &mut Rng) -> FakeDisk {
        let share = rng.u32(..5);
        self.image(|file| {
            let mut survivors = file.unsynced.clone();
            survivors.retain(|write| matches!(write, Write::Length(_)) || rng.u32(..4) < share);
            for write in &mut survivors {
                if let Write::Bytes { bytes, .. } = write
                    && rng.u32(..8) == 0
                {
                    bytes.truncate(rng.usize(..bytes.len()));
                }
            }
            let lengths = survivors.iter().filter(|write| matches!(write, Write::Length(_))).count();
            let lengths = match rng.u32(..3) {
                0 => 0,
                1 => rng.usize(..=lengths),
                _ => lengths,
            };
            Contents::on_disk(after(&file.synced, &survivors, lengths))
        })
    }

    /// The disk after a power cut between the data blocks and the inodes: all bytes that lie within the synced lengths.
    pub fn after_power_cut_before_lengths(&self) -> FakeDisk {
        self.image(|file| Contents::on_disk(after(&file.synced, &file.unsynced, 0)))
    }

    /// The disk with one file changed.
    pub fn with_file(&self, name: &str, change: impl Fn(&mut Vec<u8>)) -> FakeDisk {
        let disk = self.after_kill();
        {
            let mut state = disk.state();
            let number = state.names[name];
            let file = &mut state.files[number];
            let mut bytes = std::mem::take(&mut file.cached);
            change(&mut bytes);
            *file = Contents::on_disk(bytes);
        }
        disk
    }

    pub fn without_file(&self, name: &str) -> FakeDisk {
        let disk = self.after_kill();
        disk.state().names.remove(name);
        disk
    }

    /// Takes a file away, which may be open.
    pub fn remove(&self, name: &str) {
        self.state().names.remove(name);
    }

    pub fn length(&self, name: &str) -> usize {
        self.bytes(name).len()
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        let state = self.state();
        state.files[state.names[name]].cached.clone()
    }

    /// Where a file has bytes other than 0.
    pub fn used(&self, name: &str) -> Vec<usize> {
        let state = self.state();
        let bytes = &state.files[state.names[name]].cached;
        (0..bytes.len()).filter(|place| bytes[*place] != 0).collect()
    }

    fn image(&self, contents: impl FnMut(&Contents) -> Contents) -> FakeDisk {
        let state = self.state();
        let files = state.files.iter().map(contents).collect();
        FakeDisk(Arc::new(Mutex::new(State { names: state.names.clone(), files, ..State::default() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl State {
    /// The fault of this operation.
    fn fault(&mut self) -> Option<FaultKind> {
        let now = self.operations;
        self.operations += 1;
        self.fault
            .filter(|fault| (fault.at..fault.at.saturating_add(fault.count)).contains(&now))
            .map(|fault| fault.kind)
    }
}

impl Contents {
    fn on_disk(bytes: Vec<u8>) -> Contents {
        Contents { cached: bytes.clone(), synced: bytes, unsynced: Vec::new() }
    }
}

/// What a file holds after these writes when only the first of its new lengths reached the disk.
fn after(synced: &[u8], writes: &[Write], lengths: usize) -> Vec<u8> {
    let mut bytes = synced.to_vec();
    let (mut length, mut left) = (bytes.len(), lengths);
    for write in writes {
        if let Write::Length(new) = write {
            let Some(fewer) = left.checked_sub(1) else { continue };
            (length, left) = (*new, fewer);
            // Growing again, it would have zeros there.
            bytes.truncate(length);
        } else {
            apply(write, &mut bytes);
        }
    }
    bytes.resize(length, 0);
    bytes
}

/// Applies a write to bytes that reach as far as they must.
fn apply(write: &Write, to: &mut Vec<u8>) {
    match write {
        Write::Bytes { offset, bytes } => {
            let end = offset + bytes.len();
            to.resize(to.len().max(end), 0);
            to[*offset..end].copy_from_slice(bytes);
        }
        Write::Length(length) => to.resize(*length, 0),
    }
}

fn error(kind: FaultKind) -> io::Error {
    match kind {
        FaultKind::Full | FaultKind::Short => io::Error::from_raw_os_error(28),
        FaultKind::Io => io::Error::from_raw_os_error(5),
    }
}

impl Disk for FakeDisk {
    type File = FakeFile;

    fn open(&self, name: &str) -> io::Result<Option<FakeFile>> {
        let number = self.state().names.get(name).copied();
        Ok(number.map(|number| FakeFile { disk: self.clone(), number }))
    }

    fn create(&self, name: &str) -> io::Result<FakeFile> {
        let mut state = self.state();
        if let Some(kind) = state.fault() {
            return Err(error(kind));
        }
        let number = state.files.len();
        state.files.push(Contents::default());
        state.names.insert(name.to_owned(), number);
        Ok(FakeFile { disk: self.clone(), number })
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.state();
        if let Some(kind) = state.fault() {
            return Err(error(kind));
        }
        let number = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), number);
        Ok(())
    }

    fn identity(&self, name: &str) -> io::Result<(u64, u64)> {
        let number = self.state().names.get(name).copied();
        number.map(|number| (0, number as u64)).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn path(&self, name: &str) -> String {
        format!("fake/{name}")
    }
}

#[derive(Debug)]
pub struct FakeFile {
    disk: FakeDisk,
    number: usize,
}

impl FakeFile {
    fn write(&self, write: Write) -> io::Result<()> {
        let mut state = self.disk.state();
        let fault = state.fault();
        let file = &mut state.files[self.number];
        let write = match (fault, write) {
            (None, write) => write,
            (Some(FaultKind::Short), Write::Bytes { offset, mut bytes }) => {
                bytes.truncate(bytes.len() / 2);
                Write::Bytes { offset, bytes }
            }
            (Some(kind), _) => return Err(error(kind)),
        };
        let length = file.cached.len();
        apply(&write, &mut file.cached);
        let is_longer = file.cached.len() > length;
        if let Write::Bytes { .. } = write
            && is_longer
        {
            file.unsynced.push(Write::Length(file.cached.len()));
        }
        file.unsynced.push(write);
        fault.map_or(Ok(()), |kind| Err(error(kind)))
    }
}

impl StorageBackend for FakeFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.state().files[self.number].cached.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.disk.state();
        let bytes = &state.files[self.number].cached;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = start.checked_add(out.len()).filter(|end| *end <= bytes.len());
        out.copy_from_slice(&bytes[start..end.ok_or(io::ErrorKind::UnexpectedEof)?]);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.write(Write::Length(length as usize))
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        let file = &state.files[self.number];
        if state.keeps_lengths_back && file.unsynced.iter().all(|write| matches!(write, Write::Length(_))) {
            return Ok(());
        }
        if file.cached.len() > file.synced.len() {
            let now = state.operations;
            state.syncs_of_growth.push(now);
        }
        let fault = state.fault();
        let file = &mut state.files[self.number];
        match fault {
            None => {
                let unsynced = std::mem::take(&mut file.unsynced);
                file.synced = after(&file.synced, &unsynced, usize::MAX);
                // Even if a failed sync has forgotten how it came about.
                file.synced.resize(file.cached.len(), 0);
                Ok(())
            }
            Some(FaultKind::Io) => {
                file.unsynced.clear();
                Err(error(FaultKind::Io))
            }
            Some(kind) => Err(error(kind)),
        }
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        FakeFile::write(self, Write::Bytes { offset: offset as usize, bytes: data.to_vec() })
    }
}
