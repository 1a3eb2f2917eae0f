//! Weighted routing (rules §3.2).

use fastrand::Rng;

use crate::answer::member_set::MemberSet;
use crate::model::RoutingPolicy;
use crate::snapshot::Group;

/// What a draw among members came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    pub chosen: usize,
    /// The sum of the weights in play; 0 if all have weight 0.
    pub total: u32,
    /// What was drawn, below `total`.
    pub drawn: u32,
}

/// WT-1: in proportion to weight. WT-2: a weight of 0 only if no other is in play, and then, WT-3, all alike.
pub fn select(group: &Group, in_play: MemberSet, rng: &mut Rng) -> Option<Draw> {
    let total = in_play.iter().map(|place| weight(group, place)).sum();
    if total == 0 {
        let chosen = if in_play.is_empty() { None } else { in_play.nth(rng.usize(..in_play.len())) };
        return chosen.map(|chosen| Draw { chosen, total, drawn: 0 });
    }
    let drawn = rng.u32(..total);
    let mut passed = 0;
    let chosen = in_play.iter().find(|place| {
        passed += weight(group, *place);
        drawn < passed
    })?;
    Some(Draw { chosen, total, drawn })
}

pub fn weight(group: &Group, place: usize) -> u32 {
    match group.members[place].routing_policy {
        RoutingPolicy::Weighted { weight } => u32::from(weight),
        _ => 0,
    }
}
