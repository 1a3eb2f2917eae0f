//! Which slot of the health table each check has, and what to take its status to be before anything is known.

use std::collections::HashMap;

use crate::model::{Account, HealthCheck, HealthCheckId, HealthCheckTarget, HealthStatus};

use super::health_table::{HealthEntry, HealthSlot, HealthTable};

/// The health checks of one snapshot.
#[derive(Clone, Debug, Default)]
pub struct HealthSlots {
    by_id: HashMap<HealthCheckId, HealthSlot>,
    /// By slot; a slot whose check is gone keeps its last value, which nobody reads.
    standings: Vec<Standing>,
}

/// What a snapshot knows of a check by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Forced or disabled: whatever was found, so that a reload takes effect with the snapshot.
    Decided(HealthStatus),
    /// HC-32: until the table says something.
    Initial(HealthStatus),
}

impl HealthSlots {
    /// Keeps the slots of checks that are still there and gives new ones to the rest. A slot is never used again, so
    /// that an old table cannot speak for a new check.
    pub fn assign(account: &Account, previous: &HealthSlots) -> HealthSlots {
        let mut standings = previous.standings.clone();
        let mut by_id = HashMap::with_capacity(account.health_checks().len());
        for (id, check) in account.health_checks() {
            let standing = match check.decided_status() {
                Some(status) => Standing::Decided(status),
                None => Standing::Initial(initial_status(check, account)),
            };
            let slot = match previous.by_id.get(id) {
                Some(slot) => *slot,
                None => {
                    let count = u32::try_from(standings.len()).expect("fewer than 2^32 checks were ever made");
                    standings.push(standing);
                    HealthSlot(count)
                }
            };
            standings[slot.0 as usize] = standing;
            by_id.insert(id.clone(), slot);
        }
        HealthSlots { by_id, standings }
    }

    /// Whether both give the same checks the same slots.
    pub fn agrees_with(&self, other: &HealthSlots) -> bool {
        self.by_id == other.by_id
    }

    pub fn slot(&self, id: &HealthCheckId) -> Option<HealthSlot> {
        self.by_id.get(id).copied()
    }

    /// What an operator decides now, else what was decided, else what was found, else the initial status.
    pub fn status(&self, slot: HealthSlot, table: &HealthTable) -> HealthStatus {
        match (table.entry(slot), self.standings[slot.0 as usize]) {
            (Some(HealthEntry::Overruled(status)), _)
            | (_, Standing::Decided(status))
            | (Some(HealthEntry::Found(status)), Standing::Initial(_))
            | (None, Standing::Initial(status)) => status,
        }
    }
}

/// HC-32: healthy until there is data, then inverted (HC-33); forced and disabled checks are decided already.
fn initial_status(check: &HealthCheck, account: &Account) -> HealthStatus {
    if let Some(status) = check.decided_status() {
        return status;
    }
    let found = match &check.target {
        HealthCheckTarget::Calculated(calculated) => calculated.found_status(|child| {
            // HC-40: children are never CALCULATED themselves, so this goes one level down.
            account.health_checks().get(child).map_or(HealthStatus::Healthy, |child| initial_status(child, account))
        }),
        HealthCheckTarget::CloudWatchMetric { .. }
        | HealthCheckTarget::Endpoint(_)
        | HealthCheckTarget::RecoveryControl { .. } => HealthStatus::Healthy,
    };
    check.final_status(found)
}
