//! Queries over HTTPS (RFC 8484), HTTP/1.1 and HTTP/2, with the bounds that connections over TCP and TLS have.

mod exchange;
mod freshness;
mod request;
mod unread;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::Request;
use hyper::service::service_fn;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::connections::{Accepted, ConnectionServer, Places};
use crate::http::{self, Limits, RequestBody, Version};

use super::counters::{Protocol, SharedCounts};
use super::defence::Defence;
use super::peer::Peer;
use super::respond::Transport;
use super::responder::{Origin, Responder};
use super::stream::Patience;
use exchange::Exchange;
use unread::Room;

/// The protocols that a client may choose, the better one first. Without a choice it is HTTP/1.1.
pub const PROTOCOLS: [&[u8]; 2] = [HTTP2, http::HTTP1];
const HTTP2: &[u8] = b"h2";
/// The largest head of a request, in bytes: a query of 4,096 bytes in a URL, and as much again of what browsers add.
const HEAD_BYTES: usize = 16 << 10;

/// Serves one listener until it is dropped, which ends all its connections at once.
#[derive(Debug)]
pub struct HttpsServer(ConnectionServer);

/// What all connections of a listener have in common.
struct Shared {
    responder: Responder,
    tls: TlsAcceptor,
    patience: Patience,
    defence: Defence,
    counts: SharedCounts,
}

impl HttpsServer {
    /// With a TLS configuration for [`PROTOCOLS`]. Must be called within a tokio runtime.
    pub fn start(
        listener: TcpListener,
        responder: Responder,
        tls: Arc<ServerConfig>,
        patience: Patience,
        places: Arc<Places>,
        defence: &Defence,
    ) -> HttpsServer {
        let (tls, defence) = (TlsAcceptor::from(tls), defence.clone());
        let counts = defence.counters.shared(Protocol::Https);
        let holder = defence.holders();
        let shared = Arc::new(Shared { responder, tls, patience, defence, counts });
        let connect = move |accepted| connect(accepted, Arc::clone(&shared));
        HttpsServer(ConnectionServer::start(listener, places, holder, connect))
    }

    /// Accepts nobody any more, and lets what has come have its answers, for two seconds at the most.
    pub async fn shutdown(self) {
        self.0.shutdown().await;
    }
}

async fn connect(accepted: Accepted, shared: Arc<Shared>) {
    let Accepted { stream, sender, mut place, ending } = accepted;
    let secured = tokio::select! {
        secured = secure(stream, sender, &shared) => secured,
        () = place.dismissed() => return,
        () = ending.clone().begins() => return,
    };
    let (peer, stream) = match secured {
        Ok(Some(secured)) => secured,
        Ok(None) => return,
        Err(error) => return tracing::debug!(%error, %sender, "a TLS handshake failed"),
    };
    let version = match stream.get_ref().1.alpn_protocol() {
        Some(HTTP2) => Version::Http2,
        _ => Version::Http1,
    };
    let Patience { idle, message, .. } = shared.patience;
    let limits = Limits { head_bytes: HEAD_BYTES, head: idle, unanswered: idle, farewell: message };
    let origin = Origin { source: peer.source.ip(), destination: peer.destination, transport: Transport::Https };
    let room = Room::default();
    let service = service_fn(move |request: Request<RequestBody>| {
        let (shared, room) = (Arc::clone(&shared), room.clone());
        async move {
            let Shared { responder, counts, patience, .. } = &*shared;
            let exchange = Exchange { responder, counts, origin, room, patience: patience.message };
            Ok(exchange.respond(request).await)
        }
    });
    http::serve(stream, version, place, service, limits, ending).await;
}

/// Who asks, and the stream that the two talk over. `None` if nobody can say who it is.
async fn secure(
    mut stream: TcpStream,
    sender: SocketAddr,
    shared: &Shared,
) -> io::Result<Option<(Peer, Box<TlsStream<TcpStream>>)>> {
    let Patience { message, handshake, .. } = shared.patience;
    let Some(peer) = Peer::identify(&mut stream, sender, &shared.defence, &shared.counts, message).await else {
        return Ok(None);
    };
    // Answers are written whole: there is nothing to wait for. Where it cannot be set, it is slower.
    let _ = stream.set_nodelay(true);
    let stream = timeout(handshake, Box::pin(shared.tls.accept(stream))).await??;
    Ok(Some((peer, Box::new(stream))))
}
