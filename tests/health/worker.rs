//! The worker: probes over real sockets, on the real clock or one that a test moves.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use route53d::data_directory::DataDirectory;
use route53d::health::HealthWorker;
use route53d::health::overrides::Overrides;
use route53d::health::probe::{AddressPolicy, ProbeEngine};
use route53d::health::settings::{FleetSettings, WorkerSettings};
use route53d::health::state_file::StateFile;
use route53d::model::{Account, AccountParts, Force, ForcedStatus, HealthCheck, HealthCheckPattern, HealthStatus};
use route53d::published::Published;
use route53d::snapshot::{HealthTable, Snapshot};
use route53d::time::{Clock, ManualClock};
use tokio::time::timeout;

use HealthStatus::{Healthy, Unhealthy};

use crate::checks::{LocalNames, check, endpoint, id, local};
use crate::endpoint::{Behaviour, Endpoint, OK, PATIENCE, Seen, UNAVAILABLE};

/// The interval of these tests' checks.
const INTERVAL: Duration = Duration::from_secs(30);

struct World {
    snapshots: Arc<Published<Snapshot>>,
    table: Arc<Published<HealthTable>>,
    worker: HealthWorker,
}

fn account(checks: &[HealthCheck]) -> Arc<Account> {
    let parts = AccountParts { health_checks: checks.to_vec(), ..AccountParts::default() };
    Arc::new(Account::new(parts).unwrap())
}

impl World {
    fn start(checks: &[HealthCheck], clock: Clock) -> World {
        World::start_with(checks, clock, None)
    }

    fn start_with(checks: &[HealthCheck], clock: Clock, state_file: Option<StateFile>) -> World {
        let snapshots = Arc::new(Published::new(Snapshot::new(account(checks), Arc::default())));
        let table = Arc::new(Published::new(HealthTable::default()));
        let worker = HealthWorker::start(WorkerSettings {
            snapshots: Arc::clone(&snapshots),
            table: Arc::clone(&table),
            clock,
            engine: ProbeEngine::new(Arc::new(LocalNames(|_| false)), AddressPolicy::Any),
            fleet: FleetSettings { checkers_per_region: 2, probes_per_region: 1, paths: BTreeMap::new() },
            overrides: Overrides::default(),
            state_file,
        })
        .unwrap();
        World { snapshots, table, worker }
    }

    /// On a clock that stands at the start.
    fn start_manually(checks: &[HealthCheck]) -> (World, ManualClock) {
        let (clock, time) = Clock::manual();
        (World::start(checks, clock), time)
    }

    fn reload(&self, checks: &[HealthCheck]) {
        let previous = self.snapshots.load_full();
        self.snapshots.replace(Arc::new(previous.next(account(checks))));
    }

    /// What answers see.
    fn status(&self, check: &str) -> HealthStatus {
        let snapshot = self.snapshots.load();
        snapshot.health_status(snapshot.health_slot(&id(check)).unwrap(), &self.table.load())
    }

    async fn wait_until(&self, check: &str, status: HealthStatus) {
        let mut replacements = self.table.replacements();
        let reached = async {
            while self.status(check) != status {
                replacements.next().await;
            }
        };
        if timeout(PATIENCE, reached).await.is_err() {
            panic!("{check} is not {status}");
        }
    }
}

/// Waits until the last outcome is in, moves the time to the next probe of a check in eight regions, and waits for it.
async fn next_probe(world: &World, time: &ManualClock, server: &mut Endpoint, hung: u64) {
    let handle = world.worker.handle();
    while handle.totals().await.unwrap().probes_in_flight > hung {
        tokio::task::yield_now().await;
    }
    timeout(PATIENCE, time.wait_for_sleepers(1)).await.expect("the worker sleeps between probes");
    time.advance(INTERVAL / 8);
    server.next_request().await;
}

#[tokio::test]
async fn a_failing_endpoint_turns_its_check_and_a_recovering_one_turns_it_back() {
    let mut server = Endpoint::http(UNAVAILABLE);
    let (world, time) = World::start_manually(&[check("web", endpoint(server.address))]);
    assert_eq!(world.status("web"), Healthy);
    server.next_request().await;
    for _ in 0..6 {
        next_probe(&world, &time, &mut server, 0).await;
    }
    // 14 of 16 checkers have to say unhealthy.
    world.wait_until("web", Unhealthy).await;
    server.behave(OK);
    next_probe(&world, &time, &mut server, 0).await;
    next_probe(&world, &time, &mut server, 0).await;
    world.wait_until("web", Healthy).await;
}

#[tokio::test]
async fn a_deleted_check_stops_in_the_middle_of_a_probe() {
    let mut server = Endpoint::http(Behaviour::Hang);
    let (world, time) = World::start_manually(&[check("web", endpoint(server.address))]);
    server.next_request().await;
    world.reload(&[]);
    assert!(matches!(server.next_seen().await, Seen::Closed));
    // Nothing is left to wait for.
    time.wait_for_sleepers(0).await;
    assert_eq!(world.worker.handle().totals().await.unwrap().probes_in_flight, 0);
}

#[tokio::test]
async fn one_endpoint_that_hangs_holds_up_no_other() {
    let (mut hung, mut server) = (Endpoint::http(Behaviour::Hang), Endpoint::http(UNAVAILABLE));
    let checks = [check("hung", endpoint(hung.address)), check("web", endpoint(server.address))];
    let (world, time) = World::start_manually(&checks);
    hung.next_request().await;
    time.wait_for_sleepers(1).await;
    time.advance(Duration::from_millis(100));
    server.next_request().await;
    for hung in 1..7 {
        next_probe(&world, &time, &mut server, hung).await;
    }
    world.wait_until("web", Unhealthy).await;
    assert_eq!(world.status("hung"), Healthy);
}

#[tokio::test]
async fn a_force_is_in_the_table_when_it_is_confirmed() {
    let server = Endpoint::http(OK);
    let (world, _time) = World::start_manually(&[check("web", endpoint(server.address))]);
    let handle = world.worker.handle();
    let pattern = HealthCheckPattern::new("w?b");
    let down = down("w?b");
    assert_eq!(handle.force(down.clone()).await, Ok(1));
    assert_eq!(world.status("web"), Unhealthy);
    assert_eq!(handle.overrides().await.forces, [down]);
    assert_eq!(handle.release(&pattern).await, Ok(()));
    assert_eq!(world.status("web"), Healthy);
}

fn open(directory: &Path) -> (StateFile, Overrides) {
    StateFile::open(&Arc::new(DataDirectory::open(directory).unwrap())).unwrap()
}

/// A new data directory.
fn data_dir(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("health-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&directory);
    directory
}

fn down(pattern: &str) -> Force {
    let checks = HealthCheckPattern::new(pattern);
    Force { checks, status: ForcedStatus::Down, reason: None, owner: None, until: None }
}

#[tokio::test]
async fn forces_that_come_together_are_all_kept() {
    let directory = data_dir("together");
    let checks: Vec<_> = (0..40).map(|number| check(&format!("c{number}"), endpoint(local(1)))).collect();
    let (file, _) = open(&directory);
    let world = World::start_with(&checks, Clock::manual().0, Some(file));
    let forcing: Vec<_> = checks
        .iter()
        .map(|check| {
            let (handle, force) = (world.worker.handle(), down(check.id.as_str()));
            tokio::spawn(async move { handle.force(force).await })
        })
        .collect();
    for forcing in forcing {
        assert_eq!(forcing.await.unwrap(), Ok(1));
    }
    let kept = world.worker.handle().overrides().await;
    assert_eq!(kept.forces.len(), 40);
    assert!(checks.iter().all(|check| world.status(check.id.as_str()) == Unhealthy));
    world.worker.shutdown().await;
    assert_eq!(open(&directory).1, kept);
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test]
async fn a_force_whose_asker_goes_away_is_followed_all_the_same() {
    let directory = data_dir("goes-away");
    let (file, _) = open(&directory);
    let world = World::start_with(&[check("web", endpoint(local(1)))], Clock::manual().0, Some(file));
    let handle = world.worker.handle();
    // As the admin listener does when its client hangs up.
    tokio::select! {
        biased;
        done = handle.force(down("web")) => panic!("{done:?} at once"),
        () = std::future::ready(()) => {}
    }
    let kept = async {
        while handle.overrides().await.forces.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, kept).await.expect("the force is kept");
    assert_eq!(world.status("web"), Unhealthy);
    drop(handle);
    world.worker.shutdown().await;
    assert_eq!(open(&directory).1.forces, [down("web")]);
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test]
async fn a_flip_reaches_answers_without_a_new_snapshot() {
    let mut server = Endpoint::http(UNAVAILABLE);
    let (world, time) = World::start_manually(&[check("web", endpoint(server.address))]);
    let (snapshot, table) = (world.snapshots.load_full(), world.table.load_full());
    server.next_request().await;
    for _ in 0..6 {
        next_probe(&world, &time, &mut server, 0).await;
    }
    world.wait_until("web", Unhealthy).await;
    assert!(Arc::ptr_eq(&snapshot, &world.snapshots.load_full()));
    // Whoever still answers by the table of before sees all of it.
    assert_eq!(snapshot.health_status(snapshot.health_slot(&id("web")).unwrap(), &table), Healthy);
}

#[tokio::test]
async fn a_changed_endpoint_is_asked_anew_and_the_old_one_left_alone() {
    let (mut before, mut after) = (Endpoint::http(Behaviour::Hang), Endpoint::http(OK));
    let (world, time) = World::start_manually(&[check("web", endpoint(before.address))]);
    before.next_request().await;
    world.reload(&[check("web", endpoint(after.address))]);
    assert!(matches!(before.next_seen().await, Seen::Closed));
    after.next_request().await;
    for _ in 0..8 {
        next_probe(&world, &time, &mut after, 0).await;
    }
    assert_eq!(before.requests(), 0);
}

#[tokio::test]
async fn lists_come_whole_however_long_they_are() {
    let checks: Vec<_> = (0..1_203)
        .map(|number| HealthCheck { disabled: true, ..check(&format!("c{number}"), endpoint(local(1))) })
        .collect();
    let (world, _time) = World::start_manually(&checks);
    let summaries = world.worker.handle().summaries().await.unwrap();
    assert_eq!(summaries.len(), 1_203);
    assert!(summaries.is_sorted_by(|one, other| one.id < other.id));
}

#[tokio::test]
async fn shutting_down_ends_the_probes() {
    let mut server = Endpoint::http(Behaviour::Hang);
    let (world, _time) = World::start_manually(&[check("web", endpoint(server.address))]);
    let handle = world.worker.handle();
    server.next_request().await;
    world.worker.shutdown().await;
    assert!(matches!(server.next_seen().await, Seen::Closed));
    assert!(handle.totals().await.is_err());
}

#[tokio::test]
async fn the_real_clock_probes_again_after_the_interval() {
    let mut server = Endpoint::http(OK);
    let mut web = endpoint(server.address);
    web.request_interval_seconds = 1;
    let world = World::start(&[check("web", web)], Clock::real());
    for _ in 0..9 {
        server.next_request().await;
    }
    drop(world);
}
