//! Who may speak with the admin listener.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::origin::{self, Clients};

use super::Failure;

/// With a token, whoever shows it; without one, whoever is on this machine and is not a web page.
pub struct Guard {
    pub token: Option<String>,
}

pub async fn check(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    match guard.allows(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(failure) => failure.into_response(),
    }
}

impl Guard {
    fn allows(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Failure> {
        let clients = if self.token.is_some() { Clients::Authenticated } else { Clients::ThisMachine };
        origin::check(uri, headers, clients)
            .map_err(|refused| Failure::new(StatusCode::FORBIDDEN, refused.to_string()))?;
        let Some(token) = &self.token else { return Ok(()) };
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let shown = text(AUTHORIZATION).and_then(bearer_token).unwrap_or_default();
        if is_equal(shown.as_bytes(), token.as_bytes()) {
            Ok(())
        } else {
            let error = "the header `Authorization: Bearer TOKEN` is missing or wrong";
            Err(Failure::new(StatusCode::UNAUTHORIZED, error))
        }
    }
}

/// RFC 9110 §11.1: the case of the scheme does not matter.
fn bearer_token(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start_matches(' '))
}

/// Takes as long for any text of the same length, so that time tells nothing of a token.
fn is_equal(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(token: Option<&str>, headers: &[(&'static str, &'static str)]) -> Option<StatusCode> {
        let guard = Guard { token: token.map(str::to_owned) };
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        guard.allows(&Uri::from_static("/"), &headers).err().map(|failure| failure.status)
    }

    #[test]
    fn without_a_token_only_local_names_will_do() {
        for host in ["127.0.0.1:8053", "localhost", "LOCALHOST:1", "[::1]:8053", "192.0.2.1"] {
            assert_eq!(status(None, &[("host", host)]), None, "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:8053", "", "[evil"] {
            assert_eq!(status(None, &[("host", host)]), Some(StatusCode::FORBIDDEN), "{host}");
        }
        let page = [("host", "127.0.0.1"), ("origin", "https://evil.example")];
        assert_eq!(status(None, &page), Some(StatusCode::FORBIDDEN));
        assert_eq!(status(None, &[("origin", "http://localhost:3000")]), None);
    }

    #[test]
    fn with_a_token_only_the_token_will_do() {
        assert_eq!(status(Some("secret"), &[("host", "evil.example"), ("authorization", "Bearer secret")]), None);
        assert_eq!(status(Some("secret"), &[("authorization", "bearer  secret")]), None);
        for value in ["Bearer secre", "Bearer secretx", "secret", "Basic secret", "Bearer "] {
            assert_eq!(status(Some("secret"), &[("authorization", value)]), Some(StatusCode::UNAUTHORIZED), "{value}");
        }
        assert_eq!(status(Some("secret"), &[("host", "127.0.0.1")]), Some(StatusCode::UNAUTHORIZED));
    }
}
