//! IP-based routing (rules §3.8).

use ipnet::IpNet;

use crate::answer::member_set::MemberSet;
use crate::model::{CidrLocation, CidrRoutingConfig, RoutingPolicy};
use crate::snapshot::{Group, Snapshot};

/// The members a client could be given, and the block that decided.
#[derive(Clone, Copy, Debug)]
pub struct Candidates {
    pub members: MemberSet,
    /// The block that holds the client, if a member is for its location and all the block's addresses match it.
    pub block: Option<IpNet>,
}

/// IP-3, IP-4: the member for the location of the longest block that wholly holds the client, and the default.
/// Inside a VPC no network stands for the client (VR-2), so only the default is left. IP-8: the location is looked for in the whole collection first; a longer block whose location has no member here
/// hides a shorter one that has.
pub fn candidates(group: &Group, client: Option<IpNet>, snapshot: &Snapshot) -> Candidates {
    let mut candidates = Candidates { members: MemberSet::default(), block: None };
    // IP-1: all members use one collection.
    let Some(first) = group.members.first().and_then(|member| config(&member.routing_policy)) else {
        return candidates;
    };
    let found = client.and_then(|client| snapshot.cidr_location(&first.collection, client));
    for (place, member) in group.members.iter().enumerate() {
        match (config(&member.routing_policy).map(|config| &config.location), found) {
            (Some(CidrLocation::Default), _) => candidates.members.insert(place),
            (Some(CidrLocation::Named(name)), Some(found)) if name == found.location => {
                candidates.members.insert(place);
                candidates.block = Some(found.block).filter(|_| !found.has_longer_inside);
            }
            _ => {}
        }
    }
    candidates
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
