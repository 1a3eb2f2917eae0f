//! What a durable store takes: changes a second by the number of callers, the time from a change to its first answer,
//! and from a start to an account that can be answered from.
//!
//! ```text
//! cargo bench --bench store [-- rates|delays|starts]    # all
//! ```
//!
//! The data directories are made below the build directory, and it is the disk there that is measured.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on tells why by its panic")]

#[path = "../change/delay.rs"]
mod delay;
#[path = "../change/world.rs"]
mod world;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, thread};

use route53d::change::{Action, Change, RecordSetChange};
use route53d::data_directory::DataDirectory;
use route53d::model::{Account, CallerReference, HostedZoneRegistration};
use route53d::snapshot::CountryData;
use route53d::store::{Embedded, Store};

use world::{host, hosted_zone, record_set, zone_id};

fn main() {
    let wanted = env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let is_wanted = |part: &str| wanted.as_deref().is_none_or(|wanted| wanted == part);
    println!("an append of 200 bytes and its sync: {:.0?} at the median\n", append_and_sync());
    if is_wanted("rates") {
        rates();
    }
    if is_wanted("delays") {
        delays();
    }
    if is_wanted("starts") {
        starts();
    }
}

/// What the disk takes for the least that is durable.
fn append_and_sync() -> Duration {
    let data = Data::new();
    let mut file = File::create(data.0.join("appended")).unwrap();
    let mut times: Vec<Duration> = (0..500)
        .map(|_| {
            let start = Instant::now();
            file.write_all(&[7; 200]).unwrap();
            file.sync_data().unwrap();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// Single-record changes of random names of one zone.
fn rates() {
    const TIME: Duration = Duration::from_secs(5);
    println!("| names of the zone | callers | changes a second | median | 99 % | longest |");
    println!("|---|---|---|---|---|---|");
    for names in [1_000, 1_000_000] {
        let data = Data::new();
        let store = data.open();
        put(&store, 1, names);
        for callers in [1, 16, 64] {
            let address = AtomicU32::new(0xac10_0000);
            let start = Instant::now();
            let mut times: Vec<Duration> = thread::scope(|scope| {
                let (store, address) = (&store, &address);
                let callers: Vec<_> = (0..callers)
                    .map(|seed| scope.spawn(move || change_for(TIME, store, names, seed, address)))
                    .collect();
                callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
            });
            let seconds = start.elapsed().as_secs_f64();
            times.sort_unstable();
            println!(
                "| {names} | {callers} | {:.0} | {:.1?} | {:.1?} | {:.1?} |",
                times.len() as f64 / seconds,
                times[times.len() / 2],
                times[times.len() * 99 / 100],
                times[times.len() - 1],
            );
        }
    }
    println!();
}

fn change_for(time: Duration, store: &Store, names: usize, seed: u64, address: &AtomicU32) -> Vec<Duration> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let end = Instant::now() + time;
    let mut times = Vec::new();
    while Instant::now() < end {
        let address = address.fetch_add(1, Ordering::Relaxed);
        let start = Instant::now();
        change(store, 0, rng.usize(..names), address);
        times.push(start.elapsed());
    }
    times
}

fn change(store: &Store, zone: usize, name: usize, address: u32) {
    let record_set = record_set(zone, &host(zone, name), address);
    let changes = vec![RecordSetChange { action: Action::Upsert, record_set }];
    store.apply(Change::ChangeRecordSets { hosted_zone: zone_id(zone), changes }).unwrap();
}

/// Of accounts whose checkpoint is up to date, and of those just made, whose checkpoint is written meanwhile.
fn delays() {
    for is_just_made in [false, true] {
        println!("{}\n", if is_just_made { "just made" } else { "with a checkpoint" });
        println!("| zones × names | median | 99 % | longest | longest answer meanwhile | ratio to the first |");
        println!("|---|---|---|---|---|---|");
        let mut first = None;
        for (zones, names) in [(1, 1_000), (1, 1_000_000), (100_000, 10)] {
            let data = Data::new();
            let mut store = data.open();
            put(&store, zones, names);
            if !is_just_made {
                // To close it makes a checkpoint.
                drop(store);
                store = data.open();
            }
            delay::measure(&store, zones, names, 1_000).print_row(zones, names, &mut first);
        }
        println!();
    }
}

fn starts() {
    println!("| zones × names | the store was | checkpoint | open | first snapshot, in all |");
    println!("|---|---|---|---|---|");
    for (zones, names) in [(1, 1_000_000), (100_000, 10)] {
        let data = Data::new();
        let store = data.open();
        put(&store, zones, names);
        drop(store);
        start(&data, zones, names, "closed");
        let store = data.open();
        for name in 0..10_000 {
            change(&store, zones / 2, name % names, 0xac10_0000 + name as u32);
        }
        // What a process leaves that is killed: all of it is synced.
        let killed = Data::new();
        for file in ["journal.redb", "checkpoint.redb"] {
            fs::copy(data.0.join(file), killed.0.join(file)).unwrap();
        }
        drop(store);
        start(&killed, zones, names, "killed after 10,000 changes more");
    }
    println!();
}

fn start(data: &Data, zones: usize, names: usize, was: &str) {
    let bytes = fs::metadata(data.0.join("checkpoint.redb")).unwrap().len();
    let start = Instant::now();
    let directory = Arc::new(DataDirectory::open(&data.0).unwrap());
    let journal = Embedded::open(&directory).unwrap();
    let opened = start.elapsed();
    let store = Store::open(Account::default(), CountryData::default(), Box::new(journal)).unwrap();
    let ready = start.elapsed();
    let found: usize = store.snapshots().load().account().hosted_zones().iter().map(|zone| zone.name_count()).sum();
    assert_eq!(found, zones * (names + 1));
    println!("| {zones} × {names} | {was} | {} MB | {opened:.0?} | {ready:.0?} |", bytes / 1_000_000);
}

/// Makes the zones through the store.
fn put(store: &Store, zones: usize, names: usize) {
    thread::scope(|scope| {
        // Several at a time, so that one sync serves many.
        for first in 0..64.min(zones) {
            scope.spawn(move || {
                for zone in (first..zones).step_by(64) {
                    let zone = Box::new(hosted_zone(zone, names));
                    let caller_reference = CallerReference::new(zone.id().as_str()).unwrap();
                    let registration = HostedZoneRegistration { caller_reference, delegation_set: None };
                    store.apply(Change::CreateHostedZone { zone, registration, vpc: None }).unwrap();
                }
            });
        }
    });
}

/// A data directory that goes when this does.
struct Data(PathBuf);

impl Data {
    fn new() -> Data {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("store-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Data(path)
    }

    fn open(&self) -> Store {
        let directory = Arc::new(DataDirectory::open(&self.0).unwrap());
        let journal = Embedded::open(&directory).unwrap();
        Store::open(Account::default(), CountryData::default(), Box::new(journal)).unwrap()
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
