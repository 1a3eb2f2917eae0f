//! The body of a request as its service reads it, with an eye on who keeps whom waiting.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};

use crate::connections::{Activity, Work};

/// Who is to move in the exchange of a request and its response. The server is, at first.
#[derive(Clone, Debug)]
pub struct Turn {
    activity: Activity,
    /// Gone with the last of those who speak of this exchange: it may be given up at any time.
    work: Arc<Mutex<Option<Work>>>,
}

impl Turn {
    pub(super) fn new(activity: Activity) -> Turn {
        let work = Arc::new(Mutex::new(Some(activity.work())));
        Turn { activity, work }
    }

    /// The server has what it needs to go on.
    pub fn server_moves(&self) {
        self.work().get_or_insert_with(|| self.activity.work());
    }

    /// The server can do nothing before the client does something.
    pub fn client_moves(&self) {
        *self.work() = None;
    }

    fn work(&self) -> MutexGuard<'_, Option<Work>> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body from a client. While its next part is not there, the client is to move.
pub struct RequestBody {
    incoming: Incoming,
    turn: Turn,
    is_waited_for: bool,
}

impl RequestBody {
    pub(super) fn new(incoming: Incoming, turn: Turn) -> RequestBody {
        RequestBody { incoming, turn, is_waited_for: false }
    }

    /// For a service that waits for its client in other ways than for the rest of this body.
    pub fn turn(&self) -> Turn {
        self.turn.clone()
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.incoming).poll_frame(cx);
        match (polled.is_pending(), self.is_waited_for) {
            (true, false) => self.turn.client_moves(),
            (false, true) => self.turn.server_moves(),
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
