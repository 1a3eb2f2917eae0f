//! What Route 53 keeps of an account beside what answers depend on: what was made through the API and under which caller
//! reference, changes, tags, authorizations. What is not registered here is described by zone files.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::delegation_set::DelegationSet;
use super::dnssec::Dnssec;
use super::domain_name::DomainName;
use super::geography::AwsRegion;
use super::health_check::HealthCheckConfig;
use super::hosted_zone_feature::HostedZoneFeatures;
use super::identifier::{
    CallerReference, ChangeId, CidrCollectionId, DelegationSetId, HealthCheckId, HostedZoneId, QueryLoggingConfigId,
    TrafficPolicyId, TrafficPolicyInstanceId, VpcId,
};
use super::query_logging_config::QueryLoggingConfig;
use super::record_set_protection::{ProtectionKey, RecordSetProtection};
use super::record_type::RecordType;
use super::table::Table;
use super::traffic_policy::{TrafficPolicy, TrafficPolicyInstance};
use super::vpc::{Vpc, VpcDescription};

/// Cheap to clone: versions share what a change between them left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry {
    /// The zones that were made through the API.
    pub hosted_zones: Table<HostedZoneId, HostedZoneRegistration>,
    /// A caller reference is taken for good, even when the zone is gone.
    pub hosted_zone_references: Table<CallerReference, HostedZoneId>,
    /// The health checks that were made through the API.
    pub health_checks: Table<HealthCheckId, HealthCheckRegistration>,
    /// As that of a zone, which is longer than Route 53 remembers it: "for some days".
    pub health_check_references: Table<CallerReference, HealthCheckId>,
    /// The CIDR collections that were made through the API.
    pub cidr_collections: Table<CidrCollectionId, CidrCollectionRegistration>,
    pub delegation_sets: Table<DelegationSetId, ReusableDelegationSet>,
    /// Z-2: the public zones of a name of which there are several, in the order of their making.
    pub zones_of_one_name: Table<DomainName, Vec<HostedZoneId>>,
    /// VPCs that were named through the API. What zone files say of one comes first.
    pub vpcs: Table<VpcId, AwsRegion>,
    /// What operators and EC2 say of VPCs.
    pub vpc_descriptions: Table<VpcId, VpcDescription>,
    /// PZ-18: VPCs, of other accounts, that may be associated with a private zone.
    pub vpc_authorizations: Table<(HostedZoneId, VpcId), AwsRegion>,
    pub tags: Table<TaggedResource, Tags>,
    pub traffic_policies: Table<TrafficPolicyId, TrafficPolicy>,
    pub traffic_policy_instances: Table<TrafficPolicyInstanceId, TrafficPolicyInstance>,
    /// TP-4: the names and types at which instances have record sets; nobody else has any there.
    pub traffic_policy_groups: Table<(HostedZoneId, DomainName, RecordType), TrafficPolicyInstanceId>,
    /// Of the zones that have to do with DNSSEC.
    pub dnssec: Table<HostedZoneId, Dnssec>,
    pub query_logging_configs: Table<QueryLoggingConfigId, QueryLoggingConfig>,
    /// C-5.
    pub protections: Table<ProtectionKey, RecordSetProtection>,
    /// Of the zones of which somebody said something about features.
    pub features: Table<HostedZoneId, HostedZoneFeatures>,
    /// The latest [`limits::CHANGES`](super::limits::CHANGES), by id, which is in the order of time.
    pub changes: Table<ChangeId, ChangeRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostedZoneRegistration {
    pub caller_reference: CallerReference,
    /// Z-3: whose name servers the zone has.
    pub delegation_set: Option<DelegationSetId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheckRegistration {
    pub caller_reference: CallerReference,
    /// Begins at 1 and grows by one with each update.
    pub version: u64,
    /// As it was given.
    pub config: HealthCheckConfig,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CidrCollectionRegistration {
    pub caller_reference: CallerReference,
    /// Begins at 1 and grows by one with each change.
    pub version: u64,
}

/// Name servers that several hosted zones can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReusableDelegationSet {
    pub caller_reference: CallerReference,
    pub name_servers: DelegationSet,
}

/// What tags are on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TaggedResource {
    HealthCheck(HealthCheckId),
    HostedZone(HostedZoneId),
}

/// Values by key.
pub type Tags = BTreeMap<Box<str>, Box<str>>;

/// What GetChange knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRecord {
    pub submitted_at: Timestamp,
    pub comment: Option<Box<str>>,
}

impl Registry {
    /// The traffic policy instance that the record sets of a name and type belong to.
    pub fn traffic_policy_instance_at(
        &self,
        zone: &HostedZoneId,
        name: &DomainName,
        record_type: RecordType,
    ) -> Option<&TrafficPolicyInstanceId> {
        if self.traffic_policy_groups.is_empty() {
            return None;
        }
        self.traffic_policy_groups.get(&(zone.clone(), name.clone(), record_type))
    }

    /// The names at which an instance has record sets, in listing order, its own first.
    pub fn traffic_policy_names(&self, id: &TrafficPolicyInstanceId) -> Vec<DomainName> {
        let Some(instance) = self.traffic_policy_instances.get(id) else { return Vec::new() };
        let first = (instance.hosted_zone.clone(), instance.name.clone(), RecordType::ALL[0]);
        // Listing order puts the names below a name right behind it.
        let from_first = self.traffic_policy_groups.iter_from(&first);
        let below = from_first
            .take_while(|((zone, name, _), _)| *zone == instance.hosted_zone && name.is_at_or_below(&instance.name));
        below.filter(|(_, its_id)| *its_id == id).map(|((_, name, _), _)| name.clone()).collect()
    }

    /// Whether nothing that answers depend on was made through the API.
    pub fn owns_nothing(&self) -> bool {
        self.hosted_zones.is_empty()
            && self.health_checks.is_empty()
            && self.cidr_collections.is_empty()
            && self.vpcs.is_empty()
            && self.vpc_descriptions.is_empty()
    }

    /// The VPCs that need not stand in zone files: those that somebody described, and those that were only named.
    pub fn known_vpcs(&self) -> impl Iterator<Item = Vpc> {
        let described = self.vpc_descriptions.iter().map(|(id, VpcDescription { region, cidrs, .. })| Vpc {
            id: id.clone(),
            region: *region,
            cidrs: cidrs.clone(),
        });
        let named = self.vpcs.iter().filter(|(id, _)| !self.vpc_descriptions.contains_key(id));
        described.chain(named.map(|(id, region)| Vpc { id: id.clone(), region: *region, cidrs: Vec::new() }))
    }

    /// The protections of one zone from this one on, in the order of a listing (N-9).
    pub fn protections_from<'r>(
        &'r self,
        first: &'r ProtectionKey,
    ) -> impl Iterator<Item = (&'r ProtectionKey, &'r RecordSetProtection)> {
        self.protections.iter_from(first).take_while(|(key, _)| key.hosted_zone == first.hosted_zone)
    }
}
