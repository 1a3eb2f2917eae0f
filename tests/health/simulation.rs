//! A day of 500 health checks in seconds: endpoints live and die at random, operators interfere, and after every probe
//! the table must agree with an oracle that knows nothing of probers, schedules or automata.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;
use route53d::health::fleet::{ProbeOrder, ProberNumber};
use route53d::health::monitor::Monitor;
use route53d::health::overrides::Overrides;
use route53d::health::settings::FleetSettings;
use route53d::model::health_check::CHECKER_REGIONS;
use route53d::model::{
    Account, AccountParts, AwsRegion, Force, ForcedStatus, HealthCheck, HealthCheckId, HealthCheckPattern,
    HealthCheckTarget, HealthStatus,
};
use route53d::snapshot::Snapshot;
use route53d::time::{Clock, Moment, Now};

use HealthStatus::{Healthy, Unhealthy};

use crate::checks::{calculated, check, endpoint, local};
use crate::monitor::outcome;

const CHECKS: usize = 500;
/// Of the checks, those that are calculated from the others.
const CALCULATED: usize = 150;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const CHECKERS_PER_REGION: u16 = 2;

/// When an endpoint changes, and to what; to be asked in the order of time.
struct Life {
    changes: Vec<(Duration, HealthStatus)>,
}

impl Life {
    fn random(rng: &mut Rng) -> Life {
        let mut changes = vec![(Duration::ZERO, if rng.f64() < 0.9 { Healthy } else { Unhealthy })];
        let mut at = Duration::ZERO;
        // Some hardly change, some flap faster than anybody can follow.
        let pace = [20.0, 300.0, 4_000.0, 40_000.0][rng.usize(..4)];
        while at < DAY {
            at += Duration::from_secs_f64(-rng.f64().max(1e-9).ln() * pace);
            let (_, last) = changes[changes.len() - 1];
            changes.push((at, last.inverted()));
        }
        Life { changes }
    }

    fn at(&self, moment: Duration) -> HealthStatus {
        self.changes[self.changes.partition_point(|(at, _)| *at <= moment) - 1].1
    }
}

/// What was observed of a check: by region, the latest results, and the latest of them that were alike in a row as
/// often as the threshold asks.
#[derive(Default)]
struct Observed {
    regions: BTreeMap<AwsRegion, (Vec<HealthStatus>, Option<HealthStatus>)>,
}

struct Oracle {
    account: Arc<Account>,
    observed: HashMap<HealthCheckId, Observed>,
    forces: Vec<Force>,
}

impl Oracle {
    fn observe(&mut self, id: &HealthCheckId, region: AwsRegion, result: HealthStatus) {
        let HealthCheckTarget::Endpoint(endpoint) = &self.account.health_checks()[id].target else { panic!() };
        let threshold = usize::from(endpoint.failure_threshold);
        let (results, verdict) = self.observed.entry(id.clone()).or_default().regions.entry(region).or_default();
        results.push(result);
        let latest = &results[results.len().saturating_sub(threshold)..];
        if latest.len() == threshold && latest.iter().all(|one| *one == result) {
            *verdict = Some(result);
        }
    }

    fn status(&self, check: &HealthCheck, now: Timestamp) -> HealthStatus {
        let force =
            self.forces.iter().rev().find(|force| {
                force.until.is_none_or(|until| until > now) && force.checks.as_str() == check.id.as_str()
            });
        let is_healthy = match force.map_or(ForcedStatus::Obey, |force| force.status) {
            ForcedStatus::Up => true,
            ForcedStatus::Down => false,
            ForcedStatus::Obey => (check.disabled || self.is_found_healthy(check, now)) != check.inverted,
        };
        if is_healthy { Healthy } else { Unhealthy }
    }

    fn is_found_healthy(&self, check: &HealthCheck, now: Timestamp) -> bool {
        match &check.target {
            HealthCheckTarget::Endpoint(endpoint) => {
                let says_unhealthy = |region: &AwsRegion| {
                    let regions = self.observed.get(&check.id).map(|observed| &observed.regions);
                    regions
                        .and_then(|regions| regions.get(region))
                        .is_some_and(|(_, verdict)| *verdict == Some(Unhealthy))
                };
                let checkers = endpoint.regions.len() * usize::from(CHECKERS_PER_REGION);
                let unhealthy = endpoint.regions.iter().filter(|region| says_unhealthy(region)).count();
                let healthy = checkers - unhealthy * usize::from(CHECKERS_PER_REGION);
                healthy as f64 / checkers as f64 > 0.18
            }
            HealthCheckTarget::Calculated(calculated) => {
                let checks = self.account.health_checks();
                let children = calculated.children.iter().map(|child| self.status(&checks[child], now));
                children.filter(|status| *status == Healthy).count() >= usize::from(calculated.health_threshold)
            }
            _ => panic!("no others here"),
        }
    }
}

fn random_checks(rng: &mut Rng) -> Vec<HealthCheck> {
    let mut checks: Vec<HealthCheck> = (0..CHECKS - CALCULATED)
        .map(|number| {
            let mut target = endpoint(local(1));
            target.failure_threshold = rng.u8(1..=10);
            // Few are quick and everywhere, for the test's own speed.
            let (interval, regions) = if number % 25 == 0 { (10, 8) } else { (30, rng.usize(3..5)) };
            target.request_interval_seconds = interval;
            target.regions = rng.choose_multiple(CHECKER_REGIONS, regions).into_iter().collect();
            HealthCheck {
                inverted: rng.u8(..10) == 0,
                disabled: rng.u8(..30) == 0,
                ..check(&format!("endpoint-{number}"), target)
            }
        })
        .collect();
    for number in 0..CALCULATED {
        let count = rng.usize(1..8);
        let children = rng.choose_multiple(0..CHECKS - CALCULATED, count);
        let children: Vec<String> = children.into_iter().map(|child| format!("endpoint-{child}")).collect();
        let children: Vec<&str> = children.iter().map(String::as_str).collect();
        let threshold = rng.u16(0..=u16::try_from(children.len()).unwrap());
        let parent = calculated(&format!("calculated-{number}"), threshold, &children);
        checks.push(HealthCheck { inverted: rng.u8(..10) == 0, ..parent });
    }
    checks
}

/// The check's endpoint as one region sees it.
fn seen_from(lives: &HashMap<HealthCheckId, (Life, Life)>, order: &ProbeOrder, at: Duration) -> HealthStatus {
    let (life, odd_life) = &lives[&*order.check];
    // Every third region has troubles of its own.
    let is_odd = CHECKER_REGIONS.iter().position(|region| *region == order.region).unwrap() % 3 == 0;
    if is_odd && odd_life.at(at) == Unhealthy { Unhealthy } else { life.at(at) }
}

#[test]
fn a_day_of_500_checks_agrees_with_the_oracle() {
    let mut rng = Rng::with_seed(53);
    let parts = AccountParts { health_checks: random_checks(&mut rng), ..AccountParts::default() };
    let account = Arc::new(Account::new(parts).unwrap());
    let lives: HashMap<_, _> = account
        .health_checks()
        .keys()
        .map(|id| (id.clone(), (Life::random(&mut rng), Life::random(&mut rng))))
        .collect();
    let snapshot = Arc::new(Snapshot::new(Arc::clone(&account), Arc::default()));
    let mut monitor = Monitor::new(
        FleetSettings { checkers_per_region: CHECKERS_PER_REGION, ..FleetSettings::default() },
        Overrides::default(),
    );
    let mut oracle = Oracle { account: Arc::clone(&account), observed: HashMap::new(), forces: Vec::new() };

    let start = Clock::manual().0.now();
    let at = |moment: Moment| Now { moment, timestamp: start.timestamp_of(moment) };
    monitor.take_snapshot(Arc::clone(&snapshot), start);
    let mut table = monitor.take_changed_table().unwrap();
    let mut orders = Vec::new();
    let mut in_flight: BinaryHeap<Reverse<(Moment, ProberNumber)>> = BinaryHeap::new();
    let mut asked: HashMap<ProberNumber, (ProbeOrder, HealthStatus)> = HashMap::new();
    let mut next_operator = Duration::from_secs(60);
    let (mut probes, mut comparisons, mut flips, mut forced) = (0_u64, 0_u64, 0, 0);
    let parents = |id: &HealthCheckId| -> Vec<&HealthCheck> {
        account
            .health_checks()
            .values()
            .filter(|check| matches!(&check.target, HealthCheckTarget::Calculated(it) if it.children.contains(id)))
            .collect()
    };
    let parents: HashMap<HealthCheckId, Vec<&HealthCheck>> =
        account.health_checks().keys().map(|id| (id.clone(), parents(id))).collect();

    loop {
        let due = monitor.next_due().unwrap();
        let answer = in_flight.peek().map_or(Moment(DAY), |Reverse((answer, _))| *answer);
        let now = at(due.min(answer).min(Moment(next_operator)));
        if now.moment.0 >= DAY {
            break;
        }
        let (mut touched, mut is_inspection) = (None, false);
        if now.moment.0 == next_operator {
            // All of them are looked at then, and so is every force that has ended.
            next_operator += Duration::from_secs(rng.u64(30..300));
            let checks: Vec<_> = account.health_checks().keys().collect();
            let until = start.timestamp_of(now.moment + Duration::from_secs(rng.u64(1..900)));
            let status = [ForcedStatus::Up, ForcedStatus::Down, ForcedStatus::Obey][rng.usize(..3)];
            let checks = HealthCheckPattern::new(checks[rng.usize(..checks.len())].as_str());
            oracle.forces.retain(|force| force.holds_at(now.timestamp));
            oracle.forces.push(Force { checks, status, reason: None, owner: None, until: Some(until) });
            monitor.set_overrides(Overrides { forces: oracle.forces.clone(), ..Overrides::default() }, now);
            forced += 1;
            is_inspection = forced % 20 == 0;
        } else if answer <= due {
            let Some(Reverse((_, prober))) = in_flight.pop() else { panic!() };
            let (order, result) = asked.remove(&prober).unwrap();
            oracle.observe(&order.check, order.region, result);
            monitor.finish(prober, Ok(outcome(result)), now);
            touched = account.health_checks().get_key_value(&*order.check).map(|(id, _)| id);
        } else {
            monitor.pass_time(now, &mut orders);
            for order in orders.drain(..) {
                probes += 1;
                let result = seen_from(&lives, &order, now.moment.0);
                in_flight.push(Reverse((now.moment + Duration::from_millis(rng.u64(1..6_000)), order.prober)));
                asked.insert(order.prober, (order, result));
            }
        }
        if let Some(changed) = monitor.take_changed_table() {
            table = changed;
        }
        let news = monitor.take_news().len();
        flips += news;
        // Parents are dear to the oracle: all of them where something flipped, else now and then.
        let parents_too = news > 0 || probes % 16 == 0;
        let compare = |check: &HealthCheck| {
            let slot = snapshot.health_slot(&check.id).unwrap();
            let (ours, expected) = (snapshot.health_status(slot, &table), oracle.status(check, now.timestamp));
            assert_eq!(ours, expected, "{} at {}", check.id, now.timestamp);
        };
        // Forces end by the calendar, and the monitor looks a moment later.
        let is_ending = |check: &HealthCheck| {
            let near = |until: Timestamp| until.duration_since(now.timestamp).abs().as_millis() <= 1;
            oracle.forces.iter().any(|force| force.until.is_some_and(near) && force.checks.matches(&check.id))
        };
        match touched {
            Some(id) => {
                for check in [&account.health_checks()[id]]
                    .into_iter()
                    .chain(parents[id].iter().copied().filter(|_| parents_too))
                {
                    let family = match &check.target {
                        HealthCheckTarget::Calculated(calculated) => &calculated.children[..],
                        _ => &[],
                    };
                    let mut family = family.iter().map(|id| &account.health_checks()[id]).chain([check]);
                    if !family.any(is_ending) {
                        compare(check);
                        comparisons += 1;
                    }
                }
            }
            None if is_inspection && !account.health_checks().values().any(is_ending) => {
                account.health_checks().values().for_each(compare);
                comparisons += CHECKS as u64;
            }
            None => {}
        }
    }
    // A run that does nothing proves nothing.
    assert!(
        probes > 2_500_000 && comparisons > probes && flips > 2_000 && forced > 300,
        "{probes} {comparisons} {flips} {forced}"
    );
}
