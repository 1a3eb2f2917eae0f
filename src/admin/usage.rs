//! Which names a health check decides about.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{Account, HealthCheckId, HealthCheckTarget};
use crate::snapshot::{Generation, Snapshot};

/// By health check: the record sets and the calculated checks that use it, in words.
pub type UsedBy = HashMap<HealthCheckId, Vec<String>>;

/// What was made of the latest snapshot.
#[derive(Default)]
pub struct Usage {
    latest: Mutex<Option<(Generation, Arc<UsedBy>)>>,
}

impl Usage {
    /// Goes through the account only if it is another one than the last time.
    pub fn of(&self, snapshot: &Snapshot) -> Arc<UsedBy> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        match &*latest {
            Some((generation, used_by)) if *generation == snapshot.generation() => Arc::clone(used_by),
            _ => {
                let used_by = Arc::new(used_by(snapshot.account()));
                *latest = Some((snapshot.generation(), Arc::clone(&used_by)));
                used_by
            }
        }
    }
}

fn used_by(account: &Account) -> UsedBy {
    let mut used_by = UsedBy::new();
    for zone in account.hosted_zones().iter() {
        for set in zone.record_sets() {
            let Some(id) = set.health_check_id() else { continue };
            let identifier = set.set_identifier().map(|set| format!(" ({set})")).unwrap_or_default();
            let text = format!("{} {}{identifier}", set.name(), set.record_type());
            used_by.entry(id.clone()).or_default().push(text);
        }
    }
    for check in account.health_checks().values() {
        let HealthCheckTarget::Calculated(calculated) = &check.target else { continue };
        for child in &calculated.children {
            used_by.entry(child.clone()).or_default().push(format!("health check {}", check.id));
        }
    }
    used_by
}
