//! Accounts for tests, built through the model from records of one line each.
//!
//! `"www A 192.0.2.1"`, `"www A id=blue weight=10 check=web 192.0.2.1"`, `"app A id=x failover=PRIMARY alias=www eth"`:
//! name (relative to the zone, `@` is the apex), type, settings as `key=value`, then one value; several values stand
//! with ` | ` between them.

// Each test binary includes this file and uses its own part of it.
#![allow(dead_code)]
// The lint knows tests by their attribute, which helpers lack.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use route53d::model::{
    Account, AccountParts, AlarmId, AliasTarget, AwsRegion, Bias, CalculatedCheck, CidrCollection, CidrCollectionId,
    CidrLocation, CidrLocationName, CidrRoutingConfig, ClientLocation, CloudWatchAlarm, ComparisonOperator, Continent,
    Coordinates, CountryCode, DelegationSet, DomainName, EndpointAddress, EndpointCheck, FailoverRole, Force,
    ForcedStatus, GeoLocation, GeoProximityLocation, GeoProximityPlace, HealthCheck, HealthCheckId, HealthCheckPattern,
    HealthCheckTarget, HostedZone, HostedZoneId, HostedZoneParts, InsufficientDataHealthStatus, Metric, MetricData,
    MetricValue, MetricValues, ProbeProtocol, RecordContent, RecordSet, RecordSetParts, RecordType, RecordValue,
    RoutingControlState, RoutingPolicy, SetIdentifier, Statistic, UsState, Visibility, Vpc, VpcId, health_check,
};

/// The TTL of records that do not say `ttl=`, in seconds.
pub const TTL: u32 = 60;

/// Parts of an account, gathered one by one. Whatever breaks a rule panics.
#[derive(Default)]
pub struct WrittenAccount {
    parts: AccountParts,
}

pub fn name(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

pub fn vpc_id(text: &str) -> VpcId {
    VpcId::new(text).unwrap()
}

pub fn health_check_id(text: &str) -> HealthCheckId {
    HealthCheckId::new(text).unwrap()
}

/// A zone's id is its name without the final dot, with `-private` behind it if it is private.
pub fn zone_id(text: &str) -> HostedZoneId {
    HostedZoneId::new(text).unwrap()
}

/// The region of every alarm.
pub const ALARM_REGION: AwsRegion = AwsRegion::EuWest1;

pub fn alarm_id(name: &str) -> AlarmId {
    AlarmId { region: ALARM_REGION, name: name.into() }
}

/// A metric in the namespace App, without dimensions.
fn metric_named(name: &str) -> Metric {
    Metric { namespace: "App".into(), name: name.into(), dimensions: BTreeMap::new() }
}

impl WrittenAccount {
    pub fn account(&self) -> Arc<Account> {
        Arc::new(Account::new(self.parts.clone()).unwrap())
    }

    pub fn public_zone(&mut self, zone: &str, records: &[&str]) {
        self.zone(zone_id(zone), zone, Visibility::Public, records);
    }

    pub fn private_zone(&mut self, zone: &str, vpcs: &[&str], records: &[&str]) {
        let vpcs: BTreeSet<_> = vpcs.iter().map(|vpc| vpc_id(vpc)).collect();
        self.zone(zone_id(&format!("{zone}-private")), zone, Visibility::Private(vpcs), records);
    }

    /// Apex SOA and NS are Route 53's own unless the records give them.
    fn zone(&mut self, id: HostedZoneId, zone: &str, visibility: Visibility, records: &[&str]) {
        let apex = name(zone);
        let mut record_sets: Vec<_> = records.iter().map(|record| record_set(record, &apex, &id)).collect();
        let delegation_set = DelegationSet::of_zone(&id, &visibility);
        let defaults = [delegation_set.soa_record_set(&apex), delegation_set.ns_record_set(&apex)];
        for default in defaults {
            if !record_sets.iter().any(|set| set.name() == &apex && set.record_type() == default.record_type()) {
                record_sets.push(default);
            }
        }
        let parts = HostedZoneParts { id, name: apex, comment: "".into(), visibility, record_sets };
        self.parts.hosted_zones.push(Arc::new(HostedZone::new(parts).unwrap()));
    }

    pub fn vpc(&mut self, id: &str, cidrs: &[&str]) {
        let cidrs = cidrs.iter().map(|cidr| cidr.parse().unwrap()).collect();
        self.parts.vpcs.push(Vpc { id: vpc_id(id), region: AwsRegion::UsEast1, cidrs });
    }

    pub fn http_check(&mut self, id: &str) -> &mut HealthCheck {
        self.endpoint_check(id, ProbeProtocol::Http)
    }

    pub fn tcp_check(&mut self, id: &str) -> &mut HealthCheck {
        self.endpoint_check(id, ProbeProtocol::Tcp)
    }

    fn endpoint_check(&mut self, id: &str, protocol: ProbeProtocol) -> &mut HealthCheck {
        self.check(
            id,
            HealthCheckTarget::Endpoint(EndpointCheck {
                protocol,
                address: EndpointAddress::Ip {
                    ip_address: "192.0.2.80".parse().unwrap(),
                    fully_qualified_domain_name: None,
                },
                port: 80,
                resource_path: "/".into(),
                request_interval_seconds: 30,
                failure_threshold: 3,
                measure_latency: false,
                enable_sni: true,
                regions: health_check::CHECKER_REGIONS.into_iter().collect(),
            }),
        )
    }

    pub fn calculated_check(&mut self, id: &str, health_threshold: u16, children: &[&str]) -> &mut HealthCheck {
        let children = children.iter().map(|child| health_check_id(child)).collect();
        self.check(id, HealthCheckTarget::Calculated(CalculatedCheck { health_threshold, children }))
    }

    /// A check of the alarm `alarm`, wherever that is described.
    pub fn alarm_check(&mut self, id: &str, alarm: &str) -> &mut HealthCheck {
        let AlarmId { region: alarm_region, name: alarm_name } = alarm_id(alarm);
        let insufficient_data = InsufficientDataHealthStatus::LastKnownStatus;
        self.check(id, HealthCheckTarget::CloudWatchMetric { alarm_region, alarm_name, insufficient_data })
    }

    pub fn control_check(&mut self, id: &str, arn: &str) -> &mut HealthCheck {
        self.check(id, HealthCheckTarget::RecoveryControl { routing_control_arn: arn.into() })
    }

    /// An alarm in [`ALARM_REGION`] about the metric of this name.
    pub fn alarm(&mut self, name: &str, metric: &str) {
        self.parts.alarms.push(CloudWatchAlarm {
            id: alarm_id(name),
            metric: metric_named(metric),
            statistic: Statistic::Sum,
            period_seconds: 60,
            evaluation_periods: 1,
            threshold: MetricValue::new(1.0).unwrap(),
            comparison_operator: ComparisonOperator::GreaterThanOrEqualToThreshold,
        });
    }

    /// The same value in every period.
    pub fn metric_data(&mut self, metric: &str, region: Option<AwsRegion>) -> &mut MetricData {
        let values = MetricValues::Constant(MetricValue::new(0.0).unwrap());
        self.parts.metric_data.push(MetricData { region, metric: metric_named(metric), values });
        self.parts.metric_data.last_mut().unwrap()
    }

    pub fn routing_control(&mut self, arn: &str, state: RoutingControlState) {
        self.parts.routing_controls.push((arn.into(), state));
    }

    pub fn force(&mut self, checks: &str, status: ForcedStatus) {
        let checks = HealthCheckPattern::new(checks);
        self.parts.forces.push(Force { checks, status, reason: None, owner: None, until: None });
    }

    fn check(&mut self, id: &str, target: HealthCheckTarget) -> &mut HealthCheck {
        self.parts.health_checks.push(HealthCheck {
            id: health_check_id(id),
            target,
            inverted: false,
            disabled: false,
            status: ForcedStatus::Obey,
        });
        self.parts.health_checks.last_mut().unwrap()
    }

    /// A collection whose id is its name.
    pub fn cidr_collection(&mut self, id: &str, locations: &[(&str, &[&str])]) {
        let locations: BTreeMap<_, _> = locations
            .iter()
            .map(|(location, blocks)| {
                let blocks = blocks.iter().map(|block| block.parse().unwrap()).collect();
                (CidrLocationName::parse(location).unwrap(), blocks)
            })
            .collect();
        let collection = CidrCollection::new(CidrCollectionId::new(id).unwrap(), id, locations).unwrap();
        self.parts.cidr_collections.push(collection);
    }

    pub fn client_location(&mut self, cidr: &str, country: &str) {
        self.parts.client_locations.push(ClientLocation {
            cidr: cidr.parse().unwrap(),
            country: CountryCode::from_ascii(country),
            subdivision: None,
            region: None,
            coordinates: None,
            latencies: BTreeMap::new(),
        });
    }
}

/// Reads one record.
fn record_set(text: &str, apex: &DomainName, zone: &HostedZoneId) -> RecordSet {
    let (owner, rest) = text.split_once(' ').unwrap();
    let (record_type, mut rest) = rest.split_once(' ').unwrap();
    let record_type: RecordType = record_type.parse().unwrap();
    let mut set_identifier = None;
    let mut routing_policy = RoutingPolicy::Simple;
    let (mut health_check_id_, mut alias, mut ttl) = (None, None, TTL);
    let mut evaluate_target_health = false;
    loop {
        let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
        if word == "eth" {
            evaluate_target_health = true;
        } else if let Some((key, value)) = word.split_once('=').filter(|(key, _)| KEYS.contains(key)) {
            match key {
                "id" => set_identifier = Some(SetIdentifier::new(value).unwrap()),
                "check" => health_check_id_ = Some(health_check_id(value)),
                "ttl" => ttl = value.parse().unwrap(),
                "alias" => alias = Some((zone.clone(), below(value, apex))),
                "aws" => alias = Some((zone_id("Z35SXDOTRQ7X7K"), name(value))),
                "zone" => alias = alias.map(|(_, name)| (zone_id(value), name)),
                _ => routing_policy = policy(key, value),
            }
        } else {
            break;
        }
        rest = after;
    }
    let content = match alias {
        Some((hosted_zone_id, dns_name)) => {
            RecordContent::Alias(AliasTarget { hosted_zone_id, dns_name, evaluate_target_health })
        }
        None => {
            let values = rest.split(" | ").map(|value| RecordValue::parse(record_type, value).unwrap()).collect();
            RecordContent::Values { ttl, values }
        }
    };
    let parts = RecordSetParts {
        name: below(owner, apex),
        record_type,
        set_identifier,
        routing_policy,
        content,
        health_check_id: health_check_id_,
    };
    RecordSet::new(parts, zone).unwrap()
}

const KEYS: [&str; 13] =
    ["id", "check", "ttl", "alias", "aws", "zone", "weight", "failover", "region", "geo", "near", "multi", "cidr"];

fn below(text: &str, apex: &DomainName) -> DomainName {
    if text == "@" { apex.clone() } else { name(text).join(apex).unwrap() }
}

fn policy(key: &str, value: &str) -> RoutingPolicy {
    match key {
        "weight" => RoutingPolicy::Weighted { weight: value.parse().unwrap() },
        "failover" => RoutingPolicy::Failover(match value {
            "PRIMARY" => FailoverRole::Primary,
            "SECONDARY" => FailoverRole::Secondary,
            other => panic!("{other} is no failover role"),
        }),
        "region" => RoutingPolicy::Latency { region: value.parse().unwrap() },
        "geo" => RoutingPolicy::Geolocation(match value.split_once('/') {
            Some(("continent", continent)) => GeoLocation::Continent(continent.parse::<Continent>().unwrap()),
            Some((_, state)) => GeoLocation::Subdivision(UsState::from_ascii(state).unwrap()),
            None if value == "*" => GeoLocation::Default,
            None => GeoLocation::Country(CountryCode::from_ascii(value).unwrap()),
        }),
        "near" => {
            let (latitude, longitude) = value.split_once(',').unwrap();
            let coordinates = Coordinates::rounded(latitude.parse().unwrap(), longitude.parse().unwrap()).unwrap();
            let place = GeoProximityPlace::Coordinates(coordinates);
            RoutingPolicy::Geoproximity(GeoProximityLocation { place, bias: Bias::default() })
        }
        "multi" => RoutingPolicy::MultiValue,
        "cidr" => {
            let (collection, location) = value.split_once('/').unwrap();
            let location = match location {
                "*" => CidrLocation::Default,
                named => CidrLocation::Named(CidrLocationName::parse(named).unwrap()),
            };
            RoutingPolicy::IpBased(CidrRoutingConfig {
                collection: CidrCollectionId::new(collection).unwrap(),
                location,
            })
        }
        other => panic!("{other} is no routing policy"),
    }
}
