//! Settings, read once: from flags, or from the environment variable named beside each.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use ipnet::IpNet;

use crate::dns::ListenAddress;
use crate::snapshot::CountryData;

/// Where the account comes from; shared by every command.
#[derive(Args, Clone, Debug)]
pub struct AccountSettings {
    /// The directory of the zone files (*.yaml); all of them together are one account
    #[arg(long, value_name = "DIR", default_value = "zones", env = "ROUTE53D_ZONES")]
    pub zones: PathBuf,

    /// A MaxMind database (MMDB) of countries or cities, in place of the built-in registry data
    #[arg(long, value_name = "FILE", env = "ROUTE53D_GEOIP_DB")]
    pub geoip_db: Option<PathBuf>,
}

/// Who may speak for other clients.
#[derive(Args, Clone, Debug, Default)]
pub struct TrustSettings {
    /// Senders whose EDNS client subnet counts as the source address when the VPC is looked for; repeatable
    #[arg(
        long = "trust-client-subnet-from",
        value_name = "CIDR",
        value_delimiter = ',',
        value_parser = parse_network,
        env = "ROUTE53D_TRUST_CLIENT_SUBNET_FROM"
    )]
    pub subnet_trusted_senders: Vec<IpNet>,
}

/// A network; an address alone is the network of that address only.
pub fn parse_network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse()
        .or_else(|_| address())
        .map_err(|_| "expected a network such as 192.0.2.0/24 or 2001:db8::/32".to_owned())
}

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

    /// Once queries are answered, write the listeners' addresses to this file as JSON: {"dns": ["127.0.0.1:1053"]}
    #[arg(long, value_name = "FILE", env = "ROUTE53D_READY_FILE")]
    pub ready_file: Option<PathBuf>,

    #[command(flatten)]
    pub trust: TrustSettings,

    /// What to log: error, warn, info, debug or trace, or a filter such as route53d::health=debug
    #[arg(long, value_name = "FILTER", default_value = "info", env = "ROUTE53D_LOG")]
    pub log: String,
}

impl AccountSettings {
    /// Reads the `--geoip-db` file if there is one.
    pub fn country_data(&self) -> Result<CountryData, String> {
        let Some(path) = &self.geoip_db else { return Ok(CountryData::BuiltIn) };
        let name = Path::display(path);
        let bytes = fs::read(path).map_err(|error| format!("could not read --geoip-db {name}: {error}"))?;
        CountryData::from_mmdb(bytes).map_err(|error| format!("--geoip-db {name} is not an MMDB file: {error}"))
    }
}
