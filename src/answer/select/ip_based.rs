//! IP-based routing (rules §3.8).

use ipnet::IpNet;

use crate::answer::member_set::MemberSet;
use crate::model::{CidrCollectionId, CidrLocation, CidrRoutingConfig, RoutingPolicy};
use crate::snapshot::{Group, Snapshot};

/// IP-3, IP-4: the member for the location of the longest block that wholly holds the client, and the default.
/// Inside a VPC no network stands for the client (VR-2), so only the default is left. IP-8: the location is looked for in
/// the whole collection first; a longer block whose location has no member here hides a shorter one that has.
pub fn candidates(group: &Group, client: Option<IpNet>, snapshot: &Snapshot) -> MemberSet {
    let location =
        client.zip(collection(group)).and_then(|(client, collection)| snapshot.cidr_location(collection, client));
    let is_candidate = |member: &usize| match config(&group.members[*member].routing_policy).map(|it| &it.location) {
        Some(CidrLocation::Default) => true,
        Some(CidrLocation::Named(name)) => location == Some(name),
        None => false,
    };
    (0..group.members.len()).filter(is_candidate).collect()
}

/// IP-1: all members use one collection.
pub fn collection(group: &Group) -> Option<&CidrCollectionId> {
    group.members.first().and_then(|member| config(&member.routing_policy)).map(|config| &config.collection)
}

/// IP-7: the matching location if it is in play, else the default.
pub fn select(group: &Group, in_play: MemberSet) -> Option<usize> {
    in_play.iter().min_by_key(|place| match config(&group.members[*place].routing_policy) {
        Some(config) if config.location != CidrLocation::Default => 0,
        _ => 1,
    })
}

fn config(policy: &RoutingPolicy) -> Option<&CidrRoutingConfig> {
    match policy {
        RoutingPolicy::IpBased(config) => Some(config),
        _ => None,
    }
}
