//! A hosted zone: its name, who sees it, and its record sets in listing order.

use std::collections::BTreeSet;

use super::domain_name::DomainName;
use super::identifier::{HostedZoneId, VpcId};
use super::record_set::{AliasTarget, RecordSet};
use super::record_type::RecordType;
use super::zone_rules::{self, ZoneViolation};

/// A hosted zone that keeps every rule that concerns it alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostedZone {
    id: HostedZoneId,
    name: DomainName,
    comment: Box<str>,
    visibility: Visibility,
    /// In listing order (N-9), so that a group is one slice.
    record_sets: Vec<RecordSet>,
}

/// Who a hosted zone answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visibility {
    Public,
    /// PZ-1: only queries from these VPCs; never empty (PZ-18).
    Private(BTreeSet<VpcId>),
}

/// What a [`HostedZone`] is made of, before the rules are checked.
#[derive(Clone, Debug)]
pub struct HostedZoneParts {
    pub id: HostedZoneId,
    pub name: DomainName,
    pub comment: Box<str>,
    pub visibility: Visibility,
    pub record_sets: Vec<RecordSet>,
}

/// Parts that break rules among themselves, given back whole.
#[derive(Clone, Debug)]
pub struct RefusedZone<Origin> {
    pub parts: HostedZoneParts,
    /// One for each of `parts.record_sets`.
    pub origins: Vec<Origin>,
    pub violations: Vec<ZoneViolation>,
}

impl HostedZone {
    /// Checks every rule among the zone's record sets and tells all that are broken; each violation names its
    /// record set by its place in `parts.record_sets`.
    pub fn new(parts: HostedZoneParts) -> Result<HostedZone, Vec<ZoneViolation>> {
        let origins = vec![(); parts.record_sets.len()];
        match HostedZone::with_origins(parts, origins) {
            Ok((zone, _)) => Ok(zone),
            Err(refused) => Err(refused.violations),
        }
    }

    /// [`HostedZone::new`] for a caller that knows where each record set came from: gives the origins back in
    /// listing order, or everything as it was.
    pub fn with_origins<Origin>(
        parts: HostedZoneParts,
        origins: Vec<Origin>,
    ) -> Result<(HostedZone, Vec<Origin>), Box<RefusedZone<Origin>>> {
        let violations = zone_rules::check(&parts);
        if !violations.is_empty() {
            return Err(Box::new(RefusedZone { parts, origins, violations }));
        }
        let HostedZoneParts { id, name, comment, visibility, record_sets } = parts;
        let mut together: Vec<(RecordSet, Origin)> = record_sets.into_iter().zip(origins).collect();
        together.sort_by(|(one, _), (other, _)| one.listing_order(other));
        let (record_sets, origins) = together.into_iter().unzip();
        Ok((HostedZone { id, name, comment, visibility, record_sets }, origins))
    }

    pub fn id(&self) -> &HostedZoneId {
        &self.id
    }

    pub fn name(&self) -> &DomainName {
        &self.name
    }

    pub fn comment(&self) -> &str {
        &self.comment
    }

    pub fn visibility(&self) -> &Visibility {
        &self.visibility
    }

    /// Every record set, in listing order (N-9).
    pub fn record_sets(&self) -> &[RecordSet] {
        &self.record_sets
    }

    /// The record sets of one name and type.
    pub fn group(&self, name: &DomainName, record_type: RecordType) -> &[RecordSet] {
        let key = (name, record_type);
        let start = self.record_sets.partition_point(|set| (set.name(), set.record_type()) < key);
        let length = self.record_sets[start..].partition_point(|set| (set.name(), set.record_type()) == key);
        &self.record_sets[start..start + length]
    }

    /// Whether an alias points to a group of this zone rather than to an AWS resource.
    pub fn holds_target(&self, target: &AliasTarget) -> bool {
        target.hosted_zone_id == self.id
    }
}
