//! What the monitor tells of a check: what its status rests on, at a glance and in full.

use std::fmt;
use std::ops::Bound;

use crate::health::probe::Timings;
use crate::health::report::{Basis, CheckReport, CheckSummary, FaultSummary, ForceInForce, Tally};
use crate::model::{ForcedStatus, HealthCheck, HealthCheckId, HealthCheckTarget, HealthStatus};
use crate::time::Now;

use super::{Monitor, Standing, alarm_id};

impl Monitor {
    /// Why answers see a difference: what decides now, else the occasion.
    pub(super) fn reason_to_flip(
        &self,
        check: &HealthCheck,
        standing: &Standing,
        occasion: &dyn fmt::Display,
        now: Now,
    ) -> String {
        let decided = standing.force.as_ref().and_then(reason_of_force).or_else(|| match &check.target {
            _ if check.disabled => Some("it is disabled".to_owned()),
            HealthCheckTarget::CloudWatchMetric { .. } | HealthCheckTarget::RecoveryControl { .. } => {
                Some(self.reason(check, None, now))
            }
            HealthCheckTarget::Endpoint(_) | HealthCheckTarget::Calculated(_) => None,
        });
        let inverted = if check.inverted { " (inverted)" } else { "" };
        match decided {
            Some(reason) => reason,
            None => format!("{occasion}{inverted}"),
        }
    }

    /// What a status rests on, in a sentence.
    fn reason(&self, check: &HealthCheck, force: Option<&ForceInForce>, now: Now) -> String {
        if let Some(reason) = force.and_then(reason_of_force) {
            return reason;
        }
        if check.disabled {
            return "it is disabled".to_owned();
        }
        let reason = self.basis(check, now);
        if check.inverted { format!("{reason} (inverted)") } else { reason }
    }

    /// What the target says, in a sentence.
    pub(super) fn basis(&self, check: &HealthCheck, now: Now) -> String {
        match &check.target {
            HealthCheckTarget::Endpoint(_) => {
                let found = self.fleet.found_status(&check.id).unwrap_or(HealthStatus::Healthy);
                let (healthy, of) = self.fleet.tally(&check.id).unwrap_or_default();
                let known = match self.fleet.latest(&check.id, found) {
                    Some(observation) if observation.status == found => observation.text,
                    // Not enough to turn it, so far.
                    Some(observation) => {
                        format!("{healthy} of {of} checkers say healthy; the latest result: {}", observation.text)
                    }
                    None => "no result yet".to_owned(),
                };
                match self.fleet.fault(&check.id) {
                    Some(FaultSummary { checkers, fault }) => {
                        format!("{checkers} of {of} checkers cannot probe: {}; before: {known}", fault.text)
                    }
                    None => known,
                }
            }
            HealthCheckTarget::Calculated(calculated) => {
                let healthy = self.healthy_children(&calculated.children);
                let (of, needed) = (calculated.children.len(), calculated.health_threshold);
                format!("{healthy} of {of} children are healthy, {needed} must be")
            }
            HealthCheckTarget::CloudWatchMetric { alarm_region, alarm_name, .. } => {
                let (state, reason) = self.alarms.state(&alarm_id(*alarm_region, alarm_name), now.timestamp);
                format!("alarm {alarm_name} is {state}: {reason}")
            }
            HealthCheckTarget::RecoveryControl { routing_control_arn: arn } => {
                match self.overrides.routing_control(arn, self.snapshot.account()) {
                    Some(state) => format!("routing control {arn} is {state}"),
                    None => format!("nobody has set routing control {arn}"),
                }
            }
        }
    }

    fn healthy_children(&self, children: &[HealthCheckId]) -> u16 {
        let healthy = children.iter().filter(|child| self.status(child) == HealthStatus::Healthy).count();
        u16::try_from(healthy).unwrap_or(u16::MAX)
    }

    /// At most `count` checks after this one, by id.
    pub fn summaries(&self, after: Option<&HealthCheckId>, count: usize, now: Now) -> Vec<CheckSummary> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let checks = self.snapshot.account().health_checks().range::<HealthCheckId, _>((from, Bound::Unbounded));
        checks.take(count).map(|(_, check)| self.summary(check, now)).collect()
    }

    /// `None` if there is no such check.
    pub fn report(&self, id: &HealthCheckId, now: Now) -> Option<CheckReport> {
        let check = self.snapshot.account().health_checks().get(id)?;
        let basis = match &check.target {
            HealthCheckTarget::Endpoint(_) => Basis::Endpoint,
            HealthCheckTarget::Calculated(calculated) => {
                Basis::Children(calculated.children.iter().map(|child| (child.clone(), self.status(child))).collect())
            }
            HealthCheckTarget::CloudWatchMetric { alarm_region, alarm_name, .. } => {
                let id = alarm_id(*alarm_region, alarm_name);
                let (state, reason) = self.alarms.state(&id, now.timestamp);
                Basis::Alarm { id, state, reason }
            }
            HealthCheckTarget::RecoveryControl { routing_control_arn: arn } => {
                let state = self.overrides.routing_control(arn, self.snapshot.account());
                Basis::RoutingControl { arn: arn.clone(), state }
            }
        };
        Some(CheckReport {
            summary: self.summary(check, now),
            checkers: self.fleet.checkers(id, now),
            history: self.checks.get(id).into_iter().flat_map(|watched| watched.history.iter().cloned()).collect(),
            basis,
        })
    }

    fn summary(&self, check: &HealthCheck, now: Now) -> CheckSummary {
        let force = self.overrides.in_force(check, self.snapshot.account(), now.timestamp);
        let tally = match &check.target {
            _ if check.disabled => Tally::None,
            HealthCheckTarget::Endpoint(_) => {
                self.fleet.tally(&check.id).map_or(Tally::None, |(healthy, of)| Tally::Checkers { healthy, of })
            }
            HealthCheckTarget::Calculated(calculated) => Tally::Children {
                healthy: self.healthy_children(&calculated.children),
                of: u16::try_from(calculated.children.len()).unwrap_or(u16::MAX),
                needed: calculated.health_threshold,
            },
            HealthCheckTarget::CloudWatchMetric { .. } | HealthCheckTarget::RecoveryControl { .. } => Tally::Single,
        };
        let measure_latency =
            matches!(&check.target, HealthCheckTarget::Endpoint(endpoint) if endpoint.measure_latency);
        CheckSummary {
            id: check.id.clone(),
            check_type: check.check_type(),
            status: self.status(&check.id),
            since: self.checks.get(&check.id).map_or(now.timestamp, |watched| watched.since),
            inverted: check.inverted,
            disabled: check.disabled,
            measure_latency,
            reason: self.reason(check, force.as_ref(), now),
            forced: force,
            tally,
            fault: self.fleet.fault(&check.id),
            latency: if measure_latency { self.fleet.latency(&check.id) } else { Timings::default() },
        }
    }
}

/// `None` of a force that only lets the target decide again.
fn reason_of_force(force: &ForceInForce) -> Option<String> {
    let status = match force.force.status {
        ForcedStatus::Up => "up",
        ForcedStatus::Down => "down",
        ForcedStatus::Obey => return None,
    };
    let mut reason = format!("it is forced {status}");
    if let Some(owner) = &force.force.owner {
        reason += &format!(" by {owner}");
    }
    if let Some(until) = force.force.until {
        reason += &format!(" until {until}");
    }
    if let Some(why) = &force.force.reason {
        reason += &format!(": {why}");
    }
    Some(reason)
}
