//! Hosted zones that come and go through the API.

use std::iter::successors;
use std::sync::Arc;

use crate::model::{
    Account, DomainName, HostedZone, HostedZoneId, HostedZoneRegistration, ProtectionKey, RecordType, TaggedResource,
    Visibility, Vpc, VpcId,
};

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
    if *zone.visibility() == Visibility::Public {
        let mut of_name = of_name_in_order(current, &zone);
        if !of_name.is_empty() {
            of_name.push(zone.id().clone());
            registry.zones_of_one_name = registry.zones_of_one_name.with(zone.name().clone(), of_name);
        }
    }
    registry.hosted_zone_references = registry.hosted_zone_references.with(reference, zone.id().clone());
    let delegation_set = registration.delegation_set.clone();
    registry.hosted_zones = registry.hosted_zones.with(zone.id().clone(), registration);
    let registered = current.clone().with_registry(registry);
    if let Some(other) = sharing_name_servers(&registered, &zone) {
        return Err(match delegation_set {
            Some(set) => ChangeError::ConflictingDomain(set, other.id().clone()),
            // They were drawn by chance.
            None => ChangeError::IdTaken,
        });
    }
    let with_vpc = match vpc {
        Some(vpc) => with_known_vpc(registered, vpc),
        None => registered,
    };
    with_vpc.with_hosted_zone(zone).map_err(ChangeError::of_hosted_zone)
}

/// Z-2: that nobody is answered by a zone.
pub fn undelegated_notice(zone: &HostedZone, delegated: &HostedZone) -> String {
    format!(
        "no query is answered from hosted zone {}: queries for {} go to hosted zone {}, which has the same name and was \
         there first or stands in a zone file",
        zone.id(),
        zone.name(),
        delegated.id()
    )
}

/// Z-3: a zone that no name server may serve together with a new one, which is registered and not there yet, and that
/// has one of its name servers.
fn sharing_name_servers<'a>(account: &'a Account, zone: &'a HostedZone) -> Option<&'a Arc<HostedZone>> {
    if *zone.visibility() != Visibility::Public {
        return None;
    }
    let mine = account.delegation_set(zone);
    let shares = |other: &&Arc<HostedZone>| {
        let theirs = account.delegation_set(other);
        mine.name_servers().iter().any(|server| theirs.name_servers().contains(server))
    };
    let above = successors(zone.name().parent(), DomainName::parent);
    let above = above.flat_map(|name| account.public_zones_named(&name).collect::<Vec<_>>());
    above.chain(account.public_zones_at_or_below(zone.name())).find(shares)
}

/// Z-2: the public zones of a name that were made through the API, in the order of their making.
fn of_name_in_order(current: &Account, zone: &HostedZone) -> Vec<HostedZoneId> {
    let registry = current.registry();
    let in_order = registry.zones_of_one_name.get(zone.name()).cloned();
    in_order.unwrap_or_else(|| {
        let of_name = current.public_zones_named(zone.name()).map(|it| it.id());
        of_name.filter(|id| registry.hosted_zones.contains_key(id)).cloned().collect()
    })
}

pub(super) fn comment(current: &Account, id: &HostedZoneId, comment: Box<str>) -> Result<Account, ChangeError> {
    let zone = of_api(current, id)?;
    current.with_hosted_zone(zone.with_comment(comment)).map_err(ChangeError::of_hosted_zone)
}

/// C-4: only when nothing but the SOA and NS records of the apex is left, no key signing key and no protection (C-5).
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
    if registry.dnssec.contains_key(id) {
        return Err(ChangeError::KeySigningKeysLeft(id.clone()));
    }
    if registry.protections_from(&ProtectionKey::first_of(id.clone())).next().is_some() {
        return Err(ChangeError::ProtectionsLeft(id.clone()));
    }
    registry.features = registry.features.without(id);
    let logged = registry.query_logging_configs.iter().find(|(_, config)| config.hosted_zone == *id);
    if let Some(logged) = logged.map(|(logged, _)| logged.clone()) {
        registry.query_logging_configs = registry.query_logging_configs.without(&logged);
    }
    if let Some(of_name) = registry.zones_of_one_name.get(zone.name()).filter(|of_name| of_name.contains(id)) {
        let others: Vec<HostedZoneId> = of_name.iter().filter(|other| *other != id).cloned().collect();
        registry.zones_of_one_name = match others.len() {
            // Nobody is left to be told from.
            0 | 1 => registry.zones_of_one_name.without(zone.name()),
            _ => registry.zones_of_one_name.with(zone.name().clone(), others),
        };
    }
    registry.hosted_zones = registry.hosted_zones.without(id);
    registry.tags = registry.tags.without(&TaggedResource::HostedZone(id.clone()));
    let authorized: Vec<VpcId> = current.vpc_authorizations(id).map(|(vpc, _)| vpc.clone()).collect();
    for vpc in authorized {
        registry.vpc_authorizations = registry.vpc_authorizations.without(&(id.clone(), vpc));
    }
    Ok(current.without_hosted_zone(id).with_registry(registry))
}
