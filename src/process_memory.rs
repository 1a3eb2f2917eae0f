//! What the system and the allocator are asked for, so that a large account is found quickly and takes no more than it
//! needs.
//!
//! A query looks at a handful of places in hundreds of megabytes, and to find a page of 4 KiB among them costs more than to
//! read it: where Linux gives huge pages only to those who ask (`madvise`, as most distributions have it), this asks.
//! And each reload of a large account happens on some thread, of which glibc gives each a part of the heap of its own: what
//! one reload has given back, the next one would not find. Nor would the system: something small that lives on at the end of
//! such a part keeps all that is free before it.

#![allow(unsafe_code, reason = "madvise, mallopt and malloc_trim are C; no crate offers them")]

use std::fs;
use std::ops::Range;

/// Mappings that are smaller have nothing to gain.
const LEAST_BYTES: usize = 16 << 20;
/// The size of a huge page on the systems that have one of use here.
const HUGE_PAGE: usize = 2 << 20;

/// Has the allocator keep all threads' memory together. To be called before there are threads.
pub fn keep_together() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // Two: one is locked by whoever uses it, and what is served over connections allocates.
        const ARENAS: libc::c_int = 2;
        // A block of this size is mapped by itself, and gone once it is free. Without a word, glibc raises the size to that
        // of the largest it has seen, and the bodies of many requests would stay where other things come to lie between.
        const MAPPED_BYTES: libc::c_int = 128 << 10;
        // SAFETY: they set numbers in the allocator.
        unsafe {
            libc::mallopt(libc::M_ARENA_MAX, ARENAS);
            libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_BYTES);
        }
    }
}

/// To be called after an account was read, or a large one forgotten: asks for huge pages, then gives back what is free.
pub fn settle() {
    use_huge_pages();
    // Not before: a huge page is made whole, however little of it is in use.
    give_back();
}

/// Gives the system what the allocator holds of it and has no use for. Takes some milliseconds for some hundred megabytes
/// in huge pages, and some hundredths of a second in small ones. Others may wait meanwhile that allocate; answers over UDP
/// do not.
fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: it takes the locks it needs, and touches nothing that is in use.
        unsafe { libc::malloc_trim(0) };
    }
}

/// Asks for huge pages in all large anonymous mappings of this process, and for those that are in use at once. Takes as
/// long as copying them: a tenth of a second for some hundred megabytes, in which nobody waits for more than the copy of
/// one. Returns how many bytes were asked for; none where the system has no such pages.
fn use_huge_pages() -> usize {
    let Ok(maps) = fs::read_to_string("/proc/self/maps") else { return 0 };
    let large = maps.lines().filter_map(anonymous_mapping).map(whole_pages).filter(|range| range.len() >= LEAST_BYTES);
    large.filter(advise).map(|range| range.len()).sum()
}

/// The addresses of a line of `/proc/self/maps`, if it is memory of an allocator.
fn anonymous_mapping(line: &str) -> Option<Range<usize>> {
    let mut words = line.split_ascii_whitespace();
    let (addresses, permissions) = (words.next()?, words.next()?);
    // Offset, device and inode; then a name, which a file or a stack has.
    let name = words.nth(3).unwrap_or_default();
    let is_of_allocator = permissions == "rw-p" && matches!(name, "" | "[heap]");
    let (start, end) = addresses.split_once('-').filter(|_| is_of_allocator)?;
    Some(usize::from_str_radix(start, 16).ok()?..usize::from_str_radix(end, 16).ok()?)
}

/// The huge pages that lie in it whole.
fn whole_pages(range: Range<usize>) -> Range<usize> {
    range.start.next_multiple_of(HUGE_PAGE)..range.end / HUGE_PAGE * HUGE_PAGE
}

#[cfg(target_os = "linux")]
fn advise(range: &Range<usize>) -> bool {
    let advise = |advice| {
        // SAFETY: neither piece of advice changes what the memory holds or who may use it, whoever has unmapped or mapped
        // something there meanwhile; the kernel refuses what it cannot do.
        unsafe { libc::madvise(std::ptr::without_provenance_mut(range.start), range.len(), advice) == 0 }
    };
    let is_advised = advise(libc::MADV_HUGEPAGE);
    if is_advised {
        // A kernel that does not know this one comes to it by and by.
        advise(libc::MADV_COLLAPSE);
    }
    is_advised
}

#[cfg(not(target_os = "linux"))]
fn advise(_: &Range<usize>) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_an_allocator_is_told_from_all_other() {
        for (line, mapping) in [
            ("5581c0a6d000-5581d0a8e000 rw-p 00000000 00:00 0                          [heap]", true),
            ("7f1c24000000-7f1c26000000 rw-p 00000000 00:00 0 ", true),
            ("7f1c26000000-7f1c28000000 ---p 00000000 00:00 0", false),
            ("7ffd3a1e0000-7ffd3a201000 rw-p 00000000 00:00 0                          [stack]", false),
            ("7f1c2a000000-7f1c2b000000 rw-p 00001000 fe:00 1234                       /usr/lib/libc.so.6", false),
            ("7f1c2a000000-7f1c2b000000 r-xp 00000000 00:00 0                          [vdso]", false),
            ("", false),
            ("zz-10 rw-p 0 0 0", false),
        ] {
            assert_eq!(anonymous_mapping(line).is_some(), mapping, "{line}");
        }
        assert_eq!(anonymous_mapping("200000-600000 rw-p 00000000 00:00 0"), Some(0x20_0000..0x60_0000));
    }

    #[test]
    fn only_whole_pages_are_asked_for() {
        assert_eq!(whole_pages(1..3 * HUGE_PAGE + 5), HUGE_PAGE..3 * HUGE_PAGE);
        assert!(whole_pages(1..HUGE_PAGE).is_empty());
    }

    #[test]
    fn what_memory_holds_stays_as_it_was() {
        let large: Vec<u64> = (0..(2 * LEAST_BYTES / 8) as u64).collect();
        use_huge_pages();
        assert!(large.iter().copied().eq(0..large.len() as u64));
    }
}
