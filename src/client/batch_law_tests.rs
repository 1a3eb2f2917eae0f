//! From any zone to any other, in batches each of which Route 53 accepts.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use fastrand::Rng;

use super::batch::batches;
use crate::change::{Action, Change, RecordSetChange, plan};
use crate::model::{
    Account, AccountParts, AliasTarget, AwsRegion, DelegationSet, DomainName, FailoverRole, HostedZone, HostedZoneId,
    HostedZoneParts, RecordContent, RecordSet, RecordSetKey, RecordSetParts, RecordType, RecordValue, RoutingPolicy,
    SetIdentifier, Visibility,
};

fn zone_id() -> HostedZoneId {
    HostedZoneId::new("Z1").unwrap()
}

fn name(text: &str) -> DomainName {
    DomainName::parse(&format!("{text}example.test")).unwrap()
}

fn zone(record_sets: Vec<RecordSet>) -> Option<HostedZone> {
    let (id, name, visibility) = (zone_id(), name(""), Visibility::Public);
    HostedZone::new(HostedZoneParts { id, name, comment: "".into(), visibility, record_sets }).ok()
}

/// Groups of all kinds, whose aliases target each other, so large that a few of them fill a batch.
fn random_record_sets(rng: &mut Rng) -> Vec<RecordSet> {
    const NAMES: &[&str] = &["a.", "b.", "c.", "d.", "e.", "f.", "g.", "h."];
    const TYPES: &[RecordType] = &[RecordType::Txt, RecordType::A, RecordType::Cname];
    let mut sets = Vec::new();
    for owner in NAMES {
        for record_type in TYPES {
            if rng.u32(..3) == 0 {
                continue;
            }
            let kind = rng.u32(..5);
            for number in 0..if kind < 2 { 1 } else { rng.u8(1..4) } {
                let content = if rng.u32(..3) == 0 {
                    RecordContent::Alias(AliasTarget {
                        hosted_zone_id: zone_id(),
                        dns_name: name(rng.choice(NAMES).unwrap()),
                        evaluate_target_health: rng.bool(),
                    })
                } else {
                    let count = if *record_type == RecordType::Cname { 1 } else { rng.u32(1..150) };
                    let text = |number| match record_type {
                        RecordType::A => format!("192.0.2.{number}"),
                        RecordType::Txt => format!("\"{number}\""),
                        _ => format!("n{number}.example.net"),
                    };
                    let values = (0..count).map(|it| RecordValue::parse(*record_type, &text(it)).unwrap());
                    RecordContent::Values { ttl: 60 + kind, values: values.collect() }
                };
                let routing_policy = match kind {
                    0 | 1 => RoutingPolicy::Simple,
                    2 => RoutingPolicy::Weighted { weight: rng.u8(..3) },
                    3 => RoutingPolicy::Latency { region: rng.choice(AwsRegion::ALL).unwrap() },
                    _ => RoutingPolicy::Failover(if rng.bool() {
                        FailoverRole::Primary
                    } else {
                        FailoverRole::Secondary
                    }),
                };
                let set_identifier =
                    (routing_policy != RoutingPolicy::Simple).then(|| SetIdentifier::new(&number.to_string()).unwrap());
                let (name, record_type, health_check_id) = (name(owner), *record_type, None);
                let parts =
                    RecordSetParts { name, record_type, set_identifier, routing_policy, content, health_check_id };
                sets.extend(RecordSet::new(parts, &zone_id()));
            }
        }
    }
    sets
}

/// A zone without dangling aliases, of record sets that go together.
fn random_zone(rng: &mut Rng) -> HostedZone {
    let delegation_set = DelegationSet::of_zone(&zone_id(), &Visibility::Public);
    let mut kept = vec![delegation_set.ns_record_set(&name("")), delegation_set.soa_record_set(&name(""))];
    for set in random_record_sets(rng) {
        kept.push(set);
        if zone(kept.clone()).is_none() {
            kept.pop();
        }
    }
    loop {
        let groups: Vec<_> = kept.iter().map(|set| (set.name().clone(), set.record_type())).collect();
        let count = kept.len();
        kept.retain(|set| {
            set.alias_target().is_none_or(|target| groups.contains(&(target.dns_name.clone(), set.record_type())))
        });
        if kept.len() == count {
            return zone(kept).unwrap();
        }
    }
}

fn account(zone: &HostedZone) -> Account {
    Account::new(AccountParts { hosted_zones: vec![Arc::new(zone.clone())], ..AccountParts::default() }).unwrap()
}

/// What makes one zone of another.
fn changes(from: &HostedZone, to: &HostedZone) -> Vec<RecordSetChange> {
    let old: BTreeMap<String, RecordSet> =
        from.record_sets().map(|set| (set.key().to_string(), set.into_owned())).collect();
    let new: BTreeMap<String, RecordSet> =
        to.record_sets().map(|set| (set.key().to_string(), set.into_owned())).collect();
    let made = new.iter().filter(|(key, set)| old.get(*key) != Some(*set)).map(|(key, set)| RecordSetChange {
        action: if old.contains_key(key) { Action::Upsert } else { Action::Create },
        record_set: set.clone(),
    });
    let gone = old.iter().filter(|(key, _)| !new.contains_key(*key));
    let gone = gone.map(|(_, set)| RecordSetChange { action: Action::Delete, record_set: set.clone() });
    made.chain(gone).collect()
}

#[test]
fn every_batch_between_two_zones_is_accepted_and_the_last_one_gives_the_second() {
    let (mut several, mut too_large) = (0, 0);
    for seed in 0..150 {
        let mut rng = Rng::with_seed(seed);
        let (from, to) = (random_zone(&mut rng), random_zone(&mut rng));
        let old: Vec<RecordSet> = from.record_sets().map(|set| set.into_owned()).collect();
        let before: HashMap<RecordSetKey, &RecordSet> = old.iter().map(|set| (set.key(), set)).collect();
        let Ok(batches) = batches(changes(&from, &to), &before) else {
            too_large += 1;
            continue;
        };
        several += usize::from(batches.len() > 1);
        let mut account = account(&from);
        for changes in batches {
            let order: Vec<String> =
                changes.iter().map(|change| format!("{:?} {}", change.action, change.record_set.key())).collect();
            account = plan(&account, Change::ChangeRecordSets { hosted_zone: zone_id(), changes })
                .unwrap_or_else(|error| panic!("seed {seed}: {error}: {order:#?}"));
        }
        assert_eq!(**account.hosted_zone(&zone_id()).unwrap(), to, "seed {seed}");
    }
    assert!(several > 50 && too_large < 50, "{several} {too_large}");
}
