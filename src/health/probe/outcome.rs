//! What one probe found, and how Route 53 words it.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use rustls::{AlertDescription, InvalidMessage, PeerIncompatible};

use crate::model::HealthStatus;

use super::Pace;

/// How much of a reason phrase is kept: it is up to the endpoint, and Route 53 has none as long as that.
const MAX_REASON_CHARACTERS: usize = 128;

/// The result of one probe. Displayed, it is the Status of a StatusReport (HC-51).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeOutcome {
    pub finding: ProbeFinding,
    /// HC-18: where the domain name led, if the endpoint is given by name.
    pub resolved_ip: Option<IpAddr>,
    pub timings: Timings,
}

/// How long each stage took; none of one that was not reached (HC-52's latency metrics).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// From the first SYN to the TCP connection.
    pub connection: Option<Duration>,
    /// From the TCP connection to the end of the TLS handshake.
    pub tls_handshake: Option<Duration>,
    /// From the request to the first byte of the response.
    pub time_to_first_byte: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeFinding {
    /// A status code, and the reason phrase if there is one, fit to be shown.
    HttpStatus {
        code: u16,
        reason: Option<Box<str>>,
    },
    /// HC-12: a TCP check wants no more.
    TcpConnected,
    DnsResolutionFailed,
    /// HC-19: it is not of the public Internet, and was not contacted.
    RestrictedAddress,
    ConnectionTimedOut,
    ConnectionRefused,
    ConnectionClosed,
    /// A router on the way, or our own, knows no way.
    NoRoute,
    /// Connected, but no status code in time.
    NoStatusInTime,
    /// HC-16: more than 16,384 bytes before the body.
    HeaderTooLarge,
    /// HC-16: not HTTP/1.0 or HTTP/1.1.
    InvalidResponse,
    /// HC-11.
    SearchStringNotFound,
    /// HC-11: the string is not in what came in time, and more was to come.
    BodyTimedOut,
    /// HC-11: the string is not in what came, which was less than was announced.
    BodyCutShort,
    /// TLS failed, in rustls' words, or in HC-15's where it has some.
    Tls(Box<str>),
    /// Anything else, in the words of whoever found it.
    Other(Box<str>),
}

impl ProbeOutcome {
    /// HC-10, HC-12, HC-13: healthy is a status code from 200 to 399, or for TCP a connection.
    pub const fn status(&self) -> HealthStatus {
        if self.finding.is_success() { HealthStatus::Healthy } else { HealthStatus::Unhealthy }
    }
}

impl fmt::Display for ProbeOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.status() {
            HealthStatus::Healthy => "Success: ",
            HealthStatus::Unhealthy => "Failure: ",
        })?;
        // HC-51: the address stands after a status code, but before anything else.
        match (&self.finding, self.resolved_ip) {
            (ProbeFinding::HttpStatus { .. } | ProbeFinding::TcpConnected, Some(address)) => {
                write!(f, "{}. Resolved IP: {address}", self.finding)
            }
            (_, Some(address)) => write!(f, "Resolved IP: {address}. {}", self.finding),
            (_, None) => self.finding.fmt(f),
        }
    }
}

/// The texts of HC-51 where it has one, else our own.
impl fmt::Display for ProbeFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProbeFinding::HttpStatus { code, reason: Some(reason) } => write!(f, "HTTP Status Code {code}, {reason}"),
            ProbeFinding::HttpStatus { code, reason: None } => write!(f, "HTTP Status Code {code}"),
            ProbeFinding::TcpConnected => f.write_str("TCP connection established"),
            ProbeFinding::DnsResolutionFailed => f.write_str("DNS resolution failed."),
            ProbeFinding::ConnectionTimedOut => f.write_str(
                "Connection timed out. The endpoint or the internet connection is down, or requests are being blocked \
                 by your firewall.",
            ),
            ProbeFinding::ConnectionRefused => f.write_str("The connection was refused by the endpoint."),
            ProbeFinding::ConnectionClosed => f.write_str("The connection was closed by the endpoint."),
            ProbeFinding::RestrictedAddress => f.write_str("The IP address is restricted or private."),
            ProbeFinding::NoRoute => f.write_str("There is no route to the endpoint."),
            ProbeFinding::HeaderTooLarge => f.write_str("The response headers are larger than 16384 bytes."),
            ProbeFinding::InvalidResponse => f.write_str("The endpoint did not send a valid HTTP response."),
            ProbeFinding::SearchStringNotFound => {
                f.write_str("The search string was not found in the first 5120 bytes of the response body.")
            }
            ProbeFinding::BodyTimedOut => f.write_str("The endpoint did not send the response body in time."),
            ProbeFinding::BodyCutShort => {
                f.write_str("The connection was closed by the endpoint before the end of the response body.")
            }
            ProbeFinding::NoStatusInTime => {
                f.write_str("The endpoint did not respond with an HTTP status code in time.")
            }
            ProbeFinding::Tls(text) | ProbeFinding::Other(text) => write!(f, "{text}."),
        }
    }
}

impl ProbeFinding {
    /// How long the next probe of the endpoint probably takes.
    pub fn pace(&self) -> Pace {
        match self {
            ProbeFinding::ConnectionTimedOut | ProbeFinding::NoStatusInTime | ProbeFinding::BodyTimedOut => Pace::Slow,
            _ => Pace::Brisk,
        }
    }

    pub(super) const fn is_success(&self) -> bool {
        matches!(self, ProbeFinding::HttpStatus { code: 200..=399, .. } | ProbeFinding::TcpConnected)
    }

    /// A status code with the phrase that came with it. The phrase is the only text of a finding that an endpoint
    /// writes. It ends up in logs, JSON and terminals, so it is cut, and what no one could see in it (controls, marks that
    /// turn the direction of writing, bytes that are not UTF-8) becomes the replacement character.
    pub(super) fn of_status(code: u16, phrase: &[u8]) -> ProbeFinding {
        let phrase = String::from_utf8_lossy(phrase);
        let mut characters = phrase.trim_ascii().chars();
        let mut reason: String = characters.by_ref().take(MAX_REASON_CHARACTERS).map(visible).collect();
        if characters.next().is_some() {
            reason.push('…');
        }
        ProbeFinding::HttpStatus { code, reason: (!reason.is_empty()).then(|| reason.into()) }
    }

    /// What went wrong at the bottom of an error.
    pub(super) fn of_error(error: &(dyn Error + 'static)) -> ProbeFinding {
        let mut deepest = error;
        loop {
            if let Some(finding) = known_finding(deepest) {
                return finding;
            }
            match cause(deepest) {
                Some(cause) => deepest = cause,
                None => return ProbeFinding::Other(capitalized(&deepest.to_string()).into()),
            }
        }
    }

    /// Why there is no HTTP response.
    pub(super) fn of_http_error(error: &hyper::Error) -> ProbeFinding {
        if error.is_parse_too_large() {
            ProbeFinding::HeaderTooLarge
        } else if error.is_parse() {
            ProbeFinding::InvalidResponse
        } else if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
            ProbeFinding::ConnectionClosed
        } else {
            ProbeFinding::of_error(error)
        }
    }
}

/// The cause of an error. An [`io::Error`] is passed over by its own `source`, which tells the cause of what it wraps.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn known_finding(error: &(dyn Error + 'static)) -> Option<ProbeFinding> {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return match error.kind() {
            io::ErrorKind::ConnectionRefused => Some(ProbeFinding::ConnectionRefused),
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => Some(ProbeFinding::ConnectionClosed),
            io::ErrorKind::TimedOut => Some(ProbeFinding::ConnectionTimedOut),
            io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => Some(ProbeFinding::NoRoute),
            _ => None,
        };
    }
    error.downcast_ref().map(|error| ProbeFinding::Tls(tls_failure(error).into()))
}

/// In the handshake or after it.
fn tls_failure(error: &rustls::Error) -> String {
    match error {
        rustls::Error::AlertReceived(alert) => format!("SSL alert {}", alert_name(*alert)),
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion) => {
            "What the endpoint sent is not TLS".to_owned()
        }
        rustls::Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13) => {
            "The endpoint speaks neither TLS 1.2 nor TLS 1.3".to_owned()
        }
        other => format!("TLS failed: {other}"),
    }
}

/// An alert as RFC 8446 §6 spells it: `handshake_failure` (HC-51). rustls' names are nearly the same; one without a name
/// is its number.
fn alert_name(alert: AlertDescription) -> String {
    let camel_case = match alert {
        AlertDescription::UnrecognisedName => "UnrecognizedName".to_owned(),
        AlertDescription::UnknownCA => "UnknownCa".to_owned(),
        AlertDescription::UnknownPSKIdentity => "UnknownPskIdentity".to_owned(),
        AlertDescription::EncryptedClientHelloRequired => "EchRequired".to_owned(),
        AlertDescription::Unknown(code) => code.to_string(),
        named => format!("{named:?}"),
    };
    let mut name = String::new();
    for letter in camel_case.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// What Rust would escape outside ASCII is what cannot be seen, or changes how its neighbours are.
fn visible(character: char) -> char {
    let is_visible = match character {
        ' '..='~' => true,
        other => !other.is_ascii() && other.escape_debug().len() == 1,
    };
    if is_visible { character } else { char::REPLACEMENT_CHARACTER }
}

/// Findings are sentences, errors are not.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn outcomes_read_as_route_53_words_them() {
        let text = |finding, resolved_ip: Option<[u8; 4]>| {
            ProbeOutcome {
                finding,
                resolved_ip: resolved_ip.map(|octets| Ipv4Addr::from(octets).into()),
                timings: Timings::default(),
            }
            .to_string()
        };
        let status = |code, reason: &str| ProbeFinding::HttpStatus { code, reason: Some(reason.into()) };
        assert_eq!(text(status(200, "OK"), None), "Success: HTTP Status Code 200, OK");
        assert_eq!(
            text(status(200, "OK"), Some([3, 131, 60, 30])),
            "Success: HTTP Status Code 200, OK. Resolved IP: 3.131.60.30"
        );
        assert_eq!(
            text(status(503, "Service Temporarily Unavailable"), None),
            "Failure: HTTP Status Code 503, Service Temporarily Unavailable"
        );
        assert_eq!(
            text(ProbeFinding::ConnectionClosed, Some([12, 34, 56, 78])),
            "Failure: Resolved IP: 12.34.56.78. The connection was closed by the endpoint."
        );
    }

    #[test]
    fn alerts_are_spelt_as_in_the_rfc() {
        for (code, expected) in [
            (40, "handshake_failure"),
            (48, "unknown_ca"),
            (70, "protocol_version"),
            (80, "internal_error"),
            (112, "unrecognized_name"),
            (115, "unknown_psk_identity"),
            (116, "certificate_required"),
            (120, "no_application_protocol"),
            (121, "ech_required"),
            (200, "200"),
        ] {
            assert_eq!(alert_name(AlertDescription::from(code)), expected);
        }
    }

    #[test]
    fn a_reason_phrase_is_cut_and_can_be_seen() {
        let reason = |phrase: &[u8]| match ProbeFinding::of_status(200, phrase) {
            ProbeFinding::HttpStatus { reason, .. } => reason.map(String::from),
            other => panic!("a status, not {other:?}"),
        };
        assert_eq!(reason(b"OK").as_deref(), Some("OK"));
        assert_eq!(reason(b" \t ").as_deref(), None);
        assert_eq!(reason("Alles zwölf – 好 🙂".as_bytes()).as_deref(), Some("Alles zwölf – 好 🙂"));
        assert_eq!(reason(b"it's \"so\" \\").as_deref(), Some("it's \"so\" \\"));
        assert_eq!(reason(b"a\x1b[31m\tb\x7f\r\nc\xff").as_deref(), Some("a�[31m�b���c�"));
        // The controls beyond ASCII, those of direction, of width nothing, and separators of lines.
        for odd in
            ['\u{85}', '\u{9b}', '\u{ad}', '\u{200b}', '\u{202e}', '\u{2028}', '\u{2066}', '\u{feff}', '\u{e0041}']
        {
            assert_eq!(reason(format!("a{odd}b").as_bytes()).as_deref(), Some("a�b"), "{odd:?}");
        }
        assert_eq!(reason(&[b'x'; 128]), Some("x".repeat(128)));
        assert_eq!(reason(&[b'x'; 16_000]), Some("x".repeat(128) + "…"));
        assert_eq!(reason("好".repeat(5_000).as_bytes()), Some("好".repeat(128) + "…"));
    }

    #[test]
    fn status_codes_from_200_to_399_are_healthy() {
        for (code, expected) in [
            (199, HealthStatus::Unhealthy),
            (200, HealthStatus::Healthy),
            (399, HealthStatus::Healthy),
            (400, HealthStatus::Unhealthy),
        ] {
            let finding = ProbeFinding::HttpStatus { code, reason: None };
            assert_eq!(
                ProbeOutcome { finding, resolved_ip: None, timings: Timings::default() }.status(),
                expected,
                "{code}"
            );
        }
    }
}
