//! Faults in the log: that there are some, how many and why, but not each of them.

use std::time::Duration;

use crate::time::Moment;

use super::probe::ProbeFault;
use crate::model::{AwsRegion, HealthCheckId};

/// Between two lines. Faults come by the thousand.
const PAUSE: Duration = Duration::from_secs(60);

/// Remembers what was not told yet.
#[derive(Debug, Default)]
pub struct FaultLog {
    told_at: Option<Moment>,
    untold: u64,
}

impl FaultLog {
    /// What there is to tell with this fault, at most once a minute.
    pub fn line(
        &mut self,
        check: &HealthCheckId,
        region: AwsRegion,
        fault: &ProbeFault,
        now: Moment,
    ) -> Option<String> {
        self.untold += 1;
        if self.told_at.is_some_and(|told_at| now < told_at + PAUSE) {
            return None;
        }
        self.told_at = Some(now);
        let probes = match std::mem::take(&mut self.untold) {
            1 => "a health check probe".to_owned(),
            count => format!("{count} health check probes"),
        };
        Some(format!(
            "{probes} could not be made, which changes no status; the latest, of {check} from {region}: {fault}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_faults_is_a_line_a_minute() {
        let (mut log, fault) = (FaultLog::default(), ProbeFault("no descriptors".into()));
        let id = HealthCheckId::new("web").unwrap();
        let lines: Vec<_> = (0..121)
            .filter_map(|second| log.line(&id, AwsRegion::EuWest1, &fault, Moment(Duration::from_secs(second))))
            .collect();
        assert_eq!(
            lines,
            [
                "a health check probe could not be made, which changes no status; the latest, of web from eu-west-1: no descriptors",
                "60 health check probes could not be made, which changes no status; the latest, of web from eu-west-1: no descriptors",
                "60 health check probes could not be made, which changes no status; the latest, of web from eu-west-1: no descriptors",
            ]
        );
    }
}
