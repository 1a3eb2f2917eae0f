//! What can be wrong with a health check (rules §5.1).

use std::fmt;
use std::net::IpAddr;

use super::parameter::{HealthCheckType, Parameter, Values};
use crate::model::geography::AwsRegion;
use crate::model::identifier::HealthCheckId;
use crate::model::limits;

/// A rule of §5.1 that a health check breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HealthCheckError {
    /// HC-1.
    NotOfType(HealthCheckType, Parameter),
    Missing(HealthCheckType, Parameter),
    /// Neither an address nor a name to find one by.
    NoEndpoint(HealthCheckType),
    OutOfRange(Parameter, u32),
    /// The length in characters.
    TextLength(Parameter, usize),
    /// Of a TCP check, which has no Host header that a name would be for.
    NameBesideAddress,
    NotADomainName(Box<str>),
    /// HC-19.
    AddressNotPublic(IpAddr),
    RegionCount(usize),
    NotACheckerRegion(AwsRegion),
    TooManyChildren(usize),
    DuplicateChild(HealthCheckId),
    /// It may not be changed.
    Fixed(Parameter),
}

impl fmt::Display for HealthCheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HealthCheckError::NotOfType(check_type, parameter) => {
                write!(f, "a health check of type {check_type} has no {}", parameter.key())
            }
            HealthCheckError::Missing(check_type, parameter) => {
                write!(f, "a health check of type {check_type} needs the key {:?}", parameter.key())
            }
            HealthCheckError::NoEndpoint(check_type) => {
                write!(f, "a health check of type {check_type} needs something to probe")
            }
            HealthCheckError::OutOfRange(parameter, number) => {
                let (key, range) = (parameter.key(), parameter.numbers());
                match number < range.start() {
                    true => write!(f, "{key} {number} is below {}", range.start()),
                    false => write!(f, "{key} {number} is above {}", range.end()),
                }
            }
            HealthCheckError::TextLength(parameter, length) => {
                let key = parameter.key();
                let what = if *parameter == Parameter::AlarmIdentifier {
                    format!("the name of {key}")
                } else {
                    key.to_owned()
                };
                match length {
                    0 => write!(f, "{what} is empty"),
                    _ => write!(f, "{what} is {length} characters long"),
                }
            }
            HealthCheckError::NameBesideAddress => {
                f.write_str("a health check of type TCP with ip_address has no fully_qualified_domain_name")
            }
            HealthCheckError::NotADomainName(name) => {
                write!(f, "fully_qualified_domain_name {name:?} is not a domain name")
            }
            HealthCheckError::AddressNotPublic(address) => {
                write!(f, "the IP address {address} is local, private or otherwise not of the public Internet")
            }
            HealthCheckError::RegionCount(count) if count < limits::HEALTH_CHECK_REGIONS.start() => {
                write!(f, "{count} regions are fewer than {}", limits::HEALTH_CHECK_REGIONS.start())
            }
            HealthCheckError::RegionCount(count) => {
                write!(f, "{count} regions are more than {}", limits::HEALTH_CHECK_REGIONS.end())
            }
            HealthCheckError::NotACheckerRegion(region) => write!(f, "there are no health checkers in {region}"),
            HealthCheckError::TooManyChildren(count) => {
                write!(f, "{count} child health checks are more than {}", limits::CHILD_HEALTH_CHECKS)
            }
            HealthCheckError::DuplicateChild(child) => write!(f, "the child health check {child:?} stands twice"),
            HealthCheckError::Fixed(parameter) => write!(f, "{} cannot be changed", parameter.key()),
        }
    }
}

impl HealthCheckError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        let fixed = match self {
            HealthCheckError::NotOfType(..) => "remove it",
            HealthCheckError::Missing(..) => "",
            HealthCheckError::NoEndpoint(_) => "give ip_address or fully_qualified_domain_name",
            HealthCheckError::OutOfRange(Parameter::RequestInterval, _) => {
                "use 1 to 3600 seconds; Route 53 itself allows 10 and 30"
            }
            HealthCheckError::OutOfRange(parameter, _) => {
                let range = parameter.numbers();
                return format!("use {} to {}", range.start(), range.end());
            }
            HealthCheckError::TextLength(parameter, _) => match &parameter.rules().values {
                Values::Text(range) => return format!("use {} to {} characters", range.start(), range.end()),
                Values::Number(_) | Values::List(_) | Values::Typed => "",
            },
            HealthCheckError::NameBesideAddress => "remove one of them",
            HealthCheckError::NotADomainName(_) => {
                "write one such as www.example.com, an international one in Punycode"
            }
            HealthCheckError::AddressNotPublic(_) => {
                "use a public address, or leave out --strict-health-check-addresses (HC-19)"
            }
            HealthCheckError::RegionCount(_) => "name three or more, or leave `regions` out to use all",
            HealthCheckError::NotACheckerRegion(_) => {
                "use us-east-1, us-west-1, us-west-2, eu-west-1, ap-southeast-1, ap-southeast-2, ap-northeast-1 or sa-east-1"
            }
            HealthCheckError::TooManyChildren(_) => "spread them over several calculated health checks",
            HealthCheckError::DuplicateChild(_) => "name each child once",
            HealthCheckError::Fixed(_) => "make a new health check",
        };
        fixed.to_owned()
    }

    /// The parameter that is wrong.
    pub fn parameter(&self) -> Parameter {
        match self {
            HealthCheckError::NotOfType(_, parameter)
            | HealthCheckError::OutOfRange(parameter, _)
            | HealthCheckError::TextLength(parameter, _)
            | HealthCheckError::Fixed(parameter) => *parameter,
            HealthCheckError::Missing(..) | HealthCheckError::NoEndpoint(_) => Parameter::Type,
            HealthCheckError::NameBesideAddress | HealthCheckError::NotADomainName(_) => {
                Parameter::FullyQualifiedDomainName
            }
            HealthCheckError::AddressNotPublic(_) => Parameter::IpAddress,
            HealthCheckError::RegionCount(_) | HealthCheckError::NotACheckerRegion(_) => Parameter::Regions,
            HealthCheckError::TooManyChildren(_) | HealthCheckError::DuplicateChild(_) => Parameter::ChildHealthChecks,
        }
    }
}
