//! The parameters of a health check (rules §5.1): which types have them, what they may be, and what may become of them
//! later. One table for zone files and API alike.

use std::fmt;
use std::ops::RangeInclusive;

use crate::model::limits;

/// What a health check looks at, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HealthCheckType {
    Http,
    Https,
    HttpStrMatch,
    HttpsStrMatch,
    Tcp,
    Calculated,
    CloudWatchMetric,
    RecoveryControl,
}

impl HealthCheckType {
    pub const ALL: [HealthCheckType; 8] = [
        HealthCheckType::Http,
        HealthCheckType::Https,
        HealthCheckType::HttpStrMatch,
        HealthCheckType::HttpsStrMatch,
        HealthCheckType::Tcp,
        HealthCheckType::Calculated,
        HealthCheckType::CloudWatchMetric,
        HealthCheckType::RecoveryControl,
    ];

    /// As the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            HealthCheckType::Http => "HTTP",
            HealthCheckType::Https => "HTTPS",
            HealthCheckType::HttpStrMatch => "HTTP_STR_MATCH",
            HealthCheckType::HttpsStrMatch => "HTTPS_STR_MATCH",
            HealthCheckType::Tcp => "TCP",
            HealthCheckType::Calculated => "CALCULATED",
            HealthCheckType::CloudWatchMetric => "CLOUDWATCH_METRIC",
            HealthCheckType::RecoveryControl => "RECOVERY_CONTROL",
        }
    }

    pub const fn speaks_tls(self) -> bool {
        matches!(self, HealthCheckType::Https | HealthCheckType::HttpsStrMatch)
    }

    pub fn is_probed(self) -> bool {
        PROBED.contains(&self)
    }

    /// Whether UpdateHealthCheck may change anything.
    pub const fn is_updatable(self) -> bool {
        !matches!(self, HealthCheckType::RecoveryControl)
    }
}

impl fmt::Display for HealthCheckType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A member of HealthCheckConfig.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Parameter {
    Type,
    IpAddress,
    Port,
    ResourcePath,
    FullyQualifiedDomainName,
    SearchString,
    RequestInterval,
    FailureThreshold,
    MeasureLatency,
    EnableSni,
    Regions,
    HealthThreshold,
    ChildHealthChecks,
    AlarmIdentifier,
    InsufficientDataHealthStatus,
    RoutingControlArn,
    Inverted,
    Disabled,
}

/// A row of §5.1's table. The defaults are a [`HealthCheckConfig`](super::HealthCheckConfig) of their own.
pub struct ParameterRules {
    pub parameter: Parameter,
    /// In zone files.
    pub key: &'static str,
    /// HC-1: all others must not have it.
    pub types: &'static [HealthCheckType],
    /// Types that cannot do without it and have no default.
    pub needed_by: &'static [HealthCheckType],
    pub values: Values,
    pub change: Change,
}

/// What a parameter may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Values {
    Number(RangeInclusive<u32>),
    /// So many characters; of an alarm, its name.
    Text(RangeInclusive<usize>),
    /// So many items.
    List(RangeInclusive<usize>),
    /// What its own type allows.
    Typed,
}

/// Whether UpdateHealthCheck may change a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Free,
    /// Its value, but not whether there is one.
    ValueOnly,
    Never,
}

use HealthCheckType as T;
use Parameter as P;

const PROBED: &[T] = &[T::Http, T::Https, T::HttpStrMatch, T::HttpsStrMatch, T::Tcp];
const HTTP: &[T] = &[T::Http, T::Https, T::HttpStrMatch, T::HttpsStrMatch];
const STRING_MATCH: &[T] = &[T::HttpStrMatch, T::HttpsStrMatch];

const TEXT: Values = Values::Text(1..=limits::HEALTH_CHECK_TEXT_CHARACTERS);
const TEXT_OR_NONE: Values = Values::Text(0..=limits::HEALTH_CHECK_TEXT_CHARACTERS);

/// The table, in the order of [`Parameter`].
pub const PARAMETERS: [ParameterRules; 18] = [
    row(P::Type, "type", &T::ALL, &T::ALL, Values::Typed, Change::Never),
    row(P::IpAddress, "ip_address", PROBED, &[], Values::Typed, Change::ValueOnly),
    row(P::Port, "port", PROBED, &[T::Tcp], Values::Number(1..=65_535), Change::Free),
    row(P::ResourcePath, "resource_path", HTTP, &[], TEXT_OR_NONE, Change::Free),
    row(P::FullyQualifiedDomainName, "fully_qualified_domain_name", PROBED, &[], TEXT_OR_NONE, Change::Free),
    row(P::SearchString, "search_string", STRING_MATCH, STRING_MATCH, TEXT, Change::Free),
    row(
        P::RequestInterval,
        "request_interval",
        PROBED,
        &[],
        Values::Number(limits::REQUEST_INTERVAL_SECONDS),
        Change::Never,
    ),
    row(P::FailureThreshold, "failure_threshold", PROBED, &[], Values::Number(limits::FAILURE_THRESHOLD), Change::Free),
    row(P::MeasureLatency, "measure_latency", PROBED, &[], Values::Typed, Change::Never),
    row(P::EnableSni, "enable_sni", PROBED, &[], Values::Typed, Change::Free),
    row(P::Regions, "regions", PROBED, &[], Values::List(limits::HEALTH_CHECK_REGIONS), Change::Free),
    row(
        P::HealthThreshold,
        "health_threshold",
        &[T::Calculated],
        &[T::Calculated],
        Values::Number(0..=limits::MAX_HEALTH_THRESHOLD),
        Change::Free,
    ),
    row(
        P::ChildHealthChecks,
        "child_health_checks",
        &[T::Calculated],
        &[],
        Values::List(0..=limits::CHILD_HEALTH_CHECKS),
        Change::Free,
    ),
    row(P::AlarmIdentifier, "alarm_identifier", &[T::CloudWatchMetric], &[T::CloudWatchMetric], TEXT, Change::Free),
    row(
        P::InsufficientDataHealthStatus,
        "insufficient_data_health_status",
        &[T::CloudWatchMetric],
        &[],
        Values::Typed,
        Change::Free,
    ),
    // UpdateHealthCheck has no such member.
    row(P::RoutingControlArn, "routing_control_arn", &[T::RecoveryControl], &[T::RecoveryControl], TEXT, Change::Never),
    row(P::Inverted, "inverted", &T::ALL, &[], Values::Typed, Change::Free),
    row(P::Disabled, "disabled", &T::ALL, &[], Values::Typed, Change::Free),
];

const fn row(
    parameter: Parameter,
    key: &'static str,
    types: &'static [T],
    needed_by: &'static [T],
    values: Values,
    change: Change,
) -> ParameterRules {
    ParameterRules { parameter, key, types, needed_by, values, change }
}

impl Parameter {
    pub const fn rules(self) -> &'static ParameterRules {
        const TABLE: &[ParameterRules; 18] = &PARAMETERS;
        &TABLE[self as usize]
    }

    /// In zone files.
    pub const fn key(self) -> &'static str {
        self.rules().key
    }

    /// HC-1.
    pub fn is_of(self, check_type: HealthCheckType) -> bool {
        self.rules().types.contains(&check_type)
    }

    /// What a number may be; anything where the table says nothing of numbers.
    pub fn numbers(self) -> RangeInclusive<u32> {
        match &self.rules().values {
            Values::Number(range) => range.clone(),
            Values::Text(_) | Values::List(_) | Values::Typed => 0..=u32::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_has_its_own_row() {
        for (place, rules) in PARAMETERS.iter().enumerate() {
            assert_eq!(rules.parameter as usize, place, "{}", rules.key);
            assert_eq!(rules.parameter.key(), rules.key);
            assert!(rules.needed_by.iter().all(|check_type| rules.types.contains(check_type)), "{}", rules.key);
        }
    }
}
