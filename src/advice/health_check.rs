//! Advice on health checks: those whose outcome is fixed, and those that look at what is not there.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Account, AlarmId, AwsRegion, HealthCheckTarget, HealthStatus, Metric};

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
    advise_on_alarms(account, advice);
    advise_on_metric_data(account, advice);
    advise_on_forces(account, advice);
}

/// HC-42: an alarm is only what a health check copies.
fn advise_on_alarms(account: &Account, advice: &mut Vec<Advice>) {
    let named: BTreeSet<(AwsRegion, &str)> = account
        .health_checks()
        .values()
        .filter_map(|check| match &check.target {
            HealthCheckTarget::CloudWatchMetric { alarm_region, alarm_name, .. } => {
                Some((*alarm_region, &**alarm_name))
            }
            HealthCheckTarget::Endpoint(_)
            | HealthCheckTarget::Calculated(_)
            | HealthCheckTarget::RecoveryControl { .. } => None,
        })
        .collect();
    for id in account.alarms().keys().filter(|id| !named.contains(&(id.region, &*id.name))) {
        advice.push(Advice::new(
            Subject::Alarm(id.clone()),
            &["HC-42"],
            format!("no health check names the alarm {id}: nobody evaluates it"),
            "name it in the `alarm_identifier` of a CLOUDWATCH_METRIC health check",
        ));
    }
}

/// HC-42: what no alarm watches changes nothing.
fn advise_on_metric_data(account: &Account, advice: &mut Vec<Advice>) {
    let mut watched: BTreeMap<&Metric, BTreeSet<AwsRegion>> = BTreeMap::new();
    for alarm in account.alarms().values() {
        watched.entry(&alarm.metric).or_default().insert(alarm.id.region);
    }
    for (place, data) in account.metric_data().iter().enumerate() {
        let regions = watched.get(&data.metric);
        let is_watched = regions.is_some_and(|regions| data.region.is_none_or(|region| regions.contains(&region)));
        if !is_watched {
            let region = data.region.map(|region| format!(" in {region}")).unwrap_or_default();
            advice.push(Advice::new(
                Subject::MetricData(place),
                &["HC-42"],
                format!("no alarm watches the metric {}{region}: its data change nothing", data.metric),
                "give it the namespace, metric_name, dimensions and region of an alarm",
            ));
        }
    }
}

fn advise_on_forces(account: &Account, advice: &mut Vec<Advice>) {
    for (place, force) in account.forces().iter().enumerate() {
        if !account.health_checks().keys().any(|id| force.checks.matches(id)) {
            advice.push(Advice::new(
                Subject::Force(place),
                // Ours: no rule of Route 53's.
                &[],
                format!("forced_health_checks: no health check is called {}", force.checks),
                "use the id of a health check, or a pattern such as web-*",
            ));
        }
    }
}
