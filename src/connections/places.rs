//! The places that connections have, and whose connection ends when there are no more.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

/// How many connections there may be at a time. When there are as many, whoever comes next takes the place of the one
/// that has been idle longest: of all, or of those of its own address. If one client holds more than half of them, it is
/// one of that client's: others pay nothing for it. While the server works for each of them, it waits.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Of all clients together.
    pub connections: usize,
    /// Of one client: an IPv4 address, or the /64 of an IPv6 address, which any one customer has whole.
    pub per_address: usize,
}

/// Whose address it is that a connection comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Client,
    /// Of many clients: the bound of one address is not meant for it.
    Proxy,
}

/// The places of all listeners that share them.
#[derive(Debug)]
pub struct Places {
    bounds: Bounds,
    table: Mutex<Table>,
    /// Wakes whoever waits for a place.
    changed: Notify,
    /// Counts what connections do, to tell who did something earlier.
    events: AtomicU64,
    /// How many connections were told to make room.
    dismissals: AtomicU64,
}

#[derive(Debug, Default)]
struct Table {
    held: HashMap<u64, Held>,
    per_address: HashMap<IpAddr, usize>,
    next: u64,
}

/// What is known of a connection.
#[derive(Debug)]
struct Held {
    address: IpAddr,
    holder: Holder,
    doings: Arc<Doings>,
    /// `None` once it has been told to make room.
    dismiss: Option<oneshot::Sender<()>>,
}

/// What a connection does, as far as it matters to others.
#[derive(Debug)]
struct Doings {
    /// The event since which it is idle.
    idle_since: AtomicU64,
    /// How much the server works on for it: while it does, the client keeps nobody waiting.
    works: AtomicUsize,
}

/// One connection's place, given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    number: u64,
    address: IpAddr,
    activity: Activity,
    dismissed: oneshot::Receiver<()>,
}

/// Tells of one connection that it did something.
#[derive(Clone, Debug)]
pub struct Activity {
    places: Arc<Places>,
    doings: Arc<Doings>,
}

/// The server works for a connection until this is dropped.
#[derive(Debug)]
pub struct Work(Activity);

impl Places {
    pub fn new(bounds: Bounds) -> Arc<Places> {
        Arc::new(Places {
            bounds,
            table: Mutex::default(),
            changed: Notify::new(),
            events: AtomicU64::new(0),
            dismissals: AtomicU64::new(0),
        })
    }

    /// A place, at the cost of whoever has been idle longest if there is no other.
    pub async fn take(self: &Arc<Self>, address: IpAddr, holder: Holder) -> Place {
        let address = client_of(address);
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            // Before the look, or a change after it could be missed.
            changed.as_mut().enable();
            if let Some(place) = self.try_take(address, holder) {
                return place;
            }
            changed.await;
        }
    }

    /// A place that nobody has to give up; `None` if there is none.
    pub fn take_if_free(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let (address, mut table) = (client_of(address), self.table());
        let is_full = table.held.len() >= self.bounds.connections
            || table.per_address.get(&address).is_some_and(|count| *count >= self.bounds.per_address);
        (!is_full).then(|| self.hold(&mut table, address, Holder::Client))
    }

    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// How many are taken.
    pub fn held(&self) -> usize {
        self.table().held.len()
    }

    /// How many connections have been told to make room so far.
    pub fn dismissals(&self) -> u64 {
        self.dismissals.load(Ordering::Relaxed)
    }

    /// Ends the connection that has been idle longest, for nobody.
    pub fn make_room(&self) {
        self.dismiss_one_of_all(&mut self.table());
    }

    fn dismiss_one_of_all(&self, table: &mut Table) {
        let half = self.bounds.connections / 2;
        let largest = table.per_address.iter().find(|(_, count)| **count > half).map(|(address, _)| *address);
        let is_of_largest = |held: &Held| Some(held.address) == largest && held.holder == Holder::Client;
        let _ = self.dismiss_one(table, is_of_largest) || self.dismiss_one(table, |_| true);
    }

    fn dismiss_one(&self, table: &mut Table, is_meant: impl Fn(&Held) -> bool) -> bool {
        let is_dismissed = table.dismiss_one(is_meant);
        if is_dismissed {
            self.dismissals.fetch_add(1, Ordering::Relaxed);
        }
        is_dismissed
    }

    fn try_take(self: &Arc<Self>, address: IpAddr, holder: Holder) -> Option<Place> {
        let mut table = self.table();
        if holder == Holder::Client
            && table.per_address.get(&address).is_some_and(|count| *count >= self.bounds.per_address)
        {
            self.dismiss_one(&mut table, |held| held.address == address);
            return None;
        }
        if table.held.len() >= self.bounds.connections {
            self.dismiss_one_of_all(&mut table);
            return None;
        }
        Some(self.hold(&mut table, address, holder))
    }

    fn hold(self: &Arc<Self>, table: &mut Table, address: IpAddr, holder: Holder) -> Place {
        let number = table.next;
        table.next += 1;
        *table.per_address.entry(address).or_default() += 1;
        let doings = Arc::new(Doings { idle_since: AtomicU64::new(self.next_event()), works: AtomicUsize::new(0) });
        let (dismiss, dismissed) = oneshot::channel();
        table.held.insert(number, Held { address, holder, doings: Arc::clone(&doings), dismiss: Some(dismiss) });
        let activity = Activity { places: Arc::clone(self), doings };
        Place { number, address, activity, dismissed }
    }

    fn next_event(&self) -> u64 {
        self.events.fetch_add(1, Ordering::Relaxed)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Tells one of these connections to make room, unless another of them is about to, or the server works for all.
    /// Whether there was one.
    fn dismiss_one(&mut self, is_meant: impl Fn(&Held) -> bool) -> bool {
        let mut longest: Option<&mut Held> = None;
        for held in self.held.values_mut().filter(|held| is_meant(held)) {
            if held.dismiss.is_none() {
                return false;
            }
            if held.doings.works.load(Ordering::SeqCst) > 0 {
                continue;
            }
            let since = |held: &Held| held.doings.idle_since.load(Ordering::Relaxed);
            if longest.as_ref().is_none_or(|longest| since(held) < since(longest)) {
                longest = Some(held);
            }
        }
        match longest {
            Some(longest) => {
                longest.dismiss = None;
                true
            }
            None => false,
        }
    }
}

impl Place {
    /// Returns when the connection must make room.
    pub async fn dismissed(&mut self) {
        // The sender sends nothing: it goes.
        let _ = (&mut self.dismissed).await;
    }

    pub fn activity(&self) -> Activity {
        self.activity.clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let places = &self.activity.places;
        let mut table = places.table();
        table.held.remove(&self.number);
        if let Some(count) = table.per_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                table.per_address.remove(&self.address);
            }
        }
        drop(table);
        places.changed.notify_waiters();
    }
}

impl Activity {
    /// The client has been served.
    pub fn happens(&self) {
        self.doings.idle_since.store(self.places.next_event(), Ordering::Relaxed);
    }

    /// Whether the server works for the connection.
    pub fn has_work(&self) -> bool {
        self.doings.works.load(Ordering::SeqCst) > 0
    }

    /// The server has work to do, and the client to wait for it.
    pub fn work(&self) -> Work {
        self.doings.works.fetch_add(1, Ordering::SeqCst);
        Work(self.clone())
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let Activity { places, doings } = &self.0;
        if doings.works.fetch_sub(1, Ordering::SeqCst) == 1 {
            // Somebody may be waiting for a connection that can make room.
            places.changed.notify_waiters();
        }
    }
}

/// What counts as one client.
fn client_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;

    async fn is_dismissed(place: &mut Place) -> bool {
        std::future::poll_fn(|cx| Poll::Ready(std::pin::pin!(place.dismissed()).poll(cx).is_ready())).await
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn whoever_has_been_idle_longest_makes_room() {
        let places = Places::new(Bounds { connections: 3, per_address: 3 });
        let at = |text| places.take(address(text), Holder::Client);
        let (mut first, mut second, mut third) = (at("192.0.2.1").await, at("192.0.2.2").await, at("192.0.2.3").await);
        first.activity().happens();
        // However often somebody waits, one is enough.
        assert!(
            places.try_take(address("192.0.2.4"), Holder::Client).is_none()
                && places.try_take(address("192.0.2.4"), Holder::Client).is_none()
        );
        assert!(is_dismissed(&mut second).await);
        assert!(!is_dismissed(&mut first).await && !is_dismissed(&mut third).await);
        drop(second);
        let _fourth = at("192.0.2.4").await;
        places.make_room();
        assert!(is_dismissed(&mut third).await && !is_dismissed(&mut first).await);
    }

    #[tokio::test]
    async fn a_client_of_more_than_half_of_the_connections_makes_room_before_others() {
        for (holder, largest_makes_room) in [(Holder::Client, true), (Holder::Proxy, false)] {
            let places = Places::new(Bounds { connections: 4, per_address: 4 });
            let (largest, next) = (address("192.0.2.2"), address("192.0.2.3"));
            let mut other = places.take(address("192.0.2.1"), Holder::Client).await;
            let mut first = places.take(largest, holder).await;
            let (second, third) = (places.take(largest, holder).await, places.take(largest, holder).await);
            assert!(places.try_take(next, Holder::Client).is_none());
            assert_eq!(is_dismissed(&mut first).await, largest_makes_room);
            assert_eq!(is_dismissed(&mut other).await, !largest_makes_room);
            drop((first, second, third));
        }
    }

    #[tokio::test]
    async fn others_make_room_while_the_server_works_for_the_client_of_more_than_half() {
        let places = Places::new(Bounds { connections: 3, per_address: 3 });
        let largest = address("192.0.2.2");
        let mut other = places.take(address("192.0.2.1"), Holder::Client).await;
        let (first, second) = (places.take(largest, Holder::Client).await, places.take(largest, Holder::Client).await);
        let works = (first.activity().work(), second.activity().work());
        assert!(places.try_take(address("192.0.2.3"), Holder::Client).is_none());
        assert!(is_dismissed(&mut other).await);
        drop(works);
    }

    #[tokio::test]
    async fn nobody_makes_room_for_whom_the_server_works_and_the_next_waits() {
        let places = Places::new(Bounds { connections: 2, per_address: 2 });
        let at = |text| places.take(address(text), Holder::Client);
        let (mut busy, mut other) = (at("192.0.2.1").await, at("192.0.2.2").await);
        let works = [busy.activity().work(), busy.activity().work()];
        let others_work = other.activity().work();
        let next = tokio::spawn({
            let places = Arc::clone(&places);
            async move { drop(places.take(address("192.0.2.3"), Holder::Client).await) }
        });
        tokio::task::yield_now().await;
        let [one, another] = works;
        drop(one);
        assert!(!next.is_finished() && !is_dismissed(&mut busy).await && !is_dismissed(&mut other).await);
        drop(another);
        busy.dismissed().await;
        assert!(!is_dismissed(&mut other).await);
        drop((busy, others_work));
        next.await.unwrap();
    }

    #[test]
    fn a_place_that_is_free_is_taken_from_nobody() {
        let places = Places::new(Bounds { connections: 3, per_address: 2 });
        let take = |text| places.take_if_free(address(text));
        let (first, _second) = (take("192.0.2.1").unwrap(), take("192.0.2.1").unwrap());
        assert!(take("192.0.2.1").is_none(), "as many as one address may have");
        let _third = take("192.0.2.2").unwrap();
        assert!(take("192.0.2.3").is_none(), "as many as there may be");
        drop(first);
        assert!(take("192.0.2.1").is_some());
    }

    #[tokio::test]
    async fn a_client_of_many_connections_makes_room_for_itself_only() {
        let places = Places::new(Bounds { connections: 100, per_address: 2 });
        for (one, same, other) in
            [("192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8:0:0:ffff::2", "2001:db8:0:1::1")]
        {
            let mut oldest = places.take(address(other), Holder::Client).await;
            let mut first = places.take(address(one), Holder::Client).await;
            let mut second = places.take(address(same), Holder::Client).await;
            let next = tokio::spawn({
                let places = Arc::clone(&places);
                async move { places.take(address(one), Holder::Client).await }
            });
            first.dismissed().await;
            assert!(!next.is_finished());
            drop(first);
            drop(next.await.unwrap());
            assert!(!is_dismissed(&mut oldest).await && !is_dismissed(&mut second).await);
        }
        assert!(places.table().held.is_empty() && places.table().per_address.is_empty());
    }
}
