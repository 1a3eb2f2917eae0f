//! The checkers of all endpoints: who probes what, when the next probe is due, and what the findings amount to. Pure:
//! time comes in as an argument, probes go out as orders.
//!
//! On one machine the checkers are virtual. A *prober* is what probes: it speaks for one or more checkers of its
//! region, which share its findings and hence its verdict.

mod prober;
mod reading;

use core::time::Duration;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use jiff::Timestamp;

use crate::model::health_check::CHECKER_REGIONS;
use crate::model::{AwsRegion, EndpointCheck, HealthCheckId, HealthStatus};
use crate::time::{Moment, Now};

use super::probe::{NetworkPath, Pace, ProbeFault, ProbeOutcome, ProbePlan};
use super::report::WorkerTotals;
use super::settings::FleetSettings;
use super::verdict::Checker;

use prober::{Observed, Prober};

pub use prober::ProberNumber;

/// First probes a second when many checks start at once, unless their interval asks for more.
const FIRST_PROBES_PER_SECOND: u32 = 100;

/// Later than this part of its interval, a probe is late.
const LATE_PART: u32 = 20;

/// A probe to be made now.
#[derive(Clone, Debug)]
pub struct ProbeOrder {
    pub prober: ProberNumber,
    pub check: Arc<HealthCheckId>,
    pub region: AwsRegion,
    pub plan: Arc<ProbePlan>,
    pub path: Arc<NetworkPath>,
    pub pace: Pace,
}

/// What became of a check with a probe's outcome.
#[derive(Debug)]
pub struct Finding<'a> {
    pub check: &'a HealthCheckId,
    pub region: AwsRegion,
    pub outcome: &'a ProbeOutcome,
    /// Whether the verdict of any checker has turned.
    pub has_turned: bool,
}

/// All probers of all watched endpoints.
#[derive(Debug)]
pub struct Fleet {
    settings: FleetSettings,
    paths: BTreeMap<AwsRegion, Arc<NetworkPath>>,
    watches: HashMap<HealthCheckId, Watch>,
    probers: HashMap<ProberNumber, Prober>,
    /// When probers are due. An entry that its prober no longer knows of is stale and means nothing.
    schedule: BinaryHeap<Reverse<(Moment, ProberNumber)>>,
    latest_number: ProberNumber,
    /// In flight when they were dismissed; whoever runs their probes can stop them.
    dismissed: Vec<ProberNumber>,
    totals: WorkerTotals,
}

/// One endpoint under watch.
#[derive(Debug)]
struct Watch {
    endpoint: EndpointCheck,
    plan: Arc<ProbePlan>,
    /// By region, then by the order of the region's checkers.
    probers: Vec<ProberNumber>,
    /// Checkers whose verdict is healthy, or that have none yet (HC-32).
    healthy: u16,
    of: u16,
    latest: Option<ProberNumber>,
    /// The latest of any prober to fail, to say why a check is unhealthy.
    latest_failure: Option<ProberNumber>,
}

impl Fleet {
    pub fn new(settings: FleetSettings) -> Fleet {
        let path = |region| Arc::new(settings.paths.get(&region).cloned().unwrap_or_default());
        Fleet {
            paths: CHECKER_REGIONS.into_iter().map(|region| (region, path(region))).collect(),
            settings,
            watches: HashMap::new(),
            probers: HashMap::new(),
            schedule: BinaryHeap::new(),
            latest_number: ProberNumber::default(),
            dismissed: Vec::new(),
            totals: WorkerTotals::default(),
        }
    }

    /// Watches these endpoints and no others. Where the same question is put to the same endpoint, the verdicts so
    /// far stay, however often and with whatever patience it is asked. New probes are spread: a check's evenly over
    /// its interval, the checks' over what is between.
    ///
    /// HC-35 is not followed: a region that is taken away stops probing at once.
    pub fn watch<'a>(&mut self, endpoints: impl Iterator<Item = (&'a HealthCheckId, &'a EndpointCheck)>, now: Now) {
        let wanted: BTreeMap<_, _> = endpoints.collect();
        let gone: Vec<_> = self.watches.keys().filter(|id| !wanted.contains_key(id)).cloned().collect();
        for id in gone {
            self.dismiss_watch(&id);
        }
        let is_served = |id: &HealthCheckId, endpoint: &EndpointCheck| {
            self.watches.get(id).is_some_and(|watch| watch.endpoint == *endpoint)
        };
        let news: Vec<_> = wanted.into_iter().filter(|(id, endpoint)| !is_served(id, endpoint)).collect();
        let count = u32::try_from(news.len()).unwrap_or(u32::MAX).max(1);
        for (place, (id, endpoint)) in (0..).zip(news) {
            self.watch_endpoint(id, endpoint, Place { place, count }, now.moment);
        }
        self.drop_stale_entries();
    }

    fn watch_endpoint(&mut self, id: &HealthCheckId, endpoint: &EndpointCheck, place: Place, now: Moment) {
        let same_question = self.watches.get(id).is_some_and(|watch| asks_alike(&watch.endpoint, endpoint));
        if !same_question {
            self.dismiss_watch(id);
        }
        let interval = interval(endpoint);
        let kept = self.watches.remove(id);
        let shortened = kept.as_ref().map_or(1.0, |watch| watch.interval_becomes(interval)).min(1.0);
        let mut kept: BTreeMap<_, _> = kept
            .map(|watch| watch.probers)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|number| self.probers.get(&number).map(|prober| ((prober.region, prober.place), number)))
            .collect();

        let per_region = self.settings.probes_per_region.clamp(1, self.settings.checkers_per_region.max(1));
        let places: Vec<_> =
            endpoint.regions.iter().flat_map(|region| (0..per_region).map(move |place| (*region, place))).collect();
        let step = interval / u32::try_from(places.len()).unwrap_or(u32::MAX).max(1);
        let first = place.first_delay(step);
        let check = Arc::new(id.clone());
        let mut probers = Vec::with_capacity(places.len());
        for (index, (region, within)) in (0..).zip(&places) {
            let checkers = checkers_of(self.settings.checkers_per_region, per_region, *within);
            let number = match kept.remove(&(*region, *within)) {
                Some(number) => number,
                None => {
                    self.latest_number.0 += 1;
                    // Not every check begins in the same region.
                    let turn = (index + place.place) % u32::try_from(places.len()).unwrap_or(u32::MAX);
                    let prober = Prober {
                        check: Arc::clone(&check),
                        region: *region,
                        place: *within,
                        checkers,
                        checker: Checker::default(),
                        due: None,
                        latest: None,
                        last_failure: None,
                        fault: None,
                    };
                    self.probers.insert(self.latest_number, prober);
                    self.set_due(self.latest_number, now + first + step * turn);
                    self.latest_number
                }
            };
            // One that waits by a longer interval need not wait so long any more.
            if let Some(due) = self.probers.get(&number).and_then(|prober| prober.due).filter(|_| shortened < 1.0) {
                self.set_due(number, now + due.0.saturating_sub(now.0).mul_f64(shortened));
            }
            probers.push(number);
        }
        for number in kept.into_values() {
            self.dismiss(number);
        }
        let mut watch = Watch {
            endpoint: endpoint.clone(),
            plan: Arc::new(ProbePlan::new(id, endpoint)),
            probers,
            healthy: 0,
            of: 0,
            latest: None,
            latest_failure: None,
        };
        for prober in watch.probers.iter().filter_map(|number| self.probers.get(number)) {
            watch.of += prober.checkers;
            watch.healthy += prober.healthy_checkers();
        }
        let newest = |of: &dyn Fn(&Prober) -> Option<Timestamp>| {
            let known = watch.probers.iter().filter_map(|number| Some((of(self.probers.get(number)?)?, *number)));
            known.max().map(|(_, number)| number)
        };
        (watch.latest, watch.latest_failure) = (
            newest(&|prober| prober.latest.as_ref().map(|observed| observed.at)),
            newest(&|prober| prober.last_failure.as_ref().map(|observed| observed.at)),
        );
        self.watches.insert(id.clone(), watch);
    }

    fn dismiss_watch(&mut self, id: &HealthCheckId) {
        for number in self.watches.remove(id).into_iter().flat_map(|watch| watch.probers) {
            self.dismiss(number);
        }
    }

    fn dismiss(&mut self, number: ProberNumber) {
        if self.probers.remove(&number).is_some_and(|prober| prober.due.is_none()) {
            self.totals.probes_in_flight -= 1;
            self.dismissed.push(number);
        }
    }

    fn set_due(&mut self, number: ProberNumber, due: Moment) {
        if let Some(prober) = self.probers.get_mut(&number) {
            prober.due = Some(due);
            self.schedule.push(Reverse((due, number)));
        }
    }

    /// Probers come and go, their entries stay until they are due: no more of these than of the others.
    fn drop_stale_entries(&mut self) {
        if self.schedule.len() > 2 * self.probers.len() {
            self.schedule = self
                .probers
                .iter()
                .filter_map(|(number, prober)| prober.due.map(|due| Reverse((due, *number))))
                .collect();
        }
    }

    /// When the next probe is due, or earlier.
    pub fn next_due(&self) -> Option<Moment> {
        self.schedule.peek().map(|Reverse((due, _))| *due)
    }

    /// Begins the probes that are due.
    pub fn start_due(&mut self, now: Now, orders: &mut Vec<ProbeOrder>) {
        while let Some(Reverse((due, number))) =
            self.schedule.peek().copied().filter(|Reverse((due, _))| *due <= now.moment)
        {
            self.schedule.pop();
            let pace = self.expected_pace(number);
            let Some(prober) = self.probers.get_mut(&number).filter(|prober| prober.due == Some(due)) else { continue };
            let Some(watch) = self.watches.get(&*prober.check) else { continue };
            prober.due = None;
            self.totals.count_start(now.moment.0.saturating_sub(due.0), interval(&watch.endpoint));
            let path = self.paths.get(&prober.region).cloned().unwrap_or_default();
            orders.push(ProbeOrder {
                prober: number,
                check: Arc::clone(&prober.check),
                region: prober.region,
                plan: Arc::clone(&watch.plan),
                path,
                pace,
            });
        }
    }

    /// By the prober's own last result, else by the endpoint's last. Of an endpoint that nobody knows yet, one probe finds
    /// out; the others may wait.
    fn expected_pace(&self, number: ProberNumber) -> Pace {
        let Some(prober) = self.probers.get(&number) else { return Pace::Brisk };
        let pace = |prober: &Prober| prober.latest.as_ref().map(|observed| observed.outcome.finding.pace());
        let Some(watch) = self.watches.get(&*prober.check) else { return Pace::Brisk };
        let of_endpoint = || watch.latest.and_then(|latest| self.probers.get(&latest)).and_then(pace);
        pace(prober).or_else(of_endpoint).unwrap_or_else(|| {
            let probers = watch.probers.iter().filter_map(|number| self.probers.get(number));
            let is_being_found_out = probers.filter(|prober| prober.due.is_none()).count() > 0;
            if is_being_found_out { Pace::Slow } else { Pace::Brisk }
        })
    }

    /// Takes what became of a probe; `None` if its prober was dismissed meanwhile, or nothing was found out. HC-21:
    /// the interval counts from here.
    pub fn finish(
        &mut self,
        number: ProberNumber,
        result: Result<ProbeOutcome, ProbeFault>,
        now: Now,
    ) -> Option<Finding<'_>> {
        let prober = self.probers.get_mut(&number)?;
        let watch = self.watches.get_mut(&*prober.check)?;
        let due = now.moment + interval(&watch.endpoint);
        prober.due = Some(due);
        self.schedule.push(Reverse((due, number)));
        self.totals.probes_in_flight -= 1;
        let outcome = match result {
            Ok(outcome) => outcome,
            Err(fault) => {
                self.totals.probe_faults += 1;
                prober.fault = Some((now.timestamp, fault));
                return None;
            }
        };

        let before = prober.healthy_checkers();
        prober.checker.observe(outcome.status(), watch.endpoint.failure_threshold);
        let after = prober.healthy_checkers();
        watch.healthy = watch.healthy - before + after;
        watch.latest = Some(number);
        let observed = Observed { outcome, at: now.timestamp };
        match observed.outcome.status() {
            HealthStatus::Healthy => self.totals.probes_succeeded += 1,
            HealthStatus::Unhealthy => {
                self.totals.probes_failed += 1;
                watch.latest_failure = Some(number);
                prober.last_failure = Some(observed.clone());
            }
        }
        prober.fault = None;
        Some(Finding {
            check: &prober.check,
            region: prober.region,
            has_turned: before != after,
            outcome: &prober.latest.insert(observed).outcome,
        })
    }

    /// `false` if the region has no checkers.
    pub fn set_path(&mut self, region: AwsRegion, path: NetworkPath) -> bool {
        self.paths.get_mut(&region).map(|current| *current = Arc::new(path)).is_some()
    }

    /// Probers dismissed since the last call while they probed.
    pub fn take_dismissed(&mut self) -> Vec<ProberNumber> {
        std::mem::take(&mut self.dismissed)
    }

    pub fn totals(&self) -> WorkerTotals {
        self.totals
    }
}

impl Watch {
    /// How many times as long another interval is.
    fn interval_becomes(&self, other: Duration) -> f64 {
        other.as_secs_f64() / interval(&self.endpoint).as_secs_f64().max(1.0)
    }
}

impl WorkerTotals {
    fn count_start(&mut self, lateness: Duration, interval: Duration) {
        self.probes_started += 1;
        self.probes_in_flight += 1;
        self.lateness_total += lateness;
        self.lateness_max = self.lateness_max.max(lateness);
        if lateness > interval / LATE_PART {
            self.probes_late += 1;
        }
    }
}

/// Where a check stands among those that begin at the same time.
#[derive(Clone, Copy, Debug)]
struct Place {
    place: u32,
    count: u32,
}

impl Place {
    /// When its first probe is due: next to at once where few begin; over all of `step`, the time to its second probe,
    /// where many do.
    fn first_delay(self, step: Duration) -> Duration {
        let all = (Duration::from_secs(1) / FIRST_PROBES_PER_SECOND).saturating_mul(self.count).min(step);
        all.mul_f64(f64::from(self.place) / f64::from(self.count))
    }
}

/// Whether both put the same question to the same endpoint.
fn asks_alike(one: &EndpointCheck, other: &EndpointCheck) -> bool {
    let with_habits_of_one = EndpointCheck {
        request_interval_seconds: one.request_interval_seconds,
        failure_threshold: one.failure_threshold,
        measure_latency: one.measure_latency,
        regions: one.regions.clone(),
        ..other.clone()
    };
    with_habits_of_one == *one
}

fn interval(endpoint: &EndpointCheck) -> Duration {
    Duration::from_secs(endpoint.request_interval_seconds.into())
}

/// How many of a region's checkers the prober at this place speaks for: the checkers take turns among the probers.
const fn checkers_of(checkers: u16, probers: u16, place: u16) -> u16 {
    checkers / probers + if place < checkers % probers { 1 } else { 0 }
}
