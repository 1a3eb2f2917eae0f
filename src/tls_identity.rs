//! What the listeners over TLS prove themselves with: a certificate chain and its key, from files that may change, or
//! made at start.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use data_encoding::HEXUPPER;
use jiff::Timestamp;
use rustls::crypto::{CryptoProvider, ring as provider};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys, ServerConfig};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::certificate::{self, Validity};
use crate::small_file;
use crate::time::Clock;

/// How often to look whether the files have changed. Looking sees what notices of the system miss: the target of a
/// link that was swapped, as Kubernetes does it. What two looks agree on is loaded: nobody is in the middle of writing.
const LOOK: Duration = Duration::from_secs(1);

/// The largest file that is read: room for hundreds of certificates.
const FILE_BYTES: usize = 1 << 20;

/// What `ring` signs with.
const KEYS_TAKEN: &str = "those that can are RSA of 2,048 to 4,096 bits, ECDSA on P-256 or P-384, and Ed25519";

/// Where the certificate chain and the key are, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's own certificate first.
    pub certificate: PathBuf,
    /// In PKCS#8, PKCS#1 or SEC1, without a password.
    pub key: PathBuf,
}

/// The chain and key that handshakes use from now on. Connections that there are keep what they began with.
#[derive(Debug)]
pub struct TlsIdentity {
    current: ArcSwap<CertifiedKey>,
    /// None of an identity that was made at start.
    files: Option<TlsFiles>,
}

impl TlsIdentity {
    /// # Errors
    ///
    /// Which file cannot be used, and why.
    pub fn from_files(files: TlsFiles, clock: &Clock) -> Result<Arc<TlsIdentity>, String> {
        let chain = files.load()?;
        warn_of(&faults(&chain, clock));
        let current = ArcSwap::from_pointee(chain);
        Ok(Arc::new(TlsIdentity { current, files: Some(files) }))
    }

    /// For development: a new key, and a certificate that nobody but itself has signed, for `localhost` and these
    /// addresses.
    pub fn self_signed(addresses: &[IpAddr]) -> Result<Arc<TlsIdentity>, String> {
        let names = [vec!["localhost".to_owned()], addresses.iter().map(IpAddr::to_string).collect()].concat();
        let made = rcgen::generate_simple_self_signed(names)
            .map_err(|error| format!("could not make a TLS certificate: {error}"))?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let current = CertifiedKey::from_der(vec![made.cert.der().clone()], key, &provider::default_provider())
            .map_err(|error| format!("could not use the TLS certificate made at start: {error}"))?;
        Ok(Arc::new(TlsIdentity { current: ArcSwap::from_pointee(current), files: None }))
    }

    /// How a listener shakes hands: TLS 1.2 and 1.3, with tickets to resume by, and the protocols that it speaks.
    pub fn server_config(self: &Arc<Self>, protocols: &[&[u8]]) -> Result<Arc<ServerConfig>, String> {
        let provider = Arc::new(provider::default_provider());
        let config = || -> Result<ServerConfig, Error> {
            let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
            let identity: Arc<dyn ResolvesServerCert> = self.clone();
            let mut config = builder.with_no_client_auth().with_cert_resolver(identity);
            config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
            config.ticketer = provider::Ticketer::new()?;
            Ok(config)
        };
        config().map(Arc::new).map_err(|error| format!("could not set up TLS: {error}"))
    }

    /// SHA-256 of the server's own certificate, in hexadecimal, as `openssl x509 -fingerprint` writes it.
    pub fn fingerprint(&self) -> String {
        let chain = self.current.load();
        let certificate = chain.cert.first().map_or(&[][..], |certificate| certificate);
        let digest = ring::digest::digest(&ring::digest::SHA256, certificate);
        digest.as_ref().iter().map(|byte| HEXUPPER.encode(&[*byte])).collect::<Vec<_>>().join(":")
    }

    /// Loads the files whenever they have changed, and warns when a certificate in use expires. What cannot be used is
    /// logged, and the last good pair stays. Never returns, unless there are no files.
    pub async fn follow_files(self: Arc<Self>, clock: Clock) {
        let Some(files) = self.files.clone() else { return };
        let mut loaded = None;
        let mut last_look = None;
        let mut told = faults(&self.current.load(), &clock);
        loop {
            let look = files.look().await;
            // The first look is of what may have changed since the start: it is loaded once more.
            if look != loaded && look == last_look {
                let read = files.clone();
                match spawn_blocking(move || read.load()).await {
                    Ok(Ok(chain)) => self.replace(chain),
                    Ok(Err(error)) => tracing::error!("the last good TLS certificate stays in use: {error}"),
                    Err(error) => tracing::error!(%error, "could not look at the TLS certificate"),
                }
                loaded = look;
            }
            last_look = look;
            let faults = faults(&self.current.load(), &clock);
            if faults != told {
                warn_of(&faults);
                told = faults;
            }
            sleep(LOOK).await;
        }
    }

    fn replace(&self, chain: CertifiedKey) {
        if self.current.load().cert == chain.cert {
            // Another key cannot belong to it.
            return;
        }
        self.current.store(Arc::new(chain));
        tracing::info!("new TLS certificate, SHA-256 {}", self.fingerprint());
    }
}

impl ResolvesServerCert for TlsIdentity {
    /// Whatever name the client asks for: there is one server here.
    fn resolve(&self, _client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

/// Device, inode, length, and when it was modified and changed, in nanoseconds: what tells one state of a file from
/// another without reading it. `None` of a file that cannot be seen. Links are followed.
type FileState = Option<(u64, u64, u64, i128, i128)>;

impl TlsFiles {
    fn load(&self) -> Result<CertifiedKey, String> {
        let certificate = self.certificate.display();
        let key_file = self.key.display();
        let text = read("--tls-cert", &self.certificate)?;
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&text)
            .collect::<Result<_, _>>()
            .map_err(|error| format!("--tls-cert {certificate}: {}", pem_error(error)))?;
        if chain.is_empty() {
            return Err(format!(
                "--tls-cert {certificate}: there is no certificate in it (-----BEGIN CERTIFICATE-----)"
            ));
        }
        let text = read("--tls-key", &self.key)?;
        let key = PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
            _ if is_protected(&text) => format!(
                "--tls-key {key_file}: the key is protected by a password, for which nobody is asked; write it without \
                 one: openssl pkey -in {key_file} -out NEW_FILE"
            ),
            pem::Error::NoItemsFound => format!(
                "--tls-key {key_file}: there is no private key in it: expected PEM of PKCS#8, PKCS#1 or SEC1, without a \
                 password"
            ),
            error => format!("--tls-key {key_file}: {}", pem_error(error)),
        })?;
        let provider: CryptoProvider = provider::default_provider();
        let key = provider
            .key_provider
            .load_private_key(key)
            .map_err(|error| format!("--tls-key {key_file}: not a key that can be used: {error}; {KEYS_TAKEN}"))?;
        let chain = CertifiedKey::new(chain, key);
        match chain.keys_match() {
            Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(chain),
            Err(Error::InconsistentKeys(_)) => Err(format!(
                "--tls-key {key_file}: the key does not match the first certificate of --tls-cert {certificate}; the \
                 server's own must come first"
            )),
            Err(error) => Err(format!("--tls-cert {certificate}: not a certificate that can be used: {error}")),
        }
    }

    async fn look(&self) -> Option<[FileState; 2]> {
        let paths = [self.certificate.clone(), self.key.clone()];
        spawn_blocking(move || paths.map(|path| state_of(&path).ok())).await.ok()
    }
}

/// Who asked for it may mean it, as in a test of what clients do with it.
fn warn_of(faults: &[String]) {
    for fault in faults {
        tracing::warn!("{fault}: clients that verify it will refuse it");
    }
}

/// What is wrong with the certificates of a chain now.
fn faults(chain: &CertifiedKey, clock: &Clock) -> Vec<String> {
    let now = clock.now().timestamp;
    let count = chain.cert.len();
    let numbered = (1..).zip(&chain.cert);
    let faults = numbered.filter_map(|(number, certificate)| {
        let fault = fault(certificate::validity(certificate)?, now)?;
        Some(format!("TLS certificate {number} of {count} {fault}"))
    });
    faults.collect()
}

/// What is wrong with a certificate at this time.
fn fault(validity: Validity, now: Timestamp) -> Option<String> {
    let Validity { not_before, not_after } = validity;
    // Valid to the end of the second.
    if now.as_second() > not_after.as_second() {
        Some(format!("expired on {not_after}"))
    } else if now < not_before {
        Some(format!("is not valid before {not_before}"))
    } else {
        None
    }
}

fn read(flag: &str, path: &Path) -> Result<Vec<u8>, String> {
    small_file::read(path, FILE_BYTES).map_err(|error| format!("could not read {flag} {}: {error}", path.display()))
}

/// Whether a password is needed for a key in this file: PKCS#8 says so in its first line, the older forms in a header
/// (RFC 1421 §4.6.1.1).
fn is_protected(pem: &[u8]) -> bool {
    pem.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).any(|line| {
        line == b"-----BEGIN ENCRYPTED PRIVATE KEY-----"
            || line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED")
    })
}

fn pem_error(error: pem::Error) -> String {
    let line = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match error {
        pem::Error::MissingSectionEnd { end_marker } => {
            format!("cut short: the line -----END {}----- is missing", line(&end_marker))
        }
        pem::Error::IllegalSectionStart { line: bytes } => {
            format!("not in PEM: {:?} is no line that a part of it begins with", line(&bytes))
        }
        error => format!("not in PEM: {error}"),
    }
}

fn state_of(path: &Path) -> io::Result<(u64, u64, u64, i128, i128)> {
    let metadata = fs::metadata(path)?;
    let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
    let modified = nanoseconds(metadata.mtime(), metadata.mtime_nsec());
    let changed = nanoseconds(metadata.ctime(), metadata.ctime_nsec());
    Ok((metadata.dev(), metadata.ino(), metadata.len(), modified, changed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_valid_from_its_first_second_to_its_last() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let validity = Validity { not_before: at("2026-01-01T00:00:00Z"), not_after: at("2026-12-31T23:59:59Z") };
        for (now, expected) in [
            ("2025-12-31T23:59:59.9Z", Some("is not valid before 2026-01-01T00:00:00Z")),
            ("2026-01-01T00:00:00Z", None),
            ("2026-12-31T23:59:59.9Z", None),
            ("2027-01-01T00:00:00Z", Some("expired on 2026-12-31T23:59:59Z")),
        ] {
            assert_eq!(fault(validity, at(now)).as_deref(), expected, "{now}");
        }
    }
}
