//! What the fleet knows of an endpoint, for those who ask.

use core::time::Duration;
use std::net::Ipv4Addr;

use crate::health::probe::{NetworkPath, Timings};
use crate::health::report::{CheckerReport, Fault, FaultSummary, Observation, RegionReport};
use crate::health::verdict::aggregate;
use crate::model::health_check::CHECKER_REGIONS;
use crate::model::{AwsRegion, HealthCheckId, HealthStatus};
use crate::time::Now;

use super::Fleet;
use super::prober::{Observed, Prober, ProberNumber};

impl Fleet {
    /// HC-30: what the verdicts on an endpoint amount to, before inversion. `None` if it is not watched.
    pub fn found_status(&self, id: &HealthCheckId) -> Option<HealthStatus> {
        self.tally(id).map(|(healthy, of)| aggregate(healthy, of))
    }

    /// Checkers that say healthy or nothing yet, of all.
    pub fn tally(&self, id: &HealthCheckId) -> Option<(u16, u16)> {
        self.watches.get(id).map(|watch| (watch.healthy, watch.of))
    }

    /// The latest observation, of whatever status, or the latest failure.
    pub fn latest(&self, id: &HealthCheckId, status: HealthStatus) -> Option<Observation> {
        let watch = self.watches.get(id)?;
        let prober = |number: Option<ProberNumber>| self.probers.get(&number?);
        let observed = match status {
            HealthStatus::Healthy => prober(watch.latest)?.latest.as_ref(),
            HealthStatus::Unhealthy => prober(watch.latest_failure)?.last_failure.as_ref(),
        };
        observed.map(Observed::observation)
    }

    /// Why checkers of an endpoint cannot probe at present, if some cannot: the latest reason.
    pub fn fault(&self, id: &HealthCheckId) -> Option<FaultSummary> {
        let watch = self.watches.get(id)?;
        let probers = watch.probers.iter().filter_map(|number| self.probers.get(number));
        let faults = probers.filter_map(|prober| prober.fault.as_ref().map(|fault| (prober.checkers, fault)));
        faults.fold(None, |summary, (checkers, (at, fault))| {
            let before = summary.as_ref().map_or(0, |summary: &FaultSummary| summary.checkers);
            let latest = match summary {
                Some(summary) if summary.fault.at >= *at => summary.fault,
                _ => Fault { at: *at, text: fault.to_string() },
            };
            Some(FaultSummary { checkers: before + checkers, fault: latest })
        })
    }

    /// The mean of what the latest probes of an endpoint took.
    pub fn latency(&self, id: &HealthCheckId) -> Timings {
        let probers = self.watches.get(id).into_iter().flat_map(|watch| &watch.probers);
        let timings: Vec<Timings> = probers
            .filter_map(|number| self.probers.get(number)?.latest.as_ref())
            .map(|observed| observed.outcome.timings)
            .collect();
        let mean = |of: fn(&Timings) -> Option<Duration>| {
            let known: Vec<Duration> = timings.iter().filter_map(of).collect();
            let count = u32::try_from(known.len()).ok().filter(|count| *count > 0)?;
            Some(known.iter().sum::<Duration>() / count)
        };
        Timings {
            connection: mean(|timings| timings.connection),
            tls_handshake: mean(|timings| timings.tls_handshake),
            time_to_first_byte: mean(|timings| timings.time_to_first_byte),
        }
    }

    /// HC-50: every checker of an endpoint, by region.
    pub fn checkers(&self, id: &HealthCheckId, now: Now) -> Vec<CheckerReport> {
        let Some(watch) = self.watches.get(id) else { return Vec::new() };
        let mut reports = Vec::with_capacity(watch.of.into());
        for region in &watch.endpoint.regions {
            let probers: Vec<&Prober> = watch
                .probers
                .iter()
                .filter_map(|number| self.probers.get(number))
                .filter(|prober| prober.region == *region)
                .collect();
            for checker in 0..self.settings.checkers_per_region {
                let Some(prober) = probers.get(usize::from(checker) % probers.len().max(1)) else { continue };
                reports.push(prober.report(checker_address(*region, checker), now));
            }
        }
        reports
    }

    pub fn regions(&self) -> Vec<RegionReport> {
        self.paths
            .iter()
            .map(|(region, path)| RegionReport { region: *region, path: NetworkPath::clone(path) })
            .collect()
    }
}

/// HC-50: in 15.177.0.0/18, as Route 53's; which of them is which is our own choice.
fn checker_address(region: AwsRegion, checker: u16) -> Ipv4Addr {
    let region = (0..8).zip(CHECKER_REGIONS).find(|(_, known)| *known == region).map_or(0, |(place, _)| place);
    let [high, low] = (1 + checker % 2_000).to_be_bytes();
    Ipv4Addr::new(15, 177, 8 * region + high, low)
}
