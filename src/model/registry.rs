//! What Route 53 keeps of an account beside what answers depend on: what was made through the API and under which caller
//! reference, changes, tags, authorizations. What is not registered here is described by zone files.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::delegation_set::DelegationSet;
use super::geography::AwsRegion;
use super::health_check::HealthCheckConfig;
use super::identifier::{
    CallerReference, ChangeId, CidrCollectionId, DelegationSetId, HealthCheckId, HostedZoneId, VpcId,
};
use super::table::Table;

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
    /// VPCs that are known only because somebody named them.
    pub vpcs: Table<VpcId, AwsRegion>,
    /// PZ-18: VPCs, of other accounts, that may be associated with a private zone.
    pub vpc_authorizations: Table<(HostedZoneId, VpcId), AwsRegion>,
    pub tags: Table<TaggedResource, Tags>,
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
    /// Whether nothing that answers depend on was made through the API.
    pub fn owns_nothing(&self) -> bool {
        self.hosted_zones.is_empty()
            && self.health_checks.is_empty()
            && self.cidr_collections.is_empty()
            && self.vpcs.is_empty()
    }
}
