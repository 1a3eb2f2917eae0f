//! Settings, read once: from flags, or from the environment variable named beside each.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;
use ipnet::IpNet;
use jiff::SignedDuration;

use crate::dns::policy::{NSID_BYTES, ROUTE53_UDP_PAYLOAD_SIZE};
use crate::dns::rate_limit::{RateLimit, RateLimiter};
use crate::dns::{CookieSecret, CookieSecrets, Defence, ListenAddress, WirePolicy};
use crate::health::probe::NetworkPath;
use crate::health::settings::FleetSettings;
use crate::model::health_check::CHECKER_REGIONS;
use crate::model::{AddressPolicy, AwsRegion};
use crate::serve::health_resolver::HealthResolver;
use crate::snapshot::CountryData;
use crate::tls_identity::TlsFiles;

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

/// How the listeners guard themselves, and whom they believe about a client's address.
#[derive(Args, Clone, Debug, Default)]
pub struct DefenceSettings {
    /// Limit the responses over UDP, to this many a second for each network of clients (an IPv4 /24, an IPv6 /56) and
    /// each kind: answers, responses without an answer, errors. Without it there is no limit
    #[arg(
        long = "rrl",
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=i64::from(RateLimit::MAX_RATE)),
        env = "ROUTE53D_RRL"
    )]
    pub rate_limit: Option<u32>,

    /// One in N of the responses above the rate is sent truncated, so that a client that is real asks again over TCP;
    /// 0: none, 1: all
    #[arg(
        long = "rrl-slip",
        value_name = "N",
        default_value_t = 2,
        value_parser = clap::value_parser!(u32).range(0..=100),
        env = "ROUTE53D_RRL_SLIP"
    )]
    pub rate_limit_slip: u32,

    /// Clients whose responses are not limited; repeatable
    #[arg(
        long = "rrl-allow",
        value_name = "CIDR",
        value_delimiter = ',',
        value_parser = parse_network,
        env = "ROUTE53D_RRL_ALLOW"
    )]
    pub rate_limit_exempt: Vec<IpNet>,

    /// Senders that put a PROXY header (version 2) before each datagram, and at the beginning of each connection: the
    /// client that it names is the one who asks. What they send without one is dropped; repeatable
    #[arg(
        long = "proxy-protocol-from",
        value_name = "CIDR",
        value_delimiter = ',',
        value_parser = parse_network,
        env = "ROUTE53D_PROXY_PROTOCOL_FROM"
    )]
    pub proxies: Vec<IpNet>,
}

impl DefenceSettings {
    /// The defence of listeners at these addresses.
    pub fn defence(&self, own_addresses: impl IntoIterator<Item = SocketAddr>) -> Defence {
        let limiter = |per_second| {
            let (slip, exempt) = (self.rate_limit_slip, self.rate_limit_exempt.clone());
            Arc::new(RateLimiter::new(RateLimit { per_second, slip, exempt }))
        };
        Defence {
            own_addresses: own_addresses.into_iter().collect(),
            proxies: self.proxies.clone().into(),
            rate_limiter: self.rate_limit.map(limiter),
            ..Defence::default()
        }
    }
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

    /// How many threads answer over UDP, for each listener; without it, one for each processor
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256), env = "ROUTE53D_UDP_THREADS")]
    pub udp_threads: Option<u16>,

    #[command(flatten)]
    pub streams: StreamSettings,

    /// Once queries are answered, write the listeners' addresses to this file as JSON: {"dns": ["127.0.0.1:1053"],
    /// "dot": [], "admin": "http://127.0.0.1:8053"}
    #[arg(long, value_name = "FILE", env = "ROUTE53D_READY_FILE")]
    pub ready_file: Option<PathBuf>,

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
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8053", value_parser = parse_admin, env = "ROUTE53D_ADMIN")]
    pub admin: AdminAddress,

    #[command(flatten)]
    pub admin_token: AdminToken,

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

/// DNS over TCP and over TLS.
#[derive(Args, Clone, Debug)]
pub struct StreamSettings {
    /// Where to answer over TLS (DoT); with @VPC, every client of this listener is inside that VPC; port 0 lets the
    /// system choose; repeatable
    #[arg(long, value_name = "ADDR:PORT[@VPC]", value_delimiter = ',', env = "ROUTE53D_DOT")]
    pub dot: Vec<ListenAddress>,

    /// The same over QUIC (DoQ); repeatable
    #[arg(long, value_name = "ADDR:PORT[@VPC]", value_delimiter = ',', env = "ROUTE53D_DOQ")]
    pub doq: Vec<ListenAddress>,

    /// The certificate chain of listeners over TLS and QUIC, the server's own first (PEM); loaded anew when it changes. Without
    /// it, a self-signed one is made at start
    #[arg(long, value_name = "FILE", requires = "tls_key", env = "ROUTE53D_TLS_CERT")]
    pub tls_cert: Option<PathBuf>,

    /// The key of --tls-cert (PEM of PKCS#8, PKCS#1 or SEC1, without a password)
    #[arg(long, value_name = "FILE", requires = "tls_cert", env = "ROUTE53D_TLS_KEY")]
    pub tls_key: Option<PathBuf>,

    /// How many connections there may be over TCP and TLS, of all listeners together; the one that has been idle
    /// longest makes room for the next. Without it, 1024, or an eighth of the file descriptors if that is less
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), env = "ROUTE53D_TCP_CONNECTIONS")]
    pub tcp_connections: Option<u16>,

    /// The same for the connections of one client: an IPv4 address, or the /64 of an IPv6 address
    #[arg(
        long,
        value_name = "N",
        default_value_t = 128,
        value_parser = clap::value_parser!(u16).range(1..),
        env = "ROUTE53D_TCP_CONNECTIONS_PER_ADDRESS"
    )]
    pub tcp_connections_per_address: u16,
}

impl StreamSettings {
    /// Both or neither are given.
    pub fn tls_files(&self) -> Option<TlsFiles> {
        let (certificate, key) = (self.tls_cert.clone()?, self.tls_key.clone()?);
        Some(TlsFiles { certificate, key })
    }
}

/// What is said beside the answers.
#[derive(Args, Clone, Debug)]
pub struct WireSettings {
    /// The largest response over UDP, in bytes, for clients that take as much
    #[arg(
        long,
        value_name = "BYTES",
        default_value_t = ROUTE53_UDP_PAYLOAD_SIZE,
        value_parser = clap::value_parser!(u16).range(512..=4096),
        env = "ROUTE53D_MAX_UDP_SIZE"
    )]
    pub max_udp_size: u16,

    /// What this server calls itself to clients that ask (EDNS NSID, `dig +nsid`): text, or bytes as 0x and hexadecimal
    /// digits; without it, nothing
    #[arg(long, value_name = "TEXT", value_parser = parse_nsid, env = "ROUTE53D_NSID")]
    pub nsid: Option<Nsid>,

    /// Tell clients of EDNS why they are refused (RFC 8914); Route 53 does not
    #[arg(long, value_parser = BoolishValueParser::new(), env = "ROUTE53D_EXTENDED_ERRORS")]
    pub extended_errors: bool,

    /// For servers that share an address: DNS cookies are made with the secret in this file, 32 hexadecimal digits; on a
    /// second line, the secret before it, which still counts. Without it, each start makes a secret of its own
    #[arg(long, value_name = "FILE", env = "ROUTE53D_COOKIE_SECRET_FILE")]
    pub cookie_secret_file: Option<PathBuf>,
}

/// The name of a server, as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nsid(Box<[u8]>);

fn parse_nsid(text: &str) -> Result<Nsid, String> {
    let bytes = match text.strip_prefix("0x") {
        Some(digits) => hex_bytes(digits).ok_or("after 0x, expected hexadecimal digits, two for each byte")?,
        None => text.as_bytes().to_vec(),
    };
    if !(1..=NSID_BYTES).contains(&bytes.len()) {
        return Err(format!("expected 1 to {NSID_BYTES} bytes, not {}", bytes.len()));
    }
    Ok(Nsid(bytes.into()))
}

fn hex_bytes(digits: &str) -> Option<Vec<u8>> {
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some((char::from(*high).to_digit(16)? << 4 | char::from(*low).to_digit(16)?) as u8),
        _ => None,
    };
    digits.as_bytes().chunks(2).map(byte).collect()
}

impl WireSettings {
    /// Reads the secret of the cookies, or makes one.
    pub fn policy(&self) -> Result<WirePolicy, String> {
        let cookies = match &self.cookie_secret_file {
            Some(path) => read_cookie_secrets(path)?,
            None => CookieSecrets { current: random_secret()?, previous: None },
        };
        Ok(WirePolicy {
            cookies,
            nsid: self.nsid.as_ref().map(|nsid| nsid.0.clone()),
            max_udp_payload_size: self.max_udp_size,
            sends_extended_errors: self.extended_errors,
        })
    }
}

fn read_cookie_secrets(path: &Path) -> Result<CookieSecrets, String> {
    let name = path.display();
    let text =
        fs::read_to_string(path).map_err(|error| format!("could not read --cookie-secret-file {name}: {error}"))?;
    let secret = |line: &str| hex_bytes(line.trim()).and_then(|bytes| bytes.try_into().ok()).map(CookieSecret);
    let secrets: Option<Vec<_>> = text.lines().filter(|line| !line.trim().is_empty()).map(secret).collect();
    match secrets.as_deref() {
        Some([current]) => Ok(CookieSecrets { current: *current, previous: None }),
        Some([current, previous]) => Ok(CookieSecrets { current: *current, previous: Some(*previous) }),
        _ => Err(format!(
            "--cookie-secret-file {name}: expected a line of 32 hexadecimal digits, or two; make one with `openssl rand -hex 16`"
        )),
    }
}

fn random_secret() -> Result<CookieSecret, String> {
    let mut secret = [0; 16];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut secret).map_err(|_| "the system has no random bytes for the secret of DNS cookies".to_owned())?;
    Ok(CookieSecret(secret))
}

/// Where the admin listener is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminAddress {
    Off,
    At(SocketAddr),
}

fn parse_admin(text: &str) -> Result<AdminAddress, String> {
    if text == "off" {
        return Ok(AdminAddress::Off);
    }
    text.parse().map(AdminAddress::At).map_err(|_| "expected ADDR:PORT such as 127.0.0.1:8053, or off".to_owned())
}

/// What clients of the admin listener must show, shared by the server and its clients.
#[derive(Args, Clone, Debug, Default)]
pub struct AdminToken {
    /// The bearer token of the admin listener is in this file
    #[arg(long, value_name = "FILE", env = "ROUTE53D_ADMIN_TOKEN_FILE")]
    pub admin_token_file: Option<PathBuf>,
}

impl AdminToken {
    /// Reads the token if there is one, without the white space around it.
    pub fn read(&self) -> Result<Option<String>, String> {
        let Some(path) = &self.admin_token_file else { return Ok(None) };
        let name = Path::display(path);
        let token =
            fs::read_to_string(path).map_err(|error| format!("could not read --admin-token-file {name}: {error}"))?;
        let token = token.trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("--admin-token-file {name}: a token is one or more visible ASCII characters"));
        }
        Ok(Some(token.to_owned()))
    }
}

/// How health is checked.
#[derive(Args, Clone, Debug)]
pub struct HealthSettings {
    /// Keep what operators set by hand (forced health checks, routing controls) in this directory, over restarts;
    /// without it, it is kept in memory
    #[arg(long, value_name = "DIR", env = "ROUTE53D_DATA_DIR")]
    pub data_dir: Option<PathBuf>,

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
    let latency = text.parse::<SignedDuration>().ok().and_then(|latency| Duration::try_from(latency).ok());
    latency.ok_or_else(|| format!("latency={text} is not a time such as 150ms or 2s"))
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

impl AccountSettings {
    /// Reads the `--geoip-db` file if there is one.
    pub fn country_data(&self) -> Result<CountryData, String> {
        let Some(path) = &self.geoip_db else { return Ok(CountryData::BuiltIn) };
        let name = Path::display(path);
        let bytes = fs::read(path).map_err(|error| format!("could not read --geoip-db {name}: {error}"))?;
        CountryData::from_mmdb(bytes).map_err(|error| format!("--geoip-db {name} is not an MMDB file: {error}"))
    }
}
