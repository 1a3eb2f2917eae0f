//! What is wrong with a health check, in AWS's words as far as public reports quote them, else in their manner.

use crate::model::health_check::Values;
use crate::model::{HealthCheckError, HealthCheckType, Parameter, limits};

use super::error::ApiError;

/// The error for a configuration of this type.
pub fn invalid(check_type: HealthCheckType, errors: &[HealthCheckError]) -> ApiError {
    let sentences: Vec<String> = errors.iter().map(|error| sentence(check_type, error)).collect();
    // AWS begins all of these with two words but those about TCP, which are older.
    let start = match errors.first() {
        Some(
            HealthCheckError::NotOfType(HealthCheckType::Tcp, Parameter::ResourcePath)
            | HealthCheckError::NameBesideAddress,
        ) => "",
        _ => "Invalid parameter : ",
    };
    ApiError::invalid_input(format!("{start}{}", sentences.join(" ")))
}

/// The error for a child that does not exist.
pub fn no_such_child(id: &str) -> ApiError {
    ApiError::invalid_input(format!("Invalid parameter : The health check {id} does not exist."))
}

fn sentence(check_type: HealthCheckType, error: &HealthCheckError) -> String {
    let basic = kind(check_type);
    match error {
        // The spelling is AWS's.
        HealthCheckError::NotOfType(HealthCheckType::Tcp, Parameter::ResourcePath) => {
            "TCP health checks must not have a resource path specificed.".to_owned()
        }
        HealthCheckError::NameBesideAddress => {
            "TCP health checks that have IP address must not have a fully qualified domain name specified.".to_owned()
        }
        HealthCheckError::NotOfType(its_type, parameter) => {
            format!(
                "{} health checks must not have {} specified.",
                kind_without(*its_type, *parameter),
                noun(*parameter)
            )
        }
        HealthCheckError::Missing(its_type, Parameter::AlarmIdentifier) => {
            format!("{} health checks must have an alarm identifier specified.", kind(*its_type))
        }
        HealthCheckError::Missing(its_type, parameter) => {
            format!("{} health checks must have {} specified.", kind_without(*its_type, *parameter), noun(*parameter))
        }
        HealthCheckError::NoEndpoint(_) => {
            format!("{basic} health checks must have an IP address or a fully qualified domain name specified.")
        }
        HealthCheckError::OutOfRange(parameter, number) => {
            let range = parameter.numbers();
            format!("{} must be {} to {}, not {number}.", member(*parameter), range.start(), range.end())
        }
        HealthCheckError::TextLength(parameter, length) => match &parameter.rules().values {
            Values::Text(range) => format!(
                "{} must be {} to {} characters long, not {length}.",
                member(*parameter),
                range.start(),
                range.end()
            ),
            Values::Number(_) | Values::List(_) | Values::Typed => {
                format!("{} cannot be {length} characters long.", member(*parameter))
            }
        },
        HealthCheckError::NotADomainName(name) => {
            format!("The fully qualified domain name '{name}' is not a domain name.")
        }
        HealthCheckError::AddressNotPublic(address) => format!(
            "The IP address {address} is local, private or otherwise not of the public Internet; use a public address, or \
             start route53d without --strict-health-check-addresses."
        ),
        HealthCheckError::RegionCount(count) => {
            let range = limits::HEALTH_CHECK_REGIONS;
            format!("Health checks must have {} to {} regions specified, not {count}.", range.start(), range.end())
        }
        HealthCheckError::NotACheckerRegion(region) => format!("There are no health checkers in {region}."),
        HealthCheckError::TooManyChildren(count) => format!(
            "Calculated health checks must have at most {} child health checks specified, not {count}.",
            limits::CHILD_HEALTH_CHECKS
        ),
        HealthCheckError::DuplicateChild(child) => format!("The child health check {child} is specified twice."),
        HealthCheckError::Fixed(parameter) => {
            format!("{} cannot be changed; create another health check.", member(*parameter))
        }
    }
}

/// Types as AWS's sentences group them.
const fn kind(check_type: HealthCheckType) -> &'static str {
    match check_type {
        HealthCheckType::Http
        | HealthCheckType::Https
        | HealthCheckType::HttpStrMatch
        | HealthCheckType::HttpsStrMatch
        | HealthCheckType::Tcp => "Basic",
        HealthCheckType::Calculated => "Calculated",
        HealthCheckType::CloudWatchMetric => "CloudWatch metric",
        HealthCheckType::RecoveryControl => "Recovery control",
    }
}

/// Those that check an endpoint differ in some parameters.
fn kind_without(check_type: HealthCheckType, parameter: Parameter) -> &'static str {
    let is_of_some = HealthCheckType::ALL.into_iter().any(|other| other.is_probed() && parameter.is_of(other));
    if check_type.is_probed() && is_of_some { check_type.name() } else { kind(check_type) }
}

const fn noun(parameter: Parameter) -> &'static str {
    match parameter {
        Parameter::Type => "a type",
        Parameter::IpAddress => "an IP address",
        Parameter::Port => "a port",
        Parameter::ResourcePath => "a resource path",
        Parameter::FullyQualifiedDomainName => "a fully qualified domain name",
        Parameter::SearchString => "a search string",
        Parameter::RequestInterval => "a request interval",
        Parameter::FailureThreshold => "a failure threshold",
        Parameter::MeasureLatency => "a measure latency setting",
        Parameter::EnableSni => "an SNI setting",
        Parameter::Regions => "regions",
        Parameter::HealthThreshold => "a health threshold",
        Parameter::ChildHealthChecks => "child health checks",
        // AWS's grammar.
        Parameter::AlarmIdentifier => "an metric region",
        Parameter::InsufficientDataHealthStatus => "an insufficient data health state",
        Parameter::RoutingControlArn => "a routing control ARN",
        Parameter::Inverted => "an inversion",
        Parameter::Disabled => "a disablement",
    }
}

/// As the API model calls it.
const fn member(parameter: Parameter) -> &'static str {
    match parameter {
        Parameter::Type => "Type",
        Parameter::IpAddress => "IPAddress",
        Parameter::Port => "Port",
        Parameter::ResourcePath => "ResourcePath",
        Parameter::FullyQualifiedDomainName => "FullyQualifiedDomainName",
        Parameter::SearchString => "SearchString",
        Parameter::RequestInterval => "RequestInterval",
        Parameter::FailureThreshold => "FailureThreshold",
        Parameter::MeasureLatency => "MeasureLatency",
        Parameter::EnableSni => "EnableSNI",
        Parameter::Regions => "Regions",
        Parameter::HealthThreshold => "HealthThreshold",
        Parameter::ChildHealthChecks => "ChildHealthChecks",
        Parameter::AlarmIdentifier => "AlarmIdentifier",
        Parameter::InsufficientDataHealthStatus => "InsufficientDataHealthStatus",
        Parameter::RoutingControlArn => "RoutingControlArn",
        Parameter::Inverted => "Inverted",
        Parameter::Disabled => "Disabled",
    }
}
