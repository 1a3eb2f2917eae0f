//! The journal on a disk that fails, loses power, or was damaged.

use fastrand::Rng;

use redb::{Database, TableDefinition};

use super::damage_tests::history;
use super::database::{ABOUT, VERSION_KEY};
use super::fake_disk::{FakeDisk, Fault, FaultKind};
use super::*;
use crate::change::{Action, Change, RecordSetChange};
use crate::model::{
    Account, CallerReference, DelegationSet, DomainName, HostedZone, HostedZoneId, HostedZoneParts,
    HostedZoneRegistration, RecordSet, RecordType, RecordValue, Visibility,
};
use crate::snapshot::CountryData;
use crate::store::{OpenError, Store, StoreError};

pub fn open(disk: &FakeDisk) -> Result<Store, OpenError> {
    let journal = Embedded::open_on(disk.clone())?;
    Store::open(Account::default(), CountryData::default(), Box::new(journal))
}

/// A store, and a handle on its journal's checkpoint.
pub struct Opened {
    pub store: Store,
    checkpoint: Arc<Mutex<Checkpoint<FakeDisk>>>,
    pending: Arc<Pending>,
}

impl Opened {
    pub fn on(disk: &FakeDisk) -> Result<Opened, OpenError> {
        let journal = Embedded::open_on(disk.clone())?;
        let (checkpoint, pending) = (Arc::clone(&journal.checkpoint), Arc::clone(&journal.pending));
        let store = Store::open(Account::default(), CountryData::default(), Box::new(journal))?;
        Ok(Opened { store, checkpoint, pending })
    }

    pub fn make_checkpoint(&self) -> Result<(), JournalError> {
        follow::follow(&self.checkpoint, &self.pending)
    }
}

pub fn account(store: &Store) -> Account {
    Account::clone(store.snapshots().load().account())
}

fn zone_id() -> HostedZoneId {
    HostedZoneId::new("Z1").unwrap()
}

fn put_zone() -> Change {
    let (id, name) = (zone_id(), DomainName::parse("example.test").unwrap());
    let servers = DelegationSet::of_public_zone(&id);
    let record_sets = vec![servers.ns_record_set(&name), servers.soa_record_set(&name)];
    let parts = HostedZoneParts { id, name, comment: "".into(), visibility: Visibility::Public, record_sets };
    let zone = Box::new(HostedZone::new(parts).unwrap());
    let caller_reference = CallerReference::new(zone.id().as_str()).unwrap();
    let registration = HostedZoneRegistration { caller_reference, delegation_set: None };
    Change::CreateHostedZone { zone, registration, vpc: None }
}

/// Two names that say the same number: never only one of them does.
fn change(number: u32) -> Change {
    pair_change(number, number % 5, &[format!("\"{}\"", "x".repeat(number as usize * 37 % 200))])
}

/// One of some 28 kB, with names of its own.
fn large_change(number: u32) -> Change {
    let strings = format!(" \"{}\"", "x".repeat(250)).repeat(13);
    let values = ["a", "b", "c", "d"].map(|first| format!("\"{first}\"{strings}"));
    pair_change(number, number, &values)
}

fn pair_change(number: u32, names: u32, values: &[String]) -> Change {
    let changes = ["a", "b"].map(|side| {
        let name = DomainName::parse(&format!("n{names}{side}.example.test")).unwrap();
        let values = values.iter().map(|value| RecordValue::parse(RecordType::Txt, value).unwrap()).collect();
        let record_set = RecordSet::with_values(name, RecordType::Txt, number, values).unwrap();
        RecordSetChange { action: Action::Upsert, record_set }
    });
    Change::ChangeRecordSets { hosted_zone: zone_id(), changes: changes.into() }
}

pub fn apply(store: &Store, number: u32) -> Result<(), StoreError> {
    store.apply(if number == 0 { put_zone() } else { change(number) }).map(drop)
}

pub const CHANGES: u32 = 9;

/// Changes with checkpoints among them. Gives what a disk may hold at the end: what the store says is there, and what
/// that would be with a change that failed.
fn run(disk: &FakeDisk) -> (Vec<Account>, Option<Opened>) {
    run_changes(disk, CHANGES, change, |number| number % 3 == 2)
}

/// Changes that make both files grow. They begin larger than they must be, and are halved with each transaction.
pub fn run_and_grow(disk: &FakeDisk) -> (Vec<Account>, Option<Opened>) {
    const SMALL: u32 = 10;
    let change = |number| if number < SMALL { change(number) } else { large_change(number) };
    run_changes(disk, 3 * SMALL, change, |number| number < SMALL || number % SMALL == 9)
}

fn run_changes(
    disk: &FakeDisk,
    count: u32,
    change: impl Fn(u32) -> Change,
    is_checkpoint_due: impl Fn(u32) -> bool,
) -> (Vec<Account>, Option<Opened>) {
    let mut possible = vec![Account::default()];
    let Ok(opened) = Opened::on(disk) else { return (possible, None) };
    for number in 0..count {
        let before = account(&opened.store);
        match opened.store.apply(if number == 0 { put_zone() } else { change(number) }) {
            Ok(_) => possible = vec![account(&opened.store)],
            Err(StoreError::Journal(JournalError::Unwritable { file, .. })) => {
                assert_eq!(file, "fake/journal.redb");
                assert_eq!(account(&opened.store), before, "what is not kept is not published");
                let change = if number == 0 { put_zone() } else { change(number) };
                possible.push(crate::change::plan(&before, change).unwrap());
            }
            // The zone could not be made.
            Err(error) => assert!(matches!(error, StoreError::Change(_)) && possible.len() > 1, "{error}"),
        }
        if is_checkpoint_due(number) {
            let _ = opened.make_checkpoint();
        }
    }
    (possible, Some(opened))
}

pub fn check(disk: &FakeDisk, possible: &[Account], what: &str) {
    let found = match open(disk) {
        Ok(store) => account(&store),
        Err(error) => panic!("{what}: {error}"),
    };
    assert!(possible.contains(&found), "{what}: found {found:?}\nnot among {possible:?}");
}

/// How many operations a run takes without faults.
fn operations() -> u32 {
    let disk = FakeDisk::default();
    let (possible, _opened) = run(&disk);
    assert_eq!(possible.len(), 1);
    disk.operations()
}

#[test]
fn whatever_fails_once_nothing_acknowledged_is_lost_and_later_changes_work() {
    let mut rng = Rng::with_seed(1);
    for kind in [FaultKind::Full, FaultKind::Short, FaultKind::Io] {
        for at in 0..operations() {
            let disk = FakeDisk::default();
            disk.fail(Some(Fault { kind, at, count: 1 }));
            let (possible, opened) = run(&disk);
            let what = format!("{kind:?} at {at}");
            check(&disk.after_kill(), &possible, &what);
            check(&disk.after_power_cut(&mut rng), &possible, &what);
            // The next one goes on with the disk as it is.
            drop(opened);
            disk.fail(None);
            let opened = Opened::on(&disk).unwrap();
            let next = if opened.store.snapshots().load().account().hosted_zones().is_empty() { 0 } else { CHANGES };
            apply(&opened.store, next).unwrap_or_else(|error| panic!("{what}: {error}"));
            check(&disk.after_power_cut(&mut rng), &[account(&opened.store)], &what);
        }
    }
}

#[test]
fn a_change_works_again_once_the_disk_does() {
    for kind in [FaultKind::Full, FaultKind::Short, FaultKind::Io] {
        let disk = FakeDisk::default();
        let opened = Opened::on(&disk).unwrap();
        (0..4).for_each(|number| apply(&opened.store, number).unwrap());
        let before = account(&opened.store);
        disk.fail(Some(Fault { kind, at: 0, count: u32::MAX }));
        for number in 4..7 {
            let error = apply(&opened.store, number).unwrap_err().to_string();
            assert!(
                error.starts_with("nothing was changed, for it could not be kept: could not write fake/journal.redb: "),
                "{error}"
            );
            assert_eq!(account(&opened.store), before);
        }
        assert!(opened.make_checkpoint().is_err());
        disk.fail(None);
        apply(&opened.store, 7).unwrap();
        opened.make_checkpoint().unwrap();
        apply(&opened.store, 8).unwrap();
        check(&disk.after_power_cut(&mut Rng::with_seed(1)), &[account(&opened.store)], "once it works");
    }
}

#[test]
fn after_a_power_cut_at_any_moment_all_that_was_acknowledged_is_there() {
    let mut rng = Rng::with_seed(2);
    for at in 0..operations() {
        let disk = FakeDisk::default();
        disk.fail(Some(Fault { kind: FaultKind::Full, at, count: u32::MAX }));
        let (possible, _opened) = run(&disk);
        let what = format!("a power cut at {at}");
        check(&disk.after_power_cut_before_lengths(), &possible, &what);
        for _ in 0..4 {
            check(&disk.after_power_cut(&mut rng), &possible, &what);
        }
    }
}

#[test]
fn after_a_power_cut_while_a_file_grows_all_that_was_acknowledged_is_there() {
    let mut rng = Rng::with_seed(4);
    let disk = FakeDisk::default();
    let run = run_and_grow(&disk);
    let growths = disk.syncs_of_growth();
    drop(run);
    for at in growths {
        let disk = FakeDisk::default();
        disk.fail(Some(Fault { kind: FaultKind::Full, at, count: u32::MAX }));
        let (possible, _opened) = run_and_grow(&disk);
        let what = format!("a power cut at {at}");
        check(&disk.after_power_cut_before_lengths(), &possible, &what);
        for _ in 0..4 {
            check(&disk.after_power_cut(&mut rng), &possible, &what);
        }
        // The length that the killed process left is not yet on the disk.
        for start_at in 0.. {
            let killed = disk.after_kill();
            killed.fail(Some(Fault { kind: FaultKind::Full, at: start_at, count: u32::MAX }));
            let started = open(&killed);
            let what = format!("a kill at {at}, and a power cut at {start_at} of the start");
            check(&killed.after_power_cut_before_lengths(), &possible, &what);
            check(&killed.after_power_cut(&mut rng), &possible, &what);
            if started.is_ok() {
                break;
            }
        }
    }
}

fn error_of(disk: &FakeDisk) -> String {
    open(disk).unwrap_err().to_string()
}

#[test]
fn a_file_that_is_missing_or_of_another_version_is_told() {
    let disk = FakeDisk::default();
    history(&disk, CHANGES);
    let way_out = "put a copy of the data directory in its place, or move journal.redb and checkpoint.redb away to \
                   begin without what was changed through the store";
    assert_eq!(
        error_of(&disk.without_file(ENTRIES)),
        format!("fake/journal.redb is missing, though checkpoint.redb is there; {way_out}")
    );
    assert_eq!(
        error_of(&disk.without_file(CHECKPOINT)),
        format!("fake/checkpoint.redb is missing, though journal.redb is there; {way_out}")
    );
    assert_eq!(
        error_of(&disk.with_file(ENTRIES, Vec::clear)),
        format!("fake/journal.redb is damaged: it is empty; {way_out}")
    );
    for name in [ENTRIES, CHECKPOINT] {
        let other = FakeDisk::default();
        drop(open(&other).unwrap());
        let database = Database::builder().create_with_backend(other.open(name).unwrap().unwrap()).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction.open_table(ABOUT).unwrap().insert(VERSION_KEY, 7).unwrap();
        transaction.commit().unwrap();
        drop(database);
        assert_eq!(
            error_of(&other),
            format!(
                "fake/{name} has version 7 of the journal's format, and this route53d knows 1; run one that knows it, \
                 or name another directory"
            )
        );
    }
}

#[test]
fn an_entry_that_is_missing_in_the_middle_is_told() {
    let disk = FakeDisk::default();
    history(&disk, CHANGES);
    let disk = disk.after_kill();
    let database = Database::builder().create_with_backend(disk.open(ENTRIES).unwrap().unwrap()).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(TableDefinition::<u64, &[u8]>::new("entries")).unwrap().remove(8).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = error_of(&disk);
    assert!(error.starts_with("fake/journal.redb is damaged: entry 8 is missing before entry 9; "), "{error}");
}

#[test]
fn entries_that_somebody_takes_away_are_written_anew() {
    let disk = FakeDisk::default();
    let opened = Opened::on(&disk).unwrap();
    (0..4).for_each(|number| apply(&opened.store, number).unwrap());
    opened.make_checkpoint().unwrap();
    (4..6).for_each(|number| apply(&opened.store, number).unwrap());
    disk.remove(ENTRIES);
    apply(&opened.store, 6).unwrap();
    check(&disk.after_power_cut(&mut Rng::with_seed(1)), &[account(&opened.store)], "written anew");
}

#[test]
fn without_its_checkpoint_nothing_is_acknowledged() {
    let disk = FakeDisk::default();
    let opened = Opened::on(&disk).unwrap();
    (0..4).for_each(|number| apply(&opened.store, number).unwrap());
    let before = account(&opened.store);
    disk.remove(CHECKPOINT);
    for number in 4..6 {
        assert_eq!(
            apply(&opened.store, number).unwrap_err().to_string(),
            "nothing was changed, for it could not be kept: fake/checkpoint.redb was moved, replaced or deleted while \
             route53d runs; put it back, or start route53d again with what should be there"
        );
        assert_eq!(account(&opened.store), before);
    }
}
