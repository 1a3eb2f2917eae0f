//! The part of an account that zone files describe, beside what was made through the API.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::account::{Account, AccountParts};
use super::account_rules::{AccountPart, AccountRule, AccountViolation};
use super::hosted_zone::Visibility;
use super::identifier::{CidrCollectionId, HealthCheckId, HostedZoneId, VpcId};
use super::vpc::Vpc;

/// The zone files that parts of an account stand in, as far as is known.
#[derive(Clone, Debug, Default)]
pub struct SourceFiles {
    pub hosted_zones: BTreeMap<HostedZoneId, Arc<str>>,
    pub health_checks: BTreeMap<HealthCheckId, Arc<str>>,
    pub cidr_collections: BTreeMap<CidrCollectionId, Arc<str>>,
}

impl Account {
    /// The account once zone files say something else: what was made through the API stays.
    ///
    /// # Errors
    ///
    /// The rules that the two break together.
    pub fn with_files(&self, files: Account) -> Result<Account, Vec<AccountViolation>> {
        let registry = self.registry();
        let account = if registry.owns_nothing() {
            files
        } else {
            let mut parts = files.parts();
            let (first_zone, first_check) = (parts.hosted_zones.len(), parts.health_checks.len());
            let of_api = self.hosted_zones().iter().filter(|zone| registry.hosted_zones.contains_key(zone.id()));
            parts.hosted_zones.extend(of_api.cloned());
            let checks = self.health_checks().values().filter(|it| registry.health_checks.contains_key(&it.id));
            parts.health_checks.extend(checks.cloned());
            let collections =
                self.cidr_collections().values().filter(|it| registry.cidr_collections.contains_key(it.id()));
            parts.cidr_collections.extend(collections.cloned());
            parts.vpcs.extend(self.vpcs_in_use(&parts));
            Account::without_broken(parts, |violation| {
                let is_of_api = match violation.part {
                    AccountPart::RecordSet { hosted_zone, .. } => hosted_zone >= first_zone,
                    AccountPart::HealthCheck(place) => place >= first_check,
                    _ => false,
                };
                // H-5: record sets and calculated checks may outlive a health check.
                is_of_api && matches!(violation.rule, AccountRule::UnknownHealthCheck(_))
            })?
        };
        Ok(account.sharing_with(self).with_registry(registry.clone()))
    }

    /// Those that the parts lack and need, or that only the API has named.
    fn vpcs_in_use(&self, parts: &AccountParts) -> Vec<Vpc> {
        let private = parts.hosted_zones.iter().filter_map(|zone| match zone.visibility() {
            Visibility::Public => None,
            Visibility::Private(vpcs) => Some(vpcs),
        });
        let associated: BTreeSet<&VpcId> = private.flatten().collect();
        let is_lacking = |vpc: &&Vpc| {
            let is_named = self.registry().vpcs.contains_key(&vpc.id) || associated.contains(&vpc.id);
            is_named && !parts.vpcs.iter().any(|given| given.id == vpc.id)
        };
        self.vpcs().values().filter(is_lacking).cloned().collect()
    }
}
