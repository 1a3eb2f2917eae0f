//! The rules among the parts of an account: references that must resolve, and what may exist only once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use ipnet::IpNet;

use super::account::{Account, AccountParts};
use super::cidr_collection::CidrCollection;
use super::domain_name::DomainName;
use super::health_check::HealthCheckTarget;
use super::hosted_zone::{HostedZone, Visibility};
use super::identifier::{CidrCollectionId, HealthCheckId, HostedZoneId, VpcId};
use super::name_records::NameRecords;
use super::record_set::{RecordSet, RecordSetKey};
use super::routing_policy::{CidrLocation, RoutingPolicy};

/// A rule that is broken, and by which part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountViolation {
    pub part: AccountPart,
    pub rule: AccountRule,
}

/// A rule that a change of a hosted zone would break in its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostedZoneViolation {
    /// `None` when the zone as a whole is at fault.
    pub record_set: Option<RecordSetKey>,
    pub rule: AccountRule,
}

/// A part by its place in its list of [`AccountParts`]; a record set by its place in its zone's listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccountPart {
    Vpc(usize),
    HealthCheck(usize),
    CidrCollection(usize),
    ClientLocation(usize),
    HostedZone(usize),
    RecordSet { hosted_zone: usize, record_set: usize },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountRule {
    /// An identifier that another part of the same kind has, by its text.
    DuplicateId(String),
    DuplicateCidrCollectionName(String),
    DuplicateClientLocation(IpNet),
    UnknownVpc(VpcId),
    UnknownHealthCheck(HealthCheckId),
    /// HC-40.
    CalculatedChild(HealthCheckId),
    UnknownCidrCollection(CidrCollectionId),
    UnknownCidrLocation(CidrCollectionId, String),
    /// Z-2, of zones in zone files: one address serves all zones, so two public zones of one name cannot both be asked.
    DuplicatePublicZone(DomainName, HostedZoneId),
    /// PZ-14.
    ConflictingPrivateZone(DomainName, VpcId, HostedZoneId),
}

impl fmt::Display for AccountRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AccountRule::DuplicateId(id) => write!(f, "the id {id:?} stands twice"),
            AccountRule::DuplicateCidrCollectionName(name) => {
                write!(f, "there is already a CIDR collection named {name:?}")
            }
            AccountRule::DuplicateClientLocation(cidr) => write!(f, "the client network {cidr} stands twice"),
            AccountRule::UnknownVpc(id) => write!(f, "there is no VPC {id:?}"),
            AccountRule::UnknownHealthCheck(id) => write!(f, "there is no health check {id:?}"),
            AccountRule::CalculatedChild(id) => {
                write!(f, "the child health check {id:?} is itself CALCULATED")
            }
            AccountRule::UnknownCidrCollection(id) => write!(f, "there is no CIDR collection {id:?}"),
            AccountRule::UnknownCidrLocation(id, location) => {
                write!(f, "the CIDR collection {id:?} has no location {location:?}")
            }
            AccountRule::DuplicatePublicZone(name, other) => {
                write!(f, "there is already a public hosted zone {name} ({other})")
            }
            AccountRule::ConflictingPrivateZone(name, vpc, other) => {
                write!(f, "VPC {vpc} is already associated with a private hosted zone {name} ({other})")
            }
        }
    }
}

impl AccountRule {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            AccountRule::DuplicateId(_) => "give each its own id",
            AccountRule::DuplicateCidrCollectionName(_) => "give each its own name",
            AccountRule::DuplicateClientLocation(_) => "put both in one item",
            AccountRule::UnknownVpc(_) => "add it under `vpcs:`",
            AccountRule::UnknownHealthCheck(_) => "add it under `health_checks:`",
            AccountRule::CalculatedChild(_) => "name the children of that check instead",
            AccountRule::UnknownCidrCollection(_) => "add it under `cidr_collections:`",
            AccountRule::UnknownCidrLocation(..) => "add the location to the collection, or use \"*\"",
            AccountRule::DuplicatePublicZone(..) => "put all records of the name in one zone",
            AccountRule::ConflictingPrivateZone(..) => "associate the VPC with only one of them",
        }
    }
}

/// Every rule among the parts that is broken, in the order of the parts.
pub(super) fn check(parts: &AccountParts) -> Vec<AccountViolation> {
    let mut violations = Vec::new();
    let mut add = |part, rule| violations.push(AccountViolation { part, rule });
    check_ids(parts, &mut add);
    check_health_checks(parts, &mut add);
    check_zones(parts, &mut add);
    check_references(parts, &mut add);
    violations.sort_by_key(|violation| violation.part);
    violations
}

fn check_ids(parts: &AccountParts, add: &mut impl FnMut(AccountPart, AccountRule)) {
    let mut once = |ids: Vec<&str>, part: fn(usize) -> AccountPart| {
        let mut seen = HashSet::new();
        for (place, id) in ids.into_iter().enumerate() {
            if !seen.insert(id) {
                add(part(place), AccountRule::DuplicateId(id.to_owned()));
            }
        }
    };
    once(parts.vpcs.iter().map(|vpc| vpc.id.as_str()).collect(), AccountPart::Vpc);
    once(parts.health_checks.iter().map(|check| check.id.as_str()).collect(), AccountPart::HealthCheck);
    once(parts.cidr_collections.iter().map(|it| it.id().as_str()).collect(), AccountPart::CidrCollection);
    once(parts.hosted_zones.iter().map(|zone| zone.id().as_str()).collect(), AccountPart::HostedZone);
    let mut names = HashSet::new();
    for (place, collection) in parts.cidr_collections.iter().enumerate() {
        if !names.insert(collection.name()) {
            let rule = AccountRule::DuplicateCidrCollectionName(collection.name().to_owned());
            add(AccountPart::CidrCollection(place), rule);
        }
    }
    let mut networks = HashSet::new();
    for (place, location) in parts.client_locations.iter().enumerate() {
        if !networks.insert(location.cidr.trunc()) {
            add(AccountPart::ClientLocation(place), AccountRule::DuplicateClientLocation(location.cidr));
        }
    }
}

fn check_health_checks(parts: &AccountParts, add: &mut impl FnMut(AccountPart, AccountRule)) {
    let by_id: HashMap<_, _> = parts.health_checks.iter().map(|check| (&check.id, check)).collect();
    for (place, check) in parts.health_checks.iter().enumerate() {
        let HealthCheckTarget::Calculated(calculated) = &check.target else { continue };
        for child in &calculated.children {
            match by_id.get(child) {
                None => add(AccountPart::HealthCheck(place), AccountRule::UnknownHealthCheck(child.clone())),
                Some(check) if matches!(check.target, HealthCheckTarget::Calculated(_)) => {
                    add(AccountPart::HealthCheck(place), AccountRule::CalculatedChild(child.clone()));
                }
                Some(_) => {}
            }
        }
    }
}

fn check_zones(parts: &AccountParts, add: &mut impl FnMut(AccountPart, AccountRule)) {
    let vpcs: HashSet<_> = parts.vpcs.iter().map(|vpc| &vpc.id).collect();
    let mut public: HashMap<&DomainName, &HostedZoneId> = HashMap::new();
    let mut private: HashMap<(&DomainName, &VpcId), &HostedZoneId> = HashMap::new();
    for (place, zone) in parts.hosted_zones.iter().enumerate() {
        let part = AccountPart::HostedZone(place);
        match zone.visibility() {
            Visibility::Public => {
                if let Some(other) = public.insert(zone.name(), zone.id()) {
                    add(part, AccountRule::DuplicatePublicZone(zone.name().clone(), other.clone()));
                }
            }
            Visibility::Private(associated) => {
                for vpc in associated {
                    if !vpcs.contains(vpc) {
                        add(part, AccountRule::UnknownVpc(vpc.clone()));
                    }
                    if let Some(other) = private.insert((zone.name(), vpc), zone.id()) {
                        let rule = AccountRule::ConflictingPrivateZone(zone.name().clone(), vpc.clone(), other.clone());
                        add(part, rule);
                    }
                }
            }
        }
    }
}

/// What record sets refer to outside their zone: health checks and CIDR collections.
fn check_references(parts: &AccountParts, add: &mut impl FnMut(AccountPart, AccountRule)) {
    let health_checks: HashSet<_> = parts.health_checks.iter().map(|check| &check.id).collect();
    let collections: BTreeMap<_, _> = parts.cidr_collections.iter().map(|it| (it.id(), it)).collect();
    for (hosted_zone, zone) in parts.hosted_zones.iter().enumerate() {
        let mut first = 0;
        for records in zone.names() {
            // Plain record sets refer to nothing.
            if records.plain_sets().is_none() {
                for (place, set) in records.record_sets().iter().enumerate() {
                    let part = AccountPart::RecordSet { hosted_zone, record_set: first + place };
                    let has_health_check = |id: &HealthCheckId| health_checks.contains(id);
                    let collection = |id: &CidrCollectionId| collections.get(id).copied();
                    check_references_of(set, has_health_check, collection, |rule| add(part, rule));
                }
            }
            first += records.len();
        }
    }
}

/// Every rule that a zone breaks in an account, which may hold an earlier version of it: looks at what differs.
pub(super) fn check_hosted_zone(account: &Account, zone: &HostedZone) -> Vec<HostedZoneViolation> {
    let mut violations = Vec::new();
    let old = account.hosted_zone(zone.id());
    if !old.is_some_and(|old| Arc::ptr_eq(old.head(), zone.head())) {
        let mut add = |rule| violations.push(HostedZoneViolation { record_set: None, rule });
        let other = |named: Option<&Arc<HostedZone>>| named.map(|it| it.id().clone()).filter(|id| id != zone.id());
        let is_of_api = |id: &HostedZoneId| account.registry().hosted_zones.contains_key(id);
        match zone.visibility() {
            Visibility::Public if is_of_api(zone.id()) => {}
            Visibility::Public => {
                if let Some(other) = other(account.public_zone_named(zone.name())).filter(|other| !is_of_api(other)) {
                    add(AccountRule::DuplicatePublicZone(zone.name().clone(), other));
                }
            }
            Visibility::Private(vpcs) => {
                for vpc in vpcs {
                    if !account.vpcs().contains_key(vpc) {
                        add(AccountRule::UnknownVpc(vpc.clone()));
                    }
                    if let Some(other) = other(account.private_zone_named(vpc, zone.name())) {
                        add(AccountRule::ConflictingPrivateZone(zone.name().clone(), vpc.clone(), other));
                    }
                }
            }
        }
    }
    let mut check = |old: Option<&NameRecords>, records: &NameRecords| {
        let kept = old.and_then(NameRecords::routed_sets).unwrap_or_default();
        // H-5: a record set may outlive its health check, and does not keep others of its name from changing then.
        for set in records.routed_sets().unwrap_or_default().iter().filter(|set| !kept.contains(set)) {
            let has_health_check = |id: &HealthCheckId| account.health_checks().contains_key(id);
            let collection = |id: &CidrCollectionId| account.cidr_collections().get(id);
            check_references_of(set, has_health_check, collection, |rule| {
                violations.push(HostedZoneViolation { record_set: Some(set.key()), rule });
            });
        }
    };
    match old {
        Some(old) => {
            for difference in old.changed_names(zone) {
                if let (before, Some(after)) = difference.versions() {
                    check(before, after);
                }
            }
        }
        None => zone.names().for_each(|records| check(None, records)),
    }
    violations
}

/// What one record set refers to outside its zone.
fn check_references_of<'a>(
    set: &RecordSet,
    has_health_check: impl Fn(&HealthCheckId) -> bool,
    collection: impl Fn(&CidrCollectionId) -> Option<&'a CidrCollection>,
    mut add: impl FnMut(AccountRule),
) {
    if let Some(id) = set.health_check_id().filter(|id| !has_health_check(id)) {
        add(AccountRule::UnknownHealthCheck(id.clone()));
    }
    let RoutingPolicy::IpBased(config) = set.routing_policy() else { return };
    match (collection(&config.collection), &config.location) {
        (None, _) => add(AccountRule::UnknownCidrCollection(config.collection.clone())),
        (Some(collection), CidrLocation::Named(name)) if !collection.locations().contains_key(name) => {
            add(AccountRule::UnknownCidrLocation(config.collection.clone(), name.as_str().to_owned()));
        }
        (Some(_), _) => {}
    }
}
