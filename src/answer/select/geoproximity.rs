//! Geoproximity routing (rules §3.6).

use std::cmp::{Ordering, Reverse};

use crate::answer::member_set::MemberSet;
use crate::model::{Bias, GeoProximityLocation, RoutingPolicy};
use crate::snapshot::{Group, Place};

/// GP-2: the smallest biased distance; GP-3: between equals the first set identifier.
/// GP-5: for a client nobody can locate, the highest bias.
pub fn select(group: &Group, in_play: MemberSet, place: &Place<'_>) -> Option<usize> {
    let identifier = |member: usize| &group.members[member].set_identifier;
    match place.coordinates {
        None => in_play.iter().min_by_key(|member| (Reverse(bias(group, *member)), identifier(*member))),
        Some(_) => {
            let distances = in_play.iter().map(|member| (member, biased_kilometres(group, member, place)));
            let nearest = distances.min_by(|(a, distance), (b, other)| {
                let order =
                    distance.zip(*other).map_or(Ordering::Equal, |(distance, other)| distance.total_cmp(&other));
                order.then_with(|| identifier(*a).cmp(identifier(*b)))
            });
            nearest.map(|(member, _)| member)
        }
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
