//! One prober: what it knows of its endpoint.

use std::net::Ipv4Addr;
use std::sync::Arc;

use jiff::Timestamp;

use crate::health::probe::{ProbeFault, ProbeOutcome};
use crate::health::report::{CheckerReport, Fault, Observation};
use crate::health::verdict::Checker;
use crate::model::{AwsRegion, HealthCheckId, HealthStatus};
use crate::time::{Moment, Now};

/// Tells probers apart. Never used twice, so an outcome that was under way when its prober was dismissed finds nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProberNumber(pub(super) u64);

#[derive(Debug)]
pub(super) struct Prober {
    pub(super) check: Arc<HealthCheckId>,
    pub(super) region: AwsRegion,
    /// Its place among the region's probers.
    pub(super) place: u16,
    /// The checkers it speaks for.
    pub(super) checkers: u16,
    pub(super) checker: Checker,
    /// When the next probe is due; `None` while one is in flight.
    pub(super) due: Option<Moment>,
    pub(super) latest: Option<Observed>,
    pub(super) last_failure: Option<Observed>,
    pub(super) fault: Option<(Timestamp, ProbeFault)>,
}

#[derive(Clone, Debug)]
pub(super) struct Observed {
    pub(super) outcome: ProbeOutcome,
    pub(super) at: Timestamp,
}

impl Prober {
    /// HC-32: without a result, healthy.
    pub(super) fn healthy_checkers(&self) -> u16 {
        match self.checker.verdict() {
            None | Some(HealthStatus::Healthy) => self.checkers,
            Some(HealthStatus::Unhealthy) => 0,
        }
    }

    pub(super) fn report(&self, ip_address: Ipv4Addr, now: Now) -> CheckerReport {
        CheckerReport {
            region: self.region,
            ip_address,
            verdict: self.checker.verdict(),
            latest: self.latest.as_ref().map(Observed::observation),
            last_failure: self.last_failure.as_ref().map(Observed::observation),
            fault: self.fault.as_ref().map(|(at, fault)| Fault { at: *at, text: fault.to_string() }),
            next_probe: self.due.map(|due| now.timestamp_of(due)),
            timings: self.latest.as_ref().map(|observed| observed.outcome.timings).unwrap_or_default(),
        }
    }
}

impl Observed {
    pub(super) fn observation(&self) -> Observation {
        Observation { status: self.outcome.status(), text: self.outcome.to_string(), checked_time: self.at }
    }
}
