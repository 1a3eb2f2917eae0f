//! The canonical text of a health check.

use super::layout::Value;
use super::tag;
use super::write::mapping;
use crate::model::{ForcedStatus, HealthCheck, HealthCheckConfig, Parameter, Tags};

pub(super) fn health_check(check: &HealthCheck, tags: Option<&Tags>) -> Value {
    let config = HealthCheckConfig::of(check);
    let mut entries = vec![("id".to_owned(), Value::text(check.id.as_str()))];
    let told = config.telling().filter_map(|parameter| Some((parameter.key().to_owned(), value(parameter, &config)?)));
    entries.extend(told);
    let status = match check.status {
        ForcedStatus::Obey => None,
        ForcedStatus::Up => Some("up"),
        ForcedStatus::Down => Some("down"),
    };
    entries.extend(status.map(|status| ("status".to_owned(), Value::text(status))));
    entries.extend(tag::written(tags).map(|tags| ("tags".to_owned(), tags)));
    Value::Mapping(entries)
}

fn value(parameter: Parameter, config: &HealthCheckConfig) -> Option<Value> {
    let text = |text: &Option<Box<str>>| text.as_deref().map(Value::text);
    match parameter {
        Parameter::Type => Some(Value::text(config.check_type.name())),
        Parameter::IpAddress => config.ip_address.map(|address| Value::text(&address.to_string())),
        Parameter::Port => config.port.map(Value::number),
        Parameter::ResourcePath => text(&config.resource_path),
        Parameter::FullyQualifiedDomainName => text(&config.fully_qualified_domain_name),
        Parameter::SearchString => text(&config.search_string),
        Parameter::RequestInterval => config.request_interval.map(Value::number),
        Parameter::FailureThreshold => config.failure_threshold.map(Value::number),
        Parameter::MeasureLatency => config.measure_latency.map(Value::truth),
        Parameter::EnableSni => config.enable_sni.map(Value::truth),
        Parameter::Regions => config.regions.as_ref().map(Value::texts),
        Parameter::HealthThreshold => config.health_threshold.map(Value::number),
        Parameter::ChildHealthChecks => config.child_health_checks.as_ref().map(Value::texts),
        Parameter::AlarmIdentifier => config.alarm_identifier.as_ref().map(|(region, name)| {
            mapping([("region", Some(Value::text(region.name()))), ("name", Some(Value::text(name)))])
        }),
        Parameter::InsufficientDataHealthStatus => {
            config.insufficient_data_health_status.map(|status| Value::text(status.name()))
        }
        Parameter::RoutingControlArn => text(&config.routing_control_arn),
        Parameter::Inverted => config.inverted.map(Value::truth),
        Parameter::Disabled => config.disabled.map(Value::truth),
    }
}
