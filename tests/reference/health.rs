//! The status of a health check in force (HC-32 to HC-34, HC-40).

use route53d::model::{ForcedStatus, HealthCheckId, HealthCheckTarget, HealthStatus};

use super::World;

impl World<'_> {
    pub fn is_check_healthy(&self, id: &HealthCheckId) -> bool {
        if let Some(status) = self.statuses.get(id) {
            return *status == HealthStatus::Healthy;
        }
        // H-5: a check that is gone counts as healthy.
        let Some(check) = self.account.health_checks().get(id) else { return true };
        match check.status {
            ForcedStatus::Up => return true,
            ForcedStatus::Down => return false,
            ForcedStatus::Obey => {}
        }
        let found = match &check.target {
            // HC-34.
            _ if check.disabled => true,
            // HC-40.
            HealthCheckTarget::Calculated(calculated) => {
                let healthy = calculated.children.iter().filter(|child| self.is_check_healthy(child)).count();
                healthy >= usize::from(calculated.health_threshold)
            }
            // HC-32: healthy until there is data.
            _ => true,
        };
        // HC-33.
        found != check.inverted
    }
}
