//! What goes wrong with a request, as JSON: `{"error": …}`.

use axum::Json;
use axum::http::header::{HeaderValue, WWW_AUTHENTICATE};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::health::HandleError;

/// The answer to a request that is not granted.
#[derive(Debug)]
pub struct Failure {
    pub status: StatusCode,
    pub error: String,
}

impl Failure {
    pub fn new(status: StatusCode, error: impl Into<String>) -> Failure {
        Failure { status, error: error.into() }
    }

    pub fn bad(error: impl Into<String>) -> Failure {
        Failure::new(StatusCode::BAD_REQUEST, error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(json!({ "error": self.error }))).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110 §15.5.2: a 401 names what would do.
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<HandleError> for Failure {
    fn from(error: HandleError) -> Failure {
        let status = match error {
            HandleError::NoSuchHealthCheck(_)
            | HandleError::NoSuchForce(_)
            | HandleError::NoSuchRoutingControl(_)
            | HandleError::RoutingControlNotSet(_)
            | HandleError::NotACheckerRegion(_) => StatusCode::NOT_FOUND,
            HandleError::TooManyForces => StatusCode::CONFLICT,
            HandleError::NotSaved(_) => StatusCode::INSUFFICIENT_STORAGE,
            HandleError::Stopped => StatusCode::SERVICE_UNAVAILABLE,
        };
        Failure::new(status, error.to_string())
    }
}

pub async fn unknown_path(uri: Uri) -> Failure {
    Failure::new(StatusCode::NOT_FOUND, format!("there is nothing at {}", uri.path()))
}

/// axum adds the `Allow` header.
pub async fn method_not_allowed(method: Method, uri: Uri) -> Failure {
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, format!("{} does not take {method}", uri.path()))
}
