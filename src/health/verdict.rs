//! One checker's verdict, and what the verdicts of a fleet amount to. Pure.

use crate::model::HealthStatus;

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

/// HC-30: healthy while more than this many of a hundred checkers say so.
const HEALTHY_ABOVE_PERCENT: u32 = 18;

/// HC-30, HC-31: what `healthy` of `of` checkers amount to. Without checkers nobody is against it.
pub const fn aggregate(healthy: u16, of: u16) -> HealthStatus {
    if of == 0 || healthy as u32 * 100 > of as u32 * HEALTHY_ABOVE_PERCENT {
        HealthStatus::Healthy
    } else {
        HealthStatus::Unhealthy
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    #[test]
    fn every_fleet_follows_the_closed_formula() {
        // HC-31: floor(0.18 N) + 1 of N checkers.
        for of in 1..=100_u16 {
            let needed = (0.18 * f64::from(of)).floor() as u16 + 1;
            for healthy in 0..=of {
                let expected = if healthy >= needed { HealthStatus::Healthy } else { HealthStatus::Unhealthy };
                assert_eq!(aggregate(healthy, of), expected, "{healthy} of {of}");
            }
        }
        assert_eq!((aggregate(2, 16), aggregate(3, 16)), (HealthStatus::Unhealthy, HealthStatus::Healthy));
        assert_eq!((aggregate(1, 6), aggregate(2, 6)), (HealthStatus::Unhealthy, HealthStatus::Healthy));
        assert_eq!((aggregate(9, 50), aggregate(18, 100)), (HealthStatus::Unhealthy, HealthStatus::Unhealthy));
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
    }
}
