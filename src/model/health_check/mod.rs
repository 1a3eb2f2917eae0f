//! A health check: what is watched, and how its findings become healthy or unhealthy (rules §5.1).
//!
//! [`HealthCheckConfig`] is one as it is given, held against the table of [`PARAMETERS`]; [`HealthCheck`] is what comes
//! of it.

mod config;
mod error;
mod parameter;

#[cfg(test)]
mod law_tests;

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

pub use config::HealthCheckConfig;
pub use error::HealthCheckError;
pub use parameter::{Change, HealthCheckType, PARAMETERS, Parameter, ParameterRules, Values};

use super::geography::AwsRegion;
use super::identifier::HealthCheckId;

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

impl InsufficientDataHealthStatus {
    pub const ALL: [InsufficientDataHealthStatus; 3] = [
        InsufficientDataHealthStatus::Healthy,
        InsufficientDataHealthStatus::Unhealthy,
        InsufficientDataHealthStatus::LastKnownStatus,
    ];

    /// As the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            InsufficientDataHealthStatus::Healthy => "Healthy",
            InsufficientDataHealthStatus::Unhealthy => "Unhealthy",
            InsufficientDataHealthStatus::LastKnownStatus => "LastKnownStatus",
        }
    }
}

impl ProbeProtocol {
    /// HC-11: what the body must hold, if it is looked at.
    pub fn search_string(&self) -> Option<&str> {
        match self {
            ProbeProtocol::HttpStrMatch(text) | ProbeProtocol::HttpsStrMatch(text) => Some(text),
            ProbeProtocol::Http | ProbeProtocol::Https | ProbeProtocol::Tcp => None,
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

impl HealthCheck {
    pub const fn check_type(&self) -> HealthCheckType {
        match &self.target {
            HealthCheckTarget::Endpoint(endpoint) => match endpoint.protocol {
                ProbeProtocol::Http => HealthCheckType::Http,
                ProbeProtocol::Https => HealthCheckType::Https,
                ProbeProtocol::HttpStrMatch(_) => HealthCheckType::HttpStrMatch,
                ProbeProtocol::HttpsStrMatch(_) => HealthCheckType::HttpsStrMatch,
                ProbeProtocol::Tcp => HealthCheckType::Tcp,
            },
            HealthCheckTarget::Calculated(_) => HealthCheckType::Calculated,
            HealthCheckTarget::CloudWatchMetric { .. } => HealthCheckType::CloudWatchMetric,
            HealthCheckTarget::RecoveryControl { .. } => HealthCheckType::RecoveryControl,
        }
    }

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
