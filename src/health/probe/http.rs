//! One HTTP or HTTPS probe of one endpoint.

use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONNECTION, HOST, HeaderValue, USER_AGENT};
use reqwest::{Client, RequestBuilder, Response, Url, redirect, retry};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::sync::Notify;
use tokio::time::timeout;
use tower::util::MapResponseLayer;

use crate::model::{EndpointAddress, EndpointCheck, HealthCheckId, ProbeProtocol};

use super::outcome::{ProbeFinding, ProbeOutcome};
use super::tls::notify_at_handshake;

/// HC-10: from the first SYN to a TCP connection. Also what finding the address may take, where Route 53 gives no
/// number.
const CONNECT_LIMIT: Duration = Duration::from_secs(4);
/// HC-10: from the TCP connection to the status code, the TLS handshake included.
const STATUS_LIMIT: Duration = Duration::from_secs(2);

/// Headers of one response. Route 53 bounds their bytes (HC-16), not their number; the library's own bound of 100 would
/// fail endpoints that Route 53 passes.
const MAX_HEADERS: usize = 1_000;

/// What is asked of an endpoint, the same at every probe.
#[derive(Clone, Debug)]
pub struct HttpProbe {
    scheme: Scheme,
    address: EndpointAddress,
    port: u16,
    resource_path: Box<str>,
    enable_sni: bool,
    user_agent: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

impl HttpProbe {
    /// The probe of a check by status code; `None` for the other protocols.
    pub fn new(id: &HealthCheckId, endpoint: &EndpointCheck) -> Option<HttpProbe> {
        let scheme = match endpoint.protocol {
            ProbeProtocol::Http => Scheme::Http,
            ProbeProtocol::Https => Scheme::Https,
            ProbeProtocol::HttpStrMatch(_) | ProbeProtocol::HttpsStrMatch(_) | ProbeProtocol::Tcp => return None,
        };
        Some(HttpProbe {
            scheme,
            address: endpoint.address.clone(),
            port: endpoint.port,
            resource_path: endpoint.resource_path.clone(),
            enable_sni: endpoint.enable_sni,
            // HC-20.
            user_agent: format!("Amazon-Route53-Health-Check-Service (ref {id}; report http://amzn.to/1vsZADi)"),
        })
    }

    /// Probes the endpoint once, within 10 seconds whatever it does. `tls` comes from [`super::tls::client_config`].
    pub async fn run(&self, tls: &ClientConfig) -> ProbeOutcome {
        let name = match &self.address {
            EndpointAddress::Ip { ip_address, .. } => {
                return ProbeOutcome { finding: self.ask(*ip_address, tls).await, resolved_ip: None };
            }
            EndpointAddress::DomainName(name) => name,
        };
        let Some(address) = resolve(name).await else {
            return ProbeOutcome { finding: ProbeFinding::DnsResolutionFailed, resolved_ip: None };
        };
        ProbeOutcome { finding: self.ask(address, tls).await, resolved_ip: Some(address) }
    }

    /// HC-10's two limits follow each other, so the second begins when the connection stands, not when it was tried.
    /// reqwest's own `connect_timeout` takes in the TLS handshake and its `timeout` begins before the connection;
    /// hence neither is used, and the client tells through `connected` when TCP has connected.
    async fn ask(&self, address: IpAddr, tls: &ClientConfig) -> ProbeFinding {
        let connected = Arc::new(Notify::new());
        let request = match self.request(address, tls, &connected) {
            Ok(request) => request,
            Err(finding) => return finding,
        };
        let mut response = pin!(request.send());
        let connecting = tokio::select! {
            biased;
            response = &mut response => return finding(response),
            connecting = timeout(CONNECT_LIMIT, connected.notified()) => connecting,
        };
        if connecting.is_err() {
            return ProbeFinding::ConnectionTimedOut;
        }
        timeout(STATUS_LIMIT, response).await.map_or(ProbeFinding::NoStatusInTime, finding)
    }

    /// A client for this one request: it pins the address, carries the signal, and holds nothing between probes. Its
    /// making costs some microseconds, a small part of a TCP connection.
    fn request(
        &self,
        address: IpAddr,
        tls: &ClientConfig,
        connected: &Arc<Notify>,
    ) -> Result<RequestBuilder, ProbeFinding> {
        let url = self.url(address)?;
        let socket_address = SocketAddr::new(address, self.port);
        let at_connection = Arc::clone(connected);
        let client = Client::builder()
            .no_proxy()
            .http1_only()
            .http1_title_case_headers()
            .http1_max_headers(MAX_HEADERS)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .pool_max_idle_per_host(0)
            .resolve(url.host_str().unwrap_or_default(), socket_address)
            .tls_backend_preconfigured(notify_at_handshake(tls, Arc::clone(connected)))
            // For HTTPS this layer is told only after the handshake; the TLS configuration has spoken by then.
            .connector_layer(MapResponseLayer::new(move |connection| {
                at_connection.notify_one();
                connection
            }))
            .build()
            .map_err(cannot_ask)?;
        let header = |text: &str| HeaderValue::from_bytes(text.as_bytes()).map_err(cannot_ask);
        Ok(client
            .get(url)
            .header(HOST, header(&self.host(address))?)
            .header(USER_AGENT, header(&self.user_agent)?)
            .header(CONNECTION, HeaderValue::from_static("close")))
    }

    /// HC-17: the domain name, or the address if there is none, and the port unless it is the scheme's own.
    fn host(&self, address: IpAddr) -> String {
        let host = match self.address.fully_qualified_domain_name() {
            Some(name) => name.to_owned(),
            None => host_of(address),
        };
        match (self.scheme, self.port) {
            (Scheme::Http, 80) | (Scheme::Https, 443) => host,
            (Scheme::Http | Scheme::Https, port) => format!("{host}:{port}"),
        }
    }

    /// Its host is what TLS sends as server name, and nothing else: the Host header and the address are set apart.
    /// HC-15: no SNI without a name, which an address in its place achieves (RFC 6066 §3).
    fn url(&self, address: IpAddr) -> Result<Url, ProbeFinding> {
        let (scheme, server_name) = match self.scheme {
            Scheme::Http => ("http", None),
            Scheme::Https => ("https", self.server_name()),
        };
        let Self { port, resource_path: path, .. } = self;
        let with_name = server_name.and_then(|name| Url::parse(&format!("{scheme}://{name}:{port}{path}")).ok());
        // URLs have more ways to write an address than ours: `0x7f.1` is one, and would be connected to.
        match with_name.filter(|url| url.domain().is_some()) {
            Some(url) => Ok(url),
            None => Url::parse(&format!("{scheme}://{}:{port}{path}", host_of(address))).map_err(cannot_ask),
        }
    }

    fn server_name(&self) -> Option<&str> {
        let name = self.address.fully_qualified_domain_name().filter(|_| self.enable_sni)?;
        matches!(ServerName::try_from(name), Ok(ServerName::DnsName(_))).then_some(name)
    }
}

/// HC-18: IPv4 only, by the system's resolver, the first address it gives.
async fn resolve(name: &str) -> Option<IpAddr> {
    let mut addresses = timeout(CONNECT_LIMIT, tokio::net::lookup_host((name, 0))).await.ok()?.ok()?;
    addresses.find(SocketAddr::is_ipv4).map(|address| address.ip())
}

/// An address as URLs and Host headers write it.
fn host_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

/// The status code is enough: the body stays unread, and dropping the response closes the connection.
fn finding(response: reqwest::Result<Response>) -> ProbeFinding {
    match response {
        Ok(response) => {
            let status = response.status();
            // hyper keeps the phrase only where it is not the usual one.
            let sent = response.extensions().get::<hyper::ext::ReasonPhrase>();
            let reason = sent.map(|phrase| String::from_utf8_lossy(phrase.as_bytes()).into_owned());
            let reason = reason.or_else(|| status.canonical_reason().map(str::to_owned));
            let reason = reason.filter(|reason| !reason.is_empty()).map(String::into_boxed_str);
            ProbeFinding::HttpStatus { code: status.as_u16(), reason }
        }
        Err(error) => ProbeFinding::of_error(&error),
    }
}

fn cannot_ask(error: impl std::error::Error) -> ProbeFinding {
    ProbeFinding::Other(format!("The request cannot be made: {error}").into())
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    const V4: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    const V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));

    fn probe(scheme: Scheme, ip_address: IpAddr, name: Option<&str>, port: u16) -> HttpProbe {
        HttpProbe {
            scheme,
            address: EndpointAddress::Ip { ip_address, fully_qualified_domain_name: name.map(Into::into) },
            port,
            resource_path: "/health".into(),
            enable_sni: true,
            user_agent: String::new(),
        }
    }

    #[test]
    fn host_leaves_out_only_the_port_of_its_own_scheme() {
        for (scheme, address, name, port, host) in [
            (Scheme::Http, V4, Some("Www.example.com"), 80, "Www.example.com"),
            (Scheme::Http, V4, Some("www.example.com"), 443, "www.example.com:443"),
            (Scheme::Https, V4, Some("www.example.com"), 443, "www.example.com"),
            (Scheme::Https, V4, Some("www.example.com"), 80, "www.example.com:80"),
            (Scheme::Http, V4, None, 80, "192.0.2.1"),
            (Scheme::Http, V6, None, 8080, "[2001:db8::1]:8080"),
        ] {
            assert_eq!(probe(scheme, address, name, port).host(address), host);
        }
    }

    #[test]
    fn the_server_name_is_a_domain_name_or_the_endpoints_own_address() {
        for (name, host) in [
            (Some("www.example.com"), "www.example.com"),
            (Some("_under.example.com"), "_under.example.com"),
            (None, "192.0.2.1"),
            (Some("203.0.113.9"), "192.0.2.1"),
            (Some("0x7f.1"), "192.0.2.1"),
            (Some("user@example.com"), "192.0.2.1"),
        ] {
            let url = probe(Scheme::Https, V4, name, 443).url(V4).unwrap();
            assert_eq!(url.host_str(), Some(host), "{name:?}");
        }
    }
}
