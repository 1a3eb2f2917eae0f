//! Another look at EC2 before an undescribed VPC is refused: it may have been created a moment ago.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

/// How long a request waits for a look. A slow EC2 delays these requests by this much, and no others.
const PATIENCE: Duration = Duration::from_secs(3);
/// The shortest pause between two looks.
const PAUSE: Duration = Duration::from_millis(500);

/// The requests' side. Cheap to clone.
#[derive(Clone, Debug)]
pub struct VpcLookup {
    wanted: Arc<Notify>,
    looks: watch::Receiver<Looks>,
}

/// The side of the task that asks EC2.
#[derive(Debug)]
pub struct VpcLooks {
    wanted: Arc<Notify>,
    looks: watch::Sender<Looks>,
}

/// Numbers of looks.
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
    /// Wait for a look that begins from now on, or give up: one in flight may have listed the VPCs before this one was
    /// created. Concurrent waiters share a look.
    pub async fn look(&self) {
        let mut looks = self.looks.clone();
        let begun = looks.borrow().begun;
        self.wanted.notify_one();
        let _ = timeout(PATIENCE, looks.wait_for(|looks| looks.ended > begun)).await;
    }
}

impl VpcLooks {
    /// Call before EC2 is asked.
    pub fn begin(&self) {
        self.looks.send_modify(|looks| looks.begun += 1);
    }

    /// Call once the account has EC2's answer, or EC2 failed.
    pub fn end(&self) {
        self.looks.send_modify(|looks| looks.ended = looks.begun);
    }

    /// Wait until a request wants a look, at most this long.
    pub async fn wanted(&self, interval: Duration) {
        let pause = PAUSE.min(interval);
        sleep(pause).await;
        let _ = timeout(interval - pause, self.wanted.notified()).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[tokio::test(start_paused = true)]
    async fn a_look_in_flight_is_not_enough() {
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
    async fn concurrent_requests_share_a_look_and_looks_have_a_pause_between_them() {
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
        assert_eq!(began.elapsed(), 3 * PAUSE);
        looks.wanted(HOUR).await;
        assert_eq!(began.elapsed(), 3 * PAUSE + HOUR);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_gives_up_on_a_dead_ec2() {
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
