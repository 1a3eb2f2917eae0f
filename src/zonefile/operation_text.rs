//! The canonical text of routing controls and forced health checks.

use super::layout::Value;
use super::write::mapping;
use crate::model::{Force, ForcedStatus, RoutingControlState};

pub(super) fn routing_control(arn: &str, state: RoutingControlState) -> Value {
    mapping([("arn", Some(Value::text(arn))), ("state", Some(Value::text(&state.to_string())))])
}

pub(super) fn force(force: &Force) -> Value {
    let status = match force.status {
        ForcedStatus::Obey => "obey",
        ForcedStatus::Up => "up",
        ForcedStatus::Down => "down",
    };
    mapping([
        ("checks", Some(Value::text(force.checks.as_str()))),
        ("status", Some(Value::text(status))),
        ("reason", force.reason.as_deref().map(Value::text)),
        ("owner", force.owner.as_deref().map(Value::text)),
        ("until", force.until.map(|until| Value::text(&until.to_string()))),
    ])
}
