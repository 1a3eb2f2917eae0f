//! HealthCheckConfig as it is sent and as it is written, and what an update makes of it.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use crate::model::health_check::CHECKER_REGIONS;
use crate::model::{
    Account, AlarmId, AwsRegion, HealthCheckConfig, HealthCheckId, HealthCheckTarget, HealthCheckType,
    InsufficientDataHealthStatus, limits,
};

use super::error::ApiError;
use super::health_check_refusal::no_such_child;
use super::xml::{Element, Members, XmlWriter};

const MEMBERS: &[&str] = &[
    "IPAddress",
    "Port",
    "Type",
    "ResourcePath",
    "FullyQualifiedDomainName",
    "SearchString",
    "RequestInterval",
    "FailureThreshold",
    "MeasureLatency",
    "Inverted",
    "Disabled",
    "HealthThreshold",
    "ChildHealthChecks",
    "EnableSNI",
    "Regions",
    "AlarmIdentifier",
    "InsufficientDataHealthStatus",
    "RoutingControlArn",
];

const UPDATE_MEMBERS: &[&str] = &[
    "HealthCheckVersion",
    "IPAddress",
    "Port",
    "ResourcePath",
    "FullyQualifiedDomainName",
    "SearchString",
    "FailureThreshold",
    "Inverted",
    "Disabled",
    "HealthThreshold",
    "ChildHealthChecks",
    "EnableSNI",
    "Regions",
    "AlarmIdentifier",
    "InsufficientDataHealthStatus",
    "ResetElements",
];

/// The element HealthCheckConfig of a request.
pub fn read(element: &Element) -> Result<HealthCheckConfig, ApiError> {
    read_within(element, 10..=30)
}

/// The element HealthCheckConfig of a list, where checks of zone files may have any interval.
pub fn read_listed(element: &Element) -> Result<HealthCheckConfig, ApiError> {
    read_within(element, limits::REQUEST_INTERVAL_SECONDS).map(HealthCheckConfig::without_ignored)
}

fn read_within(element: &Element, intervals: RangeInclusive<u32>) -> Result<HealthCheckConfig, ApiError> {
    let members = Members::of(element, MEMBERS)?;
    let types = HealthCheckType::ALL.map(|check_type| (check_type.name(), check_type));
    let check_type = members.required("Type")?.word(&types)?;
    let given = read_shared(&members, check_type)?;
    let arn = members.optional("RoutingControlArn");
    Ok(HealthCheckConfig {
        request_interval: number(&members, "RequestInterval", intervals)?,
        measure_latency: members.optional("MeasureLatency").map(Element::boolean).transpose()?,
        routing_control_arn: arn
            .map(|arn| arn.text_of("RoutingControlArn", 1..=limits::ROUTING_CONTROL_ARN_CHARACTERS))
            .transpose()?
            .map(Box::from),
        ..given
    })
}

/// What an update gives: the rest stays as it is.
pub struct Update {
    /// The version that is to be changed, if that matters to the client.
    pub version: Option<u64>,
    given: HealthCheckConfig,
    reset: Vec<Resettable>,
}

/// What an update can take back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resettable {
    FullyQualifiedDomainName,
    Regions,
    ResourcePath,
    ChildHealthChecks,
}

impl Update {
    pub fn read(root: &Element) -> Result<Update, ApiError> {
        let members = Members::of(root, UPDATE_MEMBERS)?;
        let version = members.optional("HealthCheckVersion");
        let words = [
            ("FullyQualifiedDomainName", Resettable::FullyQualifiedDomainName),
            ("Regions", Resettable::Regions),
            ("ResourcePath", Resettable::ResourcePath),
            ("ChildHealthChecks", Resettable::ChildHealthChecks),
        ];
        let reset = members.optional("ResetElements").map(|it| it.items("ResettableElementName", 0)).transpose()?;
        Ok(Update {
            version: version.map(|it| it.number("HealthCheckVersion", 1..=i64::MAX as u64)).transpose()?,
            // Its type, which an update does not give, is not looked at.
            given: read_shared(&members, HealthCheckType::Http)?,
            reset: reset.unwrap_or_default().iter().map(|name| name.word(&words)).collect::<Result<_, _>>()?,
        })
    }

    pub fn applied_to(self, before: &HealthCheckConfig) -> HealthCheckConfig {
        let (given, before) = (self.given, before.clone());
        let mut after = HealthCheckConfig {
            ip_address: given.ip_address.or(before.ip_address),
            port: given.port.or(before.port),
            resource_path: given.resource_path.or(before.resource_path),
            fully_qualified_domain_name: given.fully_qualified_domain_name.or(before.fully_qualified_domain_name),
            search_string: given.search_string.or(before.search_string),
            failure_threshold: given.failure_threshold.or(before.failure_threshold),
            inverted: given.inverted.or(before.inverted),
            disabled: given.disabled.or(before.disabled),
            health_threshold: given.health_threshold.or(before.health_threshold),
            child_health_checks: given.child_health_checks.or(before.child_health_checks),
            enable_sni: given.enable_sni.or(before.enable_sni),
            regions: given.regions.or(before.regions),
            alarm_identifier: given.alarm_identifier.or(before.alarm_identifier),
            insufficient_data_health_status: given
                .insufficient_data_health_status
                .or(before.insufficient_data_health_status),
            ..before
        };
        for element in self.reset {
            match element {
                Resettable::FullyQualifiedDomainName => after.fully_qualified_domain_name = None,
                Resettable::Regions => after.regions = None,
                Resettable::ResourcePath => after.resource_path = None,
                Resettable::ChildHealthChecks => after.child_health_checks = Some(Vec::new()),
            }
        }
        after
    }
}

/// What a configuration and an update have in common.
fn read_shared(members: &Members<'_>, check_type: HealthCheckType) -> Result<HealthCheckConfig, ApiError> {
    let text = |name: &'static str, type_name: &str| -> Result<Option<Box<str>>, ApiError> {
        let element = members.optional(name);
        let text = element.map(|it| it.text_of(type_name, 0..=limits::HEALTH_CHECK_TEXT_CHARACTERS)).transpose()?;
        Ok(text.map(Box::from))
    };
    let truth = |name: &'static str| members.optional(name).map(Element::boolean).transpose();
    let ip_address = match members.optional("IPAddress").map(Element::text).transpose()? {
        // Terraform and others send an empty one for none.
        None | Some("") => None,
        Some(text) => Some(text.parse::<IpAddr>().map_err(|_| {
            ApiError::constraint("healthCheckConfig.iPAddress", text, "Member must satisfy regular expression pattern")
        })?),
    };
    let children = members.optional("ChildHealthChecks").map(|it| it.items("ChildHealthCheck", 0)).transpose()?;
    let children = children.map(|children| children.iter().map(read_child).collect::<Result<Vec<_>, _>>());
    let regions = members.optional("Regions").map(|it| it.items("Region", 0)).transpose()?;
    let region_words = CHECKER_REGIONS.map(|region| (region.name(), region));
    let regions = regions.map(|regions| regions.iter().map(|it| it.word(&region_words)).collect::<Result<_, _>>());
    let statuses = InsufficientDataHealthStatus::ALL.map(|status| (status.name(), status));
    let insufficient_data = members.optional("InsufficientDataHealthStatus").map(|it| it.word(&statuses));
    // An empty list says the same as none.
    let regions: Option<BTreeSet<AwsRegion>> = regions.transpose()?;
    Ok(HealthCheckConfig {
        ip_address,
        port: number(members, "Port", 1..=65_535)?,
        resource_path: text("ResourcePath", "ResourcePath")?,
        fully_qualified_domain_name: text("FullyQualifiedDomainName", "FullyQualifiedDomainName")?,
        search_string: text("SearchString", "SearchString")?,
        failure_threshold: number(members, "FailureThreshold", limits::FAILURE_THRESHOLD)?,
        enable_sni: truth("EnableSNI")?,
        regions: regions.filter(|regions| !regions.is_empty()),
        health_threshold: number(members, "HealthThreshold", 0..=limits::MAX_HEALTH_THRESHOLD)?,
        child_health_checks: children.transpose()?,
        alarm_identifier: members.optional("AlarmIdentifier").map(read_alarm).transpose()?,
        insufficient_data_health_status: insufficient_data.transpose()?,
        inverted: truth("Inverted")?,
        disabled: truth("Disabled")?,
        ..HealthCheckConfig::new(check_type)
    })
}

fn number(members: &Members<'_>, name: &'static str, range: RangeInclusive<u32>) -> Result<Option<u32>, ApiError> {
    members.optional(name).map(|it| it.number(name, range)).transpose()
}

fn read_child(element: &Element) -> Result<HealthCheckId, ApiError> {
    let text = element.text_of("HealthCheckId", 1..=64)?;
    HealthCheckId::new(text).map_err(|_| no_such_child(text))
}

fn read_alarm(element: &Element) -> Result<(AwsRegion, Box<str>), ApiError> {
    let members = Members::of(element, &["Region", "Name"])?;
    let regions = AwsRegion::ALL.map(|region| (region.name(), region));
    let name = members.required("Name")?.text_of("AlarmName", 1..=limits::ALARM_NAME_CHARACTERS)?;
    Ok((members.required("Region")?.word(&regions)?, name.into()))
}

/// What stands in the element HealthCheckConfig.
pub fn write(xml: &mut XmlWriter, config: &HealthCheckConfig) {
    write_members(xml, config, Some(config.check_type));
}

/// What stands in the element UpdateHealthCheckRequest: what is to be another, and what is to be taken back. Nothing
/// that cannot be changed may be given.
pub fn write_update(xml: &mut XmlWriter, version: u64, config: &HealthCheckConfig, reset: &[&str]) {
    xml.value("HealthCheckVersion", version);
    write_members(xml, config, None);
    if !reset.is_empty() {
        xml.texts("ResetElements", "ResettableElementName", reset);
    }
}

fn write_members(xml: &mut XmlWriter, config: &HealthCheckConfig, check_type: Option<HealthCheckType>) {
    xml.optional_value("IPAddress", config.ip_address);
    xml.optional_value("Port", config.port);
    xml.optional_text("Type", check_type.map(HealthCheckType::name));
    xml.optional_text("ResourcePath", config.resource_path.as_deref());
    xml.optional_text("FullyQualifiedDomainName", config.fully_qualified_domain_name.as_deref());
    xml.optional_text("SearchString", config.search_string.as_deref());
    xml.optional_value("RequestInterval", config.request_interval);
    xml.optional_value("FailureThreshold", config.failure_threshold);
    xml.optional_value("MeasureLatency", config.measure_latency);
    xml.optional_value("Inverted", config.inverted);
    xml.optional_value("Disabled", config.disabled);
    xml.optional_value("HealthThreshold", config.health_threshold);
    if let Some(children) = &config.child_health_checks {
        xml.texts("ChildHealthChecks", "ChildHealthCheck", children.iter().map(|id| id.as_str()));
    }
    xml.optional_value("EnableSNI", config.enable_sni);
    if let Some(regions) = &config.regions {
        xml.texts("Regions", "Region", regions.iter().map(|region| region.name()));
    }
    if let Some((region, name)) = &config.alarm_identifier {
        xml.element("AlarmIdentifier", |xml| {
            xml.text("Region", region.name());
            xml.text("Name", name);
        });
    }
    let insufficient_data = config.insufficient_data_health_status.map(InsufficientDataHealthStatus::name);
    xml.optional_text("InsufficientDataHealthStatus", insufficient_data);
    xml.optional_text("RoutingControlArn", config.routing_control_arn.as_deref());
}

/// HC-42: the settings of the alarm that a check follows, if it is known here.
pub fn write_alarm(xml: &mut XmlWriter, target: &HealthCheckTarget, account: &Account) {
    let HealthCheckTarget::CloudWatchMetric { alarm_region, alarm_name, .. } = target else { return };
    let Some(alarm) = account.alarms().get(&AlarmId { region: *alarm_region, name: alarm_name.clone() }) else {
        return;
    };
    xml.element("CloudWatchAlarmConfiguration", |xml| {
        xml.value("EvaluationPeriods", alarm.evaluation_periods);
        xml.value("Threshold", alarm.threshold);
        xml.text("ComparisonOperator", &format!("{:?}", alarm.comparison_operator));
        xml.value("Period", alarm.period_seconds);
        xml.text("MetricName", &alarm.metric.name);
        xml.text("Namespace", &alarm.metric.namespace);
        xml.value("Statistic", alarm.statistic);
        xml.list("Dimensions", "Dimension", &alarm.metric.dimensions, |xml, (name, value)| {
            xml.text("Name", name);
            xml.text("Value", value);
        });
    });
}
