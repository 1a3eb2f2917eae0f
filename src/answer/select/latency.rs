//! Latency routing (rules §3.4), from stated latencies or else from distance.

use std::cmp::Ordering;

use crate::answer::member_set::MemberSet;
use crate::model::{AwsRegion, CountryCode, RoutingPolicy};
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
    Kilometres(f64),
    /// Nothing is known of the client: LT-5, some region always matches.
    Unknown,
}

/// The nearest region in play; between equals the one that stands first in [`AwsRegion::ALL`].
pub fn select(group: &Group, in_play: MemberSet, place: &Place<'_>) -> Option<usize> {
    in_play
        .iter()
        .filter_map(|member| region(group, member).map(|region| (member, region)))
        .min_by(|(_, a), (_, b)| {
            let order = remoteness(*a, place).partial_cmp(&remoteness(*b, place)).unwrap_or(Ordering::Equal);
            order.then(a.cmp(b))
        })
        .map(|(member, _)| member)
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
        Some(coordinates) => Remoteness::Kilometres(coordinates.distance_kilometres(region.coordinates())),
        None => Remoteness::Unknown,
    }
}

pub fn region(group: &Group, member: usize) -> Option<AwsRegion> {
    match group.members[member].routing_policy {
        RoutingPolicy::Latency { region } => Some(region),
        _ => None,
    }
}
