//! What the listeners count: queries, responses, and what met with silence, for `/metrics`.
//!
//! Every UDP thread and every stream listener has a block of its own, which shares no cache line with another's: while
//! queries are answered nobody waits for anybody. Whoever wants to know adds the blocks up.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

pub use super::response_kind::ResponseKind;

/// What carries the messages that a block counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    Udp,
    Tcp,
    Tls,
    Https,
    Quic,
}

impl Protocol {
    pub const fn name(self) -> &'static str {
        match self {
            Protocol::Udp => "udp",
            Protocol::Tcp => "tcp",
            Protocol::Tls => "tls",
            Protocol::Https => "https",
            Protocol::Quic => "quic",
        }
    }
}

/// What is counted. Every query ends as a response or as dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message came, whatever it is.
    Query,
    ReceivedByte,
    Response(ResponseKind),
    SentByte,
    /// A response with TC, those of the rate limit included.
    Truncated,
    /// A response that the rate limit has cut down to TC.
    Slipped,
    Dropped(DropReason),
    ReceiveError,
    SendError,
    /// A trusted proxy sent no PROXY header, or none that can be read.
    ProxyHeaderError,
    /// Queries that one system call brought.
    Batch,
    /// A response that went out as one with others to the same client.
    Joined,
}

/// Why a query met with silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DropReason {
    /// A response, or too short for a header.
    NotAQuery,
    /// Nobody can be answered there.
    PortZero,
    /// It came from an address of our own listeners.
    Ourselves,
    RateLimited,
    /// It came from a trusted proxy, which must say for whom.
    ProxyHeader,
}

impl DropReason {
    pub const ALL: [DropReason; 5] = [
        DropReason::NotAQuery,
        DropReason::PortZero,
        DropReason::Ourselves,
        DropReason::RateLimited,
        DropReason::ProxyHeader,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            DropReason::NotAQuery => "not_a_query",
            DropReason::PortZero => "port_zero",
            DropReason::Ourselves => "ourselves",
            DropReason::RateLimited => "rate_limited",
            DropReason::ProxyHeader => "proxy_header",
        }
    }
}

const RESPONSES: usize = 10;
const DROPS: usize = RESPONSES + ResponseKind::ALL.len();
const EVENTS: usize = DROPS + DropReason::ALL.len();

impl Event {
    const fn place(self) -> usize {
        match self {
            Event::Query => 0,
            Event::ReceivedByte => 1,
            Event::SentByte => 2,
            Event::Truncated => 3,
            Event::Slipped => 4,
            Event::ReceiveError => 5,
            Event::SendError => 6,
            Event::ProxyHeaderError => 7,
            Event::Batch => 8,
            Event::Joined => 9,
            Event::Response(kind) => RESPONSES + kind as usize,
            Event::Dropped(reason) => DROPS + reason as usize,
        }
    }
}

/// Counts events.
pub trait Count {
    fn add(&self, event: Event, count: u64);

    /// Counts a whole response that is to be sent.
    fn response(&self, response: &[u8]) {
        self.add(Event::Response(ResponseKind::of(response)), 1);
        self.add(Event::SentByte, response.len() as u64);
        let is_truncated = response.get(2).is_some_and(|flags| flags & 0x02 != 0);
        if is_truncated {
            self.add(Event::Truncated, 1);
        }
    }
}

/// Of a size that two cache lines hold apart: processors fetch them in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Block {
    protocol: Protocol,
    counts: [AtomicU64; EVENTS],
}

/// Counts by one thread: without the price of an atomic addition, as nobody else adds.
#[derive(Debug)]
pub struct OwnCounts {
    block: Arc<Block>,
    /// It may go to another thread, and not be used by two.
    not_shared: PhantomData<Cell<()>>,
}

impl Count for OwnCounts {
    fn add(&self, event: Event, count: u64) {
        let counter = &self.block.counts[event.place()];
        counter.store(counter.load(Ordering::Relaxed).wrapping_add(count), Ordering::Relaxed);
    }
}

/// Counts by any number of threads, such as those of a stream listener's connections.
#[derive(Clone, Debug)]
pub struct SharedCounts(Arc<Block>);

impl Count for SharedCounts {
    fn add(&self, event: Event, count: u64) {
        self.0.counts[event.place()].fetch_add(count, Ordering::Relaxed);
    }
}

/// All that is counted.
#[derive(Debug, Default)]
pub struct Counters {
    blocks: Mutex<Vec<Arc<Block>>>,
}

/// What was counted of one protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals([u64; EVENTS]);

impl Totals {
    pub fn of(&self, event: Event) -> u64 {
        self.0[event.place()]
    }
}

impl Counters {
    /// For a thread that serves.
    pub fn own(&self, protocol: Protocol) -> OwnCounts {
        OwnCounts { block: self.block(protocol), not_shared: PhantomData }
    }

    /// For a listener whose connections are served by several threads.
    pub fn shared(&self, protocol: Protocol) -> SharedCounts {
        SharedCounts(self.block(protocol))
    }

    fn block(&self, protocol: Protocol) -> Arc<Block> {
        let block = Arc::new(Block { protocol, counts: std::array::from_fn(|_| AtomicU64::new(0)) });
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&block));
        block
    }

    /// The sums over all blocks, of the protocols that are served.
    pub fn totals(&self) -> BTreeMap<Protocol, Totals> {
        let mut totals = BTreeMap::new();
        for block in &*self.blocks.lock().unwrap_or_else(PoisonError::into_inner) {
            let Totals(sums) = totals.entry(block.protocol).or_insert(Totals([0; EVENTS]));
            for (sum, count) in sums.iter_mut().zip(&block.counts) {
                *sum = sum.wrapping_add(count.load(Ordering::Relaxed));
            }
        }
        totals
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::thread;

    use super::*;

    #[test]
    fn every_event_has_a_place_of_its_own() {
        let mut events = vec![
            Event::Query,
            Event::ReceivedByte,
            Event::SentByte,
            Event::Truncated,
            Event::Slipped,
            Event::ReceiveError,
            Event::SendError,
            Event::ProxyHeaderError,
            Event::Batch,
            Event::Joined,
        ];
        events.extend(ResponseKind::ALL.map(Event::Response));
        events.extend(DropReason::ALL.map(Event::Dropped));
        let places: BTreeSet<usize> = events.iter().map(|event| event.place()).collect();
        assert_eq!(places, (0..EVENTS).collect());
    }

    #[test]
    fn blocks_are_added_up_by_protocol() {
        let counters = Counters::default();
        thread::scope(|scope| {
            for _ in 0..4 {
                let own = counters.own(Protocol::Udp);
                scope.spawn(move || (0..1_000).for_each(|_| own.add(Event::Query, 1)));
            }
            let shared = counters.shared(Protocol::Tcp);
            for _ in 0..4 {
                let shared = shared.clone();
                scope.spawn(move || (0..1_000).for_each(|_| shared.add(Event::ReceivedByte, 2)));
            }
        });
        let totals = counters.totals();
        assert_eq!(totals.keys().copied().collect::<Vec<_>>(), [Protocol::Udp, Protocol::Tcp]);
        assert_eq!(totals[&Protocol::Udp].of(Event::Query), 4_000);
        assert_eq!(totals[&Protocol::Tcp].of(Event::ReceivedByte), 8_000);
        assert_eq!(totals[&Protocol::Tcp].of(Event::Query), 0);
    }

    #[test]
    fn a_response_is_counted_by_its_code_its_length_and_its_truncation() {
        let counters = Counters::default();
        let own = counters.own(Protocol::Udp);
        own.response(&[0, 7, 0x84, 0x03, 0, 0, 0, 0, 0, 0, 0, 0]);
        own.response(&[0, 7, 0x86, 0x00, 0, 0, 0, 0, 0, 0, 0, 0]);
        own.response(&[0; 3]);
        let totals = counters.totals()[&Protocol::Udp];
        assert_eq!(totals.of(Event::Response(ResponseKind::NxDomain)), 1);
        assert_eq!(totals.of(Event::Response(ResponseKind::NoError)), 1);
        assert_eq!(totals.of(Event::Response(ResponseKind::Other)), 1);
        assert_eq!(totals.of(Event::Truncated), 1);
        assert_eq!(totals.of(Event::SentByte), 27);
    }
}
