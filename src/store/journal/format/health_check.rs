//! A health check as it was given, from which it is made again.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::model::{
    AwsRegion, CallerReference, HealthCheckConfig, HealthCheckId, HealthCheckRegistration, HealthCheckType,
    InsufficientDataHealthStatus,
};

use super::Damage;
use super::written::Written;

#[derive(Serialize, Deserialize)]
pub struct HealthCheckRegistrationRow<'r> {
    caller_reference: &'r str,
    version: u64,
    #[serde(borrow)]
    config: HealthCheckConfigRow<'r>,
}

#[derive(Serialize, Deserialize)]
pub struct HealthCheckConfigRow<'r> {
    /// By the API's name.
    check_type: &'r str,
    ip_address: Option<IpAddr>,
    port: Option<u32>,
    resource_path: Option<&'r str>,
    fully_qualified_domain_name: Option<&'r str>,
    search_string: Option<&'r str>,
    /// Seconds.
    request_interval: Option<u32>,
    failure_threshold: Option<u32>,
    measure_latency: Option<bool>,
    enable_sni: Option<bool>,
    #[serde(borrow)]
    regions: Option<Vec<&'r str>>,
    health_threshold: Option<u32>,
    #[serde(borrow)]
    child_health_checks: Option<Vec<&'r str>>,
    /// Region and name.
    alarm_identifier: Option<(&'r str, &'r str)>,
    /// By the API's name.
    insufficient_data_health_status: Option<&'r str>,
    routing_control_arn: Option<&'r str>,
    inverted: Option<bool>,
    disabled: Option<bool>,
}

impl Written for HealthCheckRegistration {
    type Row<'r> = HealthCheckRegistrationRow<'r>;

    fn row(&self) -> Self::Row<'_> {
        let HealthCheckRegistration { caller_reference, version, config } = self;
        HealthCheckRegistrationRow { caller_reference: caller_reference.row(), version: *version, config: config.row() }
    }

    fn read(row: Self::Row<'_>) -> Result<Self, Damage> {
        Ok(HealthCheckRegistration {
            caller_reference: CallerReference::read(row.caller_reference)?,
            version: row.version,
            config: HealthCheckConfig::read(row.config)?,
        })
    }
}

impl Written for HealthCheckConfig {
    type Row<'r> = HealthCheckConfigRow<'r>;

    fn row(&self) -> Self::Row<'_> {
        HealthCheckConfigRow {
            check_type: self.check_type.name(),
            ip_address: self.ip_address,
            port: self.port,
            resource_path: self.resource_path.as_deref(),
            fully_qualified_domain_name: self.fully_qualified_domain_name.as_deref(),
            search_string: self.search_string.as_deref(),
            request_interval: self.request_interval,
            failure_threshold: self.failure_threshold,
            measure_latency: self.measure_latency,
            enable_sni: self.enable_sni,
            regions: self.regions.as_ref().map(|regions| regions.iter().map(Written::row).collect()),
            health_threshold: self.health_threshold,
            child_health_checks: self.child_health_checks.as_ref().map(|it| it.iter().map(Written::row).collect()),
            alarm_identifier: self.alarm_identifier.as_ref().map(|(region, name)| (region.row(), &**name)),
            insufficient_data_health_status: self.insufficient_data_health_status.map(|it| it.name()),
            routing_control_arn: self.routing_control_arn.as_deref(),
            inverted: self.inverted,
            disabled: self.disabled,
        }
    }

    // Every field is named, so that a further one is not forgotten.
    fn read(row: Self::Row<'_>) -> Result<Self, Damage> {
        let check_type = HealthCheckType::ALL.into_iter().find(|it| it.name() == row.check_type);
        let insufficient_data = |name: &str| {
            let status = InsufficientDataHealthStatus::ALL.into_iter().find(|it| it.name() == name);
            status.ok_or_else(|| Damage(format!("{name:?} is no InsufficientDataHealthStatus")))
        };
        let regions = row.regions.map(|names| names.into_iter().map(AwsRegion::read).collect());
        let children = row.child_health_checks.map(|ids| ids.into_iter().map(HealthCheckId::read).collect());
        let alarm = row.alarm_identifier.map(|(region, name)| Ok((AwsRegion::read(region)?, name.into())));
        Ok(HealthCheckConfig {
            check_type: check_type.ok_or_else(|| Damage(format!("{:?} is no type of health check", row.check_type)))?,
            ip_address: row.ip_address,
            port: row.port,
            resource_path: row.resource_path.map(Box::from),
            fully_qualified_domain_name: row.fully_qualified_domain_name.map(Box::from),
            search_string: row.search_string.map(Box::from),
            request_interval: row.request_interval,
            failure_threshold: row.failure_threshold,
            measure_latency: row.measure_latency,
            enable_sni: row.enable_sni,
            regions: regions.transpose()?,
            health_threshold: row.health_threshold,
            child_health_checks: children.transpose()?,
            alarm_identifier: alarm.transpose()?,
            insufficient_data_health_status: row.insufficient_data_health_status.map(insufficient_data).transpose()?,
            routing_control_arn: row.routing_control_arn.map(Box::from),
            inverted: row.inverted,
            disabled: row.disabled,
        }
        .without_ignored())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A data directory that has one must still open.
    #[test]
    fn a_tcp_check_of_an_earlier_version_is_read_without_what_that_ignored() {
        let check = HealthCheckConfig {
            ip_address: Some("192.0.2.1".parse().unwrap()),
            port: Some(9),
            ..HealthCheckConfig::new(HealthCheckType::Tcp)
        };
        let earlier = HealthCheckConfig {
            resource_path: Some("/".into()),
            fully_qualified_domain_name: Some("a.example".into()),
            ..check.clone()
        };
        let Ok(read) = HealthCheckConfig::read(earlier.row()) else { panic!("it is not read") };
        assert_eq!(read, check);
    }
}
