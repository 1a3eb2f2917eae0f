//! When the front ends answer from a change (C-3): at once, or for those who want to see changes that are PENDING, some
//! time after it was made.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::published::Published;
use crate::snapshot::Snapshot;

/// What front ends answer from: the newest snapshot, so long after it became the newest. Must be called within a tokio
/// runtime.
pub fn served(newest: &Arc<Published<Snapshot>>, delay: Duration) -> Arc<Published<Snapshot>> {
    if delay.is_zero() {
        return Arc::clone(newest);
    }
    let served = Arc::new(Published::of(newest.load_full()));
    // Ends with the runtime.
    tokio::spawn(follow(Arc::clone(newest), Arc::clone(&served), delay));
    served
}

async fn follow(newest: Arc<Published<Snapshot>>, served: Arc<Published<Snapshot>>, delay: Duration) {
    let mut replacements = newest.replacements();
    let mut waiting = VecDeque::new();
    // What came before there was anybody to tell.
    waiting.push_back((Instant::now() + delay, newest.load_full()));
    loop {
        let next = waiting.front().map(|(due, _)| *due);
        tokio::select! {
            () = replacements.next() => waiting.push_back((Instant::now() + delay, newest.load_full())),
            () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {
                if let Some((_, snapshot)) = waiting.pop_front() {
                    served.replace(snapshot);
                }
            }
        }
    }
}
