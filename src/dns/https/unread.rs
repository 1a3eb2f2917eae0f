//! Answers that clients have not read yet, of which a connection has but so many.

use std::sync::Arc;

use hyper::body::{Buf, Bytes};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::dns::respond::MAX_MESSAGE_LENGTH;

/// With as many bytes unread, no answer is made. One answer more may be, so that this and 64 KiB is the most that a
/// client can leave unread here: over HTTP/2 it may ask a hundred things at a time, and take nothing.
const UNREAD_BYTES: usize = 16 << 10;

/// What a connection has room for, in bytes.
#[derive(Clone, Debug)]
pub(super) struct Room(Arc<Semaphore>);

/// For one answer of any length.
pub(super) struct RoomForOne(OwnedSemaphorePermit);

impl Default for Room {
    fn default() -> Room {
        Room(Arc::new(Semaphore::new(UNREAD_BYTES + MAX_MESSAGE_LENGTH)))
    }
}

impl Room {
    /// Waits until the client has read enough of what it was answered. `None`: never, which does not happen.
    pub(super) async fn for_one(&self) -> Option<RoomForOne> {
        Arc::clone(&self.0).acquire_many_owned(MAX_MESSAGE_LENGTH as u32).await.ok().map(RoomForOne)
    }
}

impl RoomForOne {
    /// Keeps no more than this answer takes.
    pub(super) fn hold(self, answer: &[u8]) -> Unread {
        let RoomForOne(mut all) = self;
        let taken = all.split(answer.len().min(MAX_MESSAGE_LENGTH));
        Unread { rest: Bytes::copy_from_slice(answer), _room: taken }
    }
}

/// The bytes of a response, which take their room until the last one is on its way.
pub(super) struct Unread {
    rest: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

impl From<&'static str> for Unread {
    /// A text that is ours takes none of the client's room.
    fn from(text: &'static str) -> Unread {
        Unread { rest: Bytes::from_static(text.as_bytes()), _room: None }
    }
}

impl Buf for Unread {
    fn remaining(&self) -> usize {
        self.rest.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.rest.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.rest.advance(count);
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;

    async fn has_room(room: &Room) -> bool {
        let mut asked = std::pin::pin!(room.for_one());
        std::future::poll_fn(|cx| Poll::Ready(asked.as_mut().poll(cx).is_ready())).await
    }

    #[tokio::test]
    async fn answers_wait_for_those_before_them_to_be_read() {
        let room = Room::default();
        let mut unread = Vec::new();
        while has_room(&room).await {
            unread.push(room.for_one().await.unwrap().hold(&[7; 1_000]));
            assert!(unread.len() < 100, "there is always room");
        }
        assert_eq!(unread.len(), UNREAD_BYTES / 1_000 + 1);
        let mut first = unread.remove(0);
        first.advance(999);
        assert!(!has_room(&room).await);
        assert_eq!((first.remaining(), first.chunk()), (1, &[7][..]));
        drop(first);
        assert!(has_room(&room).await);
        // The longest of all fits, and then nothing does.
        drop(unread);
        let longest = room.for_one().await.unwrap().hold(&[7; MAX_MESSAGE_LENGTH]);
        assert!(!has_room(&room).await);
        drop(longest);
        assert!(has_room(&room).await);
    }
}
