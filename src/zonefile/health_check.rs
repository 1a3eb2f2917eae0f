//! Health checks in a zone file: HealthCheckConfig, flattened (rules §5.1).

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::diagnostic::Problems;
use super::fields::Fields;
use super::node::Node;
use super::tag;
use crate::model::health_check::PARAMETERS;
use crate::model::{
    AddressPolicy, AwsRegion, ForcedStatus, HealthCheck, HealthCheckConfig, HealthCheckError, HealthCheckId,
    HealthCheckType, InsufficientDataHealthStatus, Parameter, Tags,
};

/// `id`, the parameters of §5.1, `tags`, and `status`, which is ours.
const KEYS: [&str; PARAMETERS.len() + 3] = {
    let mut keys = ["id"; PARAMETERS.len() + 3];
    let mut place = 0;
    while place < PARAMETERS.len() {
        keys[place + 1] = PARAMETERS[place].key;
        place += 1;
    }
    keys[PARAMETERS.len() + 1] = "status";
    keys[PARAMETERS.len() + 2] = "tags";
    keys
};

const STATUSES: &[(&str, ForcedStatus)] =
    &[("obey", ForcedStatus::Obey), ("up", ForcedStatus::Up), ("down", ForcedStatus::Down)];

/// The id as far as it can be read, and the health check with its tags if all of it can.
pub(super) fn read(
    node: &Node<'_>,
    addresses: AddressPolicy,
    problems: &mut Problems<'_>,
) -> (Option<HealthCheckId>, Option<(HealthCheck, Tags)>) {
    let before = problems.count();
    let Some(fields) = Fields::read(node, "a health check", &KEYS, problems) else { return (None, None) };
    let tags = tag::read(fields.get("tags"), problems);
    let id: Option<HealthCheckId> = fields.require("id", problems).and_then(|node| node.identifier("id", problems));
    let types = HealthCheckType::ALL.map(|check_type| (check_type.name(), check_type));
    let check_type = fields.require("type", problems).and_then(|node| node.choice("type", &types, problems));
    let status = fields.get("status").and_then(|node| node.choice("status", STATUSES, problems)).unwrap_or_default();
    let Some(check_type) = check_type else { return (id, None) };
    let config = Reading { fields: &fields, check_type }.config(problems);
    let Some(known_id) = &id else { return (id, None) };
    let check = match config.health_check(known_id.clone(), status, addresses) {
        Ok(check) => Some((check, tags)).filter(|_| problems.count() == before),
        Err(errors) => {
            for error in errors.iter().filter(|error| !is_told(error, &fields)) {
                problems.add(fields.position(error.parameter().key()), error.to_string(), error.hint());
            }
            None
        }
    };
    (id, check)
}

/// Whether something is only missing because it could not be read.
fn is_told(error: &HealthCheckError, fields: &Fields<'_, '_>) -> bool {
    let is_there = |parameter: Parameter| fields.get(parameter.key()).is_some() || fields.is_meant(parameter.key());
    match error {
        HealthCheckError::Missing(_, parameter) => is_there(*parameter),
        HealthCheckError::NoEndpoint(_) => {
            is_there(Parameter::IpAddress) || fields.is_meant(Parameter::FullyQualifiedDomainName.key())
        }
        _ => false,
    }
}

/// The parameters of one health check, being read.
struct Reading<'f, 'n, 't> {
    fields: &'f Fields<'n, 't>,
    check_type: HealthCheckType,
}

impl<'n, 't> Reading<'_, 'n, 't> {
    fn config(&self, problems: &mut Problems<'_>) -> HealthCheckConfig {
        for rules in PARAMETERS.iter().filter(|rules| !rules.parameter.is_of(self.check_type)) {
            if self.fields.get(rules.key).is_some() {
                let error = HealthCheckError::NotOfType(self.check_type, rules.parameter);
                problems.add(self.fields.position(rules.key), error.to_string(), error.hint());
            }
        }
        HealthCheckConfig {
            check_type: self.check_type,
            ip_address: self.ip_address(problems),
            port: self.number(Parameter::Port, problems),
            resource_path: self.text(Parameter::ResourcePath, problems),
            fully_qualified_domain_name: self.text(Parameter::FullyQualifiedDomainName, problems),
            search_string: self.text(Parameter::SearchString, problems),
            request_interval: self.number(Parameter::RequestInterval, problems),
            failure_threshold: self.number(Parameter::FailureThreshold, problems),
            measure_latency: self.truth(Parameter::MeasureLatency, problems),
            enable_sni: self.truth(Parameter::EnableSni, problems),
            regions: self.regions(problems),
            health_threshold: self.number(Parameter::HealthThreshold, problems),
            child_health_checks: self.children(problems),
            alarm_identifier: self.alarm_identifier(problems),
            insufficient_data_health_status: self.insufficient_data(problems),
            routing_control_arn: self.text(Parameter::RoutingControlArn, problems),
            inverted: self.truth(Parameter::Inverted, problems),
            disabled: self.truth(Parameter::Disabled, problems),
        }
    }

    /// What is not of the type is told already.
    fn get(&self, parameter: Parameter) -> Option<&'n Node<'t>> {
        self.fields.get(parameter.key()).filter(|_| parameter.is_of(self.check_type))
    }

    fn number(&self, parameter: Parameter, problems: &mut Problems<'_>) -> Option<u32> {
        self.get(parameter)?.whole_number(parameter.key(), parameter.numbers(), problems)
    }

    fn text(&self, parameter: Parameter, problems: &mut Problems<'_>) -> Option<Box<str>> {
        self.get(parameter)?.text(parameter.key(), problems).map(Box::from)
    }

    fn truth(&self, parameter: Parameter, problems: &mut Problems<'_>) -> Option<bool> {
        self.get(parameter)?.truth(parameter.key(), problems)
    }

    fn ip_address(&self, problems: &mut Problems<'_>) -> Option<IpAddr> {
        let node = self.get(Parameter::IpAddress)?;
        let text = node.text("ip_address", problems)?;
        let address = text.parse().ok();
        if address.is_none() {
            problems.add(node.at, format!("ip_address {text:?} is not an address"), "write one such as 192.0.2.1");
        }
        address
    }

    fn regions(&self, problems: &mut Problems<'_>) -> Option<BTreeSet<AwsRegion>> {
        let mut regions = BTreeSet::new();
        let before = problems.count();
        for item in self.get(Parameter::Regions)?.list("regions", problems)? {
            let Some(region) = item.region("regions", problems) else { continue };
            if !regions.insert(region) {
                problems.add(item.at, format!("the region {region} stands twice"), "keep one of them");
            }
        }
        (problems.count() == before).then_some(regions)
    }

    fn children(&self, problems: &mut Problems<'_>) -> Option<Vec<HealthCheckId>> {
        let items = self.get(Parameter::ChildHealthChecks)?.list("child_health_checks", problems)?;
        let children: Vec<HealthCheckId> =
            items.iter().filter_map(|item| item.identifier("child_health_checks", problems)).collect();
        (children.len() == items.len()).then_some(children)
    }

    fn insufficient_data(&self, problems: &mut Problems<'_>) -> Option<InsufficientDataHealthStatus> {
        let statuses = InsufficientDataHealthStatus::ALL.map(|status| (status.name(), status));
        self.get(Parameter::InsufficientDataHealthStatus)?.choice(
            Parameter::InsufficientDataHealthStatus.key(),
            &statuses,
            problems,
        )
    }

    /// HC-42.
    fn alarm_identifier(&self, problems: &mut Problems<'_>) -> Option<(AwsRegion, Box<str>)> {
        let node = self.get(Parameter::AlarmIdentifier)?;
        let alarm = Fields::read(node, "alarm_identifier", &["region", "name"], problems)?;
        let region = alarm.require("region", problems).and_then(|node| node.region("region", problems));
        let name = alarm.require("name", problems).and_then(|node| node.text("name", problems));
        Some((region?, name?.into()))
    }
}
