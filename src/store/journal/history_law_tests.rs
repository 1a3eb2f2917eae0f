//! Whatever the API is asked, a store that starts again has the account that was there: the registry too.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use jiff::Timestamp;

use super::embedded::fake_disk::FakeDisk;
use super::{Embedded, entry};
use crate::change::{Action, Change, RecordSetChange, plan};
use crate::model::identifier::Identifier;
use crate::model::{
    Account, AccountParts, AddressPolicy, AwsRegion, ChangeRecord, CidrCollection, CidrCollectionRegistration,
    CidrLocationName, DelegationSet, DomainName, ForcedStatus, HealthCheckConfig, HealthCheckRegistration,
    HealthCheckType, HostedZone, HostedZoneId, HostedZoneParts, HostedZoneRegistration, RecordContent, RecordSet,
    RecordSetParts, RecordType, RecordValue, ReusableDelegationSet, RoutingPolicy, TaggedResource, Visibility, Vpc,
};
use crate::snapshot::CountryData;
use crate::store::Store;

fn id<Kind>(text: &str) -> Identifier<Kind> {
    Identifier::new(text).unwrap()
}

/// One of few, so that they meet again.
fn any_id<Kind>(rng: &mut Rng) -> Identifier<Kind> {
    id(rng.choice(["a", "b", "c"].iter()).unwrap())
}

/// Mostly another.
fn reference<Kind>(rng: &mut Rng) -> Identifier<Kind> {
    id(&format!("reference {}", rng.u32(..40)))
}

fn zone(id: HostedZoneId, name: &str, visibility: Visibility) -> HostedZone {
    let name = DomainName::parse(name).unwrap();
    let servers = DelegationSet::of_zone(&id, &visibility);
    let record_sets = vec![servers.ns_record_set(&name), servers.soa_record_set(&name)];
    HostedZone::new(HostedZoneParts { id, name, comment: "".into(), visibility, record_sets }).unwrap()
}

fn files(rng: &mut Rng) -> Account {
    let zones = ["x.files.test", "y.files.test"].into_iter().filter(|_| rng.bool());
    let zones = zones.map(|name| zone(id(name), name, Visibility::Public).into()).collect();
    Account::new(AccountParts { hosted_zones: zones, ..AccountParts::default() }).unwrap()
}

fn any_vpc(rng: &mut Rng) -> Vpc {
    Vpc { id: any_id(rng), region: AwsRegion::EuWest1, cidrs: Vec::new() }
}

fn described_vpc(rng: &mut Rng) -> Vpc {
    let cidrs = vec![format!("10.{}.0.0/16", rng.u8(..3)).parse().unwrap(), "2001:db8::/56".parse().unwrap()];
    Vpc { cidrs, ..any_vpc(rng) }
}

fn any_config(rng: &mut Rng) -> HealthCheckConfig {
    match rng.u32(..3) {
        0 => HealthCheckConfig {
            ip_address: Some("192.0.2.1".parse().unwrap()),
            port: rng.bool().then_some(8080),
            resource_path: rng.bool().then(|| "/ü".into()),
            inverted: rng.bool().then_some(true),
            regions: rng.bool().then(|| BTreeSet::from([AwsRegion::UsEast1, AwsRegion::EuWest1, AwsRegion::UsWest2])),
            ..HealthCheckConfig::new(HealthCheckType::Http)
        },
        1 => HealthCheckConfig {
            health_threshold: Some(rng.u32(..3)),
            child_health_checks: rng.bool().then(|| vec![any_id(rng)]),
            ..HealthCheckConfig::new(HealthCheckType::Calculated)
        },
        _ => HealthCheckConfig {
            alarm_identifier: Some((AwsRegion::UsWest2, "alarm".into())),
            ..HealthCheckConfig::new(HealthCheckType::CloudWatchMetric)
        },
    }
}

fn any_collection(rng: &mut Rng) -> CidrCollection {
    let mut locations = BTreeMap::new();
    if rng.bool() {
        let blocks = vec![format!("10.{}.0.0/16", rng.u8(..)).parse().unwrap(), "2001:db8::/32".parse().unwrap()];
        locations.insert(CidrLocationName::parse("office").unwrap(), blocks);
    }
    let id = any_id(rng);
    CidrCollection::new(id, rng.choice(["one", "two"].iter()).unwrap(), locations).unwrap()
}

fn any_record_set(rng: &mut Rng, account: &Account, zone: &HostedZoneId) -> Option<RecordSetChange> {
    let known = account.hosted_zone(zone)?;
    let values = vec![RecordValue::parse(RecordType::A, &format!("192.0.2.{}", rng.u8(..))).unwrap()];
    let checks: Vec<_> = account.health_checks().keys().collect();
    let parts = RecordSetParts {
        name: known.name().child(rng.choice(&[&b"v"[..], b"w"]).unwrap()).unwrap(),
        record_type: RecordType::A,
        set_identifier: Some(any_id(rng)),
        routing_policy: RoutingPolicy::Weighted { weight: rng.u8(..) },
        content: RecordContent::Values { ttl: 5, values },
        health_check_id: rng.choice(&checks).map(|check| (*check).clone()),
    };
    Some(RecordSetChange { action: Action::Upsert, record_set: RecordSet::new(parts, zone).ok()? })
}

/// Most are possible, and some are not. `time` is that of the change, for its id.
fn any_change(rng: &mut Rng, account: &Account, time: usize) -> (usize, Change) {
    let kind = rng.usize(..21);
    let hosted_zone: HostedZoneId = any_id(rng);
    let change = match kind {
        0 | 1 => {
            let vpc = rng.bool().then(|| any_vpc(rng));
            let visibility = match &vpc {
                Some(vpc) => Visibility::Private([vpc.id.clone()].into()),
                None => Visibility::Public,
            };
            let delegation_set = (vpc.is_none() && rng.bool()).then(|| any_id(rng));
            let registration = HostedZoneRegistration { caller_reference: reference(rng), delegation_set };
            let own = format!("{hosted_zone}.test");
            let zone = Box::new(zone(hosted_zone.clone(), rng.choice(["shared.test", &own]).unwrap(), visibility));
            Change::CreateHostedZone { zone, registration, vpc }
        }
        2 => Change::DeleteHostedZone(hosted_zone),
        3 => Change::CommentHostedZone { hosted_zone, comment: rng.choice(["", "ü"].iter()).copied().unwrap().into() },
        4 => Change::AssociateVpc { hosted_zone, vpc: any_vpc(rng) },
        5 => Change::DisassociateVpc { hosted_zone, vpc: any_id(rng) },
        6 => Change::AuthorizeVpc { hosted_zone, vpc: any_vpc(rng) },
        7 => Change::DeauthorizeVpc { hosted_zone, vpc: any_id(rng) },
        8 | 9 => {
            let config = any_config(rng);
            let check = config.health_check(any_id(rng), ForcedStatus::Obey, AddressPolicy::Any).unwrap();
            match account.registry().health_checks.get(&check.id) {
                Some(before) => {
                    let registration =
                        HealthCheckRegistration { version: before.version + 1, config, ..before.clone() };
                    Change::UpdateHealthCheck { check, registration }
                }
                None => {
                    let registration = HealthCheckRegistration { caller_reference: reference(rng), version: 1, config };
                    Change::CreateHealthCheck { check, registration }
                }
            }
        }
        10 => Change::DeleteHealthCheck(any_id(rng)),
        11 => {
            let resource = match rng.bool() {
                true => TaggedResource::HostedZone(hosted_zone),
                false => TaggedResource::HealthCheck(any_id(rng)),
            };
            let add = if rng.bool() { BTreeMap::from([("k".into(), "ü".into())]) } else { BTreeMap::new() };
            Change::ChangeTags { resource, add, remove: vec!["k".into()] }
        }
        12 => {
            let collection = any_collection(rng);
            match account.registry().cidr_collections.get(collection.id()) {
                Some(before) => {
                    let registration = CidrCollectionRegistration { version: before.version + 1, ..before.clone() };
                    Change::UpdateCidrCollection { collection, registration }
                }
                None => {
                    let registration = CidrCollectionRegistration { caller_reference: reference(rng), version: 1 };
                    Change::CreateCidrCollection { collection, registration }
                }
            }
        }
        13 => Change::DeleteCidrCollection(any_id(rng)),
        14 => {
            let name_servers = DelegationSet::derived_from(&rng.u8(..).to_string());
            let set = ReusableDelegationSet { caller_reference: reference(rng), name_servers };
            Change::CreateDelegationSet { id: any_id(rng), set, hosted_zone: rng.bool().then_some(hosted_zone) }
        }
        15 => Change::DeleteDelegationSet(any_id(rng)),
        16 => Change::DescribeVpc(described_vpc(rng)),
        17 => Change::ForgetVpc(any_id(rng)),
        18 => Change::SynchronizeVpcs((0..rng.usize(..3)).map(|_| described_vpc(rng)).collect()),
        _ => Change::ChangeRecordSets {
            changes: any_record_set(rng, account, &hosted_zone).into_iter().collect(),
            hosted_zone,
        },
    };
    if rng.bool() {
        return (kind, change);
    }
    let comment = rng.bool().then(|| "a comment".into());
    let record = ChangeRecord { submitted_at: Timestamp::from_nanosecond(time as i128 * 7).unwrap(), comment };
    (kind, Change::Recorded { change: Box::new(change), id: id(&format!("C{time:05}")), record })
}

#[test]
fn what_the_api_made_is_there_after_any_start() {
    let mut accepted = BTreeMap::new();
    for seed in 0..40 {
        let mut rng = Rng::with_seed(seed);
        let disk = FakeDisk::default();
        let mut current_files = files(&mut rng);
        let open = |disk: &FakeDisk, files: &Account| {
            let journal = Embedded::on_fake_disk(disk);
            let checkpoint = journal.checkpointing();
            (Store::open(files.clone(), CountryData::default(), Box::new(journal)).unwrap(), checkpoint)
        };
        let mut opened = open(&disk, &current_files);
        for time in 0..120 {
            let (store, make_checkpoint) = &opened;
            let before = Account::clone(store.snapshots().load().account());
            let (kind, change) = any_change(&mut rng, &before, time);
            let applied = store.apply(change);
            if rng.u32(..15) == 0 {
                // Refused where they take a name that the API has.
                let newer = files(&mut rng);
                if store.apply(Change::ReplaceFiles(Box::new(newer.clone()))).is_ok() {
                    current_files = newer;
                }
            }
            let account = Account::clone(store.snapshots().load().account());
            if applied.is_ok() {
                *accepted.entry(kind).or_insert(0) += 1;
            }
            if rng.u32(..10) == 0 {
                make_checkpoint();
            }
            if rng.u32(..8) == 0 {
                let (again, _) = open(&disk.after_kill(), &current_files);
                assert_eq!(**again.snapshots().load().account(), account, "seed {seed}");
            }
            if rng.u32(..20) == 0 {
                drop(opened);
                opened = open(&disk, &current_files);
                assert_eq!(**opened.0.snapshots().load().account(), account, "seed {seed}");
            }
        }
    }
    assert!(accepted.len() == 21 && accepted.values().all(|count| *count > 5), "{accepted:?}");
}

#[test]
fn a_reload_of_files_is_nothing_for_the_journal() {
    let mut rng = Rng::with_seed(1);
    let mut account = files(&mut rng);
    for time in 0..200 {
        let (_, change) = any_change(&mut rng, &account, time);
        account = plan(&account, change).unwrap_or(account);
        let Ok(next) = plan(&account, Change::ReplaceFiles(Box::new(files(&mut rng)))) else { continue };
        assert_eq!(entry(&account, &next), Vec::new());
        account = next;
    }
    assert!(!account.registry().owns_nothing());
}
