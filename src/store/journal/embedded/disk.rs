//! The files of a data directory. Tests put a disk in its place that fails.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use redb::StorageBackend;
use redb::backends::FileBackend;

use crate::data_directory::{DataDirectory, create_private_file};

/// A directory with files in which redb keeps its pages.
pub trait Disk: fmt::Debug + Send + Sync + 'static {
    type File: StorageBackend;

    /// `None` if it is not there.
    fn open(&self, name: &str) -> io::Result<Option<Self::File>>;

    /// Makes an empty file, in the place of what has the name.
    fn create(&self, name: &str) -> io::Result<Self::File>;

    /// Gives a file, which may be open, another name, in the place of what has it. Returns once the disk has it.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// What tells the file that has this name now from any other.
    fn identity(&self, name: &str) -> io::Result<(u64, u64)>;

    /// How a file is called in messages.
    fn path(&self, name: &str) -> String;
}

/// The file that had a name when it was opened.
#[derive(Debug)]
pub struct Place {
    name: &'static str,
    identity: (u64, u64),
}

impl Place {
    pub fn of(disk: &impl Disk, name: &'static str) -> io::Result<Place> {
        Ok(Place { name, identity: disk.identity(name)? })
    }

    /// Whether it still has it. A file that was deleted while it is open can be written to, and is gone all the same.
    pub fn is_kept(&self, disk: &impl Disk) -> bool {
        disk.identity(self.name).is_ok_and(|identity| identity == self.identity)
    }
}

/// A data directory.
#[derive(Debug)]
pub struct Directory(pub Arc<DataDirectory>);

impl Disk for Directory {
    type File = FileBackend;

    fn open(&self, name: &str) -> io::Result<Option<FileBackend>> {
        match OpenOptions::new().read(true).write(true).open(self.0.path().join(name)) {
            Ok(file) => backend(file).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn create(&self, name: &str) -> io::Result<FileBackend> {
        backend(create_private_file(&self.0.path().join(name))?)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.0.path().join(from), self.0.path().join(to))?;
        // The names are the directory's.
        File::open(self.0.path())?.sync_all()
    }

    fn identity(&self, name: &str) -> io::Result<(u64, u64)> {
        let metadata = fs::metadata(self.0.path().join(name))?;
        Ok((metadata.dev(), metadata.ino()))
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
}

fn backend(file: File) -> io::Result<FileBackend> {
    FileBackend::new(file).map_err(io::Error::other)
}
