//! Who is at the other end of a connection: its sender, or the client that a trusted proxy names.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::counters::{Count, Event, SharedCounts};
use super::defence::Defence;
use super::proxy_protocol::{self, Header};

/// Who asks, and whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    pub source: SocketAddr,
    /// Which of our addresses was asked, if that is known.
    pub destination: Option<IpAddr>,
}

impl Peer {
    /// Reads the header of a trusted proxy, which has this long for it. `None` without one that can be read: nobody can
    /// say who asks.
    pub async fn identify(
        stream: &mut TcpStream,
        sender: SocketAddr,
        defence: &Defence,
        counts: &SharedCounts,
        patience: Duration,
    ) -> Option<Peer> {
        let own = stream.local_addr().ok().map(|address| address.ip());
        if !defence.is_proxy(sender.ip()) {
            return Some(Peer { source: sender, destination: own });
        }
        match timeout(patience, proxy_protocol::read_header(stream)).await {
            Ok(Ok(Header::Sender)) => Some(Peer { source: sender, destination: own }),
            Ok(Ok(Header::Client { source, destination })) => {
                Some(Peer { source, destination: Some(destination.ip()) })
            }
            Ok(Err(error)) => Peer::unknown(sender, counts, &error),
            Err(too_late) => Peer::unknown(sender, counts, &too_late),
        }
    }

    fn unknown(sender: SocketAddr, counts: &SharedCounts, error: &dyn Display) -> Option<Peer> {
        counts.add(Event::ProxyHeaderError, 1);
        tracing::debug!(%sender, "a proxy's connection does not begin with a PROXY header: {error}");
        None
    }
}
