//! Queries over QUIC (RFC 9250): a stream for each, answered in whatever order they become whole.

use std::fmt::Display;
use std::net::{IpAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{
    Connection, Endpoint, EndpointConfig, Incoming, RecvStream, SendStream, TokioRuntime, TransportConfig, VarInt,
};
use rustls::ServerConfig;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::connections::{Bounds, Holder, Place, Places};

use super::counted;
use super::counters::{Protocol, SharedCounts};
use super::defence::Defence;
use super::message::{Header, Request};
use super::respond::Transport;
use super::responder::{Origin, Responder};

/// How long a connection may stay silent.
const IDLE: Duration = Duration::from_secs(10);
/// For the handshake, and for the rest of a query that has begun.
const PATIENCE: Duration = Duration::from_secs(5);
/// Queries of one connection that may be on their way at a time.
const STREAMS: u32 = 100;
/// How long what is known of a connection is kept behind its end, where its round trips have not been measured: three
/// probe time-outs (RFC 9000 §10.2, RFC 9002 §6.2.2), so that its last packets are known for what they are.
const KEPT_UNMEASURED: Duration = Duration::from_secs(3);
/// So many times as many connections are known as there are places: those that have ended, too.
const KEPT_SHARE: usize = 2;
/// The longest query that is read, in bytes, its length before it included: as over UDP and TCP, nobody makes us hold more.
const QUERY_BYTES: usize = 2 + 4_096;

/// RFC 9250 §4.3.
mod error_code {
    use quinn::VarInt;

    pub const NO_ERROR: VarInt = VarInt::from_u32(0);
    pub const PROTOCOL_ERROR: VarInt = VarInt::from_u32(2);
    pub const EXCESSIVE_LOAD: VarInt = VarInt::from_u32(4);
}

/// Serves one listener until it is dropped, which ends all its connections.
pub struct QuicServer {
    endpoint: Endpoint,
    task: JoinHandle<()>,
}

/// What all connections of a listener have in common.
struct Shared {
    responder: Responder,
    counts: SharedCounts,
    /// The listener's, unless it is at all of them.
    bound: Option<IpAddr>,
}

impl QuicServer {
    /// With a TLS configuration whose protocol is `doq`. Must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// The socket or the configuration is not fit for QUIC.
    pub fn start(
        socket: UdpSocket,
        responder: Responder,
        config: Arc<ServerConfig>,
        places: Arc<Places>,
        defence: &Defence,
    ) -> Result<QuicServer, String> {
        let failed = |error: &dyn Display| format!("could not serve QUIC: {error}");
        let address = socket.local_addr().map_err(|error| failed(&error))?.ip();
        let crypto = QuicServerConfig::try_from(config).map_err(|error| failed(&error))?;
        let mut config = quinn::ServerConfig::with_crypto(Arc::new(crypto));
        config.transport_config(Arc::new(transport().map_err(|error| failed(&error))?));
        let endpoint = Endpoint::new(EndpointConfig::default(), Some(config), socket, Arc::new(TokioRuntime));
        let endpoint = endpoint.map_err(|error| failed(&error))?;
        let counts = defence.counters.shared(Protocol::Quic);
        let bound = Some(address).filter(|address| !address.is_unspecified());
        let shared = Arc::new(Shared { responder, counts, bound });
        let Bounds { connections, per_address } = places.bounds();
        let kept = Bounds { connections: KEPT_SHARE * connections, per_address: KEPT_SHARE * per_address };
        let task = tokio::spawn(accept(endpoint.clone(), shared, places, Places::new(kept)));
        Ok(QuicServer { endpoint, task })
    }
}

impl Drop for QuicServer {
    fn drop(&mut self) {
        self.endpoint.close(error_code::NO_ERROR, b"");
        self.task.abort();
    }
}

fn transport() -> Result<TransportConfig, impl Display> {
    let mut transport = TransportConfig::default();
    IDLE.try_into().map(|idle| {
        transport
            .max_idle_timeout(Some(idle))
            .max_concurrent_bidi_streams(VarInt::from_u32(STREAMS))
            .max_concurrent_uni_streams(VarInt::from_u32(0))
            .stream_receive_window(VarInt::from_u32(QUERY_BYTES as u32))
            .datagram_receive_buffer_size(None);
        transport
    })
}

async fn accept(endpoint: Endpoint, shared: Arc<Shared>, places: Arc<Places>, kept: Arc<Places>) {
    // Dropped with this task, it ends them.
    let mut connections = JoinSet::new();
    while let Some(incoming) = endpoint.accept().await {
        while connections.try_join_next().is_some() {}
        // Whoever forges an address gets one small packet for one large, and holds nothing.
        if !incoming.remote_address_validated() {
            // It fails only for those that are validated.
            let _ = incoming.retry();
            continue;
        }
        let address = incoming.remote_address().ip();
        // A connection that makes room is known for a while yet. Who opens them faster than they are forgotten is
        // refused, in one packet, or they would be as many as he likes.
        let Some(known) = kept.take_if_free(address) else {
            incoming.refuse();
            continue;
        };
        let place = places.take(address, Holder::Client).await;
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let kept = connect(incoming, place, shared).await;
            sleep(kept).await;
            drop(known);
        });
    }
}

/// How long a connection whose round trips take so long is known behind its end: three probe time-outs, as long as they
/// can be (RFC 9002 §6.2.1).
fn kept(round_trip: Duration) -> Duration {
    const MAX_ACK_DELAY: Duration = Duration::from_millis(25);
    (3 * (3 * round_trip + MAX_ACK_DELAY)).min(KEPT_UNMEASURED)
}

/// Holds a connection until its end; returns how long it is known behind that.
async fn connect(incoming: Incoming, mut place: Place, shared: Arc<Shared>) -> Duration {
    let source = incoming.remote_address();
    let handshake = timeout(PATIENCE, incoming);
    let connection = tokio::select! {
        done = handshake => match done {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => {
                tracing::debug!(%error, %source, "a QUIC handshake failed");
                return KEPT_UNMEASURED;
            }
            Err(_) => {
                tracing::debug!(%source, "a QUIC handshake took too long");
                return KEPT_UNMEASURED;
            }
        },
        () = place.dismissed() => return KEPT_UNMEASURED,
    };
    converse(&connection, place, shared).await;
    kept(connection.rtt())
}

/// Answers queries until the client goes or must make room.
async fn converse(connection: &Connection, mut place: Place, shared: Arc<Shared>) {
    let source = connection.remote_address();
    let activity = place.activity();
    let mut queries = JoinSet::new();
    loop {
        let stream = tokio::select! {
            stream = connection.accept_bi() => stream,
            Some(_) = queries.join_next(), if !queries.is_empty() => continue,
            () = place.dismissed() => {
                connection.close(error_code::EXCESSIVE_LOAD, b"");
                return;
            }
        };
        match stream {
            Ok(stream) => {
                activity.happens();
                queries.spawn(answer(connection.clone(), stream, Arc::clone(&shared)));
            }
            Err(error) => return tracing::debug!(%error, %source, "a QUIC connection ended"),
        }
    }
}

/// RFC 9250 §4.2: one query a stream, its length before it, its id 0, and nothing behind it.
async fn answer(connection: Connection, (mut send, mut receive): (SendStream, RecvStream), shared: Arc<Shared>) {
    let Ok(Ok(query)) = timeout(PATIENCE, receive.read_to_end(QUERY_BYTES)).await else {
        // Too long, too slow, or taken back by the client.
        let _ = send.reset(error_code::EXCESSIVE_LOAD);
        return;
    };
    let message = match query.split_first_chunk::<2>() {
        Some((length, message)) if usize::from(u16::from_be_bytes(*length)) == message.len() => message,
        _ => return connection.close(error_code::PROTOCOL_ERROR, b"not one message with its length before it"),
    };
    if let Err(wrong) = check(message) {
        return connection.close(error_code::PROTOCOL_ERROR, wrong.as_bytes());
    }
    let Some(reply) = reply(message, &connection, &shared) else {
        let _ = send.reset(error_code::PROTOCOL_ERROR);
        return;
    };
    // A client that has gone wants no answer.
    if send.write_all(&reply).await.is_ok() {
        let _ = send.finish();
    }
}

/// What a message may not be over QUIC, which ends its connection (RFC 9250 §4.3.3).
fn check(message: &[u8]) -> Result<(), &'static str> {
    match message.first_chunk::<2>() {
        None => return Err("the message is too short to have an id"),
        Some([0, 0]) => {}
        Some(_) => return Err("the message id is not 0"),
    }
    let request = Header::read(message).and_then(|header| Request::read(message, header).ok());
    // RFC 9250 §5.5.2: QUIC has a time-out of its own.
    match request.and_then(|request| request.edns).and_then(|edns| edns.keepalive) {
        Some(_) => Err("the option edns-tcp-keepalive is not for QUIC"),
        None => Ok(()),
    }
}

/// With its length before it.
fn reply(message: &[u8], connection: &Connection, shared: &Shared) -> Option<Vec<u8>> {
    let origin = Origin {
        source: connection.remote_address().ip(),
        destination: connection.local_ip().or(shared.bound),
        transport: Transport::Quic,
    };
    let current = shared.responder.current();
    counted::answer(message, &origin, &current, &mut Rng::new(), &shared.counts, |answer| {
        // `MAX_MESSAGE_LENGTH` is the most that the field can say.
        [&(answer.len() as u16).to_be_bytes(), answer].concat()
    })
}
