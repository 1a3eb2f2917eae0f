//! Key signing keys come, are used and go, and zones are signed or not (D-1, D-3).

use std::fmt;

use jiff::Timestamp;

use crate::model::{
    Account, Dnssec, DomainName, HostedZone, HostedZoneId, KeySigningKey, KeySigningKeyName, KeySigningKeyStatus,
    KmsKeyArn, RecordContent, RecordType, ServeSignature, SigningKeyPair, Visibility, limits,
};

use super::error::ChangeError;
use super::hosted_zone::of_api;

/// What is done with a zone.
#[derive(Clone, Debug)]
pub enum DnssecChange {
    CreateKey {
        name: KeySigningKeyName,
        key: Box<KeySigningKey>,
    },
    ActivateKey {
        name: KeySigningKeyName,
        at: Timestamp,
    },
    DeactivateKey {
        name: KeySigningKeyName,
        at: Timestamp,
    },
    DeleteKey(KeySigningKeyName),
    /// The zone is signed from now on.
    Enable,
    Disable,
}

/// Why it is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DnssecRefusal {
    /// D-2.
    PrivateZone,
    KeyNameTaken(KeySigningKeyName),
    /// Another key of the zone has it.
    KmsArnTaken(KmsKeyArn),
    TooManyKeys,
    NoSuchKey(KeySigningKeyName),
    /// Only an inactive key is deleted.
    KeyIsActive(KeySigningKeyName),
    /// It is the only active one of a signed zone.
    KeyInUse(KeySigningKeyName),
    /// The parent zone says that this key signs: without it, nobody would believe an answer.
    InParentDs(KeySigningKeyName),
    NoActiveKey,
    /// The zone was never signed and has no keys.
    NothingToDisable,
}

impl fmt::Display for DnssecRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DnssecRefusal::PrivateZone => f.write_str("only public zones can be signed"),
            DnssecRefusal::KeyNameTaken(name) => write!(f, "there is already a key named {name}"),
            DnssecRefusal::KmsArnTaken(arn) => write!(f, "another key has the KMS key {}", arn.as_str()),
            DnssecRefusal::TooManyKeys => {
                write!(f, "it has {} keys, and no zone has more", limits::KEY_SIGNING_KEYS_PER_ZONE)
            }
            DnssecRefusal::NoSuchKey(name) => write!(f, "there is no key {name}"),
            DnssecRefusal::KeyIsActive(name) => write!(f, "the key {name} is active; deactivate it first"),
            DnssecRefusal::KeyInUse(name) => write!(f, "{name} is the only key that signs it"),
            DnssecRefusal::InParentDs(name) => {
                write!(f, "a DS record of the parent zone names the key {name}; delete that first")
            }
            DnssecRefusal::NoActiveKey => f.write_str("no key is active"),
            DnssecRefusal::NothingToDisable => f.write_str("it has neither keys nor signatures"),
        }
    }
}

pub(super) fn change(current: &Account, id: &HostedZoneId, change: DnssecChange) -> Result<Account, ChangeError> {
    let zone = of_api(current, id)?;
    let mut dnssec = current.registry().dnssec.get(id).cloned().unwrap_or_default();
    apply(&mut dnssec, change, zone, current).map_err(|refusal| ChangeError::Dnssec(id.clone(), refusal))?;
    let mut registry = current.registry().clone();
    registry.dnssec = match dnssec.keys.is_empty() {
        // Nor is it signed: the last active key of a signed zone stays.
        true => registry.dnssec.without(id),
        false => registry.dnssec.with(id.clone(), dnssec),
    };
    Ok(current.clone().with_registry(registry))
}

fn apply(dnssec: &mut Dnssec, change: DnssecChange, zone: &HostedZone, account: &Account) -> Result<(), DnssecRefusal> {
    let only_public = || match zone.visibility() {
        Visibility::Public => Ok(()),
        Visibility::Private(_) => Err(DnssecRefusal::PrivateZone),
    };
    match change {
        DnssecChange::CreateKey { name, key } => {
            only_public()?;
            if dnssec.keys.contains_key(&name) {
                return Err(DnssecRefusal::KeyNameTaken(name));
            }
            if dnssec.keys.values().any(|other| other.kms_arn == key.kms_arn) {
                return Err(DnssecRefusal::KmsArnTaken(key.kms_arn));
            }
            if dnssec.keys.len() >= limits::KEY_SIGNING_KEYS_PER_ZONE {
                return Err(DnssecRefusal::TooManyKeys);
            }
            dnssec.keys.insert(name, *key);
        }
        // Idempotent, as deactivation: amazon.aws deactivates every key before it deletes it.
        DnssecChange::ActivateKey { name, at } => {
            let key = named(dnssec, &name)?;
            if key.status == KeySigningKeyStatus::Inactive {
                (key.status, key.modified_at) = (KeySigningKeyStatus::Active, at);
            }
        }
        DnssecChange::DeactivateKey { name, at } => {
            let is_last = dnssec.active_keys().count() == 1;
            let serve_signature = dnssec.serve_signature;
            let key = named(dnssec, &name)?;
            if key.status == KeySigningKeyStatus::Inactive {
                return Ok(());
            }
            if serve_signature == ServeSignature::Signing && is_last {
                return Err(DnssecRefusal::KeyInUse(name));
            }
            if is_in_parent(&key.key_pair, zone.name(), account) {
                return Err(DnssecRefusal::InParentDs(name));
            }
            (key.status, key.modified_at) = (KeySigningKeyStatus::Inactive, at);
        }
        DnssecChange::DeleteKey(name) => {
            if named(dnssec, &name)?.status == KeySigningKeyStatus::Active {
                return Err(DnssecRefusal::KeyIsActive(name));
            }
            dnssec.keys.remove(&name);
        }
        DnssecChange::Enable => {
            only_public()?;
            if dnssec.active_keys().next().is_none() {
                return Err(DnssecRefusal::NoActiveKey);
            }
            dnssec.serve_signature = ServeSignature::Signing;
        }
        DnssecChange::Disable => {
            only_public()?;
            if dnssec.keys.is_empty() {
                return Err(DnssecRefusal::NothingToDisable);
            }
            let named = dnssec.keys.iter().find(|(_, key)| is_in_parent(&key.key_pair, zone.name(), account));
            if let Some((name, _)) = named {
                return Err(DnssecRefusal::InParentDs(name.clone()));
            }
            dnssec.serve_signature = ServeSignature::NotSigning;
        }
    }
    Ok(())
}

fn named<'d>(dnssec: &'d mut Dnssec, name: &KeySigningKeyName) -> Result<&'d mut KeySigningKey, DnssecRefusal> {
    dnssec.keys.get_mut(name).ok_or_else(|| DnssecRefusal::NoSuchKey(name.clone()))
}

/// Whether the zone above, if it is one of the account's, has a DS record for the key. Route 53 asks DNS for it.
fn is_in_parent(key: &SigningKeyPair, zone: &DomainName, account: &Account) -> bool {
    let mut above = std::iter::successors(zone.parent(), DomainName::parent);
    let Some(parent) = above.find_map(|name| account.public_zone_named(&name)) else { return false };
    let rdata = key.ds_rdata(zone);
    parent.group(zone, RecordType::Ds).iter().any(|set| match set.content() {
        RecordContent::Values { values, .. } => values.iter().any(|value| value.rdata() == rdata),
        RecordContent::Alias(_) => false,
    })
}
