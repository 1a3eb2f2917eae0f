//! Another look at EC2 for a VPC that a request names and nobody has described: it may have been made a moment ago.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

/// How long a request waits for a look. A slow EC2 costs those that need it this much, and nobody else anything.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long EC2 is left alone after a look, whoever asks for another.
const REST: Duration = Duration::from_millis(500);

/// The side of the requests. Cheap to clone.
#[derive(Clone, Debug)]
pub struct VpcLookup {
    wanted: Arc<Notify>,
    looks: watch::Receiver<Looks>,
}

/// The side that looks.
#[derive(Debug)]
pub struct VpcLooks {
    wanted: Arc<Notify>,
    looks: watch::Sender<Looks>,
}

/// How many looks there were.
#[derive(Clone, Copy, Debug, Default)]
struct Looks {
    begun: u64,
    ended: u64,
}

/// Both sides.
pub fn vpc_lookup() -> (VpcLookup, VpcLooks) {
    let (wanted, (sender, receiver)) = (Arc::new(Notify::new()), watch::channel(Looks::default()));
    (VpcLookup { wanted: Arc::clone(&wanted), looks: receiver }, VpcLooks { wanted, looks: sender })
}

impl VpcLookup {
    /// Wait for the end of a look that begins from now on, or give up. One that is under way may have passed the VPC
    /// before it was made. All who wait share a look.
    pub async fn look(&self) {
        let mut looks = self.looks.clone();
        let begun = looks.borrow().begun;
        self.wanted.notify_one();
        let _ = timeout(PATIENCE, looks.wait_for(|looks| looks.ended > begun)).await;
    }
}

impl VpcLooks {
    /// To be said before EC2 is asked.
    pub fn begin(&self) {
        self.looks.send_modify(|looks| looks.begun += 1);
    }

    /// To be said once the account has what EC2 said.
    pub fn end(&self) {
        self.looks.send_modify(|looks| looks.ended = looks.begun);
    }

    /// Wait for a request that wants a look, but no longer than this.
    pub async fn wanted(&self, interval: Duration) {
        let rest = REST.min(interval);
        sleep(rest).await;
        let _ = timeout(interval - rest, self.wanted.notified()).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[tokio::test(start_paused = true)]
    async fn a_look_that_is_under_way_is_not_enough() {
        let (lookup, looks) = vpc_lookup();
        looks.begin();
        let waiting = tokio::spawn(async move { lookup.look().await });
        tokio::task::yield_now().await;
        looks.end();
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        looks.wanted(HOUR).await;
        looks.begin();
        looks.end();
        waiting.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn many_who_ask_at_once_share_a_look_and_nobody_is_asked_too_often() {
        let (lookup, looks) = vpc_lookup();
        let began = Instant::now();
        for _ in 0..3 {
            let waiting: Vec<_> = (0..50)
                .map(|_| {
                    let lookup = lookup.clone();
                    tokio::spawn(async move { lookup.look().await })
                })
                .collect();
            tokio::task::yield_now().await;
            looks.wanted(HOUR).await;
            looks.begin();
            looks.end();
            for waiting in waiting {
                waiting.await.unwrap();
            }
        }
        assert_eq!(began.elapsed(), 3 * REST);
        looks.wanted(HOUR).await;
        assert_eq!(began.elapsed(), 3 * REST + HOUR);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_for_a_dead_ec2_gives_up() {
        let (lookup, looks) = vpc_lookup();
        looks.begin();
        let began = Instant::now();
        lookup.look().await;
        assert_eq!(began.elapsed(), PATIENCE);
        drop(looks);
        lookup.look().await;
        assert_eq!(began.elapsed(), PATIENCE);
    }
}
