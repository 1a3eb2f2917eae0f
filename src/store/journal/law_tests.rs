//! What is written is what is read, and a store that starts again is the store that ended.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use fastrand::Rng;

use super::embedded::fake_disk::FakeDisk;
use super::format::{TABLES, entry_from_bytes, entry_to_bytes, seal, unseal};
use super::{Damage, Embedded, Journal, JournalError, RowEdit, TakeRows, entry, read};
use crate::change::{Action, Change, RecordSetChange};
use crate::model::{
    Account, AccountParts, AliasTarget, AwsRegion, Bias, CalculatedCheck, CallerReference, CidrCollection,
    CidrCollectionId, CidrLocation, CidrLocationName, CidrRoutingConfig, Continent, Coordinates, CountryCode,
    DelegationSet, DomainName, FailoverRole, ForcedStatus, GeoLocation, GeoProximityLocation, GeoProximityPlace,
    HealthCheck, HealthCheckId, HealthCheckTarget, HostedZone, HostedZoneId, HostedZoneParts, HostedZoneRegistration,
    LocalZoneGroup, RecordContent, RecordSet, RecordSetParts, RecordType, RecordValue, RoutingPolicy, SetIdentifier,
    UsState, Visibility, Vpc, VpcId,
};
use crate::snapshot::CountryData;
use crate::store::Store;
use crate::zonefile;

/// Rows as they are, for a journal that reads them back.
#[derive(Debug)]
struct Rows(BTreeMap<Box<[u8]>, Box<[u8]>>);

impl Journal for Rows {
    fn is_durable(&self) -> bool {
        true
    }

    fn rows(&self, taker: &mut dyn TakeRows) -> Result<(), JournalError> {
        let damaged = |damage| JournalError::Damaged { file: "rows".to_owned(), damage };
        self.0.iter().try_for_each(|(key, row)| taker.row(key, row)).map_err(damaged)?;
        taker.end().map_err(damaged)
    }

    fn append(&mut self, entries: &[super::Entry]) -> Result<(), JournalError> {
        for edit in entries.iter().flatten().cloned() {
            match edit.row {
                Some(row) => self.0.insert(edit.key, row),
                None => self.0.remove(&edit.key),
            };
        }
        Ok(())
    }
}

/// The account whose zones were made through the API.
fn registered(account: Account) -> Account {
    let mut registry = account.registry().clone();
    for zone in account.hosted_zones().iter() {
        let caller_reference = CallerReference::new(zone.id().as_str()).unwrap();
        let registration = HostedZoneRegistration { caller_reference, delegation_set: None };
        registry.hosted_zones = registry.hosted_zones.with(zone.id().clone(), registration);
    }
    account.with_registry(registry)
}

fn read_back(account: &Account) -> Account {
    let entry = entry(&Account::default(), account);
    let entry_read = entry_from_bytes(&entry_to_bytes(&entry)).unwrap();
    assert_eq!(entry_read, entry);
    let mut rows = Rows(BTreeMap::new());
    rows.append(&[entry_read]).unwrap();
    read(&rows).unwrap()
}

/// The accounts that the repository has, one for every policy and type.
fn accounts() -> Vec<Account> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut accounts = Vec::new();
    for path in ["zones", "tests/zonefile/example.yaml", "tests/clients/every-type.yaml"] {
        let path = root.join(path);
        let files = match path.is_dir() {
            true => zonefile::read_directory(&path).unwrap().files,
            false => vec![zonefile::ZoneFile { path: path.display().to_string(), text: fs::read(&path).unwrap() }],
        };
        accounts.push(registered(zonefile::load(&files).unwrap().account));
    }
    accounts
}

#[test]
fn the_example_accounts_are_read_back() {
    for account in accounts() {
        let read = read_back(&account);
        assert!(!read.hosted_zones().is_empty());
        assert_eq!(read.hosted_zones(), account.hosted_zones());
        assert_eq!(read.registry(), account.registry());
    }
}

/// Rows as version 1 writes them: an account of every kind of thing and of every variant. If this test fails, either the
/// rows must be as before, or the version must be raised and the old form still be read. A row of a new kind is added to
/// the file as the test shows it.
const ROWS_OF_VERSION_1: &str = include_str!("rows_of_version_1.txt");

/// Bytes as [`u8::escape_ascii`] writes them.
fn unescaped(text: &str) -> Box<[u8]> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next().unwrap() {
                b'x' => u8::from_str_radix(&String::from_utf8(rest.by_ref().take(2).collect()).unwrap(), 16).unwrap(),
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                quoted => quoted,
            },
            byte => byte,
        });
    }
    bytes.into()
}

#[test]
fn the_form_is_the_one_of_its_version() {
    let pairs = ROWS_OF_VERSION_1.lines().map(|line| line.split_once(" = ").unwrap());
    let rows = Rows(pairs.map(|(key, row)| (unescaped(key), unescaped(row))).collect());
    let account = read(&rows).unwrap();
    let mut written = Rows(BTreeMap::new());
    written.append(&[entry(&Account::default(), &account)]).unwrap();
    let shown = written.0.iter().map(|(key, row)| format!("{} = {}\n", key.escape_ascii(), row.escape_ascii()));
    assert_eq!(shown.collect::<String>(), ROWS_OF_VERSION_1);

    let has = |kind: u8| rows.0.keys().any(|key| key[0] == kind);
    let missing: Vec<u8> = (1..=3).chain(TABLES.iter().copied()).filter(|kind| !has(*kind)).collect();
    assert!(missing.is_empty(), "{missing:?}: kinds of rows without an example");
    let policies: BTreeSet<_> = account
        .hosted_zones()
        .iter()
        .flat_map(|zone| zone.record_sets().map(|set| set.routing_policy().kind().name()).collect::<Vec<_>>())
        .collect();
    assert_eq!(policies.len(), 8, "{policies:?}");
    assert_eq!(seal(b"key", b"row").escape_ascii().to_string(), r"\xd8fe\xefrow");
    let edits = vec![
        RowEdit { key: b"key".to_vec().into(), row: Some(b"row".to_vec().into()) },
        RowEdit { key: b"other".to_vec().into(), row: None },
    ];
    let form = r"\x02\x03key\x01\x03row\x05other\x00";
    assert_eq!(entry_to_bytes(&edits).escape_ascii().to_string(), form);
}

#[test]
fn a_seal_holds_its_bytes_and_their_key() {
    let sealed = seal(b"key", b"row");
    assert_eq!(unseal(b"key", &sealed), Ok(&b"row"[..]));
    assert!(unseal(b"kez", &sealed).is_err());
    for place in 0..sealed.len() {
        let mut damaged = sealed.clone();
        damaged[place] ^= 4;
        assert!(unseal(b"key", &damaged).is_err());
        assert!(unseal(b"key", &sealed[..place]).is_err());
    }
}

/// Whatever a row holds, it is read or it is damage.
#[test]
fn any_bytes_are_rows_or_damage() {
    let mut found = [0; 2];
    for seed in 0..40 {
        let mut rng = Rng::with_seed(seed);
        let account = accounts().swap_remove(rng.usize(..3));
        let mut rows = Rows(BTreeMap::new());
        rows.append(&[entry(&Account::default(), &account)]).unwrap();
        let keys: Vec<_> = rows.0.keys().cloned().collect();
        for _ in 0..50 {
            let key = rng.choice(&keys).unwrap();
            let whole = rows.0[key].clone();
            let mut damaged = whole.to_vec();
            let place = rng.usize(..damaged.len());
            match rng.u32(..3) {
                0 => damaged[place] = rng.u8(..),
                1 => damaged.truncate(place),
                _ => damaged.insert(place, rng.u8(..)),
            }
            rows.0.insert(key.clone(), damaged.into());
            found[usize::from(read(&rows).is_ok())] += 1;
            rows.0.insert(key.clone(), whole);
        }
    }
    assert!(found.iter().all(|count| *count > 50), "{found:?}");
}

#[test]
fn names_without_their_zone_are_damage() {
    let account = accounts().swap_remove(0);
    let mut rows = Rows(BTreeMap::new());
    rows.append(&[entry(&Account::default(), &account)]).unwrap();
    let zone = account.hosted_zones().iter().last().unwrap();
    rows.0.retain(|key, _| **key != *[&[1], zone.id().as_str().as_bytes()].concat());
    let error = read(&rows).unwrap_err();
    let what = format!("there are names of hosted zone {:?}, but not the zone", zone.id());
    assert_eq!(error, JournalError::Damaged { file: "rows".to_owned(), damage: Damage(what) });
}

/// What zone files describe, in these tests: all that zones may refer to, and a zone that is theirs.
fn files() -> Account {
    let check = HealthCheck {
        id: HealthCheckId::new("check").unwrap(),
        target: HealthCheckTarget::Calculated(CalculatedCheck { health_threshold: 0, children: Vec::new() }),
        inverted: false,
        disabled: false,
        status: ForcedStatus::default(),
    };
    let vpc = |id| Vpc { id: VpcId::new(id).unwrap(), region: AwsRegion::UsEast1, cidrs: Vec::new() };
    let location = CidrLocationName::parse("office").unwrap();
    let blocks = BTreeMap::from([(location, vec!["192.0.2.0/24".parse().unwrap()])]);
    let collection = CidrCollection::new(CidrCollectionId::new("collection").unwrap(), "collection", blocks).unwrap();
    Account::new(AccountParts {
        vpcs: vec![vpc("one"), vpc("two")],
        health_checks: vec![check],
        cidr_collections: vec![collection],
        hosted_zones: vec![Arc::new(zone("ZFILES", "files.test", Visibility::Public, ""))],
        ..AccountParts::default()
    })
    .unwrap()
}

fn zone(id: &str, name: &str, visibility: Visibility, comment: &str) -> HostedZone {
    let (id, name) = (HostedZoneId::new(id).unwrap(), DomainName::parse(name).unwrap());
    let servers = DelegationSet::of_zone(&id, &visibility);
    let record_sets = vec![servers.ns_record_set(&name), servers.soa_record_set(&name)];
    HostedZone::new(HostedZoneParts { id, name, comment: comment.into(), visibility, record_sets }).unwrap()
}

fn random_policy(rng: &mut Rng) -> RoutingPolicy {
    match rng.u32(..8) {
        0 => RoutingPolicy::Weighted { weight: rng.u8(..) },
        1 => RoutingPolicy::Failover(*rng.choice(&[FailoverRole::Primary, FailoverRole::Secondary]).unwrap()),
        2 => RoutingPolicy::Latency { region: *rng.choice(&AwsRegion::ALL).unwrap() },
        3 => RoutingPolicy::Geolocation(match rng.u32(..4) {
            0 => GeoLocation::Default,
            1 => GeoLocation::Continent(*rng.choice(&Continent::ALL).unwrap()),
            2 => GeoLocation::Country(CountryCode::all().nth(rng.usize(..200)).unwrap()),
            _ => GeoLocation::Subdivision(UsState::all().nth(rng.usize(..50)).unwrap()),
        }),
        4 => RoutingPolicy::Geoproximity(GeoProximityLocation {
            place: match rng.u32(..3) {
                0 => GeoProximityPlace::Region(*rng.choice(&AwsRegion::ALL).unwrap()),
                1 => GeoProximityPlace::LocalZoneGroup(LocalZoneGroup::parse("us-west-2-lax-1").unwrap()),
                _ => GeoProximityPlace::Coordinates(
                    Coordinates::rounded(rng.f64() * 180.0 - 90.0, rng.f64() * 360.0 - 180.0).unwrap(),
                ),
            },
            bias: Bias::new(rng.i64(-99..=99)).unwrap(),
        }),
        5 => RoutingPolicy::MultiValue,
        6 => RoutingPolicy::IpBased(CidrRoutingConfig {
            collection: CidrCollectionId::new("collection").unwrap(),
            location: match rng.bool() {
                true => CidrLocation::Default,
                false => CidrLocation::Named(CidrLocationName::parse("office").unwrap()),
            },
        }),
        _ => RoutingPolicy::Simple,
    }
}

const NAMES: &[&str] = &["", "a.", "b.", "a.b.", "\\052.", "x\\000y.", "x.", "\\377\\001.c.", "d.c."];

fn random_record_set(rng: &mut Rng, zone: &HostedZone) -> RecordSet {
    loop {
        let name = |rng: &mut Rng| {
            DomainName::parse(&format!("{}{}", rng.choice(NAMES).unwrap(), zone.name().to_api_text())).unwrap()
        };
        let (record_type, texts): (_, &[&str]) = *rng
            .choice(&[
                (RecordType::A, &["192.0.2.1", "192.0.2.2", "192.0.2.3"][..]),
                (RecordType::Aaaa, &["2001:db8::1", "2001:DB8:0::2"]),
                (RecordType::Txt, &["\"one\"", "\"two\" \"three\"", "\"\\000\\377\"", "\"odd\"   \"spaces\""]),
                (RecordType::Mx, &["10 mail.example.net.", "010  Mail.example.net"]),
                (RecordType::Cname, &["Elsewhere.example.net"]),
                (RecordType::Caa, &["0 issue \"ca.example.net\""]),
                (RecordType::Srv, &["1 2 3 host.example.net"]),
            ])
            .unwrap();
        let content = match rng.u32(..4) {
            0 => RecordContent::Alias(AliasTarget {
                hosted_zone_id: rng
                    .choice([zone.id().clone(), HostedZoneId::new("ZELB").unwrap()].iter())
                    .unwrap()
                    .clone(),
                dns_name: name(rng),
                evaluate_target_health: rng.bool(),
            }),
            _ => {
                let mut values: Vec<_> =
                    texts.iter().map(|text| RecordValue::parse(record_type, text).unwrap()).collect();
                rng.shuffle(&mut values);
                values.truncate(rng.usize(1..=values.len()));
                RecordContent::Values { ttl: rng.u32(..4), values }
            }
        };
        let routing_policy = if rng.bool() { RoutingPolicy::Simple } else { random_policy(rng) };
        let set_identifier = (routing_policy != RoutingPolicy::Simple)
            .then(|| SetIdentifier::new(rng.choice(["x", "y ü", "z"].iter()).unwrap()).unwrap());
        let health_check_id = (rng.u32(..6) == 0).then(|| HealthCheckId::new("check").unwrap());
        let parts =
            RecordSetParts { name: name(rng), record_type, set_identifier, routing_policy, content, health_check_id };
        if let Ok(set) = RecordSet::new(parts, zone.id()) {
            return set;
        }
    }
}

/// Most are possible, and some are not.
fn random_change(rng: &mut Rng, account: &Account) -> Change {
    let zones: Vec<&Arc<HostedZone>> =
        account.hosted_zones().iter().filter(|zone| zone.name().to_string() != "files.test.").collect();
    let Some(known) = rng.choice(&zones).filter(|_| rng.u32(..12) > 0) else {
        let (id, name) = *rng.choice(&[("Z1", "one.test"), ("Z10", "two.test"), ("Z2", "a.one.test")]).unwrap();
        let vpcs = ["one", "two"].map(|id| VpcId::new(id).unwrap());
        let vpcs: BTreeSet<_> = vpcs.into_iter().filter(|_| rng.u32(..3) == 0).collect();
        let visibility = if vpcs.is_empty() { Visibility::Public } else { Visibility::Private(vpcs) };
        let comment = rng.choice(&["", "a comment", "ü"]).unwrap();
        let vpc = match &visibility {
            Visibility::Public => None,
            Visibility::Private(vpcs) => account.vpcs().get(vpcs.first().unwrap()).cloned(),
        };
        let caller_reference = CallerReference::new(&rng.u32(..).to_string()).unwrap();
        let registration = HostedZoneRegistration { caller_reference, delegation_set: None };
        let zone = Box::new(zone(id, name, visibility, comment));
        return Change::CreateHostedZone { zone, registration, vpc };
    };
    if rng.u32(..15) == 0 {
        return Change::DeleteHostedZone(known.id().clone());
    }
    let kept: Vec<RecordSet> = known.record_sets().map(|set| set.into_owned()).collect();
    let changes = (0..rng.usize(1..4)).map(|_| match rng.u32(..4) {
        0 => RecordSetChange { action: Action::Delete, record_set: rng.choice(&kept).unwrap().clone() },
        _ => RecordSetChange { action: Action::Upsert, record_set: random_record_set(rng, known) },
    });
    let changes = changes.collect();
    Change::ChangeRecordSets { hosted_zone: known.id().clone(), changes }
}

#[test]
fn a_store_that_starts_again_is_the_one_that_ended() {
    let (mut accepted, mut policies) = (0, BTreeSet::new());
    for seed in 0..60 {
        let mut rng = Rng::with_seed(seed);
        let disk = FakeDisk::default();
        let open = |disk: &FakeDisk| {
            let journal = Embedded::on_fake_disk(disk);
            let checkpoint = journal.checkpointing();
            (Store::open(files(), CountryData::default(), Box::new(journal)).unwrap(), checkpoint)
        };
        let mut opened = open(&disk);
        for _ in 0..80 {
            let (store, make_checkpoint) = &opened;
            let before = Account::clone(store.snapshots().load().account());
            let applied = store.apply(random_change(&mut rng, &before));
            let account = Account::clone(store.snapshots().load().account());
            match applied {
                Ok(_) => accepted += 1,
                Err(_) => assert_eq!(account, before, "seed {seed}"),
            }
            let sets = account.hosted_zones().iter().flat_map(|zone| zone.record_sets());
            policies.extend(sets.map(|set| set.routing_policy().kind().name()));
            if rng.u32(..10) == 0 {
                make_checkpoint();
            }
            if rng.u32(..10) == 0 {
                let killed = disk.after_kill();
                let (again, _) = open(&killed);
                let again = Account::clone(again.snapshots().load().account());
                assert_eq!(again, account, "seed {seed}");
                assert_eq!(zonefile::write(&again), zonefile::write(&account), "seed {seed}");
            }
            if rng.u32(..20) == 0 {
                drop(opened);
                opened = open(&disk);
                assert_eq!(**opened.0.snapshots().load().account(), account, "seed {seed}");
            }
        }
    }
    assert!(accepted > 1_000, "{accepted}");
    assert_eq!(policies.len(), 8, "{policies:?}");
}
