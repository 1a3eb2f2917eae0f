//! What operators decide in a zone file: routing controls (HC-44) and forced health checks.

use jiff::Timestamp;

use super::diagnostic::Problems;
use super::fields::Fields;
use super::node::Node;
use crate::model::{
    Force, ForcedStatus, HealthCheckPattern, MetricValue, RoutingControlArn, RoutingControlState, limits,
};

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
    let arn = fields.require("arn", problems).and_then(|node| node.text("arn", problems)).map(RoutingControlArn::from);
    let state = fields.require("state", problems).and_then(|node| node.choice("state", STATES, problems));
    (arn.clone(), arn.zip(state))
}

pub(super) fn read_force(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<Force> {
    let before = problems.count();
    let fields = Fields::read(node, "a forced health check", FORCE_KEYS, problems)?;
    let checks = fields.require("checks", problems).and_then(|node| node.text("checks", problems));
    let status = fields.require("status", problems).and_then(|node| node.choice("status", STATUSES, problems));
    let mut words = |key: &'static str| {
        let node = fields.get(key)?;
        let text = node.text(key, problems)?;
        if text.chars().count() > limits::HEALTH_CHECK_TEXT_CHARACTERS {
            problems.add(node.at, format!("{key} is longer than 255 characters"), "say it shorter");
        }
        Some(Box::from(text))
    };
    let (reason, owner) = (words("reason"), words("owner"));
    let until = fields.get("until").and_then(|node| node.timestamp("until", problems));
    if problems.count() > before {
        return None;
    }
    Some(Force { checks: HealthCheckPattern::new(checks?), status: status?, reason, owner, until })
}

impl Node<'_> {
    /// A point in time as RFC 3339 writes it.
    pub(super) fn timestamp(&self, label: &str, problems: &mut Problems<'_>) -> Option<Timestamp> {
        let text = self.text(label, problems)?;
        let timestamp = text.parse().ok();
        if timestamp.is_none() {
            problems.add(self.at, format!("{label} {text:?} is not a time"), "write one such as 2026-01-31T12:00:00Z");
        }
        timestamp
    }

    /// A finite number.
    pub(super) fn metric_value(&self, label: &str, problems: &mut Problems<'_>) -> Option<MetricValue> {
        let text = self.text(label, problems)?;
        let value = text.parse().ok().and_then(MetricValue::new);
        if value.is_none() {
            problems.add(self.at, format!("{label} {text:?} is not a number"), "write one such as 5 or 0.25");
        }
        value
    }
}
