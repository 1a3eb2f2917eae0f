//! The state of all health checks, as one value: findings, datapoints and operators' decisions go in, what answers
//! read comes out. Pure: whoever owns it tells it the time.

mod telling;

use core::time::Duration;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::model::{
    Account, AlarmId, AwsRegion, ForcedStatus, HealthCheck, HealthCheckId, HealthCheckTarget, HealthStatus,
    InsufficientDataHealthStatus, MetricData, RoutingControlState,
};
use crate::snapshot::{HealthEntry, HealthTable, Snapshot};
use crate::time::{Moment, Now};

use super::alarm::{AlarmState, Alarms, DataTaken};
use super::fleet::{Fleet, ProbeOrder, ProberNumber};
use super::overrides::Overrides;
use super::probe::{NetworkPath, ProbeFault, ProbeOutcome};
use super::report::{Flip, ForceInForce, ForceOrigin, RegionReport, WorkerTotals};
use super::settings::FleetSettings;

/// Flips of one check that are remembered.
const HISTORY: usize = 32;

/// Everything about health checks that is not in the snapshot.
pub struct Monitor {
    snapshot: Arc<Snapshot>,
    fleet: Fleet,
    alarms: Alarms,
    overrides: Overrides,
    checks: BTreeMap<HealthCheckId, Watched>,
    /// HC-40: which calculated checks a check is a child of.
    parents: HashMap<HealthCheckId, Vec<HealthCheckId>>,
    /// When the passing of time alone may change something: a period ends, a force expires.
    wake: Option<Moment>,
    table: HealthTable,
    has_changed: bool,
    news: Vec<News>,
    flips: u64,
}

/// What is remembered of one check.
struct Watched {
    /// As answers see it.
    status: HealthStatus,
    since: Timestamp,
    history: VecDeque<Flip>,
    /// HC-42: what the alarm said when it last had data.
    last_known: Option<HealthStatus>,
}

/// A flip, to be told.
#[derive(Clone, Debug)]
pub struct News {
    pub id: HealthCheckId,
    pub status: HealthStatus,
    pub reason: Box<str>,
}

/// How a status comes about.
struct Standing {
    status: HealthStatus,
    force: Option<ForceInForce>,
}

impl Monitor {
    /// Of an account without health checks: all of the first snapshot's are news.
    pub fn new(settings: FleetSettings, overrides: Overrides) -> Monitor {
        Monitor {
            snapshot: Arc::new(Snapshot::new(Arc::default(), Arc::default())),
            fleet: Fleet::new(settings),
            alarms: Alarms::default(),
            overrides,
            checks: BTreeMap::new(),
            parents: HashMap::new(),
            wake: None,
            table: HealthTable::default(),
            has_changed: false,
            news: Vec::new(),
            flips: 0,
        }
    }

    /// Goes over to a snapshot. What did not change keeps its verdicts.
    pub fn take_snapshot(&mut self, snapshot: Arc<Snapshot>, now: Now) {
        let before = std::mem::replace(&mut self.snapshot, snapshot);
        if has_same_health(&before, &self.snapshot) {
            return;
        }
        let account = Arc::clone(self.snapshot.account());
        let is_back = |id: &HealthCheckId| before.health_slot(id) != self.snapshot.health_slot(id);
        // One that was deleted and is back is a new check, whether or not the snapshot without it was seen.
        self.checks.retain(|id, _| account.health_checks().contains_key(id) && !is_back(id));
        let endpoints = || {
            account.health_checks().iter().filter_map(|(id, check)| match &check.target {
                // HC-34: probing stops.
                HealthCheckTarget::Endpoint(endpoint) if !check.disabled => Some((id, endpoint)),
                _ => None,
            })
        };
        self.fleet.watch(endpoints().filter(|(id, _)| !is_back(id)), now);
        self.fleet.watch(endpoints(), now);
        self.alarms.take_account(&account, now.timestamp);
        self.parents = parents(&account);
        // Slots of checks that are gone are nobody's: no need to carry them on.
        self.table = HealthTable::default();
        self.settle_all("its settings have changed", now);
        self.has_changed = true;
    }

    /// When to call [`Monitor::pass_time`] at the latest.
    pub fn next_due(&self) -> Option<Moment> {
        self.fleet.next_due().into_iter().chain(self.wake).min()
    }

    /// Does what time asks for. Probes that are due are added to `orders`; each must be answered with
    /// [`Monitor::finish`].
    pub fn pass_time(&mut self, now: Now, orders: &mut Vec<ProbeOrder>) {
        if self.wake.is_some_and(|wake| wake <= now.moment) {
            self.settle_all("it is no longer forced", now);
        }
        self.fleet.start_due(now, orders);
    }

    /// Takes what became of a probe.
    pub fn finish(&mut self, prober: ProberNumber, result: Result<ProbeOutcome, ProbeFault>, now: Now) {
        let Some(finding) = self.fleet.finish(prober, result, now).filter(|finding| finding.has_turned) else { return };
        let (id, reason) = (HealthCheckId::clone(finding.check), format!("{} ({})", finding.outcome, finding.region));
        let (healthy, of) = self.fleet.tally(&id).unwrap_or_default();
        self.settle_with_parents(&id, &format_args!("{reason}; {healthy} of {of} checkers say healthy"), now);
    }

    /// HC-42: takes datapoints that came in.
    pub fn put_metric_data(&mut self, data: &[MetricData], now: Now) -> DataTaken {
        let taken = self.alarms.put(data, now.timestamp);
        let account = Arc::clone(self.snapshot.account());
        let watches_alarm = |check: &&HealthCheck| matches!(check.target, HealthCheckTarget::CloudWatchMetric { .. });
        for check in account.health_checks().values().filter(watches_alarm) {
            self.settle_with_parents(&check.id, &"datapoints came in", now);
        }
        self.set_wake(now);
        taken
    }

    /// Takes all that operators have set by hand.
    pub fn set_overrides(&mut self, overrides: Overrides, now: Now) {
        self.overrides = overrides;
        self.settle_all("it is no longer forced", now);
    }

    /// `false` if the region has no checkers.
    pub fn set_path(&mut self, region: AwsRegion, path: NetworkPath) -> bool {
        self.fleet.set_path(region, path)
    }

    /// What answers read, if it has changed since the last call.
    pub fn take_changed_table(&mut self) -> Option<Arc<HealthTable>> {
        std::mem::take(&mut self.has_changed).then(|| Arc::new(self.table.clone()))
    }

    pub fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    /// Probes in flight that nobody waits for any more.
    pub fn take_dismissed(&mut self) -> Vec<ProberNumber> {
        self.fleet.take_dismissed()
    }

    /// Settles every check, children before parents.
    fn settle_all(&mut self, occasion: &str, now: Now) {
        let account = Arc::clone(self.snapshot.account());
        let (parents, children): (Vec<&HealthCheck>, Vec<&HealthCheck>) = account
            .health_checks()
            .values()
            .partition(|check| matches!(check.target, HealthCheckTarget::Calculated(_)));
        for check in children {
            self.settle(check, &occasion, now);
        }
        for check in parents {
            let occasion = self.basis(check, now);
            self.settle(check, &occasion, now);
        }
        self.set_wake(now);
    }

    fn set_wake(&mut self, now: Now) {
        let expiry = self.overrides.next_expiry(self.snapshot.account(), now.timestamp);
        let wake = self.alarms.next_evaluation(now.timestamp).into_iter().chain(expiry).min();
        self.wake = wake.map(|wake| {
            let distance = wake.duration_since(now.timestamp).max(SignedDuration::ZERO);
            // Timestamps are finer than timers: not a moment too early.
            now.moment + Duration::try_from(distance).unwrap_or_default() + Duration::from_millis(1)
        });
    }

    fn settle_with_parents(&mut self, id: &HealthCheckId, reason: &dyn fmt::Display, now: Now) {
        let account = Arc::clone(self.snapshot.account());
        let Some(check) = account.health_checks().get(id) else { return };
        if !self.settle(check, reason, now) {
            return;
        }
        let status = self.status(id);
        let parents = self.parents.get(id).cloned().unwrap_or_default();
        for parent in parents.iter().filter_map(|parent| account.health_checks().get(parent)) {
            self.settle(parent, &format_args!("its child {id} is {status}"), now);
        }
    }

    /// Sets what answers see of a check, and tells if they see a difference.
    fn settle(&mut self, check: &HealthCheck, reason: &dyn fmt::Display, now: Now) -> bool {
        let has_changed = self.settle_status(check, reason, now);
        self.remember_alarm(check, now);
        has_changed
    }

    fn settle_status(&mut self, check: &HealthCheck, reason: &dyn fmt::Display, now: Now) -> bool {
        let standing = self.standing(check, now);
        let entry = match &standing.force {
            Some(force) if force.origin > ForceOrigin::HealthCheck => HealthEntry::Overruled(standing.status),
            _ => HealthEntry::Found(standing.status),
        };
        if let Some(slot) = self.snapshot.health_slot(&check.id).filter(|slot| self.table.entry(*slot) != Some(entry)) {
            self.table.set(slot, Some(entry));
            self.has_changed = true;
        }
        let Some(watched) = self.checks.get_mut(&check.id) else {
            self.checks.insert(check.id.clone(), Watched::new(standing.status, now.timestamp));
            return true;
        };
        if watched.status == standing.status {
            return false;
        }
        (watched.status, watched.since) = (standing.status, now.timestamp);
        let reason = self.reason_to_flip(check, &standing, reason, now).into_boxed_str();
        let flip = Flip { at: now.timestamp, status: standing.status, reason: reason.clone() };
        if let Some(watched) = self.checks.get_mut(&check.id) {
            if watched.history.len() == HISTORY {
                watched.history.pop_front();
            }
            watched.history.push_back(flip);
        }
        self.news.push(News { id: check.id.clone(), status: standing.status, reason });
        self.flips += 1;
        true
    }

    fn standing(&self, check: &HealthCheck, now: Now) -> Standing {
        let force = self.overrides.in_force(check, self.snapshot.account(), now.timestamp);
        let status = match force.as_ref().map(|force| force.force.status) {
            Some(ForcedStatus::Up) => HealthStatus::Healthy,
            Some(ForcedStatus::Down) => HealthStatus::Unhealthy,
            Some(ForcedStatus::Obey) | None => self.unforced_status(check, now),
        };
        Standing { status, force }
    }

    fn unforced_status(&self, check: &HealthCheck, now: Now) -> HealthStatus {
        // HC-34.
        let found = if check.disabled { HealthStatus::Healthy } else { self.found_status(check, now) };
        check.final_status(found)
    }

    /// What the target says, before inversion. HC-32: healthy until there is data.
    fn found_status(&self, check: &HealthCheck, now: Now) -> HealthStatus {
        match &check.target {
            HealthCheckTarget::Endpoint(_) => self.fleet.found_status(&check.id).unwrap_or(HealthStatus::Healthy),
            HealthCheckTarget::Calculated(calculated) => calculated.found_status(|child| self.status(child)),
            HealthCheckTarget::CloudWatchMetric { alarm_region, alarm_name, insufficient_data } => {
                let alarm = alarm_id(*alarm_region, alarm_name);
                status_of_alarm(self.alarms.state(&alarm, now.timestamp).0).unwrap_or(match insufficient_data {
                    InsufficientDataHealthStatus::Healthy => HealthStatus::Healthy,
                    InsufficientDataHealthStatus::Unhealthy => HealthStatus::Unhealthy,
                    InsufficientDataHealthStatus::LastKnownStatus => {
                        let watched = self.checks.get(&check.id);
                        watched.and_then(|watched| watched.last_known).unwrap_or(HealthStatus::Healthy)
                    }
                })
            }
            HealthCheckTarget::RecoveryControl { routing_control_arn } => {
                match self.overrides.routing_control(routing_control_arn, self.snapshot.account()) {
                    Some(RoutingControlState::Off) => HealthStatus::Unhealthy,
                    Some(RoutingControlState::On) | None => HealthStatus::Healthy,
                }
            }
        }
    }

    /// HC-42: for the time when there is no data.
    fn remember_alarm(&mut self, check: &HealthCheck, now: Now) {
        let Some(alarm) = alarm_of(check) else { return };
        let known = status_of_alarm(self.alarms.state(&alarm, now.timestamp).0);
        if let (Some(known), Some(watched)) = (known, self.checks.get_mut(&check.id)) {
            watched.last_known = Some(known);
        }
    }

    /// As answers see it; a check that is not there is healthy.
    fn status(&self, id: &HealthCheckId) -> HealthStatus {
        self.checks.get(id).map_or(HealthStatus::Healthy, |watched| watched.status)
    }

    /// The checker regions, and how they reach endpoints.
    pub fn regions(&self) -> Vec<RegionReport> {
        self.fleet.regions()
    }

    pub fn totals(&self) -> WorkerTotals {
        WorkerTotals { flips: self.flips, ..self.fleet.totals() }
    }
}

impl Watched {
    fn new(status: HealthStatus, since: Timestamp) -> Watched {
        Watched { status, since, history: VecDeque::new(), last_known: None }
    }
}

fn alarm_of(check: &HealthCheck) -> Option<AlarmId> {
    match &check.target {
        HealthCheckTarget::CloudWatchMetric { alarm_region, alarm_name, .. } => {
            Some(alarm_id(*alarm_region, alarm_name))
        }
        _ => None,
    }
}

fn alarm_id(region: AwsRegion, name: &str) -> AlarmId {
    AlarmId { region, name: name.into() }
}

/// HC-42.
const fn status_of_alarm(state: AlarmState) -> Option<HealthStatus> {
    match state {
        AlarmState::Ok => Some(HealthStatus::Healthy),
        AlarmState::Alarm => Some(HealthStatus::Unhealthy),
        AlarmState::InsufficientData => None,
    }
}

/// Whether a replacement is none of health's business, as when only records changed. A check that was deleted and is
/// back has a new slot, whether or not the snapshot without it was seen.
fn has_same_health(one: &Snapshot, other: &Snapshot) -> bool {
    let (before, after): (&Account, &Account) = (one.account(), other.account());
    before.health_checks() == after.health_checks()
        && before.alarms() == after.alarms()
        && before.metric_data() == after.metric_data()
        && before.routing_controls() == after.routing_controls()
        && before.forces() == after.forces()
        && before.health_checks().keys().all(|id| one.health_slot(id) == other.health_slot(id))
}

fn parents(account: &Account) -> HashMap<HealthCheckId, Vec<HealthCheckId>> {
    let mut parents: HashMap<_, Vec<_>> = HashMap::new();
    for check in account.health_checks().values() {
        let HealthCheckTarget::Calculated(calculated) = &check.target else { continue };
        for child in &calculated.children {
            parents.entry(child.clone()).or_default().push(check.id.clone());
        }
    }
    parents
}
