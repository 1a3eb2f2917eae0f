//! DNSSEC of a hosted zone: told, turned on and off (D-3). What the state says is not done yet: answers have no
//! signatures.

use crate::change::{Change, DnssecChange, DnssecRefusal};
use crate::model::{HostedZoneId, Visibility};

use super::error::{ApiError, ErrorCode};
use super::reply::{Outcome, Reply};
use super::request::Request;
use super::{Situation, change, key_signing_key};

pub fn get(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let account = situation.account();
    let zone = request.hosted_zone(account)?;
    if *zone.visibility() != Visibility::Public {
        return Err(of_private_zone());
    }
    let dnssec = account.registry().dnssec.get(zone.id()).cloned().unwrap_or_default();
    let reply = Reply::new(request.operation, |xml| {
        xml.element("Status", |xml| xml.text("ServeSignature", dnssec.serve_signature.name()));
        xml.list("KeySigningKeys", "member", &dnssec.keys, |xml, (name, key)| {
            key_signing_key::write_members(xml, zone.name(), name, key);
        });
    });
    Ok(reply.into())
}

pub fn enable(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let hosted_zone = request.hosted_zone(situation.account())?.id().clone();
    Ok(write(request, situation, hosted_zone, DnssecChange::Enable))
}

pub fn disable(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let hosted_zone = request.hosted_zone(situation.account())?.id().clone();
    Ok(write(request, situation, hosted_zone, DnssecChange::Disable))
}

/// D-11: a change like those of record sets.
pub fn write(
    request: &Request<'_>,
    situation: &Situation<'_>,
    hosted_zone: HostedZoneId,
    change: DnssecChange,
) -> Outcome {
    let reply = Reply::new(request.operation, |xml| change::write_new(xml, &situation.drawn, None));
    let change = Change::ChangeDnssec { hosted_zone, change };
    Outcome::Write(Box::new(situation.drawn.recorded(change, None)), reply)
}

/// Why the store has refused a change of DNSSEC.
pub fn refused(zone: &HostedZoneId, refusal: &DnssecRefusal) -> ApiError {
    use ErrorCode as Code;
    match refusal {
        DnssecRefusal::PrivateZone => of_private_zone(),
        DnssecRefusal::KeyNameTaken(name) => ApiError::new(
            Code::KeySigningKeyAlreadyExists,
            format!("You've already created a key-signing key (KSK) with the name {name} in hosted zone {zone}."),
        ),
        DnssecRefusal::KmsArnTaken(arn) => ApiError::new(
            Code::KeySigningKeyAlreadyExists,
            format!(
                "You've already created a key-signing key (KSK) with the customer managed key ARN {} in hosted zone \
                 {zone}.",
                arn.as_str()
            ),
        ),
        DnssecRefusal::TooManyKeys => ApiError::new(
            Code::TooManyKeySigningKeys,
            "You've reached the limit for the number of key-signing keys (KSKs). Remove at least one KSK, and then try \
             again.",
        ),
        DnssecRefusal::NoSuchKey(name) => key_signing_key::missing(name.as_str()),
        DnssecRefusal::KeyIsActive(name) => ApiError::new(
            Code::InvalidKeySigningKeyStatus,
            format!("Key Signing Key with name {name} cannot be deleted because current status is not INACTIVE."),
        ),
        DnssecRefusal::KeyInUse(name) => ApiError::new(
            Code::KeySigningKeyInUse,
            format!(
                "The key-signing key (KSK) {name} can't be deactivated because it's the only KSK for a currently-enabled \
                 DNSSEC. Disable DNSSEC signing, or add or enable another KSK."
            ),
        ),
        DnssecRefusal::InParentDs(name) => ApiError::new(
            Code::KeySigningKeyInParentDSRecord,
            format!(
                "The key-signing key (KSK) {name} is specified in a parent DS record. Delete the DS record from the \
                 parent zone first."
            ),
        ),
        DnssecRefusal::NoActiveKey => ApiError::new(
            Code::KeySigningKeyWithActiveStatusNotFound,
            format!("Hosted zone with ID '{zone}' does not have a Key Signing Key in ACTIVE status."),
        ),
        DnssecRefusal::NothingToDisable => {
            ApiError::new(Code::DNSSECNotFound, format!("The hosted zone {zone} doesn't have any DNSSEC resources."))
        }
    }
}

fn of_private_zone() -> ApiError {
    ApiError::new(ErrorCode::InvalidArgument, "Operation is unsupported for private hosted zones.")
}
