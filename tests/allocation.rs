//! `respond` allocates nothing for an ordinary answer: an allocator that counts watches it.

// A global allocator cannot be written without it; this file is the only place.
#![allow(unsafe_code)]
#![allow(clippy::unwrap_used)]

mod written_account;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::IpAddr;
use std::sync::Arc;

use route53d::dns::{
    Arrival, CookieSecret, CookieSecrets, MAX_MESSAGE_LENGTH, Response, Transport, WirePolicy, respond,
};
use route53d::model::domain_name::parse_name_into;
use route53d::model::{HealthStatus, RecordType};
use route53d::snapshot::{Asker, CountryData, HealthEntry, HealthTable, Snapshot, SubnetTrust};
use written_account::{WrittenAccount, health_check_id};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count() {
    // A thread that is ending has no counter any more, and nothing to measure.
    let _ = ALLOCATIONS.try_with(|allocations| allocations.set(allocations.get() + 1));
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn allocations_during(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

struct Server {
    snapshot: Snapshot,
    health: HealthTable,
    policy: WirePolicy,
}

fn server() -> Server {
    let mut account = WrittenAccount::default();
    for check in ["down", "up"] {
        account.http_check(check);
    }
    account.vpc("vpc-a", &["10.20.0.0/16"]);
    account.cidr_collection("offices", &[("berlin", &["203.0.113.0/24"])]);
    account.client_location("198.51.100.0/24", "DE");
    let many: Vec<_> = (1..=12).map(|n| format!("many A id=m{n} multi=yes check=up 192.0.2.{n}")).collect();
    let mut records = vec![
        "www A 192.0.2.1 | 192.0.2.2 | 192.0.2.3",
        "@ MX 10 mail.example.com. | 20 mx.elsewhere.test.",
        "mail A 192.0.2.4",
        "mail AAAA 2001:db8::4",
        "txt TXT \"one\" \"two\" | \"three\"",
        "weighted A id=a weight=10 check=down 192.0.2.5",
        "weighted A id=b weight=20 check=up 192.0.2.6",
        "weighted A id=c weight=30 192.0.2.7",
        "failover A id=p failover=PRIMARY check=down 192.0.2.8",
        "failover A id=s failover=SECONDARY 192.0.2.9",
        "*.wild A 192.0.2.10",
        "c1 CNAME c2.example.com.",
        "c2 CNAME c3.example.com.",
        "c3 CNAME www.example.com.",
        "geo A id=de geo=DE 192.0.2.11",
        "geo A id=rest geo=* 192.0.2.12",
        "near A id=n near=52.5,13.4 192.0.2.13",
        "near A id=f near=-33.9,151.2 192.0.2.14",
        "latency A id=us region=us-east-1 check=up 192.0.2.15",
        "latency A id=eu region=eu-central-1 check=up 192.0.2.16",
        "ip A id=hq cidr=offices/berlin 192.0.2.17",
        "ip A id=rest cidr=offices/* 192.0.2.18",
        "tree A id=us region=us-east-1 alias=middle eth",
        "tree A id=eu region=eu-central-1 alias=failover eth",
        "middle A id=a weight=1 alias=weighted eth",
        "middle A id=b weight=2 alias=failover eth",
        "lb A aws=lb.elb.test eth",
        "dev NS ns1.dev.example.com. | ns2.dev.example.com.",
        "ns1.dev A 192.0.2.53",
        "ns2.dev A 192.0.2.54",
    ];
    records.extend(many.iter().map(String::as_str));
    account.public_zone("example.com", &records);
    account.public_zone("elb.test", &["lb A 192.0.2.19 | 192.0.2.20"]);
    account.private_zone("internal.test", &["vpc-a"], &["db A 10.20.0.9", "alias CNAME db.internal.test."]);
    let snapshot = Snapshot::new(account.account(), Arc::new(CountryData::default()));
    let mut health = HealthTable::default();
    for (check, status) in [("down", HealthStatus::Unhealthy), ("up", HealthStatus::Healthy)] {
        health.set(snapshot.health_slot(&health_check_id(check)).unwrap(), Some(HealthEntry::Found(status)));
    }
    let cookies = CookieSecrets { current: CookieSecret([7; 16]), previous: None };
    let policy =
        WirePolicy { nsid: Some(b"ns1".as_slice().into()), sends_extended_errors: true, ..WirePolicy::new(cookies) };
    Server { snapshot, health, policy }
}

/// One question, with EDNS: the client subnet 198.51.100.0/24, a client's cookie, and all that can be asked for.
fn query(name: &str, query_type: &str) -> Vec<u8> {
    let mut message = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1];
    parse_name_into(name, &mut message).unwrap();
    message.extend(query_type.parse::<RecordType>().unwrap().code().to_be_bytes());
    message.extend([0, 1]);
    message.extend([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 35]);
    message.extend([0, 8, 0, 7, 0, 1, 24, 0, 198, 51, 100]);
    message.extend([0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 3, 0, 0, 0, 11, 0, 0, 0, 12, 0, 0]);
    message
}

impl Server {
    /// Asks with many seeds, over both transports; returns the sum of allocations and the last reply.
    fn measure(&self, name: &str, query_type: &str, source: IpAddr) -> (usize, Vec<u8>) {
        let message = query(name, query_type);
        let mut out = vec![0; MAX_MESSAGE_LENGTH];
        let mut length = 0;
        let allocations = allocations_during(|| {
            for seed in 0..64 {
                let transport = match seed % 3 {
                    0 => Transport::Udp,
                    1 => Transport::Tcp { idle_timeout_deciseconds: 100 },
                    _ => Transport::Https,
                };
                let asker = Asker {
                    source,
                    destination: None,
                    listener_vpc: None,
                    subnet: None,
                    subnet_trust: SubnetTrust::Untrusted,
                };
                let arrival = Arrival { transport, asker, at_seconds: 1_767_225_600 };
                let mut rng = fastrand::Rng::with_seed(seed);
                let policy = &self.policy;
                match respond(&message, &arrival, &self.snapshot, &self.health, policy, &mut rng, &mut out).response {
                    Response::Answered(answered) => length = answered,
                    other => panic!("{other:?}"),
                }
            }
        });
        out.truncate(length);
        (allocations, out)
    }
}

#[test]
fn an_ordinary_answer_allocates_nothing() {
    let server = server();
    let (outside, inside) = ("203.0.113.9".parse().unwrap(), "10.20.0.9".parse().unwrap());
    // Name, type, source, the rcode and the number of answer records that show the right path was taken.
    let cases = [
        ("www.example.com", "A", outside, 0, 3),
        ("WWW.eXample.com", "A", outside, 0, 3),
        ("txt.example.com", "TXT", outside, 0, 2),
        ("example.com", "SOA", outside, 0, 1),
        ("example.com", "NS", outside, 0, 4),
        ("example.com", "MX", outside, 0, 2),
        ("weighted.example.com", "A", outside, 0, 1),
        ("failover.example.com", "A", outside, 0, 1),
        ("latency.example.com", "A", outside, 0, 1),
        ("geo.example.com", "A", outside, 0, 1),
        ("near.example.com", "A", outside, 0, 1),
        ("ip.example.com", "A", outside, 0, 1),
        ("many.example.com", "A", outside, 0, 8),
        ("tree.example.com", "A", outside, 0, 1),
        ("lb.example.com", "A", outside, 0, 2),
        ("a.b.wild.example.com", "A", outside, 0, 1),
        ("c3.example.com", "A", outside, 0, 4),
        ("c1.example.com", "A", outside, 0, 6),
        ("nothing.example.com", "A", outside, 3, 0),
        ("www.example.com", "AAAA", outside, 0, 0),
        ("host.dev.example.com", "A", outside, 0, 0),
        ("www.elsewhere.test", "A", outside, 5, 0),
        ("db.internal.test", "A", outside, 5, 0),
        ("db.internal.test", "A", inside, 0, 1),
        ("alias.internal.test", "A", inside, 0, 2),
        ("www.example.com", "A", inside, 0, 3),
    ];
    let mut wrong = Vec::new();
    for (name, query_type, source, rcode, answers) in cases {
        let (allocations, reply) = server.measure(name, query_type, source);
        assert_eq!((reply[3] & 0xf, reply[7]), (rcode, answers), "{name} {query_type}");
        if allocations > 0 {
            wrong.push(format!("{name} {query_type}: {allocations} in 64 replies"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations_during(|| drop(std::hint::black_box(Box::new(1)))), 1);
}
