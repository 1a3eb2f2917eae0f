//! The TCP connection of a probe.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, sleep, timeout};

use super::fault::ProbeFault;
use super::outcome::ProbeFinding;
use super::{NetworkPath, Stop};

/// A connection, and when it came to be.
pub(super) struct Connected {
    pub(super) stream: TcpStream,
    pub(super) at: Instant,
    pub(super) took: Duration,
}

/// Connects within `limit`, over the path of the checker's region.
pub(super) async fn connect(to: SocketAddr, path: &NetworkPath, limit: Duration) -> Result<Connected, Stop> {
    if let Some(source) = path.source.filter(|source| source.is_ipv4() != to.is_ipv4()) {
        return Err(ProbeFault::of_families(to.ip(), source).into());
    }
    if path.loses_this() {
        // A packet that is lost goes unanswered for as long as anybody waits.
        sleep(limit).await;
        return Err(ProbeFinding::ConnectionTimedOut.into());
    }
    let start = Instant::now();
    let connecting = async {
        path.delay().await;
        open(to, path).await
    };
    let stream = match timeout(limit, connecting).await {
        Err(_) => return Err(ProbeFinding::ConnectionTimedOut.into()),
        Ok(Err(error)) => {
            return Err(match ProbeFault::of_connecting(&error, to, path.source) {
                Some(fault) => fault.into(),
                None => ProbeFinding::of_error(&error).into(),
            });
        }
        Ok(Ok(stream)) => stream,
    };
    let at = Instant::now();
    Ok(Connected { stream, at, took: at - start })
}

async fn open(to: SocketAddr, path: &NetworkPath) -> io::Result<TcpStream> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // What follows a handshake is not to wait for its acknowledgement.
    socket.set_nodelay(true)?;
    if let Some(source) = path.source {
        socket.bind(SocketAddr::new(source, 0))?;
    }
    socket.connect(to).await
}

impl NetworkPath {
    fn loses_this(&self) -> bool {
        self.loss_percent > 0 && fastrand::u8(..100) < self.loss_percent
    }

    /// One round trip more.
    pub(super) async fn delay(&self) {
        if !self.latency.is_zero() {
            sleep(self.latency).await;
        }
    }
}
