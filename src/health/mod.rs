//! Health checks at work: probes find out, verdicts decide, one worker publishes what answers read.

pub mod verdict;

pub mod probe;

mod watch;
pub mod worker;

pub use worker::HealthWorker;

use crate::model::{HealthCheck, HealthCheckTarget, HealthStatus, ProbeProtocol};

/// Whether the worker follows what a check looks at. CALCULATED counts, through its children. Checks of the other
/// types keep the status that Route 53 gives a check without data (HC-32).
pub const fn is_probed(check: &HealthCheck) -> bool {
    match &check.target {
        HealthCheckTarget::Endpoint(endpoint) => match endpoint.protocol {
            ProbeProtocol::Http | ProbeProtocol::Https => true,
            ProbeProtocol::HttpStrMatch(_) | ProbeProtocol::HttpsStrMatch(_) | ProbeProtocol::Tcp => false,
        },
        HealthCheckTarget::Calculated(_) => true,
        HealthCheckTarget::CloudWatchMetric { .. } | HealthCheckTarget::RecoveryControl { .. } => false,
    }
}

/// What to tell the owner of a check that [is not probed](is_probed). `None` if it is, or if forcing or disabling it
/// has decided its status anyway.
pub fn unprobed_warning(check: &HealthCheck) -> Option<String> {
    if is_probed(check) || check.decided_status().is_some() {
        return None;
    }
    let status = check.final_status(HealthStatus::Healthy);
    Some(format!("{} health checks are not probed yet; {} counts as {status}", check.type_name(), check.id))
}
