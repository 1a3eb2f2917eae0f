//! Hosted zones that come and go through the API.

use crate::model::{Account, HostedZone, HostedZoneId, HostedZoneRegistration, RecordType, TaggedResource, Vpc, VpcId};

use super::error::{ChangeError, Described, DescribedPart};
use super::vpc_association::with_known_vpc;

/// The zone, if it was made through the API.
pub(super) fn of_api<'a>(current: &'a Account, id: &HostedZoneId) -> Result<&'a HostedZone, ChangeError> {
    let zone = current.hosted_zone(id).ok_or_else(|| ChangeError::NoSuchHostedZone(id.clone()))?;
    if current.registry().hosted_zones.contains_key(id) {
        return Ok(zone);
    }
    let file = current.source_files().hosted_zones.get(id).map(|file| Box::from(&**file));
    Err(ChangeError::DescribedByFile(Described { what: DescribedPart::HostedZone(id.clone()), file }))
}

pub(super) fn create(
    current: &Account,
    zone: HostedZone,
    registration: HostedZoneRegistration,
    vpc: Option<Vpc>,
) -> Result<Account, ChangeError> {
    let mut registry = current.registry().clone();
    let reference = registration.caller_reference.clone();
    if registry.hosted_zone_references.contains_key(&reference) {
        return Err(ChangeError::CallerReferenceTaken(reference));
    }
    if current.hosted_zone(zone.id()).is_some() {
        return Err(ChangeError::IdTaken);
    }
    if let Some(set) = registration.delegation_set.as_ref().filter(|set| !registry.delegation_sets.contains_key(set)) {
        return Err(ChangeError::NoSuchDelegationSet(set.clone()));
    }
    registry.hosted_zone_references = registry.hosted_zone_references.with(reference, zone.id().clone());
    registry.hosted_zones = registry.hosted_zones.with(zone.id().clone(), registration);
    let with_vpc = match vpc {
        Some(vpc) => with_known_vpc(current.clone().with_registry(registry), vpc),
        None => current.clone().with_registry(registry),
    };
    with_vpc.with_hosted_zone(zone).map_err(ChangeError::of_hosted_zone)
}

pub(super) fn comment(current: &Account, id: &HostedZoneId, comment: Box<str>) -> Result<Account, ChangeError> {
    let zone = of_api(current, id)?;
    current.with_hosted_zone(zone.with_comment(comment)).map_err(ChangeError::of_hosted_zone)
}

/// C-4: only when nothing but the SOA and NS records of the apex is left.
pub(super) fn delete(current: &Account, id: &HostedZoneId) -> Result<Account, ChangeError> {
    let zone = current.hosted_zone(id).ok_or_else(|| ChangeError::NoSuchHostedZone(id.clone()))?;
    let mut names = zone.names();
    let is_empty = names.next().is_none_or(|apex| {
        apex.name() == zone.name().wire()
            && apex.record_types().all(|record_type| matches!(record_type, RecordType::Ns | RecordType::Soa))
    });
    if !is_empty || names.next().is_some() {
        return Err(ChangeError::HostedZoneNotEmpty(id.clone()));
    }
    let mut registry = current.registry().clone();
    registry.hosted_zones = registry.hosted_zones.without(id);
    registry.tags = registry.tags.without(&TaggedResource::HostedZone(id.clone()));
    let authorized: Vec<VpcId> = current.vpc_authorizations(id).map(|(vpc, _)| vpc.clone()).collect();
    for vpc in authorized {
        registry.vpc_authorizations = registry.vpc_authorizations.without(&(id.clone(), vpc));
    }
    Ok(current.without_hosted_zone(id).with_registry(registry))
}
