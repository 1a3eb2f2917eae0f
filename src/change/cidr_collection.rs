//! CIDR collections that come, change and go through the API.

use std::collections::BTreeSet;

use crate::model::{
    Account, CidrCollection, CidrCollectionId, CidrCollectionRegistration, CidrLocation, RoutingPolicy,
};

use super::error::{ChangeError, Described, DescribedPart};

pub(super) fn create(
    current: &Account,
    collection: CidrCollection,
    registration: CidrCollectionRegistration,
) -> Result<Account, ChangeError> {
    if current.cidr_collections().contains_key(collection.id()) {
        return Err(ChangeError::IdTaken);
    }
    check_name(current, &collection)?;
    let mut registry = current.registry().clone();
    registry.cidr_collections = registry.cidr_collections.with(collection.id().clone(), registration);
    Ok(current.with_cidr_collection(collection).with_registry(registry))
}

pub(super) fn update(
    current: &Account,
    collection: CidrCollection,
    registration: CidrCollectionRegistration,
) -> Result<Account, ChangeError> {
    let (before, its_registration) = of_api(current, collection.id())?;
    if its_registration.version + 1 != registration.version {
        return Err(ChangeError::OtherVersion);
    }
    check_name(current, &collection)?;
    // IP-1: looked for only if a location goes away, for it takes a walk over all zones.
    if before.locations().keys().any(|location| !collection.locations().contains_key(location)) {
        let missing = used_locations(current, collection.id()).into_iter().find(|location| match location {
            CidrLocation::Named(name) => !collection.locations().contains_key(name),
            CidrLocation::Default => false,
        });
        if missing.is_some() {
            return Err(ChangeError::CidrInUse(collection.id().clone(), missing));
        }
    }
    let mut registry = current.registry().clone();
    registry.cidr_collections = registry.cidr_collections.with(collection.id().clone(), registration);
    Ok(current.with_cidr_collection(collection).with_registry(registry))
}

/// No other collection has its name.
fn check_name(current: &Account, collection: &CidrCollection) -> Result<(), ChangeError> {
    let mut others = current.cidr_collections().values().filter(|other| other.id() != collection.id());
    match others.any(|other| other.name() == collection.name()) {
        true => Err(ChangeError::CidrCollectionNameTaken(collection.name().into())),
        false => Ok(()),
    }
}

/// Only an empty one that no record set names.
pub(super) fn delete(current: &Account, id: &CidrCollectionId) -> Result<Account, ChangeError> {
    let (collection, _) = of_api(current, id)?;
    if !collection.locations().is_empty() || !used_locations(current, id).is_empty() {
        return Err(ChangeError::CidrInUse(id.clone(), None));
    }
    let mut registry = current.registry().clone();
    registry.cidr_collections = registry.cidr_collections.without(id);
    Ok(current.without_cidr_collection(id).with_registry(registry))
}

/// A collection that was made through the API.
fn of_api<'a>(
    current: &'a Account,
    id: &CidrCollectionId,
) -> Result<(&'a CidrCollection, &'a CidrCollectionRegistration), ChangeError> {
    let missing = || ChangeError::NoSuchCidrCollection(id.clone());
    let collection = current.cidr_collections().get(id).ok_or_else(missing)?;
    let registration = current.registry().cidr_collections.get(id).ok_or_else(|| {
        let file = current.source_files().cidr_collections.get(id).map(|file| Box::from(&**file));
        ChangeError::DescribedByFile(Described { what: DescribedPart::CidrCollection(id.clone()), file })
    })?;
    Ok((collection, registration))
}

/// The locations of a collection that record sets name.
fn used_locations(account: &Account, id: &CidrCollectionId) -> BTreeSet<CidrLocation> {
    let names = account.hosted_zones().iter().flat_map(|zone| zone.names());
    let sets = names.flat_map(|records| records.routed_sets().unwrap_or_default());
    let used = sets.filter_map(|set| match set.routing_policy() {
        RoutingPolicy::IpBased(config) if config.collection == *id => Some(config.location.clone()),
        _ => None,
    });
    used.collect()
}
