//! What the worker tells about health checks: to the admin listener, to metrics, and to GetHealthCheckStatus.

use std::net::Ipv4Addr;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::{
    AlarmId, AwsRegion, Force, HealthCheckId, HealthCheckType, HealthStatus, RoutingControlArn, RoutingControlState,
};

use super::alarm::AlarmState;
use super::probe::{NetworkPath, Timings};

/// A health check at one glance.
#[derive(Clone, Debug)]
pub struct CheckSummary {
    pub id: HealthCheckId,
    pub check_type: HealthCheckType,
    /// As answers see it.
    pub status: HealthStatus,
    /// When it became so, or when the check or the server began.
    pub since: Timestamp,
    pub inverted: bool,
    pub disabled: bool,
    pub measure_latency: bool,
    /// Whoever decides in the target's place. Never with the status `Obey`, except where an operator has overruled
    /// the zone files with it.
    pub forced: Option<ForceInForce>,
    /// What the status rests on, in a sentence.
    pub reason: String,
    pub tally: Tally,
    /// Why some checkers, or all, find out nothing at present.
    pub fault: Option<FaultSummary>,
    /// The means of the latest probes of all regions, if the check measures latency.
    pub latency: Timings,
}

/// What a status is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tally {
    /// HC-30: checkers that say healthy, before inversion; those without a result count as healthy (HC-32).
    Checkers { healthy: u16, of: u16 },
    /// HC-40: children that are healthy.
    Children { healthy: u16, of: u16, needed: u16 },
    /// HC-42 and HC-44: nothing is counted.
    Single,
    /// HC-34: disabled; nobody looks.
    None,
}

/// A force and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForceInForce {
    pub force: Force,
    pub origin: ForceOrigin,
}

/// The stronger the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ForceOrigin {
    /// `status` of the health check in its zone file.
    HealthCheck,
    /// `forced_health_checks` of the zone files.
    ZoneFiles,
    /// An operator, while the server runs.
    Operator,
}

/// A health check in full.
#[derive(Clone, Debug)]
pub struct CheckReport {
    pub summary: CheckSummary,
    /// By region; empty unless an endpoint is probed.
    pub checkers: Vec<CheckerReport>,
    /// The latest last.
    pub history: Vec<Flip>,
    pub basis: Basis,
}

/// What a check other than of an endpoint looks at, as it stands.
#[derive(Clone, Debug)]
pub enum Basis {
    Endpoint,
    Children(Vec<(HealthCheckId, HealthStatus)>),
    Alarm { id: AlarmId, state: AlarmState, reason: String },
    RoutingControl { arn: RoutingControlArn, state: Option<RoutingControlState> },
}

/// One checker of a region (HC-50).
#[derive(Clone, Debug)]
pub struct CheckerReport {
    pub region: AwsRegion,
    pub ip_address: Ipv4Addr,
    /// Before inversion; `None` until there is a result.
    pub verdict: Option<HealthStatus>,
    /// The latest result, as HC-51 words it.
    pub latest: Option<Observation>,
    /// The latest failure, for GetHealthCheckLastFailureReason.
    pub last_failure: Option<Observation>,
    /// Why the latest probe found out nothing, if it did not.
    pub fault: Option<Fault>,
    /// When the next probe begins, unless one is under way.
    pub next_probe: Option<Timestamp>,
    pub timings: Timings,
}

/// HC-50: a StatusReport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    pub status: HealthStatus,
    pub text: String,
    pub checked_time: Timestamp,
}

/// Something on our side that kept a checker from probing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub at: Timestamp,
    pub text: String,
}

/// Checkers of one endpoint that cannot probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultSummary {
    pub checkers: u16,
    /// The latest.
    pub fault: Fault,
}

/// A change of the status that answers see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flip {
    pub at: Timestamp,
    pub status: HealthStatus,
    pub reason: Box<str>,
}

/// What the worker does and has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerTotals {
    pub probes_started: u64,
    pub probes_succeeded: u64,
    pub probes_failed: u64,
    /// Probes that said nothing of their endpoint, for lack of means on our side.
    pub probe_faults: u64,
    pub probes_in_flight: u64,
    /// Probes that began later than planned by more than 5 % of their interval.
    pub probes_late: u64,
    /// The sum and the largest of what probes began later than planned.
    pub lateness_total: Duration,
    pub lateness_max: Duration,
    pub flips: u64,
}

/// The checkers of one region, and how they reach endpoints.
#[derive(Clone, Debug)]
pub struct RegionReport {
    pub region: AwsRegion,
    pub path: NetworkPath,
}
