//! The monitor: who is probed when, and what reaches the table. No socket, and time passes as the tests want it.

mod deciding;
mod probing;
mod reload;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use route53d::health::fleet::ProbeOrder;
use route53d::health::monitor::Monitor;
use route53d::health::overrides::Overrides;
use route53d::health::probe::{ProbeFault, ProbeFinding, ProbeOutcome, Timings};
use route53d::health::report::{CheckReport, ForceOrigin, Tally};
use route53d::health::settings::FleetSettings;
use route53d::model::{
    Account, AccountParts, AlarmId, AwsRegion, CloudWatchAlarm, ComparisonOperator, Datapoint, Force, ForcedStatus,
    HealthCheck, HealthCheckPattern, HealthCheckTarget, HealthStatus, InsufficientDataHealthStatus, Metric, MetricData,
    MetricValue, MetricValues, RoutingControlState, Statistic, StatisticSet,
};
use route53d::snapshot::{HealthTable, Snapshot};
use route53d::time::{Clock, Moment, Now};
use route53d::zonefile::{self, ZoneFile};

use HealthStatus::{Healthy, Unhealthy};

use crate::checks::{calculated, check, endpoint, id, local};

const INTERVAL: Duration = Duration::from_secs(30);

/// A monitor, and endpoints that answer at once.
struct World {
    monitor: Monitor,
    snapshot: Arc<Snapshot>,
    table: Arc<HealthTable>,
    now: Now,
    /// What the endpoint of a check is, unless it is healthy.
    unhealthy: HashMap<String, Vec<AwsRegion>>,
    /// Every probe so far: when, and of what.
    probes: Vec<(Duration, ProbeOrder)>,
}

fn account(checks: &[HealthCheck]) -> AccountParts {
    AccountParts { health_checks: checks.to_vec(), ..AccountParts::default() }
}

pub fn outcome(status: HealthStatus) -> ProbeOutcome {
    let (code, reason) = match status {
        Healthy => (200, "OK"),
        Unhealthy => (503, "Service Temporarily Unavailable"),
    };
    let finding = ProbeFinding::HttpStatus { code, reason: Some(reason.into()) };
    ProbeOutcome { finding, resolved_ip: None, timings: Timings::default() }
}

impl World {
    fn start(checks: &[HealthCheck]) -> World {
        World::start_with(FleetSettings::default(), account(checks))
    }

    fn start_with(settings: FleetSettings, parts: AccountParts) -> World {
        let snapshot = Arc::new(Snapshot::new(Arc::new(Account::new(parts).unwrap()), Arc::default()));
        let mut monitor = Monitor::new(settings, Overrides::default());
        let now = Clock::manual().0.now();
        monitor.take_snapshot(Arc::clone(&snapshot), now);
        let table = monitor.take_changed_table().unwrap_or_default();
        World { monitor, snapshot, table, now, unhealthy: HashMap::new(), probes: Vec::new() }
    }

    fn reload(&mut self, checks: &[HealthCheck]) {
        self.reload_with(account(checks));
    }

    fn reload_with(&mut self, parts: AccountParts) {
        self.snapshot = Arc::new(self.snapshot.next(Arc::new(Account::new(parts).unwrap())));
        self.monitor.take_snapshot(Arc::clone(&self.snapshot), self.now);
        self.publish();
    }

    fn publish(&mut self) {
        if let Some(table) = self.monitor.take_changed_table() {
            self.table = table;
        }
    }

    fn go_to(&mut self, moment: Moment) {
        self.now = Now { moment, timestamp: self.now.timestamp_of(moment) };
    }

    /// Begins what is due, and leaves it unanswered.
    fn start_due(&mut self) -> Vec<ProbeOrder> {
        let mut orders = Vec::new();
        self.monitor.pass_time(self.now, &mut orders);
        self.publish();
        self.probes.extend(orders.iter().map(|order| (self.now.moment.0, order.clone())));
        orders
    }

    fn pass(&mut self, duration: Duration) {
        let end = self.now.moment + duration;
        while let Some(due) = self.monitor.next_due().filter(|due| *due <= end) {
            self.go_to(due.max(self.now.moment));
            for order in self.start_due() {
                let regions = self.unhealthy.get(order.check.as_str());
                let is_unhealthy = regions.is_some_and(|regions| regions.contains(&order.region));
                let status = if is_unhealthy { Unhealthy } else { Healthy };
                self.monitor.finish(order.prober, Ok(outcome(status)), self.now);
                self.publish();
            }
        }
        self.go_to(end);
    }

    fn fail(&mut self, check: &str) {
        self.fail_in(check, &route53d::model::health_check::CHECKER_REGIONS);
    }

    fn fail_in(&mut self, check: &str, regions: &[AwsRegion]) {
        self.unhealthy.insert(check.to_owned(), regions.to_vec());
    }

    fn recover(&mut self, check: &str) {
        self.unhealthy.remove(check);
    }

    fn status(&self, check: &str) -> HealthStatus {
        self.snapshot.health_status(self.snapshot.health_slot(&id(check)).unwrap(), &self.table)
    }

    fn report(&self, check: &str) -> CheckReport {
        self.monitor.report(&id(check), self.now).unwrap()
    }

    fn tally(&self, check: &str) -> (u16, u16) {
        match self.report(check).summary.tally {
            Tally::Checkers { healthy, of } => (healthy, of),
            other => panic!("{other:?}"),
        }
    }

    fn probes_of(&self, check: &str) -> usize {
        self.probes.iter().filter(|(_, order)| order.check.as_str() == check).count()
    }

    fn news(&mut self) -> Vec<String> {
        let news = self.monitor.take_news().into_iter();
        news.map(|news| format!("{} {}: {}", news.id, news.status, news.reason)).collect()
    }

    fn force(&mut self, pattern: &str, status: ForcedStatus) {
        self.set_forces(vec![force(pattern, status)]);
    }

    fn set_forces(&mut self, forces: Vec<Force>) {
        self.monitor.set_overrides(Overrides { forces, ..Overrides::default() }, self.now);
        self.publish();
    }
}

fn force(pattern: &str, status: ForcedStatus) -> Force {
    Force { checks: HealthCheckPattern::new(pattern), status, reason: None, owner: None, until: None }
}

fn web() -> HealthCheck {
    check("web", endpoint(local(1)))
}
