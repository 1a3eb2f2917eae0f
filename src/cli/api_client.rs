//! Speaks with a Route 53 API: ours, or AWS's.

use std::env;
use std::path::PathBuf;

use clap::Args;

use crate::client::{Credentials, Endpoint, RouteCaller};
use crate::time::Clock;

/// Where the API is. The variables of the AWS CLI and the SDKs count here too.
#[derive(Args, Clone, Debug)]
pub struct ApiClientSettings {
    /// Where the API is, such as http://127.0.0.1:4566 or https://route53.amazonaws.com. Without it
    /// AWS_ENDPOINT_URL_ROUTE_53 says so, else AWS_ENDPOINT_URL, else it is http://127.0.0.1:4566. Calls are signed with
    /// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN where these are set; an endpoint over HTTPS is held
    /// against the root certificates of the system, or of the file AWS_CA_BUNDLE
    #[arg(long, value_name = "URL", env = "ROUTE53D_ENDPOINT")]
    endpoint: Option<String>,
}

const DEFAULT_ENDPOINT: &str = "http://127.0.0.1:4566";

impl ApiClientSettings {
    /// # Errors
    ///
    /// The endpoint, the credentials or the root certificates are unfit.
    pub fn caller(&self) -> Result<RouteCaller, String> {
        let of_environment = || variable("AWS_ENDPOINT_URL_ROUTE_53").or_else(|| variable("AWS_ENDPOINT_URL"));
        let endpoint = self.endpoint.clone().or_else(of_environment).unwrap_or_else(|| DEFAULT_ENDPOINT.to_owned());
        let endpoint = Endpoint::parse(&endpoint).map_err(|error| format!("--endpoint: {error}"))?;
        let roots = variable("AWS_CA_BUNDLE").map(PathBuf::from);
        RouteCaller::new(endpoint, roots.as_deref(), credentials()?, Clock::real())
    }
}

fn credentials() -> Result<Option<Credentials>, String> {
    match (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
        (Some(access_key_id), Some(secret_access_key)) => {
            let session_token = variable("AWS_SESSION_TOKEN");
            Ok(Some(Credentials { access_key_id, secret_access_key, session_token }))
        }
        (None, None) => Ok(None),
        _ => Err("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together, and one of them is not set".to_owned()),
    }
}

/// What is empty is not set.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
