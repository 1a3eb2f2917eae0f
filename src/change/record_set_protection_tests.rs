//! Random protections of a zone, against a map of them (C-5).

use std::collections::BTreeMap;

use fastrand::Rng;

use super::{Action, Change, ChangeError, RecordSetChange, RecordSetFinding, plan};
use crate::model::{
    Account, CallerReference, DelegationSet, DomainName, HostedZone, HostedZoneId, HostedZoneParts,
    HostedZoneRegistration, ProtectionKey, RecordSet, RecordSetProtection, RecordType, RecordValue, Visibility,
};

const NAMES: [&str; 4] = ["a.example", "www.a.example", "*.a.example", "x.www.a.example"];
const TYPES: [RecordType; 2] = [RecordType::A, RecordType::Txt];

type Protections = BTreeMap<ProtectionKey, RecordSetProtection>;

fn id() -> HostedZoneId {
    HostedZoneId::new("ZA").unwrap()
}

/// A zone, and others before and after it in the order of ids that are protected from top to bottom.
fn account() -> Account {
    let mut account = Account::default();
    for (text, name) in [("ZA", "a.example"), ("Z", "b.example"), ("ZAA", "c.example")] {
        let (id, name) = (HostedZoneId::new(text).unwrap(), DomainName::parse(name).unwrap());
        let servers = DelegationSet::of_zone(&id, &Visibility::Public);
        let record_sets = vec![servers.ns_record_set(&name), servers.soa_record_set(&name)];
        let parts = HostedZoneParts {
            id: id.clone(),
            name: name.clone(),
            comment: "".into(),
            visibility: Visibility::Public,
            record_sets,
        };
        let registration =
            HostedZoneRegistration { caller_reference: CallerReference::new(text).unwrap(), delegation_set: None };
        let zone = Box::new(HostedZone::new(parts).unwrap());
        account = plan(&account, Change::CreateHostedZone { zone, registration, vpc: None }).unwrap();
        if text != "ZA" {
            let key = |record_type| ProtectionKey { hosted_zone: id.clone(), name: name.clone(), record_type };
            let protections = RecordType::ALL.map(|it| (key(it), RecordSetProtection::default())).to_vec();
            account = plan(&account, Change::Protect { hosted_zone: id.clone(), protections }).unwrap();
        }
    }
    account
}

fn key(name: &str, record_type: RecordType) -> ProtectionKey {
    ProtectionKey { hosted_zone: id(), name: DomainName::parse(name).unwrap(), record_type }
}

/// Several, each once.
fn random_keys(rng: &mut Rng) -> Vec<ProtectionKey> {
    let mut keys: Vec<_> = NAMES.iter().flat_map(|name| TYPES.map(|record_type| key(name, record_type))).collect();
    rng.shuffle(&mut keys);
    keys.truncate(rng.usize(1..4));
    keys
}

fn protections_of(account: &Account) -> Protections {
    let first = ProtectionKey::first_of(id());
    account.registry().protections_from(&first).map(|(key, it)| (key.clone(), it.clone())).collect()
}

fn upsert(key: &ProtectionKey) -> RecordSetChange {
    let text = if key.record_type == RecordType::A { "192.0.2.1" } else { "\"a\"" };
    let values = vec![RecordValue::parse(key.record_type, text).unwrap()];
    let record_set = RecordSet::with_values(key.name.clone(), key.record_type, 60, values).unwrap();
    RecordSetChange { action: Action::Upsert, record_set }
}

#[test]
fn what_is_protected_stays_as_it_is() {
    let mut rng = Rng::with_seed(1);
    let (mut account, mut model) = (account(), Protections::new());
    for _ in 0..500 {
        let keys = random_keys(&mut rng);
        let there: Vec<_> = keys.iter().filter(|key| model.contains_key(key)).cloned().collect();
        let missing: Vec<_> = keys.iter().filter(|key| !model.contains_key(key)).cloned().collect();
        let before = account.clone();
        let (change, expected) = match rng.u32(..3) {
            0 => {
                let comment = rng.bool().then(|| format!("{}", rng.u8(..)).into());
                let protections: Vec<_> =
                    keys.iter().map(|key| (key.clone(), RecordSetProtection { comment: comment.clone() })).collect();
                let expected = (!there.is_empty()).then(|| ChangeError::ProtectionsExist(there.clone(), keys.len()));
                if expected.is_none() {
                    model.extend(protections.clone());
                }
                (Change::Protect { hosted_zone: id(), protections }, expected)
            }
            1 => {
                let expected = (!missing.is_empty()).then(|| ChangeError::NoSuchProtections(missing.clone()));
                if expected.is_none() {
                    model.retain(|key, _| !keys.contains(key));
                }
                (Change::Unprotect { hosted_zone: id(), protections: keys.clone() }, expected)
            }
            _ => {
                let mut there = there.clone();
                there.sort();
                let findings: Vec<_> =
                    there.iter().map(|key| RecordSetFinding::Protected(key.clone(), model[key].clone())).collect();
                let changes = keys.iter().map(upsert).collect();
                let expected = (!findings.is_empty()).then_some(ChangeError::RecordSets(findings));
                (Change::ChangeRecordSets { hosted_zone: id(), changes }, expected)
            }
        };
        match plan(&account, change) {
            Ok(next) => account = next,
            Err(error) => {
                assert_eq!(Some(error), expected);
                assert_eq!(account, before);
                continue;
            }
        }
        assert_eq!(expected, None);
        assert_eq!(protections_of(&account), model);
    }
}

#[test]
fn a_batch_hears_of_protections_and_of_everything_else() {
    let protect =
        |name: &str, comment: &str| (key(name, RecordType::A), RecordSetProtection { comment: Some(comment.into()) });
    let protections = vec![protect("www.a.example", "billing"), protect("x.www.a.example", "x")];
    let account = plan(&account(), Change::Protect { hosted_zone: id(), protections: protections.clone() }).unwrap();
    let delete = RecordSetChange { action: Action::Delete, ..upsert(&key("*.a.example", RecordType::Txt)) };
    let changes = vec![delete.clone(), upsert(&protections[0].0)];
    let refused = plan(&account, Change::ChangeRecordSets { hosted_zone: id(), changes });
    let (protected, protection) = protections[0].clone();
    let expected =
        vec![RecordSetFinding::Protected(protected, protection), RecordSetFinding::NotFound(delete.record_set.key())];
    assert_eq!(refused, Err(ChangeError::RecordSets(expected)));
    // The same name with another type is nobody's.
    let changes = vec![upsert(&key("www.a.example", RecordType::Txt))];
    assert!(plan(&account, Change::ChangeRecordSets { hosted_zone: id(), changes }).is_ok());
    assert_eq!(plan(&account, Change::DeleteHostedZone(id())), Err(ChangeError::ProtectionsLeft(id())));
    let keys = protections.into_iter().map(|(key, _)| key).collect();
    let account = plan(&account, Change::Unprotect { hosted_zone: id(), protections: keys }).unwrap();
    assert!(plan(&account, Change::DeleteHostedZone(id())).is_ok());
}
