//! Where an API is.

use std::fmt;
use std::net::Ipv6Addr;

use hyper::Uri;

/// `http://127.0.0.1:4566`, `https://route53.amazonaws.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub is_https: bool,
    /// A name or an address, the latter without brackets.
    pub host: String,
    pub port: u16,
}

impl Endpoint {
    /// # Errors
    ///
    /// What is no URL of a host, and what has more in it than that.
    pub fn parse(text: &str) -> Result<Endpoint, String> {
        let refused = || format!("{text:?} is no endpoint: write one such as http://127.0.0.1:4566");
        let uri: Uri = text.parse().map_err(|_| refused())?;
        let is_https = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(refused()),
        };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(refused)?;
        let has_user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
        if has_user || uri.path() != "/" || uri.query().is_some() {
            return Err(refused());
        }
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        Ok(Endpoint { is_https, host, port })
    }

    /// The header `host`: with the port, unless it is the usual one.
    pub fn host_header(&self) -> String {
        let host = match self.host.parse::<Ipv6Addr>() {
            Ok(_) => format!("[{}]", self.host),
            Err(_) => self.host.clone(),
        };
        let usual = if self.is_https { 443 } else { 80 };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.is_https { "https" } else { "http" }, self.host_header())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_scheme_and_a_host() {
        for (text, shown, port) in [
            ("http://127.0.0.1:4566", "http://127.0.0.1:4566", 4566),
            ("http://[::1]:4566/", "http://[::1]:4566", 4566),
            ("https://route53.amazonaws.com", "https://route53.amazonaws.com", 443),
            ("http://localhost:80", "http://localhost", 80),
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!((endpoint.to_string().as_str(), endpoint.port), (shown, port));
        }
        for text in ["", "localhost", "localhost:4566", "ftp://a", "http://", "http://a/b", "http://a?b", "http://u@a"]
        {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
    }
}
