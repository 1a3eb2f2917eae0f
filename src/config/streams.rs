//! DNS over what is not UDP.

use std::path::PathBuf;

use clap::Args;

use crate::dns::ListenAddress;
use crate::tls_identity::TlsFiles;

/// DNS over TCP, TLS, HTTPS and QUIC.
#[derive(Args, Clone, Debug)]
pub struct StreamSettings {
    /// Where to answer over TLS (DoT); with @VPC, every client of this listener is inside that VPC; port 0 lets the
    /// system choose; repeatable
    #[arg(long, value_name = "ADDR:PORT[@VPC]", value_delimiter = ',', env = "ROUTE53D_DOT")]
    pub dot: Vec<ListenAddress>,

    /// The same over HTTPS (DoH), HTTP/1.1 and HTTP/2, at the path /dns-query; repeatable
    #[arg(long, value_name = "ADDR:PORT[@VPC]", value_delimiter = ',', env = "ROUTE53D_DOH")]
    pub doh: Vec<ListenAddress>,

    /// The same over QUIC (DoQ); repeatable
    #[arg(long, value_name = "ADDR:PORT[@VPC]", value_delimiter = ',', env = "ROUTE53D_DOQ")]
    pub doq: Vec<ListenAddress>,

    /// The certificate chain of listeners over TLS, HTTPS and QUIC, DNS or API, the server's own first (PEM); loaded anew when it
    /// changes. Without it, a self-signed one is made at start
    #[arg(long, value_name = "FILE", env = "ROUTE53D_TLS_CERT")]
    pub tls_cert: Option<PathBuf>,

    /// The key of --tls-cert (PEM of PKCS#8, PKCS#1 or SEC1, without a password)
    #[arg(long, value_name = "FILE", env = "ROUTE53D_TLS_KEY")]
    pub tls_key: Option<PathBuf>,

    /// How many connections there may be over TCP, TLS, HTTPS and QUIC, of all listeners together; the one that has
    /// been idle longest makes room for the next. Without it, 1024, or an eighth of the file descriptors if that is less
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
    /// # Errors
    ///
    /// One is given without the other.
    pub fn tls_files(&self) -> Result<Option<TlsFiles>, String> {
        match (self.tls_cert.clone(), self.tls_key.clone()) {
            (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
            (None, None) => Ok(None),
            (Some(certificate), None) => Err(format!(
                "--tls-cert {}: a certificate is of no use without its key; give that too, with --tls-key FILE",
                certificate.display()
            )),
            (None, Some(key)) => Err(format!(
                "--tls-key {}: a key is of no use without its certificate; give that too, with --tls-cert FILE",
                key.display()
            )),
        }
    }

    /// What is set and does nothing, as a warning. The API may have a use for it too.
    pub fn without_effect(&self, api_is_over_tls: bool) -> Option<String> {
        let has_listener = [&self.dot, &self.doh, &self.doq].into_iter().any(|listeners| !listeners.is_empty());
        (self.tls_cert.is_some() && !has_listener && !api_is_over_tls).then(|| {
            "--tls-cert and --tls-key: no effect, as there is no listener over TLS without --dot, --doh, --doq or \
             --api-tls"
                .to_owned()
        })
    }
}
