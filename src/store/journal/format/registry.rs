//! The tables of the registry. A further one is a line here, and a mirror of its value.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{
    CallerReference, ChangeRecord, CidrCollectionRegistration, DelegationSet, DelegationSetId, HealthCheckId,
    HostedZoneId, HostedZoneRegistration, Registry, ReusableDelegationSet, TaggedResource,
};

use super::written::{Written, read_row, table_edits};
use super::{Damage, RowEdit};

/// Each table with the number that its keys begin with, which is for good. All of them: a table that is not here is
/// forgotten at the end, and so does not compile.
macro_rules! tables {
    ($($number:literal => $table:ident,)*) => {
        /// What makes the older registry the newer one. Takes as long as they differ.
        pub fn registry_edits(older: &Registry, newer: &Registry, edits: &mut Vec<RowEdit>) {
            let Registry { $($table),* } = newer;
            $(table_edits($number, &older.$table, $table, edits);)*
        }

        #[cfg(test)]
        pub const TABLES: &[u8] = &[$($number),*];

        /// Reads back a row that [`registry_edits`] wrote.
        pub fn read_registry_row(registry: &mut Registry, number: u8, key: &[u8], row: &[u8]) -> Result<(), Damage> {
            match number {
                $($number => read_row(&mut registry.$table, key, row),)*
                _ => Err(Damage::of("its key is of no kind that this route53d knows")),
            }
        }
    };
}

tables! {
    16 => hosted_zones,
    17 => hosted_zone_references,
    18 => health_checks,
    19 => health_check_references,
    20 => cidr_collections,
    21 => delegation_sets,
    22 => vpcs,
    23 => vpc_authorizations,
    24 => tags,
    25 => changes,
    26 => traffic_policies,
    27 => traffic_policy_instances,
    28 => traffic_policy_groups,
    29 => dnssec,
    30 => query_logging_configs,
    31 => protections,
    32 => features,
    33 => vpc_descriptions,
    34 => zones_of_one_name,
}

#[derive(Serialize, Deserialize)]
pub struct HostedZoneRegistrationRow<'r> {
    caller_reference: &'r str,
    delegation_set: Option<&'r str>,
}

impl Written for HostedZoneRegistration {
    type Row<'r> = HostedZoneRegistrationRow<'r>;

    fn row(&self) -> Self::Row<'_> {
        let HostedZoneRegistration { caller_reference, delegation_set } = self;
        HostedZoneRegistrationRow {
            caller_reference: caller_reference.row(),
            delegation_set: delegation_set.as_ref().map(Written::row),
        }
    }

    fn read(row: Self::Row<'_>) -> Result<Self, Damage> {
        Ok(HostedZoneRegistration {
            caller_reference: CallerReference::read(row.caller_reference)?,
            delegation_set: row.delegation_set.map(DelegationSetId::read).transpose()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub struct CidrCollectionRegistrationRow<'r> {
    caller_reference: &'r str,
    version: u64,
}

impl Written for CidrCollectionRegistration {
    type Row<'r> = CidrCollectionRegistrationRow<'r>;

    fn row(&self) -> Self::Row<'_> {
        let CidrCollectionRegistration { caller_reference, version } = self;
        CidrCollectionRegistrationRow { caller_reference: caller_reference.row(), version: *version }
    }

    fn read(row: Self::Row<'_>) -> Result<Self, Damage> {
        let caller_reference = CallerReference::read(row.caller_reference)?;
        Ok(CidrCollectionRegistration { caller_reference, version: row.version })
    }
}

#[derive(Serialize, Deserialize)]
pub struct ReusableDelegationSetRow<'r> {
    caller_reference: &'r str,
    #[serde(borrow)]
    name_servers: [&'r str; 4],
}

impl Written for ReusableDelegationSet {
    type Row<'r> = ReusableDelegationSetRow<'r>;

    fn row(&self) -> Self::Row<'_> {
        let ReusableDelegationSet { caller_reference, name_servers } = self;
        ReusableDelegationSetRow {
            caller_reference: caller_reference.row(),
            name_servers: name_servers.name_servers().each_ref().map(|server| &**server),
        }
    }

    fn read(row: Self::Row<'_>) -> Result<Self, Damage> {
        let name_servers = DelegationSet::with_name_servers(row.name_servers.map(str::to_owned));
        Ok(ReusableDelegationSet {
            caller_reference: CallerReference::read(row.caller_reference)?,
            name_servers: name_servers.ok_or_else(|| Damage::of("its name servers have no names"))?,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub enum TaggedResourceRow<'r> {
    HealthCheck(&'r str),
    HostedZone(&'r str),
}

impl Written for TaggedResource {
    type Row<'r> = TaggedResourceRow<'r>;

    fn row(&self) -> Self::Row<'_> {
        match self {
            TaggedResource::HealthCheck(id) => TaggedResourceRow::HealthCheck(id.row()),
            TaggedResource::HostedZone(id) => TaggedResourceRow::HostedZone(id.row()),
        }
    }

    fn read(row: Self::Row<'_>) -> Result<Self, Damage> {
        Ok(match row {
            TaggedResourceRow::HealthCheck(id) => TaggedResource::HealthCheck(HealthCheckId::read(id)?),
            TaggedResourceRow::HostedZone(id) => TaggedResource::HostedZone(HostedZoneId::read(id)?),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub struct ChangeRecordRow<'r> {
    /// Nanoseconds since 1970.
    submitted_at: i128,
    comment: Option<&'r str>,
}

impl Written for ChangeRecord {
    type Row<'r> = ChangeRecordRow<'r>;

    fn row(&self) -> Self::Row<'_> {
        let ChangeRecord { submitted_at, comment } = self;
        ChangeRecordRow { submitted_at: submitted_at.as_nanosecond(), comment: comment.as_deref() }
    }

    fn read(row: Self::Row<'_>) -> Result<Self, Damage> {
        let submitted_at = Timestamp::from_nanosecond(row.submitted_at).map_err(Damage::of)?;
        Ok(ChangeRecord { submitted_at, comment: row.comment.map(Box::from) })
    }
}
