//! What operators decide in a zone file: routing controls (HC-44) and forced health checks.

use super::diagnostic::Problems;
use super::fields::Fields;
use super::node::Node;
use crate::model::{Force, ForcedStatus, HealthCheckPattern, RoutingControlArn, RoutingControlState, limits};

const CONTROL_KEYS: &[&str] = &["arn", "state"];

const FORCE_KEYS: &[&str] = &["checks", "status", "reason", "owner", "until"];

const STATES: &[(&str, RoutingControlState)] = &[("On", RoutingControlState::On), ("Off", RoutingControlState::Off)];

const STATUSES: &[(&str, ForcedStatus)] =
    &[("up", ForcedStatus::Up), ("down", ForcedStatus::Down), ("obey", ForcedStatus::Obey)];

/// The ARN as far as it can be read, and the whole.
pub(super) fn read_control(
    node: &Node<'_>,
    problems: &mut Problems<'_>,
) -> (Option<RoutingControlArn>, Option<(RoutingControlArn, RoutingControlState)>) {
    let Some(fields) = Fields::read(node, "a routing control", CONTROL_KEYS, problems) else { return (None, None) };
    let most = limits::ROUTING_CONTROL_ARN_CHARACTERS;
    let arn = fields.require("arn", problems).and_then(|node| node.short_text("arn", most, problems));
    let arn = arn.map(RoutingControlArn::from);
    let state = fields.require("state", problems).and_then(|node| node.choice("state", STATES, problems));
    (arn.clone(), arn.zip(state))
}

pub(super) fn read_force(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<Force> {
    let before = problems.count();
    let fields = Fields::read(node, "a forced health check", FORCE_KEYS, problems)?;
    let most = limits::HEALTH_CHECK_PATTERN_CHARACTERS;
    let checks = fields.require("checks", problems).and_then(|node| node.short_text("checks", most, problems));
    let status = fields.require("status", problems).and_then(|node| node.choice("status", STATUSES, problems));
    let mut words =
        |key: &'static str| fields.get(key)?.short_text(key, limits::FORCE_TEXT_CHARACTERS, problems).map(Box::from);
    let (reason, owner) = (words("reason"), words("owner"));
    let until = fields.get("until").and_then(|node| node.timestamp("until", problems));
    if problems.count() > before {
        return None;
    }
    Some(Force { checks: HealthCheckPattern::new(checks?), status: status?, reason, owner, until })
}
