//! Health checks as JSON.

use serde_json::{Map, Value, json};

use crate::health::overrides::Overrides;
use crate::health::probe::Timings;
use crate::health::report::{
    Basis, CheckReport, CheckSummary, CheckerReport, ForceOrigin, Observation, RegionReport, Tally,
};
use crate::model::{Account, Force, ForcedStatus, HealthCheckTarget};

use super::usage::UsedBy;

pub fn summary(summary: &CheckSummary, used_by: &UsedBy) -> Value {
    Value::Object(summary_members(summary, used_by))
}

fn summary_members(summary: &CheckSummary, used_by: &UsedBy) -> Map<String, Value> {
    let forced = summary.forced.as_ref().map(|forced| {
        let origin = match forced.origin {
            ForceOrigin::HealthCheck => "health_check",
            ForceOrigin::ZoneFiles => "zone_files",
            ForceOrigin::Operator => "operator",
        };
        let mut view = force(&forced.force);
        view["origin"] = origin.into();
        view
    });
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
    members.insert("since".into(), summary.since.to_string().into());
    members.insert("reason".into(), summary.reason.as_str().into());
    members.insert(healthy_name.into(), healthy.into());
    members.insert(of_name.into(), of.into());
    if let Some(needed) = needed {
        members.insert("health_threshold".into(), needed.into());
    }
    members.insert("inverted".into(), summary.inverted.into());
    members.insert("disabled".into(), summary.disabled.into());
    members.insert("forced".into(), forced.unwrap_or(Value::Null));
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
        .map(|flip| json!({ "at": flip.at.to_string(), "status": flip.status.to_string(), "reason": flip.reason }));
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
        "checked_time": checker.latest.as_ref().map(|latest| latest.checked_time.to_string()),
        "last_failure": checker.last_failure.as_ref().map(observation),
        "fault": checker.fault.as_ref().map(|fault| json!({ "at": fault.at.to_string(), "text": fault.text })),
        "next_probe": checker.next_probe.map(|next| next.to_string()),
        "timings": timings(&checker.timings),
    })
}

fn observation(observation: &Observation) -> Value {
    json!({ "status": observation.text, "checked_time": observation.checked_time.to_string() })
}

fn timings(timings: &Timings) -> Value {
    let milliseconds = |duration: std::time::Duration| duration.as_secs_f64() * 1_000.0;
    json!({
        "connection_ms": timings.connection.map(milliseconds),
        "tls_handshake_ms": timings.tls_handshake.map(milliseconds),
        "time_to_first_byte_ms": timings.time_to_first_byte.map(milliseconds),
    })
}

pub fn force(force: &Force) -> Value {
    let status = match force.status {
        ForcedStatus::Up => "up",
        ForcedStatus::Down => "down",
        ForcedStatus::Obey => "obey",
    };
    json!({
        "checks": force.checks.as_str(),
        "status": status,
        "reason": force.reason,
        "owner": force.owner,
        "until": force.until.map(|until| until.to_string()),
    })
}

/// Every routing control that the zone files or health checks name.
pub fn routing_controls(account: &Account, overrides: &Overrides) -> Value {
    let named = account.health_checks().values().filter_map(|check| match &check.target {
        HealthCheckTarget::RecoveryControl { routing_control_arn } => Some(routing_control_arn),
        _ => None,
    });
    let arns: std::collections::BTreeSet<_> =
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
