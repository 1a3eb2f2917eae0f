//! What operators set by hand while the server runs: forces and routing controls. Outlives a restart. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::{
    Account, Force, ForcedStatus, HealthCheck, HealthCheckPattern, RoutingControlArn, RoutingControlState,
};

use super::report::{ForceInForce, ForceOrigin};

/// Set by hand, in the order it was set: the later one wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    pub forces: Vec<Force>,
    pub routing_controls: BTreeMap<RoutingControlArn, RoutingControlState>,
}

impl Overrides {
    /// Adds a force in the place of an earlier one of the same pattern. One that obeys stays only if there is
    /// something it overrules, and be it hidden for now by another that obeys and may end earlier.
    pub fn force(&mut self, force: Force, account: &Account, now: Timestamp) {
        self.release(&force.checks, now);
        let decides = |weaker: &Force, check: &HealthCheck| {
            weaker.status != ForcedStatus::Obey && weaker.holds_at(now) && weaker.checks.matches(&check.id)
        };
        let overrules = |check: &HealthCheck| {
            let mut weaker = self.forces.iter().chain(account.forces());
            check.status != ForcedStatus::Obey || weaker.any(|weaker| decides(weaker, check))
        };
        let mut matching = account.health_checks().values().filter(|check| force.checks.matches(&check.id));
        if force.status != ForcedStatus::Obey || matching.any(overrules) {
            self.forces.push(force);
        }
    }

    /// Takes back the force of exactly this pattern. `false` if there is none.
    pub fn release(&mut self, checks: &HealthCheckPattern, now: Timestamp) -> bool {
        self.forces.retain(|force| force.holds_at(now));
        let before = self.forces.len();
        self.forces.retain(|force| force.checks != *checks);
        self.forces.len() < before
    }

    /// The force that decides about `check`: the strongest that holds. One with the status `Obey` overrules weaker
    /// ones.
    pub fn in_force(&self, check: &HealthCheck, account: &Account, now: Timestamp) -> Option<ForceInForce> {
        let last = |forces: &[Force]| {
            forces.iter().rev().find(|force| force.holds_at(now) && force.checks.matches(&check.id)).cloned()
        };
        let own = || {
            (check.status != ForcedStatus::Obey).then(|| Force {
                checks: HealthCheckPattern::new(check.id.as_str()),
                status: check.status,
                reason: None,
                owner: None,
                until: None,
            })
        };
        let with = |origin| move |force| ForceInForce { force, origin };
        last(&self.forces)
            .map(with(ForceOrigin::Operator))
            .or_else(|| last(account.forces()).map(with(ForceOrigin::ZoneFiles)))
            .or_else(|| own().map(with(ForceOrigin::HealthCheck)))
    }

    /// When the next force ends.
    pub fn next_expiry(&self, account: &Account, now: Timestamp) -> Option<Timestamp> {
        let forces = self.forces.iter().chain(account.forces());
        forces.filter(|force| force.holds_at(now)).filter_map(|force| force.until).min()
    }

    /// The state of a routing control: as set by hand, else as in the zone files.
    pub fn routing_control(&self, arn: &str, account: &Account) -> Option<RoutingControlState> {
        self.routing_controls.get(arn).or_else(|| account.routing_controls().get(arn)).copied()
    }
}

#[cfg(test)]
#[path = "overrides_tests.rs"]
mod tests;
