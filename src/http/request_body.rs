//! The body of a request as its service reads it, with an eye on who keeps whom waiting.

use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};

use super::places::Turns;

/// A body from a client. While its next part is not there, the client is to move.
pub struct RequestBody {
    incoming: Incoming,
    turns: Turns,
    is_waited_for: bool,
}

impl RequestBody {
    pub(super) fn new(incoming: Incoming, turns: Turns) -> RequestBody {
        RequestBody { incoming, turns, is_waited_for: false }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.incoming).poll_frame(cx);
        match (polled.is_pending(), self.is_waited_for) {
            (true, false) => self.turns.client_moves(),
            (false, true) => self.turns.server_moves(),
            (true, true) | (false, false) => {}
        }
        self.is_waited_for = polled.is_pending();
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
