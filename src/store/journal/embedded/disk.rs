//! The files of a data directory. Tests put a disk in its place that fails.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::sync::Arc;

use redb::StorageBackend;
use redb::backends::FileBackend;

use crate::data_directory::DataDirectory;

/// A directory with files in which redb keeps its pages.
pub trait Disk: fmt::Debug + Send + Sync + 'static {
    type File: StorageBackend;

    /// `None` if it is not there.
    fn open(&self, name: &str) -> io::Result<Option<Self::File>>;

    /// Makes an empty file, in the place of what has the name.
    fn create(&self, name: &str) -> io::Result<Self::File>;

    /// Gives a file, which may be open, another name, in the place of what has it. Returns once the disk has it.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// How a file is called in messages.
    fn path(&self, name: &str) -> String;
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
        backend(OpenOptions::new().read(true).write(true).create(true).truncate(true).open(self.0.path().join(name))?)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.0.path().join(from), self.0.path().join(to))?;
        // The names are the directory's.
        File::open(self.0.path())?.sync_all()
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
}

fn backend(file: File) -> io::Result<FileBackend> {
    FileBackend::new(file).map_err(io::Error::other)
}
