//! Queries over TCP, and over TLS on TCP (RFC 7858), with a bound on everything that clients may hold.

mod connection;
mod messages;
mod places;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::counters::{Count, Event, Protocol, SharedCounts};
use super::defence::Defence;
use super::proxy_protocol::{self, Header};
use super::respond::Transport;
use super::responder::{Origin, Responder};
use connection::Conversation;

pub use places::{Bounds, Places};
pub(super) use places::{Holder, Place};

/// Until the listener tries again after an error of its own, as when descriptors have run out.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);
/// How long answers at hand may take once the server is to end.
const PATIENCE_AT_THE_END: Duration = Duration::from_secs(2);

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
pub struct StreamServer {
    /// Gone, it asks listener and connections to end.
    stay: Option<watch::Sender<()>>,
    task: JoinHandle<()>,
}

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
        let (stay, ending) = watch::channel(());
        let (tls, defence) = (tls.map(TlsAcceptor::from), defence.clone());
        let counts = defence.counters.shared(if tls.is_some() { Protocol::Tls } else { Protocol::Tcp });
        let shared = Arc::new(Shared { responder, tls, patience, defence, counts });
        StreamServer { stay: Some(stay), task: tokio::spawn(serve(listener, shared, places, ending)) }
    }

    /// Accepts nobody any more, and lets what has come have its answers, for two seconds at the most.
    pub async fn shutdown(mut self) {
        self.stay = None;
        let _ = timeout(PATIENCE_AT_THE_END, &mut self.task).await;
    }
}

impl Drop for StreamServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>, places: Arc<Places>, ending: watch::Receiver<()>) {
    // Dropped with this task, it ends them.
    let mut connections = JoinSet::new();
    tokio::select! {
        never = accept(&listener, &shared, &places, &ending, &mut connections) => match never {},
        () = ended(ending.clone()) => {}
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn accept(
    listener: &TcpListener,
    shared: &Arc<Shared>,
    places: &Arc<Places>,
    ending: &watch::Receiver<()>,
    connections: &mut JoinSet<()>,
) -> Infallible {
    let mut is_failing = false;
    loop {
        let (stream, source) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) if is_of_one_connection(&error) => continue,
            Err(error) => {
                // Once: the next attempts say the same, ten times a second.
                if !is_failing {
                    tracing::warn!(%error, "could not accept a connection; trying again");
                }
                is_failing = true;
                // Descriptors may have run out: those that do nothing with theirs give one back at each attempt.
                places.make_room();
                tokio::time::sleep(PAUSE_AFTER_ERROR).await;
                continue;
            }
        };
        is_failing = false;
        // Only one connection is held beyond the bounds: this one.
        let holder = if shared.defence.is_proxy(source.ip()) { Holder::Proxy } else { Holder::Client };
        let place = places.take(source.ip(), holder).await;
        // What those that have ended said is of no interest; a panic has reported itself.
        while connections.try_join_next().is_some() {}
        connections.spawn(connect(stream, source, place, Arc::clone(shared), ending.clone()));
    }
}

async fn connect(
    mut stream: TcpStream,
    sender: SocketAddr,
    mut place: Place,
    shared: Arc<Shared>,
    ending: watch::Receiver<()>,
) {
    let own = stream.local_addr().ok().map(|address| address.ip());
    let (source, destination) = if shared.defence.is_proxy(sender.ip()) {
        let header = tokio::select! {
            header = timeout(shared.patience.message, proxy_protocol::read_header(&mut stream)) => header,
            () = place.dismissed() => return,
            () = ended(ending.clone()) => return,
        };
        match header {
            Ok(Ok(Header::Sender)) => (sender, own),
            Ok(Ok(Header::Client { source, destination })) => (source, Some(destination.ip())),
            // Nobody can say who asks.
            Ok(Err(_)) | Err(_) => {
                shared.counts.add(Event::ProxyHeaderError, 1);
                tracing::debug!(%sender, "a proxy's connection does not begin with a PROXY header");
                return;
            }
        }
    } else {
        (sender, own)
    };
    let conversation = Conversation {
        responder: &shared.responder,
        origin: Origin { source: source.ip(), destination, transport: shared.transport() },
        counts: &shared.counts,
        patience: shared.patience,
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
                () = ended(conversation.ending.clone()) => return Ok(()),
            };
            conversation.hold(&mut stream).await
        }
    }
}

/// Returns when the server is to end.
async fn ended(mut ending: watch::Receiver<()>) {
    while ending.changed().await.is_ok() {}
}

/// Whether the client was gone before it was accepted; the next one may be well.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
