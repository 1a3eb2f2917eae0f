//! An endpoint under watch: the task that probes it again and again, and what its results amount to.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::model::{EndpointCheck, HealthCheckId, HealthStatus};
use crate::time::Clock;

use super::probe::{HttpProbe, ProbeOutcome};
use super::verdict::Checker;

/// First probes a second, when many checks start at once.
const FIRST_PROBES_PER_SECOND: u32 = 100;

/// Probes until it is dropped, be it in the middle of a probe.
pub struct Watch {
    endpoint: EndpointCheck,
    checker: Checker,
    run: Run,
    task: AbortHandle,
}

/// Numbers the tasks of one worker: an outcome still under way when its endpoint changed is not for the new checker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Run(pub u64);

/// What all watches of a worker share.
#[derive(Clone)]
pub struct Probing {
    pub clock: Clock,
    pub tls: Arc<ClientConfig>,
    pub outcomes: mpsc::Sender<Observed>,
}

/// One probe's outcome on its way to the worker.
pub struct Observed {
    pub id: HealthCheckId,
    pub run: Run,
    pub outcome: ProbeOutcome,
}

/// A watch before it begins.
pub struct NewWatch<'a> {
    pub id: &'a HealthCheckId,
    pub endpoint: &'a EndpointCheck,
    pub probe: HttpProbe,
    /// What is known already.
    pub checker: Checker,
}

impl NewWatch<'_> {
    /// Begins to probe after `delay`.
    pub fn start(self, run: Run, delay: Duration, probing: Probing) -> Watch {
        let interval = interval(self.endpoint);
        let task = tokio::spawn(probe_again_and_again(self.id.clone(), run, self.probe, delay, interval, probing));
        Watch { endpoint: self.endpoint.clone(), checker: self.checker, run, task: task.abort_handle() }
    }

    /// The longest that the first probe of one of `starting` watches may wait: next to nothing if they are few, up to
    /// the interval if they are many. Route 53's checkers start uncoordinated (HC-21); ours share a machine.
    pub fn longest_delay(&self, starting: usize) -> Duration {
        let starting = u32::try_from(starting).unwrap_or(u32::MAX);
        let spread = (Duration::from_secs(1) / FIRST_PROBES_PER_SECOND).saturating_mul(starting);
        spread.min(interval(self.endpoint))
    }
}

impl Watch {
    /// Whether the task does what `endpoint` wants, so that it can go on.
    pub fn serves(&self, endpoint: &EndpointCheck) -> bool {
        self.endpoint == *endpoint
    }

    /// What is known of `endpoint` already: the checker so far if the same question is put to the same endpoint,
    /// however often and with whatever patience.
    pub fn checker_for(&self, endpoint: &EndpointCheck) -> Checker {
        let asked_alike = EndpointCheck {
            request_interval_seconds: self.endpoint.request_interval_seconds,
            failure_threshold: self.endpoint.failure_threshold,
            measure_latency: self.endpoint.measure_latency,
            regions: self.endpoint.regions.clone(),
            ..endpoint.clone()
        };
        if asked_alike == self.endpoint { self.checker } else { Checker::default() }
    }

    /// `None` until there is a result.
    pub fn verdict(&self) -> Option<HealthStatus> {
        self.checker.verdict()
    }

    pub fn run(&self) -> Run {
        self.run
    }

    pub fn observe(&mut self, outcome: &ProbeOutcome) {
        self.checker.observe(outcome.status(), self.endpoint.failure_threshold);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn interval(endpoint: &EndpointCheck) -> Duration {
    Duration::from_secs(endpoint.request_interval_seconds.into())
}

async fn probe_again_and_again(
    id: HealthCheckId,
    run: Run,
    probe: HttpProbe,
    delay: Duration,
    interval: Duration,
    probing: Probing,
) {
    probing.clock.sleep(delay).await;
    loop {
        // Boxed: between probes, which is nearly always, a task then holds no room for one.
        let outcome = Box::pin(probe.run(&probing.tls)).await;
        if probing.outcomes.send(Observed { id: id.clone(), run, outcome }).await.is_err() {
            return;
        }
        // HC-21: counted from here, not from the last request.
        probing.clock.sleep(interval).await;
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use crate::model::{EndpointAddress, ProbeProtocol};

    use super::*;

    #[test]
    fn few_checks_are_probed_at_once_and_many_over_their_interval() {
        let ip_address = Ipv4Addr::LOCALHOST.into();
        let endpoint = EndpointCheck {
            protocol: ProbeProtocol::Http,
            address: EndpointAddress::Ip { ip_address, fully_qualified_domain_name: None },
            port: 80,
            resource_path: "/".into(),
            request_interval_seconds: 30,
            failure_threshold: 3,
            measure_latency: false,
            enable_sni: true,
            regions: Default::default(),
        };
        let id = HealthCheckId::new("web").unwrap();
        let probe = HttpProbe::new(&id, &endpoint).unwrap();
        let watch = NewWatch { id: &id, endpoint: &endpoint, probe, checker: Checker::default() };
        assert_eq!(watch.longest_delay(1), Duration::from_millis(10));
        assert_eq!(watch.longest_delay(500), Duration::from_secs(5));
        assert_eq!(watch.longest_delay(5_000), Duration::from_secs(30));
    }
}
