//! HTTP/1.1 over a listening socket, and both HTTP/1.1 and HTTP/2 over a stream that somebody else has accepted, with a
//! bound on everything that clients may hold. What is said is the service's.

mod connection;
pub mod origin;
mod request_body;

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;

use hyper::body::Body;
use hyper::service::Service;
use hyper::{Request, Response};
use tokio::net::TcpListener;

use crate::connections::{Accepted, ConnectionServer, Holder, Places};

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

/// Serves one listener until it is dropped, which ends all its connections at once.
#[derive(Debug)]
pub struct HttpServer(ConnectionServer);

impl HttpServer {
    /// Must be called within a tokio runtime.
    pub fn start<B>(
        listener: TcpListener,
        service: impl HttpService<B>,
        places: Arc<Places>,
        limits: Limits,
    ) -> HttpServer
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let connect = move |Accepted { stream, place, ending, .. }| {
            // A response is written whole: there is nothing to wait for. Where it cannot be set, it is slower.
            let _ = stream.set_nodelay(true);
            serve(stream, Version::Http1, place, service.clone(), limits, ending)
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
