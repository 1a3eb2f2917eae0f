//! Bodies that take their time, within a budget. The time is the test's own.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use http_body_util::Full;
use hyper::body::{Frame, SizeHint};
use proptest::prelude::*;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::*;

const LIMIT: usize = 2 << 20;
const BUDGET: usize = 16 << 20;

/// A body whose parts the test sends.
struct Slow {
    parts: mpsc::UnboundedReceiver<Bytes>,
    announced: Option<u64>,
}

impl Body for Slow {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.parts.poll_recv(cx).map(|part| part.map(|part| Ok(Frame::data(part))))
    }

    fn size_hint(&self) -> SizeHint {
        self.announced.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

type Read = Result<(Vec<u8>, Option<Reservation>), BudgetError<Infallible>>;

/// One that is being read, and where its parts are sent.
fn begin(budget: &BodyBudget, announced: Option<u64>) -> (mpsc::UnboundedSender<Bytes>, JoinHandle<Read>) {
    let (sender, parts) = mpsc::unbounded_channel();
    let budget = budget.clone();
    let read = tokio::spawn(async move { budget.read(Slow { parts, announced }, LIMIT, None).await });
    (sender, read)
}

async fn read(budget: &BodyBudget, length: usize) -> Read {
    budget.read(Full::new(Bytes::from(vec![0; length])), LIMIT, None).await
}

fn is_without_room(read: &Read) -> bool {
    matches!(read, Err(BudgetError::Exhausted))
}

#[tokio::test]
async fn a_body_is_read_up_to_its_limit() {
    let budget = BodyBudget::new(BUDGET);
    for length in [0, 1, FREE_BYTES, FREE_BYTES + 1, LIMIT] {
        let (bytes, reservation) = read(&budget, length).await.unwrap();
        assert_eq!((bytes.len(), reservation.is_some()), (length, length > FREE_BYTES));
    }
    assert!(matches!(read(&budget, LIMIT + 1).await, Err(BudgetError::Body(BodyError::TooLong))));
    assert_eq!(budget.free.available_permits(), BUDGET);
}

#[tokio::test]
async fn a_body_that_does_not_say_its_length_is_read_up_to_its_limit() {
    let budget = BodyBudget::new(BUDGET);
    for (parts, is_read) in [(0, true), (16, true), (2_048, true), (2_049, false)] {
        let (sender, read) = begin(&budget, None);
        for _ in 0..parts {
            let _ = sender.send(Bytes::from_static(&[b'x'; 1_024]));
        }
        drop(sender);
        let read = read.await.unwrap();
        assert_eq!(read.is_ok_and(|(bytes, _)| bytes.len() == parts * 1_024), is_read, "{parts}");
    }
    assert_eq!(budget.free.available_permits(), BUDGET);
}

#[tokio::test(start_paused = true)]
async fn slow_bodies_keep_their_room_until_another_wants_it() {
    let budget = BodyBudget::new(BUDGET);
    let slow: Vec<_> = (0..8).map(|_| begin(&budget, Some(LIMIT as u64))).collect();
    sleep(Duration::from_secs(5)).await;
    assert!(slow.iter().all(|(_, read)| !read.is_finished()));
    let begun = Instant::now();
    assert_eq!(read(&budget, 100_000).await.unwrap().0.len(), 100_000);
    assert!(begun.elapsed() <= GRACE, "{:?}", begun.elapsed());
    for (sender, read) in slow {
        // They hear it once they have sent what they have.
        drop(sender);
        assert!(is_without_room(&read.await.unwrap()));
    }
    assert_eq!(budget.free.available_permits(), BUDGET);
}

#[tokio::test(start_paused = true)]
async fn a_client_waits_behind_slow_bodies_no_longer_than_each_has_its_grace() {
    let budget = BodyBudget::new(BUDGET);
    let slow: Vec<_> = (0..250).map(|_| begin(&budget, Some(LIMIT as u64))).collect();
    tokio::task::yield_now().await;
    let begun = Instant::now();
    assert!(read(&budget, LIMIT).await.is_ok());
    // 8 at a time.
    assert!(begun.elapsed() <= 32 * GRACE && 32 * GRACE < WAIT, "{:?}", begun.elapsed());
    drop(slow);
}

#[tokio::test(start_paused = true)]
async fn small_bodies_wait_for_nobody() {
    let budget = BodyBudget::new(BUDGET);
    let _all = Arc::clone(&budget.free).acquire_many_owned(BUDGET as u32).await.unwrap();
    let begun = Instant::now();
    assert!(read(&budget, FREE_BYTES).await.unwrap().1.is_none());
    assert_eq!(begun.elapsed(), Duration::ZERO);
    // And a larger one is refused.
    assert!(is_without_room(&read(&budget, FREE_BYTES + 1).await));
    assert_eq!(begun.elapsed(), WAIT);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_given_up_leaves_its_place_in_the_queue() {
    let budget = BodyBudget::new(BUDGET);
    let all = Arc::clone(&budget.free).acquire_many_owned(BUDGET as u32).await.unwrap();
    let (_sender, waiting) = begin(&budget, Some(LIMIT as u64));
    tokio::task::yield_now().await;
    assert_eq!(*budget.waiting.borrow(), 1);
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    assert_eq!(*budget.waiting.borrow(), 0);
    drop(all);
    assert!(read(&budget, LIMIT).await.is_ok());
}

/// One byte at a time, each within a buffer of its own.
struct Dripping {
    parts: usize,
    /// Held by each buffer.
    buffer: Arc<[u8]>,
    most_held: Arc<AtomicUsize>,
}

struct Buffer(Arc<[u8]>);

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Body for Dripping {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let held = Arc::strong_count(&self.buffer) - 1;
        self.most_held.fetch_max(held, Ordering::Relaxed);
        if self.parts == 0 {
            return Poll::Ready(None);
        }
        self.parts -= 1;
        let part = Bytes::from_owner(Buffer(Arc::clone(&self.buffer))).slice(..1);
        Poll::Ready(Some(Ok(Frame::data(part))))
    }
}

#[tokio::test]
async fn buffers_of_parts_are_given_back_as_the_parts_come() {
    let most_held = Arc::new(AtomicUsize::new(0));
    let body = Dripping { parts: 20_000, buffer: Arc::from([b'x'; 8_192]), most_held: Arc::clone(&most_held) };
    let (bytes, _) = BodyBudget::new(BUDGET).read(body, LIMIT, None).await.unwrap();
    assert_eq!((bytes.len(), most_held.load(Ordering::Relaxed)), (20_000, 0));
}

/// A body as a stranger sends it: how long it says it is, how many kilobytes come how often, and whether it ends.
#[derive(Clone, Debug)]
struct Sent {
    announced: Option<u64>,
    parts: usize,
    pause: u64,
    is_ended: bool,
}

fn sent() -> impl Strategy<Value = Sent> {
    (proptest::option::of(0..=(LIMIT as u64 + 1)), 0..2_500_usize, 0..50_u64, any::<bool>())
        .prop_map(|(announced, parts, pause, is_ended)| Sent { announced, parts, pause, is_ended })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever strangers send, the bodies never have more than the budget and what each has free, and all of it comes
    /// back.
    #[test]
    fn bodies_never_hold_more_than_the_budget(bodies in prop::collection::vec(sent(), 1..40)) {
        const SMALL: usize = 4 << 20;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let budget = BodyBudget::new(SMALL);
            let count = bodies.len();
            let held = Arc::new(AtomicUsize::new(0));
            let mut reads = Vec::new();
            for Sent { announced, parts, pause, is_ended } in bodies {
                let (sender, body) = mpsc::unbounded_channel();
                let (budget, held) = (budget.clone(), Arc::clone(&held));
                tokio::spawn(async move {
                    for _ in 0..parts {
                        sleep(Duration::from_millis(pause)).await;
                        let _ = sender.send(Bytes::from_static(&[b'x'; 1_024]));
                    }
                    if !is_ended {
                        sleep(Duration::from_secs(3_600)).await;
                    }
                });
                reads.push(tokio::spawn(async move {
                    let body = Slow { parts: body, announced };
                    let read = timeout(Duration::from_secs(20), budget.read(body, LIMIT, None)).await;
                    if let Ok(Ok((bytes, reservation))) = read {
                        let now = held.fetch_add(bytes.len(), Ordering::Relaxed) + bytes.len();
                        assert!(now <= SMALL + count * FREE_BYTES, "{now}");
                        sleep(Duration::from_millis(10)).await;
                        held.fetch_sub(bytes.len(), Ordering::Relaxed);
                        drop(reservation);
                    }
                }));
            }
            for read in reads {
                read.await.unwrap();
            }
            assert_eq!(budget.free.available_permits(), SMALL);
        });
    }
}
