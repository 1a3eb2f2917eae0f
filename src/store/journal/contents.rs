//! The hosted zones that a journal holds.

use std::collections::VecDeque;

use crate::model::{DomainName, HostedZone, HostedZoneId, HostedZoneParts, ZoneDraft};

use super::format::{self, Key, Relative};
use super::{Damage, Journal, JournalError, TakeRows};

/// Puts together every zone that the journal holds, by id. Each keeps the rules that concern it alone.
pub fn read_hosted_zones(journal: &dyn Journal) -> Result<Vec<HostedZone>, JournalError> {
    let mut reading = Reading::default();
    journal.rows(&mut reading)?;
    Ok(reading.zones)
}

#[derive(Default)]
struct Reading {
    /// Those whose names have not come yet.
    heads: VecDeque<HostedZoneParts>,
    current: Option<Current>,
    zones: Vec<HostedZone>,
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
        self.finish_current()
    }
}

impl Reading {
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
                self.zones.push(zone);
                Ok(())
            }
            Err(refused) => {
                let rules: Vec<String> = refused.violations.iter().map(|it| it.rule.to_string()).collect();
                Err(Damage(format!("hosted zone {id} ({name}): {}", rules.join(", "))))
            }
        }
    }
}
