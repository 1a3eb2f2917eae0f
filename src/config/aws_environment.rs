//! The environment that AWS's own tools look at, where we are a client of theirs.

use std::env;
use std::path::PathBuf;

use crate::client::Credentials;

/// A variable's value. What is empty is not set.
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The file of root certificates that an endpoint over HTTPS is held against, if there is one of its own.
pub fn root_certificates() -> Option<PathBuf> {
    variable("AWS_CA_BUNDLE").map(PathBuf::from)
}

/// The keys to sign with, if there are any.
///
/// # Errors
///
/// One of the two is missing.
pub fn credentials() -> Result<Option<Credentials>, String> {
    match (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
        (Some(access_key_id), Some(secret_access_key)) => {
            let session_token = variable("AWS_SESSION_TOKEN");
            Ok(Some(Credentials { access_key_id, secret_access_key, session_token }))
        }
        (None, None) => Ok(None),
        _ => Err("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together, and one of them is not set".to_owned()),
    }
}
