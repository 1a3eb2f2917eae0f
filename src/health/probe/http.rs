//! The HTTP exchange of a probe: one request over one connection, one response, as much of its body as is wanted.

use std::future::{Future, poll_fn};
use std::io;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper::header::CONTENT_ENCODING;
use hyper::{Error, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, timeout, timeout_at};

use super::NetworkPath;
use super::body::{BodySearch, Search};
use super::outcome::{ProbeFinding, Timings};
use super::plan::HttpQuestion;

/// HC-11: from the status code to the string in the body.
const BODY_LIMIT: Duration = Duration::from_secs(2);
/// HC-16: bytes of the response before its body, the status line included.
const MAX_HEADER_BYTES: usize = 16_384;
/// HC-16 bounds their bytes, not their number. The shortest, `a:` and its line end, makes this many of them.
const MAX_HEADERS: usize = MAX_HEADER_BYTES / 4;
/// What is read ahead of the parser.
const MAX_BUFFER_BYTES: usize = 24_576;

/// Asks, and finds out until `status_deadline` what the endpoint says; for the body there is more time.
pub(super) async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    question: &HttpQuestion,
    status_deadline: Instant,
    path: &NetworkPath,
    timings: &mut Timings,
) -> ProbeFinding {
    let asked = Instant::now();
    let first_byte = Arc::new(OnceLock::new());
    let stream = RequestFirst::new(stream, Arc::clone(&first_byte));
    let responding = async {
        path.delay().await;
        let (sender, connection) = client().handshake(TokioIo::new(stream)).await?;
        let mut conversation = Conversation { sender, connection: Some(connection), error: None };
        let response = conversation.respond(question).await?;
        Ok::<_, Error>((response, conversation))
    };
    let responded = timeout_at(status_deadline, responding).await;
    timings.time_to_first_byte = first_byte.get().map(|at: &Instant| *at - asked);
    let (response, mut conversation) = match responded {
        Err(_) => return ProbeFinding::NoStatusInTime,
        Ok(Err(error)) => return ProbeFinding::of_http_error(&error),
        Ok(Ok(responded)) => responded,
    };
    // HC-11: the status first.
    let status = status_finding(&response);
    let Some(search_string) = question.search_string.as_deref().filter(|_| status.is_success()) else {
        // The body stays unread, and dropping the connection closes it.
        return status;
    };
    let encoding = response.headers().get(CONTENT_ENCODING).map(|value| value.as_bytes());
    let search = BodySearch::new(search_string, encoding);
    let searching = search_body(&mut conversation, response.into_body(), search);
    match timeout(BODY_LIMIT, searching).await {
        Err(_) => ProbeFinding::BodyTimedOut,
        Ok(BodyEnd::Found) => status,
        Ok(BodyEnd::NotFound) => ProbeFinding::SearchStringNotFound,
        Ok(BodyEnd::CutShort) => ProbeFinding::BodyCutShort,
    }
}

fn client() -> http1::Builder {
    let mut client = http1::Builder::new();
    client
        .title_case_headers(true)
        .max_headers(MAX_HEADERS)
        .max_header_size(MAX_HEADER_BYTES)
        .max_buf_size(MAX_BUFFER_BYTES);
    client
}

/// hyper keeps the phrase that was sent only where it is not the usual one.
fn status_finding(response: &Response<Incoming>) -> ProbeFinding {
    let status = response.status();
    let sent = response.extensions().get::<hyper::ext::ReasonPhrase>().map(hyper::ext::ReasonPhrase::as_bytes);
    let usual = status.canonical_reason().unwrap_or_default();
    ProbeFinding::of_status(status.as_u16(), sent.unwrap_or(usual.as_bytes()))
}

enum BodyEnd {
    Found,
    NotFound,
    CutShort,
}

/// Reads until the string is found, there is no more to search, or the body ends.
async fn search_body<S: AsyncRead + AsyncWrite + Unpin>(
    conversation: &mut Conversation<S>,
    mut body: Incoming,
    mut search: BodySearch<'_>,
) -> BodyEnd {
    loop {
        let bytes = match conversation.drive(body.frame()).await {
            None => return BodyEnd::NotFound,
            // All that arrived has been searched.
            Some(Err(_)) => return BodyEnd::CutShort,
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
        };
        match search.add(bytes) {
            Search::Found => return BodyEnd::Found,
            Search::NotFound => return BodyEnd::NotFound,
            Search::Undecided => {}
        }
    }
}

/// A connection that moves on while its response is waited for, in the same task.
struct Conversation<S: AsyncRead + AsyncWrite + Unpin> {
    /// Dropped, it would end the connection.
    sender: SendRequest<Empty<Bytes>>,
    /// `None` once it has ended.
    connection: Option<Connection<TokioIo<RequestFirst<S>>, Empty<Bytes>>>,
    /// How it ended.
    error: Option<Error>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<S> {
    async fn respond(&mut self, question: &HttpQuestion) -> Result<Response<Incoming>, Error> {
        let responding = self.sender.send_request(question.request());
        match self.drive(responding).await {
            // The connection knows better why it is gone.
            Err(error) if error.is_canceled() => Err(self.error.take().unwrap_or(error)),
            result => result,
        }
    }

    /// First the connection, then who waits for it: what the one has read, the other has in the same turn.
    async fn drive<F: Future>(&mut self, waiting: F) -> F::Output {
        let mut waiting = pin!(waiting);
        poll_fn(|context| {
            if let Some(connection) = &mut self.connection
                && let Poll::Ready(ended) = Pin::new(connection).poll(context)
            {
                self.connection = None;
                self.error = ended.err();
            }
            waiting.as_mut().poll(context)
        })
        .await
    }
}

/// Notes when the first byte comes in (HC-52), and lets none in before the request goes out: hyper gives up a connection
/// on which the other side speaks first, but an endpoint that answers before it is asked has answered.
struct RequestFirst<S> {
    stream: S,
    first_byte: Arc<OnceLock<Instant>>,
    turn: Turn,
}

/// Whose turn it is.
enum Turn {
    /// The request's, and who waits for its end to read.
    Ours(Option<Waker>),
    Both,
}

impl<S> RequestFirst<S> {
    fn new(stream: S, first_byte: Arc<OnceLock<Instant>>) -> RequestFirst<S> {
        RequestFirst { stream, first_byte, turn: Turn::Ours(None) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for RequestFirst<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Turn::Ours(reader) = &mut self.turn {
            *reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.first_byte.get_or_init(Instant::now);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for RequestFirst<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        if polled.is_ready()
            && let Turn::Ours(Some(reader)) = mem::replace(&mut self.turn, Turn::Both)
        {
            reader.wake();
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
