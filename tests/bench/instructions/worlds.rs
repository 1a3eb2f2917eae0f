//! What is served and asked: a zone like most, one with every routing policy, one of a million names, and 100,000 zones.

use std::array;

use fastrand::Rng;
use route53d::dns::{MAX_MESSAGE_LENGTH, Responder};

use crate::kind::{A_HOP, EXACT, Health, Kind, OTHER, Query, Work, World, responders};
use crate::written_account::WrittenAccount;

/// Queries of each kind. As many names as they can be of are asked, so that no place in a hash table counts for much.
const QUERIES: usize = 1_000;

/// How often a small world is indexed, each time with other hashes.
const SEEDS: usize = 8;

const NO_CHECKS: Health<'static> = Health { up: &[], down: &[] };
const NO_ERROR: u8 = 0;
const NAME_ERROR: u8 = 3;
const REFUSED: u8 = 5;

/// How a world is built, and the kinds of query that it is asked.
struct Plan {
    kinds: &'static [&'static str],
    build: fn() -> World,
}

const PLANS: [Plan; 4] = [
    Plan { kinds: &SMALL, build: small },
    Plan { kinds: &ROUTED, build: routed },
    Plan { kinds: &MILLION, build: million },
    Plan { kinds: &MANY, build: many },
];

pub fn all_kinds() -> impl Iterator<Item = &'static str> {
    PLANS.iter().flat_map(|plan| plan.kinds).copied()
}

/// Those that are needed for these kinds; for all, if none is named.
pub fn worlds(kinds: &[&str]) -> Vec<World> {
    let is_wanted = |kind: &str| kinds.is_empty() || kinds.contains(&kind);
    let wanted = PLANS.into_iter().filter(|plan| plan.kinds.iter().any(|kind| is_wanted(kind)));
    wanted
        .map(|plan| {
            let mut world = (plan.build)();
            assert!(world.kinds.iter().map(|kind| kind.name).eq(plan.kinds.iter().copied()));
            world.kinds.retain(|kind| is_wanted(kind.name));
            world
        })
        .collect()
}

fn kind(name: &'static str, target: u64, reply: (u8, u8), query: impl FnMut(usize) -> Query) -> Kind {
    Kind { name, target, work: Work::Answer, queries: (0..QUERIES).map(query).collect(), reply }
}

const SMALL: [&str; 14] = [
    "decode",
    "exact",
    "exact-without-edns",
    "exact-mixed-case",
    "client-subnet",
    "cookie",
    "new-cookie",
    "nodata",
    "nxdomain",
    "wildcard",
    "cname",
    "cname-chain",
    "referral",
    "refused",
];

/// A zone of 1,000 names and some.
fn small() -> World {
    const NAMES: usize = 1_000;
    let mut records: Vec<String> = (0..NAMES).map(|n| format!("h{n:03} A 10.0.{}.{}", n / 256, n % 256)).collect();
    records.extend((0..100).map(|n| format!("c{n:02} CNAME h{n:03}.small.test.")));
    records.extend((0..100).map(|n| format!("b{n:02} CNAME c{n:02}.small.test.")));
    records.extend((0..100).map(|n| format!("d{n:02} NS ns1.d{n:02}.small.test.")));
    records.extend((0..100).map(|n| format!("ns1.d{n:02} A 192.0.2.{n}")));
    records.extend((0..100).map(|n| format!("*.w{n:02} A 192.0.2.77")));
    let mut account = WrittenAccount::default();
    account.public_zone("small.test", &borrowed(&records));
    let responders = responders(SEEDS, &account.account(), &NO_CHECKS);

    let host = |n: usize| format!("h{:03}.small.test", n % NAMES);
    let exact = (NO_ERROR, 1);
    let server_cookie = server_cookie(&responders[0], &host(0));
    let kinds = vec![
        Kind { work: Work::Decode, ..kind("decode", EXACT, exact, |n| Query::new(&host(n), "A")) },
        kind("exact", EXACT, exact, |n| Query::new(&host(n), "A")),
        kind("exact-without-edns", EXACT, exact, |n| Query::without_edns(&host(n), "A")),
        kind("exact-mixed-case", EXACT, exact, |n| Query::new(&host(n).replace("small.test", "sMaLl.TEst"), "A")),
        kind("client-subnet", OTHER, exact, |n| Query::for_subnet(&host(n), "A", [198, 51, (n % 256) as u8])),
        kind("cookie", OTHER, exact, |n| Query::with_cookie(&host(n), "A", &server_cookie)),
        kind("new-cookie", OTHER, exact, |n| Query::with_cookie(&host(n), "A", &(n as u64).to_be_bytes())),
        kind("nodata", OTHER, (NO_ERROR, 0), |n| Query::new(&host(n), "AAAA")),
        kind("nxdomain", OTHER, (NAME_ERROR, 0), |n| Query::new(&format!("x{n:03}.small.test"), "A")),
        kind("wildcard", OTHER, exact, |n| Query::new(&format!("x{n:03}.w{:02}.small.test", n % 100), "A")),
        kind("cname", OTHER, (NO_ERROR, 2), |n| Query::new(&format!("c{:02}.small.test", n % 100), "A")),
        kind("cname-chain", OTHER, (NO_ERROR, 3), |n| Query::new(&format!("b{:02}.small.test", n % 100), "A")),
        kind("referral", OTHER, (NO_ERROR, 0), |n| Query::new(&format!("www.d{:02}.small.test", n % 100), "A")),
        kind("refused", OTHER, (REFUSED, 0), |n| Query::new(&format!("h{n:03}.elsewhere.test"), "A")),
    ];
    World { responders, kinds }
}

/// What the server makes of a client's cookie: both halves.
fn server_cookie(responder: &Responder, name: &str) -> [u8; 24] {
    let Query { message, origin } = Query::with_cookie(name, "A", b"a client");
    let mut reply = vec![0; MAX_MESSAGE_LENGTH];
    let length = responder.current().respond(&message, &origin, &mut Rng::with_seed(1), &mut reply).unwrap().length;
    let option = reply[..length].windows(4).position(|bytes| bytes == [0, 10, 0, 24]).unwrap();
    reply[option + 4..option + 28].try_into().unwrap()
}

const ROUTED: [&str; 10] = [
    "weighted",
    "failover",
    "failover-tree",
    "two-aliases",
    "multivalue",
    "geolocation",
    "geolocation-subnet",
    "latency",
    "geoproximity",
    "ip-based",
];

/// Groups of every policy, 100 of each. Where there are health checks, some fail.
fn routed() -> World {
    const GROUPS: usize = 100;
    const LOCATIONS: [&str; 15] =
        ["DE", "FR", "GB", "ES", "IT", "PL", "US", "CA", "MX", "JP", "CN", "IN", "AU", "continent/SA", "continent/AF"];
    const REGIONS: [&str; 6] =
        ["us-east-1", "us-west-2", "eu-central-1", "eu-west-1", "ap-northeast-1", "ap-southeast-2"];
    let mut account = WrittenAccount::default();
    let (mut up, mut down): (Vec<String>, Vec<String>) = Default::default();
    let networks: [(String, String); 15] = array::from_fn(|n| (format!("n{n}"), format!("10.{n}.0.0/16")));
    let blocks = networks.each_ref().map(|(_, block)| [block.as_str()]);
    let locations: Vec<_> =
        networks.iter().zip(&blocks).map(|((name, _), block)| (name.as_str(), &block[..])).collect();
    account.cidr_collection("networks", &locations);

    let mut records = Vec::new();
    for n in 0..GROUPS {
        let checks: [String; 12] = array::from_fn(|k| format!("check-{n}-{k}"));
        for (k, check) in checks.iter().enumerate() {
            account.http_check(check);
            if matches!(k, 0 | 7) { down.push(check.clone()) } else { up.push(check.clone()) }
        }
        let mut add = |record: String| records.push(record);
        for (k, weight) in [10, 20, 30, 40].into_iter().enumerate() {
            add(format!("w{n:02} A id={k} weight={weight} check={} 192.0.2.{n}", checks[k]));
        }
        add(format!("f{n:02} A id=p failover=PRIMARY check={} 192.0.2.{n}", checks[0]));
        add(format!("f{n:02} A id=s failover=SECONDARY check={} 192.0.2.{n}", checks[1]));
        // The primary branch is weighted and lives; the secondary is one address.
        add(format!("ft{n:02} A id=p failover=PRIMARY alias=w{n:02} eth"));
        add(format!("ft{n:02} A id=s failover=SECONDARY alias=s{n:02} eth"));
        add(format!("s{n:02} A 192.0.2.{n}"));
        add(format!("la{n:02} A id=us region=us-east-1 alias=ft{n:02} eth"));
        add(format!("la{n:02} A id=eu region=eu-central-1 alias=ft{n:02} eth"));
        for (k, check) in checks.iter().enumerate() {
            add(format!("m{n:02} A id={k} multi=yes check={check} 192.0.2.{k}"));
        }
        for (k, location) in LOCATIONS.into_iter().chain(["*"]).enumerate() {
            add(format!("g{n:02} A id={k} geo={location} 192.0.2.{k}"));
        }
        for (k, region) in REGIONS.into_iter().enumerate() {
            add(format!("l{n:02} A id={k} region={region} check={} 192.0.2.{k}", checks[k]));
        }
        for (k, place) in ["52.5,13.4", "-33.9,151.2", "40.7,-74.0", "35.7,139.7"].into_iter().enumerate() {
            add(format!("p{n:02} A id={k} near={place} 192.0.2.{k}"));
        }
        for (k, network) in networks.iter().map(|(name, _)| name.as_str()).chain(["*"]).enumerate() {
            add(format!("i{n:02} A id={k} cidr=networks/{network} 192.0.2.{k}"));
        }
    }
    account.public_zone("routed.test", &borrowed(&records));
    let responders = responders(SEEDS, &account.account(), &Health { up: &up, down: &down });

    let one = (NO_ERROR, 1);
    let name = |group: &str, n: usize| format!("{group}{:02}.routed.test", n % GROUPS);
    let mut rng = Rng::with_seed(53);
    // All over the unicast space: most are in a country, some are not.
    let clients: Vec<[u8; 4]> =
        (0..QUERIES).map(|_| array::from_fn(|k| rng.u8(if k == 0 { 1..=223 } else { 0..=255 }))).collect();
    let subnet = |n: usize| [clients[n][0], clients[n][1], clients[n][2]];
    let kinds = vec![
        kind("weighted", OTHER, one, |n| Query::new(&name("w", n), "A")),
        kind("failover", OTHER, one, |n| Query::new(&name("f", n), "A")),
        kind("failover-tree", OTHER + A_HOP, one, |n| Query::new(&name("ft", n), "A")),
        kind("two-aliases", OTHER + 2 * A_HOP, one, |n| Query::new(&name("la", n), "A").from(clients[n])),
        kind("multivalue", OTHER, (NO_ERROR, 8), |n| Query::new(&name("m", n), "A")),
        kind("geolocation", OTHER, one, |n| Query::new(&name("g", n), "A").from(clients[n])),
        kind("geolocation-subnet", OTHER, one, |n| Query::for_subnet(&name("g", n), "A", subnet(n))),
        kind("latency", OTHER, one, |n| Query::new(&name("l", n), "A").from(clients[n])),
        kind("geoproximity", OTHER, one, |n| Query::new(&name("p", n), "A").from(clients[n])),
        kind("ip-based", OTHER, one, |n| Query::for_subnet(&name("i", n), "A", [10, (n % 16) as u8, clients[n][2]])),
    ];
    World { responders, kinds }
}

const MILLION: [&str; 3] = ["million-exact", "million-nxdomain", "million-wildcard"];

/// A zone of 1,000,000 names.
fn million() -> World {
    const NAMES: usize = 1_000_000;
    let mut records: Vec<String> =
        (0..NAMES).map(|n| format!("h{n:07} A 10.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255)).collect();
    records.extend((0..100).map(|n| format!("*.w{n:02} A 192.0.2.77")));
    let mut account = WrittenAccount::default();
    account.public_zone("million.test", &borrowed(&records));
    let responders = responders(1, &account.account(), &NO_CHECKS);
    let mut rng = Rng::with_seed(53);
    let kinds = vec![
        kind("million-exact", EXACT, (NO_ERROR, 1), |_| {
            Query::new(&format!("h{:07}.million.test", rng.usize(..NAMES)), "A")
        }),
        kind("million-nxdomain", OTHER, (NAME_ERROR, 0), |n| Query::new(&format!("x{n:07}.million.test"), "A")),
        kind("million-wildcard", OTHER, (NO_ERROR, 1), |n| {
            Query::new(&format!("x{n:07}.w{:02}.million.test", n % 100), "A")
        }),
    ];
    World { responders, kinds }
}

const MANY: [&str; 1] = ["100k-zones-exact"];

/// 100,000 zones.
fn many() -> World {
    const ZONES: usize = 100_000;
    let mut account = WrittenAccount::default();
    for n in 0..ZONES {
        let zone = format!("z{n:06}.test");
        account.public_zone(&zone, &["@ A 192.0.2.1", "www A 192.0.2.1", "api A 192.0.2.2", "mail A 192.0.2.3"]);
    }
    let responders = responders(1, &account.account(), &NO_CHECKS);
    let mut rng = Rng::with_seed(53);
    let kinds = vec![kind("100k-zones-exact", EXACT, (NO_ERROR, 1), |_| {
        Query::new(&format!("{}.z{:06}.test", ["www", "api", "mail"][rng.usize(..3)], rng.usize(..ZONES)), "A")
    })];
    World { responders, kinds }
}

fn borrowed(records: &[String]) -> Vec<&str> {
    records.iter().map(String::as_str).collect()
}
