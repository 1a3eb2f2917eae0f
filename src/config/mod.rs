//! Settings, read once: from flags, or from the environment variable named beside each.

mod account;
mod admin;
mod api;
pub mod aws_environment;
mod defence;
mod ec2;
mod health;
mod optional_address;
mod streams;
mod trust;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

use crate::dns::ListenAddress;

pub use account::AccountSettings;
pub use admin::AdminToken;
pub use api::ApiSettings;
pub use defence::DefenceSettings;
pub use ec2::Ec2Settings;
pub use health::{AddressSettings, CheckerRegion, HealthSettings};
pub use optional_address::OptionalAddress;
pub use streams::StreamSettings;
pub use trust::{TrustSettings, parse_network};
pub use wire::{Nsid, WireSettings};

/// What `serve` needs to know.
#[derive(Args, Clone, Debug)]
pub struct ServeSettings {
    #[command(flatten)]
    pub account: AccountSettings,

    /// Where to answer, over UDP and TCP; with @VPC, every client of this listener is inside that VPC; port 0 lets
    /// the system choose; the IPv6 wildcard takes IPv6 only; repeatable
    #[arg(
        long = "dns",
        value_name = "ADDR:PORT[@VPC]",
        value_delimiter = ',',
        default_value = "127.0.0.1:1053",
        env = "ROUTE53D_DNS"
    )]
    pub dns: Vec<ListenAddress>,

    /// How many threads answer over UDP, for each listener; without it, one for each processor
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256), env = "ROUTE53D_UDP_THREADS")]
    pub udp_threads: Option<u16>,

    #[command(flatten)]
    pub streams: StreamSettings,

    /// Once queries are answered, write the listeners' addresses to this file as JSON, null for what is off:
    /// {"dns": ["127.0.0.1:1053"], "dot": [], "doh": [], "doq": [], "admin": "http://127.0.0.1:8053",
    /// "api": "http://127.0.0.1:4566", "pid": 4711}; it is removed at the end
    #[arg(long, value_name = "FILE", env = "ROUTE53D_READY_FILE")]
    pub ready_file: Option<PathBuf>,

    /// Keep in this directory, over restarts, what is changed while the server runs: hosted zones other than those of
    /// zone files, and what operators set by hand (forced health checks, routing controls); without it, it is kept in
    /// memory
    #[arg(long, value_name = "DIR", env = "ROUTE53D_DATA_DIR")]
    pub data_dir: Option<PathBuf>,

    #[command(flatten)]
    pub trust: TrustSettings,

    #[command(flatten)]
    pub wire: WireSettings,

    #[command(flatten)]
    pub defence: DefenceSettings,

    #[command(flatten)]
    pub health: HealthSettings,

    #[command(flatten)]
    pub addresses: AddressSettings,

    /// Where operators see health checks and set them by hand, over HTTP; `off` for nowhere. Elsewhere than on the
    /// loopback interface it demands --admin-token-file
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8053", env = "ROUTE53D_ADMIN")]
    pub admin: OptionalAddress,

    #[command(flatten)]
    pub admin_token: AdminToken,

    #[command(flatten)]
    pub api: ApiSettings,

    #[command(flatten)]
    pub ec2: Ec2Settings,

    /// What to log: error, warn, info, debug or trace, or a filter such as route53d::health=debug
    #[arg(long, value_name = "FILTER", default_value = "info", env = "ROUTE53D_LOG")]
    pub log: String,
}

impl ServeSettings {
    pub fn udp_threads(&self) -> usize {
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        self.udp_threads.map_or_else(processors, usize::from)
    }
}

/// A time such as `150ms`, `5s` or `1m 30s`, not negative.
fn parse_time(text: &str) -> Option<Duration> {
    Duration::try_from(text.parse::<SignedDuration>().ok()?).ok()
}
