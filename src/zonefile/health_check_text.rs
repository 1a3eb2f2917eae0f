//! The canonical text of a health check.

use super::health_check::{DEFAULT_FAILURE_THRESHOLD, DEFAULT_REQUEST_INTERVAL, speaks_tls};
use super::layout::Value;
use super::write::mapping;
use crate::model::health_check::CHECKER_REGIONS;
use crate::model::{
    EndpointAddress, EndpointCheck, ForcedStatus, HealthCheck, HealthCheckTarget, InsufficientDataHealthStatus,
    ProbeProtocol,
};

pub(super) fn health_check(check: &HealthCheck) -> Value {
    let mut entries =
        vec![("id".to_owned(), Value::text(check.id.as_str())), ("type".to_owned(), Value::text(check.type_name()))];
    if let Value::Mapping(of_target) = target(&check.target) {
        entries.extend(of_target);
    }
    let status = match check.status {
        ForcedStatus::Obey => None,
        ForcedStatus::Up => Some("up"),
        ForcedStatus::Down => Some("down"),
    };
    let of_all_types = mapping([
        ("inverted", check.inverted.then(|| Value::truth(true))),
        ("disabled", check.disabled.then(|| Value::truth(true))),
        ("status", status.map(Value::text)),
    ]);
    if let Value::Mapping(of_all_types) = of_all_types {
        entries.extend(of_all_types);
    }
    Value::Mapping(entries)
}

fn target(target: &HealthCheckTarget) -> Value {
    match target {
        HealthCheckTarget::Endpoint(check) => endpoint(check),
        HealthCheckTarget::Calculated(check) => mapping([
            ("health_threshold", Some(Value::number(check.health_threshold))),
            ("child_health_checks", Some(Value::texts(&check.children))),
        ]),
        HealthCheckTarget::CloudWatchMetric { alarm_region, alarm_name, insufficient_data } => {
            let alarm =
                mapping([("region", Some(Value::text(alarm_region.name()))), ("name", Some(Value::text(alarm_name)))]);
            let insufficient_data = match insufficient_data {
                InsufficientDataHealthStatus::Healthy => "Healthy",
                InsufficientDataHealthStatus::Unhealthy => "Unhealthy",
                InsufficientDataHealthStatus::LastKnownStatus => "LastKnownStatus",
            };
            mapping([
                ("alarm_identifier", Some(alarm)),
                ("insufficient_data_health_status", Some(Value::text(insufficient_data))),
            ])
        }
        HealthCheckTarget::RecoveryControl { routing_control_arn } => {
            mapping([("routing_control_arn", Some(Value::text(routing_control_arn)))])
        }
    }
}

fn endpoint(check: &EndpointCheck) -> Value {
    let ip_address = match &check.address {
        EndpointAddress::Ip { ip_address, .. } => Some(ip_address),
        EndpointAddress::DomainName(_) => None,
    };
    let search_string = match &check.protocol {
        ProbeProtocol::HttpStrMatch(text) | ProbeProtocol::HttpsStrMatch(text) => Some(text),
        ProbeProtocol::Http | ProbeProtocol::Https | ProbeProtocol::Tcp => None,
    };
    let unless = |default: bool, value: Value| (!default).then_some(value);
    let has_all_regions = check.regions.iter().eq(std::collections::BTreeSet::from(CHECKER_REGIONS).iter());
    let interval = check.request_interval_seconds;
    mapping([
        ("ip_address", ip_address.map(|address| Value::text(&address.to_string()))),
        ("fully_qualified_domain_name", check.address.fully_qualified_domain_name().map(Value::text)),
        ("port", unless(check.protocol.default_port() == Some(check.port), Value::number(check.port))),
        ("resource_path", unless(&*check.resource_path == "/", Value::text(&check.resource_path))),
        ("search_string", search_string.map(|text| Value::text(text))),
        ("request_interval", unless(interval == DEFAULT_REQUEST_INTERVAL, Value::number(interval))),
        (
            "failure_threshold",
            unless(check.failure_threshold == DEFAULT_FAILURE_THRESHOLD, Value::number(check.failure_threshold)),
        ),
        ("measure_latency", unless(!check.measure_latency, Value::truth(true))),
        ("enable_sni", unless(check.enable_sni == speaks_tls(&check.protocol), Value::truth(check.enable_sni))),
        ("regions", unless(has_all_regions, Value::texts(&check.regions))),
    ])
}
