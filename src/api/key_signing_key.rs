//! Key signing keys of hosted zones (D-1, D-3). KMS is not asked: the key pair is ours, and the ARN is kept as a name.

use crate::change::{Change, DnssecChange};
use crate::model::signing_key_pair::{ALGORITHM, DIGEST_TYPE, FLAGS};
use crate::model::{DomainName, HostedZoneId, KeySigningKey, KeySigningKeyName, KeySigningKeyStatus, KmsKeyArn};

use super::error::{ApiError, ErrorCode};
use super::id::Prefix;
use super::query_parameter::check_length;
use super::reply::{Outcome, Reply};
use super::request::Request;
use super::xml::{Members, XmlWriter};
use super::{Situation, change, dnssec};

pub fn create(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let root = request.root()?;
    let known = &["CallerReference", "HostedZoneId", "KeyManagementServiceArn", "Name", "Status"];
    let members = Members::of(&root, known)?;
    members.required("CallerReference")?.text_of("Nonce", 1..=128)?;
    let zone_given = members.required("HostedZoneId")?.text()?;
    let kms_arn = members.required("KeyManagementServiceArn")?.text()?;
    let name = members.required("Name")?.text_of("SigningKeyName", 3..=128)?;
    let status = members.required("Status")?.text_of("SigningKeyStatus", 5..=150)?;
    let missing = || ApiError::no_such_hosted_zone(Prefix::HostedZone.stripped(zone_given));
    let zone_id: HostedZoneId = Prefix::HostedZone.read(zone_given)?.ok_or_else(missing)?;
    let zone = situation.account().hosted_zone(&zone_id).ok_or_else(missing)?;
    let name = KeySigningKeyName::parse(name).ok_or_else(|| {
        let message = format!(
            "'{name}' isn't a valid name: it can include numbers, letters, underscores (_), hyphens (-), and periods (.)."
        );
        ApiError::new(ErrorCode::InvalidKeySigningKeyName, message)
    })?;
    let kms_arn = KmsKeyArn::parse(kms_arn).map_err(|error| {
        let message = format!("The ARN '{kms_arn}' isn't valid to use with DNSSEC signing: {error}.");
        ApiError::new(ErrorCode::InvalidKMSArn, message)
    })?;
    let status = match status {
        "ACTIVE" => KeySigningKeyStatus::Active,
        "INACTIVE" => KeySigningKeyStatus::Inactive,
        other => {
            let message = format!("The status of a new key is ACTIVE or INACTIVE, not '{other}'.");
            return Err(ApiError::new(ErrorCode::InvalidKeySigningKeyStatus, message));
        }
    };
    let (key_pair, now) = (situation.drawn.key_pair()?.clone(), situation.drawn.now);
    let key = KeySigningKey { kms_arn, key_pair, status, created_at: now, modified_at: now };
    let reply = Reply::new(request.operation, |xml| {
        change::write_new(xml, &situation.drawn, None);
        xml.element("KeySigningKey", |xml| write_members(xml, zone.name(), &name, &key));
    });
    let reply = reply.at(format!("keysigningkey/{zone_id}/{name}"));
    let change = DnssecChange::CreateKey { name, key: Box::new(key) };
    let change = Change::ChangeDnssec { hosted_zone: zone_id, change };
    Ok(Outcome::Write(Box::new(situation.drawn.recorded(change, None)), reply))
}

pub fn activate(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let (zone, name) = named(request, situation)?;
    Ok(dnssec::write(request, situation, zone, DnssecChange::ActivateKey { name, at: situation.drawn.now }))
}

pub fn deactivate(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let (zone, name) = named(request, situation)?;
    Ok(dnssec::write(request, situation, zone, DnssecChange::DeactivateKey { name, at: situation.drawn.now }))
}

pub fn delete(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let (zone, name) = named(request, situation)?;
    Ok(dnssec::write(request, situation, zone, DnssecChange::DeleteKey(name)))
}

/// The key that the path names. A zone that is missing has no keys: these operations have no other error for it.
fn named(request: &Request<'_>, situation: &Situation<'_>) -> Result<(HostedZoneId, KeySigningKeyName), ApiError> {
    let name = check_length("name", request.second_parameter(), 3..=128)?;
    let zone = request.hosted_zone(situation.account());
    let id = zone.map(|zone| zone.id().clone()).map_err(|error| match error.code {
        ErrorCode::NoSuchHostedZone => missing(name),
        _ => error,
    })?;
    Ok((id, KeySigningKeyName::parse(name).ok_or_else(|| missing(name))?))
}

pub fn missing(name: &str) -> ApiError {
    let message = format!("The specified key-signing key (KSK) doesn't exist: {name}");
    ApiError::new(ErrorCode::NoSuchKeySigningKey, message)
}

pub fn write_members(xml: &mut XmlWriter, zone: &DomainName, name: &KeySigningKeyName, key: &KeySigningKey) {
    let KeySigningKey { kms_arn, key_pair, status, created_at, modified_at } = key;
    xml.text("Name", name.as_str());
    xml.text("KmsArn", kms_arn.as_str());
    xml.value("Flag", FLAGS);
    xml.text("SigningAlgorithmMnemonic", "ECDSAP256SHA256");
    xml.value("SigningAlgorithmType", ALGORITHM);
    xml.text("DigestAlgorithmMnemonic", "SHA-256");
    xml.value("DigestAlgorithmType", DIGEST_TYPE);
    xml.value("KeyTag", key_pair.key_tag());
    xml.text("DigestValue", &key_pair.digest_text(zone));
    xml.text("PublicKey", &key_pair.public_key_text());
    xml.text("DSRecord", &key_pair.ds_text(zone));
    xml.text("DNSKEYRecord", &key_pair.dnskey_text());
    xml.text("Status", status.name());
    xml.text("CreatedDate", &change::time(*created_at));
    xml.text("LastModifiedDate", &change::time(*modified_at));
}
