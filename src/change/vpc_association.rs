//! Private zones and the VPCs that see them (PZ-18).

use std::collections::BTreeSet;

use crate::model::{Account, AccountRule, HostedZone, HostedZoneId, HostedZoneViolation, Visibility, Vpc, VpcId};

use super::error::ChangeError;
use super::hosted_zone::of_api;

/// VPCs belong to EC2, so that one nobody has heard of becomes known by being named. One that a zone file describes is
/// registered too: the file may go, and its zones stay.
pub(super) fn with_known_vpc(account: Account, vpc: Vpc) -> Account {
    let mut registry = account.registry().clone();
    if !registry.vpcs.contains_key(&vpc.id) {
        registry.vpcs = registry.vpcs.with(vpc.id.clone(), vpc.region);
    }
    let account = if account.vpcs().contains_key(&vpc.id) { account } else { account.with_vpc(vpc) };
    account.with_registry(registry)
}

pub(super) fn associate(current: &Account, id: &HostedZoneId, vpc: Vpc) -> Result<Account, ChangeError> {
    let zone = of_api(current, id)?;
    let mut vpcs = vpcs_of(zone, &vpc.id)?.clone();
    if !vpcs.insert(vpc.id.clone()) {
        // PZ-18: as if another zone had the name and the VPC.
        let rule = AccountRule::ConflictingPrivateZone(zone.name().clone(), vpc.id, id.clone());
        return Err(ChangeError::HostedZone(vec![HostedZoneViolation { record_set: None, rule }]));
    }
    let zone = zone.with_vpcs(vpcs);
    with_known_vpc(current.clone(), vpc).with_hosted_zone(zone).map_err(ChangeError::of_hosted_zone)
}

pub(super) fn disassociate(current: &Account, id: &HostedZoneId, vpc: &VpcId) -> Result<Account, ChangeError> {
    let zone = of_api(current, id)?;
    let Visibility::Private(vpcs) = zone.visibility() else {
        return Err(ChangeError::NotAssociated(id.clone(), vpc.clone()));
    };
    if !vpcs.contains(vpc) {
        return Err(ChangeError::NotAssociated(id.clone(), vpc.clone()));
    }
    if vpcs.len() == 1 {
        return Err(ChangeError::LastVpc(id.clone(), vpc.clone()));
    }
    let mut vpcs = vpcs.clone();
    vpcs.remove(vpc);
    current.with_hosted_zone(zone.with_vpcs(vpcs)).map_err(ChangeError::of_hosted_zone)
}

pub(super) fn authorize(current: &Account, id: HostedZoneId, vpc: Vpc) -> Result<Account, ChangeError> {
    vpcs_of(of_api(current, &id)?, &vpc.id)?;
    let mut registry = current.registry().clone();
    registry.vpc_authorizations = registry.vpc_authorizations.with((id, vpc.id), vpc.region);
    Ok(current.clone().with_registry(registry))
}

pub(super) fn deauthorize(current: &Account, id: HostedZoneId, vpc: VpcId) -> Result<Account, ChangeError> {
    of_api(current, &id)?;
    let mut registry = current.registry().clone();
    let key = (id, vpc);
    if !registry.vpc_authorizations.contains_key(&key) {
        return Err(ChangeError::NotAuthorized(key.0, key.1));
    }
    registry.vpc_authorizations = registry.vpc_authorizations.without(&key);
    Ok(current.clone().with_registry(registry))
}

fn vpcs_of<'a>(zone: &'a HostedZone, vpc: &VpcId) -> Result<&'a BTreeSet<VpcId>, ChangeError> {
    match zone.visibility() {
        Visibility::Private(vpcs) => Ok(vpcs),
        Visibility::Public => Err(ChangeError::PublicZone(zone.id().clone(), vpc.clone())),
    }
}
