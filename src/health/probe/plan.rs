//! What a check asks of its endpoint. All that is the same at every probe is made here, once.

use std::fmt::Write;
use std::net::IpAddr;

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::header::{ACCEPT, CONNECTION, HOST, HeaderMap, HeaderValue, USER_AGENT};
use hyper::{Request, Uri};
use rustls::pki_types::ServerName;

use crate::model::{EndpointAddress, EndpointCheck, HealthCheckId, ProbeProtocol};

use super::outcome::ProbeFinding;

/// What a check asks of its endpoint, the same at every probe.
#[derive(Debug)]
pub struct ProbePlan {
    pub(super) place: Place,
    pub(super) port: u16,
    pub(super) question: Question,
}

/// Where the endpoint is.
#[derive(Debug)]
pub(super) enum Place {
    Address(IpAddr),
    /// HC-18: resolved at every probe.
    Name(Box<str>),
}

#[derive(Debug)]
pub(super) enum Question {
    /// HC-12: whether there is a connection.
    Tcp,
    Http(HttpQuestion),
    Https(TlsQuestion, HttpQuestion),
    /// The check's texts do not make a request.
    Impossible(ProbeFinding),
}

/// HC-15: as whom the server is addressed.
#[derive(Debug)]
pub(super) struct TlsQuestion {
    /// `None` sends no SNI: it is off, or the domain name is none.
    pub(super) server_name: Option<ServerName<'static>>,
}

#[derive(Debug)]
pub(super) struct HttpQuestion {
    target: Uri,
    headers: HeaderMap,
    /// HC-11: what the body must hold, for the checks that look into it.
    pub(super) search_string: Option<Box<[u8]>>,
}

impl HttpQuestion {
    /// The request. Route 53's own Accept headers are unknown; with no Accept-Encoding, endpoints compress only if they
    /// always do.
    pub(super) fn request(&self) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = self.target.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }
}

impl ProbePlan {
    pub fn new(id: &HealthCheckId, endpoint: &EndpointCheck) -> ProbePlan {
        let place = match &endpoint.address {
            EndpointAddress::Ip { ip_address, .. } => Place::Address(*ip_address),
            EndpointAddress::DomainName(name) => Place::Name(name.clone()),
        };
        let http = |scheme, search_string| http_question(id, endpoint, scheme, search_string);
        let tls = || TlsQuestion { server_name: server_name(endpoint) };
        let question = match &endpoint.protocol {
            ProbeProtocol::Tcp => Ok(Question::Tcp),
            ProbeProtocol::Http => http(Scheme::Http, None).map(Question::Http),
            ProbeProtocol::HttpStrMatch(text) => http(Scheme::Http, Some(text)).map(Question::Http),
            ProbeProtocol::Https => http(Scheme::Https, None).map(|http| Question::Https(tls(), http)),
            ProbeProtocol::HttpsStrMatch(text) => {
                http(Scheme::Https, Some(text)).map(|http| Question::Https(tls(), http))
            }
        };
        ProbePlan { place, port: endpoint.port, question: question.unwrap_or_else(Question::Impossible) }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

fn http_question(
    id: &HealthCheckId,
    endpoint: &EndpointCheck,
    scheme: Scheme,
    search_string: Option<&str>,
) -> Result<HttpQuestion, ProbeFinding> {
    let cannot_ask = |what: &str, error: &dyn std::fmt::Display| {
        ProbeFinding::Other(format!("The request cannot be made: its {what} is no such thing: {error}").into())
    };
    let target = request_target(&endpoint.resource_path).parse().map_err(|error| cannot_ask("path", &error))?;
    // HC-20.
    let user_agent = format!("Amazon-Route53-Health-Check-Service (ref {id}; report http://amzn.to/1vsZADi)");
    let host = HeaderValue::from_bytes(host(endpoint, scheme).as_bytes());
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(HOST, host.map_err(|error| cannot_ask("host name", &error))?);
    let user_agent = HeaderValue::from_bytes(user_agent.as_bytes());
    headers.insert(USER_AGENT, user_agent.map_err(|error| cannot_ask("User-Agent", &error))?);
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    Ok(HttpQuestion { target, headers, search_string: search_string.map(|text| text.as_bytes().into()) })
}

/// HC-17: the domain name, or the address if there is none, and the port unless it is the scheme's own.
fn host(endpoint: &EndpointCheck, scheme: Scheme) -> String {
    let host = match &endpoint.address {
        EndpointAddress::DomainName(name) | EndpointAddress::Ip { fully_qualified_domain_name: Some(name), .. } => {
            name.to_string()
        }
        EndpointAddress::Ip { ip_address: IpAddr::V4(address), .. } => address.to_string(),
        EndpointAddress::Ip { ip_address: IpAddr::V6(address), .. } => format!("[{address}]"),
    };
    match (scheme, endpoint.port) {
        (Scheme::Http, 80) | (Scheme::Https, 443) => host,
        (Scheme::Http | Scheme::Https, port) => format!("{host}:{port}"),
    }
}

/// HC-15: what the client_hello names. An address is no name (RFC 6066 §3), nor is a final dot part of one.
fn server_name(endpoint: &EndpointCheck) -> Option<ServerName<'static>> {
    let name = endpoint.address.fully_qualified_domain_name().filter(|_| endpoint.enable_sni)?;
    let name = ServerName::try_from(name.strip_suffix('.').unwrap_or(name)).ok()?;
    matches!(name, ServerName::DnsName(_)).then(|| name.to_owned())
}

/// The path as it is configured, dots, doubled slashes and percent signs included. Only what would end or break a
/// request line, or never gets there in any client, is percent-encoded.
fn request_target(resource_path: &str) -> String {
    let mut target = String::with_capacity(resource_path.len());
    if !resource_path.starts_with('/') {
        target.push('/');
    }
    for byte in resource_path.bytes() {
        match byte {
            b'"' | b'#' | b'<' | b'>' | b'`' | 0..=0x20 | 0x7f.. => {
                // Writing to a string does not fail.
                let _ = write!(target, "%{byte:02X}");
            }
            byte => target.push(char::from(byte)),
        }
    }
    target
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn endpoint(address: EndpointAddress, port: u16) -> EndpointCheck {
        EndpointCheck {
            protocol: ProbeProtocol::Https,
            address,
            port,
            resource_path: "/".into(),
            request_interval_seconds: 30,
            failure_threshold: 3,
            measure_latency: false,
            enable_sni: true,
            regions: BTreeSet::new(),
        }
    }

    fn ip(address: &str, name: Option<&str>) -> EndpointAddress {
        EndpointAddress::Ip { ip_address: address.parse().unwrap(), fully_qualified_domain_name: name.map(Into::into) }
    }

    #[test]
    fn host_leaves_out_only_the_port_of_its_own_scheme() {
        for (scheme, address, name, port, expected) in [
            (Scheme::Http, "192.0.2.1", Some("Www.example.com"), 80, "Www.example.com"),
            (Scheme::Http, "192.0.2.1", Some("www.example.com"), 443, "www.example.com:443"),
            (Scheme::Https, "192.0.2.1", Some("www.example.com"), 443, "www.example.com"),
            (Scheme::Https, "192.0.2.1", Some("www.example.com"), 80, "www.example.com:80"),
            (Scheme::Http, "192.0.2.1", None, 80, "192.0.2.1"),
            (Scheme::Http, "2001:db8::1", None, 8080, "[2001:db8::1]:8080"),
        ] {
            assert_eq!(host(&endpoint(ip(address, name), port), scheme), expected);
        }
        assert_eq!(host(&endpoint(EndpointAddress::DomainName("a.b".into()), 80), Scheme::Http), "a.b");
    }

    #[test]
    fn the_server_name_is_a_domain_name_or_nothing() {
        for (name, expected) in [
            (Some("www.example.com"), Some("www.example.com")),
            (Some("www.example.com."), Some("www.example.com")),
            (Some("_under.example.com"), Some("_under.example.com")),
            (None, None),
            (Some("203.0.113.9"), None),
            (Some("user@example.com"), None),
        ] {
            let server_name = server_name(&endpoint(ip("192.0.2.1", name), 443));
            assert_eq!(server_name.as_ref().map(ServerName::to_str).as_deref(), expected, "{name:?}");
        }
        let without_sni = EndpointCheck { enable_sni: false, ..endpoint(ip("192.0.2.1", Some("a.b")), 443) };
        assert_eq!(server_name(&without_sni), None);
    }

    #[test]
    fn a_path_stays_as_it_is_unless_a_request_line_cannot_hold_it() {
        for (path, expected) in [
            ("/", "/"),
            ("health", "/health"),
            ("/a/../b//c/./?x=%zz&y=[1]|{2}\\^", "/a/../b//c/./?x=%zz&y=[1]|{2}\\^"),
            ("/a b\r\nX: y#f", "/a%20b%0D%0AX:%20y%23f"),
            ("/\"<>`\u{7f}é", "/%22%3C%3E%60%7F%C3%A9"),
            ("/~user;v=1,2!$&'()*+@:", "/~user;v=1,2!$&'()*+@:"),
        ] {
            assert_eq!(request_target(path), expected);
            assert_eq!(request_target(path).parse::<Uri>().unwrap().to_string(), expected);
        }
        let every_ascii: String = (0..128).map(char::from).collect();
        let target = request_target(&every_ascii);
        assert_eq!(target.parse::<Uri>().unwrap().to_string(), target);
    }
}
