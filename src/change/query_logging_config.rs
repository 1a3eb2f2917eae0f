//! Query logging configurations that come and go.

use crate::model::{Account, QueryLoggingConfig, QueryLoggingConfigId, Visibility};

use super::error::ChangeError;
use super::hosted_zone::of_api;

pub(super) fn create(
    current: &Account,
    id: QueryLoggingConfigId,
    config: QueryLoggingConfig,
) -> Result<Account, ChangeError> {
    let zone = of_api(current, &config.hosted_zone)?;
    if *zone.visibility() != Visibility::Public {
        return Err(ChangeError::QueryLoggingOfPrivateZone(config.hosted_zone));
    }
    let mut registry = current.registry().clone();
    if registry.query_logging_configs.iter().any(|(_, other)| other.hosted_zone == config.hosted_zone) {
        return Err(ChangeError::QueryLoggingConfigExists(config.hosted_zone));
    }
    if registry.query_logging_configs.contains_key(&id) {
        return Err(ChangeError::IdTaken);
    }
    registry.query_logging_configs = registry.query_logging_configs.with(id, config);
    Ok(current.clone().with_registry(registry))
}

pub(super) fn delete(current: &Account, id: &QueryLoggingConfigId) -> Result<Account, ChangeError> {
    let mut registry = current.registry().clone();
    if !registry.query_logging_configs.contains_key(id) {
        return Err(ChangeError::NoSuchQueryLoggingConfig(id.clone()));
    }
    registry.query_logging_configs = registry.query_logging_configs.without(id);
    Ok(current.clone().with_registry(registry))
}
