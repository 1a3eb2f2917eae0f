//! Speaks with the admin listener of a running server.

use std::time::Duration;

use clap::Args;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, StatusCode, Url};
use serde_json::Value;

use crate::config::AdminToken;

/// How long the listener may take.
const LIMIT: Duration = Duration::from_secs(15);

/// Where the server is.
#[derive(Args, Clone, Debug)]
pub struct AdminClientSettings {
    /// The admin listener of the server, as ADDR:PORT or http://ADDR:PORT
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8053", env = "ROUTE53D_ADMIN")]
    admin: String,

    #[command(flatten)]
    token: AdminToken,
}

/// A connection to be, to one admin listener.
pub struct AdminClient {
    client: Client,
    base: Url,
    token: Option<String>,
}

impl AdminClient {
    pub fn new(settings: &AdminClientSettings) -> Result<AdminClient, String> {
        let text = &settings.admin;
        let url = if text.contains("://") { text.clone() } else { format!("http://{text}") };
        let base = Url::parse(&url)
            .ok()
            .filter(|url| url.scheme() == "http" && url.has_host())
            .ok_or_else(|| format!("--admin {text}: expected ADDR:PORT, such as 127.0.0.1:8053"))?;
        let client = Client::builder().no_proxy().redirect(Policy::none()).timeout(LIMIT).build();
        let client = client.map_err(|error| format!("could not make an HTTP client: {error}"))?;
        Ok(AdminClient { client, base, token: settings.token.read()? })
    }

    /// Asks for `/health-checks/web` with `["health-checks", "web"]`.
    pub async fn get(&self, path: &[&str]) -> Result<Value, String> {
        self.send(self.request(Method::GET, path)?).await
    }

    pub async fn put(&self, path: &[&str], body: &Value) -> Result<Value, String> {
        self.send(self.request(Method::PUT, path)?.json(body)).await
    }

    pub async fn delete(&self, path: &[&str]) -> Result<Value, String> {
        self.send(self.request(Method::DELETE, path)?).await
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, String> {
        // URLs have no way to write them: a path is walked before it is sent.
        if let Some(part) = path.iter().find(|part| ["", ".", ".."].contains(*part)) {
            return Err(format!("{part:?} is no health check that could be asked for"));
        }
        let mut url = self.base.clone();
        url.path_segments_mut().map_err(|()| "--admin: not an HTTP address".to_owned())?.clear().extend(path);
        let request = self.client.request(method, url);
        Ok(match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }

    async fn send(&self, request: RequestBuilder) -> Result<Value, String> {
        let unreachable = |error: reqwest::Error| {
            let why = match &error {
                error if error.is_timeout() => "it does not answer in time",
                error if error.is_decode() => "something else answers there",
                _ => "it cannot be reached",
            };
            let base = self.base.as_str().trim_end_matches('/');
            format!("no route53d at {base}: {why}; is `route53d serve` running, and is --admin its address?")
        };
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        if status.is_success() {
            return response.json().await.map_err(unreachable);
        }
        let body: Value = response.json().await.unwrap_or_default();
        let error = body["error"].as_str().map_or_else(|| format!("the server answered {status}"), str::to_owned);
        Err(match status {
            StatusCode::UNAUTHORIZED => format!("{error}; give --admin-token-file FILE"),
            _ => error,
        })
    }
}

/// Runs one conversation.
pub fn converse<Output>(conversation: impl Future<Output = Result<Output, String>>) -> Result<Output, String> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("could not start the runtime: {error}"))?
        .block_on(conversation)
}
