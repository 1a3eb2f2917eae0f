//! The listeners over TCP, TLS, HTTPS and QUIC, and what they share: the places of connections, and who the server is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::config::StreamSettings;
use crate::connections::{Bounds, Places};
use crate::descriptors;
use crate::dns::https::{self, HttpsServer};
use crate::dns::stream::Patience;
use crate::dns::{Defence, ListenAddress, QuicListener, QuicServer, Responder, StreamServer, TlsListener, TlsProtocol};
use crate::http;
use crate::time::Clock;
use crate::tls_identity::TlsIdentity;

/// The application protocol of DNS over TLS, as it is registered.
const DOT: &[u8] = b"dot";
/// And of DNS over QUIC.
const DOQ: &[u8] = b"doq";

/// All servers of streams.
pub struct Streams {
    places: Arc<Places>,
    defence: Defence,
    servers: Vec<StreamServer>,
    https_servers: Vec<HttpsServer>,
    quic_servers: Vec<QuicServer>,
}

impl Streams {
    /// After whatever raises the limit of descriptors.
    pub fn new(settings: &StreamSettings, defence: Defence) -> Streams {
        let connections = connections(settings.tcp_connections, descriptors::limit());
        if let Some(wanted) = settings.tcp_connections.filter(|wanted| usize::from(*wanted) > connections) {
            tracing::warn!(
                "no more than {connections} connections at a time, not --tcp-connections {wanted}: that is half of the \
                 process's file descriptors; raise the limit with ulimit -n, LimitNOFILE= in a systemd unit, or \
                 --ulimit nofile= for a container"
            );
        }
        let bounds = Bounds { connections, per_address: usize::from(settings.tcp_connections_per_address) };
        Streams {
            places: Places::new(bounds),
            defence,
            servers: Vec::new(),
            https_servers: Vec::new(),
            quic_servers: Vec::new(),
        }
    }

    /// The places of all connections.
    pub fn places(&self) -> &Arc<Places> {
        &self.places
    }

    /// Serves a listener, over TLS if that is given.
    pub fn start(&mut self, listener: TcpListener, responder: Responder, tls: Option<Arc<ServerConfig>>) {
        let places = Arc::clone(&self.places);
        let server = StreamServer::start(listener, responder, tls, Patience::default(), places, &self.defence);
        self.servers.push(server);
    }

    /// Serves a listener over HTTPS.
    pub fn start_https(&mut self, listener: TcpListener, responder: Responder, config: Arc<ServerConfig>) {
        let places = Arc::clone(&self.places);
        let server = HttpsServer::start(listener, responder, config, Patience::default(), places, &self.defence);
        self.https_servers.push(server);
    }

    /// Serves a listener over QUIC.
    pub fn start_quic(
        &mut self,
        socket: UdpSocket,
        responder: Responder,
        config: Arc<ServerConfig>,
    ) -> Result<(), String> {
        let places = Arc::clone(&self.places);
        self.quic_servers.push(QuicServer::start(socket, responder, config, places, &self.defence)?);
        Ok(())
    }

    /// Lets what has come have its answers, for a moment, on all listeners at the same time.
    pub async fn shutdown(self) {
        let mut ends: JoinSet<()> = self.servers.into_iter().map(StreamServer::shutdown).collect();
        self.https_servers.into_iter().map(HttpsServer::shutdown).for_each(|end| drop(ends.spawn(end)));
        ends.join_all().await;
    }
}

/// How many there may be, by what the operator says and by the limit of descriptors, if there is one.
fn connections(wanted: Option<u16>, limit: Option<u64>) -> usize {
    match wanted {
        Some(wanted) => usize::from(wanted).min(descriptors::DNS_AT_MOST.of(limit)),
        None => descriptors::DNS.of(limit),
    }
}

/// Who the server is to clients over TLS, HTTPS and QUIC, and how their listeners shake hands.
pub struct SecureSetup {
    pub dot: Vec<TlsListener>,
    pub dot_config: Arc<ServerConfig>,
    pub doh: Vec<TlsListener>,
    pub doh_config: Arc<ServerConfig>,
    pub doq: Vec<QuicListener>,
    pub doq_config: Arc<ServerConfig>,
    /// Of an API over TLS.
    pub api_config: Option<Arc<ServerConfig>>,
    pub identity: Arc<TlsIdentity>,
}

impl SecureSetup {
    /// Binds what is asked for, beside an API over TLS that is bound already; `None` if nothing is. Must be called within
    /// a tokio runtime.
    pub fn bind(settings: &StreamSettings, api: Option<SocketAddr>) -> Result<Option<SecureSetup>, String> {
        // Also without listeners: who names files that cannot be used wants to know.
        let files = settings.tls_files()?;
        let from_files = files.map(|files| TlsIdentity::from_files(files, &Clock::real())).transpose()?;
        let (dot, doh) = (bind(&settings.dot, TlsProtocol::Dot)?, bind(&settings.doh, TlsProtocol::Https)?);
        let doq: Vec<QuicListener> =
            settings.doq.iter().map(QuicListener::bind).collect::<Result<_, _>>().map_err(|error| error.to_string())?;
        if dot.is_empty() && doh.is_empty() && doq.is_empty() && api.is_none() {
            return Ok(None);
        }
        let is_own = from_files.is_none();
        let over_tls = dot.iter().chain(&doh).map(|listener| listener.address);
        let addresses = over_tls.chain(doq.iter().map(|listener| listener.address)).chain(api);
        let identity = match from_files {
            Some(identity) => identity,
            None => TlsIdentity::self_signed(&reachable(addresses))?,
        };
        let fingerprint = identity.fingerprint();
        if is_own {
            tracing::warn!(
                "no --tls-cert: a self-signed TLS certificate for development was made, SHA-256 {fingerprint}"
            );
        } else {
            tracing::info!("TLS certificate, SHA-256 {fingerprint}");
        }
        let (dot_config, doq_config) = (identity.server_config(&[DOT])?, identity.server_config(&[DOQ])?);
        let doh_config = identity.server_config(&https::PROTOCOLS)?;
        let api_config = api.map(|_| identity.server_config(&[http::HTTP1])).transpose()?;
        Ok(Some(SecureSetup { dot, dot_config, doh, doh_config, doq, doq_config, api_config, identity }))
    }
}

fn bind(wanted: &[ListenAddress], protocol: TlsProtocol) -> Result<Vec<TlsListener>, String> {
    wanted.iter().map(|listen| TlsListener::bind(listen, protocol).map_err(|error| error.to_string())).collect()
}

/// The addresses at which clients find these listeners, as far as they are known.
fn reachable(addresses: impl Iterator<Item = SocketAddr>) -> Vec<IpAddr> {
    let mut reachable: Vec<IpAddr> = addresses
        .map(|address| match address.ip() {
            IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            address => address,
        })
        .collect();
    reachable.sort();
    reachable.dedup();
    reachable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_a_share_of_the_descriptors() {
        let cases = [
            (None, None, 1024),
            (None, Some(1 << 20), 1024),
            (None, Some(4096), 512),
            (None, Some(64), 16),
            (Some(1), None, 1),
            (Some(10_000), None, 10_000),
            (Some(10_000), Some(20_000), 10_000),
            (Some(10_000), Some(4096), 2048),
            (Some(3), Some(4096), 3),
        ];
        for (wanted, limit, expected) in cases {
            assert_eq!(connections(wanted, limit), expected, "{wanted:?} {limit:?}");
        }
    }
}
