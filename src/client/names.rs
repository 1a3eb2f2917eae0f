//! What files call the health checks and CIDR collections of an API, and what it calls them itself.

use std::collections::BTreeMap;

use crate::model::{
    AliasTarget, CidrCollectionId, CidrRoutingConfig, HealthCheckId, HostedZoneId, RecordContent, RecordSet,
    RecordSetParts, RoutingPolicy,
};
use crate::zonefile::derived_cidr_collection_id;

use super::check_reference;
use super::found::{ListedAccount, ListedCheck};

/// Both ways. Ids that nothing is known of stay as they are.
#[derive(Clone, Debug, Default)]
pub struct Names {
    checks_in_files: BTreeMap<HealthCheckId, HealthCheckId>,
    checks_of_api: BTreeMap<HealthCheckId, HealthCheckId>,
    /// Files name a collection by its name, so that in files its id is the one derived from that.
    collections_in_files: BTreeMap<CidrCollectionId, CidrCollectionId>,
    collections_of_api: BTreeMap<CidrCollectionId, CidrCollectionId>,
}

impl Names {
    pub fn of(account: &ListedAccount) -> Names {
        let mut names = Names::default();
        for collection in &account.cidr_collections {
            names.add_collection(derived_cidr_collection_id(&collection.name), collection.id.clone());
        }
        // The last that was made under an id has it, and one of the server's own files before all.
        let mut named: Vec<(u32, HealthCheckId, &HealthCheckId)> = account
            .health_checks
            .iter()
            .filter_map(|check| match check.linked_to {
                Some(_) => Some((u32::MAX, check.id.clone(), &check.id)),
                None => {
                    let (in_files, generation) = check_reference::named(&check.caller_reference)?;
                    Some((generation, in_files, &check.id))
                }
            })
            .collect();
        named.sort();
        for (_, in_files, of_api) in named {
            names.add_check(in_files, of_api.clone());
        }
        // Others, such as those that another has taken the place of, go by the id that they have.
        for ListedCheck { id, .. } in &account.health_checks {
            if names.check_in_files(id).is_none() && names.check_of_api(id).is_none() {
                names.add_check(id.clone(), id.clone());
            }
        }
        names
    }

    pub fn add_check(&mut self, in_files: HealthCheckId, of_api: HealthCheckId) {
        if let Some(before) = self.checks_of_api.insert(in_files.clone(), of_api.clone()) {
            self.checks_in_files.remove(&before);
        }
        self.checks_in_files.insert(of_api, in_files);
    }

    /// As if nothing had this id in files.
    pub fn forget_check(&mut self, in_files: &HealthCheckId) {
        if let Some(of_api) = self.checks_of_api.remove(in_files) {
            self.checks_in_files.remove(&of_api);
        }
    }

    pub fn add_collection(&mut self, in_files: CidrCollectionId, of_api: CidrCollectionId) {
        self.collections_of_api.insert(in_files.clone(), of_api.clone());
        self.collections_in_files.insert(of_api, in_files);
    }

    pub fn check_in_files(&self, of_api: &HealthCheckId) -> Option<&HealthCheckId> {
        self.checks_in_files.get(of_api)
    }

    pub fn check_of_api(&self, in_files: &HealthCheckId) -> Option<&HealthCheckId> {
        self.checks_of_api.get(in_files)
    }

    pub fn collection_of_api(&self, in_files: &CidrCollectionId) -> Option<&CidrCollectionId> {
        self.collections_of_api.get(in_files)
    }

    pub fn set_in_files(&self, set: &RecordSet, of_api: &HostedZoneId, in_files: &HostedZoneId) -> RecordSet {
        renamed(set, (of_api, in_files), &self.checks_in_files, &self.collections_in_files)
    }

    pub fn set_of_api(&self, set: &RecordSet, in_files: &HostedZoneId, of_api: &HostedZoneId) -> RecordSet {
        renamed(set, (in_files, of_api), &self.checks_of_api, &self.collections_of_api)
    }
}

fn renamed(
    set: &RecordSet,
    (zone, new_zone): (&HostedZoneId, &HostedZoneId),
    checks: &BTreeMap<HealthCheckId, HealthCheckId>,
    collections: &BTreeMap<CidrCollectionId, CidrCollectionId>,
) -> RecordSet {
    let content = match set.content() {
        RecordContent::Alias(target) if target.hosted_zone_id == *zone => {
            RecordContent::Alias(AliasTarget { hosted_zone_id: new_zone.clone(), ..target.clone() })
        }
        content => content.clone(),
    };
    let routing_policy = match set.routing_policy() {
        RoutingPolicy::IpBased(config) => {
            let collection = collections.get(&config.collection).unwrap_or(&config.collection).clone();
            RoutingPolicy::IpBased(CidrRoutingConfig { collection, location: config.location.clone() })
        }
        policy => policy.clone(),
    };
    let health_check_id = set.health_check_id().map(|id| checks.get(id).unwrap_or(id).clone());
    with_parts(set, routing_policy, content, health_check_id, new_zone)
}

/// The record set with other references.
pub fn with_parts(
    set: &RecordSet,
    routing_policy: RoutingPolicy,
    content: RecordContent,
    health_check_id: Option<HealthCheckId>,
    zone: &HostedZoneId,
) -> RecordSet {
    let parts = RecordSetParts {
        name: set.name().clone(),
        record_type: set.record_type(),
        set_identifier: set.set_identifier().cloned(),
        routing_policy,
        content,
        health_check_id,
    };
    // Which ids there are makes no difference to the rules of a record set.
    RecordSet::new(parts, zone).unwrap_or_else(|_| set.clone())
}
