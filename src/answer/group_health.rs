//! Whether the target of an alias is healthy (rules §4.2).

use std::collections::HashMap;

use arrayvec::ArrayVec;

use crate::model::{RecordType, limits};
use crate::snapshot::{AliasDestination, Group, GroupRef, Zone};

use super::choose::Chooser;
use super::why::Why;

/// What this query has already found out of groups, so that a tree is walked once however it branches.
#[derive(Default)]
pub(super) struct KnownGroups<'s> {
    is_healthy: GroupFacts<'s>,
    /// Those in which there is nothing for this client, whatever is drawn.
    pub has_nothing: GroupFacts<'s>,
    /// How many groups are being looked at for their health, one because of the other.
    depth: usize,
}

/// One thing known of some groups.
#[derive(Default)]
pub(super) struct GroupFacts<'s> {
    /// The first few, off the heap.
    few: ArrayVec<(&'s Group, bool), 8>,
    more: Option<HashMap<*const Group, bool>>,
}

impl<'s> GroupFacts<'s> {
    pub fn get(&self, group: &'s Group) -> Option<bool> {
        let found = self.few.iter().find(|(known, _)| std::ptr::eq(*known, group));
        found.map(|(_, fact)| *fact).or_else(|| self.more.as_ref()?.get(&std::ptr::from_ref(group)).copied())
    }

    pub fn set(&mut self, group: &'s Group, fact: bool) {
        if let Some(known) = self.few.iter_mut().find(|(known, _)| std::ptr::eq(*known, group)) {
            known.1 = fact;
        } else if self.few.try_push((group, fact)).is_err() {
            self.more.get_or_insert_default().insert(std::ptr::from_ref(group), fact);
        }
    }
}

impl<'s, W: Why> Chooser<'s, '_, W> {
    /// H-3, second half; H-18: a destination that has nothing for this client is unhealthy.
    // Kept out of the way of those without an alias.
    #[inline(never)]
    pub(super) fn destination_is_healthy(
        &mut self,
        zone: &'s Zone,
        record_type: RecordType,
        destination: &'s AliasDestination,
    ) -> bool {
        match destination {
            AliasDestination::InZone(target) => zone
                .find_target(target)
                .and_then(|node| node.group(record_type))
                .is_some_and(|group| self.group_is_healthy(zone, group)),
            AliasDestination::AwsResource(name) => {
                self.stand_in(name, record_type).is_some_and(|(zone, group)| self.group_is_healthy(zone, group))
            }
        }
    }

    /// at least one candidate is healthy, and so on down.
    fn group_is_healthy(&mut self, zone: &'s Zone, group: GroupRef<'s>) -> bool {
        let group = match group {
            GroupRef::Simple(_, health_check) => return self.check_is_healthy(health_check),
            GroupRef::Routed(group) => group,
        };
        if let Some(known) = self.known.is_healthy.get(group) {
            return known;
        }
        // Until it is known: a loop through other zones' records finds itself unhealthy and ends.
        self.known.is_healthy.set(group, false);
        // so does a chain through other zones that choosing would not follow to its end either.
        if self.known.depth > limits::ALIAS_DEPTH {
            return false;
        }
        self.known.depth += 1;
        let candidates = self.candidates(group);
        let healthy = candidates.iter().any(|place| self.member_is_healthy(zone, group, place));
        self.known.depth -= 1;
        self.known.is_healthy.set(group, healthy);
        healthy
    }
}
