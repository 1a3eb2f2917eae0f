//! Random operations on the DNSSEC of a zone, against a list of keys and a flag.

use std::sync::Arc;

use fastrand::Rng;
use jiff::Timestamp;

use super::{Action, Change, ChangeError, DnssecChange, DnssecRefusal, RecordSetChange, plan};
use crate::model::{
    Account, AccountParts, AwsRegion, CallerReference, DelegationSet, DomainName, HostedZone, HostedZoneId,
    HostedZoneParts, HostedZoneRegistration, KeySigningKey, KeySigningKeyName, KeySigningKeyStatus, KmsKeyArn,
    RecordSet, RecordType, RecordValue, ServeSignature, SigningKeyPair, Visibility, Vpc, VpcId,
};

const ZONE: &str = "ZCHILD";
const PARENT: &str = "ZPARENT";
const NAMES: [&str; 4] = ["key_a", "key_b", "key-c.d", "KEY_A"];

/// What a zone has of DNSSEC, as simply as it can be said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct PlainDnssec {
    /// Name, the last character of the ARN, whether it is active, and when it was changed.
    keys: Vec<(&'static str, u8, bool, i64)>,
    is_signed: bool,
    /// Of the keys in the parent's DS records, the bytes that their public keys consist of.
    in_parent: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum Operation {
    Create { name: &'static str, arn: u8, is_active: bool },
    Activate(&'static str),
    Deactivate(&'static str),
    Delete(&'static str),
    Enable,
    Disable,
    DeleteZone,
}

/// What is refused, without its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Done,
    NameTaken,
    ArnTaken,
    TooMany,
    NoSuchKey,
    IsActive,
    InUse,
    InParent,
    NoActiveKey,
    Nothing,
    KeysLeft,
}

impl PlainDnssec {
    /// A key's public key consists of the byte of its ARN: they come and go together.
    fn apply(&mut self, operation: Operation, now: i64) -> Verdict {
        let place = |name: &str| self.keys.iter().position(|key| key.0 == name);
        match operation {
            Operation::Create { name, arn, is_active } => {
                if place(name).is_some() {
                    return Verdict::NameTaken;
                }
                if self.keys.iter().any(|key| key.1 == arn) {
                    return Verdict::ArnTaken;
                }
                if self.keys.len() == 2 {
                    return Verdict::TooMany;
                }
                self.keys.push((name, arn, is_active, now));
            }
            Operation::Activate(name) => {
                let Some(place) = place(name) else { return Verdict::NoSuchKey };
                if !self.keys[place].2 {
                    (self.keys[place].2, self.keys[place].3) = (true, now);
                }
            }
            Operation::Deactivate(name) => {
                let Some(place) = place(name) else { return Verdict::NoSuchKey };
                if !self.keys[place].2 {
                    return Verdict::Done;
                }
                let others = self.keys.iter().filter(|key| key.2 && key.0 != name).count();
                if self.is_signed && others == 0 {
                    return Verdict::InUse;
                }
                if self.in_parent.contains(&self.keys[place].1) {
                    return Verdict::InParent;
                }
                (self.keys[place].2, self.keys[place].3) = (false, now);
            }
            Operation::Delete(name) => {
                let Some(place) = place(name) else { return Verdict::NoSuchKey };
                if self.keys[place].2 {
                    return Verdict::IsActive;
                }
                self.keys.remove(place);
            }
            Operation::Enable => {
                if !self.keys.iter().any(|key| key.2) {
                    return Verdict::NoActiveKey;
                }
                self.is_signed = true;
            }
            Operation::Disable => {
                if self.keys.is_empty() {
                    return Verdict::Nothing;
                }
                if self.keys.iter().any(|key| self.in_parent.contains(&key.1)) {
                    return Verdict::InParent;
                }
                self.is_signed = false;
            }
            // The account is thrown away after it.
            Operation::DeleteZone if !self.keys.is_empty() => return Verdict::KeysLeft,
            Operation::DeleteZone => {}
        }
        Verdict::Done
    }
}

fn zone_id(id: &str) -> HostedZoneId {
    HostedZoneId::new(id).unwrap()
}

fn zone(id: &str, name: &str, visibility: Visibility) -> HostedZone {
    let (id, name) = (zone_id(id), DomainName::parse(name).unwrap());
    let servers = DelegationSet::of_zone(&id, &visibility);
    let record_sets = vec![servers.ns_record_set(&name), servers.soa_record_set(&name)];
    HostedZone::new(HostedZoneParts { id, name, comment: "".into(), visibility, record_sets }).unwrap()
}

fn create_zone(id: &str, name: &str, vpc: Option<Vpc>) -> Change {
    let visibility = match &vpc {
        Some(vpc) => Visibility::Private([vpc.id.clone()].into()),
        None => Visibility::Public,
    };
    let registration =
        HostedZoneRegistration { caller_reference: CallerReference::new(id).unwrap(), delegation_set: None };
    Change::CreateHostedZone { zone: Box::new(zone(id, name, visibility)), registration, vpc }
}

fn account() -> Account {
    let account = plan(&Account::default(), create_zone(PARENT, "c.example", None)).unwrap();
    plan(&account, create_zone(ZONE, "a.b.c.example", None)).unwrap()
}

fn key_pair(byte: u8) -> SigningKeyPair {
    SigningKeyPair::new([byte].into(), [byte; 64])
}

fn key(arn: u8, status: KeySigningKeyStatus, at: Timestamp) -> Box<KeySigningKey> {
    let kms_arn = KmsKeyArn::parse(&format!("arn:aws:kms:us-east-1:000000000000:key/{arn}")).unwrap();
    Box::new(KeySigningKey { kms_arn, key_pair: key_pair(arn), status, created_at: at, modified_at: at })
}

fn name(text: &str) -> KeySigningKeyName {
    KeySigningKeyName::parse(text).unwrap()
}

fn dnssec(change: DnssecChange) -> Change {
    Change::ChangeDnssec { hosted_zone: zone_id(ZONE), change }
}

fn change_of(operation: Operation, now: i64) -> Change {
    let at = Timestamp::from_second(now).unwrap();
    dnssec(match operation {
        Operation::Create { name: text, arn, is_active } => {
            let status = if is_active { KeySigningKeyStatus::Active } else { KeySigningKeyStatus::Inactive };
            DnssecChange::CreateKey { name: name(text), key: key(arn, status, at) }
        }
        Operation::Activate(text) => DnssecChange::ActivateKey { name: name(text), at },
        Operation::Deactivate(text) => DnssecChange::DeactivateKey { name: name(text), at },
        Operation::Delete(text) => DnssecChange::DeleteKey(name(text)),
        Operation::Enable => DnssecChange::Enable,
        Operation::Disable => DnssecChange::Disable,
        Operation::DeleteZone => return Change::DeleteHostedZone(zone_id(ZONE)),
    })
}

fn verdict(planned: &Result<Account, ChangeError>) -> Verdict {
    match planned {
        Ok(_) => Verdict::Done,
        Err(ChangeError::KeySigningKeysLeft(_)) => Verdict::KeysLeft,
        Err(ChangeError::Dnssec(_, refusal)) => match refusal {
            DnssecRefusal::KeyNameTaken(_) => Verdict::NameTaken,
            DnssecRefusal::KmsArnTaken(_) => Verdict::ArnTaken,
            DnssecRefusal::TooManyKeys => Verdict::TooMany,
            DnssecRefusal::NoSuchKey(_) => Verdict::NoSuchKey,
            DnssecRefusal::KeyIsActive(_) => Verdict::IsActive,
            DnssecRefusal::KeyInUse(_) => Verdict::InUse,
            DnssecRefusal::InParentDs(_) => Verdict::InParent,
            DnssecRefusal::NoActiveKey => Verdict::NoActiveKey,
            DnssecRefusal::NothingToDisable => Verdict::Nothing,
            DnssecRefusal::PrivateZone => panic!("it is public"),
        },
        Err(other) => panic!("{other}"),
    }
}

/// What the account says, as the model would.
fn plain(account: &Account, in_parent: &[u8]) -> PlainDnssec {
    let dnssec = account.registry().dnssec.get(&zone_id(ZONE)).cloned().unwrap_or_default();
    let mut keys: Vec<_> = dnssec
        .keys
        .iter()
        .map(|(name, key)| {
            let known = NAMES.into_iter().find(|known| *known == name.as_str()).unwrap();
            let is_active = key.status == KeySigningKeyStatus::Active;
            (known, key.key_pair.public_key()[0], is_active, key.modified_at.as_second())
        })
        .collect();
    keys.sort();
    let is_signed = dnssec.serve_signature == ServeSignature::Signing;
    PlainDnssec { keys, is_signed, in_parent: in_parent.to_vec() }
}

/// The parent's DS records for the zone, which are for the keys of these bytes.
fn with_parent_ds(account: &Account, bytes: &[u8]) -> Account {
    let owner = DomainName::parse("a.b.c.example").unwrap();
    let before = account.hosted_zone(&zone_id(PARENT)).unwrap().group(&owner, RecordType::Ds).to_vec();
    let mut changes: Vec<_> =
        before.into_iter().map(|record_set| RecordSetChange { action: Action::Delete, record_set }).collect();
    if !bytes.is_empty() {
        let value = |byte: &u8| RecordValue::parse(RecordType::Ds, &key_pair(*byte).ds_text(&owner)).unwrap();
        let values = bytes.iter().map(value).collect();
        let record_set = RecordSet::with_values(owner.clone(), RecordType::Ds, 60, values).unwrap();
        changes.push(RecordSetChange { action: Action::Create, record_set });
    }
    plan(account, Change::ChangeRecordSets { hosted_zone: zone_id(PARENT), changes }).unwrap()
}

fn random_operation(rng: &mut Rng) -> Operation {
    let name = NAMES[rng.usize(..NAMES.len())];
    match rng.u32(..20) {
        0..=4 => Operation::Create { name, arn: rng.u8(1..4), is_active: rng.bool() },
        5..=7 => Operation::Activate(name),
        8..=11 => Operation::Deactivate(name),
        12..=14 => Operation::Delete(name),
        15..=16 => Operation::Enable,
        17..=18 => Operation::Disable,
        _ => Operation::DeleteZone,
    }
}

#[test]
fn every_operation_does_what_the_model_does() {
    let mut seen = Vec::new();
    for seed in 0..60 {
        let mut rng = Rng::with_seed(seed);
        let (mut account, mut model) = (account(), PlainDnssec::default());
        for now in 0..100 {
            if rng.u32(..10) == 0 {
                model.in_parent = (1..4).filter(|_| rng.u32(..3) == 0).collect();
                account = with_parent_ds(&account, &model.in_parent);
            }
            let operation = random_operation(&mut rng);
            let before = model.clone();
            let expected = model.apply(operation, now);
            let planned = plan(&account, change_of(operation, now));
            assert_eq!(verdict(&planned), expected, "seed {seed}: {operation:?} of {before:?}");
            seen.push(expected);
            match planned {
                Ok(_) if matches!(operation, Operation::DeleteZone) => continue,
                Ok(next) => account = next,
                Err(_) => assert_eq!(model, before),
            }
            model.keys.sort();
            assert_eq!(plain(&account, &model.in_parent), model, "seed {seed}: after {operation:?}");
            assert!(!model.is_signed || model.keys.iter().any(|key| key.2), "a signed zone has an active key");
        }
    }
    for verdict in [
        Verdict::Done,
        Verdict::NameTaken,
        Verdict::ArnTaken,
        Verdict::TooMany,
        Verdict::NoSuchKey,
        Verdict::IsActive,
        Verdict::InUse,
        Verdict::InParent,
        Verdict::NoActiveKey,
        Verdict::Nothing,
        Verdict::KeysLeft,
    ] {
        assert!(seen.contains(&verdict), "{verdict:?} never came");
    }
}

#[test]
fn only_public_zones_that_the_api_made_are_signed() {
    let vpc = Vpc { id: VpcId::new("vpc-1").unwrap(), region: AwsRegion::EuWest1, cidrs: Vec::new() };
    let private = plan(&Account::default(), create_zone(ZONE, "a.example", Some(vpc))).unwrap();
    let create = || {
        let key = key(1, KeySigningKeyStatus::Active, Timestamp::UNIX_EPOCH);
        dnssec(DnssecChange::CreateKey { name: name("key"), key })
    };
    for change in [create(), dnssec(DnssecChange::Enable), dnssec(DnssecChange::Disable)] {
        let refused = plan(&private, change);
        assert!(matches!(refused, Err(ChangeError::Dnssec(_, DnssecRefusal::PrivateZone))), "{refused:?}");
    }
    let parts = AccountParts {
        hosted_zones: vec![Arc::new(zone(ZONE, "a.example", Visibility::Public))],
        ..AccountParts::default()
    };
    let of_file = Change::ReplaceFiles(Box::new(Account::new(parts).unwrap()));
    let of_file = plan(&Account::default(), of_file).unwrap();
    assert!(matches!(plan(&of_file, create()), Err(ChangeError::DescribedByFile(_))));
    assert!(matches!(plan(&Account::default(), create()), Err(ChangeError::NoSuchHostedZone(_))));
}
