//! Where the parts of a loaded account stand in the zone files.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::diagnostic::{Origin, Position};
use crate::model::domain_name::ListedName;
use crate::model::{
    AlarmId, CidrCollectionId, HealthCheckId, HostedZone, HostedZoneId, NameRecords, RecordSetKey, SourceFiles, VpcId,
};

/// A place in a zone file. Shown as `zones/shop.yaml:14:9`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place<'s> {
    pub file: &'s str,
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Where each part of an account came from: eight bytes a record set.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    pub(super) files: Vec<String>,
    pub(super) vpcs: HashMap<VpcId, Origin>,
    pub(super) health_checks: HashMap<HealthCheckId, Origin>,
    pub(super) cidr_collections: HashMap<CidrCollectionId, Origin>,
    /// In the account's order.
    pub(super) client_locations: Vec<Origin>,
    pub(super) alarms: HashMap<AlarmId, Origin>,
    /// In the account's order.
    pub(super) metric_data: Vec<Origin>,
    /// In the account's order.
    pub(super) forces: Vec<Origin>,
    pub(super) hosted_zones: HashMap<HostedZoneId, ZoneSource>,
}

/// A zone lies in one file, so its record sets share the file's number.
#[derive(Clone, Debug)]
pub(super) struct ZoneSource {
    pub origin: Origin,
    /// In the zone's listing order.
    pub record_sets: Vec<Position>,
    /// Each name of the zone in listing order, and how many record sets come before its first: made when the first
    /// is looked for, which is seldom.
    names: OnceLock<Vec<(NameRecords, usize)>>,
}

impl ZoneSource {
    pub fn new(origin: Origin, record_sets: Vec<Position>) -> ZoneSource {
        ZoneSource { origin, record_sets, names: OnceLock::new() }
    }

    /// How many record sets come before one.
    fn place_in_listing(&self, zone: &HostedZone, key: &RecordSetKey) -> Option<usize> {
        let names = self.names.get_or_init(|| {
            let mut before = 0;
            let with_count = |records: &NameRecords| {
                let first = before;
                before += records.len();
                (records.clone(), first)
            };
            zone.names().map(with_count).collect()
        });
        let name = ListedName(key.name.wire());
        let place = names.binary_search_by(|(records, _)| ListedName(records.name()).cmp(&name)).ok()?;
        let (records, first) = &names[place];
        let in_name = records.record_sets().iter().position(|set| set.key() == *key)?;
        Some(first + in_name)
    }
}

impl Sources {
    pub fn vpc(&self, id: &VpcId) -> Option<Place<'_>> {
        self.vpcs.get(id).map(|origin| self.place(*origin))
    }

    pub fn health_check(&self, id: &HealthCheckId) -> Option<Place<'_>> {
        self.health_checks.get(id).map(|origin| self.place(*origin))
    }

    pub fn cidr_collection(&self, id: &CidrCollectionId) -> Option<Place<'_>> {
        self.cidr_collections.get(id).map(|origin| self.place(*origin))
    }

    /// `place` is the location's place in [`Account::client_locations`](crate::model::Account::client_locations).
    pub fn client_location(&self, place: usize) -> Option<Place<'_>> {
        self.client_locations.get(place).map(|origin| self.place(*origin))
    }

    pub fn alarm(&self, id: &AlarmId) -> Option<Place<'_>> {
        self.alarms.get(id).map(|origin| self.place(*origin))
    }

    /// `place` is the data's place in [`Account::metric_data`](crate::model::Account::metric_data).
    pub fn metric_data(&self, place: usize) -> Option<Place<'_>> {
        self.metric_data.get(place).map(|origin| self.place(*origin))
    }

    /// `place` is the force's place in [`Account::forces`](crate::model::Account::forces).
    pub fn force(&self, place: usize) -> Option<Place<'_>> {
        self.forces.get(place).map(|origin| self.place(*origin))
    }

    pub fn hosted_zone(&self, id: &HostedZoneId) -> Option<Place<'_>> {
        self.hosted_zones.get(id).map(|source| self.place(source.origin))
    }

    /// Where a record set of `zone` stands, which must be the zone that was loaded. The apex records that are made
    /// for a zone stand where the zone does.
    pub fn record_set(&self, zone: &HostedZone, key: &RecordSetKey) -> Option<Place<'_>> {
        let source = self.hosted_zones.get(zone.id())?;
        let found = source.place_in_listing(zone, key)?;
        let at = *source.record_sets.get(found)?;
        Some(self.place(Origin { file: source.origin.file, at }))
    }

    /// Which file each part is in that can also be made while the server runs; the zones are given.
    pub(super) fn files_of_parts<'z>(
        &self,
        hosted_zones: impl Iterator<Item = (&'z HostedZoneId, &'z ZoneSource)>,
    ) -> SourceFiles {
        let names: Vec<Arc<str>> = self.files.iter().map(|file| Arc::from(file.as_str())).collect();
        let file = |origin: &Origin| names.get(origin.file as usize).cloned().unwrap_or_default();
        SourceFiles {
            hosted_zones: hosted_zones.map(|(id, source)| (id.clone(), file(&source.origin))).collect(),
            health_checks: self.health_checks.iter().map(|(id, origin)| (id.clone(), file(origin))).collect(),
            cidr_collections: self.cidr_collections.iter().map(|(id, origin)| (id.clone(), file(origin))).collect(),
            vpcs: self.vpcs.iter().map(|(id, origin)| (id.clone(), file(origin))).collect(),
        }
    }

    fn place(&self, origin: Origin) -> Place<'_> {
        let file = self.files.get(origin.file as usize).map_or("", String::as_str);
        Place { file, line: origin.at.line, column: origin.at.column }
    }
}
