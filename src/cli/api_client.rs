//! Speaks with a Route 53 API: ours, or AWS's.

use clap::Args;

use crate::client::{Endpoint, RouteCaller};
use crate::config::aws_environment::{credentials, root_certificates, variable};
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
        RouteCaller::new(endpoint, root_certificates().as_deref(), credentials()?, Clock::real())
    }
}
