//! Where the server is in its life, for whoever waits for it or watches over it.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;

use super::{Admin, Failure};

/// How long the health worker may take to say that it lives.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// What the server is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Not every DNS listener answers yet.
    Starting,
    Ready,
    /// Listeners are being closed.
    Ending,
}

/// `GET /readyz`: whether queries are answered.
pub async fn readyz(State(admin): State<Admin>) -> Result<&'static str, Failure> {
    let not_ready = |error| Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, error));
    match **admin.stage.load() {
        Stage::Starting => not_ready("the server is starting"),
        Stage::Ready => Ok("ok\n"),
        Stage::Ending => not_ready("the server is ending"),
    }
}

/// `GET /livez`: whether the process does its work. Without its health worker no answer would ever change again.
pub async fn livez(State(admin): State<Admin>) -> Result<&'static str, Failure> {
    let error = match tokio::time::timeout(SIGN_OF_LIFE, admin.health.totals()).await {
        Ok(Ok(_)) => return Ok("ok\n"),
        Ok(Err(error)) => format!("the health worker is gone: {error}"),
        Err(_) => format!("the health worker has said nothing for {} s", SIGN_OF_LIFE.as_secs()),
    };
    Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, error))
}
