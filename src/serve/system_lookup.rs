//! Look-ups by the system's resolver: one at a time for a name, however many ask for it, and not too many in all.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::{Semaphore, watch};

use crate::health::probe::ProbeFault;

/// Look-ups under way at a time, each on a thread.
const PLACES: usize = 64;

/// What a look-up finds.
pub type Addresses = Result<Vec<Ipv4Addr>, ProbeFault>;

/// Looks names up: the system's resolver, or a test's.
#[async_trait]
pub trait NameSource: Send + Sync {
    /// None if it has none, or if that could not be found out. A fault is our own side's failure to ask.
    async fn addresses(&self, name: &str) -> Addresses;
}

/// `getaddrinfo`, which nobody can stop once it has begun.
pub struct System;

#[async_trait]
impl NameSource for System {
    async fn addresses(&self, name: &str) -> Addresses {
        let found = match tokio::net::lookup_host((name, 0)).await {
            Ok(found) => found,
            Err(error) => return ProbeFault::of_looking_up(&error).map_or(Ok(Vec::new()), Err),
        };
        let found = found
            .filter_map(|address| match address {
                SocketAddr::V4(address) => Some(*address.ip()),
                SocketAddr::V6(_) => None,
            })
            .collect();
        Ok(found)
    }
}

/// Those who ask for a name while it is being looked up share the look-up. Nothing is kept after its end (HC-18: a
/// name is resolved every interval), so there is never more here than names that somebody waits for or that have one
/// of the places.
pub struct SharedLookups {
    source: Arc<dyn NameSource>,
    places: Arc<Semaphore>,
    under_way: UnderWay,
}

/// Those who ask for one name, and for what was found once it is.
type Askers = Arc<watch::Sender<Option<Addresses>>>;

/// By name. Its lock is held for moments only.
#[derive(Clone, Default)]
struct UnderWay(Arc<Mutex<HashMap<Box<str>, Askers>>>);

/// One look-up. However it ends, its name is free again afterwards.
struct Lookup {
    name: Box<str>,
    askers: Askers,
    under_way: UnderWay,
}

impl SharedLookups {
    pub fn new(source: Arc<dyn NameSource>) -> SharedLookups {
        SharedLookups { source, places: Arc::new(Semaphore::new(PLACES)), under_way: UnderWay::default() }
    }

    /// The addresses of `name`; none if nobody could tell. May take as long as the system likes, and can be given up
    /// at any time. Must be called within a tokio runtime.
    pub async fn addresses(&self, name: &str) -> Addresses {
        let mut found = self.join(name);
        // An error is a look-up that ended without a result: it panicked, or its runtime is stopping.
        let found = found.wait_for(Option::is_some).await;
        found.ok().and_then(|found| found.clone()).unwrap_or(Ok(Vec::new()))
    }

    /// Waits for the look-up of `name` that is under way, else begins one: a task of its own, which no asker takes
    /// along when it goes, and which holds its place for as long as its thread is busy.
    fn join(&self, name: &str) -> watch::Receiver<Option<Addresses>> {
        let mut under_way = self.under_way.lock();
        if let Some(askers) = under_way.get(name) {
            return askers.subscribe();
        }
        let (sender, found) = watch::channel(None);
        let askers = Arc::new(sender);
        under_way.insert(name.into(), Arc::clone(&askers));
        drop(under_way);
        let lookup = Lookup { name: name.into(), askers, under_way: self.under_way.clone() };
        tokio::spawn(lookup.run(Arc::clone(&self.source), Arc::clone(&self.places)));
        found
    }
}

impl UnderWay {
    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, Askers>> {
        // Nothing that could panic is done while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lookup {
    async fn run(self, source: Arc<dyn NameSource>, places: Arc<Semaphore>) {
        let place = places.acquire();
        tokio::pin!(place);
        let _place = loop {
            tokio::select! {
                place = &mut place => break place,
                () = self.askers.closed() => {
                    if self.give_up() {
                        return;
                    }
                }
            }
        };
        let found = source.addresses(&self.name).await;
        // Whoever asks from now on asks anew.
        self.leave(&mut self.under_way.lock());
        self.askers.send_replace(Some(found));
    }

    /// `false` if somebody has asked meanwhile.
    fn give_up(&self) -> bool {
        let mut under_way = self.under_way.lock();
        let is_unwanted = self.askers.receiver_count() == 0;
        if is_unwanted {
            self.leave(&mut under_way);
        }
        is_unwanted
    }

    /// Leaves the name to the next look-up, and alone if that is there already.
    fn leave(&self, under_way: &mut HashMap<Box<str>, Askers>) {
        if under_way.get(&self.name).is_some_and(|askers| Arc::ptr_eq(askers, &self.askers)) {
            under_way.remove(&self.name);
        }
    }
}

impl Drop for Lookup {
    fn drop(&mut self) {
        self.leave(&mut self.under_way.lock());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::mpsc;
    use tokio::task::{JoinHandle, yield_now};

    use super::*;

    /// Tells which names it begins to look up, and finds nothing out before it is allowed to.
    struct Slow {
        begun: mpsc::UnboundedSender<String>,
        allowed: Semaphore,
        done: AtomicUsize,
    }

    #[async_trait]
    impl NameSource for Slow {
        async fn addresses(&self, name: &str) -> Addresses {
            self.begun.send(name.to_owned()).unwrap();
            self.allowed.acquire().await.unwrap().forget();
            assert_ne!(name, "panics");
            let number = self.done.fetch_add(1, Ordering::SeqCst) + 1;
            Ok(vec![Ipv4Addr::new(192, 0, 2, u8::try_from(number).unwrap())])
        }
    }

    struct World {
        lookups: Arc<SharedLookups>,
        source: Arc<Slow>,
        begun: mpsc::UnboundedReceiver<String>,
    }

    type Asker = JoinHandle<Addresses>;

    impl World {
        fn new() -> World {
            let (sender, begun) = mpsc::unbounded_channel();
            let source = Arc::new(Slow { begun: sender, allowed: Semaphore::new(0), done: AtomicUsize::new(0) });
            let lookups = SharedLookups::new(Arc::clone(&source) as Arc<dyn NameSource>);
            World { lookups: Arc::new(lookups), source, begun }
        }

        fn ask(&self, name: &str) -> Asker {
            let (lookups, name) = (Arc::clone(&self.lookups), name.to_owned());
            tokio::spawn(async move { lookups.addresses(&name).await })
        }

        /// As many askers of one name, all of whom wait.
        async fn asking(&self, name: &str, count: usize) -> Vec<Asker> {
            let before = self.waiting(name);
            let askers = (0..count).map(|_| self.ask(name)).collect();
            self.until(name, before + count).await;
            askers
        }

        fn waiting(&self, name: &str) -> usize {
            self.lookups.under_way.lock().get(name).map_or(0, |askers| askers.receiver_count())
        }

        async fn until(&self, name: &str, waiting: usize) {
            while self.waiting(name) != waiting {
                yield_now().await;
            }
        }

        async fn begins(&mut self) -> String {
            self.begun.recv().await.unwrap()
        }

        /// Lets everything run that can.
        async fn settle(&self) {
            for _ in 0..1_000 {
                yield_now().await;
            }
        }

        fn allow(&self, count: usize) {
            self.source.allowed.add_permits(count);
        }
    }

    fn address(number: u8) -> Addresses {
        Ok(vec![Ipv4Addr::new(192, 0, 2, number)])
    }

    async fn stop(asker: Asker) {
        asker.abort();
        assert!(asker.await.unwrap_err().is_cancelled());
    }

    #[tokio::test]
    async fn a_hundred_who_ask_at_once_share_a_look_up_and_the_next_one_asks_anew() {
        let mut world = World::new();
        let askers = world.asking("a.example", 100).await;
        assert_eq!(world.begins().await, "a.example");
        world.allow(1);
        for asker in askers {
            assert_eq!(asker.await.unwrap(), address(1));
        }
        assert!(world.begun.try_recv().is_err());
        assert!(world.lookups.under_way.lock().is_empty());
        world.allow(1);
        assert_eq!(world.ask("a.example").await.unwrap(), address(2));
    }

    #[tokio::test]
    async fn another_name_is_another_look_up() {
        let mut world = World::new();
        let mut askers = world.asking("a.example", 2).await;
        assert_eq!(world.begins().await, "a.example");
        askers.extend(world.asking("b.example", 2).await);
        assert_eq!(world.begins().await, "b.example");
        world.allow(2);
        for asker in askers {
            asker.await.unwrap().unwrap();
        }
        assert_eq!(world.source.done.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn whoever_asked_first_may_go() {
        let mut world = World::new();
        let mut askers = world.asking("a.example", 1).await;
        world.begins().await;
        let others = world.asking("a.example", 3).await;
        stop(askers.remove(0)).await;
        world.allow(1);
        for asker in others {
            assert_eq!(asker.await.unwrap(), address(1));
        }
    }

    #[tokio::test]
    async fn a_look_up_that_nobody_waits_for_any_more_serves_whoever_asks_before_its_end() {
        let mut world = World::new();
        for _ in 0..3 {
            for asker in world.asking("a.example", 2).await {
                stop(asker).await;
            }
        }
        assert_eq!(world.begins().await, "a.example");
        let late = world.asking("a.example", 1).await.remove(0);
        assert!(world.begun.try_recv().is_err());
        world.allow(1);
        assert_eq!(late.await.unwrap(), address(1));
    }

    #[tokio::test]
    async fn those_that_hang_keep_their_places_and_no_more() {
        let mut world = World::new();
        let mut hung = Vec::new();
        for number in 0..PLACES {
            hung.extend(world.asking(&format!("{number}.example"), 1).await);
            world.begins().await;
        }
        let (mut waiting, dropped) = (world.asking("waits.example", 2).await, world.asking("leaves.example", 1).await);
        // Whoever goes away frees no place: the system goes on looking.
        stop(hung.remove(0)).await;
        for asker in dropped {
            stop(asker).await;
        }
        stop(waiting.remove(0)).await;
        world.settle().await;
        assert!(world.begun.try_recv().is_err());
        // A name that nobody waits for and that has no place is forgotten.
        assert_eq!(world.lookups.under_way.lock().len(), PLACES + 1);
        world.allow(1);
        assert_eq!(world.begins().await, "waits.example");
        world.allow(PLACES);
        for asker in hung.into_iter().chain(waiting) {
            asker.await.unwrap().unwrap();
        }
        world.settle().await;
        assert!(world.begun.try_recv().is_err());
        assert!(world.lookups.under_way.lock().is_empty());
    }

    #[tokio::test]
    async fn a_look_up_that_panics_finds_nothing_and_is_forgotten() {
        let world = World::new();
        let askers = world.asking("panics", 2).await;
        world.allow(1);
        for asker in askers {
            assert_eq!(asker.await.unwrap(), Ok(Vec::new()));
        }
        assert!(world.lookups.under_way.lock().is_empty());
        assert_eq!(world.lookups.places.available_permits(), PLACES);
    }
}
