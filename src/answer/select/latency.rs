//! Latency routing (rules §3.4), from stated latencies or else from distance.

use std::cmp::Ordering;

use crate::answer::member_set::MemberSet;
use crate::model::{AwsRegion, CountryCode, Distance, RoutingPolicy};
use crate::snapshot::{Group, Place};

/// How far a region is from a client, by the best that is known; smaller is nearer.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Remoteness {
    /// LT-4: a client in China and a record set in cn-north-1.
    ChinaRule,
    /// LT-2: stated for the client's network.
    Milliseconds(u32),
    /// LT-6, and the region stated for the client's network.
    SameRegion,
    Distance(Distance),
    /// Nothing is known of the client: LT-5, some region always matches.
    Unknown,
}

/// The nearest region in play; between equals the one that stands first in [`AwsRegion::ALL`].
pub fn select(group: &Group, in_play: MemberSet, place: &Place<'_>) -> Option<usize> {
    let regions = in_play.iter().filter_map(|member| region(group, member).map(|region| (member, region)));
    let remote = regions.map(|(member, region)| (member, region, remoteness(region, place)));
    let nearest = remote.min_by(|(_, region, remoteness), (_, other_region, other)| {
        remoteness.partial_cmp(other).unwrap_or(Ordering::Equal).then(region.cmp(other_region))
    });
    nearest.map(|(member, ..)| member)
}

pub fn remoteness(region: AwsRegion, place: &Place<'_>) -> Remoteness {
    if region == AwsRegion::CnNorth1 && place.country == Some(CountryCode::CHINA) {
        return Remoteness::ChinaRule;
    }
    if let Some(milliseconds) = place.latencies.and_then(|latencies| latencies.get(&region)) {
        return Remoteness::Milliseconds(*milliseconds);
    }
    if place.region == Some(region) {
        return Remoteness::SameRegion;
    }
    match place.coordinates {
        Some(coordinates) => Remoteness::Distance(coordinates.distance(region.coordinates())),
        None => Remoteness::Unknown,
    }
}

pub fn region(group: &Group, member: usize) -> Option<AwsRegion> {
    match group.members[member].routing_policy {
        RoutingPolicy::Latency { region } => Some(region),
        _ => None,
    }
}
