//! What the admin listener is told, as JSON. A member nobody knows is refused: it may be a slip of the pen.

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::health::probe::NetworkPath;
use crate::http::{BodyError, read_body};
use crate::model::{Force, ForcedStatus, HealthCheckPattern, RoutingControlState, limits};

use super::{Failure, MAX_BODY_BYTES};

/// The body, as JSON whatever its content type says.
pub struct Input<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Input<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let bytes = read_body(request.into_body(), MAX_BODY_BYTES).await.map_err(|error| match error {
            BodyError::TooLong => {
                let told = format!("the body has more than {MAX_BODY_BYTES} bytes");
                Failure::new(StatusCode::PAYLOAD_TOO_LARGE, told)
            }
            BodyError::Broken(error) => Failure::bad(format!("the body could not be read: {error}")),
        })?;
        let value = serde_json::from_slice(&bytes).map_err(|error| Failure::bad(format!("the body: {error}")))?;
        Ok(Input(value))
    }
}

/// What a path names: the one part of it that is not fixed.
pub struct Named(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let path = parts.uri.path();
        // axum takes a % that stands for nothing for itself: `a%2` would be another name than was meant.
        if path.split('%').skip(1).any(|after| !is_encoded_byte(after)) {
            return Err(Failure::bad(format!("{path}: a % is written as %25 in a URL")));
        }
        let Path(name) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|error| Failure::bad(format!("the path: {}", error.body_text())))?;
        Ok(Named(name))
    }
}

/// Of what follows a %.
fn is_encoded_byte(after: &str) -> bool {
    after.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

/// A text that is kept, shown on terminals and written to the log.
pub fn check_text(what: &str, text: &str, limit: usize) -> Result<(), String> {
    let length = text.chars().count();
    if length > limit {
        return Err(format!("{what}: {length} characters are more than {limit}"));
    }
    if text.chars().any(char::is_control) {
        return Err(format!("{what}: {text:?} holds a control character"));
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForceInput {
    status: StatusInput,
    reason: Option<Box<str>>,
    owner: Option<Box<str>>,
    /// How long, such as `10m`.
    r#for: Option<String>,
    /// Until when, as RFC 3339 writes it.
    until: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StatusInput {
    Up,
    Down,
    Obey,
}

impl ForceInput {
    pub fn force(self, checks: &str, now: Timestamp) -> Result<Force, String> {
        if checks.is_empty() {
            return Err("the pattern is empty".to_owned());
        }
        check_text("the pattern", checks, limits::HEALTH_CHECK_PATTERN_CHARACTERS)?;
        for (member, text) in [("reason", &self.reason), ("owner", &self.owner)] {
            check_text(member, text.as_deref().unwrap_or_default(), limits::FORCE_TEXT_CHARACTERS)?;
        }
        let until = match (self.r#for, self.until) {
            (Some(_), Some(_)) => return Err("give `for` or `until`, not both".to_owned()),
            (Some(text), None) => {
                let duration = parse_duration(&text)
                    .filter(|duration| !duration.is_zero())
                    .ok_or_else(|| format!("for: {text:?} is not a time such as 10m or 1h30m"))?;
                let end = SignedDuration::try_from(duration).ok().and_then(|duration| now.checked_add(duration).ok());
                Some(end.and_then(whole_second).ok_or_else(|| format!("for: {text:?} is too long"))?)
            }
            (None, Some(text)) => {
                let until: Timestamp =
                    text.parse().map_err(|_| format!("until: {text:?} is not a time such as 2026-01-31T12:00:00Z"))?;
                if until <= now {
                    return Err(format!("until: {until} is over"));
                }
                Some(whole_second(until).ok_or_else(|| format!("until: {text:?} is too late"))?)
            }
            (None, None) => None,
        };
        let status = match self.status {
            StatusInput::Up => ForcedStatus::Up,
            StatusInput::Down => ForcedStatus::Down,
            StatusInput::Obey => ForcedStatus::Obey,
        };
        Ok(Force { checks: HealthCheckPattern::new(checks), status, reason: self.reason, owner: self.owner, until })
    }
}

/// Whole seconds are easier to read. Up: a force never ends before it was to, nor before it begins.
fn whole_second(end: Timestamp) -> Option<Timestamp> {
    end.round(TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Ceil)).ok()
}

/// A time such as `10m` or `150ms`, not negative.
fn parse_duration(text: &str) -> Option<Duration> {
    Duration::try_from(text.parse::<SignedDuration>().ok()?).ok()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoutingControlInput {
    state: ControlInput,
}

#[derive(Clone, Copy, Deserialize)]
enum ControlInput {
    On,
    Off,
}

impl RoutingControlInput {
    pub fn state(&self) -> RoutingControlState {
        match self.state {
            ControlInput::On => RoutingControlState::On,
            ControlInput::Off => RoutingControlState::Off,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathInput {
    source: Option<IpAddr>,
    #[serde(default)]
    loss_percent: u8,
    latency: Option<String>,
}

impl PathInput {
    pub fn path(self) -> Result<NetworkPath, String> {
        if self.loss_percent > 100 {
            return Err(format!("loss_percent: {} is more than 100", self.loss_percent));
        }
        let latency = self
            .latency
            .map(|text| parse_duration(&text).ok_or_else(|| format!("latency: {text:?} is not a time such as 150ms")));
        Ok(NetworkPath {
            source: self.source,
            loss_percent: self.loss_percent,
            latency: latency.transpose()?.unwrap_or_default(),
        })
    }
}
