//! Health checks as JSON.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use serde_json::{Map, Value, json};

use crate::health::overrides::Overrides;
use crate::health::probe::Timings;
use crate::health::report::{
    Basis, CheckReport, CheckSummary, CheckerReport, FaultSummary, ForceOrigin, Observation, RegionReport, Tally,
};
use crate::model::{
    Account, Force, ForcedStatus, HealthCheck, HealthCheckPattern, HealthCheckTarget, RoutingControlArn,
};

use super::usage::UsedBy;

/// When something happened, in RFC 3339, to the millisecond: what is finer is of no use to anybody. Never a time that has
/// not come yet. All are equally long, so that they line up and sort.
pub fn time(timestamp: Timestamp) -> String {
    format!("{:.3}", to_milliseconds(timestamp))
}

/// When something ends, as somebody has said: whole seconds mostly.
pub fn end(timestamp: Timestamp) -> String {
    to_milliseconds(timestamp).to_string()
}

fn to_milliseconds(timestamp: Timestamp) -> Timestamp {
    let milliseconds = TimestampRound::new().smallest(Unit::Millisecond).mode(RoundMode::Trunc);
    timestamp.round(milliseconds).unwrap_or(timestamp)
}

pub fn summary(summary: &CheckSummary, used_by: &UsedBy) -> Value {
    Value::Object(summary_members(summary, used_by))
}

fn summary_members(summary: &CheckSummary, used_by: &UsedBy) -> Map<String, Value> {
    let forced = summary.forced.as_ref().map(|forced| force(&forced.force, forced.origin));
    let (healthy, of, needed) = match summary.tally {
        Tally::Checkers { healthy, of } => (Some(healthy), Some(of), None),
        Tally::Children { healthy, of, needed } => (Some(healthy), Some(of), Some(needed)),
        Tally::Single | Tally::None => (None, None, None),
    };
    let (healthy_name, of_name) = match summary.tally {
        Tally::Children { .. } => ("children_healthy", "children"),
        _ => ("checkers_healthy", "checkers"),
    };
    let mut members = Map::new();
    members.insert("id".into(), summary.id.as_str().into());
    members.insert("type".into(), summary.check_type.name().into());
    members.insert("status".into(), summary.status.to_string().into());
    members.insert("since".into(), time(summary.since).into());
    members.insert("reason".into(), summary.reason.as_str().into());
    members.insert(healthy_name.into(), healthy.into());
    members.insert(of_name.into(), of.into());
    if let Some(needed) = needed {
        members.insert("health_threshold".into(), needed.into());
    }
    members.insert("inverted".into(), summary.inverted.into());
    members.insert("disabled".into(), summary.disabled.into());
    members.insert("forced".into(), forced.unwrap_or(Value::Null));
    let fault = summary.fault.as_ref().map(
        |FaultSummary { checkers, fault }| json!({ "checkers": checkers, "at": time(fault.at), "text": fault.text }),
    );
    members.insert("fault".into(), fault.unwrap_or(Value::Null));
    members.insert("used_by".into(), used_by.get(&summary.id).cloned().unwrap_or_default().into());
    members
}

pub fn report(report: &CheckReport, used_by: &UsedBy) -> Value {
    let mut members = summary_members(&report.summary, used_by);
    let checkers: Vec<_> = report.checkers.iter().map(checker).collect();
    members.insert("checker_reports".into(), checkers.into());
    let history = report
        .history
        .iter()
        .map(|flip| json!({ "at": time(flip.at), "status": flip.status.to_string(), "reason": flip.reason }));
    members.insert("history".into(), history.collect());
    match &report.basis {
        Basis::Endpoint => {}
        Basis::Children(children) => {
            let children =
                children.iter().map(|(id, status)| json!({ "id": id.as_str(), "status": status.to_string() }));
            members.insert("child_health_checks".into(), children.collect());
        }
        Basis::Alarm { id, state, reason } => {
            let region = id.region.name();
            let alarm = json!({ "region": region, "name": id.name, "state": state.to_string(), "reason": reason });
            members.insert("alarm".into(), alarm);
        }
        Basis::RoutingControl { arn, state } => {
            let state = state.map(|state| state.to_string());
            members.insert("routing_control".into(), json!({ "arn": arn, "state": state }));
        }
    }
    Value::Object(members)
}

fn checker(checker: &CheckerReport) -> Value {
    json!({
        "region": checker.region.name(),
        "ip_address": checker.ip_address.to_string(),
        "verdict": checker.verdict.map(|verdict| verdict.to_string()),
        "status": checker.latest.as_ref().map(|latest| &latest.text),
        "checked_time": checker.latest.as_ref().map(|latest| time(latest.checked_time)),
        "last_failure": checker.last_failure.as_ref().map(observation),
        "fault": checker.fault.as_ref().map(|fault| json!({ "at": time(fault.at), "text": fault.text })),
        "next_probe": checker.next_probe.map(time),
        "timings": timings(&checker.timings),
    })
}

fn observation(observation: &Observation) -> Value {
    json!({ "status": observation.text, "checked_time": time(observation.checked_time) })
}

fn timings(timings: &Timings) -> Value {
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1_000.0;
    json!({
        "connection_ms": timings.connection.map(milliseconds),
        "tls_handshake_ms": timings.tls_handshake.map(milliseconds),
        "time_to_first_byte_ms": timings.time_to_first_byte.map(milliseconds),
    })
}

fn force(force: &Force, origin: ForceOrigin) -> Value {
    let status = match force.status {
        ForcedStatus::Up => "up",
        ForcedStatus::Down => "down",
        ForcedStatus::Obey => "obey",
    };
    let origin = match origin {
        ForceOrigin::HealthCheck => "health_check",
        ForceOrigin::ZoneFiles => "zone_files",
        ForceOrigin::Operator => "operator",
    };
    json!({
        "checks": force.checks.as_str(),
        "status": status,
        "reason": force.reason,
        "owner": force.owner,
        "until": force.until.map(end),
        "origin": origin,
    })
}

/// All forces that hold, the strongest first: how many checks each one matches, and about how many it decides because
/// no stronger one does.
pub fn forces(overrides: &Overrides, account: &Account, now: Timestamp) -> Value {
    let holding = |force: &&Force| force.holds_at(now);
    let operators = overrides.forces.iter().rev().map(|force| (force, ForceOrigin::Operator));
    let zone_files = account.forces().iter().rev().map(|force| (force, ForceOrigin::ZoneFiles));
    let shared: Vec<_> = operators.chain(zone_files).filter(|(force, _)| holding(force)).collect();
    let mut counts = vec![(0u64, 0u64); shared.len()];
    let mut own = Vec::new();
    for check in account.health_checks().values() {
        let mut is_decided = false;
        for ((force, _), (matching, deciding)) in shared.iter().zip(&mut counts) {
            if force.checks.matches(&check.id) {
                *matching += 1;
                *deciding += u64::from(!std::mem::replace(&mut is_decided, true));
            }
        }
        if check.status != ForcedStatus::Obey {
            own.push((own_force(check), !is_decided));
        }
    }
    let view = |checks: &Force, origin, matching: u64, deciding: u64| {
        let mut view = force(checks, origin);
        (view["matching"], view["deciding"]) = (matching.into(), deciding.into());
        view
    };
    let shared = shared
        .iter()
        .zip(counts)
        .map(|((force, origin), (matching, deciding))| view(force, *origin, matching, deciding));
    let own = own.iter().map(|(force, decides)| view(force, ForceOrigin::HealthCheck, 1, u64::from(*decides)));
    json!({ "forces": shared.chain(own).collect::<Vec<_>>() })
}

/// `status` of a health check in its zone file.
fn own_force(check: &HealthCheck) -> Force {
    let checks = HealthCheckPattern::new(check.id.as_str());
    Force { checks, status: check.status, reason: None, owner: None, until: None }
}

/// Every routing control that the zone files or health checks name.
pub fn routing_controls(account: &Account, overrides: &Overrides) -> Value {
    let named = account.health_checks().values().filter_map(|check| match &check.target {
        HealthCheckTarget::RecoveryControl { routing_control_arn } => Some(routing_control_arn),
        _ => None,
    });
    let arns: BTreeSet<&RoutingControlArn> =
        account.routing_controls().keys().chain(named).chain(overrides.routing_controls.keys()).collect();
    let control = |arn: &str| {
        json!({
            "arn": arn,
            "state": overrides.routing_control(arn, account).map(|state| state.to_string()),
            "set_by_hand": overrides.routing_controls.contains_key(arn),
        })
    };
    json!({ "routing_controls": arns.into_iter().map(|arn| control(arn)).collect::<Vec<_>>() })
}

pub fn region(region: &RegionReport) -> Value {
    json!({
        "region": region.region.name(),
        "source": region.path.source.map(|source| source.to_string()),
        "loss_percent": region.path.loss_percent,
        "latency_ms": region.path.latency.as_secs_f64() * 1_000.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds() {
        for (text, expected) in [
            ("2026-11-25T22:01:29.123999999Z", "2026-11-25T22:01:29.123Z"),
            ("2026-11-25T22:01:29.0009Z", "2026-11-25T22:01:29.000Z"),
            ("2026-11-25T22:01:29Z", "2026-11-25T22:01:29.000Z"),
        ] {
            assert_eq!(time(text.parse().unwrap()), expected);
        }
        assert_eq!(end("2026-11-25T22:01:29Z".parse().unwrap()), "2026-11-25T22:01:29Z");
        assert!(time(Timestamp::MAX).starts_with("9999-12-30T22:00:00.999"));
    }
}
