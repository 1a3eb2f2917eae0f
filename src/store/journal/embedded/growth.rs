//! Growth that is durable before redb relies on it.

use std::io;
use std::sync::Arc;

use redb::StorageBackend;

/// A file whose new length is on the disk once `set_len` returns.
///
/// redb lengthens a file and writes the header that counts on the new length under one sync. The file system may write
/// the header first and the length, which is in the inode, later: ext4 does. A power cut between the two leaves a file
/// that redb refuses. A shrunk file needs no such care: its header was synced before.
#[derive(Debug)]
pub struct DurableGrowth<F>(pub Arc<F>);

impl<F: StorageBackend> StorageBackend for DurableGrowth<F> {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let grows = length > self.0.len()?;
        self.0.set_len(length)?;
        if grows { self.0.sync_data() } else { Ok(()) }
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.0.close()
    }
}
