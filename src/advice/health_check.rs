//! Advice on health checks: those whose outcome is fixed, and those that nobody probes.

use crate::model::{Account, HealthCheck, HealthCheckTarget, HealthStatus, ProbeProtocol};

use super::{Advice, Subject};

pub(super) fn advise(account: &Account, advice: &mut Vec<Advice>) {
    for check in account.health_checks().values() {
        // Forced and disabled: the owner has decided, whatever the target is.
        if check.decided_status().is_some() {
            continue;
        }
        let subject = || Subject::HealthCheck(check.id.clone());
        let (healthy, unhealthy) =
            (check.final_status(HealthStatus::Healthy), check.final_status(HealthStatus::Unhealthy));
        if let HealthCheckTarget::Calculated(calculated) = &check.target {
            let (threshold, children) = (usize::from(calculated.health_threshold), calculated.children.len());
            // HC-40.
            if threshold == 0 {
                advice.push(Advice::new(
                    subject(),
                    &["HC-40"],
                    format!("health_threshold 0 is always reached: {} is always {healthy}", check.id),
                    "use 1 or more",
                ));
            } else if threshold > children {
                advice.push(Advice::new(
                    subject(),
                    &["HC-40"],
                    format!(
                        "health_threshold {threshold} is above the number of children, {children}: {} is always {unhealthy}",
                        check.id
                    ),
                    format!("use at most {children}, or add children"),
                ));
            }
        }
        if probing(check) == Probing::NotYet {
            advice.push(Advice::new(
                subject(),
                &["HC-32"],
                format!("{} health checks are not probed yet: {} counts as {healthy}", check.type_name(), check.id),
                "say `status: up` or `status: down`, or use type HTTP, HTTPS or CALCULATED",
            ));
        }
    }
}

/// Whether this version finds out the status of a check by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Probing {
    Works,
    NotYet,
}

/// To change when the worker learns another type.
fn probing(check: &HealthCheck) -> Probing {
    match &check.target {
        HealthCheckTarget::Endpoint(endpoint) => match endpoint.protocol {
            ProbeProtocol::Http | ProbeProtocol::Https => Probing::Works,
            ProbeProtocol::HttpStrMatch(_) | ProbeProtocol::HttpsStrMatch(_) | ProbeProtocol::Tcp => Probing::NotYet,
        },
        HealthCheckTarget::Calculated(_) => Probing::Works,
        HealthCheckTarget::CloudWatchMetric { .. } | HealthCheckTarget::RecoveryControl { .. } => Probing::NotYet,
    }
}
