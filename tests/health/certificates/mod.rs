//! Certificates for `www.example.com` and others. They were made with openssl for these tests and share one key, which
//! nothing else has ever used. Those that are to be valid are so until 2120.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// Self-signed, as all but [`SIGNED`] are.
pub const FQDN: &str = include_str!("fqdn.pem");
pub const SIGNED: &str = include_str!("signed.pem");
/// Who signed it.
pub const CA: &str = include_str!("ca.pem");
pub const EXPIRED: &str = include_str!("expired.pem");
/// But in 2120, for a day.
pub const NOT_YET_VALID: &str = include_str!("not_yet_valid.pem");
/// `*.example.com`.
pub const WILDCARD: &str = include_str!("wildcard.pem");
/// The name is the subject's, and there are no alternative names.
pub const COMMON_NAME: &str = include_str!("common_name.pem");
/// The same in a certificate of version 1, which has no extensions at all.
pub const VERSION_1: &str = include_str!("version_1.pem");
/// Neither alternative names nor a common name.
pub const NAMELESS: &str = include_str!("nameless.pem");
/// `other.invalid`.
pub const OTHER_NAME: &str = include_str!("other_name.pem");
/// `expired.invalid`, expired since 2020.
pub const EXPIRED_OTHER_NAME: &str = include_str!("expired_other_name.pem");

const KEY: &str = include_str!("key.pem");

pub fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

/// Is served to everyone, whomever they call.
#[derive(Debug)]
pub struct OneCertificate(Arc<CertifiedKey>);

impl OneCertificate {
    pub fn new(chain: Vec<CertificateDer<'static>>) -> Arc<OneCertificate> {
        let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
        let key = ring::default_provider().key_provider.load_private_key(key).unwrap();
        Arc::new(OneCertificate(Arc::new(CertifiedKey::new(chain, key))))
    }
}

impl ResolvesServerCert for OneCertificate {
    fn resolve(&self, _client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}
