//! An account indexed for answering, numbered by generation, never changed once built.

pub mod health_slots;
pub mod health_table;

use std::sync::Arc;

use crate::model::{Account, HealthCheckId, HealthStatus};

pub use health_slots::HealthSlots;
pub use health_table::{HealthSlot, HealthTable};

/// Counts the snapshots of one process; later ones are larger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation(pub u64);

#[derive(Debug)]
pub struct Snapshot {
    generation: Generation,
    account: Arc<Account>,
    health_slots: HealthSlots,
}

impl Snapshot {
    /// Indexes an account. `previous` is the snapshot it replaces: health checks keep their slots.
    pub fn build(account: Arc<Account>, previous: Option<&Snapshot>) -> Snapshot {
        let none = HealthSlots::default();
        let slots = previous.map_or(&none, |previous| &previous.health_slots);
        Snapshot {
            generation: Generation(previous.map_or(0, |previous| previous.generation.0 + 1)),
            health_slots: HealthSlots::assign(&account, slots),
            account,
        }
    }

    pub fn generation(&self) -> Generation {
        self.generation
    }

    pub fn account(&self) -> &Arc<Account> {
        &self.account
    }

    pub fn health_slot(&self, id: &HealthCheckId) -> Option<HealthSlot> {
        self.health_slots.slot(id)
    }

    /// What `table` says of a check of this snapshot, else its initial status (HC-32).
    pub fn health_status(&self, slot: HealthSlot, table: &HealthTable) -> HealthStatus {
        self.health_slots.status(slot, table)
    }
}
