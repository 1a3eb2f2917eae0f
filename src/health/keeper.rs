//! Keeps what operators set by hand: each change is on disk before it is told to anybody.

use std::sync::Arc;

use crate::model::{
    Force, HealthCheck, HealthCheckPattern, HealthCheckTarget, RoutingControlArn, RoutingControlState, limits,
};
use crate::published::Published;
use crate::snapshot::Snapshot;
use crate::time::Clock;

use super::handle::HandleError;
use super::overrides::Overrides;
use super::state_file::StateFile;

/// The overrides, and the file that outlives the process if there is one.
#[derive(Debug)]
pub struct OverrideKeeper {
    overrides: Overrides,
    file: Option<StateFile>,
    snapshots: Arc<Published<Snapshot>>,
    clock: Clock,
}

impl OverrideKeeper {
    pub fn new(
        overrides: Overrides,
        file: Option<StateFile>,
        snapshots: Arc<Published<Snapshot>>,
        clock: Clock,
    ) -> OverrideKeeper {
        OverrideKeeper { overrides, file, snapshots, clock }
    }

    /// What holds now.
    pub fn current(&self) -> Overrides {
        let now = self.clock.now().timestamp;
        let mut overrides = self.overrides.clone();
        overrides.forces.retain(|force| force.holds_at(now));
        overrides
    }

    /// Keeps a force and tells how many checks it matches.
    pub async fn force(&mut self, force: Force) -> Result<usize, HandleError> {
        let snapshot = self.snapshots.load_full();
        let account = snapshot.account();
        let matching = account.health_checks().keys().filter(|id| force.checks.matches(id)).count();
        if matching == 0 {
            return Err(HandleError::NoSuchHealthCheck(force.checks));
        }
        let mut overrides = self.current();
        let before = overrides.forces.len();
        overrides.force(force, account, self.clock.now().timestamp);
        // One in the place of another is no more than there were.
        if overrides.forces.len() > limits::FORCES.max(before) {
            return Err(HandleError::TooManyForces);
        }
        self.keep(overrides).await?;
        Ok(matching)
    }

    pub async fn release(&mut self, checks: &HealthCheckPattern) -> Result<(), HandleError> {
        let mut overrides = self.current();
        if !overrides.release(checks, self.clock.now().timestamp) {
            return Err(HandleError::NoSuchForce(checks.clone()));
        }
        self.keep(overrides).await
    }

    pub async fn set_routing_control(
        &mut self,
        arn: RoutingControlArn,
        state: Option<RoutingControlState>,
    ) -> Result<(), HandleError> {
        let mut overrides = self.current();
        match state {
            Some(_) if !self.is_known_control(&arn) => return Err(HandleError::NoSuchRoutingControl(arn)),
            Some(state) => {
                overrides.routing_controls.insert(arn, state);
            }
            None => {
                if overrides.routing_controls.remove(&arn).is_none() {
                    return Err(HandleError::RoutingControlNotSet(arn));
                }
            }
        }
        self.keep(overrides).await
    }

    /// Whether the zone files or a health check name it: a slip of the pen must not vanish.
    fn is_known_control(&self, arn: &str) -> bool {
        let snapshot = self.snapshots.load_full();
        let account = snapshot.account();
        let names_it = |check: &HealthCheck| matches!(&check.target, HealthCheckTarget::RecoveryControl { routing_control_arn } if **routing_control_arn == *arn);
        account.routing_controls().contains_key(arn) || account.health_checks().values().any(names_it)
    }

    async fn keep(&mut self, overrides: Overrides) -> Result<(), HandleError> {
        if let Some(file) = &self.file {
            file.save(overrides.clone()).await.map_err(HandleError::NotSaved)?;
        }
        self.overrides = overrides;
        Ok(())
    }
}

#[cfg(test)]
#[path = "keeper_tests.rs"]
mod tests;
