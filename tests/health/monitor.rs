//! The monitor: who is probed when, and what reaches the table. No socket, and time passes as the tests want it.

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

#[test]
fn a_check_is_healthy_until_there_is_data_and_an_inverted_one_is_not() {
    // HC-32.
    let inverted = HealthCheck { inverted: true, ..check("inverted", endpoint(local(1))) };
    let mut world = World::start(&[web(), inverted]);
    assert_eq!((world.status("web"), world.status("inverted")), (Healthy, Unhealthy));
    world.fail("web");
    world.fail("inverted");
    world.pass(INTERVAL);
    assert_eq!((world.status("web"), world.status("inverted")), (Unhealthy, Healthy));
}

#[test]
fn a_check_has_two_checkers_a_region_which_share_a_probe() {
    // HC-31.
    let mut world = World::start(&[web()]);
    world.pass(INTERVAL - Duration::from_millis(1));
    assert_eq!(world.probes_of("web"), 8);
    assert_eq!(world.tally("web"), (16, 16));
    let report = world.report("web");
    let addresses: std::collections::BTreeSet<_> = report.checkers.iter().map(|checker| checker.ip_address).collect();
    assert_eq!(addresses.len(), 16);
    assert!(addresses.iter().all(|address| address.octets()[..2] == [15, 177] && address.octets()[2] < 64));
}

#[test]
fn checkers_may_probe_for_themselves() {
    let settings = FleetSettings { checkers_per_region: 3, probes_per_region: 2, ..FleetSettings::default() };
    let mut world = World::start_with(settings, account(&[web()]));
    world.pass(INTERVAL - Duration::from_millis(1));
    assert_eq!((world.probes_of("web"), world.tally("web")), (16, (24, 24)));
    assert_eq!(world.report("web").checkers.len(), 24);
}

#[test]
fn more_than_18_percent_of_the_checkers_must_say_healthy() {
    // HC-30: 2 of 16 are not enough, 4 of 16 are.
    let mut world = World::start(&[web()]);
    let regions = route53d::model::health_check::CHECKER_REGIONS;
    world.fail_in("web", &regions[..6]);
    world.pass(INTERVAL);
    assert_eq!((world.tally("web"), world.status("web")), ((4, 16), Healthy));
    world.fail_in("web", &regions[..7]);
    world.pass(INTERVAL);
    assert_eq!((world.tally("web"), world.status("web")), ((2, 16), Unhealthy));
    world.fail_in("web", &regions[..6]);
    world.pass(INTERVAL);
    assert_eq!((world.tally("web"), world.status("web")), ((4, 16), Healthy));
}

#[test]
fn only_the_regions_of_a_check_probe_it() {
    let mut few = endpoint(local(1));
    few.regions = [AwsRegion::EuWest1, AwsRegion::SaEast1, AwsRegion::UsWest2].into();
    let mut world = World::start(&[check("web", few.clone())]);
    world.pass(INTERVAL);
    assert_eq!(world.tally("web"), (6, 6));
    assert!(world.probes.iter().all(|(_, order)| few.regions.contains(&order.region)));
}

#[test]
fn the_interval_is_counted_from_the_response() {
    // HC-21.
    let mut world = World::start(&[web()]);
    let orders = world.start_due();
    assert_eq!(orders.len(), 1);
    // The other seven are due meanwhile; this one is not, for it is under way.
    world.pass(INTERVAL - Duration::from_secs(1));
    assert_eq!(world.probes_of("web"), 8);
    world.go_to(Moment(Duration::from_secs(100)));
    world.monitor.finish(orders[0].prober, Ok(outcome(Healthy)), world.now);
    world.probes.clear();
    world.pass(INTERVAL - Duration::from_millis(1));
    let has_probed = |world: &World| world.probes.iter().any(|(_, order)| order.prober == orders[0].prober);
    assert!(!has_probed(&world));
    world.pass(Duration::from_millis(1));
    assert!(has_probed(&world));
}

#[test]
fn probes_of_a_check_are_spread_over_the_interval() {
    let mut world = World::start(&[web()]);
    world.pass(3 * INTERVAL);
    let times: Vec<_> = world.probes.iter().map(|(at, _)| *at).collect();
    let gap = INTERVAL / 8;
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] == gap), "{times:?}");
}

#[test]
fn many_checks_that_start_together_are_spread_over_the_interval() {
    let checks: Vec<_> = (0..4_000).map(|number| check(&format!("c{number}"), endpoint(local(1)))).collect();
    let mut world = World::start(&checks);
    world.pass(INTERVAL - Duration::from_nanos(1));
    assert_eq!(world.probes.len(), 32_000);
    let mut in_second = [0; 30];
    for (at, _) in &world.probes {
        in_second[at.as_secs() as usize] += 1;
    }
    let (least, most) = (in_second.iter().min().unwrap(), in_second.iter().max().unwrap());
    assert!(*least > 1_000 && *most < 1_150, "{in_second:?}");
}

#[test]
fn few_checks_are_probed_at_once() {
    let mut world = World::start(&[web(), check("other", endpoint(local(2)))]);
    world.pass(Duration::from_millis(50));
    assert_eq!((world.probes_of("web"), world.probes_of("other")), (1, 1));
}

#[test]
fn the_threshold_holds_both_ways() {
    // HC-22.
    let mut patient = endpoint(local(1));
    patient.failure_threshold = 3;
    let mut world = World::start(&[check("web", patient)]);
    world.pass(INTERVAL);
    for (fails, before, after) in [(true, Healthy, Unhealthy), (false, Unhealthy, Healthy)] {
        if fails {
            world.fail("web")
        } else {
            world.recover("web")
        }
        world.pass(2 * INTERVAL);
        assert_eq!(world.status("web"), before);
        world.pass(INTERVAL);
        assert_eq!(world.status("web"), after);
    }
}

#[test]
fn a_disabled_check_is_not_probed() {
    // HC-34.
    let disabled = HealthCheck { disabled: true, ..web() };
    let both = HealthCheck { inverted: true, disabled: true, ..check("inverted", endpoint(local(1))) };
    let mut world = World::start(&[disabled, both]);
    world.pass(10 * INTERVAL);
    assert_eq!((world.status("web"), world.status("inverted")), (Healthy, Unhealthy));
    assert_eq!(world.probes.len(), 0);
    assert_eq!(world.report("web").summary.tally, Tally::None);
}

#[test]
fn disabling_forgets_what_was_found() {
    let mut world = World::start(&[web()]);
    world.fail("web");
    world.pass(INTERVAL);
    assert_eq!(world.status("web"), Unhealthy);
    world.reload(&[HealthCheck { disabled: true, ..web() }]);
    assert_eq!(world.status("web"), Healthy);
    world.reload(&[web()]);
    assert_eq!((world.status("web"), world.tally("web")), (Healthy, (16, 16)));
}

#[test]
fn forcing_decides_at_once_and_obeying_finds_the_verdict_again() {
    let forced = |status| HealthCheck { status, ..web() };
    let mut world = World::start(&[web()]);
    world.fail("web");
    world.pass(INTERVAL);
    assert_eq!(world.status("web"), Unhealthy);
    world.reload(&[forced(ForcedStatus::Up)]);
    assert_eq!(world.status("web"), Healthy);
    // It goes on being probed, to no avail.
    let probes = world.probes.len();
    world.pass(INTERVAL);
    assert_eq!((world.probes.len() - probes, world.status("web")), (8, Healthy));
    world.reload(&[web()]);
    assert_eq!(world.status("web"), Unhealthy);
    world.recover("web");
    world.pass(INTERVAL);
    assert_eq!(world.status("web"), Healthy);
    world.reload(&[forced(ForcedStatus::Down)]);
    assert_eq!(world.status("web"), Unhealthy);
    world.reload(&[HealthCheck { inverted: true, ..forced(ForcedStatus::Up) }]);
    assert_eq!(world.status("web"), Healthy);
}

#[test]
fn an_operator_overrules_the_zone_files_which_overrule_the_check() {
    let down = HealthCheck { status: ForcedStatus::Down, ..web() };
    let zone_files = AccountParts { forces: vec![force("w*", ForcedStatus::Up)], ..account(&[down]) };
    let mut world = World::start_with(FleetSettings::default(), zone_files);
    let origin = |world: &World| world.report("web").summary.forced.unwrap().origin;
    assert_eq!((world.status("web"), origin(&world)), (Healthy, ForceOrigin::ZoneFiles));
    world.force("web", ForcedStatus::Down);
    assert_eq!((world.status("web"), origin(&world)), (Unhealthy, ForceOrigin::Operator));
    world.force("web", ForcedStatus::Obey);
    assert_eq!((world.status("web"), origin(&world)), (Healthy, ForceOrigin::Operator));
    world.fail("web");
    world.pass(INTERVAL);
    assert_eq!(world.status("web"), Unhealthy);
    world.set_forces(Vec::new());
    assert_eq!((world.status("web"), origin(&world)), (Healthy, ForceOrigin::ZoneFiles));
}

#[test]
fn a_force_ends_when_its_time_is_over() {
    let mut world = World::start(&[web(), calculated("all", 1, &["web"])]);
    let until = world.now.timestamp_of(world.now.moment + 10 * INTERVAL);
    world.set_forces(vec![Force { until: Some(until), ..force("*eb", ForcedStatus::Down) }]);
    assert_eq!((world.status("web"), world.status("all")), (Unhealthy, Unhealthy));
    world.pass(10 * INTERVAL - Duration::from_millis(1));
    assert_eq!(world.status("web"), Unhealthy);
    world.pass(Duration::from_millis(2));
    assert_eq!((world.status("web"), world.status("all")), (Healthy, Healthy));
    assert_eq!(
        world.news(),
        [
            "web unhealthy: it is forced down until 2026-01-01T00:05:00Z",
            "all unhealthy: 0 of 1 children are healthy, 1 must be",
            "web healthy: it is no longer forced",
            "all healthy: 1 of 1 children are healthy, 1 must be",
        ]
    );
}

#[test]
fn a_calculated_check_follows_its_children() {
    // HC-40.
    let none = HealthCheck { inverted: true, ..calculated("none", 1, &["blue", "green"]) };
    let mut world = World::start(&[
        check("blue", endpoint(local(1))),
        check("green", endpoint(local(2))),
        calculated("any", 1, &["blue", "green"]),
        none,
        calculated("all", 2, &["blue", "green"]),
    ]);
    let statuses = |world: &World| (world.status("any"), world.status("none"), world.status("all"));
    assert_eq!(statuses(&world), (Healthy, Unhealthy, Healthy));
    world.fail("blue");
    world.pass(INTERVAL);
    assert_eq!(statuses(&world), (Healthy, Unhealthy, Unhealthy));
    world.fail("green");
    world.pass(INTERVAL);
    assert_eq!(statuses(&world), (Unhealthy, Healthy, Unhealthy));
    world.recover("blue");
    world.recover("green");
    world.pass(INTERVAL);
    assert_eq!(statuses(&world), (Healthy, Unhealthy, Healthy));
    assert_eq!(world.report("all").summary.reason, "2 of 2 children are healthy, 2 must be");
}

#[test]
fn a_deleted_check_is_dismissed_in_the_middle_of_a_probe() {
    let mut world = World::start(&[web()]);
    let orders = world.start_due();
    world.reload(&[]);
    assert_eq!(world.monitor.take_dismissed(), [orders[0].prober]);
    // What comes in late is for nobody.
    world.monitor.finish(orders[0].prober, Ok(outcome(Unhealthy)), world.now);
    world.pass(10 * INTERVAL);
    assert_eq!((world.probes.len(), world.monitor.totals().probes_in_flight), (1, 0));
}

#[test]
fn a_changed_endpoint_starts_anew_and_an_unchanged_one_keeps_its_verdict() {
    let other = check("other", endpoint(local(1)));
    let mut world = World::start(&[web(), other.clone()]);
    world.fail("web");
    world.fail("other");
    world.pass(INTERVAL);
    world.news();
    world.recover("web");
    world.reload(&[check("web", endpoint(local(2))), other]);
    assert_eq!((world.status("web"), world.status("other")), (Healthy, Unhealthy));
    assert_eq!(world.tally("web"), (16, 16));
    assert_eq!(world.news(), ["web healthy: its settings have changed"]);
    assert_eq!(world.report("web").history.len(), 2);
}

#[test]
fn a_new_interval_threshold_or_region_keeps_the_verdicts() {
    let mut settings = endpoint(local(1));
    settings.regions = [AwsRegion::EuWest1, AwsRegion::SaEast1, AwsRegion::UsWest2].into();
    let mut world = World::start(&[check("web", settings.clone())]);
    world.fail("web");
    world.pass(INTERVAL);
    assert_eq!((world.tally("web"), world.status("web")), ((0, 6), Unhealthy));
    settings.failure_threshold = 2;
    settings.request_interval_seconds = 10;
    settings.regions.remove(&AwsRegion::EuWest1);
    settings.regions.insert(AwsRegion::UsEast1);
    world.reload(&[check("web", settings)]);
    // The new region's checkers count as healthy until there is data.
    assert_eq!((world.tally("web"), world.status("web")), ((2, 6), Healthy));
    world.probes.clear();
    world.pass(Duration::from_secs(10) - Duration::from_millis(1));
    assert_eq!(world.probes_of("web"), 3);
    world.pass(Duration::from_secs(10));
    assert_eq!((world.tally("web"), world.status("web")), ((0, 6), Unhealthy));
}

#[test]
fn a_region_that_comes_or_goes_leaves_the_verdicts_of_the_others() {
    let regions = route53d::model::health_check::CHECKER_REGIONS;
    let with = |places: &[usize]| {
        let mut endpoint = endpoint(local(1));
        endpoint.regions = places.iter().map(|place| regions[*place]).collect();
        [check("web", endpoint)]
    };
    let mut world = World::start(&with(&[0, 1, 2, 3]));
    world.fail_in("web", &regions[..2]);
    world.pass(INTERVAL);
    assert_eq!(world.tally("web"), (4, 8));
    let verdicts = |world: &World| {
        let report = world.report("web");
        report.checkers.iter().map(|checker| (checker.region, checker.verdict)).collect::<HashMap<_, _>>()
    };
    let due = |world: &World| {
        let report = world.report("web");
        report.checkers.iter().map(|checker| (checker.region, checker.next_probe)).collect::<HashMap<_, _>>()
    };
    let due_before = due(&world);
    // One that said healthy goes, one that said unhealthy goes, one comes.
    world.reload(&with(&[1, 2, 4]));
    let expected = [(regions[1], Some(Unhealthy)), (regions[2], Some(Healthy)), (regions[4], None)].into();
    assert_eq!((verdicts(&world), world.tally("web")), (expected, (4, 6)));
    // Those that stay keep their turns.
    let due_after = due(&world);
    assert!([1, 2].iter().all(|place| due_after[&regions[*place]] == due_before[&regions[*place]]));
    // Whoever comes back knows nothing of before.
    world.reload(&with(&[0, 1, 2, 4]));
    assert_eq!((verdicts(&world)[&regions[0]], world.tally("web")), (None, (6, 8)));
    world.pass(INTERVAL);
    assert_eq!(world.tally("web"), (4, 8));
}

#[test]
fn a_reload_of_records_alone_touches_neither_verdicts_nor_turns() {
    let mut world = World::start(&[web()]);
    world.fail("web");
    world.pass(INTERVAL + INTERVAL / 3);
    let under_way = world.start_due();
    let (table, due) = (Arc::clone(&world.table), world.monitor.next_due());
    let probes: Vec<_> = world.report("web").checkers.iter().map(|checker| checker.next_probe).collect();
    let zones = "hosted_zones: [{name: shop.example, records: [{name: www, type: A, ttl: 5, values: [192.0.2.1]}]}]";
    let files = [ZoneFile { path: "zones.yaml".into(), text: zones.into() }];
    let zones = zonefile::load(&files).unwrap_or_else(|problems| panic!("{}", problems[0])).account;
    let hosted_zones = zones.hosted_zones().values().cloned().collect();
    world.reload_with(AccountParts { hosted_zones, ..account(&[web()]) });
    assert_eq!((world.status("web"), world.monitor.next_due()), (Unhealthy, due));
    assert!(Arc::ptr_eq(&table, &world.table), "nothing was published");
    assert!(world.monitor.take_dismissed().is_empty());
    let after: Vec<_> = world.report("web").checkers.iter().map(|checker| checker.next_probe).collect();
    assert_eq!(after, probes);
    for order in under_way {
        world.monitor.finish(order.prober, Ok(outcome(Healthy)), world.now);
    }
}

#[test]
fn what_is_enabled_again_starts_anew() {
    // HC-34, HC-32.
    let mut world = World::start(&[web()]);
    world.fail("web");
    world.pass(INTERVAL);
    assert_eq!(world.status("web"), Unhealthy);
    world.start_due();
    world.reload(&[HealthCheck { disabled: true, ..web() }]);
    assert_eq!(world.status("web"), Healthy);
    world.pass(10 * INTERVAL);
    world.probes.clear();
    world.reload(&[web()]);
    assert_eq!((world.status("web"), world.tally("web")), (Healthy, (16, 16)));
    assert_eq!(world.start_due().len(), 1, "it is probed at once");
    let report = world.report("web");
    assert!(report.checkers.iter().all(|checker| checker.verdict.is_none() && checker.latest.is_none()));
    world.pass(INTERVAL);
    assert_eq!(world.status("web"), Unhealthy);
}

#[test]
fn inverting_turns_a_check_at_once_without_a_probe() {
    // HC-33.
    let mut world = World::start(&[web(), calculated("all", 1, &["web"])]);
    world.fail("web");
    world.pass(INTERVAL);
    world.probes.clear();
    let due = world.monitor.next_due();
    for (inverted, expected) in [(true, Healthy), (false, Unhealthy), (true, Healthy)] {
        world.reload(&[HealthCheck { inverted, ..web() }, calculated("all", 1, &["web"])]);
        assert_eq!((world.status("web"), world.status("all")), (expected, expected));
        assert_eq!((world.tally("web"), world.monitor.next_due()), ((0, 16), due));
    }
    assert!(world.probes.is_empty());
    // What is found goes on being found.
    world.recover("web");
    world.pass(INTERVAL);
    assert_eq!((world.status("web"), world.tally("web")), (Unhealthy, (16, 16)));
}

#[test]
fn a_check_that_no_record_uses_is_probed_like_any_other() {
    let mut world = World::start(&[web()]);
    assert!(world.snapshot.account().hosted_zones().is_empty());
    world.fail("web");
    world.pass(INTERVAL);
    assert_eq!((world.probes_of("web"), world.status("web")), (9, Unhealthy));
}

#[test]
fn the_last_known_status_of_an_alarm_outlives_a_reload_that_leaves_its_check_alone() {
    // HC-42.
    let with = |last_known: &[HealthCheck]| {
        let mut parts = account(last_known);
        parts.alarms = vec![alarm(5.0)];
        parts
    };
    let errors = |count: f64, at: Timestamp| {
        let value = |value| MetricValue::new(value).unwrap();
        let statistics =
            StatisticSet { sample_count: value(1.0), sum: value(count), minimum: value(count), maximum: value(count) };
        let values = MetricValues::Datapoints(vec![Datapoint { timestamp: at, statistics }]);
        MetricData { region: None, metric: alarm(5.0).metric, values }
    };
    let watching = |insufficient_data| HealthCheck {
        target: HealthCheckTarget::CloudWatchMetric {
            alarm_region: alarm(5.0).id.region,
            alarm_name: alarm(5.0).id.name,
            insufficient_data,
        },
        ..web()
    };
    let last_known = watching(InsufficientDataHealthStatus::LastKnownStatus);
    let mut world = World::start_with(FleetSettings::default(), with(std::slice::from_ref(&last_known)));
    assert_eq!(world.status("web"), Healthy, "there is no history");
    world.monitor.put_metric_data(&[errors(9.0, world.now.timestamp)], world.now);
    world.publish();
    world.pass(Duration::from_secs(61));
    assert_eq!(world.status("web"), Unhealthy);
    let is_out_of_data = |world: &World| world.report("web").summary.reason.contains("INSUFFICIENT_DATA");
    // Periods later nothing is known but this.
    world.pass(Duration::from_secs(3_600));
    assert!(is_out_of_data(&world));
    assert_eq!(world.status("web"), Unhealthy);
    for others in [vec![], vec![check("other", endpoint(local(1)))], vec![]] {
        world.reload_with(with(&[vec![last_known.clone()], others].concat()));
        assert!(is_out_of_data(&world));
        assert_eq!(world.status("web"), Unhealthy);
    }
    // It is the alarm's, not the setting's.
    world.reload_with(with(&[watching(InsufficientDataHealthStatus::Healthy)]));
    assert_eq!(world.status("web"), Healthy);
    world.reload_with(with(std::slice::from_ref(&last_known)));
    assert_eq!(world.status("web"), Unhealthy);
    world.monitor.put_metric_data(&[errors(1.0, world.now.timestamp)], world.now);
    world.pass(Duration::from_secs(3_600));
    assert!(is_out_of_data(&world));
    assert_eq!(world.status("web"), Healthy);
}

/// Of errors in a minute.
fn alarm(threshold: f64) -> CloudWatchAlarm {
    CloudWatchAlarm {
        id: AlarmId { region: AwsRegion::EuWest1, name: "errors".into() },
        metric: Metric { namespace: "App".into(), name: "Errors".into(), dimensions: Default::default() },
        statistic: Statistic::Sum,
        period_seconds: 60,
        evaluation_periods: 1,
        threshold: MetricValue::new(threshold).unwrap(),
        comparison_operator: ComparisonOperator::GreaterThanThreshold,
    }
}

#[test]
fn a_check_that_was_deleted_and_is_back_starts_anew() {
    let mut world = World::start(&[web()]);
    world.fail("web");
    world.pass(INTERVAL);
    // Only the second is seen: the same checks as before, but with a new slot.
    world.snapshot = Arc::new(world.snapshot.next(Arc::new(Account::new(account(&[])).unwrap())));
    world.reload(&[web()]);
    assert_eq!((world.status("web"), world.tally("web")), (Healthy, (16, 16)));
    world.pass(INTERVAL);
    assert_eq!(world.status("web"), Unhealthy);
}

#[test]
fn what_we_could_not_probe_turns_nothing() {
    let mut world = World::start(&[web()]);
    for _ in 0..10 {
        for order in world.start_due() {
            world.monitor.finish(order.prober, Err(ProbeFault("no descriptors".into())), world.now);
        }
        let due = world.monitor.next_due().unwrap();
        world.go_to(due);
    }
    assert_eq!((world.status("web"), world.tally("web")), (Healthy, (16, 16)));
    assert_eq!(world.report("web").summary.reason, "not probed: no descriptors");
    assert_eq!(world.monitor.totals().probe_faults, 10);
}

#[test]
fn a_late_probe_is_counted() {
    let mut world = World::start(&[web()]);
    world.pass(Duration::ZERO);
    let due = world.monitor.next_due().unwrap();
    world.go_to(due + INTERVAL / 20);
    world.start_due();
    assert_eq!(world.monitor.totals().probes_late, 0);
    let due = world.monitor.next_due().unwrap();
    world.go_to(due + INTERVAL / 20 + Duration::from_millis(1));
    world.start_due();
    let totals = world.monitor.totals();
    assert_eq!((totals.probes_late, totals.lateness_max), (1, Duration::from_millis(1_501)));
}

#[test]
fn a_routing_control_decides_by_hand_else_by_the_zone_files() {
    // HC-44.
    let arn = "arn:aws:route53-recovery-control::1:controlpanel/a/routingcontrol/b";
    let target = HealthCheckTarget::RecoveryControl { routing_control_arn: arn.into() };
    let control = HealthCheck { target, ..web() };
    let with = |states: &[RoutingControlState]| AccountParts {
        routing_controls: states.iter().map(|state| (arn.into(), *state)).collect(),
        ..account(std::slice::from_ref(&control))
    };
    let mut world = World::start_with(FleetSettings::default(), with(&[]));
    assert_eq!(world.status("web"), Healthy);
    world.reload_with(with(&[RoutingControlState::Off]));
    assert_eq!(world.status("web"), Unhealthy);
    let by_hand =
        Overrides { routing_controls: [(arn.into(), RoutingControlState::On)].into(), ..Overrides::default() };
    world.monitor.set_overrides(by_hand, world.now);
    world.publish();
    assert_eq!(world.status("web"), Healthy);
    assert_eq!(world.report("web").summary.reason, format!("routing control {arn} is On"));
}

#[test]
fn the_news_say_why() {
    let mut world = World::start(&[web(), calculated("all", 1, &["web"])]);
    world.fail("web");
    world.pass(INTERVAL);
    let forced = Force { reason: Some("a drill".into()), owner: Some("ops".into()), ..force("web", ForcedStatus::Up) };
    world.set_forces(vec![forced]);
    assert_eq!(
        world.news(),
        [
            "web unhealthy: Failure: HTTP Status Code 503, Service Temporarily Unavailable (us-west-1); 2 of 16 \
             checkers say healthy",
            "all unhealthy: its child web is unhealthy",
            "web healthy: it is forced up by ops: a drill",
            "all healthy: 1 of 1 children are healthy, 1 must be",
        ]
    );
    let report = world.report("web");
    assert_eq!(report.history.len(), 2);
    assert_eq!(report.summary.since, world.now.timestamp);
    assert_eq!(report.checkers[0].latest.as_ref().unwrap().status, Unhealthy);
}

fn status() -> impl Strategy<Value = HealthStatus> {
    prop_oneof![Just(Healthy), Just(Unhealthy)]
}

/// Inverted, disabled, its own force, an operator's force, what its endpoint is.
fn settings() -> impl Strategy<Value = (bool, bool, ForcedStatus, Option<ForcedStatus>, HealthStatus)> {
    let forced =
        || prop_oneof![4 => Just(ForcedStatus::Obey), 1 => Just(ForcedStatus::Up), 1 => Just(ForcedStatus::Down)];
    (any::<bool>(), prop::bool::weighted(0.2), forced(), prop::option::weighted(0.3, forced()), status())
}

/// HC-33, HC-34 and forcing, said in a few lines.
fn naive_final(
    (inverted, disabled, own, operator, _): (bool, bool, ForcedStatus, Option<ForcedStatus>, HealthStatus),
    found: HealthStatus,
) -> HealthStatus {
    let is_healthy = match operator.unwrap_or(own) {
        ForcedStatus::Up => true,
        ForcedStatus::Down => false,
        ForcedStatus::Obey => (disabled || found == Healthy) != inverted,
    };
    if is_healthy { Healthy } else { Unhealthy }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_calculated_check_counts_healthy_children(
        children in prop::collection::vec(settings(), 0..12),
        health_threshold in 0_u16..14,
        parent in settings(),
    ) {
        let name = |number: usize| format!("child-{number}");
        let with = |check: HealthCheck, (inverted, disabled, status, ..): (bool, bool, ForcedStatus, _, _)| {
            HealthCheck { inverted, disabled, status, ..check }
        };
        let mut checks: Vec<_> = (0..)
            .zip(&children)
            .map(|(number, settings)| with(check(&name(number), endpoint(local(1))), *settings))
            .collect();
        let names: Vec<_> = (0..children.len()).map(name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        checks.push(with(calculated("parent", health_threshold, &names), parent));
        let mut world = World::start(&checks);
        let forces = names.iter().zip(&children).chain([(&"parent", &parent)]);
        world.set_forces(forces.filter_map(|(name, settings)| Some(force(name, settings.3?))).collect());
        for (name, _) in names.iter().zip(&children).filter(|(_, settings)| settings.4 == Unhealthy) {
            world.fail(name);
        }
        world.pass(INTERVAL);

        let healthy = children.iter().filter(|settings| naive_final(**settings, settings.4) == Healthy).count();
        let found = if healthy >= usize::from(health_threshold) { Healthy } else { Unhealthy };
        prop_assert_eq!(world.status("parent"), naive_final(parent, found));
    }
}
