//! Health checks in a zone file: HealthCheckConfig, flattened (rules §5.1).

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::diagnostic::Problems;
use super::fields::Fields;
use super::node::Node;
use crate::model::health_check::CHECKER_REGIONS;
use crate::model::{
    AwsRegion, CalculatedCheck, EndpointAddress, EndpointCheck, ForcedStatus, HealthCheck, HealthCheckError,
    HealthCheckId, HealthCheckTarget, InsufficientDataHealthStatus, ProbeProtocol, limits,
};

const KEYS: &[&str] = &[
    "id",
    "type",
    "ip_address",
    "port",
    "resource_path",
    "fully_qualified_domain_name",
    "search_string",
    "request_interval",
    "failure_threshold",
    "measure_latency",
    "enable_sni",
    "regions",
    "health_threshold",
    "child_health_checks",
    "alarm_identifier",
    "insufficient_data_health_status",
    "routing_control_arn",
    "inverted",
    "disabled",
    "status",
];

/// §5.1: seconds between requests.
pub(super) const DEFAULT_REQUEST_INTERVAL: u32 = 30;
/// §5.1.
pub(super) const DEFAULT_FAILURE_THRESHOLD: u8 = 3;

/// HC-15: Server Name Indication is a part of TLS, and on by default where there is TLS.
pub(super) fn speaks_tls(protocol: &ProbeProtocol) -> bool {
    matches!(protocol, ProbeProtocol::Https | ProbeProtocol::HttpsStrMatch(_))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Http,
    Https,
    HttpStrMatch,
    HttpsStrMatch,
    Tcp,
    Calculated,
    CloudWatchMetric,
    RecoveryControl,
}

impl Type {
    const ALL: [(&'static str, Type); 8] = [
        ("HTTP", Type::Http),
        ("HTTPS", Type::Https),
        ("HTTP_STR_MATCH", Type::HttpStrMatch),
        ("HTTPS_STR_MATCH", Type::HttpsStrMatch),
        ("TCP", Type::Tcp),
        ("CALCULATED", Type::Calculated),
        ("CLOUDWATCH_METRIC", Type::CloudWatchMetric),
        ("RECOVERY_CONTROL", Type::RecoveryControl),
    ];

    fn name(self) -> &'static str {
        Type::ALL.iter().find(|(_, found)| *found == self).map_or("", |(name, _)| name)
    }

    /// HC-1 and §5.1.
    fn allows(self, key: &str) -> bool {
        match key {
            "search_string" => matches!(self, Type::HttpStrMatch | Type::HttpsStrMatch),
            "ip_address"
            | "port"
            | "fully_qualified_domain_name"
            | "resource_path"
            | "request_interval"
            | "failure_threshold"
            | "measure_latency"
            | "enable_sni"
            | "regions" => self.is_probed(),
            "health_threshold" | "child_health_checks" => self == Type::Calculated,
            "alarm_identifier" | "insufficient_data_health_status" => self == Type::CloudWatchMetric,
            "routing_control_arn" => self == Type::RecoveryControl,
            _ => true,
        }
    }

    fn is_probed(self) -> bool {
        !matches!(self, Type::Calculated | Type::CloudWatchMetric | Type::RecoveryControl)
    }
}

/// The id as far as it can be read, and the health check if all of it can.
pub(super) fn read(node: &Node<'_>, problems: &mut Problems<'_>) -> (Option<HealthCheckId>, Option<HealthCheck>) {
    let before = problems.count();
    let Some(fields) = Fields::read(node, "a health check", KEYS, problems) else { return (None, None) };
    let id: Option<HealthCheckId> = fields.require("id", problems).and_then(|node| node.identifier("id", problems));
    let check_type = fields.require("type", problems).and_then(|node| node.choice("type", &Type::ALL, problems));
    let truth = |key: &'static str, problems: &mut Problems<'_>| {
        fields.get(key).and_then(|node| node.truth(key, problems)).unwrap_or(false)
    };
    let (inverted, disabled) = (truth("inverted", problems), truth("disabled", problems));
    let statuses = [("obey", ForcedStatus::Obey), ("up", ForcedStatus::Up), ("down", ForcedStatus::Down)];
    let status = fields.get("status").and_then(|node| node.choice("status", &statuses, problems)).unwrap_or_default();
    let target = check_type.and_then(|check_type| target(check_type, &fields, problems));
    let (Some(known_id), Some(target)) = (&id, target) else { return (id, None) };
    let check = HealthCheck { id: known_id.clone(), target, inverted, disabled, status };
    for error in check.broken_rules() {
        problems.add(fields.position(key_of(&error)), error.to_string(), error.hint());
    }
    let is_whole = problems.count() == before;
    (id, is_whole.then_some(check))
}

/// The key that breaks the rule.
fn key_of(error: &HealthCheckError) -> &'static str {
    match error {
        HealthCheckError::RequestInterval(_) => "request_interval",
        HealthCheckError::FailureThreshold(_) => "failure_threshold",
        HealthCheckError::TextLength("alarm_identifier.name", _) => "alarm_identifier",
        HealthCheckError::TextLength(member, _) => member,
        HealthCheckError::PortZero => "port",
        HealthCheckError::TooFewRegions(_) | HealthCheckError::NotACheckerRegion(_) => "regions",
        HealthCheckError::HealthThreshold(_) => "health_threshold",
        HealthCheckError::TooManyChildren(_) | HealthCheckError::DuplicateChild(_) => "child_health_checks",
        HealthCheckError::NoEndpoint => "type",
    }
}

fn target(check_type: Type, fields: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<HealthCheckTarget> {
    for key in KEYS {
        if fields.get(key).is_some() && !check_type.allows(key) {
            let message = format!("a health check of type {} has no {key}", check_type.name());
            problems.add(fields.position(key), message, "remove it");
        }
    }
    match check_type {
        Type::Calculated => calculated(fields, problems).map(HealthCheckTarget::Calculated),
        Type::CloudWatchMetric => cloud_watch_metric(fields, problems),
        Type::RecoveryControl => {
            let arn = require("routing_control_arn", check_type, fields, problems)?;
            let routing_control_arn = arn.text("routing_control_arn", problems)?.into();
            Some(HealthCheckTarget::RecoveryControl { routing_control_arn })
        }
        probed => endpoint(probed, fields, problems).map(HealthCheckTarget::Endpoint),
    }
}

/// A key that only some types need: the message names the type.
fn require<'n, 't>(
    key: &str,
    check_type: Type,
    fields: &Fields<'n, 't>,
    problems: &mut Problems<'_>,
) -> Option<&'n Node<'t>> {
    let found = fields.get(key);
    if found.is_none() && !fields.is_meant(key) {
        let message = format!("a health check of type {} needs the key {key:?}", check_type.name());
        problems.add(fields.position("type"), message, "");
    }
    found
}

fn endpoint(check_type: Type, fields: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<EndpointCheck> {
    let search_string = match check_type.allows("search_string") {
        true => {
            require("search_string", check_type, fields, problems).and_then(|node| node.text("search_string", problems))
        }
        false => None,
    };
    let protocol = match check_type {
        Type::Http => Some(ProbeProtocol::Http),
        Type::Https => Some(ProbeProtocol::Https),
        Type::HttpStrMatch => search_string.map(|text| ProbeProtocol::HttpStrMatch(text.into())),
        Type::HttpsStrMatch => search_string.map(|text| ProbeProtocol::HttpsStrMatch(text.into())),
        _ => Some(ProbeProtocol::Tcp),
    };
    let port = match fields.get("port") {
        Some(node) => node.whole_number("port", 1..=u16::MAX, problems),
        None => protocol.as_ref().and_then(ProbeProtocol::default_port),
    };
    if check_type == Type::Tcp {
        require("port", check_type, fields, problems);
    }
    let request_interval_seconds = match fields.get("request_interval") {
        Some(node) => node.whole_number("request_interval", limits::REQUEST_INTERVAL_SECONDS, problems),
        None => Some(DEFAULT_REQUEST_INTERVAL),
    };
    let failure_threshold = match fields.get("failure_threshold") {
        Some(node) => node.whole_number("failure_threshold", limits::FAILURE_THRESHOLD, problems),
        None => Some(DEFAULT_FAILURE_THRESHOLD),
    };
    let measure_latency =
        fields.get("measure_latency").map_or(Some(false), |node| node.truth("measure_latency", problems));
    let enable_sni = match fields.get("enable_sni") {
        Some(node) => node.truth("enable_sni", problems),
        None => protocol.as_ref().map(speaks_tls),
    };
    let regions = regions(fields, problems);
    let (address, resource_path) = (address(fields, check_type, problems), resource_path(fields, problems));
    Some(EndpointCheck {
        protocol: protocol?,
        address: address?,
        port: port?,
        resource_path: resource_path?,
        request_interval_seconds: request_interval_seconds?,
        failure_threshold: failure_threshold?,
        measure_latency: measure_latency?,
        enable_sni: enable_sni?,
        regions: regions?,
    })
}

fn regions(fields: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<BTreeSet<AwsRegion>> {
    let Some(node) = fields.get("regions") else { return Some(CHECKER_REGIONS.into()) };
    let mut regions = BTreeSet::new();
    let before = problems.count();
    for item in node.list("regions", problems)? {
        let Some(region) = item.region("regions", problems) else { continue };
        if !regions.insert(region) {
            problems.add(item.at, format!("the region {region} stands twice"), "keep one of them");
        }
    }
    (problems.count() == before).then_some(regions)
}

/// HC-17, HC-18: an address, a domain name, or both.
fn address(fields: &Fields<'_, '_>, check_type: Type, problems: &mut Problems<'_>) -> Option<EndpointAddress> {
    let name = match fields.get("fully_qualified_domain_name") {
        Some(node) => Some(Box::<str>::from(node.text("fully_qualified_domain_name", problems)?)),
        None => None,
    };
    if let Some(node) = fields.get("ip_address") {
        let text = node.text("ip_address", problems)?;
        let Ok(ip_address) = text.parse::<IpAddr>() else {
            problems.add(node.at, format!("ip_address {text:?} is not an address"), "write one such as 192.0.2.1");
            return None;
        };
        return Some(EndpointAddress::Ip { ip_address, fully_qualified_domain_name: name });
    }
    if name.is_none() && !fields.is_meant("ip_address") && !fields.is_meant("fully_qualified_domain_name") {
        let message = format!("a health check of type {} needs something to probe", check_type.name());
        problems.add(fields.position("type"), message, "give ip_address or fully_qualified_domain_name");
    }
    name.map(EndpointAddress::DomainName)
}

/// §5.1: a leading `/` is added if missing.
fn resource_path(fields: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<Box<str>> {
    let Some(node) = fields.get("resource_path") else { return Some("/".into()) };
    let text = node.text("resource_path", problems)?;
    Some(if text.starts_with('/') { text.into() } else { format!("/{text}").into() })
}

/// HC-40.
fn calculated(fields: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<CalculatedCheck> {
    let health_threshold = require("health_threshold", Type::Calculated, fields, problems)
        .and_then(|node| node.whole_number("health_threshold", 0..=limits::MAX_HEALTH_THRESHOLD, problems));
    let children = require("child_health_checks", Type::Calculated, fields, problems).and_then(|node| {
        let items = node.list("child_health_checks", problems)?;
        let children: Vec<HealthCheckId> =
            items.iter().filter_map(|item| item.identifier("child_health_checks", problems)).collect();
        (children.len() == items.len()).then_some(children)
    });
    Some(CalculatedCheck { health_threshold: health_threshold?, children: children? })
}

/// HC-42.
fn cloud_watch_metric(fields: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<HealthCheckTarget> {
    let statuses = [
        ("Healthy", InsufficientDataHealthStatus::Healthy),
        ("Unhealthy", InsufficientDataHealthStatus::Unhealthy),
        ("LastKnownStatus", InsufficientDataHealthStatus::LastKnownStatus),
    ];
    let insufficient_data = match fields.get("insufficient_data_health_status") {
        Some(node) => node.choice("insufficient_data_health_status", &statuses, problems),
        None => Some(InsufficientDataHealthStatus::LastKnownStatus),
    };
    let alarm = require("alarm_identifier", Type::CloudWatchMetric, fields, problems)?;
    let alarm = Fields::read(alarm, "alarm_identifier", &["region", "name"], problems)?;
    let alarm_region = alarm.require("region", problems).and_then(|node| node.region("region", problems));
    let alarm_name = alarm.require("name", problems).and_then(|node| node.text("name", problems));
    Some(HealthCheckTarget::CloudWatchMetric {
        alarm_region: alarm_region?,
        alarm_name: alarm_name?.into(),
        insufficient_data: insufficient_data?,
    })
}
