//! Health checks at work: probes find out, verdicts decide, one worker publishes what answers read.
//!
//! [`monitor`] is the machine, and pure: findings of probes, datapoints and operators' decisions go in, the health
//! table and the orders for the next probes come out. [`worker`] is the thread that owns it and does as it orders;
//! everybody else speaks with it through a [`HealthHandle`].

pub mod alarm;
pub mod fleet;
pub mod monitor;
pub mod overrides;
pub mod report;
pub mod settings;
pub mod verdict;

mod fault_log;
pub mod handle;
pub mod keeper;
pub mod probe;
pub mod state_file;
pub mod worker;

pub use handle::{HandleError, HealthHandle};
pub use worker::HealthWorker;

use std::sync::Arc;

use crate::snapshot::{HealthTable, Snapshot};
use crate::time::Now;

use monitor::Monitor;
use overrides::Overrides;
use settings::FleetSettings;

/// What answers read before anything was probed: forces, routing controls and alarms have their say, endpoints count
/// as healthy (HC-32).
pub fn standing_table(snapshot: &Arc<Snapshot>, overrides: Overrides, now: Now) -> HealthTable {
    let mut monitor = Monitor::new(FleetSettings::default(), overrides);
    monitor.take_snapshot(Arc::clone(snapshot), now);
    monitor.take_changed_table().map(Arc::unwrap_or_clone).unwrap_or_default()
}
