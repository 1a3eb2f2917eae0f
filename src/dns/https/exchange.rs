//! One request and its response.

use std::pin::pin;
use std::time::Duration;

use fastrand::Rng;
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response};
use tokio::time::timeout;

use crate::dns::counted;
use crate::dns::counters::SharedCounts;
use crate::dns::respond::MAX_MESSAGE_LENGTH;
use crate::dns::responder::{Origin, Responder};
use crate::dns::stream::MESSAGE_BYTES;
use crate::http::RequestBody;

use super::freshness;
use super::request::{self, Asked, DNS_MESSAGE, METHODS, Refusal};
use super::unread::{Room, Unread};

/// How much is read of a body, in bytes, whatever comes of it: a client that sends all it has before it listens would
/// not hear what is wrong with it, and over HTTP/2 the stream would be reset behind the response, which some clients
/// take for the loss of both.
const PASSED_BYTES: u64 = 1 << 20;

/// What an exchange is made with.
pub(super) struct Exchange<'e> {
    pub(super) responder: &'e Responder,
    pub(super) counts: &'e SharedCounts,
    pub(super) origin: Origin,
    /// The connection's.
    pub(super) room: Room,
    /// For the rest of a message that has begun.
    pub(super) patience: Duration,
}

impl Exchange<'_> {
    pub(super) async fn respond(&self, request: Request<RequestBody>) -> Response<Full<Unread>> {
        let has_body = *request.method() != Method::HEAD;
        match self.answer(request).await {
            Ok(Answer { bytes, length, fresh_seconds }) => {
                let mut response = Response::new(Full::new(if has_body { bytes } else { Unread::from("") }));
                let headers = response.headers_mut();
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(DNS_MESSAGE));
                headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
                if let Ok(kept) = HeaderValue::try_from(format!("max-age={fresh_seconds}")) {
                    headers.insert(CACHE_CONTROL, kept);
                }
                response
            }
            Err(refusal) => refused(refusal),
        }
    }

    async fn answer(&self, request: Request<RequestBody>) -> Result<Answer, Refusal> {
        let (head, body) = request.into_parts();
        let turn = body.turn();
        let asked = request::read(&head);
        // Also where nothing in it counts.
        let body = timeout(self.patience, read_message(body)).await.unwrap_or(Err(Refusal::TooSlow));
        let message = match asked? {
            Asked::Message(message) => message,
            Asked::Body => body?,
        };
        // As over UDP and TCP, a longer query is cut, and so malformed.
        let message = &message[..message.len().min(MESSAGE_BYTES)];
        // While there is no room, the client is to read.
        turn.client_moves();
        let room = self.room.for_one().await.ok_or(Refusal::Broken)?;
        turn.server_moves();
        let current = self.responder.current();
        counted::answer(message, &self.origin, &current, &mut Rng::new(), self.counts, |answer| Answer {
            length: answer.len(),
            fresh_seconds: freshness::seconds(answer),
            bytes: room.hold(answer),
        })
        .ok_or(Refusal::NoQuery)
    }
}

/// What is answered to a message.
struct Answer {
    bytes: Unread,
    length: usize,
    fresh_seconds: u32,
}

fn refused(refusal: Refusal) -> Response<Full<Unread>> {
    let mut response = Response::new(Full::new(Unread::from(refusal.text())));
    *response.status_mut() = refusal.status();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    // Without a word, caches may keep 404 and 405 for as long as they like (RFC 9110 §15.1).
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if refusal == Refusal::NoSuchMethod {
        headers.insert(ALLOW, HeaderValue::from_static(METHODS));
    }
    response
}

/// As much as is looked at: nobody makes the server hold 64 KiB for a query.
async fn read_message(body: RequestBody) -> Result<Vec<u8>, Refusal> {
    if body.size_hint().lower() > PASSED_BYTES {
        return Err(Refusal::TooLong);
    }
    let mut body = pin!(body);
    let mut message = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        // Trailers say nothing that is asked for.
        let Ok(part) = frame.map_err(|_| Refusal::Broken)?.into_data() else { continue };
        length += part.len() as u64;
        if length > PASSED_BYTES {
            return Err(Refusal::TooLong);
        }
        message.extend_from_slice(&part[..part.len().min(MESSAGE_BYTES - message.len())]);
    }
    if length > MAX_MESSAGE_LENGTH as u64 { Err(Refusal::TooLong) } else { Ok(message) }
}
