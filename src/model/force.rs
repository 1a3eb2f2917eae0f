//! A hand on the lever: what an operator decides about the status of health checks. Ours, for drills and maintenance.

use std::fmt;

use jiff::Timestamp;
use wildmatch::WildMatch;

use super::health_check::ForcedStatus;
use super::identifier::HealthCheckId;

/// Decides the status of the health checks it matches, for as long as it lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Force {
    pub checks: HealthCheckPattern,
    pub status: ForcedStatus,
    /// Why, in the words of whoever did it.
    pub reason: Option<Box<str>>,
    /// Who did it.
    pub owner: Option<Box<str>>,
    /// From this moment on it no longer holds; without one, it holds until it is taken back.
    pub until: Option<Timestamp>,
}

impl Force {
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// The id of one health check, or a pattern of ids: `*` is any text, `?` any one character.
#[derive(Clone, Debug, PartialEq)]
pub struct HealthCheckPattern {
    text: Box<str>,
    /// Of a pattern only.
    compiled: Option<WildMatch>,
}

/// The compiled form follows from the text.
impl Eq for HealthCheckPattern {}

impl HealthCheckPattern {
    pub fn new(text: &str) -> HealthCheckPattern {
        let compiled = text.contains(['*', '?']).then(|| WildMatch::new(text));
        HealthCheckPattern { text: text.into(), compiled }
    }

    /// An id stands for itself, even if it holds a `*`.
    pub fn matches(&self, id: &HealthCheckId) -> bool {
        *self.text == *id.as_str() || self.compiled.as_ref().is_some_and(|pattern| pattern.matches(id.as_str()))
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for HealthCheckPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}
