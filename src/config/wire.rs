//! What is said beside the answers.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::BoolishValueParser;
use data_encoding::HEXLOWER_PERMISSIVE;

use crate::dns::policy::{NSID_BYTES, ROUTE53_UDP_PAYLOAD_SIZE};
use crate::dns::{CookieSecret, CookieSecrets, WirePolicy};
use crate::small_file;

/// Two lines of 32 digits, with room for white space.
const COOKIE_SECRET_BYTES: usize = 1_024;

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

/// The name of a server, as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nsid(Box<[u8]>);

fn parse_nsid(text: &str) -> Result<Nsid, String> {
    let bytes = match text.strip_prefix("0x") {
        Some(digits) => HEXLOWER_PERMISSIVE
            .decode(digits.as_bytes())
            .map_err(|_| "after 0x, expected hexadecimal digits, two for each byte")?,
        None => text.as_bytes().to_vec(),
    };
    if !(1..=NSID_BYTES).contains(&bytes.len()) {
        return Err(format!("expected 1 to {NSID_BYTES} bytes, not {}", bytes.len()));
    }
    Ok(Nsid(bytes.into()))
}

fn read_cookie_secrets(path: &Path) -> Result<CookieSecrets, String> {
    let name = path.display();
    let text = small_file::read_text(path, COOKIE_SECRET_BYTES)
        .map_err(|error| format!("could not read --cookie-secret-file {name}: {error}"))?;
    let secret = |line: &str| {
        let bytes = HEXLOWER_PERMISSIVE.decode(line.trim().as_bytes()).ok()?;
        bytes.try_into().ok().map(CookieSecret)
    };
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
