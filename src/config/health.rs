//! How health is checked, and where.

use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;

use crate::health::probe::NetworkPath;
use crate::health::settings::FleetSettings;
use crate::model::health_check::CHECKER_REGIONS;
use crate::model::{AddressPolicy, AwsRegion};
use crate::serve::health_resolver::HealthResolver;

use super::parse_time;

/// Where health checks may look, shared by every command that reads zone files.
#[derive(Args, Clone, Debug, Default)]
pub struct AddressSettings {
    /// As Route 53, refuse health checks of endpoints at local, private and other addresses that are not of the public
    /// Internet, and fail those whose domain name leads to one
    #[arg(long, value_parser = BoolishValueParser::new(), env = "ROUTE53D_STRICT_HEALTH_CHECK_ADDRESSES")]
    pub strict_health_check_addresses: bool,
}

impl AddressSettings {
    pub fn policy(&self) -> AddressPolicy {
        if self.strict_health_check_addresses { AddressPolicy::PublicOnly } else { AddressPolicy::Any }
    }
}

/// How health is checked.
#[derive(Args, Clone, Debug)]
pub struct HealthSettings {
    /// Who finds the endpoints that health checks give by name
    #[arg(long, value_name = "WHO", value_enum, default_value_t, env = "ROUTE53D_HEALTH_RESOLVER")]
    pub health_resolver: HealthResolver,

    /// How many health checkers each region has; Route 53 has 2
    #[arg(
        long,
        value_name = "N",
        default_value_t = 2,
        value_parser = clap::value_parser!(u16).range(1..=100),
        env = "ROUTE53D_CHECKERS_PER_REGION"
    )]
    pub checkers_per_region: u16,

    /// How many of a region's health checkers send probes of their own; the others share their findings
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        value_parser = clap::value_parser!(u16).range(1..=100),
        env = "ROUTE53D_PROBES_PER_REGION"
    )]
    pub probes_per_region: u16,

    /// For drills: how the health checkers of a region reach endpoints, by a source address, a loss in percent and a
    /// latency, such as eu-west-1,source=192.0.2.7,loss=20,latency=150ms; repeatable
    #[arg(
        long = "checker-region",
        value_name = "REGION[,source=IP][,loss=PERCENT][,latency=TIME]",
        value_delimiter = ';',
        value_parser = parse_checker_region,
        env = "ROUTE53D_CHECKER_REGION"
    )]
    pub checker_regions: Vec<CheckerRegion>,
}

impl HealthSettings {
    /// The checkers that the flags ask for.
    pub fn fleet(&self) -> Result<FleetSettings, String> {
        if self.probes_per_region > self.checkers_per_region {
            return Err(format!(
                "--probes-per-region {} is more than --checkers-per-region {}: there would be nobody to send them",
                self.probes_per_region, self.checkers_per_region
            ));
        }
        Ok(FleetSettings {
            checkers_per_region: self.checkers_per_region,
            probes_per_region: self.probes_per_region,
            paths: self.checker_regions.iter().map(|region| (region.region, region.path.clone())).collect(),
        })
    }
}

/// A region and how its checkers reach endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckerRegion {
    pub region: AwsRegion,
    pub path: NetworkPath,
}

fn parse_checker_region(text: &str) -> Result<CheckerRegion, String> {
    let mut parts = text.split(',');
    let name = parts.next().unwrap_or_default();
    let region = name.parse::<AwsRegion>().ok().filter(|region| CHECKER_REGIONS.contains(region)).ok_or_else(|| {
        let known: Vec<_> = CHECKER_REGIONS.iter().map(|region| region.name()).collect();
        format!("there are no health checkers in {name:?}; use one of {}", known.join(", "))
    })?;
    let mut path = NetworkPath::default();
    for part in parts {
        match part.split_once('=') {
            Some(("source", address)) => {
                let address = address.parse().map_err(|_| format!("source={address} is not an IP address"))?;
                path.source = Some(address);
            }
            Some(("loss", percent)) => path.loss_percent = parse_percent(percent)?,
            Some(("latency", latency)) => path.latency = parse_latency(latency)?,
            _ => return Err(format!("{part:?} is none of source=IP, loss=PERCENT and latency=TIME")),
        }
    }
    Ok(CheckerRegion { region, path })
}

fn parse_percent(text: &str) -> Result<u8, String> {
    let percent = text.parse().ok().filter(|percent| *percent <= 100);
    percent.ok_or_else(|| format!("loss={text} is not a whole number from 0 to 100"))
}

/// A time such as `150ms` or `2s`, not negative.
pub fn parse_latency(text: &str) -> Result<Duration, String> {
    parse_time(text).ok_or_else(|| format!("latency={text} is not a time such as 150ms or 2s"))
}
