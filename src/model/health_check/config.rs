//! HealthCheckConfig: a health check as it is given, in a zone file or through the API, and the rules that make it one.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::error::HealthCheckError;
use super::parameter::{Change, HealthCheckType, PARAMETERS, Parameter, Values};
use super::{
    CHECKER_REGIONS, CalculatedCheck, EndpointAddress, EndpointCheck, ForcedStatus, HealthCheck, HealthCheckTarget,
    InsufficientDataHealthStatus, ProbeProtocol,
};
use crate::model::domain_name::DomainName;
use crate::model::geography::AwsRegion;
use crate::model::identifier::HealthCheckId;
use crate::model::public_address::{AddressPolicy, is_public};

/// What is given of a health check. `None` is not given, and means the default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheckConfig {
    pub check_type: HealthCheckType,
    pub ip_address: Option<IpAddr>,
    pub port: Option<u32>,
    pub resource_path: Option<Box<str>>,
    /// An empty one is none (§5.1 allows it).
    pub fully_qualified_domain_name: Option<Box<str>>,
    pub search_string: Option<Box<str>>,
    /// Seconds.
    pub request_interval: Option<u32>,
    pub failure_threshold: Option<u32>,
    pub measure_latency: Option<bool>,
    pub enable_sni: Option<bool>,
    pub regions: Option<BTreeSet<AwsRegion>>,
    pub health_threshold: Option<u32>,
    pub child_health_checks: Option<Vec<HealthCheckId>>,
    pub alarm_identifier: Option<(AwsRegion, Box<str>)>,
    pub insufficient_data_health_status: Option<InsufficientDataHealthStatus>,
    pub routing_control_arn: Option<Box<str>>,
    pub inverted: Option<bool>,
    pub disabled: Option<bool>,
}

/// One parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value<'c> {
    Type(HealthCheckType),
    Address(IpAddr),
    Number(u32),
    Text(&'c str),
    Truth(bool),
    Regions(&'c BTreeSet<AwsRegion>),
    Children(&'c [HealthCheckId]),
    Alarm(AwsRegion, &'c str),
    InsufficientData(InsufficientDataHealthStatus),
}

impl HealthCheckConfig {
    /// Nothing but the type.
    pub const fn new(check_type: HealthCheckType) -> HealthCheckConfig {
        HealthCheckConfig {
            check_type,
            ip_address: None,
            port: None,
            resource_path: None,
            fully_qualified_domain_name: None,
            search_string: None,
            request_interval: None,
            failure_threshold: None,
            measure_latency: None,
            enable_sni: None,
            regions: None,
            health_threshold: None,
            child_health_checks: None,
            alarm_identifier: None,
            insufficient_data_health_status: None,
            routing_control_arn: None,
            inverted: None,
            disabled: None,
        }
    }

    /// §5.1: the defaults of a type.
    pub fn defaults(check_type: HealthCheckType) -> HealthCheckConfig {
        let is_probed = check_type.is_probed();
        let port = match check_type {
            HealthCheckType::Http | HealthCheckType::HttpStrMatch => Some(80),
            HealthCheckType::Https | HealthCheckType::HttpsStrMatch => Some(443),
            _ => None,
        };
        HealthCheckConfig {
            port,
            resource_path: Parameter::ResourcePath.is_of(check_type).then(|| "/".into()),
            request_interval: is_probed.then_some(30),
            failure_threshold: is_probed.then_some(3),
            measure_latency: is_probed.then_some(false),
            // HC-15: Server Name Indication is a part of TLS.
            enable_sni: is_probed.then_some(check_type.speaks_tls()),
            regions: is_probed.then(|| CHECKER_REGIONS.into()),
            child_health_checks: Parameter::ChildHealthChecks.is_of(check_type).then(Vec::new),
            insufficient_data_health_status: (check_type == HealthCheckType::CloudWatchMetric)
                .then_some(InsufficientDataHealthStatus::LastKnownStatus),
            inverted: Some(false),
            disabled: Some(false),
            ..HealthCheckConfig::new(check_type)
        }
    }

    fn value(&self, parameter: Parameter) -> Option<Value<'_>> {
        match parameter {
            Parameter::Type => Some(Value::Type(self.check_type)),
            Parameter::IpAddress => self.ip_address.map(Value::Address),
            Parameter::Port => self.port.map(Value::Number),
            Parameter::ResourcePath => self.resource_path.as_deref().map(Value::Text),
            Parameter::FullyQualifiedDomainName => self.fully_qualified_domain_name.as_deref().map(Value::Text),
            Parameter::SearchString => self.search_string.as_deref().map(Value::Text),
            Parameter::RequestInterval => self.request_interval.map(Value::Number),
            Parameter::FailureThreshold => self.failure_threshold.map(Value::Number),
            Parameter::MeasureLatency => self.measure_latency.map(Value::Truth),
            Parameter::EnableSni => self.enable_sni.map(Value::Truth),
            Parameter::Regions => self.regions.as_ref().map(Value::Regions),
            Parameter::HealthThreshold => self.health_threshold.map(Value::Number),
            Parameter::ChildHealthChecks => self.child_health_checks.as_deref().map(Value::Children),
            Parameter::AlarmIdentifier => {
                self.alarm_identifier.as_ref().map(|(region, name)| Value::Alarm(*region, name))
            }
            Parameter::InsufficientDataHealthStatus => {
                self.insufficient_data_health_status.map(Value::InsufficientData)
            }
            Parameter::RoutingControlArn => self.routing_control_arn.as_deref().map(Value::Text),
            Parameter::Inverted => self.inverted.map(Value::Truth),
            Parameter::Disabled => self.disabled.map(Value::Truth),
        }
    }

    /// Makes the health check of it.
    ///
    /// # Errors
    ///
    /// Every rule of §5.1 that is broken, at least one.
    pub fn health_check(
        &self,
        id: HealthCheckId,
        status: ForcedStatus,
        addresses: AddressPolicy,
    ) -> Result<HealthCheck, Vec<HealthCheckError>> {
        let mut errors = Vec::new();
        for rules in &PARAMETERS {
            self.check_parameter(rules.parameter, &mut errors);
        }
        self.check_among_parameters(addresses, &mut errors);
        let whole = self.with_defaults();
        match whole.target() {
            Some(target) if errors.is_empty() => Ok(HealthCheck {
                id,
                target,
                inverted: whole.inverted == Some(true),
                disabled: whole.disabled == Some(true),
                status,
            }),
            _ => Err(errors),
        }
    }

    /// By the table alone.
    fn check_parameter(&self, parameter: Parameter, errors: &mut Vec<HealthCheckError>) {
        let rules = parameter.rules();
        let Some(value) = self.value(parameter) else {
            if rules.needed_by.contains(&self.check_type) {
                errors.push(HealthCheckError::Missing(self.check_type, parameter));
            }
            return;
        };
        if !parameter.is_of(self.check_type) {
            errors.push(HealthCheckError::NotOfType(self.check_type, parameter));
        }
        match (&rules.values, value) {
            (Values::Number(range), Value::Number(number)) if !range.contains(&number) => {
                errors.push(HealthCheckError::OutOfRange(parameter, number));
            }
            (Values::Text(range), Value::Text(text) | Value::Alarm(_, text)) => {
                // The `/` that is added to a path counts.
                let slash = parameter == Parameter::ResourcePath && !text.starts_with('/');
                let length = text.chars().count() + usize::from(slash);
                if !range.contains(&length) {
                    errors.push(HealthCheckError::TextLength(parameter, length));
                }
            }
            (Values::List(range), Value::Regions(regions)) if !range.contains(&regions.len()) => {
                errors.push(HealthCheckError::RegionCount(regions.len()));
            }
            (Values::List(range), Value::Children(children)) if !range.contains(&children.len()) => {
                errors.push(HealthCheckError::TooManyChildren(children.len()));
            }
            _ => {}
        }
    }

    /// What the table cannot say.
    fn check_among_parameters(&self, addresses: AddressPolicy, errors: &mut Vec<HealthCheckError>) {
        if self.check_type.is_probed() && self.ip_address.is_none() && self.domain_name().is_none() {
            errors.push(HealthCheckError::NoEndpoint(self.check_type));
        }
        if self.check_type == HealthCheckType::Tcp && self.ip_address.is_some() && self.domain_name().is_some() {
            errors.push(HealthCheckError::NameBesideAddress);
        }
        if let Some(name) = self.domain_name().filter(|name| !is_host_name(name)) {
            errors.push(HealthCheckError::NotADomainName(name.into()));
        }
        // HC-19.
        if let Some(address) = self.ip_address.filter(|it| addresses == AddressPolicy::PublicOnly && !is_public(*it)) {
            errors.push(HealthCheckError::AddressNotPublic(address));
        }
        let regions = self.regions.iter().flatten().filter(|region| !CHECKER_REGIONS.contains(region));
        errors.extend(regions.map(|region| HealthCheckError::NotACheckerRegion(*region)));
        let mut seen = BTreeSet::new();
        let children = self.child_health_checks.iter().flatten().filter(|child| !seen.insert(*child));
        errors.extend(children.map(|child| HealthCheckError::DuplicateChild(child.clone())));
    }

    fn domain_name(&self) -> Option<&str> {
        self.fully_qualified_domain_name.as_deref().filter(|name| !name.is_empty())
    }

    fn with_defaults(&self) -> HealthCheckConfig {
        let defaults = HealthCheckConfig::defaults(self.check_type);
        let given = self.clone();
        HealthCheckConfig {
            port: given.port.or(defaults.port),
            resource_path: given.resource_path.or(defaults.resource_path),
            request_interval: given.request_interval.or(defaults.request_interval),
            failure_threshold: given.failure_threshold.or(defaults.failure_threshold),
            measure_latency: given.measure_latency.or(defaults.measure_latency),
            enable_sni: given.enable_sni.or(defaults.enable_sni),
            regions: given.regions.or(defaults.regions),
            child_health_checks: given.child_health_checks.or(defaults.child_health_checks),
            insufficient_data_health_status: given
                .insufficient_data_health_status
                .or(defaults.insufficient_data_health_status),
            inverted: given.inverted.or(defaults.inverted),
            disabled: given.disabled.or(defaults.disabled),
            ..given
        }
    }

    /// Of a configuration with its defaults; `None` where what the type needs is missing or out of range.
    fn target(&self) -> Option<HealthCheckTarget> {
        Some(match self.check_type {
            HealthCheckType::Calculated => HealthCheckTarget::Calculated(CalculatedCheck {
                health_threshold: u16::try_from(self.health_threshold?).ok()?,
                children: self.child_health_checks.clone()?,
            }),
            HealthCheckType::CloudWatchMetric => {
                let (alarm_region, alarm_name) = self.alarm_identifier.clone()?;
                let insufficient_data = self.insufficient_data_health_status?;
                HealthCheckTarget::CloudWatchMetric { alarm_region, alarm_name, insufficient_data }
            }
            HealthCheckType::RecoveryControl => {
                HealthCheckTarget::RecoveryControl { routing_control_arn: self.routing_control_arn.clone()? }
            }
            HealthCheckType::Http => self.endpoint(ProbeProtocol::Http)?,
            HealthCheckType::Https => self.endpoint(ProbeProtocol::Https)?,
            HealthCheckType::HttpStrMatch => self.endpoint(ProbeProtocol::HttpStrMatch(self.search_string.clone()?))?,
            HealthCheckType::HttpsStrMatch => {
                self.endpoint(ProbeProtocol::HttpsStrMatch(self.search_string.clone()?))?
            }
            HealthCheckType::Tcp => self.endpoint(ProbeProtocol::Tcp)?,
        })
    }

    fn endpoint(&self, protocol: ProbeProtocol) -> Option<HealthCheckTarget> {
        let name = self.domain_name().map(Box::from);
        let address = match self.ip_address {
            Some(ip_address) => EndpointAddress::Ip { ip_address, fully_qualified_domain_name: name },
            None => EndpointAddress::DomainName(name?),
        };
        // TCP has none.
        let path = self.resource_path.as_deref().unwrap_or("/");
        Some(HealthCheckTarget::Endpoint(EndpointCheck {
            protocol,
            address,
            port: u16::try_from(self.port?).ok()?,
            // §5.1: a leading `/` is added if missing.
            resource_path: if path.starts_with('/') { path.into() } else { format!("/{path}").into() },
            request_interval_seconds: self.request_interval?,
            failure_threshold: u8::try_from(self.failure_threshold?).ok()?,
            measure_latency: self.measure_latency?,
            enable_sni: self.enable_sni?,
            regions: self.regions.clone()?,
        }))
    }

    /// What would have to be given for this health check, every default written out.
    pub fn of(check: &HealthCheck) -> HealthCheckConfig {
        let config = HealthCheckConfig {
            inverted: Some(check.inverted),
            disabled: Some(check.disabled),
            ..HealthCheckConfig::new(check.check_type())
        };
        match &check.target {
            HealthCheckTarget::Endpoint(endpoint) => HealthCheckConfig {
                ip_address: match &endpoint.address {
                    EndpointAddress::Ip { ip_address, .. } => Some(*ip_address),
                    EndpointAddress::DomainName(_) => None,
                },
                port: Some(endpoint.port.into()),
                resource_path: Parameter::ResourcePath
                    .is_of(check.check_type())
                    .then(|| endpoint.resource_path.clone()),
                fully_qualified_domain_name: endpoint.address.fully_qualified_domain_name().map(Box::from),
                search_string: endpoint.protocol.search_string().map(Box::from),
                request_interval: Some(endpoint.request_interval_seconds),
                failure_threshold: Some(endpoint.failure_threshold.into()),
                measure_latency: Some(endpoint.measure_latency),
                enable_sni: Some(endpoint.enable_sni),
                regions: Some(endpoint.regions.clone()),
                ..config
            },
            HealthCheckTarget::Calculated(calculated) => HealthCheckConfig {
                health_threshold: Some(calculated.health_threshold.into()),
                child_health_checks: Some(calculated.children.clone()),
                ..config
            },
            HealthCheckTarget::CloudWatchMetric { alarm_region, alarm_name, insufficient_data } => HealthCheckConfig {
                alarm_identifier: Some((*alarm_region, alarm_name.clone())),
                insufficient_data_health_status: Some(*insufficient_data),
                ..config
            },
            HealthCheckTarget::RecoveryControl { routing_control_arn } => {
                HealthCheckConfig { routing_control_arn: Some(routing_control_arn.clone()), ..config }
            }
        }
    }

    /// Whether what is given of a parameter, or that nothing is, means the same in another configuration of its type.
    fn is_same(&self, parameter: Parameter, other: &HealthCheckConfig) -> bool {
        self.value(parameter) == other.value(parameter)
    }

    /// The parameters that say something: those that are given, and not what they would be anyway.
    pub fn telling(&self) -> impl Iterator<Item = Parameter> + use<'_> {
        let defaults = HealthCheckConfig::defaults(self.check_type);
        let parameters = PARAMETERS.iter().map(|rules| rules.parameter);
        parameters.filter(move |parameter| {
            *parameter == Parameter::Type || self.value(*parameter).is_some() && !self.is_same(*parameter, &defaults)
        })
    }

    /// Only the parameters that say something.
    pub fn told(&self) -> HealthCheckConfig {
        let told: Vec<Parameter> = self.telling().collect();
        self.kept(|parameter| told.contains(&parameter))
    }

    /// Only the parameters that are not the same in `before`, a configuration of the same type, and the type.
    pub fn changed_since(&self, before: &HealthCheckConfig) -> HealthCheckConfig {
        self.kept(|parameter| !self.is_same(parameter, before))
    }

    fn kept(&self, is_kept: impl Fn(Parameter) -> bool) -> HealthCheckConfig {
        let keep = |parameter| is_kept(parameter).then_some(());
        let given = self.clone();
        HealthCheckConfig {
            check_type: self.check_type,
            ip_address: keep(Parameter::IpAddress).and(given.ip_address),
            port: keep(Parameter::Port).and(given.port),
            resource_path: keep(Parameter::ResourcePath).and(given.resource_path),
            fully_qualified_domain_name: keep(Parameter::FullyQualifiedDomainName)
                .and(given.fully_qualified_domain_name),
            search_string: keep(Parameter::SearchString).and(given.search_string),
            request_interval: keep(Parameter::RequestInterval).and(given.request_interval),
            failure_threshold: keep(Parameter::FailureThreshold).and(given.failure_threshold),
            measure_latency: keep(Parameter::MeasureLatency).and(given.measure_latency),
            enable_sni: keep(Parameter::EnableSni).and(given.enable_sni),
            regions: keep(Parameter::Regions).and(given.regions),
            health_threshold: keep(Parameter::HealthThreshold).and(given.health_threshold),
            child_health_checks: keep(Parameter::ChildHealthChecks).and(given.child_health_checks),
            alarm_identifier: keep(Parameter::AlarmIdentifier).and(given.alarm_identifier),
            insufficient_data_health_status: keep(Parameter::InsufficientDataHealthStatus)
                .and(given.insufficient_data_health_status),
            routing_control_arn: keep(Parameter::RoutingControlArn).and(given.routing_control_arn),
            inverted: keep(Parameter::Inverted).and(given.inverted),
            disabled: keep(Parameter::Disabled).and(given.disabled),
        }
    }

    /// Without what earlier versions accepted of TCP checks, and then ignored.
    pub fn without_ignored(self) -> HealthCheckConfig {
        match self.check_type {
            HealthCheckType::Tcp => HealthCheckConfig {
                resource_path: None,
                fully_qualified_domain_name: self.fully_qualified_domain_name.filter(|_| self.ip_address.is_none()),
                ..self
            },
            _ => self,
        }
    }

    /// UpdateHealthCheck: the parameters that differ in `next` and may not (§5.1), as errors.
    pub fn forbidden_changes(&self, next: &HealthCheckConfig) -> Vec<HealthCheckError> {
        let (before, after) = (self.with_defaults(), next.with_defaults());
        let is_forbidden = |parameter: &Parameter| match parameter.rules().change {
            _ if !self.check_type.is_updatable() => !before.is_same(*parameter, &after),
            Change::Free => false,
            Change::ValueOnly => before.value(*parameter).is_some() != after.value(*parameter).is_some(),
            Change::Never => !before.is_same(*parameter, &after),
        };
        let parameters = PARAMETERS.iter().map(|rules| rules.parameter);
        parameters.filter(is_forbidden).map(HealthCheckError::Fixed).collect()
    }
}

/// What a Host header, a client_hello and a resolver can take.
fn is_host_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_graphic()) && DomainName::parse(name).is_ok()
}
