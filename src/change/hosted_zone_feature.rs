//! Features of hosted zones, turned on and off (C-6).

use crate::model::{Account, HostedZoneFeatures, HostedZoneId, Visibility};

use super::error::{ChangeError, Feature};
use super::hosted_zone::of_api;

pub(super) fn change(
    current: &Account,
    id: &HostedZoneId,
    features: HostedZoneFeatures,
) -> Result<Account, ChangeError> {
    let missing = match of_api(current, id)?.visibility() {
        Visibility::Public => features.public_dns_fallback.map(|_| Feature::PublicDnsFallback),
        Visibility::Private(_) => features.accelerated_recovery.map(|_| Feature::AcceleratedRecovery),
    };
    if let Some(missing) = missing {
        return Err(ChangeError::NoSuchFeature(id.clone(), missing));
    }
    let mut registry = current.registry().clone();
    let changed = registry.features.get(id).copied().unwrap_or_default().changed_by(features);
    if changed != HostedZoneFeatures::default() {
        registry.features = registry.features.with(id.clone(), changed);
    }
    Ok(current.clone().with_registry(registry))
}
