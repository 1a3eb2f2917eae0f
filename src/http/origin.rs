//! Whether a web page may have sent a request: the check that keeps other sites out, shared by all HTTP listeners.
//!
//! A browser sends simple requests anywhere without asking the server, and a site can point a name of its own at this
//! machine (DNS rebinding). But a page cannot choose the headers `Host`, `Origin` and `Sec-Fetch-Site`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use hyper::Uri;
use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};

/// What a browser says about the site of a page and that of the request: `cross-site`, `same-site`, `same-origin`, or
/// `none` for an address that its user typed (Fetch Metadata).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The clients that a listener serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clients {
    /// Programs on this machine, which call it by an address or a loopback name.
    ThisMachine,
    /// Everybody, by any name, but not pages of other sites.
    Anybody,
    /// Those with a secret, which a page of another site does not have.
    Authenticated,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OriginError {
    /// `Host` or the request target is not `host[:port]` in ASCII, or there are several.
    MalformedHost,
    /// `Origin` is not `scheme://host[:port]` in ASCII, or there are several.
    MalformedOrigin,
    /// The host may be a name that another site made for this machine.
    OtherHost,
    /// The request comes from a page of another site.
    OtherSite,
}

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OriginError::MalformedHost => "the header Host or the request target is not one host in ASCII",
            OriginError::MalformedOrigin => "the header Origin is not one origin in ASCII",
            OriginError::OtherHost => {
                "the header Host names another machine; call this one by an address or as localhost"
            }
            OriginError::OtherSite => "the request comes from a web page of another site",
        })
    }
}

/// Refuse requests that a page of another site may have sent, and malformed hosts and origins.
pub fn check(uri: &Uri, headers: &HeaderMap, clients: Clients) -> Result<(), OriginError> {
    let host = single(headers, &HOST, OriginError::MalformedHost)?
        .map(|text| Authority::parse(text).ok_or(OriginError::MalformedHost))
        .transpose()?;
    // RFC 9112 §3.2.2: the authority of a target in absolute form replaces Host.
    let target = uri
        .authority()
        .map(|authority| Authority::parse(authority.as_str()).ok_or(OriginError::MalformedHost))
        .transpose()?;
    let origin = single(headers, &ORIGIN, OriginError::MalformedOrigin)?
        .map(|text| Origin::parse(text).ok_or(OriginError::MalformedOrigin))
        .transpose()?;
    if clients == Clients::Authenticated {
        return Ok(());
    }
    if clients == Clients::ThisMachine && [&host, &target].into_iter().flatten().any(|host| !host.is_trusted()) {
        return Err(OriginError::OtherHost);
    }
    if headers.get_all(SEC_FETCH_SITE).iter().any(is_cross_site) {
        return Err(OriginError::OtherSite);
    }
    let own = target.or(host);
    match origin {
        Some(origin) if !origin.is_local(own.as_ref()) => Err(OriginError::OtherSite),
        _ => Ok(()),
    }
}

/// The text of a header that may occur once.
fn single<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
    malformed: OriginError,
) -> Result<Option<&'h str>, OriginError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| malformed),
        (Some(_), Some(_)) => Err(malformed),
    }
}

fn is_cross_site(value: &HeaderValue) -> bool {
    value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"cross-site")
}

/// The value of `Origin`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    /// `null`: a sandboxed page, a file, or a redirect from another site.
    Opaque,
    Page {
        scheme: String,
        authority: Authority,
    },
}

impl Origin {
    fn parse(text: &str) -> Option<Origin> {
        if text == "null" {
            return Some(Origin::Opaque);
        }
        let (scheme, rest) = text.split_once("://")?;
        // RFC 3986 §3.1.
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
        let authority = Authority::parse(rest).filter(|_| is_scheme)?;
        Some(Origin::Page { scheme: scheme.to_ascii_lowercase(), authority })
    }

    /// Whether the page is of this machine, or of the server that the request is for.
    fn is_local(&self, own: Option<&Authority>) -> bool {
        let Origin::Page { scheme, authority } = self else { return false };
        let default_port = match scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        };
        let is_own = |own: &Authority, default_port: u16| {
            let port = |of: &Authority| of.port.unwrap_or(default_port);
            own.is_fixed() && own.host == authority.host && port(own) == port(authority)
        };
        authority.host.is_loopback() || own.zip(default_port).is_some_and(|(own, port)| is_own(own, port))
    }
}

/// `host[:port]`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Authority {
    host: Host,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Address(IpAddr),
    /// In lower case, without the dot at the end.
    Name(String),
}

impl Authority {
    fn parse(text: &str) -> Option<Authority> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, port) = rest.split_once(']')?;
                // RFC 6874: a link-local address may name the interface.
                let (address, zone) = address.split_once('%').unwrap_or((address, "0"));
                let address: Ipv6Addr = address.parse().ok().filter(|_| is_name(zone))?;
                (Host::Address(IpAddr::V6(address).to_canonical()), port)
            }
            None => {
                let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
                let name = Some(name.strip_suffix('.').unwrap_or(name)).filter(|name| is_name(name))?;
                let host = match name.parse() {
                    Ok(address) => Host::Address(IpAddr::V4(address)),
                    Err(_) => Host::Name(name.to_ascii_lowercase()),
                };
                (host, port)
            }
        };
        // RFC 3986 §3.2.3: a port may be empty.
        let port = match port.strip_prefix(':') {
            None => port.is_empty().then_some(None)?,
            Some("") => None,
            Some(digits) => Some(digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))?),
        };
        Some(Authority { host, port })
    }

    /// Whether no other site can have made this host for us: an address is no name, and a loopback name is this
    /// machine's wherever it is resolved.
    fn is_trusted(&self) -> bool {
        matches!(self.host, Host::Address(_)) || self.host.is_loopback()
    }

    /// The same, and names of one label, such as that of a container: no site owns one.
    fn is_fixed(&self) -> bool {
        self.is_trusted() || matches!(&self.host, Host::Name(name) if !name.contains('.'))
    }
}

impl Host {
    /// `localhost` and the names below it (RFC 6761 §6.3), LocalStack's name for this machine, which its users have in
    /// their settings, and loopback addresses.
    fn is_loopback(&self) -> bool {
        match self {
            Host::Address(address) => address.is_loopback(),
            Host::Name(name) => ["localhost", "localhost.localstack.cloud"].into_iter().any(|loopback| {
                name.strip_suffix(loopback).is_some_and(|start| start.is_empty() || start.ends_with('.'))
            }),
        }
    }
}

/// RFC 3986 §3.2.2 `reg-name`, which has the `_` of a container's name, but not empty.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    use Clients::{Anybody, Authenticated, ThisMachine};
    use OriginError::{MalformedHost, MalformedOrigin, OtherHost, OtherSite};

    fn checked(clients: Clients, target: &str, headers: &[(&'static str, &[u8])]) -> Result<(), OriginError> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        check(&target.parse().unwrap(), &map, clients)
    }

    fn from_page(clients: Clients, host: &str, origin: &str) -> Result<(), OriginError> {
        checked(clients, "/", &[("host", host.as_bytes()), ("origin", origin.as_bytes())])
    }

    #[test]
    fn programs_on_this_machine_call_it_by_an_address_or_a_loopback_name() {
        for host in [
            "localhost",
            "LOCALHOST:4566",
            "localhost.",
            "localhost.:4566",
            "localhost:",
            "a.localhost",
            "localhost.localstack.cloud:4566",
            "route53.localhost.localstack.cloud.",
            "127.0.0.1:4566",
            "[::1]",
            "[::1]:4566",
            "[::ffff:127.0.0.1]:4566",
            "192.0.2.1:4566",
            "[2001:db8::1]:4566",
            "[fe80::1%eth0]:4566",
            "[fe80::1%25eth0]:4566",
        ] {
            for clients in [ThisMachine, Anybody, Authenticated] {
                assert_eq!(checked(clients, "/", &[("host", host.as_bytes())]), Ok(()), "{host}");
            }
        }
        // HTTP/1.0.
        assert_eq!(checked(ThisMachine, "/", &[]), Ok(()));
    }

    #[test]
    fn other_names_are_for_listeners_that_serve_everybody() {
        for host in ["evil.example", "localhost.evil.example:80", "notlocalhost", "route53d:4566", "127.1", "a_b-1:1"] {
            let headers = [("host", host.as_bytes())];
            assert_eq!(checked(ThisMachine, "/", &headers), Err(OtherHost), "{host}");
            assert_eq!(checked(Anybody, "/", &headers), Ok(()), "{host}");
            assert_eq!(checked(Authenticated, "/", &headers), Ok(()), "{host}");
        }
    }

    #[test]
    fn a_host_that_is_not_well_formed_is_refused_by_every_listener() {
        for host in [
            &b""[..],
            b".",
            b":80",
            b"[::1]evil.example",
            b"[::1",
            b"[evil",
            b"[]",
            b"[127.0.0.1]",
            b"[evil.example]",
            b"::1",
            b"localhost:80:80",
            b"localhost:+80",
            b"localhost:65536",
            b"localhost:x",
            b"user@localhost",
            b"localhost/",
            b"localhost evil.example",
            b"localhost, evil.example",
            b"localhost\\",
            "localhost\u{e9}".as_bytes(),
            b"localhost\xff",
            b"\xef\xbd\x8cocalhost",
        ] {
            for clients in [ThisMachine, Anybody, Authenticated] {
                let told = checked(clients, "/", &[("host", host)]);
                assert_eq!(told, Err(MalformedHost), "{:?}", String::from_utf8_lossy(host));
            }
        }
        let twice = [("host", &b"localhost"[..]), ("host", b"localhost")];
        assert_eq!(checked(ThisMachine, "/", &twice), Err(MalformedHost));
    }

    #[test]
    fn a_target_in_absolute_form_is_checked_as_the_host_is() {
        let local = [("host", &b"localhost"[..])];
        assert_eq!(checked(ThisMachine, "http://localhost/", &local), Ok(()));
        assert_eq!(checked(ThisMachine, "http://evil.example/", &local), Err(OtherHost));
        assert_eq!(checked(ThisMachine, "http://localhost/", &[("host", b"evil.example")]), Err(OtherHost));
        assert_eq!(checked(ThisMachine, "http://user@localhost/", &local), Err(MalformedHost));
        assert_eq!(checked(Anybody, "http://evil.example/", &local), Ok(()));
        // It replaces Host.
        let page = [("host", &b"192.0.2.1"[..]), ("origin", b"http://192.0.2.1")];
        assert_eq!(checked(Anybody, "http://192.0.2.2/", &page), Err(OtherSite));
    }

    #[test]
    fn pages_of_this_machine_may_ask() {
        for origin in [
            "http://localhost:3000",
            "https://LOCALHOST",
            "http://localhost.",
            "http://a.localhost",
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://[::1]:8080",
            "https://app.localhost.localstack.cloud",
            "tauri://localhost",
        ] {
            for clients in [ThisMachine, Anybody] {
                assert_eq!(from_page(clients, "127.0.0.1:4566", origin), Ok(()), "{origin}");
                assert_eq!(checked(clients, "/", &[("origin", origin.as_bytes())]), Ok(()), "{origin}");
            }
        }
    }

    #[test]
    fn pages_of_other_sites_may_not() {
        for origin in [
            "http://203.0.113.9",
            "http://203.0.113.9:4566",
            "http://[2001:db8::9]",
            "http://192.168.0.1",
            "http://0.0.0.0",
            "http://[::]",
            "https://evil.example",
            "https://localhost.evil.example",
            "chrome-extension://abcdefgh",
            "null",
        ] {
            for clients in [ThisMachine, Anybody] {
                assert_eq!(from_page(clients, "127.0.0.1:4566", origin), Err(OtherSite), "{origin}");
                assert_eq!(checked(clients, "/", &[("origin", origin.as_bytes())]), Err(OtherSite), "{origin}");
            }
            assert_eq!(from_page(Authenticated, "127.0.0.1:4566", origin), Ok(()), "{origin}");
        }
    }

    #[test]
    fn a_page_of_the_server_itself_may_ask() {
        for (host, origin) in [
            ("192.0.2.1:4566", "http://192.0.2.1:4566"),
            ("192.0.2.1", "http://192.0.2.1"),
            ("192.0.2.1", "http://192.0.2.1:80"),
            ("192.0.2.1:443", "https://192.0.2.1"),
            ("[2001:db8::1]:4566", "http://[2001:db8:0::1]:4566"),
        ] {
            assert_eq!(from_page(ThisMachine, host, origin), Ok(()), "{host} {origin}");
        }
        for (host, origin) in [
            ("192.0.2.1:4566", "http://192.0.2.1:8080"),
            ("192.0.2.1:4566", "http://192.0.2.1"),
            ("192.0.2.1", "https://192.0.2.1:80"),
            ("192.0.2.1:4566", "http://192.0.2.2:4566"),
            ("192.0.2.1:4566", "ftp://192.0.2.1:4566"),
        ] {
            assert_eq!(from_page(ThisMachine, host, origin), Err(OtherSite), "{host} {origin}");
        }
        assert_eq!(from_page(Anybody, "route53d:4566", "http://ROUTE53D:4566"), Ok(()));
        assert_eq!(from_page(ThisMachine, "route53d:4566", "http://route53d:4566"), Err(OtherHost));
    }

    #[test]
    fn a_page_whose_site_points_its_own_name_here_may_not_ask() {
        let (host, origin) = ("evil.example:4566", "http://evil.example:4566");
        assert_eq!(from_page(ThisMachine, host, origin), Err(OtherHost));
        assert_eq!(from_page(Anybody, host, origin), Err(OtherSite));
    }

    #[test]
    fn an_origin_that_is_not_well_formed_is_refused_by_every_listener() {
        for origin in [
            &b""[..],
            b"localhost",
            b"http:localhost",
            b"http://",
            b"://localhost",
            b"1http://localhost",
            b"http://localhost/",
            b"http://localhost/path",
            b"http://[::1]evil.example",
            b"http://evil.example@localhost",
            b"http://localhost http://evil.example",
            b"http://localhost, http://evil.example",
            b"NULL",
            b"http://localhost\xe9",
        ] {
            for clients in [ThisMachine, Anybody, Authenticated] {
                let told = checked(clients, "/", &[("host", b"localhost"), ("origin", origin)]);
                assert_eq!(told, Err(MalformedOrigin), "{:?}", String::from_utf8_lossy(origin));
            }
        }
        let twice = [("origin", &b"http://localhost"[..]), ("origin", b"http://evil.example")];
        assert_eq!(checked(ThisMachine, "/", &twice), Err(MalformedOrigin));
    }

    #[test]
    fn what_a_browser_says_to_be_cross_site_is_refused_without_an_origin_too() {
        for clients in [ThisMachine, Anybody] {
            for said in [&b"cross-site"[..], b"Cross-Site", b" cross-site "] {
                assert_eq!(checked(clients, "/", &[("host", b"localhost"), ("sec-fetch-site", said)]), Err(OtherSite));
            }
            let twice = [("sec-fetch-site", &b"none"[..]), ("sec-fetch-site", b"cross-site")];
            assert_eq!(checked(clients, "/", &twice), Err(OtherSite));
            for said in [&b"none"[..], b"same-origin", b"same-site", b""] {
                assert_eq!(checked(clients, "/", &[("host", b"localhost"), ("sec-fetch-site", said)]), Ok(()));
            }
        }
        assert_eq!(checked(Authenticated, "/", &[("sec-fetch-site", b"cross-site")]), Ok(()));
    }
}
