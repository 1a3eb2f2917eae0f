//! The canonical text of an account: what [`load`](super::load) reads back as the same account.
//!
//! What would be made without being written is left out: derived ids, Route 53's own apex records, defaults.

use std::collections::BTreeSet;

use super::cloudwatch_text::{alarm, metric_data};
use super::health_check_text::health_check;
use super::identity::{derived_cidr_collection_id, derived_hosted_zone_id};
use super::layout::Value;
use super::operation_text::{force, routing_control};
use super::record_set_text::{WrittenIn, name_text, record_set};
use super::tag;
use crate::model::{
    Account, CidrCollection, ClientLocation, DelegationSet, DomainName, HostedZone, HostedZoneId, RecordSet,
    RecordType, TaggedResource, Tags, Visibility, Vpc, VpcId,
};

/// Writes the whole account as one zone file. The text depends on the account alone: same account, same bytes.
pub fn write(account: &Account) -> String {
    let mut out = String::new();
    write_section("vpcs", account.vpcs().values().map(vpc), &mut out);
    write_section(
        "health_checks",
        account
            .health_checks()
            .values()
            .map(|check| health_check(check, account.tags(&TaggedResource::HealthCheck(check.id.clone())))),
        &mut out,
    );
    write_section("cidr_collections", account.cidr_collections().values().map(cidr_collection), &mut out);
    write_section("client_locations", account.client_locations().iter().map(client_location), &mut out);
    write_section("cloudwatch_alarms", account.alarms().values().map(alarm), &mut out);
    write_section("cloudwatch_metrics", account.metric_data().iter().map(metric_data), &mut out);
    let routing_controls = account.routing_controls().iter().map(|(arn, state)| routing_control(arn, *state));
    write_section("routing_controls", routing_controls, &mut out);
    write_section("forced_health_checks", account.forces().iter().map(force), &mut out);
    let mut zones: Vec<&HostedZone> = account.hosted_zones().iter().map(|zone| &**zone).collect();
    zones.sort_by_key(|zone| (zone.name(), zone.id()));
    if !zones.is_empty() {
        start_section("hosted_zones", &mut out);
        for zone in zones {
            write_hosted_zone(zone, account, &mut out);
        }
    }
    out
}

fn start_section(key: &str, out: &mut String) {
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(key);
    out.push_str(":\n");
}

fn write_section(key: &str, items: impl ExactSizeIterator<Item = Value>, out: &mut String) {
    if items.len() > 0 {
        start_section(key, out);
        items.for_each(|item| item.write_tall_item(2, out));
    }
}

/// A mapping of the entries that are there.
pub(super) fn mapping<const N: usize>(entries: [(&str, Option<Value>); N]) -> Value {
    Value::Mapping(entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect())
}

fn vpc(vpc: &Vpc) -> Value {
    mapping([
        ("id", Some(Value::text(vpc.id.as_str()))),
        ("region", Some(Value::text(vpc.region.name()))),
        ("cidrs", (!vpc.cidrs.is_empty()).then(|| Value::texts(&vpc.cidrs))),
    ])
}

pub(super) fn cidr_collection(collection: &CidrCollection) -> Value {
    let is_derived = *collection.id() == derived_cidr_collection_id(collection.name());
    let locations = collection.locations();
    let written = locations.iter().map(|(name, blocks)| (Value::key(name.as_str()), Value::texts(blocks))).collect();
    mapping([
        ("name", Some(Value::text(collection.name()))),
        ("id", (!is_derived).then(|| Value::text(collection.id().as_str()))),
        ("locations", (!locations.is_empty()).then_some(Value::Mapping(written))),
    ])
}

fn client_location(location: &ClientLocation) -> Value {
    let latencies =
        location.latencies.iter().map(|(region, ms)| (region.name().to_owned(), Value::number(ms))).collect();
    mapping([
        ("cidr", Some(Value::text(&location.cidr.to_string()))),
        ("country", location.country.map(|country| Value::text(country.as_str()))),
        ("subdivision", location.subdivision.map(|state| Value::text(state.as_str()))),
        ("region", location.region.map(|region| Value::text(region.name()))),
        ("coordinates", location.coordinates.map(coordinates)),
        ("latencies", (!location.latencies.is_empty()).then_some(Value::Mapping(latencies))),
    ])
}

pub(super) fn coordinates(coordinates: crate::model::Coordinates) -> Value {
    mapping([
        ("latitude", Some(Value::number(coordinates.latitude()))),
        ("longitude", Some(Value::number(coordinates.longitude()))),
    ])
}

fn write_hosted_zone(zone: &HostedZone, account: &Account, out: &mut String) {
    let no_vpcs = BTreeSet::new();
    let vpcs = match zone.visibility() {
        Visibility::Public => &no_vpcs,
        Visibility::Private(vpcs) => vpcs,
    };
    let is_derived = *zone.id() == derived_hosted_zone_id(zone.name(), vpcs);
    let id = (!is_derived).then_some(zone.id());
    let tags = account.tags(&TaggedResource::HostedZone(zone.id().clone()));
    hosted_zone(zone.name(), id, zone.comment(), vpcs.iter().collect(), tags).write_tall_item(2, out);
    let delegation_set = DelegationSet::of_zone(zone.id(), zone.visibility());
    let made = [delegation_set.ns_record_set(zone.name()), delegation_set.soa_record_set(zone.name())];
    let is_made = |set: &RecordSet| match set_type_at_apex(set, zone) {
        Some(RecordType::Ns) => *set == made[0],
        Some(RecordType::Soa) => *set == made[1],
        _ => false,
    };
    let mut sets = zone.record_sets().filter(|set| !is_made(set)).peekable();
    if sets.peek().is_some() {
        out.push_str("    records:\n");
    }
    for set in sets {
        let place = WrittenIn { zone: zone.name(), zone_id: zone.id(), collections: account.cidr_collections() };
        record_set(&set, &place).write_item(6, out);
    }
}

/// The zone's own keys.
pub(super) fn hosted_zone(
    name: &DomainName,
    id: Option<&HostedZoneId>,
    comment: &str,
    vpcs: Vec<&VpcId>,
    tags: Option<&Tags>,
) -> Value {
    mapping([
        ("name", Some(Value::text(&name_text(name)))),
        ("id", id.map(|id| Value::text(id.as_str()))),
        ("comment", (!comment.is_empty()).then(|| Value::text(comment))),
        ("vpcs", (!vpcs.is_empty()).then(|| Value::texts(vpcs))),
        ("tags", tag::written(tags)),
    ])
}

fn set_type_at_apex(set: &RecordSet, zone: &HostedZone) -> Option<RecordType> {
    (set.name() == zone.name()).then(|| set.record_type())
}
