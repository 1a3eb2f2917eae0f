//! Failover routing (rules §3.3).

use crate::answer::member_set::MemberSet;
use crate::model::{FailoverRole, RoutingPolicy};
use crate::snapshot::Group;

/// F-2, F-5: the primary if it is in play, else the secondary.
pub fn select(group: &Group, in_play: MemberSet) -> Option<usize> {
    in_play.iter().min_by_key(|place| match group.members[*place].routing_policy {
        RoutingPolicy::Failover(FailoverRole::Primary) => 0,
        _ => 1,
    })
}
