//! An account: everything the server knows, in one value.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::account_rules::{self, AccountViolation};
use super::cidr_collection::CidrCollection;
use super::client_location::ClientLocation;
use super::cloudwatch::{AlarmId, CloudWatchAlarm, MetricData};
use super::force::Force;
use super::health_check::HealthCheck;
use super::hosted_zone::HostedZone;
use super::identifier::{CidrCollectionId, HealthCheckId, HostedZoneId, VpcId};
use super::ordered_set::{Differences, OrderedSet};
use super::routing_control::{RoutingControlArn, RoutingControlState};
use super::vpc::Vpc;

/// Everything that answers depend on except health and randomness. Cheap to clone: versions share what a change
/// between them left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    settings: Arc<Settings>,
    hosted_zones: OrderedSet<Arc<HostedZone>>,
}

/// An account without its hosted zones.
#[derive(Debug, Default, PartialEq, Eq)]
struct Settings {
    vpcs: BTreeMap<VpcId, Vpc>,
    health_checks: BTreeMap<HealthCheckId, HealthCheck>,
    cidr_collections: BTreeMap<CidrCollectionId, CidrCollection>,
    client_locations: Vec<ClientLocation>,
    alarms: BTreeMap<AlarmId, CloudWatchAlarm>,
    metric_data: Vec<MetricData>,
    routing_controls: BTreeMap<RoutingControlArn, RoutingControlState>,
    forces: Vec<Force>,
}

/// What an [`Account`] is made of, before the rules among its parts are checked.
#[derive(Clone, Debug, Default)]
pub struct AccountParts {
    pub vpcs: Vec<Vpc>,
    pub health_checks: Vec<HealthCheck>,
    pub cidr_collections: Vec<CidrCollection>,
    pub client_locations: Vec<ClientLocation>,
    pub alarms: Vec<CloudWatchAlarm>,
    pub metric_data: Vec<MetricData>,
    pub routing_controls: Vec<(RoutingControlArn, RoutingControlState)>,
    /// The later one wins.
    pub forces: Vec<Force>,
    pub hosted_zones: Vec<Arc<HostedZone>>,
}

impl Account {
    /// Checks every rule among the parts and tells all that are broken; a violation names its part by its place in
    /// the list it stands in.
    pub fn new(parts: AccountParts) -> Result<Account, Vec<AccountViolation>> {
        let violations = account_rules::check(&parts);
        if !violations.is_empty() {
            return Err(violations);
        }
        let settings = Settings {
            vpcs: parts.vpcs.into_iter().map(|vpc| (vpc.id.clone(), vpc)).collect(),
            health_checks: parts.health_checks.into_iter().map(|check| (check.id.clone(), check)).collect(),
            cidr_collections: parts
                .cidr_collections
                .into_iter()
                .map(|collection| (collection.id().clone(), collection))
                .collect(),
            client_locations: parts.client_locations,
            alarms: parts.alarms.into_iter().map(|alarm| (alarm.id.clone(), alarm)).collect(),
            metric_data: parts.metric_data,
            routing_controls: parts.routing_controls.into_iter().collect(),
            forces: parts.forces,
        };
        let mut hosted_zones = parts.hosted_zones;
        hosted_zones.sort_by(|one, other| one.id().cmp(other.id()));
        Ok(Account { settings: Arc::new(settings), hosted_zones: OrderedSet::from_ordered(hosted_zones) })
    }

    pub fn vpcs(&self) -> &BTreeMap<VpcId, Vpc> {
        &self.settings.vpcs
    }

    pub fn health_checks(&self) -> &BTreeMap<HealthCheckId, HealthCheck> {
        &self.settings.health_checks
    }

    pub fn cidr_collections(&self) -> &BTreeMap<CidrCollectionId, CidrCollection> {
        &self.settings.cidr_collections
    }

    pub fn client_locations(&self) -> &[ClientLocation] {
        &self.settings.client_locations
    }

    /// HC-42: the alarms that CLOUDWATCH_METRIC health checks may name.
    pub fn alarms(&self) -> &BTreeMap<AlarmId, CloudWatchAlarm> {
        &self.settings.alarms
    }

    pub fn metric_data(&self) -> &[MetricData] {
        &self.settings.metric_data
    }

    /// HC-44: the routing controls that RECOVERY_CONTROL health checks may name.
    pub fn routing_controls(&self) -> &BTreeMap<RoutingControlArn, RoutingControlState> {
        &self.settings.routing_controls
    }

    /// Where two match one check, the later one wins.
    pub fn forces(&self) -> &[Force] {
        &self.settings.forces
    }

    /// In the order of their ids.
    pub fn hosted_zones(&self) -> &OrderedSet<Arc<HostedZone>> {
        &self.hosted_zones
    }

    pub fn hosted_zone(&self, id: &HostedZoneId) -> Option<&Arc<HostedZone>> {
        self.hosted_zones.get(id)
    }

    /// The zones that are not the same in a later version of the account. Takes as long as the change between the two
    /// is large.
    pub fn changed_zones<'a>(&'a self, newer: &'a Account) -> Differences<'a, Arc<HostedZone>> {
        self.hosted_zones.differences(&newer.hosted_zones)
    }
}
