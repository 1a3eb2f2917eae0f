//! One thing to be done through the API, in the names of files.

use std::collections::BTreeMap;

use crate::change::RecordSetChange;
use crate::model::{AwsRegion, CidrCollectionId, DomainName, HealthCheck, HealthCheckId, HostedZoneId, Tags, VpcId};

use super::body::CidrEdit;

/// Ids are those of files, unless a member says that it is the API's.
#[derive(Clone, Debug)]
pub enum Step {
    /// Under the caller reference of this generation, or a later one if that is taken.
    CreateHealthCheck {
        check: HealthCheck,
        generation: u32,
    },
    UpdateHealthCheck {
        version: u64,
        before: Box<HealthCheck>,
        check: HealthCheck,
    },
    DeleteHealthCheck {
        of_api: HealthCheckId,
    },
    CreateCidrCollection {
        id: CidrCollectionId,
        name: Box<str>,
    },
    ChangeCidrCollection {
        id: CidrCollectionId,
        edits: Vec<CidrEdit>,
    },
    /// One that is described by a file of the server stays: the API does not tell before that it is.
    DeleteCidrCollection {
        of_api: CidrCollectionId,
        name: Box<str>,
        /// What takes all blocks out first.
        edits: Vec<CidrEdit>,
    },
    CreateHostedZone {
        zone: ZoneKey,
        comment: Box<str>,
        vpcs: BTreeMap<VpcId, AwsRegion>,
    },
    CommentHostedZone {
        zone: ZoneKey,
        comment: Box<str>,
    },
    AssociateVpc {
        zone: ZoneKey,
        vpc: VpcId,
        region: AwsRegion,
    },
    DisassociateVpc {
        zone: ZoneKey,
        vpc: VpcId,
        region: AwsRegion,
    },
    DeleteHostedZone {
        zone: ZoneKey,
    },
    /// One batch: done whole, or not at all.
    ChangeRecordSets {
        zone: ZoneKey,
        changes: Vec<RecordSetChange>,
    },
    ChangeTags {
        of: Tagged,
        add: Tags,
        remove: Vec<Box<str>>,
    },
}

/// A hosted zone, which may not be there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneKey {
    pub name: DomainName,
    /// The id that its record sets say.
    pub in_files: HostedZoneId,
    /// Where it is there.
    pub of_api: Option<HostedZoneId>,
}

#[derive(Clone, Debug)]
pub enum Tagged {
    HostedZone(ZoneKey),
    HealthCheck(HealthCheckId),
}
