//! The clock: the only place where time passes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// Refuse a system clock before 1970: certificates, HTTP dates and signatures have no time before that.
pub fn check_calendar(now: Timestamp) -> Result<(), String> {
    if now >= Timestamp::UNIX_EPOCH {
        return Ok(());
    }
    Err(format!("the system clock says {now:.0}, which is before 1970; set the clock, then start again"))
}

/// A point in the time that a [`Clock`] measures, which never goes back: how long after the clock was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Moment(pub Duration);

/// The present, by the clock that measures and by the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    pub moment: Moment,
    pub timestamp: Timestamp,
}

impl Now {
    /// The calendar's time at a moment not far away.
    pub fn timestamp_of(&self, moment: Moment) -> Timestamp {
        let to = |duration| SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
        let distance = to(moment.0).saturating_sub(to(self.moment.0));
        self.timestamp.saturating_add(distance).unwrap_or(self.timestamp)
    }
}

impl std::ops::Add<Duration> for Moment {
    type Output = Moment;

    fn add(self, duration: Duration) -> Moment {
        Moment(self.0.saturating_add(duration))
    }
}

/// Time as the server lives it: the real one, or one that a test moves. Cheap to clone; clones share the time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    Real { start: Instant },
    Manual(Arc<watch::Sender<ManualTime>>),
}

/// Moves the time of a manual [`Clock`].
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<watch::Sender<ManualTime>>);

#[derive(Debug, Default)]
struct ManualTime {
    now: Duration,
    /// When each one that still sleeps is to wake.
    sleepers: BTreeMap<u64, Duration>,
    sleepers_so_far: u64,
}

impl Clock {
    pub fn real() -> Clock {
        Clock(Source::Real { start: Instant::now() })
    }

    /// A clock that stands still until it is advanced, for tests.
    pub fn manual() -> (Clock, ManualClock) {
        let time = Arc::new(watch::Sender::new(ManualTime::default()));
        (Clock(Source::Manual(Arc::clone(&time))), ManualClock(time))
    }

    /// The calendar's time alone.
    pub fn timestamp(&self) -> Timestamp {
        match &self.0 {
            Source::Real { .. } => Timestamp::now(),
            Source::Manual(_) => self.now().timestamp,
        }
    }

    /// A manual clock begins at the start of the year 2026.
    pub fn now(&self) -> Now {
        match &self.0 {
            Source::Real { start } => Now { moment: Moment(start.elapsed()), timestamp: Timestamp::now() },
            Source::Manual(time) => {
                let now = time.borrow().now;
                let start = Now { moment: Moment::default(), timestamp: Timestamp::constant(1_767_225_600, 0) };
                Now { moment: Moment(now), timestamp: start.timestamp_of(Moment(now)) }
            }
        }
    }

    /// Returns at once if the moment has come.
    pub async fn sleep_until(&self, moment: Moment) {
        self.sleep(moment.0.saturating_sub(self.now().moment.0)).await;
    }

    pub async fn sleep(&self, duration: Duration) {
        match &self.0 {
            Source::Real { .. } => tokio::time::sleep(duration).await,
            Source::Manual(time) => sleep_manually(time, duration).await,
        }
    }
}

impl ManualClock {
    /// Wakes everyone whose time comes within `by`.
    pub fn advance(&self, by: Duration) {
        self.0.send_modify(|time| {
            time.now += by;
            let now = time.now;
            time.sleepers.retain(|_, wake_at| *wake_at > now);
        });
    }

    /// Returns when exactly `count` tasks sleep: so a test advances the time only after those it means to wake have
    /// gone to sleep.
    pub async fn wait_for_sleepers(&self, count: usize) {
        let mut time = self.0.subscribe();
        time.wait_for(|time| time.sleepers.len() == count).await.expect("this clock holds the sender");
    }
}

async fn sleep_manually(time: &watch::Sender<ManualTime>, duration: Duration) {
    if duration.is_zero() {
        return;
    }
    let mut changes = time.subscribe();
    let sleeper = Sleeper::lie_down(time, duration);
    changes
        .wait_for(|time| !time.sleepers.contains_key(&sleeper.number))
        .await
        .expect("the clock holds the sender as long as someone sleeps by it");
}

/// One sleep of a manual clock, forgotten if it is given up early.
struct Sleeper<'a> {
    time: &'a watch::Sender<ManualTime>,
    number: u64,
}

impl Sleeper<'_> {
    fn lie_down(time: &watch::Sender<ManualTime>, duration: Duration) -> Sleeper<'_> {
        let mut number = 0;
        time.send_modify(|time| {
            number = time.sleepers_so_far;
            time.sleepers_so_far += 1;
            time.sleepers.insert(number, time.now + duration);
        });
        Sleeper { time, number }
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.time.send_if_modified(|time| time.sleepers.remove(&self.number).is_some());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_before_1970_is_refused() {
        assert_eq!(check_calendar(Timestamp::UNIX_EPOCH), Ok(()));
        assert_eq!(
            check_calendar(Timestamp::constant(-1, 0)).unwrap_err(),
            "the system clock says 1969-12-31T23:59:59Z, which is before 1970; set the clock, then start again"
        );
    }

    #[tokio::test]
    async fn a_manual_clock_wakes_those_whose_time_has_come() {
        let (clock, manual) = Clock::manual();
        let short = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(1)).await }
        });
        let long = tokio::spawn(async move { clock.sleep(Duration::from_secs(3)).await });
        manual.wait_for_sleepers(2).await;
        manual.advance(Duration::from_secs(2));
        short.await.unwrap();
        manual.wait_for_sleepers(1).await;
        assert!(!long.is_finished());
        manual.advance(Duration::from_secs(1));
        long.await.unwrap();
    }

    #[tokio::test]
    async fn a_sleep_that_is_given_up_is_forgotten() {
        let (clock, manual) = Clock::manual();
        let sleep = tokio::spawn(async move { clock.sleep(Duration::from_secs(1)).await });
        manual.wait_for_sleepers(1).await;
        sleep.abort();
        manual.wait_for_sleepers(0).await;
    }
}
