//! What the health worker needs to know.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::AwsRegion;
use crate::published::Published;
use crate::snapshot::{HealthTable, Snapshot};
use crate::time::Clock;

use super::overrides::Overrides;
use super::probe::{NetworkPath, ProbeEngine};
use super::state_file::StateFile;

/// What a [`super::HealthWorker`] works with.
pub struct WorkerSettings {
    pub snapshots: Arc<Published<Snapshot>>,
    /// The worker is its one writer.
    pub table: Arc<Published<HealthTable>>,
    /// Measures the time between probes; the limits within a probe are real time.
    pub clock: Clock,
    pub engine: ProbeEngine,
    pub fleet: FleetSettings,
    pub overrides: Overrides,
    pub state_file: Option<StateFile>,
}

/// The checkers.
#[derive(Clone, Debug)]
pub struct FleetSettings {
    /// HC-31: Route 53 has two.
    pub checkers_per_region: u16,
    /// How many of a region's checkers probe for themselves; the others share their findings. From 1 to
    /// `checkers_per_region`.
    pub probes_per_region: u16,
    /// Regions with a path of their own.
    pub paths: BTreeMap<AwsRegion, NetworkPath>,
}

impl Default for FleetSettings {
    fn default() -> FleetSettings {
        FleetSettings { checkers_per_region: 2, probes_per_region: 1, paths: BTreeMap::new() }
    }
}
