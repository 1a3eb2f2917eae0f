//! Answers to the messages of connections, made one by one and counted.

use std::cell::RefCell;

use fastrand::Rng;

use super::counters::{Count, DropReason, Event, SharedCounts};
use super::respond::MAX_MESSAGE_LENGTH;
use super::responder::{Current, Origin, Reply};

thread_local! {
    /// Where answers are made, before it is known how long they are: one for each thread, none for a connection.
    static ANSWER: RefCell<Vec<u8>> = RefCell::new(vec![0; MAX_MESSAGE_LENGTH]);
}

/// Gives the answer to a message to `take`, which must not answer another meanwhile. `None` if there is to be none.
pub(super) fn answer<T>(
    message: &[u8],
    origin: &Origin,
    current: &Current<'_>,
    rng: &mut Rng,
    counts: &SharedCounts,
    take: impl FnOnce(&[u8]) -> T,
) -> Option<T> {
    counts.add(Event::Query, 1);
    counts.add(Event::ReceivedByte, message.len() as u64);
    ANSWER.with_borrow_mut(|answer| match current.respond(message, origin, rng, answer) {
        Some(Reply { length, .. }) => {
            let answer = &answer[..length];
            counts.response(answer);
            Some(take(answer))
        }
        None => {
            counts.add(Event::Dropped(DropReason::NotAQuery), 1);
            None
        }
    })
}
