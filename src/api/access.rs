//! Who may speak with the API. Any credentials will do, as with other emulators: it is for the machine it runs on.

use hyper::HeaderMap;
use hyper::header::{HOST, HeaderName, ORIGIN};

use crate::http::origin::{is_local_host, is_local_origin};

use super::error::{ApiError, ErrorCode};

/// Whom the listener is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// This machine alone: its programs, but not the web pages that it shows.
    ThisMachine,
    /// Whoever reaches it (`--insecure-api`).
    Anybody,
}

/// A page of another site cannot write here even where everybody may: its browser says where it is from.
pub fn check(headers: &HeaderMap, audience: Audience) -> Result<(), ApiError> {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let is_from_here = text(ORIGIN).is_none_or(is_local_origin);
    let is_meant = audience == Audience::Anybody || text(HOST).is_none_or(is_local_host);
    if is_from_here && is_meant {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::AccessDenied, "this is not for other sites"))
}
