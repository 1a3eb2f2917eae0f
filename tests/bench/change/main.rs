//! How long a change takes to be answered, by the size of what it is a small part of:
//!
//! ```text
//! cargo bench --bench change [-- ROUNDS]    # 1000
//! ```
//!
//! One thread asks for the changed name without pause, as a listener's does; another changes it through the store and
//! waits until the new value is answered. Nothing is written to disk: the journal is not measured here.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on tells why by its panic")]

use std::env;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use route53d::change::{Action, Change, RecordSetChange};
use route53d::dns::respond::{MAX_MESSAGE_LENGTH, Transport};
use route53d::dns::{CookieSecret, CookieSecrets, Origin, Responder, WirePolicy};
use route53d::model::{
    Account, AccountParts, DomainName, HostedZone, HostedZoneId, HostedZoneParts, RecordContent, RecordSet,
    RecordSetParts, RecordType, RecordValue, RoutingPolicy, Visibility,
};
use route53d::published::Published;
use route53d::snapshot::{CountryData, HealthTable};
use route53d::store::Store;
use route53d::time::Clock;

/// Zones, and names of each.
const WORLDS: [(usize, usize); 6] = [(1, 1_000), (1, 10_000), (1, 100_000), (1, 1_000_000), (1_000, 10), (100_000, 10)];

fn main() {
    let rounds = env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_000);
    println!("| zones × names | median | 99 % | longest | longest answer meanwhile | ratio to the first |");
    println!("|---|---|---|---|---|---|");
    let mut first = None;
    for (zones, names) in WORLDS {
        let Measured { mut delays, longest_answer } = measure(zones, names, rounds);
        delays.sort_unstable();
        let median = delays[delays.len() / 2];
        let ratio = median.as_secs_f64() / first.get_or_insert(median).as_secs_f64();
        println!(
            "| {zones} × {names} | {median:.0?} | {:.0?} | {:.0?} | {longest_answer:.0?} | {ratio:.2} |",
            delays[delays.len() * 99 / 100],
            delays[delays.len() - 1],
        );
    }
}

struct Measured {
    /// From the submission of each change to its first answer.
    delays: Vec<Duration>,
    longest_answer: Duration,
}

fn measure(zones: usize, names: usize, rounds: u32) -> Measured {
    let store = Store::new(account(zones, names), CountryData::default());
    let responder = Responder {
        snapshots: Arc::clone(store.snapshots()),
        health: Arc::new(Published::new(HealthTable::default())),
        subnet_trusted_senders: Arc::from([]),
        vpc: None,
        policy: Arc::new(WirePolicy::new(CookieSecrets { current: CookieSecret([7; 16]), previous: None })),
        clock: Clock::real(),
    };
    let (zone, name) = (zones / 2, host(zones / 2, names / 2));
    let seen = AtomicU32::new(0);
    let longest = AtomicU64::new(0);
    let is_over = AtomicBool::new(false);
    let mut delays = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| ask_without_pause(&responder, &name, &seen, &longest, &is_over));
        while seen.load(Ordering::Acquire) == 0 {
            thread::yield_now();
        }
        for round in 1..=rounds {
            let address = u32::from(Ipv4Addr::new(172, 16, 0, 0)) + round;
            let change = RecordSetChange { action: Action::Upsert, record_set: record_set(zone, &name, address) };
            let start = Instant::now();
            store
                .apply(Change::ChangeRecordSets { hosted_zone: zone_id(zone), changes: vec![change] })
                .expect("an ordinary change");
            while seen.load(Ordering::Acquire) != address {
                std::hint::spin_loop();
            }
            delays.push(start.elapsed());
        }
        is_over.store(true, Ordering::Release);
    });
    Measured { delays, longest_answer: Duration::from_nanos(longest.into_inner()) }
}

fn ask_without_pause(
    responder: &Responder,
    name: &DomainName,
    seen: &AtomicU32,
    longest: &AtomicU64,
    is_over: &AtomicBool,
) {
    let query = [&[0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], name.wire(), &[0, 1, 0, 1]].concat();
    let origin = Origin { source: IpAddr::from([198, 51, 100, 1]), destination: None, transport: Transport::Udp };
    let mut rng = Rng::with_seed(7);
    let mut out = vec![0; MAX_MESSAGE_LENGTH];
    while !is_over.load(Ordering::Acquire) {
        let start = Instant::now();
        let reply = responder.current().respond(&query, &origin, &mut rng, &mut out).unwrap();
        longest.fetch_max(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        // The first answer: owner, type, class, TTL and length, then the address.
        let address = &out[..reply.length][query.len() + 12..][..4];
        seen.store(u32::from_be_bytes(address.try_into().unwrap()), Ordering::Release);
    }
}

fn account(zones: usize, names: usize) -> Account {
    let hosted_zones = (0..zones).map(|zone| Arc::new(hosted_zone(zone, names))).collect();
    Account::new(AccountParts { hosted_zones, ..AccountParts::default() }).unwrap()
}

fn zone_id(zone: usize) -> HostedZoneId {
    HostedZoneId::new(&format!("Z{zone}")).unwrap()
}

fn apex(zone: usize) -> DomainName {
    DomainName::parse(&format!("zone{zone}.example")).unwrap()
}

fn host(zone: usize, number: usize) -> DomainName {
    apex(zone).child(format!("host{number}").as_bytes()).unwrap()
}

fn hosted_zone(zone: usize, names: usize) -> HostedZone {
    let simple = |record_type, text| set(zone, apex(zone), record_type, RecordValue::parse(record_type, text).unwrap());
    let mut record_sets = vec![
        simple(RecordType::Soa, "ns.example.net. admin.example.net. 1 7200 900 1209600 86400"),
        simple(RecordType::Ns, "ns.example.net."),
    ];
    record_sets.extend((0..names).map(|number| record_set(zone, &host(zone, number), 0x0a00_0000 + number as u32)));
    let (comment, visibility) = (Box::default(), Visibility::Public);
    HostedZone::new(HostedZoneParts { id: zone_id(zone), name: apex(zone), comment, visibility, record_sets }).unwrap()
}

fn record_set(zone: usize, name: &DomainName, address: u32) -> RecordSet {
    let value = RecordValue::parse(RecordType::A, &Ipv4Addr::from(address).to_string()).unwrap();
    set(zone, name.clone(), RecordType::A, value)
}

fn set(zone: usize, name: DomainName, record_type: RecordType, value: RecordValue) -> RecordSet {
    let parts = RecordSetParts {
        name,
        record_type,
        set_identifier: None,
        routing_policy: RoutingPolicy::Simple,
        content: RecordContent::Values { ttl: 60, values: vec![value] },
        health_check_id: None,
    };
    RecordSet::new(parts, &zone_id(zone)).unwrap()
}
