//! One connection, from its first request to its end.

use std::error::Error;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use hyper::Request;
use hyper::body::{Body, Incoming};
use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use crate::connections::{Activity, Ending, Place};

use super::HttpService;
use super::request_body::{RequestBody, Turn};

/// Requests of one connection that may be on their way at a time, over HTTP/2. Fewer than RFC 9113 §6.5.2 recommends
/// would slow down resolvers that have one connection for all their clients.
const STREAMS: u32 = 100;
/// What may come of the bodies of all these requests before it is read, in bytes.
const UNREAD_BYTES: u32 = 128 << 10;

/// The protocol that a client has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    Http1,
    Http2,
}

/// What a client may take of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest head of a request, in bytes; 8,192 or more.
    pub head_bytes: usize,
    /// Over HTTP/1.1: how long a client may be silent before a request, and take for its head, both together.
    pub head: Duration,
    /// How long after the last response, or after the beginning, a client may stay without the next one, for want of a
    /// whole request or because it does not read those that it has. Then the connection ends.
    pub unanswered: Duration,
    /// How long requests that have begun may take from then on.
    pub farewell: Duration,
}

/// Answers request after request, until the client goes, keeps the server waiting or must make room, or the server
/// ends.
pub async fn serve<B>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    version: Version,
    place: Place,
    service: impl HttpService<B>,
    limits: Limits,
    ending: Ending,
) where
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let progress = Progress::new(place.activity());
    let end = End { limits, ending, progress: progress.clone() };
    let service = service_fn(move |request: Request<Incoming>| {
        let turn = Turn::new(progress.activity.clone());
        let response = service.call(request.map(|body| RequestBody::new(body, turn.clone())));
        let progress = progress.clone();
        async move {
            let response = response.await;
            progress.responds();
            turn.client_moves();
            response
        }
    });
    let stream = TokioIo::new(stream);
    match version {
        Version::Http1 => {
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(limits.head)
                .max_buf_size(limits.head_bytes)
                // Of a connection that was used the buffer may have grown beyond that.
                .max_header_size(limits.head_bytes)
                .serve_connection(stream, service);
            hold(connection, |connection| connection.graceful_shutdown(), place, end).await;
        }
        Version::Http2 => {
            // Dropped with this connection, it ends what is left of it.
            let streams = Arc::new(Mutex::new(JoinSet::new()));
            let connection = http2::Builder::new(Streams(Arc::downgrade(&streams)))
                .timer(TokioTimer::new())
                .max_concurrent_streams(STREAMS)
                .initial_connection_window_size(UNREAD_BYTES)
                .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
                .serve_connection(stream, service);
            hold(connection, |connection| connection.graceful_shutdown(), place, end).await;
        }
    }
}

/// What ends a connection that the client leaves open.
struct End {
    limits: Limits,
    ending: Ending,
    progress: Progress,
}

async fn hold<C: Future<Output = hyper::Result<()>>>(
    connection: C,
    end_gracefully: impl FnOnce(Pin<&mut C>),
    mut place: Place,
    end: End,
) {
    let End { limits, ending, progress } = end;
    let mut connection = pin!(connection);
    let until_the_end = async {
        tokio::select! {
            done = connection.as_mut() => return done,
            () = progress.ceases_for(limits.unanswered) => {}
            () = ending.begins() => {}
        }
        end_gracefully(connection.as_mut());
        timeout(limits.farewell, connection).await.unwrap_or(Ok(()))
    };
    let done = tokio::select! {
        done = until_the_end => done,
        () = place.dismissed() => return,
    };
    if let Err(error) = done {
        tracing::debug!(%error, "an HTTP connection ended early");
    }
}

/// When a connection has had its last response.
#[derive(Clone)]
struct Progress {
    activity: Activity,
    last: Arc<Mutex<Instant>>,
}

impl Progress {
    fn new(activity: Activity) -> Progress {
        Progress { activity, last: Arc::new(Mutex::new(Instant::now())) }
    }

    fn responds(&self) {
        self.activity.happens();
        *self.last() = Instant::now();
    }

    /// Returns once there has been no response for so long, and not for want of one that is being made.
    async fn ceases_for(&self, patience: Duration) {
        loop {
            let now = Instant::now();
            let last = if self.activity.has_work() { now } else { *self.last() };
            let at = last + patience;
            if at <= now {
                return;
            }
            sleep_until(at).await;
        }
    }

    fn last(&self) -> MutexGuard<'_, Instant> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs the streams of one connection over HTTP/2, for as long as there is the connection.
#[derive(Clone)]
struct Streams(Weak<Mutex<JoinSet<()>>>);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        if let Some(streams) = self.0.upgrade() {
            let mut streams = streams.lock().unwrap_or_else(PoisonError::into_inner);
            while streams.try_join_next().is_some() {}
            streams.spawn(stream);
        }
    }
}
