//! The keeper on a real disk, and on disks that fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::data_directory::DataDirectory;
use crate::model::{Account, AccountParts, ForcedStatus, HealthCheckId};
use crate::time::ManualClock;

use super::*;

/// A control that the health check names, and one that only the zone files name.
const NAMED: &str = "arn:named";
const DESCRIBED: &str = "arn:described";

struct World {
    directory: PathBuf,
    keeper: OverrideKeeper,
    clock: Clock,
    time: ManualClock,
}

fn open(directory: &Path) -> (StateFile, Overrides) {
    StateFile::open(&Arc::new(DataDirectory::open(directory).unwrap())).unwrap()
}

impl World {
    fn new(name: &str) -> World {
        let directory = std::env::temp_dir().join(format!("route53d-keeper-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        let (file, overrides) = open(&directory);
        let (clock, time) = Clock::manual();
        let keeper = OverrideKeeper::new(overrides, Some(file), snapshots(), clock.clone());
        World { directory, keeper, clock, time }
    }

    /// What a server would find that starts now.
    fn on_disk(&self) -> Overrides {
        // The lock is on the directory: a copy of the file can be read beside it.
        let copy = self.directory.join("copy");
        fs::create_dir_all(&copy).unwrap();
        fs::copy(self.path(), copy.join("health-state.json")).unwrap();
        open(&copy).1
    }

    fn path(&self) -> PathBuf {
        self.directory.join("health-state.json")
    }

    fn after(&self, seconds: i64) -> Option<Timestamp> {
        Some(self.clock.now().timestamp + SignedDuration::from_secs(seconds))
    }

    /// Every change there is is refused, and leaves everything as it was.
    async fn refuses_every_change(&mut self) {
        let before = self.keeper.current();
        let errors = [
            self.keeper.force(force("web-*", ForcedStatus::Up)).await.map(drop).unwrap_err(),
            self.keeper.release(&HealthCheckPattern::new("web-1")).await.unwrap_err(),
            self.keeper.set_routing_control(NAMED.into(), Some(RoutingControlState::On)).await.unwrap_err(),
            self.keeper.set_routing_control(NAMED.into(), None).await.unwrap_err(),
        ];
        for error in errors {
            let HandleError::NotSaved(_) = &error else { panic!("{error}") };
            let text = error.to_string();
            assert!(text.starts_with("nothing was changed, for it could not be saved: "), "{text}");
            assert!(text.contains(self.path().to_str().unwrap()), "{text}");
        }
        assert_eq!(self.keeper.current(), before);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn snapshots() -> Arc<Published<Snapshot>> {
    let check = |id: &str| HealthCheck {
        id: HealthCheckId::new(id).unwrap(),
        target: HealthCheckTarget::RecoveryControl { routing_control_arn: NAMED.into() },
        inverted: false,
        disabled: false,
        status: ForcedStatus::Obey,
    };
    let parts = AccountParts {
        health_checks: ["web-1", "web-2"].into_iter().map(check).collect(),
        routing_controls: [(DESCRIBED.into(), RoutingControlState::On)].into(),
        ..AccountParts::default()
    };
    Arc::new(Published::new(Snapshot::new(Arc::new(Account::new(parts).unwrap()), Arc::default())))
}

fn force(pattern: &str, status: ForcedStatus) -> Force {
    Force { checks: HealthCheckPattern::new(pattern), status, reason: None, owner: None, until: None }
}

#[tokio::test]
async fn every_change_is_on_disk_before_it_is_told() {
    let mut world = World::new("changes");
    let down = force("web-?", ForcedStatus::Down);
    assert_eq!(world.keeper.force(down.clone()).await, Ok(2));
    assert_eq!(world.on_disk(), Overrides { forces: vec![down.clone()], ..Overrides::default() });
    assert_eq!(world.keeper.set_routing_control(NAMED.into(), Some(RoutingControlState::Off)).await, Ok(()));
    let controls = [(NAMED.into(), RoutingControlState::Off)].into();
    assert_eq!(world.on_disk(), Overrides { forces: vec![down.clone()], routing_controls: controls });
    assert_eq!(world.keeper.release(&down.checks).await, Ok(()));
    assert_eq!(world.keeper.set_routing_control(NAMED.into(), None).await, Ok(()));
    assert_eq!(world.on_disk(), Overrides::default());
    assert_eq!(world.keeper.current(), Overrides::default());
}

#[tokio::test]
async fn a_disk_that_fails_changes_nothing() {
    let mut world = World::new("fails");
    world.keeper.force(force("web-1", ForcedStatus::Down)).await.unwrap();
    world.keeper.set_routing_control(NAMED.into(), Some(RoutingControlState::Off)).await.unwrap();
    let (kept, beside) = (fs::read(world.path()).unwrap(), world.directory.join("health-state.json.new"));
    // Something stands where the new file is to be written.
    fs::create_dir(&beside).unwrap();
    world.refuses_every_change().await;
    fs::remove_dir(&beside).unwrap();
    // A link has the name: what it leads to is not written to.
    if Path::new("/dev/full").exists() {
        std::os::unix::fs::symlink("/dev/full", &beside).unwrap();
        world.refuses_every_change().await;
        fs::remove_file(&beside).unwrap();
    } else {
        eprintln!("skipped in part: there is no /dev/full");
    }
    assert_eq!(fs::read(world.path()).unwrap(), kept);
    // The directory is gone.
    fs::remove_dir_all(&world.directory).unwrap();
    world.refuses_every_change().await;
    // And back.
    fs::create_dir(&world.directory).unwrap();
    world.keeper.release(&HealthCheckPattern::new("web-1")).await.unwrap();
    assert_eq!(world.on_disk(), world.keeper.current());
}

#[tokio::test]
async fn a_force_that_has_ended_is_not_written_again() {
    let mut world = World::new("ended");
    let short = Force { until: world.after(10), ..force("web-1", ForcedStatus::Down) };
    let long = Force { until: world.after(100), ..force("web-2", ForcedStatus::Down) };
    world.keeper.force(short.clone()).await.unwrap();
    world.keeper.force(long.clone()).await.unwrap();
    assert_eq!(world.on_disk().forces, [short.clone(), long.clone()]);
    world.time.advance(Duration::from_secs(10));
    assert_eq!(world.keeper.current().forces, std::slice::from_ref(&long));
    let gone = world.keeper.release(&short.checks).await;
    assert_eq!(gone, Err(HandleError::NoSuchForce(short.checks)));
    world.keeper.set_routing_control(NAMED.into(), Some(RoutingControlState::On)).await.unwrap();
    assert_eq!(world.on_disk().forces, [long]);
}

#[tokio::test]
async fn only_what_is_there_can_be_set_and_only_what_is_set_taken_back() {
    let mut world = World::new("unknown");
    let no_check = world.keeper.force(force("db-*", ForcedStatus::Down)).await;
    assert_eq!(no_check, Err(HandleError::NoSuchHealthCheck(HealthCheckPattern::new("db-*"))));
    for state in [RoutingControlState::On, RoutingControlState::Off] {
        let unknown = world.keeper.set_routing_control("arn:other".into(), Some(state)).await;
        assert_eq!(unknown, Err(HandleError::NoSuchRoutingControl("arn:other".into())));
        for known in [NAMED, DESCRIBED] {
            assert_eq!(world.keeper.set_routing_control(known.into(), Some(state)).await, Ok(()));
        }
    }
    assert_eq!(world.keeper.set_routing_control(NAMED.into(), None).await, Ok(()));
    let not_set = world.keeper.set_routing_control(NAMED.into(), None).await;
    assert_eq!(not_set, Err(HandleError::RoutingControlNotSet(NAMED.into())));
    assert_eq!(world.keeper.current().routing_controls, [(DESCRIBED.into(), RoutingControlState::Off)].into());
}
