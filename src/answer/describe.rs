//! The words in which a decision is explained.

use crate::model::domain_name::{is_plain_for_people, wire_to_text};
use crate::model::{Account, FailoverRole, ForcedStatus, HealthCheckTarget, PolicyKind, RecordType, RoutingPolicy};
use crate::snapshot::{
    AliasDestination, Group, HealthEntry, HealthSlot, HealthTable, Member, MemberContent, Place, Snapshot, Target,
    View, ViewReason, Zone,
};

use super::client::Client;
use super::select::{geoproximity, latency, weighted};

/// Why a member is in play or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Healthy,
    NotForThisClient,
    UnhealthyCheck,
    UnhealthyTarget,
}

impl Standing {
    pub(super) fn rules(self) -> &'static [&'static str] {
        match self {
            Standing::Healthy => &["H-1", "H-2"],
            Standing::NotForThisClient => &["A-2"],
            Standing::UnhealthyCheck => &["H-1", "H-13"],
            Standing::UnhealthyTarget => &["H-3", "A-1"],
        }
    }
}

pub(super) fn name(wire: &[u8]) -> String {
    wire_to_text(wire, is_plain_for_people)
}

pub(super) fn zone(snapshot: &Snapshot, zone: &Zone) -> String {
    let kind = if zone.is_private() { "private" } else { "public" };
    let name = zone.domain_name();
    let mut text = format!("{name} ({}, {kind}): the longest match in this view", zone.id());
    let of_name = snapshot.account().public_zones_named(&name);
    for other in of_name.filter(|other| !zone.is_private() && other.id() != zone.id()) {
        text += &format!("; Z-2: {} has the same name and is not delegated to", other.id());
    }
    text
}

/// What to call a member: its set identifier, or its place in the group.
pub(super) fn label(member: &Member, place: usize) -> String {
    match &member.set_identifier {
        Some(set_identifier) => format!("\"{set_identifier}\""),
        None => format!("record {}", place + 1),
    }
}

pub(super) fn simple_group(record_type: RecordType) -> String {
    format!("simple {record_type} record")
}

pub(super) fn group(group: &Group) -> String {
    match (group.policy, group.members.len()) {
        (PolicyKind::Simple, _) => simple_group(group.record_type),
        (policy, 1) => format!("{policy} routing among 1 {} record", group.record_type),
        (policy, count) => format!("{policy} routing among {count} {} records", group.record_type),
    }
}

pub(super) fn policy_rules(policy: PolicyKind) -> &'static [&'static str] {
    match policy {
        PolicyKind::Simple => &["S-1"],
        PolicyKind::Weighted => &["WT-1", "WT-4"],
        PolicyKind::Failover => &["F-2"],
        PolicyKind::Latency => &["LT-2"],
        PolicyKind::Geolocation => &["G-2"],
        PolicyKind::Geoproximity => &["GP-2"],
        PolicyKind::MultiValue => &["MV-2"],
        PolicyKind::IpBased => &["IP-3"],
    }
}

/// The rules by which one of the members in play was taken.
pub(super) fn selection_rules(policy: PolicyKind) -> &'static [&'static str] {
    match policy {
        PolicyKind::Simple => &["S-1"],
        PolicyKind::Weighted => &["WT-1"],
        PolicyKind::Failover => &["F-2", "F-5"],
        PolicyKind::Latency => &["LT-2", "LT-3"],
        PolicyKind::Geolocation => &["G-2", "G-5"],
        PolicyKind::Geoproximity => &["GP-2", "GP-3"],
        PolicyKind::MultiValue => &["MV-2"],
        PolicyKind::IpBased => &["IP-3", "IP-7"],
    }
}

pub(super) fn selection(group: &Group, chosen: usize) -> String {
    let reason = match group.policy {
        PolicyKind::Failover => match group.members[chosen].routing_policy {
            RoutingPolicy::Failover(FailoverRole::Primary) => "the primary comes first",
            _ => "the secondary, as no primary is in play",
        },
        PolicyKind::Latency => "the lowest latency",
        PolicyKind::Geolocation => "the smallest location",
        PolicyKind::Geoproximity => "the smallest biased distance",
        PolicyKind::IpBased => "the matching location before the default",
        PolicyKind::Simple | PolicyKind::Weighted | PolicyKind::MultiValue => "in play",
    };
    format!("{}: {reason}", label(&group.members[chosen], chosen))
}

pub(super) fn draw(group: &Group, draw: weighted::Draw) -> String {
    let label = label(&group.members[draw.chosen], draw.chosen);
    match draw.total {
        0 => format!("drew {label}: all in play have weight 0 and are equally likely"),
        total => {
            let weight = weighted::weight(group, draw.chosen);
            format!("drew {} of 0..{total}: {label}, {weight} in {total}", draw.drawn)
        }
    }
}

/// A member with what its policy knows of it, where it leads, and why it is in play or not.
pub(super) fn member(
    (snapshot, table): (&Snapshot, &HealthTable),
    zone: &Zone,
    group: &Group,
    index: usize,
    place: Option<&Place<'_>>,
    standing: Standing,
) -> String {
    let health_check = |slot| health_check(snapshot, table, slot);
    let member = &group.members[index];
    let mut text = format!("{}: {}", label(member, index), setting(group, index, place));
    if let MemberContent::Alias { destination, .. } = &member.content {
        let target = match destination {
            AliasDestination::InZone(target) if has_group(zone, target, group.record_type) => {
                format!("{} {}", name(&target.name), group.record_type)
            }
            AliasDestination::InZone(target) => {
                format!("{} (no {} record)", name(&target.name), group.record_type)
            }
            AliasDestination::AwsResource(wire) => name(wire),
        };
        text += &format!(", alias to {target}");
    }
    text += ", ";
    text += &match (standing, member.health_check) {
        (Standing::Healthy, None) => match &member.content {
            MemberContent::Alias { evaluate_target_health: true, .. } => "target healthy".to_owned(),
            _ => "no health check, so healthy".to_owned(),
        },
        (Standing::Healthy, Some(slot)) => format!("health check {} is healthy", health_check(slot)),
        (Standing::UnhealthyCheck, Some(slot)) => {
            format!("out: health check {} is unhealthy", health_check(slot))
        }
        (Standing::UnhealthyCheck | Standing::UnhealthyTarget, _) => "out: nothing healthy behind the alias".to_owned(),
        (Standing::NotForThisClient, _) => "not for this client".to_owned(),
    };
    text
}

fn has_group(zone: &Zone, target: &Target, record_type: RecordType) -> bool {
    zone.find_target(target).is_some_and(|node| node.group(record_type).is_some())
}

fn setting(group: &Group, index: usize, place: Option<&Place<'_>>) -> String {
    match &group.members[index].routing_policy {
        RoutingPolicy::Simple | RoutingPolicy::MultiValue => "in the group".to_owned(),
        RoutingPolicy::Weighted { weight } => format!("weight {weight}"),
        RoutingPolicy::Failover(role) => role.to_string(),
        RoutingPolicy::Latency { region } => match place.map(|place| latency::remoteness(*region, place)) {
            Some(latency::Remoteness::ChinaRule) => format!("{region} (always, for clients in China)"),
            Some(latency::Remoteness::Milliseconds(milliseconds)) => format!("{region} ({milliseconds} ms)"),
            Some(latency::Remoteness::SameRegion) => format!("{region} (the client's region)"),
            Some(latency::Remoteness::Distance(distance)) => format!("{region} ({:.0} km)", distance.kilometres()),
            Some(latency::Remoteness::Unknown) | None => region.to_string(),
        },
        RoutingPolicy::Geolocation(location) => location.to_string(),
        RoutingPolicy::Geoproximity(location) => {
            let distance = place.and_then(|place| geoproximity::biased_kilometres(group, index, place));
            let bias = location.bias.get();
            match distance {
                Some(kilometres) => format!("{} (bias {bias:+}, counts as {kilometres:.0} km)", location.place),
                None => format!("{} (bias {bias:+})", location.place),
            }
        }
        RoutingPolicy::IpBased(config) => format!("location {}", config.location),
    }
}

/// The id of a health check, and whether somebody forced its status.
fn health_check(snapshot: &Snapshot, table: &HealthTable, slot: HealthSlot) -> String {
    let account: &Account = snapshot.account();
    let found = account.health_checks().values().find(|check| snapshot.health_slot(&check.id) == Some(slot));
    let is_overruled = matches!(table.entry(slot), Some(HealthEntry::Overruled(_)));
    match found {
        Some(check) if is_overruled || check.status != ForcedStatus::Obey => format!("{} (forced)", check.id),
        Some(check) if matches!(check.target, HealthCheckTarget::Calculated(_)) => format!("{} (calculated)", check.id),
        Some(check) => check.id.to_string(),
        None => "(gone)".to_owned(),
    }
}

pub(super) fn place(client: &Client, place: &Place<'_>) -> String {
    let mut known = Vec::new();
    if let Some(state) = place.subdivision {
        known.push(format!("state {state}"));
    }
    if let Some(country) = place.country {
        known.push(format!("country {country}"));
        known.push(format!("continent {}", country.continent()));
    }
    if let Some(region) = place.region {
        known.push(format!("region {region}"));
    }
    if let Some(coordinates) = place.coordinates {
        known.push(format!("at {coordinates}"));
    }
    let who = match client.network() {
        Some(network) => format!("the client {network}"),
        None => "the VPC".to_owned(),
    };
    if known.is_empty() { format!("{who} cannot be located") } else { format!("{who} is in {}", known.join(", ")) }
}

pub(super) fn view(snapshot: &Snapshot, client: &Client) -> String {
    let view = match client.view {
        View::Internet => "the Internet".to_owned(),
        View::Vpc(index) => format!("VPC {}", snapshot.vpc(index).id),
    };
    let reason = match client.view_reason {
        ViewReason::Listener => "the listener is bound to it".to_owned(),
        ViewReason::UnknownVpc => "the listener is bound to a VPC that the account does not have".to_owned(),
        ViewReason::Resolver(address) => format!("{address}, which was asked, is its resolver"),
        ViewReason::SourceIn(cidr) => format!("{} is in {cidr}", client.source),
        ViewReason::SubnetIn(cidr) => format!("the client subnet, from a trusted sender, is in {cidr}"),
        ViewReason::NoVpc => format!("no VPC network holds {}", client.source),
    };
    format!("{view}: {reason}")
}
