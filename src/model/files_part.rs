//! The part of an account that zone files describe, beside what was made through the API.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::account::{Account, AccountParts};
use super::account_rules::{AccountPart, AccountRule, AccountViolation};
use super::cidr_collection::CidrCollection;
use super::domain_name::DomainName;
use super::health_check::HealthCheck;
use super::hosted_zone::HostedZone;
use super::identifier::{CidrCollectionId, HealthCheckId, HostedZoneId, VpcId};
use super::vpc::Vpc;

/// The zone files that parts of an account stand in, as far as is known.
#[derive(Clone, Debug, Default)]
pub struct SourceFiles {
    pub hosted_zones: BTreeMap<HostedZoneId, Arc<str>>,
    pub health_checks: BTreeMap<HealthCheckId, Arc<str>>,
    pub cidr_collections: BTreeMap<CidrCollectionId, Arc<str>>,
    pub vpcs: BTreeMap<VpcId, Arc<str>>,
}

/// Something that was made through the API and cannot stand beside what zone files describe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    pub part: PartOfApi,
    pub rule: AccountRule,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartOfApi {
    HostedZone(HostedZoneId, DomainName),
    HealthCheck(HealthCheckId),
    CidrCollection(CidrCollectionId),
}

impl Account {
    /// The account once zone files say something else: what was made through the API stays.
    ///
    /// # Errors
    ///
    /// Everything that was made through the API and does not go together with the files. Neither side wins: whoever
    /// made one of them would see it vanish.
    pub fn with_files(&self, files: Account) -> Result<Account, Vec<Conflict>> {
        let registry = self.registry();
        let account = if registry.owns_nothing() { files } else { self.beside(files)? };
        Ok(account.sharing_with(self).with_registry(registry.clone()))
    }

    /// Whether a VPC is more than a name that was used in the API.
    pub fn is_described(&self, id: &VpcId) -> bool {
        self.source_files().vpcs.contains_key(id) || self.registry().vpc_descriptions.contains_key(id)
    }

    fn beside(&self, files: Account) -> Result<Account, Vec<Conflict>> {
        let registry = self.registry();
        let zones = self.hosted_zones().iter().filter(|zone| registry.hosted_zones.contains_key(zone.id()));
        let zones: Vec<&Arc<HostedZone>> = zones.collect();
        let checks = self.health_checks().values().filter(|it| registry.health_checks.contains_key(&it.id));
        let checks: Vec<&HealthCheck> = checks.collect();
        let collections = self.cidr_collections().values().filter(|it| registry.cidr_collections.contains_key(it.id()));
        let collections: Vec<&CidrCollection> = collections.collect();

        let mut parts = files.parts();
        let first = (parts.hosted_zones.len(), parts.health_checks.len(), parts.cidr_collections.len());
        parts.hosted_zones.extend(zones.iter().copied().cloned());
        parts.health_checks.extend(checks.iter().copied().cloned());
        parts.cidr_collections.extend(collections.iter().copied().cloned());
        parts.vpcs.extend(self.lacking_vpcs(&parts));

        let part_of_api = |part| match part {
            AccountPart::HostedZone(place) | AccountPart::RecordSet { hosted_zone: place, .. } => {
                let zone = zones.get(place.checked_sub(first.0)?)?;
                Some(PartOfApi::HostedZone(zone.id().clone(), zone.name().clone()))
            }
            AccountPart::HealthCheck(place) => {
                Some(PartOfApi::HealthCheck(checks.get(place.checked_sub(first.1)?)?.id.clone()))
            }
            AccountPart::CidrCollection(place) => {
                Some(PartOfApi::CidrCollection(collections.get(place.checked_sub(first.2)?)?.id().clone()))
            }
            AccountPart::Vpc(_) | AccountPart::ClientLocation(_) => None,
        };
        let is_allowed = |violation: &AccountViolation| {
            // H-5: record sets and calculated checks may outlive a health check. Z-2: public zones may share a name.
            matches!(violation.rule, AccountRule::UnknownHealthCheck(_) | AccountRule::DuplicatePublicZone(..))
                && part_of_api(violation.part).is_some()
        };
        Account::without_broken(parts, is_allowed).map_err(|violations| {
            // The files alone are an account, and of two parts the later is at fault.
            let of_api = violations.into_iter().filter_map(|AccountViolation { part, rule }| {
                let part = part_of_api(part)?;
                Some(Conflict { part, rule })
            });
            let mut conflicts: Vec<Conflict> = of_api.collect();
            conflicts.dedup();
            conflicts
        })
    }

    /// Those that are known from elsewhere than the files.
    fn lacking_vpcs(&self, parts: &AccountParts) -> Vec<Vpc> {
        let given: BTreeSet<&VpcId> = parts.vpcs.iter().map(|vpc| &vpc.id).collect();
        self.registry().known_vpcs().filter(|vpc| !given.contains(&vpc.id)).collect()
    }
}

impl Conflict {
    /// The zone of the files that is in the way, if it is a zone.
    pub fn zone_of_files(&self) -> Option<&HostedZoneId> {
        match (&self.rule, &self.part) {
            (AccountRule::DuplicateId(_), PartOfApi::HostedZone(id, _)) => Some(id),
            (AccountRule::ConflictingPrivateZone(_, _, other), _) => Some(other),
            _ => None,
        }
    }
}

impl fmt::Display for PartOfApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PartOfApi::HostedZone(id, name) => write!(f, "hosted zone {id} ({name})"),
            PartOfApi::HealthCheck(id) => write!(f, "health check {id}"),
            PartOfApi::CidrCollection(id) => write!(f, "CIDR collection {id}"),
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was made through the API and cannot stand beside the zone files: ", self.part)?;
        match (&self.rule, &self.part) {
            (AccountRule::DuplicateId(_), PartOfApi::HostedZone(..)) => f.write_str("a zone of theirs has the same id"),
            (AccountRule::DuplicateId(_), _) => f.write_str("one of theirs has the same id"),
            (rule, _) => write!(f, "{rule}"),
        }
    }
}
