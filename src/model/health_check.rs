//! A health check: what is watched, and how its findings become healthy or unhealthy (rules §5.1).

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use super::geography::AwsRegion;
use super::identifier::HealthCheckId;
use super::limits;

/// A HealthCheckConfig under its id, valid by §5.1's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    pub id: HealthCheckId,
    pub target: HealthCheckTarget,
    /// HC-33: swaps the final status.
    pub inverted: bool,
    /// HC-34: no probes; healthy, or unhealthy if inverted.
    pub disabled: bool,
    /// Ours, for drills: what the answers take the status to be, whatever the target does.
    pub status: ForcedStatus,
}

/// The final status of a health check, as answers see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HealthStatus {
    Healthy,
    Unhealthy,
}

impl fmt::Display for HealthStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            HealthStatus::Healthy => "healthy",
            HealthStatus::Unhealthy => "unhealthy",
        })
    }
}

impl HealthStatus {
    /// HC-33.
    pub const fn inverted(self) -> HealthStatus {
        match self {
            HealthStatus::Healthy => HealthStatus::Unhealthy,
            HealthStatus::Unhealthy => HealthStatus::Healthy,
        }
    }
}

/// Whether a person decides the status instead of the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ForcedStatus {
    /// The target decides.
    #[default]
    Obey,
    Up,
    Down,
}

/// What a health check looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HealthCheckTarget {
    Endpoint(EndpointCheck),
    Calculated(CalculatedCheck),
    CloudWatchMetric { alarm_region: AwsRegion, alarm_name: Box<str>, insufficient_data: InsufficientDataHealthStatus },
    RecoveryControl { routing_control_arn: Box<str> },
}

/// An endpoint that is probed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointCheck {
    pub protocol: ProbeProtocol,
    pub address: EndpointAddress,
    pub port: u16,
    /// Starts with `/`; unused by TCP.
    pub resource_path: Box<str>,
    /// Seconds from a response to the next request (HC-21).
    pub request_interval_seconds: u32,
    /// HC-22: results in a row that turn a checker's verdict.
    pub failure_threshold: u8,
    pub measure_latency: bool,
    /// HC-15.
    pub enable_sni: bool,
    pub regions: BTreeSet<AwsRegion>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeProtocol {
    Http,
    Https,
    /// HC-11: the body must hold this text.
    HttpStrMatch(Box<str>),
    /// HC-11: the body must hold this text.
    HttpsStrMatch(Box<str>),
    Tcp,
}

/// Where an endpoint is. With an address, the domain name is only what Host and SNI say (HC-17); without, it is
/// resolved at every probe (HC-18).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointAddress {
    Ip { ip_address: IpAddr, fully_qualified_domain_name: Option<Box<str>> },
    DomainName(Box<str>),
}

/// HC-40.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalculatedCheck {
    /// Healthy children it takes; 0 is always healthy.
    pub health_threshold: u16,
    pub children: Vec<HealthCheckId>,
}

/// HC-42.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InsufficientDataHealthStatus {
    Healthy,
    Unhealthy,
    LastKnownStatus,
}

impl ProbeProtocol {
    pub const fn default_port(&self) -> Option<u16> {
        match self {
            ProbeProtocol::Http | ProbeProtocol::HttpStrMatch(_) => Some(80),
            ProbeProtocol::Https | ProbeProtocol::HttpsStrMatch(_) => Some(443),
            ProbeProtocol::Tcp => None,
        }
    }
}

impl EndpointAddress {
    pub fn fully_qualified_domain_name(&self) -> Option<&str> {
        match self {
            EndpointAddress::Ip { fully_qualified_domain_name, .. } => fully_qualified_domain_name.as_deref(),
            EndpointAddress::DomainName(name) => Some(name),
        }
    }
}

/// The regions checkers are in (§5.1).
pub const CHECKER_REGIONS: [AwsRegion; 8] = [
    AwsRegion::UsEast1,
    AwsRegion::UsWest1,
    AwsRegion::UsWest2,
    AwsRegion::EuWest1,
    AwsRegion::ApSoutheast1,
    AwsRegion::ApSoutheast2,
    AwsRegion::ApNortheast1,
    AwsRegion::SaEast1,
];

/// A rule of §5.1 that a health check breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HealthCheckError {
    RequestInterval(u32),
    FailureThreshold(u8),
    /// The member's name and its length in characters.
    TextLength(&'static str, usize),
    PortZero,
    TooFewRegions(usize),
    NotACheckerRegion(AwsRegion),
    HealthThreshold(u16),
    TooManyChildren(usize),
    DuplicateChild(HealthCheckId),
    /// Neither an address nor a name to find one by.
    NoEndpoint,
}

impl fmt::Display for HealthCheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HealthCheckError::RequestInterval(seconds) => {
                write!(f, "request_interval {seconds} is outside {:?} seconds", limits::REQUEST_INTERVAL_SECONDS)
            }
            HealthCheckError::FailureThreshold(threshold) => {
                write!(f, "failure_threshold {threshold} is outside {:?}", limits::FAILURE_THRESHOLD)
            }
            HealthCheckError::TextLength(member, length) => {
                write!(f, "{member} of {length} characters is outside 1..={}", limits::HEALTH_CHECK_TEXT_CHARACTERS)
            }
            HealthCheckError::PortZero => f.write_str("port 0 cannot be probed"),
            HealthCheckError::TooFewRegions(count) => {
                write!(f, "{count} regions are fewer than {}", limits::MIN_HEALTH_CHECK_REGIONS)
            }
            HealthCheckError::NotACheckerRegion(region) => write!(f, "there are no health checkers in {region}"),
            HealthCheckError::HealthThreshold(threshold) => {
                write!(f, "health_threshold {threshold} is above {}", limits::MAX_HEALTH_THRESHOLD)
            }
            HealthCheckError::TooManyChildren(count) => {
                write!(f, "{count} child health checks are more than {}", limits::CHILD_HEALTH_CHECKS)
            }
            HealthCheckError::DuplicateChild(child) => write!(f, "the child health check {child:?} stands twice"),
            HealthCheckError::NoEndpoint => {
                f.write_str("an endpoint check needs ip_address or fully_qualified_domain_name")
            }
        }
    }
}

impl HealthCheckError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            HealthCheckError::RequestInterval(_) => "use 1 to 3600 seconds; Route 53 itself allows 10 and 30",
            HealthCheckError::FailureThreshold(_) => "use 1 to 10",
            HealthCheckError::TextLength(..) => "use 1 to 255 characters",
            HealthCheckError::PortZero => "use 1 to 65535",
            HealthCheckError::TooFewRegions(_) => "name three or more, or leave `regions` out to use all",
            HealthCheckError::NotACheckerRegion(_) => {
                "use us-east-1, us-west-1, us-west-2, eu-west-1, ap-southeast-1, ap-southeast-2, ap-northeast-1 or sa-east-1"
            }
            HealthCheckError::HealthThreshold(_) => "use 0 to 256",
            HealthCheckError::TooManyChildren(_) => "spread them over several calculated health checks",
            HealthCheckError::DuplicateChild(_) => "name each child once",
            HealthCheckError::NoEndpoint => "give one of the two",
        }
    }
}

impl HealthCheck {
    /// Every rule of §5.1 that the types alone do not keep.
    pub fn broken_rules(&self) -> Vec<HealthCheckError> {
        let mut errors = Vec::new();
        match &self.target {
            HealthCheckTarget::Endpoint(endpoint) => endpoint.collect_broken_rules(&mut errors),
            HealthCheckTarget::Calculated(calculated) => calculated.collect_broken_rules(&mut errors),
            HealthCheckTarget::CloudWatchMetric { alarm_name, .. } => {
                check_text("alarm_identifier.name", alarm_name, &mut errors);
            }
            HealthCheckTarget::RecoveryControl { routing_control_arn } => {
                check_text("routing_control_arn", routing_control_arn, &mut errors);
            }
        }
        errors
    }

    /// The type's name in the API.
    pub const fn type_name(&self) -> &'static str {
        match &self.target {
            HealthCheckTarget::Endpoint(endpoint) => match endpoint.protocol {
                ProbeProtocol::Http => "HTTP",
                ProbeProtocol::Https => "HTTPS",
                ProbeProtocol::HttpStrMatch(_) => "HTTP_STR_MATCH",
                ProbeProtocol::HttpsStrMatch(_) => "HTTPS_STR_MATCH",
                ProbeProtocol::Tcp => "TCP",
            },
            HealthCheckTarget::Calculated(_) => "CALCULATED",
            HealthCheckTarget::CloudWatchMetric { .. } => "CLOUDWATCH_METRIC",
            HealthCheckTarget::RecoveryControl { .. } => "RECOVERY_CONTROL",
        }
    }
}

impl HealthCheck {
    /// The status that a person or the configuration decides, whatever the target does: forced, or disabled (HC-34).
    pub const fn decided_status(&self) -> Option<HealthStatus> {
        match self.status {
            ForcedStatus::Up => Some(HealthStatus::Healthy),
            ForcedStatus::Down => Some(HealthStatus::Unhealthy),
            ForcedStatus::Obey if self.disabled => Some(self.final_status(HealthStatus::Healthy)),
            ForcedStatus::Obey => None,
        }
    }

    /// HC-33: what the target's finding means for answers.
    pub const fn final_status(&self, found: HealthStatus) -> HealthStatus {
        if self.inverted { found.inverted() } else { found }
    }
}

impl CalculatedCheck {
    /// HC-40, before inversion.
    pub fn found_status(&self, child_status: impl Fn(&HealthCheckId) -> HealthStatus) -> HealthStatus {
        let healthy = self.children.iter().filter(|child| child_status(child) == HealthStatus::Healthy).count();
        if healthy >= usize::from(self.health_threshold) { HealthStatus::Healthy } else { HealthStatus::Unhealthy }
    }
}

impl EndpointCheck {
    fn collect_broken_rules(&self, errors: &mut Vec<HealthCheckError>) {
        if !limits::REQUEST_INTERVAL_SECONDS.contains(&self.request_interval_seconds) {
            errors.push(HealthCheckError::RequestInterval(self.request_interval_seconds));
        }
        if !limits::FAILURE_THRESHOLD.contains(&self.failure_threshold) {
            errors.push(HealthCheckError::FailureThreshold(self.failure_threshold));
        }
        if self.port == 0 {
            errors.push(HealthCheckError::PortZero);
        }
        check_text("resource_path", &self.resource_path, errors);
        if let Some(name) = self.address.fully_qualified_domain_name() {
            check_text("fully_qualified_domain_name", name, errors);
        }
        if let ProbeProtocol::HttpStrMatch(text) | ProbeProtocol::HttpsStrMatch(text) = &self.protocol {
            check_text("search_string", text, errors);
        }
        if self.regions.len() < limits::MIN_HEALTH_CHECK_REGIONS {
            errors.push(HealthCheckError::TooFewRegions(self.regions.len()));
        }
        errors.extend(
            self.regions
                .iter()
                .filter(|region| !CHECKER_REGIONS.contains(region))
                .map(|region| HealthCheckError::NotACheckerRegion(*region)),
        );
    }
}

impl CalculatedCheck {
    fn collect_broken_rules(&self, errors: &mut Vec<HealthCheckError>) {
        if self.health_threshold > limits::MAX_HEALTH_THRESHOLD {
            errors.push(HealthCheckError::HealthThreshold(self.health_threshold));
        }
        if self.children.len() > limits::CHILD_HEALTH_CHECKS {
            errors.push(HealthCheckError::TooManyChildren(self.children.len()));
        }
        let mut seen = BTreeSet::new();
        errors.extend(
            self.children
                .iter()
                .filter(|child| !seen.insert(*child))
                .map(|child| HealthCheckError::DuplicateChild(child.clone())),
        );
    }
}

fn check_text(member: &'static str, text: &str, errors: &mut Vec<HealthCheckError>) {
    let length = text.chars().count();
    if length == 0 || length > limits::HEALTH_CHECK_TEXT_CHARACTERS {
        errors.push(HealthCheckError::TextLength(member, length));
    }
}
