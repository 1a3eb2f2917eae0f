//! HTTP/1.1 over a listening socket, with a bound on everything that clients may hold. What is said is the service's.

mod connection;
mod request_body;

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Body;
use hyper::service::Service;
use hyper::{Request, Response};
use tokio::net::TcpListener;

use crate::connections::{ConnectionServer, Holder, Places};

pub use request_body::RequestBody;

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
    /// `head` is how long a client may be silent before a request, and take for its head, both together. Must be called
    /// within a tokio runtime.
    pub fn start<B>(
        listener: TcpListener,
        service: impl HttpService<B>,
        places: Arc<Places>,
        head: Duration,
    ) -> HttpServer
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let connect = move |accepted| connection::serve(accepted, service.clone(), head);
        HttpServer(ConnectionServer::start(listener, places, |_| Holder::Client, connect))
    }

    /// Accepts nobody any more, and lets the requests at hand have their answers, for two seconds at the most.
    pub async fn shutdown(self) {
        self.0.shutdown().await;
    }
}

#[cfg(test)]
mod tests;
