//! The journal on files that were damaged, or that lost their end.

use std::collections::BTreeSet;

use fastrand::Rng;

use super::fake_disk::{FakeDisk, Fault, FaultKind};
use super::tests::{CHANGES, Opened, account, apply, check, open, run_and_grow};
use super::*;
use crate::model::Account;

/// Every version that the account had, with a checkpoint half way.
pub fn history(disk: &FakeDisk, changes: u32) -> Vec<Account> {
    let (versions, opened) = changed(disk, changes);
    // As a kill leaves it: closing would make another checkpoint.
    disk.fail(Some(Fault { kind: FaultKind::Full, at: 0, count: u32::MAX }));
    drop(opened);
    versions
}

fn changed(disk: &FakeDisk, changes: u32) -> (Vec<Account>, Opened) {
    let opened = Opened::on(disk).unwrap();
    let mut versions = vec![account(&opened.store)];
    for number in 0..changes {
        apply(&opened.store, number).unwrap();
        versions.push(account(&opened.store));
        if number == changes / 2 {
            opened.make_checkpoint().unwrap();
        }
    }
    (versions, opened)
}

/// A damaged file is refused with its name and a way out, or is read as it was at some time: redb takes a transaction
/// that does not check for one that a power cut tore, and goes back to the one before.
fn check_damaged(disk: &FakeDisk, name: &str, versions: &[Account], what: &str) -> bool {
    match open(disk) {
        Ok(store) => {
            assert!(versions.contains(&account(&store)), "{what}");
            false
        }
        Err(error) => {
            let error = error.to_string();
            assert!(error.starts_with(&format!("fake/{name} ")), "{what}: {error}");
            assert!(
                error.contains(" is damaged: ")
                    && error.contains("; put a copy of the data directory in its place, or")
                    || error.contains("version"),
                "{what}: {error}"
            );
            true
        }
    }
}

#[test]
fn a_file_cut_anywhere_is_refused_or_whole() {
    let disk = FakeDisk::default();
    let versions = history(&disk, CHANGES);
    for name in [ENTRIES, CHECKPOINT] {
        let whole = disk.length(name);
        for length in (0..whole).step_by(whole / 150) {
            let cut = disk.with_file(name, |bytes| bytes.truncate(length));
            check_damaged(&cut, name, &versions, &format!("{name} cut at {length}"));
        }
    }
}

#[test]
fn a_file_with_a_wrong_byte_is_refused_or_whole() {
    let disk = FakeDisk::default();
    // So many that the last transaction has but a part of them.
    let versions = history(&disk, 120);
    let mut rng = Rng::with_seed(3);
    for name in [ENTRIES, CHECKPOINT] {
        let used = disk.used(name);
        let mut refused = 0;
        for _ in 0..200 {
            let (place, flip) = (*rng.choice(&used).unwrap(), 1 << rng.u32(..8));
            let damaged = disk.with_file(name, |bytes| bytes[place] ^= flip);
            refused += usize::from(check_damaged(&damaged, name, &versions, &format!("{name} at {place}")));
        }
        // Most of what is not 0 is of pages that nothing leads to any more.
        assert!(refused > 5, "{name}: {refused}");
    }
}

/// Whether the header of a file says that it is longer than it is.
fn is_short(disk: &FakeDisk, name: &str) -> bool {
    let file = disk.open(name).unwrap();
    file.is_some_and(|file| {
        short_file::expected_length(&file).unwrap().is_some_and(|length| length > disk.length(name) as u64)
    })
}

#[test]
fn a_file_that_an_earlier_version_left_short_is_opened_with_all_that_was_acknowledged() {
    let mut short = [0, 0];
    let disk = FakeDisk::default();
    disk.keep_lengths_back();
    let run = run_and_grow(&disk);
    let growths = disk.syncs_of_growth();
    drop(run);
    for at in growths {
        let disk = FakeDisk::default();
        disk.keep_lengths_back();
        disk.fail(Some(Fault { kind: FaultKind::Full, at, count: u32::MAX }));
        let (possible, _opened) = run_and_grow(&disk);
        let cut = disk.after_power_cut_before_lengths();
        for (count, name) in short.iter_mut().zip([ENTRIES, CHECKPOINT]) {
            *count += u32::from(is_short(&cut, name));
        }
        check(&cut, &possible, &format!("a power cut at {at}"));
    }
    assert!(short.iter().all(|count| *count > 0), "{short:?} files were short");
}

#[test]
fn a_file_that_lost_pages_at_its_end_is_refused_and_left_alone_or_whole() {
    let disk = FakeDisk::default();
    let versions = history(&disk, CHANGES);
    for name in [ENTRIES, CHECKPOINT] {
        let mut refused = 0;
        for length in (4096..disk.length(name)).step_by(4096) {
            let cut = disk.with_file(name, |bytes| bytes.truncate(length));
            let before = cut.bytes(name);
            if check_damaged(&cut, name, &versions, &format!("{name} cut at {length}")) {
                refused += 1;
                assert!(cut.bytes(name) == before, "{name} cut at {length} was changed");
            }
        }
        assert!(refused > 0, "{name}");
    }
}

#[test]
fn a_store_goes_on_after_redb_panics_on_a_damaged_file() {
    // Closed in order: redb then opens a file without reading it all.
    let disk = FakeDisk::default();
    let (_, opened) = changed(&disk, 120);
    drop(opened);
    let mut rng = Rng::with_seed(6);
    let mut written_anew = 0;
    let mut errors = BTreeSet::new();
    for name in [ENTRIES, CHECKPOINT] {
        let used = disk.used(name);
        for _ in 0..300 {
            let (place, flip) = (*rng.choice(&used).unwrap(), 1 << rng.u32(..8));
            let damaged = disk.with_file(name, |bytes| bytes[place] ^= flip);
            let Ok(opened) = Opened::on(&damaged) else { continue };
            let identity = damaged.identity(ENTRIES).unwrap();
            for number in 200..203 {
                let what = format!("change {number} with {name} flipped at {place} by {flip}");
                apply(&opened.store, number).unwrap_or_else(|error| panic!("{what}: {error}"));
                if let Err(error) = opened.make_checkpoint() {
                    assert!(error.to_string().contains("fake/checkpoint.redb"), "{what}: {error}");
                    errors.insert(error.to_string());
                }
            }
            written_anew += u32::from(damaged.identity(ENTRIES).unwrap() != identity);
        }
    }
    assert!(written_anew > 0);
    assert!(errors.iter().any(|error| error.contains("it makes no sense to redb")), "{errors:#?}");
}
