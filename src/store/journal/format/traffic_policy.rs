//! Traffic policies and their instances.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{
    DomainName, HostedZoneId, RecordType, TrafficPolicy, TrafficPolicyId, TrafficPolicyInstance, TrafficPolicyVersion,
};

use super::Damage;
use super::written::Written;

#[derive(Serialize, Deserialize)]
pub struct TrafficPolicyRow<'r> {
    name: &'r str,
    /// Nanoseconds since 1970.
    created_at: i128,
    latest_number: u32,
    #[serde(borrow)]
    versions: BTreeMap<u32, VersionRow<'r>>,
}

#[derive(Serialize, Deserialize)]
struct VersionRow<'r> {
    record_type: u16,
    document: &'r str,
    comment: Option<&'r str>,
}

impl Written for TrafficPolicy {
    type Row<'r> = TrafficPolicyRow<'r>;

    fn row(&self) -> Self::Row<'_> {
        let TrafficPolicy { name, created_at, latest_number, versions } = self;
        let versions = versions.iter().map(|(number, version)| {
            let TrafficPolicyVersion { record_type, document, comment } = &**version;
            (*number, VersionRow { record_type: record_type.row(), document, comment: comment.as_deref() })
        });
        TrafficPolicyRow {
            name,
            created_at: created_at.row(),
            latest_number: *latest_number,
            versions: versions.collect(),
        }
    }

    fn read(row: Self::Row<'_>) -> Result<Self, Damage> {
        let versions = row.versions.into_iter().map(|(number, it)| {
            let record_type = RecordType::read(it.record_type)?;
            let version =
                TrafficPolicyVersion { record_type, document: it.document.into(), comment: it.comment.map(Box::from) };
            Ok((number, Arc::new(version)))
        });
        Ok(TrafficPolicy {
            name: row.name.into(),
            created_at: Written::read(row.created_at)?,
            latest_number: row.latest_number,
            versions: versions.collect::<Result<_, Damage>>()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub struct InstanceRow<'r> {
    hosted_zone: &'r str,
    /// In wire form.
    #[serde(borrow)]
    name: &'r [u8],
    record_type: u16,
    ttl: u32,
    policy: &'r str,
    version: u32,
}

impl Written for TrafficPolicyInstance {
    type Row<'r> = InstanceRow<'r>;

    fn row(&self) -> Self::Row<'_> {
        let TrafficPolicyInstance { hosted_zone, name, record_type, ttl, policy, version } = self;
        InstanceRow {
            hosted_zone: hosted_zone.row(),
            name: name.row(),
            record_type: record_type.row(),
            ttl: *ttl,
            policy: policy.row(),
            version: *version,
        }
    }

    fn read(row: Self::Row<'_>) -> Result<Self, Damage> {
        Ok(TrafficPolicyInstance {
            hosted_zone: HostedZoneId::read(row.hosted_zone)?,
            name: DomainName::read(row.name)?,
            record_type: RecordType::read(row.record_type)?,
            ttl: row.ttl,
            policy: TrafficPolicyId::read(row.policy)?,
            version: row.version,
        })
    }
}
