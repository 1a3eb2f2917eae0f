//! Instances of traffic policies: their record sets come, are replaced and go as one.

use std::collections::BTreeMap;
use std::sync::Arc;

use fastrand::Rng;
use jiff::Timestamp;

use super::{
    Action, Change, ChangeError, RecordSetChange, RecordSetFinding, TrafficPolicyChange, TrafficPolicyRefusal, plan,
};
use crate::model::traffic_policy::{Branch, Endpoint, Target};
use crate::model::{
    Account, CallerReference, DelegationSet, DomainName, HostedZone, HostedZoneId, HostedZoneParts,
    HostedZoneRegistration, RecordSet, RecordType, RecordValue, RoutingPolicy, TrafficPolicy, TrafficPolicyDocument,
    TrafficPolicyId, TrafficPolicyInstance, TrafficPolicyInstanceId, TrafficPolicyVersion, Visibility,
};

fn zone_id() -> HostedZoneId {
    HostedZoneId::new("Z1").unwrap()
}

fn name(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

fn policy_id() -> TrafficPolicyId {
    TrafficPolicyId::new("policy").unwrap()
}

fn instance_id(id: &str) -> TrafficPolicyInstanceId {
    TrafficPolicyInstanceId::new(id).unwrap()
}

/// A zone of the API, and a policy whose versions have type A, and AAAA the third.
fn account() -> Account {
    let (id, zone_name, visibility) = (zone_id(), name("example.test"), Visibility::Public);
    let servers = DelegationSet::of_zone(&id, &visibility);
    let record_sets = vec![servers.ns_record_set(&zone_name), servers.soa_record_set(&zone_name)];
    let parts = HostedZoneParts { id, name: zone_name, comment: "".into(), visibility, record_sets };
    let registration =
        HostedZoneRegistration { caller_reference: CallerReference::new("z").unwrap(), delegation_set: None };
    let zone = Box::new(HostedZone::new(parts).unwrap());
    let account = plan(&Account::default(), Change::CreateHostedZone { zone, registration, vpc: None }).unwrap();
    let version = |record_type| Arc::new(TrafficPolicyVersion { record_type, document: "".into(), comment: None });
    let versions =
        BTreeMap::from([(1, version(RecordType::A)), (2, version(RecordType::A)), (3, version(RecordType::Aaaa))]);
    let created_at = Timestamp::UNIX_EPOCH;
    let policy = TrafficPolicy { name: "p".into(), created_at, latest_number: 3, versions };
    plan(&account, Change::TrafficPolicy(TrafficPolicyChange::Create { id: policy_id(), policy })).unwrap()
}

/// Rules in a row, each of which leads to an address and to the next.
fn document(record_type: RecordType, rules: usize, address: &str) -> Box<TrafficPolicyDocument> {
    let branch = |target| Branch {
        policy: RoutingPolicy::Weighted { weight: 1 },
        target,
        evaluate_target_health: false,
        health_check_id: None,
    };
    let rule = |number: usize| {
        let mut branches = vec![branch(Target::Endpoint("e".into()))];
        if number + 1 < rules {
            branches.push(branch(Target::Rule(format!("r{}", number + 1).into())));
        }
        (Box::from(format!("r{number}")), branches)
    };
    let endpoint = Endpoint::Value(RecordValue::parse(record_type, address).unwrap());
    let endpoints = BTreeMap::from([("e".into(), endpoint)]);
    let rules = (0..rules).map(rule).collect();
    Box::new(TrafficPolicyDocument::new(record_type, Target::Rule("r0".into()), endpoints, rules).unwrap())
}

fn instance(its_name: &str, record_type: RecordType, version: u32) -> TrafficPolicyInstance {
    let (hosted_zone, policy) = (zone_id(), policy_id());
    TrafficPolicyInstance { hosted_zone, name: name(its_name), record_type, ttl: 60, policy, version }
}

fn create(account: &Account, id: &str, its_name: &str, rules: usize) -> Result<Account, ChangeError> {
    let (id, instance) = (instance_id(id), instance(its_name, RecordType::A, 1));
    let document = document(RecordType::A, rules, "192.0.2.1");
    plan(account, Change::TrafficPolicy(TrafficPolicyChange::CreateInstance { id, instance, document }))
}

fn delete(account: &Account, id: &str) -> Result<Account, ChangeError> {
    plan(account, Change::TrafficPolicy(TrafficPolicyChange::DeleteInstance(instance_id(id))))
}

fn refusal(result: Result<Account, ChangeError>) -> TrafficPolicyRefusal {
    match result {
        Err(ChangeError::TrafficPolicy(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn batch(account: &Account, action: Action, record_set: RecordSet) -> Result<Account, ChangeError> {
    let changes = vec![RecordSetChange { action, record_set }];
    plan(account, Change::ChangeRecordSets { hosted_zone: zone_id(), changes })
}

fn address(its_name: &str) -> RecordSet {
    let value = RecordValue::parse(RecordType::A, "192.0.2.9").unwrap();
    RecordSet::with_values(name(its_name), RecordType::A, 60, vec![value]).unwrap()
}

#[test]
fn what_an_instance_brings_goes_with_it_whatever_happens_between() {
    let mut rng = Rng::with_seed(7);
    let empty = account();
    let mut current = empty.clone();
    let mut rules_of: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..300 {
        let its_name = *rng.choice(["www.example.test", "example.test", "_tp2.www.example.test"].iter()).unwrap();
        let rules = rng.usize(1..4);
        let id = instance_id(its_name);
        current = match (rng.u32(..3), rules_of.contains_key(its_name)) {
            (0, true) => {
                rules_of.remove(its_name);
                delete(&current, its_name).unwrap()
            }
            (_, true) => {
                rules_of.insert(its_name, rules);
                let instance = instance(its_name, RecordType::A, 2);
                let document = document(RecordType::A, rules, "192.0.2.2");
                match plan(
                    &current,
                    Change::TrafficPolicy(TrafficPolicyChange::UpdateInstance { id, instance, document }),
                ) {
                    Ok(next) => next,
                    // The name of an inner rule is taken: the instance is left as it was. It may be made anew.
                    Err(_) => {
                        rules_of.remove(its_name);
                        delete(&current, its_name).unwrap()
                    }
                }
            }
            (_, false) => match create(&current, its_name, its_name, rules) {
                Ok(next) => {
                    rules_of.insert(its_name, rules);
                    next
                }
                Err(_) => current,
            },
        };
        // A rule after the first has two branches, but the last, and each rule a name.
        let sets: usize = rules_of.values().map(|rules| 2 * rules - 1).sum();
        assert_eq!(current.hosted_zone(&zone_id()).unwrap().record_set_count(), 2 + sets);
        assert_eq!(current.registry().traffic_policy_groups.len(), rules_of.values().sum::<usize>());
        assert_eq!(current.registry().traffic_policy_instances.len(), rules_of.len());
    }
    for its_name in rules_of.into_keys() {
        current = delete(&current, its_name).unwrap();
    }
    assert_eq!(current, empty);
}

#[test]
fn nobody_else_changes_what_belongs_to_an_instance() {
    let account = create(&account(), "i", "www.example.test", 2).unwrap();
    let zone = account.hosted_zone(&zone_id()).unwrap();
    let owned: Vec<RecordSet> =
        zone.record_sets().filter(|set| set.record_type() == RecordType::A).map(|set| set.into_owned()).collect();
    assert_eq!(owned.len(), 3);
    for set in owned {
        for action in [Action::Create, Action::Upsert, Action::Delete] {
            let Err(ChangeError::RecordSets(findings)) = batch(&account, action, set.clone()) else {
                panic!("{set:?}")
            };
            assert_eq!(findings[0], RecordSetFinding::OfTrafficPolicyInstance(set.key(), instance_id("i")));
        }
    }
    // Another type of the name is anybody's.
    let value = RecordValue::parse(RecordType::Txt, "\"a\"").unwrap();
    let text = RecordSet::with_values(name("www.example.test"), RecordType::Txt, 60, vec![value]).unwrap();
    assert!(batch(&account, Action::Create, text).is_ok());
    assert!(matches!(plan(&account, Change::DeleteHostedZone(zone_id())), Err(ChangeError::HostedZoneNotEmpty(_))));
}

#[test]
fn an_instance_takes_no_place_that_is_taken() {
    let empty = account();
    for taken in ["www.example.test", "_tp2.www.example.test"] {
        let set = address(taken);
        let account = batch(&empty, Action::Create, set.clone()).unwrap();
        let refused = refusal(create(&account, "i", "www.example.test", 2));
        let TrafficPolicyRefusal::RecordSets(_, findings) = refused else { panic!("{refused:?}") };
        assert!(matches!(&findings[0], RecordSetFinding::AlreadyExists(key) if key.name == *set.name()));
    }
    let account = create(&empty, "i", "www.example.test", 1).unwrap();
    let refused = refusal(create(&account, "j", "www.example.test", 1));
    assert_eq!(refused, TrafficPolicyRefusal::InstanceExists(instance_id("i")));
    let refused = refusal(create(&account, "j", "www.elsewhere.test", 1));
    assert!(matches!(refused, TrafficPolicyRefusal::RecordSets(..)), "{refused:?}");
}

#[test]
fn a_version_that_an_instance_is_of_stays() {
    let account = create(&account(), "i", "www.example.test", 1).unwrap();
    let delete_version = |account: &Account, version| {
        plan(account, Change::TrafficPolicy(TrafficPolicyChange::DeleteVersion { id: policy_id(), version }))
    };
    assert_eq!(refusal(delete_version(&account, 1)), TrafficPolicyRefusal::InUse(instance_id("i")));
    let without_second = delete_version(&account, 2).unwrap();
    let refused = refusal(delete_version(&without_second, 2));
    assert_eq!(refused, TrafficPolicyRefusal::NoSuchVersion(policy_id(), 2));
    // A version of another type is for other instances.
    let (id, document) = (instance_id("i"), document(RecordType::Aaaa, 1, "2001:db8::1"));
    let instance = instance("www.example.test", RecordType::A, 3);
    let update = TrafficPolicyChange::UpdateInstance { id, instance, document };
    let refused = refusal(plan(&account, Change::TrafficPolicy(update)));
    assert_eq!(refused, TrafficPolicyRefusal::OtherType(RecordType::A, RecordType::Aaaa));
    // With its last version the policy is gone.
    let gone = delete_version(&delete_version(&delete(&without_second, "i").unwrap(), 3).unwrap(), 1).unwrap();
    assert!(gone.registry().traffic_policies.is_empty());
}
