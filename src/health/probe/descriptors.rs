//! File descriptors: probes take no more of them than leaves enough for everything else.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::descriptors::{limit, raise_limit, reserve};

use super::Pace;
use super::fault::ProbeFault;

/// How long a probe waits for one of its fellows to end.
const PATIENCE: Duration = Duration::from_secs(2);
/// Even where the limit is very low, some probes at a time.
const LEAST_PROBES: usize = 16;
/// More than a machine's ports to one place allow, where the system sets no limit.
const MOST_PROBES: usize = 1 << 20;

/// The descriptors that probes may have, one each: a half for whoever is expected to be quick, a half for all. So
/// endpoints that hang take no more than a half of them, and no check waits for another's.
pub(super) struct Descriptors {
    for_brisk: Semaphore,
    for_all: Semaphore,
    count: usize,
}

impl Descriptors {
    /// Raises the process's soft limit to the hard one, and takes its share of that.
    pub(super) fn of_process() -> Descriptors {
        raise_limit();
        Descriptors::for_probes(share_of(limit()))
    }

    pub(super) fn for_probes(count: usize) -> Descriptors {
        let for_brisk = count / 2;
        Descriptors { for_brisk: Semaphore::new(for_brisk), for_all: Semaphore::new(count - for_brisk), count }
    }

    /// Waits at most two seconds.
    pub(super) async fn take(&self, pace: Pace) -> Result<SemaphorePermit<'_>, ProbeFault> {
        let waiting = match pace {
            Pace::Slow => self.for_all.acquire(),
            Pace::Brisk => {
                for permits in [&self.for_brisk, &self.for_all] {
                    if let Ok(permit) = permits.try_acquire() {
                        return Ok(permit);
                    }
                }
                self.for_brisk.acquire()
            }
        };
        match timeout(PATIENCE, waiting).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(ProbeFault(
                format!("{} probes wait for their endpoints already; {}", self.count, how_to_have_more()).into(),
            )),
        }
    }
}

/// `None` is no limit.
fn share_of(limit: Option<u64>) -> usize {
    let reserve = reserve(limit);
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    // Files and name look-ups have a quarter, and what connections leave of it.
    let reserve = (limit / 4).max(reserve);
    limit.saturating_sub(reserve).clamp(LEAST_PROBES, MOST_PROBES)
}

pub(super) fn how_to_have_more() -> String {
    match limit() {
        Some(limit) => format!(
            "the limit is {limit} file descriptors for the process; raise it with ulimit -n, LimitNOFILE= in a systemd \
             unit, or --ulimit nofile= for a container"
        ),
        None => "the process has no limit of file descriptors; the system has".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_the_descriptors_is_not_for_probes() {
        for (limit, expected) in [
            (Some(0), 16),
            (Some(70), 16),
            (Some(256), 168),
            (Some(1_024), 768),
            (Some(65_536), 49_152),
            (Some(u64::MAX), MOST_PROBES),
            (None, MOST_PROBES),
        ] {
            assert_eq!(share_of(limit), expected, "{limit:?}");
        }
    }

    #[test]
    fn probes_leave_enough_for_all_connections() {
        for limit in 76..10_000 {
            assert!(share_of(Some(limit)) + reserve(Some(limit)) <= limit as usize, "{limit}");
        }
    }

    #[tokio::test]
    async fn a_probe_too_many_is_told_the_limit() {
        let descriptors = Descriptors::for_probes(1);
        let first = descriptors.take(Pace::Slow).await.unwrap();
        let fault = descriptors.take(Pace::Slow).await.map(drop).unwrap_err();
        assert!(fault.0.starts_with("1 probes wait for their endpoints already; the "), "{fault}");
        assert!(fault.0.contains("limit"), "{fault}");
        drop(first);
        assert!(descriptors.take(Pace::Slow).await.is_ok());
    }

    #[tokio::test]
    async fn endpoints_that_hang_leave_a_half_to_the_others() {
        let descriptors = Descriptors::for_probes(4);
        let hanging = [descriptors.take(Pace::Slow).await.unwrap(), descriptors.take(Pace::Slow).await.unwrap()];
        assert!(descriptors.take(Pace::Slow).await.is_err());
        let brisk = [descriptors.take(Pace::Brisk).await.unwrap(), descriptors.take(Pace::Brisk).await.unwrap()];
        assert!(descriptors.take(Pace::Brisk).await.is_err());
        drop((hanging, brisk));
        let mut all = Vec::new();
        for _ in 0..4 {
            all.push(descriptors.take(Pace::Brisk).await.unwrap());
        }
    }
}
