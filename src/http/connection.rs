//! One connection, from its acceptance to its end.

use std::error::Error;
use std::pin::pin;
use std::time::Duration;

use hyper::Request;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};

use crate::connections::Accepted;

use super::HttpService;
use super::request_body::{RequestBody, Turn};

/// The largest head of a request; those of the AWS SDKs stay below 8 KiB.
const HEAD_BYTES: usize = 64 << 10;

/// Answers request after request, until the client goes, keeps the server waiting or must make room, or the server
/// ends.
pub(super) async fn serve<B>(accepted: Accepted, service: impl HttpService<B>, head: Duration)
where
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let Accepted { stream, mut place, ending, .. } = accepted;
    // A response is written whole: there is nothing to wait for. Where it cannot be set, it is slower.
    let _ = stream.set_nodelay(true);
    let activity = place.activity();
    let service = service_fn(move |request: Request<Incoming>| {
        let turn = Turn::new(activity.clone());
        let response = service.call(request.map(|body| RequestBody::new(body, turn.clone())));
        let activity = activity.clone();
        async move {
            let response = response.await;
            activity.happens();
            turn.client_moves();
            response
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let done = tokio::select! {
        done = connection.as_mut() => done,
        () = place.dismissed() => return,
        () = ending.begins() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = done {
        tracing::debug!(%error, "an HTTP connection ended early");
    }
}
