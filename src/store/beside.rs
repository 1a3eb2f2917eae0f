//! Zones of the journal beside the account that zone files describe.

use std::sync::Arc;

use crate::model::{Account, AccountPart, AccountParts, AccountViolation, HostedZone};

use super::error::Conflict;

/// The account of the files, and these zones. Takes as long as the account is large, unless there are no zones.
///
/// # Errors
///
/// Every zone that does not go together with the files. Neither side wins: whoever wrote one of them would see it
/// vanish, and two zones of one name cannot both be asked.
pub fn beside(files: Account, zones: Vec<Arc<HostedZone>>) -> Result<Account, Vec<Conflict>> {
    if zones.is_empty() {
        return Ok(files);
    }
    let first = files.hosted_zones().len();
    let mut hosted_zones: Vec<Arc<HostedZone>> = files.hosted_zones().iter().cloned().collect();
    hosted_zones.extend(zones.iter().cloned());
    let parts = AccountParts {
        vpcs: files.vpcs().values().cloned().collect(),
        health_checks: files.health_checks().values().cloned().collect(),
        cidr_collections: files.cidr_collections().values().cloned().collect(),
        client_locations: files.client_locations().to_vec(),
        alarms: files.alarms().values().cloned().collect(),
        metric_data: files.metric_data().to_vec(),
        routing_controls: files.routing_controls().iter().map(|(arn, state)| (arn.clone(), *state)).collect(),
        forces: files.forces().to_vec(),
        hosted_zones,
        source_files: files.source_files().clone(),
    };
    Account::new(parts).map_err(|violations| {
        let conflict = |AccountViolation { part, rule }| match part {
            AccountPart::HostedZone(place) | AccountPart::RecordSet { hosted_zone: place, .. } => {
                let zone = zones.get(place.checked_sub(first)?)?;
                Some(Conflict { id: zone.id().clone(), name: zone.name().clone(), rule })
            }
            AccountPart::Vpc(_)
            | AccountPart::HealthCheck(_)
            | AccountPart::CidrCollection(_)
            | AccountPart::ClientLocation(_) => None,
        };
        // The files alone are an account, and of two the later part is at fault.
        violations.into_iter().filter_map(conflict).collect()
    })
}
