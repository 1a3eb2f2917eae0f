//! Geoproximity routing (rules §3.6).

use std::cmp::Reverse;

use crate::answer::member_set::MemberSet;
use crate::model::{Bias, GeoProximityLocation, RoutingPolicy};
use crate::snapshot::{Group, Place};

/// GP-2: the smallest biased distance; GP-3: between equals the first set identifier.
/// GP-5: for a client nobody can locate, the highest bias.
pub fn select(group: &Group, in_play: MemberSet, place: &Place<'_>) -> Option<usize> {
    let identifier = |member: usize| &group.members[member].set_identifier;
    match place.coordinates {
        None => in_play.iter().min_by_key(|member| (Reverse(bias(group, *member)), identifier(*member))),
        Some(_) => in_play.iter().min_by(|a, b| {
            let distances = biased_kilometres(group, *a, place).zip(biased_kilometres(group, *b, place));
            let order = distances.map_or(std::cmp::Ordering::Equal, |(a, b)| a.total_cmp(&b));
            order.then_with(|| identifier(*a).cmp(identifier(*b)))
        }),
    }
}

/// How far a member counts to be from the client.
pub fn biased_kilometres(group: &Group, member: usize, place: &Place<'_>) -> Option<f64> {
    let location = location(group, member)?;
    Some(location.bias.apply(place.coordinates?.distance_kilometres(location.place.coordinates())))
}

pub fn location(group: &Group, member: usize) -> Option<&GeoProximityLocation> {
    match &group.members[member].routing_policy {
        RoutingPolicy::Geoproximity(location) => Some(location),
        _ => None,
    }
}

fn bias(group: &Group, member: usize) -> Bias {
    location(group, member).map_or(Bias::default(), |location| location.bias)
}
