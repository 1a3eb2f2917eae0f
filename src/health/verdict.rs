//! From probe results to the status answers see: thresholds, inversion, forcing, calculated checks. Pure.

use crate::model::{Account, HealthCheck, HealthCheckId, HealthCheckTarget, HealthStatus};

/// One checker's verdict on one endpoint (HC-22).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checker {
    verdict: Option<HealthStatus>,
    /// The latest results in a row that contradict the verdict.
    contrary_results: u8,
}

impl Checker {
    /// What the checker says before inversion; `None` until there is a result.
    pub const fn verdict(&self) -> Option<HealthStatus> {
        self.verdict
    }

    /// Takes one probe's result. HC-22: only `failure_threshold` (1 to 10) contrary results in a row turn the
    /// verdict, both ways. HC-32: a new checker starts from healthy.
    pub fn observe(&mut self, result: HealthStatus, failure_threshold: u8) {
        let verdict = self.verdict.unwrap_or(HealthStatus::Healthy);
        self.contrary_results = if result == verdict { 0 } else { self.contrary_results.saturating_add(1) };
        self.verdict = Some(verdict);
        if self.contrary_results >= failure_threshold && result != verdict {
            *self = Checker { verdict: Some(result), contrary_results: 0 };
        }
    }
}

/// The status of a check as answers see it, from the verdicts on endpoints. `None` as long as nothing decides it but
/// its initial status (HC-32), which the snapshot knows.
pub fn final_status(
    check: &HealthCheck,
    account: &Account,
    verdict: &impl Fn(&HealthCheckId) -> Option<HealthStatus>,
) -> Option<HealthStatus> {
    if let Some(decided) = check.decided_status() {
        return Some(decided);
    }
    let found = match &check.target {
        HealthCheckTarget::Endpoint(_) => verdict(&check.id)?,
        // HC-40: children are never CALCULATED themselves, so this goes one level down.
        HealthCheckTarget::Calculated(calculated) => calculated.found_status(|child| {
            account.health_checks().get(child).map_or(HealthStatus::Healthy, |child| {
                final_status(child, account, verdict).unwrap_or_else(|| child.final_status(HealthStatus::Healthy))
            })
        }),
        HealthCheckTarget::CloudWatchMetric { .. } | HealthCheckTarget::RecoveryControl { .. } => return None,
    };
    Some(check.final_status(found))
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use proptest::prelude::*;

    use crate::model::health_check::CHECKER_REGIONS;
    use crate::model::{AccountParts, CalculatedCheck, EndpointAddress, EndpointCheck, ForcedStatus, ProbeProtocol};

    use super::*;

    /// The verdict is the value of the latest `threshold` equal results in a row, wherever they stand.
    fn naive_verdict(results: &[HealthStatus], threshold: u8) -> HealthStatus {
        results
            .windows(usize::from(threshold))
            .rev()
            .find(|window| window.iter().all(|result| *result == window[0]))
            .map_or(HealthStatus::Healthy, |window| window[0])
    }

    fn status() -> impl Strategy<Value = HealthStatus> {
        prop_oneof![Just(HealthStatus::Healthy), Just(HealthStatus::Unhealthy)]
    }

    fn forced_status() -> impl Strategy<Value = ForcedStatus> {
        prop_oneof![4 => Just(ForcedStatus::Obey), 1 => Just(ForcedStatus::Up), 1 => Just(ForcedStatus::Down)]
    }

    /// A child and the verdict on its endpoint.
    fn child() -> impl Strategy<Value = (bool, bool, ForcedStatus, Option<HealthStatus>)> {
        (any::<bool>(), prop::bool::weighted(0.2), forced_status(), prop::option::of(status()))
    }

    fn endpoint() -> EndpointCheck {
        EndpointCheck {
            protocol: ProbeProtocol::Http,
            address: EndpointAddress::Ip {
                ip_address: IpAddr::V4(Ipv4Addr::LOCALHOST),
                fully_qualified_domain_name: None,
            },
            port: 80,
            resource_path: "/".into(),
            request_interval_seconds: 30,
            failure_threshold: 3,
            measure_latency: false,
            enable_sni: false,
            regions: CHECKER_REGIONS.into_iter().collect(),
        }
    }

    fn id(number: usize) -> HealthCheckId {
        HealthCheckId::new(&format!("child-{number}")).unwrap()
    }

    /// HC-33, HC-34 and forcing, said in one line each.
    fn naive_final(inverted: bool, disabled: bool, forced: ForcedStatus, found: HealthStatus) -> HealthStatus {
        let is_healthy = match forced {
            ForcedStatus::Up => true,
            ForcedStatus::Down => false,
            ForcedStatus::Obey => (disabled || found == HealthStatus::Healthy) != inverted,
        };
        if is_healthy { HealthStatus::Healthy } else { HealthStatus::Unhealthy }
    }

    #[test]
    fn a_checker_without_results_says_nothing() {
        assert_eq!(Checker::default().verdict(), None);
    }

    #[test]
    fn as_many_contrary_results_as_the_threshold_turn_a_new_checker() {
        let mut checker = Checker::default();
        checker.observe(HealthStatus::Unhealthy, 2);
        assert_eq!(checker.verdict(), Some(HealthStatus::Healthy));
        checker.observe(HealthStatus::Unhealthy, 2);
        assert_eq!(checker.verdict(), Some(HealthStatus::Unhealthy));
    }

    proptest! {
        #[test]
        fn a_checker_agrees_with_the_naive_rule(
            results in prop::collection::vec(status(), 1..60),
            threshold in 1_u8..=10,
        ) {
            let mut checker = Checker::default();
            for end in 1..=results.len() {
                checker.observe(results[end - 1], threshold);
                prop_assert_eq!(checker.verdict(), Some(naive_verdict(&results[..end], threshold)));
            }
        }

        #[test]
        fn a_calculated_check_counts_healthy_children(
            children in prop::collection::vec(child(), 0..12),
            health_threshold in 0_u16..14,
            (inverted, disabled, forced, _) in child(),
        ) {
            let mut checks: Vec<_> = children
                .iter()
                .enumerate()
                .map(|(number, (inverted, disabled, status, _))| HealthCheck {
                    id: id(number),
                    target: HealthCheckTarget::Endpoint(endpoint()),
                    inverted: *inverted,
                    disabled: *disabled,
                    status: *status,
                })
                .collect();
            let parent = HealthCheck {
                id: HealthCheckId::new("parent").unwrap(),
                target: HealthCheckTarget::Calculated(CalculatedCheck {
                    health_threshold,
                    children: (0..children.len()).map(id).collect(),
                }),
                inverted,
                disabled,
                status: forced,
            };
            checks.push(parent.clone());
            let account = Account::new(AccountParts { health_checks: checks, ..AccountParts::default() }).unwrap();
            let verdict = |child: &HealthCheckId| (0..children.len()).find(|n| id(*n) == *child).and_then(|n| children[n].3);

            let healthy = children
                .iter()
                .filter(|(inverted, disabled, forced, verdict)| {
                    let found = verdict.unwrap_or(HealthStatus::Healthy);
                    naive_final(*inverted, *disabled, *forced, found) == HealthStatus::Healthy
                })
                .count();
            let found =
                if healthy >= usize::from(health_threshold) { HealthStatus::Healthy } else { HealthStatus::Unhealthy };
            prop_assert_eq!(
                final_status(&parent, &account, &verdict),
                Some(naive_final(inverted, disabled, forced, found))
            );
        }
    }
}
