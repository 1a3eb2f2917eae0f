//! What a request asks: where its DNS message is, or why there is none (RFC 8484 §4.1). Pure.

use data_encoding::BASE64URL_NOPAD;
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap};
use hyper::http::request::Parts;
use hyper::http::uri::Authority;
use hyper::{Method, StatusCode, Version};

use crate::dns::respond::MAX_MESSAGE_LENGTH;

/// Where DNS is. RFC 8484 leaves the path to the server, and every server has this one.
pub(super) const PATH: &str = "/dns-query";
/// The media type of a DNS message (RFC 8484 §6).
pub(super) const DNS_MESSAGE: &str = "application/dns-message";
/// What may be done there.
pub(super) const METHODS: &str = "GET, HEAD, POST";

/// Where the message of a request is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Here: it stood in the URL.
    Message(Vec<u8>),
    /// In the body.
    Body,
}

/// Why a request has no DNS message that can be answered. What a DNS message asks is never a reason: its answer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Over HTTP/1.1: none, several, or one that is no host.
    NotOneHost,
    NoSuchPath,
    NoSuchMethod,
    OtherMediaType,
    NoParameter,
    SeveralParameters,
    NoBase64,
    TooLong,
    /// The body did not come in time.
    TooSlow,
    /// The body ended before it was whole.
    Broken,
    /// It gets no answer over any transport.
    NoQuery,
}

impl Refusal {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Refusal::NoSuchPath => StatusCode::NOT_FOUND,
            Refusal::NoSuchMethod => StatusCode::METHOD_NOT_ALLOWED,
            Refusal::OtherMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Refusal::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Refusal::NotOneHost
            | Refusal::NoParameter
            | Refusal::SeveralParameters
            | Refusal::NoBase64
            | Refusal::Broken
            | Refusal::NoQuery => StatusCode::BAD_REQUEST,
        }
    }

    /// What is wrong, and what would be right.
    pub(super) fn text(self) -> &'static str {
        match self {
            Refusal::NotOneHost => {
                "a request of HTTP/1.1 has one header Host, and in it a host (RFC 9112 section 3.2)\n"
            }
            Refusal::NoSuchPath => "DNS over HTTPS is at /dns-query\n",
            Refusal::NoSuchMethod => "ask with POST, or with GET or HEAD and the parameter dns\n",
            Refusal::OtherMediaType => "the content-type of a query is application/dns-message\n",
            Refusal::NoParameter => {
                "the parameter dns is missing: /dns-query?dns=MESSAGE, the DNS message in base64url without padding\n"
            }
            Refusal::SeveralParameters => "there are several parameters dns: ask for one thing at a time\n",
            Refusal::NoBase64 => {
                "the parameter dns is not base64url without padding (RFC 4648 section 5): A-Z a-z 0-9 - _ and no =\n"
            }
            Refusal::TooLong => "a DNS message is no longer than 65535 bytes\n",
            Refusal::TooSlow => "the rest of the DNS message did not come in time\n",
            Refusal::Broken => "the body ended before it was whole\n",
            Refusal::NoQuery => {
                "this is no DNS query: it is shorter than the header of a DNS message, or is itself a response\n"
            }
        }
    }
}

/// Looks at everything but the body.
pub(super) fn read(head: &Parts) -> Result<Asked, Refusal> {
    if head.version == Version::HTTP_11 && !has_one_host(&head.headers) {
        return Err(Refusal::NotOneHost);
    }
    if head.uri.path() != PATH {
        return Err(Refusal::NoSuchPath);
    }
    match head.method {
        Method::GET | Method::HEAD => message_of(head.uri.query().unwrap_or_default()).map(Asked::Message),
        Method::POST if is_dns_message(&head.headers) => Ok(Asked::Body),
        Method::POST => Err(Refusal::OtherMediaType),
        _ => Err(Refusal::NoSuchMethod),
    }
}

fn message_of(query: &str) -> Result<Vec<u8>, Refusal> {
    let mut values = query.split('&').filter_map(|parameter| parameter.strip_prefix("dns="));
    let value = values.next().ok_or(Refusal::NoParameter)?;
    if values.next().is_some() {
        return Err(Refusal::SeveralParameters);
    }
    let message = BASE64URL_NOPAD.decode(value.as_bytes()).map_err(|_| Refusal::NoBase64)?;
    if message.len() > MAX_MESSAGE_LENGTH {
        return Err(Refusal::TooLong);
    }
    Ok(message)
}

/// RFC 9112 §3.2. A host is empty where the URL has none.
fn has_one_host(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let is_host = |host: &[u8]| host.is_empty() || Authority::try_from(host).is_ok();
    hosts.next().is_some_and(|host| is_host(host.as_bytes())) && hosts.next().is_none()
}

/// The type has no parameters; those of others are not looked at.
fn is_dns_message(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(DNS_MESSAGE)
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    fn asked(method: &str, uri: &str, media_type: Option<&str>) -> Result<Asked, Refusal> {
        let mut request = Request::builder().method(method).uri(uri).header(HOST, "dns.example");
        if let Some(media_type) = media_type {
            request = request.header(CONTENT_TYPE, media_type);
        }
        read(&request.body(()).unwrap().into_parts().0)
    }

    /// RFC 8484 §4.1.1.
    const EXAMPLE: &str = "AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB";

    #[test]
    fn the_example_of_the_rfc_is_read() {
        let message = b"\0\0\x01\0\0\x01\0\0\0\0\0\0\x03www\x07example\x03com\0\0\x01\0\x01";
        for query in [format!("dns={EXAMPLE}"), format!("a&dns={EXAMPLE}&dnsx=1"), format!("&dns={EXAMPLE}&")] {
            for method in ["GET", "HEAD"] {
                let asked = asked(method, &format!("https://dns.example:8443/dns-query?{query}"), None);
                assert_eq!(asked, Ok(Asked::Message(message.to_vec())), "{query}");
            }
        }
    }

    #[test]
    fn a_parameter_that_is_no_base64url_or_not_there_is_refused() {
        for (query, refusal) in [
            ("", Refusal::NoParameter),
            ("?", Refusal::NoParameter),
            ("?DNS=AAAA", Refusal::NoParameter),
            ("?dns", Refusal::NoParameter),
            ("?dns=AAAA&dns=AAAA", Refusal::SeveralParameters),
            // Padding, the other alphabet, a length that no bytes have, bits left over.
            ("?dns=AA==", Refusal::NoBase64),
            ("?dns=AA%3D%3D", Refusal::NoBase64),
            ("?dns=AA+/", Refusal::NoBase64),
            ("?dns=AAAAA", Refusal::NoBase64),
            ("?dns=AB", Refusal::NoBase64),
        ] {
            assert_eq!(asked("GET", &format!("/dns-query{query}"), None), Err(refusal), "{query}");
        }
        assert_eq!(asked("GET", "/dns-query?dns=", None), Ok(Asked::Message(Vec::new())));
    }

    #[test]
    fn a_post_says_what_it_brings() {
        for media_type in ["application/dns-message", "Application/DNS-Message", "application/dns-message ; a=b"] {
            assert_eq!(asked("POST", "/dns-query?dns=@", Some(media_type)), Ok(Asked::Body), "{media_type}");
        }
        for media_type in [None, Some(""), Some("text/plain"), Some("application/dns-messages"), Some("\u{e4}")] {
            assert_eq!(asked("POST", "/dns-query", media_type), Err(Refusal::OtherMediaType), "{media_type:?}");
        }
    }

    #[test]
    fn a_request_of_http_1_1_has_one_host() {
        let read_with = |version, hosts: &[&str]| {
            let request = Request::builder().version(version).uri(format!("/dns-query?dns={EXAMPLE}"));
            let request = hosts.iter().fold(request, |request, host| request.header(HOST, *host));
            read(&request.body(()).unwrap().into_parts().0).err()
        };
        for hosts in [&["dns.example"][..], &["dns.example:443"], &["[2001:db8::1]:443"], &["192.0.2.1"], &[""]] {
            assert_eq!(read_with(Version::HTTP_11, hosts), None, "{hosts:?}");
        }
        for hosts in [&[][..], &["a", "a"], &["a", "b"], &["a b"], &["a/b"]] {
            assert_eq!(read_with(Version::HTTP_11, hosts), Some(Refusal::NotOneHost), "{hosts:?}");
        }
        for version in [Version::HTTP_10, Version::HTTP_2] {
            assert_eq!(read_with(version, &[]), None, "{version:?}");
        }
    }

    #[test]
    fn other_places_and_methods_are_told() {
        for path in ["/", "/dns-query/", "/dns-quer", "/DNS-query", "/x/dns-query", "/dns%2Dquery"] {
            assert_eq!(asked("GET", &format!("{path}?dns={EXAMPLE}"), None), Err(Refusal::NoSuchPath), "{path}");
        }
        assert_eq!(asked("OPTIONS", "*", None), Err(Refusal::NoSuchPath));
        for method in ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get", "BREW"] {
            assert_eq!(asked(method, &format!("/dns-query?dns={EXAMPLE}"), None), Err(Refusal::NoSuchMethod));
        }
    }
}
