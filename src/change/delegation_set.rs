//! Reusable delegation sets (Z-3).

use crate::model::{Account, DelegationSetId, HostedZoneId, HostedZoneRegistration, ReusableDelegationSet};

use super::error::ChangeError;
use super::hosted_zone;

pub(super) fn create(
    current: &Account,
    id: DelegationSetId,
    set: ReusableDelegationSet,
    hosted_zone: Option<&HostedZoneId>,
) -> Result<Account, ChangeError> {
    let mut registry = current.registry().clone();
    if registry.delegation_sets.contains_key(&id) {
        return Err(ChangeError::IdTaken);
    }
    let reference = &set.caller_reference;
    if registry.delegation_sets.iter().any(|(_, other)| other.caller_reference == *reference) {
        return Err(ChangeError::CallerReferenceTaken(reference.clone()));
    }
    if let Some(zone) = hosted_zone {
        hosted_zone::of_api(current, zone)?;
        let registration = registry.hosted_zones.get(zone).ok_or(ChangeError::NoSuchHostedZone(zone.clone()))?;
        if registration.delegation_set.is_some() {
            return Err(ChangeError::DelegationSetAlreadyReusable(zone.clone()));
        }
        let registration = HostedZoneRegistration { delegation_set: Some(id.clone()), ..registration.clone() };
        registry.hosted_zones = registry.hosted_zones.with(zone.clone(), registration);
    }
    registry.delegation_sets = registry.delegation_sets.with(id, set);
    Ok(current.clone().with_registry(registry))
}

pub(super) fn delete(current: &Account, id: &DelegationSetId) -> Result<Account, ChangeError> {
    let mut registry = current.registry().clone();
    if !registry.delegation_sets.contains_key(id) {
        return Err(ChangeError::NoSuchDelegationSet(id.clone()));
    }
    if registry.hosted_zones.iter().any(|(_, zone)| zone.delegation_set.as_ref() == Some(id)) {
        return Err(ChangeError::DelegationSetInUse(id.clone()));
    }
    registry.delegation_sets = registry.delegation_sets.without(id);
    Ok(current.clone().with_registry(registry))
}
