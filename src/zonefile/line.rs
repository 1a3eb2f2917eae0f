//! Items of zone files, each on one line: what is shown of an account where it is held against another.

use std::collections::BTreeMap;

use super::record_set_text::{self, WrittenIn};
use super::{health_check_text, write};
use crate::model::{CidrCollection, CidrCollectionId, DomainName, HealthCheck, HostedZoneId, RecordSet, Tags, VpcId};

/// `{ id: web, type: HTTP, ip_address: 192.0.2.1 }`.
pub fn health_check_line(check: &HealthCheck, tags: &Tags) -> String {
    health_check_text::health_check(check, Some(tags)).line()
}

/// `{ name: offices, locations: { berlin: [203.0.113.0/24] } }`.
pub fn cidr_collection_line(collection: &CidrCollection) -> String {
    write::cidr_collection(collection).line()
}

/// The zone's own keys: `{ name: example.com, comment: the shop }`.
pub fn hosted_zone_line<'v>(
    name: &DomainName,
    comment: &str,
    vpcs: impl IntoIterator<Item = &'v VpcId>,
    tags: &Tags,
) -> String {
    write::hosted_zone(name, None, comment, vpcs.into_iter().collect(), Some(tags)).line()
}

/// `{ name: www, type: A, ttl: 60, values: ["192.0.2.1"] }`.
pub fn record_set_line(
    set: &RecordSet,
    zone: &DomainName,
    zone_id: &HostedZoneId,
    collections: &BTreeMap<CidrCollectionId, CidrCollection>,
) -> String {
    record_set_text::record_set(set, &WrittenIn { zone, zone_id, collections }).line()
}
