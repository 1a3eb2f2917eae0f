//! Geolocation routing (rules §3.5).

use crate::answer::member_set::MemberSet;
use crate::model::{GeoLocation, RoutingPolicy};
use crate::snapshot::{Group, Place};

/// A-2, G-3, G-4: the members whose location holds the client.
pub fn candidates(group: &Group, place: &Place<'_>) -> MemberSet {
    (0..group.members.len()).filter(|member| extent(group, *member, place).is_some()).collect()
}

/// G-2, G-5: the smallest location in play.
pub fn select(group: &Group, in_play: MemberSet, place: &Place<'_>) -> Option<usize> {
    in_play.iter().min_by_key(|member| extent(group, *member, place).unwrap_or(u8::MAX))
}

/// How large the member's location is, if it holds the client.
fn extent(group: &Group, member: usize, place: &Place<'_>) -> Option<u8> {
    let RoutingPolicy::Geolocation(location) = group.members[member].routing_policy else { return None };
    match location {
        GeoLocation::Subdivision(state) => (place.subdivision == Some(state)).then_some(0),
        GeoLocation::Country(country) => (place.country == Some(country)).then_some(1),
        GeoLocation::Continent(continent) => {
            (place.country.map(|country| country.continent()) == Some(continent)).then_some(2)
        }
        GeoLocation::Default => Some(3),
    }
}
