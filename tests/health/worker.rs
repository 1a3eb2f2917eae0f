//! The worker: what is probed when, and what reaches the table. Time stands still between probes until a test moves
//! it.

use std::sync::Arc;
use std::time::Duration;

use route53d::health::HealthWorker;
use route53d::model::{Account, AccountParts, ForcedStatus, HealthCheck, HealthStatus, ProbeProtocol};
use route53d::published::Published;
use route53d::snapshot::{HealthTable, Snapshot};
use route53d::time::{Clock, ManualClock};
use tokio::time::timeout;

use HealthStatus::{Healthy, Unhealthy};

use crate::checks::{calculated, check, endpoint, id};
use crate::endpoint::{Behaviour, Endpoint, OK, PATIENCE, Seen, UNAVAILABLE};
use crate::log;

/// Every interval and first delay of these tests is shorter.
const A_WHILE: Duration = Duration::from_secs(60);

struct World {
    snapshots: Arc<Published<Snapshot>>,
    table: Arc<Published<HealthTable>>,
    time: ManualClock,
    worker: HealthWorker,
}

fn account(checks: &[HealthCheck]) -> Arc<Account> {
    let parts = AccountParts { health_checks: checks.to_vec(), ..AccountParts::default() };
    Arc::new(Account::new(parts).unwrap())
}

impl World {
    fn start(checks: &[HealthCheck]) -> World {
        let snapshots = Arc::new(Published::new(Snapshot::new(account(checks), Arc::default())));
        let table = Arc::new(Published::new(HealthTable::default()));
        let (clock, time) = Clock::manual();
        let worker = HealthWorker::spawn(Arc::clone(&snapshots), Arc::clone(&table), clock);
        World { snapshots, table, time, worker }
    }

    fn reload(&self, checks: &[HealthCheck]) {
        let previous = self.snapshots.load_full();
        self.snapshots.replace(Arc::new(previous.next(account(checks))));
    }

    /// Lets the time pass until each of `tasks` tasks has probed once more.
    async fn probe_once(&self, tasks: usize) {
        // Tasks that a reload has ended may still be asleep until they have had a turn.
        self.settle().await;
        self.wait_for_sleepers(tasks).await;
        self.time.advance(A_WHILE);
        self.wait_for_sleepers(tasks).await;
    }

    async fn wait_for_sleepers(&self, count: usize) {
        let sleepers = timeout(PATIENCE, self.time.wait_for_sleepers(count)).await;
        sleepers.unwrap_or_else(|_| panic!("there are not {count} tasks between probes"));
    }

    fn known(&self, check: &str) -> Option<HealthStatus> {
        let slot = self.snapshots.load().health_slot(&id(check)).unwrap();
        self.table.load().status(slot)
    }

    /// What answers see.
    fn status(&self, check: &str) -> HealthStatus {
        let snapshot = self.snapshots.load();
        snapshot.health_status(snapshot.health_slot(&id(check)).unwrap(), &self.table.load())
    }

    async fn wait_until_known(&self, check: &str, status: impl Into<Option<HealthStatus>>) {
        let status = status.into();
        let mut replacements = self.table.replacements();
        let reached = async {
            while self.known(check) != status {
                replacements.next().await;
            }
        };
        if timeout(PATIENCE, reached).await.is_err() {
            panic!("{check} is {:?}, not {status:?}", self.known(check));
        }
    }

    /// Gives the worker every chance to do what it should not.
    async fn settle(&self) {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_check_is_healthy_until_there_is_data_and_an_inverted_one_is_not() {
    let server = Endpoint::http(UNAVAILABLE);
    let plain = check("web", endpoint(server.address));
    let inverted = HealthCheck { inverted: true, ..check("inverted", endpoint(server.address)) };
    let world = World::start(&[plain, inverted]);
    world.wait_for_sleepers(2).await;
    assert_eq!((world.known("web"), world.status("web")), (None, Healthy));
    assert_eq!((world.known("inverted"), world.status("inverted")), (None, Unhealthy));
    world.probe_once(2).await;
    world.wait_until_known("web", Unhealthy).await;
    world.wait_until_known("inverted", Healthy).await;
}

#[tokio::test]
async fn the_interval_is_counted_from_the_response() {
    let mut server = Endpoint::http(Behaviour::Hang);
    let world = World::start(&[check("web", endpoint(server.address))]);
    world.wait_for_sleepers(1).await;
    world.time.advance(A_WHILE);
    server.next_request().await;
    // The interval passes while the endpoint keeps the probe waiting: nobody is counting yet.
    world.wait_for_sleepers(0).await;
    world.time.advance(A_WHILE);
    world.wait_for_sleepers(1).await;
    world.time.advance(Duration::from_millis(29_999));
    world.settle().await;
    world.wait_for_sleepers(1).await;
    assert_eq!(server.requests(), 0);
    server.behave(OK);
    world.time.advance(Duration::from_millis(1));
    server.next_request().await;
}

#[tokio::test]
async fn the_threshold_holds_both_ways() {
    let server = Endpoint::http(OK);
    let mut web = endpoint(server.address);
    web.failure_threshold = 3;
    let world = World::start(&[check("web", web)]);
    world.probe_once(1).await;
    world.wait_until_known("web", Healthy).await;
    for (behaviour, before, after) in [(UNAVAILABLE, Healthy, Unhealthy), (OK, Unhealthy, Healthy)] {
        server.behave(behaviour);
        for _ in 0..2 {
            world.probe_once(1).await;
            world.settle().await;
            assert_eq!(world.status("web"), before);
        }
        world.probe_once(1).await;
        world.wait_until_known("web", after).await;
    }
}

#[tokio::test]
async fn a_disabled_check_is_not_probed() {
    let (mut server, mut other) = (Endpoint::http(UNAVAILABLE), Endpoint::http(OK));
    let disabled = HealthCheck { disabled: true, ..check("web", endpoint(server.address)) };
    let both = HealthCheck { inverted: true, ..disabled.clone() };
    let both = HealthCheck { id: id("inverted"), ..both };
    let world = World::start(&[disabled, both, check("other", endpoint(other.address))]);
    world.probe_once(1).await;
    world.wait_until_known("other", Healthy).await;
    assert_eq!((world.status("web"), world.status("inverted")), (Healthy, Unhealthy));
    assert_eq!((server.requests(), other.requests()), (0, 1));
}

#[tokio::test]
async fn disabling_forgets_what_was_found() {
    let server = Endpoint::http(UNAVAILABLE);
    let web = check("web", endpoint(server.address));
    let world = World::start(std::slice::from_ref(&web));
    world.probe_once(1).await;
    world.wait_until_known("web", Unhealthy).await;
    world.reload(&[HealthCheck { disabled: true, ..web.clone() }]);
    world.wait_until_known("web", Healthy).await;
    world.wait_for_sleepers(0).await;
    world.reload(&[web]);
    world.wait_until_known("web", None).await;
    assert_eq!(world.status("web"), Healthy);
}

#[tokio::test]
async fn forcing_decides_at_once_and_obeying_finds_the_verdict_again() {
    let mut server = Endpoint::http(UNAVAILABLE);
    let web = check("web", endpoint(server.address));
    let forced = |status| HealthCheck { status, ..web.clone() };
    let world = World::start(std::slice::from_ref(&web));
    world.probe_once(1).await;
    world.wait_until_known("web", Unhealthy).await;
    world.reload(&[forced(ForcedStatus::Up)]);
    world.wait_until_known("web", Healthy).await;
    // It goes on being probed, to no avail.
    world.probe_once(1).await;
    world.settle().await;
    assert_eq!((server.requests(), world.status("web")), (2, Healthy));
    world.reload(std::slice::from_ref(&web));
    world.wait_until_known("web", Unhealthy).await;
    server.behave(OK);
    world.probe_once(1).await;
    world.wait_until_known("web", Healthy).await;
    world.reload(&[forced(ForcedStatus::Down)]);
    world.wait_until_known("web", Unhealthy).await;
    world.reload(&[HealthCheck { inverted: true, ..forced(ForcedStatus::Up) }]);
    world.wait_until_known("web", Healthy).await;
}

#[tokio::test]
async fn a_calculated_check_follows_its_children() {
    let (blue, green) = (Endpoint::http(OK), Endpoint::http(OK));
    let children = [check("blue", endpoint(blue.address)), check("green", endpoint(green.address))];
    let any = calculated("any", 1, &["blue", "green"]);
    let none = HealthCheck { inverted: true, ..calculated("none", 1, &["blue", "green"]) };
    let all = calculated("all", 2, &["blue", "green"]);
    let [first, second] = children;
    let world = World::start(&[first, second, any, none, all]);
    let statuses = |world: &World| (world.status("any"), world.status("none"), world.status("all"));
    world.probe_once(2).await;
    world.wait_until_known("blue", Healthy).await;
    assert_eq!(statuses(&world), (Healthy, Unhealthy, Healthy));
    blue.behave(UNAVAILABLE);
    world.probe_once(2).await;
    world.wait_until_known("all", Unhealthy).await;
    assert_eq!(statuses(&world), (Healthy, Unhealthy, Unhealthy));
    green.behave(UNAVAILABLE);
    world.probe_once(2).await;
    world.wait_until_known("any", Unhealthy).await;
    assert_eq!(statuses(&world), (Unhealthy, Healthy, Unhealthy));
    blue.behave(OK);
    green.behave(OK);
    world.probe_once(2).await;
    world.wait_until_known("all", Healthy).await;
    assert_eq!(statuses(&world), (Healthy, Unhealthy, Healthy));
}

#[tokio::test]
async fn a_deleted_check_stops_in_the_middle_of_a_probe() {
    let mut server = Endpoint::http(Behaviour::Hang);
    let world = World::start(&[check("web", endpoint(server.address))]);
    world.wait_for_sleepers(1).await;
    world.time.advance(A_WHILE);
    server.next_request().await;
    world.reload(&[]);
    assert!(matches!(server.next_seen().await, Seen::Closed));
    world.wait_for_sleepers(0).await;
    world.time.advance(A_WHILE);
    world.settle().await;
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn a_changed_endpoint_starts_anew_and_an_unchanged_one_keeps_its_verdict() {
    let (mut old, mut new) = (Endpoint::http(UNAVAILABLE), Endpoint::http(OK));
    let (web, other) = (check("web", endpoint(old.address)), check("other", endpoint(old.address)));
    let world = World::start(&[web, other.clone()]);
    world.probe_once(2).await;
    world.wait_until_known("web", Unhealthy).await;
    world.wait_until_known("other", Unhealthy).await;
    assert_eq!(old.requests(), 2);
    world.reload(&[check("web", endpoint(new.address)), other]);
    world.wait_until_known("web", None).await;
    assert_eq!((world.status("web"), world.known("other")), (Healthy, Some(Unhealthy)));
    world.probe_once(2).await;
    world.wait_until_known("web", Healthy).await;
    assert_eq!((old.requests(), new.requests()), (1, 1));
}

#[tokio::test]
async fn a_new_interval_or_threshold_keeps_the_verdict() {
    let server = Endpoint::http(UNAVAILABLE);
    let mut web = endpoint(server.address);
    let world = World::start(&[check("web", web.clone())]);
    world.probe_once(1).await;
    world.wait_until_known("web", Unhealthy).await;
    web.failure_threshold = 2;
    web.request_interval_seconds = 1;
    // A second check shows in the table that the new snapshot has been taken.
    let seen = HealthCheck { status: ForcedStatus::Down, ..calculated("seen", 0, &[]) };
    world.reload(&[check("web", web), seen]);
    world.wait_until_known("seen", Unhealthy).await;
    assert_eq!(world.known("web"), Some(Unhealthy));
    server.behave(OK);
    world.probe_once(1).await;
    world.settle().await;
    assert_eq!(world.status("web"), Unhealthy);
    world.probe_once(1).await;
    world.wait_until_known("web", Healthy).await;
}

#[tokio::test]
async fn a_check_that_was_deleted_and_is_back_has_its_status_in_the_table() {
    let server = Endpoint::http(UNAVAILABLE);
    let web = check("web", endpoint(server.address));
    let world = World::start(std::slice::from_ref(&web));
    world.probe_once(1).await;
    world.wait_until_known("web", Unhealthy).await;
    // The worker may see only the second: the same checks as before, but with a new slot.
    world.reload(&[]);
    world.reload(std::slice::from_ref(&web));
    world.wait_until_known("web", Unhealthy).await;
}

#[tokio::test]
async fn one_endpoint_that_hangs_holds_up_no_other() {
    let (mut hung, server) = (Endpoint::http(Behaviour::Hang), Endpoint::http(UNAVAILABLE));
    let world = World::start(&[check("hung", endpoint(hung.address)), check("web", endpoint(server.address))]);
    world.wait_for_sleepers(2).await;
    world.time.advance(A_WHILE);
    hung.next_request().await;
    world.wait_until_known("web", Unhealthy).await;
    assert_eq!(world.known("hung"), None);
}

#[tokio::test]
async fn a_type_that_is_not_probed_keeps_its_initial_status() {
    let (mut server, other) = (Endpoint::http(OK), Endpoint::http(OK));
    let mut tcp = endpoint(server.address);
    tcp.protocol = ProbeProtocol::Tcp;
    let tcp = check("tcp", tcp);
    assert_eq!(
        route53d::health::unprobed_warning(&tcp).as_deref(),
        Some("TCP health checks are not probed yet; tcp counts as healthy")
    );
    let world = World::start(&[tcp, check("web", endpoint(other.address))]);
    world.probe_once(1).await;
    world.wait_until_known("web", Healthy).await;
    assert_eq!((world.known("tcp"), world.status("tcp")), (None, Healthy));
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn the_log_says_why_a_status_changed_and_what_is_not_probed() {
    log::capture();
    let server = Endpoint::http(UNAVAILABLE);
    let web = check("web", endpoint(server.address));
    let mut tcp = endpoint(server.address);
    tcp.protocol = ProbeProtocol::Tcp;
    let others = [check("tcp", tcp), calculated("all", 1, &["web"])];
    let checks = |web: HealthCheck| [&[web], &others[..]].concat();
    let world = World::start(&checks(web.clone()));
    world.probe_once(1).await;
    world.wait_until_known("all", Unhealthy).await;
    world.reload(&checks(HealthCheck { status: ForcedStatus::Up, ..web }));
    world.wait_until_known("all", Healthy).await;
    let log = log::text();
    let lines: Vec<_> = log.lines().map(str::trim_start).collect();
    let expected = [
        "WARN TCP health checks are not probed yet; tcp counts as healthy",
        "INFO health check web is now unhealthy: Failure: HTTP Status Code 503, Service Temporarily Unavailable",
        "INFO health check all is now unhealthy: its child web is unhealthy",
        "INFO health check all is now healthy: its settings or its children's have changed",
        "INFO health check web is now healthy: it is forced up",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn shutting_down_ends_the_probes() {
    let mut server = Endpoint::http(Behaviour::Hang);
    let world = World::start(&[check("web", endpoint(server.address))]);
    world.wait_for_sleepers(1).await;
    world.time.advance(A_WHILE);
    server.next_request().await;
    world.worker.shutdown().await;
    assert!(matches!(server.next_seen().await, Seen::Closed));
}

#[tokio::test]
async fn the_real_clock_probes_again_after_the_interval() {
    let mut server = Endpoint::http(OK);
    let mut web = endpoint(server.address);
    web.request_interval_seconds = 1;
    let snapshot = Snapshot::new(account(&[check("web", web)]), Arc::default());
    let table = Arc::new(Published::new(HealthTable::default()));
    let worker = HealthWorker::spawn(Arc::new(Published::new(snapshot)), table, Clock::real());
    server.next_request().await;
    server.next_request().await;
    drop(worker);
}
