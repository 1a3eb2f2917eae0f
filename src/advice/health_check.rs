//! Advice on health checks: those whose outcome is fixed, and those that look at what is not there.

use crate::model::{Account, AlarmId, HealthCheckTarget, HealthStatus};

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
        match &check.target {
            HealthCheckTarget::CloudWatchMetric { alarm_region, alarm_name, .. } => {
                let id = AlarmId { region: *alarm_region, name: alarm_name.clone() };
                if !account.alarms().contains_key(&id) {
                    advice.push(Advice::new(
                        subject(),
                        &["HC-42"],
                        format!("nobody has described the alarm {id}: {} never has data", check.id),
                        "describe it under `cloudwatch_alarms`",
                    ));
                }
            }
            HealthCheckTarget::RecoveryControl { routing_control_arn: arn } => {
                if !account.routing_controls().contains_key(arn) {
                    advice.push(Advice::new(
                        subject(),
                        &["HC-44"],
                        format!("routing control {arn} has no state: {} is {healthy} until one is set", check.id),
                        "list it under `routing_controls`, or set it on the admin listener",
                    ));
                }
            }
            HealthCheckTarget::Endpoint(_) | HealthCheckTarget::Calculated(_) => {}
        }
    }
    for force in account.forces() {
        if !account.health_checks().keys().any(|id| force.checks.matches(id)) {
            advice.push(Advice::new(
                Subject::Account,
                &[],
                format!("forced_health_checks: no health check is called {}", force.checks),
                "use the id of a health check, or a pattern such as web-*",
            ));
        }
    }
}
