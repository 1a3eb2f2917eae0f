//! The canonical text of a record set.

use std::collections::BTreeMap;

use super::layout::Value;
use super::write::{coordinates, mapping};
use crate::model::domain_name::is_plain_for_people;
use crate::model::domain_name::wire_to_text;
use crate::model::{
    AliasTarget, CidrCollection, CidrCollectionId, CidrRoutingConfig, DomainName, GeoLocation, GeoProximityLocation,
    GeoProximityPlace, HostedZoneId, RecordContent, RecordSet, RoutingPolicy,
};

/// Where a record set is written.
pub(super) struct WrittenIn<'w> {
    pub zone: &'w DomainName,
    pub zone_id: &'w HostedZoneId,
    pub collections: &'w BTreeMap<CidrCollectionId, CidrCollection>,
}

pub(super) fn record_set(set: &RecordSet, place: &WrittenIn<'_>) -> Value {
    let record_type = set.record_type();
    let policy = policy(set.routing_policy(), place);
    let (ttl, values, alias_target) = match set.content() {
        RecordContent::Values { ttl, values } => {
            let values = values.iter().map(|value| Value::quoted(&value.text(record_type))).collect();
            (Some(Value::number(ttl)), Some(Value::List(values)), None)
        }
        RecordContent::Alias(target) => (None, None, Some(alias_target(target, place))),
    };
    let (policy_key, policy_value) = policy.map_or(("", None), |(key, value)| (key, Some(value)));
    mapping([
        ("name", Some(Value::text(&relative_text(set.name(), place.zone)))),
        ("type", Some(Value::text(record_type.name()))),
        ("ttl", ttl),
        ("set_identifier", set.set_identifier().map(|id| Value::text(id.as_str()))),
        (policy_key, policy_value),
        ("values", values),
        ("alias_target", alias_target),
        ("health_check_id", set.health_check_id().map(|id| Value::text(id.as_str()))),
    ])
}

/// The policy's key and value; a simple record has none.
fn policy(policy: &RoutingPolicy, place: &WrittenIn<'_>) -> Option<(&'static str, Value)> {
    Some(match policy {
        RoutingPolicy::Simple => return None,
        RoutingPolicy::Weighted { weight } => ("weight", Value::number(weight)),
        RoutingPolicy::Failover(role) => ("failover", Value::text(&role.to_string())),
        RoutingPolicy::Latency { region } => ("region", Value::text(region.name())),
        RoutingPolicy::Geolocation(location) => ("geo_location", geo_location(*location)),
        RoutingPolicy::Geoproximity(location) => ("geo_proximity_location", geo_proximity_location(location)),
        RoutingPolicy::MultiValue => ("multi_value_answer", Value::truth(true)),
        RoutingPolicy::IpBased(config) => ("cidr_routing_config", cidr_routing_config(config, place)),
    })
}

fn geo_location(location: GeoLocation) -> Value {
    match location {
        GeoLocation::Default => mapping([("country_code", Some(Value::text("*")))]),
        GeoLocation::Continent(continent) => mapping([("continent_code", Some(Value::text(continent.code())))]),
        GeoLocation::Country(country) => mapping([("country_code", Some(Value::text(country.as_str())))]),
        GeoLocation::Subdivision(state) => mapping([
            ("country_code", Some(Value::text("US"))),
            ("subdivision_code", Some(Value::text(state.as_str()))),
        ]),
    }
}

fn geo_proximity_location(location: &GeoProximityLocation) -> Value {
    let (key, place) = match &location.place {
        GeoProximityPlace::Region(region) => ("aws_region", Value::text(region.name())),
        GeoProximityPlace::LocalZoneGroup(group) => ("local_zone_group", Value::text(group.name())),
        GeoProximityPlace::Coordinates(place) => ("coordinates", coordinates(*place)),
    };
    let bias = location.bias.get();
    mapping([(key, Some(place)), ("bias", (bias != 0).then(|| Value::number(bias)))])
}

fn cidr_routing_config(config: &CidrRoutingConfig, place: &WrittenIn<'_>) -> Value {
    let name = match place.collections.get(&config.collection) {
        Some(collection) => collection.name(),
        None => config.collection.as_str(),
    };
    mapping([
        ("collection", Some(Value::text(name))),
        ("location_name", Some(Value::text(&config.location.to_string()))),
    ])
}

fn alias_target(target: &AliasTarget, place: &WrittenIn<'_>) -> Value {
    let (hosted_zone_id, dns_name) = match target.hosted_zone_id == *place.zone_id {
        true => (None, relative_text(&target.dns_name, place.zone)),
        false => (Some(Value::text(target.hosted_zone_id.as_str())), name_text(&target.dns_name)),
    };
    mapping([
        ("hosted_zone_id", hosted_zone_id),
        ("dns_name", Some(Value::text(&dns_name))),
        ("evaluate_target_health", Some(Value::truth(target.evaluate_target_health))),
    ])
}

/// The name without its final dot, but for the root.
pub(super) fn name_text(name: &DomainName) -> String {
    let mut text = wire_to_text(name.wire(), is_plain_for_people);
    if !name.is_root() {
        text.pop();
    }
    text
}

/// The name as it is written in a file of `zone`: `@`, relative, or absolute where a relative one would be misread.
fn relative_text(name: &DomainName, zone: &DomainName) -> String {
    if name == zone {
        return "@".to_owned();
    }
    let absolute = || wire_to_text(name.wire(), is_plain_for_people);
    if zone.is_root() || !name.is_at_or_below(zone) {
        return absolute();
    }
    let mut wire = name.wire()[..name.wire().len() - zone.wire().len()].to_vec();
    wire.push(0);
    let mut text = wire_to_text(&wire, is_plain_for_people);
    text.pop();
    let is_misread = text == "@" || DomainName::from_wire(&wire).is_none_or(|name| name.is_at_or_below(zone));
    if is_misread { absolute() } else { text }
}
