//! HTTP/1.1 over a listening socket, and both HTTP/1.1 and HTTP/2 over a stream that somebody else has accepted, with a
//! bound on everything that clients may hold. What is said is the service's.

mod body;
mod body_budget;
mod connection;
pub mod origin;
mod request_body;

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;

use hyper::body::Body;
use hyper::service::Service;
use hyper::{Request, Response};
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::connections::{Accepted, ConnectionServer, Holder, Places};

pub use body::{BodyError, pass_over, read_body};
pub use body_budget::{BodyBudget, BudgetError, Reservation};
pub use connection::{Limits, Version, serve};
pub use request_body::{RequestBody, Turn};

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

/// The application protocol of HTTP/1.1 over TLS, as it is registered.
pub const HTTP1: &[u8] = b"http/1.1";

/// Serves one listener until it is dropped, which ends all its connections at once.
#[derive(Debug)]
pub struct HttpServer(ConnectionServer);

impl HttpServer {
    /// Over TLS, if that is given, with a configuration for [`HTTP1`]. Must be called within a tokio runtime.
    pub fn start<B>(
        listener: TcpListener,
        tls: Option<Arc<ServerConfig>>,
        service: impl HttpService<B>,
        places: Arc<Places>,
        limits: Limits,
    ) -> HttpServer
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let tls = tls.map(TlsAcceptor::from);
        let connect = move |Accepted { stream, mut place, ending, .. }: Accepted| {
            // A response is written whole: there is nothing to wait for. Where it cannot be set, it is slower.
            let _ = stream.set_nodelay(true);
            let (service, tls) = (service.clone(), tls.clone());
            async move {
                let Some(tls) = tls else {
                    return serve(stream, Version::Http1, place, service, limits, ending).await;
                };
                let secured = tokio::select! {
                    secured = timeout(limits.head, Box::pin(tls.accept(stream))) => secured,
                    () = place.dismissed() => return,
                    () = ending.clone().begins() => return,
                };
                match secured {
                    Ok(Ok(stream)) => serve(Box::new(stream), Version::Http1, place, service, limits, ending).await,
                    Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                    Err(_) => tracing::debug!("a TLS handshake took too long"),
                }
            }
        };
        HttpServer(ConnectionServer::start(listener, places, |_| Holder::Client, connect))
    }

    /// Accepts nobody any more, and lets the requests at hand have their answers, for two seconds at the most.
    pub async fn shutdown(self) {
        self.0.shutdown().await;
    }
}

#[cfg(test)]
mod tests;
