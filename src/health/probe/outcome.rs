//! What one probe found, and how Route 53 words it.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::IpAddr;

use rustls::AlertDescription;

use crate::model::HealthStatus;

/// The result of one probe. Displayed, it is the Status of a StatusReport (HC-51).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeOutcome {
    pub finding: ProbeFinding,
    /// HC-18: where the domain name led, if the endpoint is given by name.
    pub resolved_ip: Option<IpAddr>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeFinding {
    /// A status code, and the reason phrase if there is one.
    HttpStatus {
        code: u16,
        reason: Option<Box<str>>,
    },
    DnsResolutionFailed,
    ConnectionTimedOut,
    ConnectionRefused,
    ConnectionClosed,
    /// Connected, but no status code in time.
    NoStatusInTime,
    /// The handshake failed, in rustls' words, or in HC-15's where it has some.
    Tls(Box<str>),
    /// Anything else, in the words of whoever found it.
    Other(Box<str>),
}

impl ProbeOutcome {
    /// HC-10, HC-13: healthy is a status code from 200 to 399.
    pub const fn status(&self) -> HealthStatus {
        match self.finding {
            ProbeFinding::HttpStatus { code: 200..=399, .. } => HealthStatus::Healthy,
            _ => HealthStatus::Unhealthy,
        }
    }
}

impl fmt::Display for ProbeOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.status() {
            HealthStatus::Healthy => "Success: ",
            HealthStatus::Unhealthy => "Failure: ",
        })?;
        // HC-51: the address stands after a status code, but before anything else.
        if let ProbeFinding::HttpStatus { code, reason } = &self.finding {
            write!(f, "HTTP Status Code {code}")?;
            if let Some(reason) = reason {
                write!(f, ", {reason}")?;
            }
            return self.resolved_ip.map_or(Ok(()), |address| write!(f, ". Resolved IP: {address}"));
        }
        if let Some(address) = self.resolved_ip {
            write!(f, "Resolved IP: {address}. ")?;
        }
        self.finding.fmt(f)
    }
}

/// The texts of HC-51 where it has one, else our own.
impl fmt::Display for ProbeFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProbeFinding::HttpStatus { code, .. } => write!(f, "HTTP Status Code {code}"),
            ProbeFinding::DnsResolutionFailed => f.write_str("DNS resolution failed."),
            ProbeFinding::ConnectionTimedOut => f.write_str(
                "Connection timed out. The endpoint or the internet connection is down, or requests are being blocked \
                 by your firewall.",
            ),
            ProbeFinding::ConnectionRefused => f.write_str("The connection was refused by the endpoint."),
            ProbeFinding::ConnectionClosed => f.write_str("The connection was closed by the endpoint."),
            ProbeFinding::NoStatusInTime => {
                f.write_str("The endpoint did not respond with an HTTP status code in time.")
            }
            ProbeFinding::Tls(text) | ProbeFinding::Other(text) => write!(f, "{text}."),
        }
    }
}

impl ProbeFinding {
    /// What went wrong at the bottom of a failed request.
    pub(super) fn of_error(error: &reqwest::Error) -> ProbeFinding {
        let mut deepest: &(dyn Error + 'static) = error;
        loop {
            if let Some(finding) = known_finding(deepest) {
                return finding;
            }
            match cause(deepest) {
                Some(cause) => deepest = cause,
                None => return ProbeFinding::Other(deepest.to_string().into()),
            }
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
            _ => None,
        };
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(ProbeFinding::Tls(match error {
            rustls::Error::AlertReceived(AlertDescription::HandshakeFailure) => "SSL alert handshake_failure".into(),
            other => other.to_string().into(),
        }));
    }
    let error = error.downcast_ref::<hyper::Error>()?;
    error.is_incomplete_message().then_some(ProbeFinding::ConnectionClosed)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn outcomes_read_as_route_53_words_them() {
        let text = |finding, resolved_ip: Option<[u8; 4]>| {
            ProbeOutcome { finding, resolved_ip: resolved_ip.map(|octets| Ipv4Addr::from(octets).into()) }.to_string()
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
    fn status_codes_from_200_to_399_are_healthy() {
        for (code, expected) in [
            (199, HealthStatus::Unhealthy),
            (200, HealthStatus::Healthy),
            (399, HealthStatus::Healthy),
            (400, HealthStatus::Unhealthy),
        ] {
            let finding = ProbeFinding::HttpStatus { code, reason: None };
            assert_eq!(ProbeOutcome { finding, resolved_ip: None }.status(), expected, "{code}");
        }
    }
}
