//! Queries over TCP, and over TLS on TCP (RFC 7858), with a bound on everything that clients may hold.

mod connection;
mod messages;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::connections::{Accepted, ConnectionServer, Places};

use super::counters::{Protocol, SharedCounts};
use super::defence::Defence;
use super::peer::Peer;
use super::respond::Transport;
use super::responder::{Origin, Responder};
use connection::Conversation;

pub(super) use messages::MESSAGE_BYTES;

/// How long clients may keep a connection waiting.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the next message. RFC 7766 §6.2.3 speaks of a few seconds.
    pub idle: Duration,
    /// For the rest of a message that has begun. Everybody sends a query at once; a lost packet is sent again within
    /// three seconds.
    pub message: Duration,
    /// For reading what was answered.
    pub write: Duration,
    /// For the handshake of TLS, which is two round trips and no waiting for people.
    pub handshake: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            idle: Duration::from_secs(10),
            message: Duration::from_secs(5),
            write: Duration::from_secs(10),
            handshake: Duration::from_secs(5),
        }
    }
}

/// Serves one listener until it is dropped, which ends all its connections at once.
#[derive(Debug)]
pub struct StreamServer(ConnectionServer);

/// What all connections of a listener have in common.
struct Shared {
    responder: Responder,
    tls: Option<TlsAcceptor>,
    patience: Patience,
    defence: Defence,
    counts: SharedCounts,
}

impl Shared {
    fn transport(&self) -> Transport {
        let tenths = self.patience.idle.as_millis() / 100;
        let idle_timeout_deciseconds = u16::try_from(tenths).unwrap_or(u16::MAX);
        match self.tls {
            None => Transport::Tcp { idle_timeout_deciseconds },
            Some(_) => Transport::Tls { idle_timeout_deciseconds },
        }
    }
}

impl StreamServer {
    /// With `tls`, over TLS. Must be called within a tokio runtime.
    pub fn start(
        listener: TcpListener,
        responder: Responder,
        tls: Option<Arc<ServerConfig>>,
        patience: Patience,
        places: Arc<Places>,
        defence: &Defence,
    ) -> StreamServer {
        let (tls, defence) = (tls.map(TlsAcceptor::from), defence.clone());
        let counts = defence.counters.shared(if tls.is_some() { Protocol::Tls } else { Protocol::Tcp });
        let holder = defence.holders();
        let shared = Arc::new(Shared { responder, tls, patience, defence, counts });
        let connect = move |accepted| connect(accepted, Arc::clone(&shared));
        StreamServer(ConnectionServer::start(listener, places, holder, connect))
    }

    /// Accepts nobody any more, and lets what has come have its answers, for two seconds at the most.
    pub async fn shutdown(self) {
        self.0.shutdown().await;
    }
}

async fn connect(accepted: Accepted, shared: Arc<Shared>) {
    let Accepted { mut stream, sender, mut place, ending } = accepted;
    let patience = shared.patience;
    let peer = tokio::select! {
        peer = Peer::identify(&mut stream, sender, &shared.defence, &shared.counts, patience.message) => peer,
        () = place.dismissed() => return,
        () = ending.clone().begins() => return,
    };
    let Some(Peer { source, destination }) = peer else { return };
    let conversation = Conversation {
        responder: &shared.responder,
        origin: Origin { source: source.ip(), destination, transport: shared.transport() },
        counts: &shared.counts,
        patience,
        activity: place.activity(),
        ending,
    };
    let done = tokio::select! {
        done = converse(stream, &conversation, shared.tls.as_ref()) => done,
        () = place.dismissed() => return,
    };
    if let Err(error) = done {
        tracing::debug!(%error, %source, "a connection ended early");
    }
}

async fn converse(mut stream: TcpStream, conversation: &Conversation<'_>, tls: Option<&TlsAcceptor>) -> io::Result<()> {
    // Answers are written whole: there is nothing to wait for. Where it cannot be set, it is slower.
    let _ = stream.set_nodelay(true);
    match tls {
        None => conversation.hold(&mut stream).await,
        Some(tls) => {
            // On the heap: a connection without TLS need not be as big as one with it.
            let handshake = timeout(conversation.patience.handshake, Box::pin(tls.accept(stream)));
            let mut stream = tokio::select! {
                stream = handshake => Box::new(stream??),
                () = conversation.ending.clone().begins() => return Ok(()),
            };
            conversation.hold(&mut stream).await
        }
    }
}
