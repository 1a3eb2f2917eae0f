//! What a journal holds: the part of an account that was made through the API.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::model::{
    Account, AccountParts, AddressPolicy, DomainName, ForcedStatus, HealthCheck, HostedZoneId, HostedZoneParts,
    Registry, ZoneDraft,
};

use super::format::{self, Key, Relative};
use super::{Damage, Journal, JournalError, TakeRows};

/// Puts together what was made through the API. Every part keeps the rules that concern it alone;
/// [`Account::with_files`] checks those among them.
pub fn read(journal: &dyn Journal) -> Result<Account, JournalError> {
    let mut reading = Reading::default();
    journal.rows(&mut reading)?;
    Ok(Account::of_api(reading.parts, reading.registry))
}

#[derive(Default)]
struct Reading {
    /// Those whose names have not come yet.
    heads: VecDeque<HostedZoneParts>,
    current: Option<Current>,
    parts: AccountParts,
    registry: Registry,
}

/// The zone whose names come.
struct Current {
    id: HostedZoneId,
    name: DomainName,
    draft: ZoneDraft<()>,
}

impl TakeRows for Reading {
    fn row(&mut self, key: &[u8], row: &[u8]) -> Result<(), Damage> {
        match Key::read(key)? {
            Key::HostedZone(id) => self.heads.push_back(format::read_zone(id, row)?),
            Key::CidrCollection(id) => self.parts.cidr_collections.push(format::read_collection(id, row)?),
            Key::Table { number, key } => format::read_registry_row(&mut self.registry, number, key, row)?,
            Key::Name { zone, relative } => {
                let Current { id, name, draft } = self.zone(zone)?;
                let Relative::Written(written) = relative else { return Ok(()) };
                let records = format::read_name(id, name, written, row)?;
                // What has an origin in a draft is the single record set.
                match records.len() {
                    1 => draft.add_read(records, ()),
                    _ => records.record_sets().iter().for_each(|set| draft.add(set.clone(), ())),
                }
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Damage> {
        while !self.heads.is_empty() {
            self.begin_next()?;
        }
        self.finish_current()?;
        self.parts.vpcs = self.registry.known_vpcs().collect();
        self.parts.health_checks = health_checks(&self.registry)?;
        self.check_registrations()
    }
}

impl Reading {
    /// Whatever is there is registered, and the other way round: both are written at once.
    fn check_registrations(&self) -> Result<(), Damage> {
        let Reading { parts, registry, .. } = self;
        let zones = parts.hosted_zones.iter().map(|zone| zone.id());
        if !zones.eq(registry.hosted_zones.iter().map(|(id, _)| id)) {
            return Err(Damage("its hosted zones are not those that are registered".to_owned()));
        }
        let collections = parts.cidr_collections.iter().map(|collection| collection.id());
        if !collections.eq(registry.cidr_collections.iter().map(|(id, _)| id)) {
            return Err(Damage("its CIDR collections are not those that are registered".to_owned()));
        }
        Ok(())
    }

    /// The zone with this id: ids come in one order, with zones and with names.
    fn zone(&mut self, id: &str) -> Result<&mut Current, Damage> {
        while self.current.as_ref().is_none_or(|current| current.id.as_str() != id) {
            if self.heads.is_empty() {
                return Err(Damage(format!("there are names of hosted zone {id:?}, but not the zone")));
            }
            self.begin_next()?;
        }
        self.current.as_mut().ok_or_else(|| Damage(format!("there is no hosted zone {id:?}")))
    }

    fn begin_next(&mut self) -> Result<(), Damage> {
        self.finish_current()?;
        self.current = self.heads.pop_front().map(|parts| Current {
            id: parts.id.clone(),
            name: parts.name.clone(),
            draft: ZoneDraft::new(parts, Vec::new()),
        });
        Ok(())
    }

    fn finish_current(&mut self) -> Result<(), Damage> {
        let Some(Current { id, name, draft }) = self.current.take() else { return Ok(()) };
        match draft.finish() {
            Ok((zone, _)) => {
                self.parts.hosted_zones.push(Arc::new(zone));
                Ok(())
            }
            Err(refused) => {
                let rules: Vec<String> = refused.violations.iter().map(|it| it.rule.to_string()).collect();
                Err(Damage(format!("hosted zone {id} ({name}): {}", rules.join(", "))))
            }
        }
    }
}

/// Each follows from what was given.
fn health_checks(registry: &Registry) -> Result<Vec<HealthCheck>, Damage> {
    let checks = registry.health_checks.iter().map(|(id, registration)| {
        // Whether its address may be probed was decided when it was made.
        registration.config.health_check(id.clone(), ForcedStatus::Obey, AddressPolicy::Any).map_err(|errors| {
            let errors: Vec<String> = errors.iter().map(|error| error.to_string()).collect();
            Damage(format!("health check {id}: {}", errors.join(", ")))
        })
    });
    checks.collect()
}
