//! Whether somebody else says what VPCs there are.

use std::time::Duration;

use clap::Args;

use crate::client::{Credentials, Endpoint};
use crate::ec2::Ec2;
use crate::model::AwsRegion;
use crate::time::Clock;

use super::aws_environment::{credentials, root_certificates};
use super::parse_time;

/// An EC2 that is asked for VPCs.
#[derive(Args, Clone, Debug)]
pub struct Ec2Settings {
    /// Ask this EC2 for its VPCs and their networks (DescribeVpcs), such as `http://127.0.0.1:4566` of another emulator, or
    /// `https://ec2.eu-west-1.amazonaws.com`; what zone files and operators say of a VPC comes first. Keys are those of
    /// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; root certificates for HTTPS are the system's, or
    /// those of the file AWS_CA_BUNDLE
    #[arg(long, value_name = "URL", value_parser = Endpoint::parse, env = "ROUTE53D_EC2_ENDPOINT")]
    pub ec2_endpoint: Option<Endpoint>,

    /// The region that it is asked for
    #[arg(long, value_name = "REGION", default_value = "us-east-1", value_parser = parse_region, env = "ROUTE53D_EC2_REGION")]
    pub ec2_region: AwsRegion,

    /// How long until it is asked again; with --strict-vpcs, a request that names an unknown VPC asks at once
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_interval, env = "ROUTE53D_EC2_INTERVAL")]
    pub ec2_interval: Duration,
}

impl Ec2Settings {
    /// # Errors
    ///
    /// Why it cannot be asked.
    pub fn ec2(&self) -> Result<Option<Ec2>, String> {
        let Some(endpoint) = self.ec2_endpoint.clone() else { return Ok(None) };
        // Emulators take anybody's keys, but look into the signature for the region.
        let anybody = || Credentials {
            access_key_id: "test".to_owned(),
            secret_access_key: "test".to_owned(),
            session_token: None,
        };
        let roots = root_certificates();
        credentials()
            .and_then(|credentials| {
                let credentials = credentials.unwrap_or_else(anybody);
                Ec2::new(endpoint, roots.as_deref(), self.ec2_region, credentials, Clock::real())
            })
            .map(Some)
            .map_err(|error| format!("--ec2-endpoint: {error}"))
    }
}

fn parse_region(text: &str) -> Result<AwsRegion, String> {
    text.parse().map_err(|_| "expected a region such as eu-west-1".to_owned())
}

/// Not without a pause: somebody has to answer.
fn parse_interval(text: &str) -> Result<Duration, String> {
    const SHORTEST: Duration = Duration::from_millis(100);
    parse_time(text)
        .filter(|time| *time >= SHORTEST)
        .ok_or_else(|| "expected a time such as 10s, 100ms or more".to_owned())
}
