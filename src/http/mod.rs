//! HTTP/1.1 over a listening socket, with a bound on everything that clients may hold. What is said is the service's.

mod connection;
mod places;
mod request_body;

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Body;
use hyper::service::Service;
use hyper::{Request, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use places::Places;

pub use request_body::RequestBody;

/// Until the listener tries again after an error of its own, as when descriptors have run out.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);
/// How long requests at hand may take once the server is to end.
const PATIENCE_AT_THE_END: Duration = Duration::from_secs(2);

/// What the clients of one listener may take.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections at a time. When there are as many, whoever comes next takes the place of the one whose client has
    /// kept the server waiting longest, be it for a request, for the rest of one, or for reading a response; while no
    /// client does, it waits.
    pub connections: usize,
    /// How long a client may be silent before a request, and take for its head, both together.
    pub head: Duration,
}

/// What answers the requests of all connections. How long an answer may take is for the service to say.
pub trait HttpService<B>:
    Service<Request<RequestBody>, Response = Response<B>, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static
{
}

impl<B, S> HttpService<B> for S where
    S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// Serves one listener until it is dropped, which ends all its connections at once.
#[derive(Debug)]
pub struct HttpServer {
    /// Gone, it asks listener and connections to end.
    stay: Option<watch::Sender<()>>,
    task: JoinHandle<()>,
}

impl HttpServer {
    /// Must be called within a tokio runtime.
    pub fn start<B>(listener: TcpListener, service: impl HttpService<B>, bounds: Bounds) -> HttpServer
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let (stay, ending) = watch::channel(());
        HttpServer { stay: Some(stay), task: tokio::spawn(serve(listener, service, bounds, ending)) }
    }

    /// Accepts nobody any more, and lets the requests at hand have their answers, for two seconds at the most.
    pub async fn shutdown(mut self) {
        self.stay = None;
        let _ = tokio::time::timeout(PATIENCE_AT_THE_END, &mut self.task).await;
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve<B>(listener: TcpListener, service: impl HttpService<B>, bounds: Bounds, ending: watch::Receiver<()>)
where
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    // Dropped with this task, it ends them.
    let mut connections = JoinSet::new();
    tokio::select! {
        never = accept(&listener, &service, bounds, &ending, &mut connections) => match never {},
        () = ended(ending.clone()) => {}
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn accept<B>(
    listener: &TcpListener,
    service: &impl HttpService<B>,
    bounds: Bounds,
    ending: &watch::Receiver<()>,
    connections: &mut JoinSet<()>,
) -> Infallible
where
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let places = Arc::new(Places::new(bounds.connections));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) if is_of_one_connection(&error) => continue,
            Err(error) => {
                tracing::warn!(%error, "could not accept an HTTP connection");
                // Descriptors may have run out: those that do nothing with theirs give one back at each attempt.
                places.make_room();
                tokio::time::sleep(PAUSE_AFTER_ERROR).await;
                continue;
            }
        };
        // Only one connection is held beyond the bound: this one.
        let place = places.take().await;
        // What those that have ended said is of no interest; a panic has reported itself.
        while connections.try_join_next().is_some() {}
        connections.spawn(connection::serve(stream, place, service.clone(), bounds, ending.clone()));
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

#[cfg(test)]
mod tests;
