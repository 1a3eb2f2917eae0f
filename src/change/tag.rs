//! Tags of hosted zones and health checks.

use crate::model::{Account, TaggedResource, Tags, limits};

use super::error::ChangeError;
use super::{health_check, hosted_zone};

/// What is removed goes first, so that a key in both is there afterwards.
pub(super) fn change(
    current: &Account,
    resource: TaggedResource,
    add: Tags,
    remove: &[Box<str>],
) -> Result<Account, ChangeError> {
    match &resource {
        TaggedResource::HostedZone(id) => drop(hosted_zone::of_api(current, id)?),
        TaggedResource::HealthCheck(id) => drop(health_check::of_api(current, id)?),
    }
    let mut registry = current.registry().clone();
    let mut tags = registry.tags.get(&resource).cloned().unwrap_or_default();
    for key in remove {
        tags.remove(key);
    }
    tags.extend(add);
    if tags.len() > limits::TAGS_PER_RESOURCE {
        return Err(ChangeError::TooManyTags(tags.len()));
    }
    registry.tags = if tags.is_empty() { registry.tags.without(&resource) } else { registry.tags.with(resource, tags) };
    Ok(current.clone().with_registry(registry))
}
