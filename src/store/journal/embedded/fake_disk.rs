//! A disk in memory that fails when told to, and that forgets in a power cut what was not synced.

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
    /// How often it was written to, made longer, synced or renamed.
    operations: u32,
}

#[derive(Clone, Debug, Default)]
struct Contents {
    /// What is read.
    cached: Vec<u8>,
    /// What a power cut leaves at least.
    synced: Vec<u8>,
    /// What came since: the disk has any of it, in any order.
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

    pub fn operations(&self) -> u32 {
        self.state().operations
    }

    /// The disk as another process finds it once this one was killed.
    pub fn after_kill(&self) -> FakeDisk {
        self.image(|file| file.cached.clone())
    }

    /// The disk after a power cut, with some of what was not synced.
    pub fn after_power_cut(&self, rng: &mut Rng) -> FakeDisk {
        let share = rng.u32(..5);
        self.image(|file| {
            let mut bytes = file.synced.clone();
            for write in &file.unsynced {
                if rng.u32(..4) >= share {
                    continue;
                }
                let mut write = write.clone();
                if let Write::Bytes { bytes, .. } = &mut write
                    && rng.u32(..8) == 0
                {
                    bytes.truncate(rng.usize(..bytes.len()));
                }
                apply(&write, &mut bytes);
            }
            bytes
        })
    }

    /// The disk with one file changed.
    pub fn with_file(&self, name: &str, change: impl Fn(&mut Vec<u8>)) -> FakeDisk {
        let disk = self.after_kill();
        {
            let mut state = disk.state();
            let number = state.names[name];
            let file = &mut state.files[number];
            change(&mut file.cached);
            file.synced = file.cached.clone();
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
        let state = self.state();
        state.files[state.names[name]].cached.len()
    }

    /// Where a file has bytes other than 0.
    pub fn used(&self, name: &str) -> Vec<usize> {
        let state = self.state();
        let bytes = &state.files[state.names[name]].cached;
        (0..bytes.len()).filter(|place| bytes[*place] != 0).collect()
    }

    fn image(&self, mut contents: impl FnMut(&Contents) -> Vec<u8>) -> FakeDisk {
        let state = self.state();
        let contents = |file| {
            let bytes = contents(file);
            Contents { cached: bytes.clone(), synced: bytes, unsynced: Vec::new() }
        };
        let files = state.files.iter().map(contents).collect();
        FakeDisk(Arc::new(Mutex::new(State { names: state.names.clone(), files, fault: None, operations: 0 })))
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

fn apply(write: &Write, to: &mut Vec<u8>) {
    match write {
        Write::Bytes { offset, bytes } => {
            if to.len() < offset + bytes.len() {
                to.resize(offset + bytes.len(), 0);
            }
            to[*offset..*offset + bytes.len()].copy_from_slice(bytes);
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
        apply(&write, &mut file.cached);
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
        let fault = state.fault();
        let file = &mut state.files[self.number];
        let unsynced = std::mem::take(&mut file.unsynced);
        match fault {
            None => {
                unsynced.iter().for_each(|write| apply(write, &mut file.synced));
                Ok(())
            }
            Some(FaultKind::Io) => Err(error(FaultKind::Io)),
            Some(kind) => {
                file.unsynced = unsynced;
                Err(error(kind))
            }
        }
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        FakeFile::write(self, Write::Bytes { offset: offset as usize, bytes: data.to_vec() })
    }
}
