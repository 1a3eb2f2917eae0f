//! The API's listener, from its flags to its start.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::net::TcpListener;

use crate::admin::is_local;
use crate::api::access::{Audience, Keys};
use crate::api::{Api, ApiListener};
use crate::config::ApiSettings;
use crate::descriptors;
use crate::dns::ListenError;
use crate::small_file;
use crate::zonefile;

use super::say;

/// A socket that the API will be served on.
pub struct ApiSocket {
    listener: TcpListener,
    pub address: SocketAddr,
    audience: Audience,
}

impl ApiSocket {
    /// `None` where none is asked for. Must be called within a tokio runtime.
    pub fn bind(settings: &ApiSettings) -> Result<Option<ApiSocket>, String> {
        let Some(wanted) = settings.api.address() else { return Ok(None) };
        let keys = settings.credentials.as_deref().map(read_keys).transpose()?;
        if !is_local(wanted) && !settings.insecure_api && keys.is_none() {
            return Err(format!(
                "--api {wanted}: others than this machine reach it, and it looks at no credentials; give --credentials \
                 FILE with the keys that may use it, or --insecure-api to let them change everything, or bind 127.0.0.1"
            ));
        }
        let bind = || -> std::io::Result<_> {
            let listener = std::net::TcpListener::bind(wanted)?;
            listener.set_nonblocking(true)?;
            let listener = TcpListener::from_std(listener)?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let (listener, address) = bind().map_err(|error| {
            let error = ListenError::new("--api", wanted, "the API", error);
            let hint = "perhaps it is another route53d, or another emulator of AWS (LocalStack, Moto, MiniStack: port 4566 is \
                        theirs by custom); --api off does without";
            format!("{error}; {hint}")
        })?;
        let audience = match keys {
            Some(keys) => Audience::Holders(Arc::new(keys)),
            None if settings.insecure_api => Audience::Anybody,
            None => Audience::ThisMachine,
        };
        Ok(Some(ApiSocket { listener, address, audience }))
    }

    /// How clients on this machine find it.
    pub fn url(&self, is_over_tls: bool) -> String {
        let scheme = if is_over_tls { "https" } else { "http" };
        let reached = match self.address.ip() {
            ip if ip.is_unspecified() && ip.is_ipv4() => SocketAddr::new([127, 0, 0, 1].into(), self.address.port()),
            ip if ip.is_unspecified() => SocketAddr::new(std::net::Ipv6Addr::LOCALHOST.into(), self.address.port()),
            _ => self.address,
        };
        format!("{scheme}://{reached}")
    }

    /// Serves, over TLS if that is given, and says how clients find it.
    pub fn start(self, api: Api, tls: Option<Arc<ServerConfig>>) -> ApiListener {
        let url = self.url(tls.is_some());
        let ApiSocket { listener, address, audience } = self;
        if matches!(audience, Audience::Anybody) {
            tracing::warn!(
                "--insecure-api: whoever reaches {address} can change everything, for no credentials are looked at"
            );
        }
        say(&format!("Route 53 API on {address}: export AWS_ENDPOINT_URL_ROUTE_53={url}"));
        ApiListener::start(listener, api, audience, tls, descriptors::API.of_process())
    }
}

fn read_keys(path: &Path) -> Result<Keys, String> {
    const FILE_BYTES: usize = 1 << 20;
    let name = path.display();
    let text =
        small_file::read(path, FILE_BYTES).map_err(|error| format!("could not read --credentials {name}: {error}"))?;
    let credentials = zonefile::read_credentials(&name.to_string(), &text);
    credentials.map(Keys::new).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        format!("--credentials:\n{}", lines.join("\n"))
    })
}
