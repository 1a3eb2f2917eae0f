//! The places that connections have, and who must make room when there are no more.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

/// A limited number of places. One task gives them out.
pub(super) struct Places {
    count: usize,
    table: Mutex<Table>,
    /// Wakes the task that waits for a place.
    changed: Notify,
}

#[derive(Default)]
struct Table {
    held: BTreeMap<u64, Held>,
    /// Counts what happens, to tell what happened earlier.
    events: u64,
}

/// What is known of a connection.
struct Held {
    turn: Turn,
    /// The event since which this is about.
    since: u64,
    /// `None` once it has been told to make room.
    dismiss: Option<oneshot::Sender<()>>,
}

/// Who is to move next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Client,
    Server,
}

/// One connection's place, given back when it is dropped.
pub(super) struct Place {
    turns: Turns,
    dismissed: oneshot::Receiver<()>,
}

/// Tells of one connection who is to move.
#[derive(Clone)]
pub(super) struct Turns {
    places: Arc<Places>,
    number: u64,
}

impl Places {
    pub(super) fn new(count: usize) -> Places {
        Places { count, table: Mutex::default(), changed: Notify::new() }
    }

    /// A place, at the cost of whoever has kept the server waiting longest if there is no other.
    pub(super) async fn take(self: &Arc<Self>) -> Place {
        loop {
            if let Some(place) = self.try_take() {
                return place;
            }
            // A change since the look has left a permit: it is not missed.
            self.changed.notified().await;
        }
    }

    /// Takes the place of whoever has kept the server waiting longest, for nobody.
    pub(super) fn make_room(&self) {
        self.table().dismiss_one();
    }

    fn try_take(self: &Arc<Self>) -> Option<Place> {
        let mut table = self.table();
        if table.held.len() >= self.count {
            table.dismiss_one();
            return None;
        }
        let number = table.next_event();
        let (dismiss, dismissed) = oneshot::channel();
        table.held.insert(number, Held { turn: Turn::Client, since: number, dismiss: Some(dismiss) });
        Some(Place { turns: Turns { places: Arc::clone(self), number }, dismissed })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn next_event(&mut self) -> u64 {
        self.events += 1;
        self.events
    }

    /// Tells one connection to make room, unless another is about to.
    fn dismiss_one(&mut self) {
        if self.held.values().any(|held| held.dismiss.is_none()) {
            return;
        }
        let waits = self.held.values_mut().filter(|held| held.turn == Turn::Client);
        if let Some(longest) = waits.min_by_key(|held| held.since) {
            longest.dismiss = None;
        }
    }
}

impl Place {
    /// Returns when the connection must make room.
    pub(super) async fn dismissed(&mut self) {
        // The sender sends nothing: it goes.
        let _ = (&mut self.dismissed).await;
    }

    pub(super) fn turns(&self) -> Turns {
        self.turns.clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.turns.places.table().held.remove(&self.turns.number);
        self.turns.places.changed.notify_one();
    }
}

impl Turns {
    /// The server has work to do.
    pub(super) fn server_moves(&self) {
        self.set(Turn::Server);
    }

    /// The server can do nothing before the client does something.
    pub(super) fn client_moves(&self) {
        self.set(Turn::Client);
        self.places.changed.notify_one();
    }

    fn set(&self, turn: Turn) {
        let mut table = self.places.table();
        let since = table.next_event();
        // A body may outlive its connection for a moment.
        if let Some(held) = table.held.get_mut(&self.number) {
            (held.turn, held.since) = (turn, since);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;

    async fn is_dismissed(place: &mut Place) -> bool {
        std::future::poll_fn(|cx| Poll::Ready(std::pin::pin!(place.dismissed()).poll(cx).is_ready())).await
    }

    #[tokio::test]
    async fn whoever_keeps_the_server_waiting_longest_makes_room() {
        let places = Arc::new(Places::new(3));
        let (mut first, mut second, mut third) = (places.take().await, places.take().await, places.take().await);
        // The first has had an answer since; the third waits for one.
        first.turns().server_moves();
        first.turns().client_moves();
        third.turns().server_moves();
        assert!(places.try_take().is_none() && places.try_take().is_none());
        assert!(is_dismissed(&mut second).await);
        assert!(!is_dismissed(&mut first).await && !is_dismissed(&mut third).await);
        drop(second);
        let _fourth = places.take().await;
        assert!(places.try_take().is_none());
        assert!(is_dismissed(&mut first).await);
    }

    #[tokio::test]
    async fn nobody_makes_room_whose_answer_is_being_made_and_the_next_waits() {
        let places = Arc::new(Places::new(1));
        let mut busy = places.take().await;
        busy.turns().server_moves();
        let next = tokio::spawn({
            let places = Arc::clone(&places);
            async move { drop(places.take().await) }
        });
        tokio::task::yield_now().await;
        assert!(!next.is_finished() && !is_dismissed(&mut busy).await);
        busy.turns().client_moves();
        busy.dismissed().await;
        drop(busy);
        next.await.unwrap();
    }
}
