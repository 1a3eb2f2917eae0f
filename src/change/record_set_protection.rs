//! Protections come and go, and keep change batches off (C-5).

use std::collections::BTreeSet;

use crate::model::{Account, HostedZoneId, ProtectionKey, RecordSetProtection, Registry};

use super::error::{ChangeError, RecordSetFinding};
use super::hosted_zone::of_api;
use super::record_sets::RecordSetChange;

/// The caller sees to it that all are of the zone, and each is there once.
pub(super) fn protect(
    current: &Account,
    hosted_zone: &HostedZoneId,
    protections: Vec<(ProtectionKey, RecordSetProtection)>,
) -> Result<Account, ChangeError> {
    of_api(current, hosted_zone)?;
    let mut registry = current.registry().clone();
    let keys = protections.iter().map(|(key, _)| key);
    let existing: Vec<_> = keys.filter(|key| registry.protections.contains_key(key)).cloned().collect();
    if !existing.is_empty() {
        return Err(ChangeError::ProtectionsExist(existing, protections.len()));
    }
    for (key, protection) in protections {
        registry.protections = registry.protections.with(key, protection);
    }
    Ok(current.clone().with_registry(registry))
}

pub(super) fn unprotect(
    current: &Account,
    hosted_zone: &HostedZoneId,
    protections: Vec<ProtectionKey>,
) -> Result<Account, ChangeError> {
    of_api(current, hosted_zone)?;
    let mut registry = current.registry().clone();
    let is_missing = |key: &&ProtectionKey| !registry.protections.contains_key(key);
    let missing: Vec<_> = protections.iter().filter(is_missing).cloned().collect();
    if !missing.is_empty() {
        return Err(ChangeError::NoSuchProtections(missing));
    }
    for key in &protections {
        registry.protections = registry.protections.without(key);
    }
    Ok(current.clone().with_registry(registry))
}

/// What a batch would change though it is protected, each name and type once.
pub(super) fn findings(
    registry: &Registry,
    hosted_zone: &HostedZoneId,
    changes: &[RecordSetChange],
) -> Vec<RecordSetFinding> {
    if registry.protections.is_empty() {
        return Vec::new();
    }
    let touched: BTreeSet<_> = changes
        .iter()
        .map(|RecordSetChange { record_set, .. }| ProtectionKey {
            hosted_zone: hosted_zone.clone(),
            name: record_set.name().clone(),
            record_type: record_set.record_type(),
        })
        .collect();
    let protected = touched.into_iter().filter_map(|key| {
        let protection = registry.protections.get(&key)?.clone();
        Some(RecordSetFinding::Protected(key, protection))
    });
    protected.collect()
}
