//! Health checks that come, change and go through the API.

use crate::model::{Account, HealthCheck, HealthCheckId, HealthCheckRegistration, HealthCheckTarget, TaggedResource};

use super::error::{ChangeError, Described, DescribedPart};

pub(super) fn create(
    current: &Account,
    check: HealthCheck,
    registration: HealthCheckRegistration,
) -> Result<Account, ChangeError> {
    let mut registry = current.registry().clone();
    let reference = registration.caller_reference.clone();
    if registry.health_check_references.contains_key(&reference) {
        return Err(ChangeError::CallerReferenceTaken(reference));
    }
    if current.health_checks().contains_key(&check.id) {
        return Err(ChangeError::IdTaken);
    }
    refuse_bad_children(current, &check)?;
    registry.health_check_references = registry.health_check_references.with(reference, check.id.clone());
    registry.health_checks = registry.health_checks.with(check.id.clone(), registration);
    Ok(current.with_health_check(check).with_registry(registry))
}

pub(super) fn update(
    current: &Account,
    check: HealthCheck,
    registration: HealthCheckRegistration,
) -> Result<Account, ChangeError> {
    let before = of_api(current, &check.id)?;
    if before.version + 1 != registration.version {
        return Err(ChangeError::OtherVersion);
    }
    refuse_bad_children(current, &check)?;
    let mut registry = current.registry().clone();
    registry.health_checks = registry.health_checks.with(check.id.clone(), registration);
    Ok(current.with_health_check(check).with_registry(registry))
}

/// H-5: record sets and calculated checks that name it stay as they are.
pub(super) fn delete(current: &Account, id: &HealthCheckId) -> Result<Account, ChangeError> {
    of_api(current, id)?;
    let mut registry = current.registry().clone();
    registry.health_checks = registry.health_checks.without(id);
    registry.tags = registry.tags.without(&TaggedResource::HealthCheck(id.clone()));
    Ok(current.without_health_check(id).with_registry(registry))
}

/// The registration of a check that was made through the API.
pub(super) fn of_api<'a>(current: &'a Account, id: &HealthCheckId) -> Result<&'a HealthCheckRegistration, ChangeError> {
    if !current.health_checks().contains_key(id) {
        return Err(ChangeError::NoSuchHealthCheck(id.clone()));
    }
    current.registry().health_checks.get(id).ok_or_else(|| {
        let file = current.source_files().health_checks.get(id).map(|file| Box::from(&**file));
        ChangeError::DescribedByFile(Described { what: DescribedPart::HealthCheck(id.clone()), file })
    })
}

/// HC-40: children are there, and not calculated themselves; nor does a check become calculated that another has as a
/// child, be it one that was deleted and comes again.
fn refuse_bad_children(current: &Account, check: &HealthCheck) -> Result<(), ChangeError> {
    let HealthCheckTarget::Calculated(calculated) = &check.target else { return Ok(()) };
    let before = current.health_checks().get(&check.id).map(|before| &before.target);
    let kept = match before {
        Some(HealthCheckTarget::Calculated(before)) => &*before.children,
        _ => &[],
    };
    let is_calculated = |check: &HealthCheck| matches!(check.target, HealthCheckTarget::Calculated(_));
    let becomes_calculated = !current.health_checks().get(&check.id).is_some_and(is_calculated);
    let has_as_child = |other: &HealthCheck| match &other.target {
        HealthCheckTarget::Calculated(other) => other.children.contains(&check.id),
        _ => false,
    };
    if becomes_calculated && (has_as_child(check) || current.health_checks().values().any(has_as_child)) {
        return Err(ChangeError::CalculatedChild(check.id.clone()));
    }
    for child in &calculated.children {
        match current.health_checks().get(child) {
            // It was there once.
            None if kept.contains(child) => {}
            None => return Err(ChangeError::NoSuchHealthCheck(child.clone())),
            Some(it) if matches!(it.target, HealthCheckTarget::Calculated(_)) => {
                return Err(ChangeError::CalculatedChild(child.clone()));
            }
            Some(_) => {}
        }
    }
    Ok(())
}
