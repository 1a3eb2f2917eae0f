//! Connections over TCP, accepted on a listener within the bounds of what clients may hold. What is said on them is the
//! caller's.

mod places;

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

pub use places::{Activity, Bounds, Holder, Place, Places, Work};

/// Until the listener tries again after an error of its own, as when descriptors have run out.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);
/// How long connections may take to end once the listener is to end.
const PATIENCE_AT_THE_END: Duration = Duration::from_secs(2);

/// A connection, as it is accepted.
#[derive(Debug)]
pub struct Accepted {
    pub stream: TcpStream,
    /// The address at the other end.
    pub sender: SocketAddr,
    /// Held for as long as the connection is.
    pub place: Place,
    pub ending: Ending,
}

/// Tells a connection when the listener is to end.
#[derive(Clone, Debug)]
pub struct Ending(watch::Receiver<()>);

impl Ending {
    /// What it waits for comes when the sender is dropped.
    pub fn new() -> (watch::Sender<()>, Ending) {
        let (stay, ending) = watch::channel(());
        (stay, Ending(ending))
    }

    /// Returns once it is time to end.
    pub async fn begins(mut self) {
        while self.0.changed().await.is_ok() {}
    }
}

/// Accepts connections on one listener until it is dropped, which ends them all at once.
#[derive(Debug)]
pub struct ConnectionServer {
    /// Gone, it asks listener and connections to end.
    stay: Option<watch::Sender<()>>,
    task: JoinHandle<()>,
}

impl ConnectionServer {
    /// Has `connect` serve each connection that there is a place for. Must be called within a tokio runtime.
    pub fn start<F>(
        listener: TcpListener,
        places: Arc<Places>,
        holder: impl Fn(IpAddr) -> Holder + Send + Sync + 'static,
        connect: impl Fn(Accepted) -> F + Send + Sync + 'static,
    ) -> ConnectionServer
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (stay, ending) = Ending::new();
        let task = tokio::spawn(async move {
            // Dropped with this task, it ends them.
            let mut connections = JoinSet::new();
            tokio::select! {
                never = accept(&listener, &places, holder, connect, &ending, &mut connections) => match never {},
                () = ending.clone().begins() => {}
            }
            drop(listener);
            while connections.join_next().await.is_some() {}
        });
        ConnectionServer { stay: Some(stay), task }
    }

    /// Accepts nobody any more, and lets what has come have its answers, for two seconds at the most.
    pub async fn shutdown(mut self) {
        self.stay = None;
        let _ = timeout(PATIENCE_AT_THE_END, &mut self.task).await;
    }
}

impl Drop for ConnectionServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept<F>(
    listener: &TcpListener,
    places: &Arc<Places>,
    holder: impl Fn(IpAddr) -> Holder,
    connect: impl Fn(Accepted) -> F,
    ending: &Ending,
    connections: &mut JoinSet<()>,
) -> Infallible
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut is_failing = false;
    loop {
        let (stream, sender) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) if is_of_one_connection(&error) => continue,
            Err(error) => {
                // Once: the next attempts say the same, ten times a second.
                if !is_failing {
                    let address =
                        listener.local_addr().map_or_else(|_| String::new(), |address| format!(" on {address}"));
                    tracing::warn!(%error, "could not accept a connection{address}; trying again");
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
        let place = places.take(sender.ip(), holder(sender.ip())).await;
        // What those that have ended said is of no interest; a panic has reported itself.
        while connections.try_join_next().is_some() {}
        connections.spawn(connect(Accepted { stream, sender, place, ending: ending.clone() }));
    }
}

/// Whether the client was gone before it was accepted; the next one may be well.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
