//! Files that are shorter than their header says.
//!
//! With earlier versions a power cut could leave one, when the header of a transaction that grew the file reached the disk
//! before the file's new length. Such a file has all that was acknowledged, and opens once it is as long as its header
//! says: the transaction in flight, whose pages are missing, is rolled back by its checksums. A file that lost its end in
//! another way usually has no whole transaction, and stays as it is.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use redb::StorageBackend;

use super::super::{Damage, JournalError};
use super::Disk;
use super::failure::{Failure, abandon, catch};

const PAGE: u64 = 4096;

/// Makes a file as long as its header says, if it then has a whole transaction.
pub fn lengthen<D: Disk>(file: &Arc<D::File>, disk: &D, name: &str) -> Result<(), JournalError> {
    let failed = |error: io::Error| Failure::from(error).of_reading(disk, name);
    let length = file.len().map_err(failed)?;
    let Some(expected) = expected_length(&**file).map_err(failed)?.filter(|expected| *expected > length) else {
        return Ok(());
    };
    let too_short = |why: &str| {
        let damage = Damage(format!("it has {length} bytes, and its header says {expected}{why}"));
        JournalError::Damaged { file: disk.path(name), damage }
    };
    // Every length that redb gives a file is one of whole pages, and at most two regions are added at once.
    if length % PAGE != 0 || expected - length > 2 * REGION_PAGES * PAGE {
        return Err(too_short(""));
    }
    check_lengthened(file, expected).map_err(|failure| too_short(&format!("; lengthened, {failure}")))?;
    let lengthened = file.set_len(expected).and_then(|()| file.sync_data());
    lengthened.map_err(|error| Failure::from(error).of_writing(disk, name))?;
    tracing::warn!(
        "{} was shorter than its header says, as a power cut can leave it: opened with its last whole transaction",
        disk.path(name)
    );
    Ok(())
}

/// Of redb's header (design.md of redb, "Super-header"), what gives the length of the file.
const HEADER_BYTES: usize = 32;
const MAGIC: &[u8] = b"redb\x1a\x0a\xa9\x0d\x0a";
const PAGE_SIZE: usize = 12;
const REGION_HEADER_PAGES: usize = 16;
const REGION_MAX_DATA_PAGES: usize = 20;
const FULL_REGIONS: usize = 24;
const TRAILING_PAGES: usize = 28;
/// Of a region as this program has redb create them, which have no header.
const REGION_PAGES: u64 = 1 << 20;

/// How long the file must be; `None` if it has no header of ours, which redb then rejects.
pub fn expected_length(file: &impl StorageBackend) -> io::Result<Option<u64>> {
    let mut header = [0; HEADER_BYTES];
    if file.len()? < HEADER_BYTES as u64 {
        return Ok(None);
    }
    file.read(0, &mut header)?;
    let number = |at: usize| {
        let bytes = header[at..].first_chunk().copied().unwrap_or_default();
        u64::from(u32::from_le_bytes(bytes))
    };
    let is_ours = header.starts_with(MAGIC)
        && number(PAGE_SIZE) == PAGE
        && number(REGION_HEADER_PAGES) == 0
        && number(REGION_MAX_DATA_PAGES) == REGION_PAGES
        && number(TRAILING_PAGES) < REGION_PAGES;
    // At most 2^32 regions of 2^32 bytes.
    let pages = 1 + number(FULL_REGIONS) * REGION_PAGES + number(TRAILING_PAGES);
    Ok(pages.checked_mul(PAGE).filter(|_| is_ours))
}

/// Has redb open and check the file with zeros at its end, without changing it.
fn check_lengthened<F: StorageBackend>(file: &Arc<F>, length: u64) -> Result<(), Failure> {
    let trial = Trial { file: Arc::clone(file), length: AtomicU64::new(length), written: Mutex::default() };
    let mut builder = redb::Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    let mut database = catch(|| Ok(builder.create_with_backend(trial)?))?;
    // What was closed in order is opened without looking at it.
    let checked = catch(|| Ok(database.check_integrity()?));
    abandon(database);
    checked.map(drop)
}

const CACHE_BYTES: usize = 4 << 20;

/// A file with another length, and with writes that stay in memory.
#[derive(Debug)]
struct Trial<F> {
    file: Arc<F>,
    length: AtomicU64,
    /// By number, the pages that were written.
    written: Mutex<BTreeMap<u64, Vec<u8>>>,
}

impl<F: StorageBackend> Trial<F> {
    /// A page of the file itself, with zeros beyond its end.
    fn page(&self, number: u64) -> io::Result<Vec<u8>> {
        let mut page = vec![0; PAGE as usize];
        let there = self.file.len()?.saturating_sub(number * PAGE).min(PAGE);
        if there > 0 {
            self.file.read(number * PAGE, &mut page[..there as usize])?;
        }
        Ok(page)
    }

    /// Goes through the pages of a range: the number, where in the page it begins, and the part of the range.
    fn parts(offset: u64, length: usize) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
        let mut done = 0;
        std::iter::from_fn(move || {
            let (number, begin) = ((offset + done as u64) / PAGE, ((offset + done as u64) % PAGE) as usize);
            let count = (length - done).min(PAGE as usize - begin);
            let part = done..done + count;
            done += count;
            (count > 0).then_some((number, begin, part))
        })
    }
}

impl<F: StorageBackend> StorageBackend for Trial<F> {
    fn len(&self) -> io::Result<u64> {
        Ok(self.length.load(Ordering::Relaxed))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if offset.checked_add(out.len() as u64).is_none_or(|end| end > self.length.load(Ordering::Relaxed)) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        for (number, begin, part) in Self::parts(offset, out.len()) {
            let out = &mut out[part];
            let end = begin + out.len();
            match written.get(&number) {
                Some(page) => out.copy_from_slice(&page[begin..end]),
                None => out.copy_from_slice(&self.page(number)?[begin..end]),
            }
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.length.store(length, Ordering::Relaxed);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        for (number, begin, part) in Self::parts(offset, data.len()) {
            let page = match written.entry(number) {
                Entry::Occupied(page) => page.into_mut(),
                Entry::Vacant(page) => page.insert(self.page(number)?),
            };
            let data = &data[part];
            page[begin..begin + data.len()].copy_from_slice(data);
        }
        Ok(())
    }
}
