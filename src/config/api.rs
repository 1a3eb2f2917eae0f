//! Where the Route 53 API is, and who may use it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

/// The Route 53 API.
#[derive(Args, Clone, Debug, Default)]
pub struct ApiSettings {
    /// Where to serve the Route 53 API over HTTP, such as 127.0.0.1:4566; port 0 lets the system choose. Elsewhere than
    /// on the loopback interface it demands --credentials or --insecure-api
    #[arg(long, value_name = "ADDR:PORT", env = "ROUTE53D_API")]
    pub api: Option<SocketAddr>,

    /// The keys that requests to the API must be signed with (YAML); without it any credentials will do
    #[arg(long, value_name = "FILE", env = "ROUTE53D_CREDENTIALS", conflicts_with = "insecure_api")]
    pub credentials: Option<PathBuf>,

    /// Let whoever reaches the API change everything: it looks at no credentials
    #[arg(long, value_parser = BoolishValueParser::new(), env = "ROUTE53D_INSECURE_API")]
    pub insecure_api: bool,
}
