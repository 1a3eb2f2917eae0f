//! A cache must not give one client's answer to another (P-15): every client within the scope of an answer gets that answer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use fastrand::Rng;
use ipnet::IpNet;
use route53d::model::{Account, DomainName, RecordType};
use route53d::snapshot::CountryData;
use route53d::zonefile::{self, ZoneFile};

use crate::asking::World;
use crate::reference::{Asker, Question, SeenAnswer, Statuses, generator};

/// Clients of the cache for each answer.
const OTHERS: usize = 30;

/// Countries in every part of the world, so that neighbouring blocks of addresses mostly have different answers.
const COUNTRIES: [&str; 40] = [
    "US", "CA", "MX", "BR", "AR", "CL", "CO", "DE", "FR", "GB", "IE", "IT", "ES", "PT", "NL", "BE", "CH", "AT", "PL",
    "CZ", "SE", "NO", "FI", "DK", "RU", "UA", "TR", "IR", "ZA", "NG", "EG", "KE", "CN", "HK", "TW", "JP", "KR", "IN",
    "AU", "NZ",
];

/// A random network in a block, of at least this length. Often at an end of the block.
fn within(rng: &mut Rng, block: IpNet, shortest: u8) -> IpNet {
    let bits = block.max_prefix_len();
    let fill = match rng.u32(..4) {
        0 => 0,
        1 => u128::MAX,
        _ => rng.u128(..),
    };
    let random = if rng.bool() { fill } else { rng.u128(..) >> rng.u32(..128) ^ fill };
    let address = match block.network() {
        IpAddr::V4(first) => {
            let free = u32::MAX.checked_shr(u32::from(block.prefix_len())).unwrap_or(0);
            IpAddr::from(Ipv4Addr::from(u32::from(first) | random as u32 & free))
        }
        IpAddr::V6(first) => {
            let free = u128::MAX.checked_shr(u32::from(block.prefix_len())).unwrap_or(0);
            IpAddr::from(Ipv6Addr::from(u128::from(first) | random & free))
        }
    };
    let length = if rng.u32(..3) == 0 { bits } else { rng.u8(shortest..=bits) };
    IpNet::new(address, length).unwrap().trunc()
}

/// An answer without its scope.
fn answer(
    world: &World,
    question: &Question,
    subnet: IpNet,
    statuses: &Statuses,
    seed: u64,
) -> (SeenAnswer, Option<u8>) {
    let asker = Asker { subnet: Some(subnet), ..question.asker.clone() };
    let seen = world.ask(&Question { asker, ..question.clone() }, statuses, &mut Rng::with_seed(seed));
    let scope = seen.scope;
    (SeenAnswer { scope: None, ..seen }, scope)
}

/// Returns whether the answer had a scope other than 0.
fn check(world: &World, question: &Question, statuses: &Statuses, seed: u64) -> bool {
    let Some(subnet) = question.asker.subnet.filter(|subnet| subnet.prefix_len() > 0) else { return false };
    let (first, scope) = answer(world, question, subnet, statuses, seed);
    let Some(scope) = scope else { return false };
    let mut rng = Rng::with_seed(seed);
    // RFC 7871 §7.3.1: scope 0 is for everybody. An answer whose scope is longer than the subnet is cached for exactly that
    // subnet; then the answer to a query with the whole scope must hold within it.
    let block = IpNet::new(subnet.addr(), scope).unwrap().trunc();
    let expected = if scope <= subnet.prefix_len() { first } else { answer(world, question, block, statuses, seed).0 };
    let everybody = |rng: &mut Rng| {
        let family = if rng.bool() { "0.0.0.0/0" } else { "::/0" };
        within(rng, family.parse().unwrap(), 1)
    };
    for _ in 0..OTHERS {
        let other = if scope == 0 { everybody(&mut rng) } else { within(&mut rng, block, scope) };
        let (seen, _) = answer(world, question, other, statuses, seed);
        assert_eq!(
            seen, expected,
            "{other} within the scope {scope} of {subnet}, seed {seed}: {question:#?}\n{statuses:?}",
        );
    }
    scope != 0
}

#[test]
fn every_client_within_the_scope_gets_the_same_answer_on_random_accounts() {
    let accounts: u64 = std::env::var("ROUTE53D_TEST_ACCOUNTS").ok().map_or(300, |count| count.parse().unwrap());
    let mut located = 0;
    for seed in 0..accounts {
        let mut rng = Rng::with_seed(seed);
        let world = World::new(generator::account(&mut rng));
        let statuses = generator::statuses(&mut rng, world.account());
        let statuses = crate::undecided(&world, statuses);
        for _ in 0..40 {
            let mut question = generator::question(&mut rng, world.account());
            if rng.u32(..4) == 0 {
                question.asker.subnet = Some(within(&mut rng, "10.0.0.0/7".parse().unwrap(), 1));
            }
            located += u64::from(check(&world, &question, &statuses, rng.u64(..)));
        }
    }
    assert!(located > accounts, "only {located} answers depended on where the client was");
}

fn account(client_locations: &str) -> Account {
    let members: String = COUNTRIES
        .iter()
        .zip(1..)
        .map(|(code, number)| {
            format!(
                "      - {{ name: geo, type: A, ttl: 60, set_identifier: {code:?}, geo_location: {{ country_code: {code:?} }}, values: [192.0.2.{number}] }}\n"
            )
        })
        .collect();
    let text = format!(
        "client_locations: [{client_locations}]\nhosted_zones:\n  - name: example.com\n    records:\n{members}      \
         - {{ name: geo, type: A, ttl: 60, set_identifier: any, geo_location: {{ country_code: \"*\" }}, values: [192.0.2.250] }}\n      \
         - {{ name: near, type: A, ttl: 60, set_identifier: a, geo_proximity_location: {{ coordinates: {{ latitude: 37, longitude: -122 }} }}, values: [192.0.2.1] }}\n      \
         - {{ name: near, type: A, ttl: 60, set_identifier: b, geo_proximity_location: {{ coordinates: {{ latitude: 52, longitude: 13 }} }}, values: [192.0.2.2] }}\n      \
         - {{ name: lat, type: A, ttl: 60, set_identifier: a, region: us-west-1, values: [192.0.2.1] }}\n      \
         - {{ name: lat, type: A, ttl: 60, set_identifier: b, region: eu-central-1, values: [192.0.2.2] }}\n      \
         - {{ name: lat, type: A, ttl: 60, set_identifier: c, region: ap-northeast-1, values: [192.0.2.3] }}\n"
    );
    let file = ZoneFile { path: "test.yaml".to_owned(), text: text.into_bytes() };
    zonefile::load(&[file]).unwrap_or_else(|errors| panic!("{errors:?}")).account
}

fn question(name: &str, subnet: IpNet) -> Question {
    let asker = Asker { subnet: Some(subnet), ..Asker::from("198.51.100.1".parse().unwrap()) };
    Question { name: DomainName::parse(name).unwrap(), type_code: RecordType::A.code(), asker }
}

#[test]
fn every_client_within_the_scope_is_in_the_same_country() {
    let world = World::new(account("{ cidr: 8.8.0.0/22, country: JP }, { cidr: 2a00::/13, country: FR }"));
    let mut rng = Rng::with_seed(15);
    for number in 0..4_000 {
        let block = match number % 3 {
            0 => "2000::/3",
            1 => ["2001::/16", "2400::/12", "2600::/12", "2800::/12", "2a00::/11", "2c00::/12"][rng.usize(..6)],
            _ => "0.0.0.0/0",
        };
        let subnet = within(&mut rng, block.parse().unwrap(), 1);
        let is_located = check(&world, &question("geo.example.com", subnet), &Statuses::default(), rng.u64(..));
        assert!(is_located, "{subnet}");
    }
}

/// `tests/geoip/places.mmdb` holds invented places, one of them a /25.
#[test]
fn every_client_within_the_scope_has_the_same_place_in_an_mmdb_file() {
    let database = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/geoip/places.mmdb")).unwrap();
    let data = CountryData::from_mmdb(database).unwrap();
    let world = World::with_country_data(
        account("{ cidr: 198.51.100.64/26, country: US }, { cidr: 203.0.113.0/28, region: us-west-1 }"),
        data,
    );
    let mut rng = Rng::with_seed(16);
    for name in ["geo.example.com", "near.example.com", "lat.example.com"] {
        for _ in 0..1_000 {
            let block = ["198.51.100.0/23", "203.0.113.0/24", "2001:db8::/31", "0.0.0.0/0", "::/0"][rng.usize(..5)];
            let subnet = within(&mut rng, block.parse().unwrap(), 1);
            assert!(check(&world, &question(name, subnet), &Statuses::default(), rng.u64(..)), "{subnet}");
        }
    }
}

#[test]
fn a_scope_is_no_longer_than_it_must_be() {
    let world = World::new(account("{ cidr: 198.51.100.128/25, country: DE }, { cidr: 10.0.0.0/9, country: FR }"));
    for (subnet, scope) in [
        // The built-in data has no country for 10.0.0.0/8.
        ("10.1.2.0/24", 9),
        ("10.128.0.0/9", 9),
        ("10.128.0.0/16", 9),
        ("10.200.1.1/32", 9),
        // A subnet with longer blocks inside.
        ("10.0.0.0/8", 24),
        ("198.51.100.0/24", 25),
        ("198.51.100.0/25", 25),
        ("198.51.100.130/32", 25),
        ("198.51.0.0/16", 24),
        // Without a country, up to the next block with one; and a subnet of several countries.
        ("2001:db8::/32", 29),
        ("2001:db8:1::/48", 29),
        ("2001::/16", 48),
    ] {
        let subnet: IpNet = subnet.parse().unwrap();
        let seen = answer(&world, &question("geo.example.com", subnet), subnet.trunc(), &Statuses::default(), 0);
        assert_eq!(seen.1, Some(scope), "{subnet}");
    }
}
