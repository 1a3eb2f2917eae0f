//! Where the Route 53 API is, and who may use it.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;

use super::{OptionalAddress, parse_time};

/// The Route 53 API.
#[derive(Args, Clone, Debug)]
pub struct ApiSettings {
    /// Where to serve the Route 53 API over HTTP; port 0 lets the system choose, `off` is nowhere. Elsewhere than on the
    /// loopback interface it demands --credentials or --insecure-api
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:4566", env = "ROUTE53D_API")]
    pub api: OptionalAddress,

    /// Serve the API over HTTPS, with the certificate of --tls-cert or a self-signed one
    #[arg(long, value_parser = BoolishValueParser::new(), env = "ROUTE53D_API_TLS")]
    pub api_tls: bool,

    /// The keys that requests to the API must be signed with (YAML); without it any credentials will do
    #[arg(long, value_name = "FILE", env = "ROUTE53D_CREDENTIALS", conflicts_with = "insecure_api")]
    pub credentials: Option<PathBuf>,

    /// Refuse requests that name a VPC which neither zone files nor operators nor EC2 describe (InvalidVPCId); without it,
    /// a VPC becomes known by being named
    #[arg(long, value_parser = BoolishValueParser::new(), env = "ROUTE53D_STRICT_VPCS")]
    pub strict_vpcs: bool,

    /// How long changes are PENDING, such as 5s: so long DNS answers from what was before a change
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = parse_change_delay, env = "ROUTE53D_CHANGE_DELAY")]
    pub change_delay: Duration,

    /// Refuse requests as Route 53 does, for clients to back off: beyond five a second (Throttling), and changes of a
    /// hosted zone while another is processed, which takes 200 ms (PriorRequestNotComplete)
    #[arg(long, value_parser = BoolishValueParser::new(), env = "ROUTE53D_THROTTLE")]
    pub throttle: bool,

    /// Let whoever reaches the API change everything: it looks at no credentials
    #[arg(long, value_parser = BoolishValueParser::new(), env = "ROUTE53D_INSECURE_API")]
    pub insecure_api: bool,
}

impl ApiSettings {
    /// Whether the API needs a certificate.
    pub fn is_over_tls(&self) -> bool {
        self.api_tls && self.api != OptionalAddress::Off
    }

    /// What is set and does nothing, as a warning.
    pub fn without_effect(&self) -> Option<String> {
        let is_off = self.api == OptionalAddress::Off;
        let flags = [
            (self.api_tls, "--api-tls"),
            (self.throttle, "--throttle"),
            (self.strict_vpcs, "--strict-vpcs"),
            (self.credentials.is_some(), "--credentials"),
            (self.insecure_api, "--insecure-api"),
        ];
        let set: Vec<&str> = flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| *flag).collect();
        (is_off && !set.is_empty()).then(|| format!("{}: no effect with --api off", set.join(" and ")))
    }
}

/// The longest that changes may wait to be served. Each that waits holds what it has changed in memory.
const LONGEST_CHANGE_DELAY: Duration = Duration::from_secs(600);

fn parse_change_delay(text: &str) -> Result<Duration, String> {
    parse_time(text)
        .filter(|delay| *delay <= LONGEST_CHANGE_DELAY)
        .ok_or_else(|| "expected a time such as 5s or 500ms, of ten minutes at the most".to_owned())
}
