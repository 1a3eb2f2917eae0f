//! How long a change takes to be answered: one thread asks for the changed name without pause, as a listener's does;
//! another changes it through the store and waits until the new value is answered.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use route53d::change::{Action, Change, RecordSetChange};
use route53d::dns::respond::{MAX_MESSAGE_LENGTH, Transport};
use route53d::dns::{CookieSecret, CookieSecrets, Origin, Responder, WirePolicy};
use route53d::model::DomainName;
use route53d::published::Published;
use route53d::snapshot::HealthTable;
use route53d::store::Store;
use route53d::time::Clock;

use super::world::{host, record_set, zone_id};

pub struct Measured {
    /// From the submission of each change to its first answer.
    pub delays: Vec<Duration>,
    pub longest_answer: Duration,
}

impl Measured {
    /// Prints the row of a table; `first` is the median of its first row.
    pub fn print_row(self, zones: usize, names: usize, first: &mut Option<Duration>) {
        let Measured { mut delays, longest_answer } = self;
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

/// Changes one name of the store's zones, which are those of `world`.
pub fn measure(store: &Store, zones: usize, names: usize, rounds: u32) -> Measured {
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
