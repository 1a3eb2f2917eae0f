//! Every way an account may change. Pure: a change is planned on a value and gives a new one, whole or not at all.

mod alias_zone;
#[cfg(test)]
mod api_tests;
mod cidr_collection;
mod delegation_set;
mod dnssec;
#[cfg(test)]
mod dnssec_tests;
mod error;
mod health_check;
mod hosted_zone;
mod hosted_zone_feature;
#[cfg(test)]
mod law_tests;
mod query_logging_config;
mod record_set_protection;
#[cfg(test)]
mod record_set_protection_tests;
mod record_sets;
mod tag;
mod traffic_policy;
mod traffic_policy_refusal;
#[cfg(test)]
mod traffic_policy_tests;
mod vpc_association;
mod vpc_description;

use crate::model::{
    Account, ChangeId, ChangeRecord, CidrCollection, CidrCollectionId, CidrCollectionRegistration, DelegationSetId,
    HealthCheck, HealthCheckId, HealthCheckRegistration, HostedZone, HostedZoneFeatures, HostedZoneId,
    HostedZoneRegistration, ProtectionKey, QueryLoggingConfig, QueryLoggingConfigId, RecordSetProtection,
    ReusableDelegationSet, TaggedResource, Tags, Vpc, VpcId, limits,
};

pub use dnssec::{DnssecChange, DnssecRefusal};
pub use error::{ChangeError, Described, DescribedPart, Feature, RecordSetFinding};
pub use hosted_zone::undelegated_notice;
pub use record_sets::{Action, RecordSetChange};
pub use traffic_policy::TrafficPolicyChange;
pub use traffic_policy_refusal::TrafficPolicyRefusal;

/// A change to an account. Identifiers, times and random choices are made before, so that planning it again gives the
/// same account.
#[derive(Clone, Debug)]
pub enum Change {
    /// The zone files say something else: this account takes the place of what they said before. What was made through
    /// the API stays.
    ReplaceFiles(Box<Account>),
    /// C-4. What belongs to it goes with it: tags and authorizations.
    DeleteHostedZone(HostedZoneId),
    /// C-1: a change batch, in order: each change is held against the zone as the changes before it left it.
    ChangeRecordSets {
        hosted_zone: HostedZoneId,
        changes: Vec<RecordSetChange>,
    },

    // Through the API alone; what a zone file describes cannot be changed in these ways.
    /// A change that GetChange tells of.
    Recorded {
        change: Box<Change>,
        id: ChangeId,
        record: ChangeRecord,
    },
    CreateHostedZone {
        zone: Box<HostedZone>,
        registration: HostedZoneRegistration,
        /// PZ-1: of a private zone, the VPC that it begins with.
        vpc: Option<Vpc>,
    },
    /// An empty one takes the comment away.
    CommentHostedZone {
        hosted_zone: HostedZoneId,
        comment: Box<str>,
    },
    AssociateVpc {
        hosted_zone: HostedZoneId,
        vpc: Vpc,
    },
    DisassociateVpc {
        hosted_zone: HostedZoneId,
        vpc: VpcId,
    },
    /// PZ-18.
    AuthorizeVpc {
        hosted_zone: HostedZoneId,
        vpc: Vpc,
    },
    DeauthorizeVpc {
        hosted_zone: HostedZoneId,
        vpc: VpcId,
    },
    /// What an operator says of a VPC.
    DescribeVpc(Vpc),
    /// Takes back what an operator said.
    ForgetVpc(VpcId),
    /// All VPCs that EC2 has.
    SynchronizeVpcs(Vec<Vpc>),
    CreateHealthCheck {
        check: HealthCheck,
        registration: HealthCheckRegistration,
    },
    /// The check in the place of the one with its id, if that has the version before.
    UpdateHealthCheck {
        check: HealthCheck,
        registration: HealthCheckRegistration,
    },
    /// H-5: record sets may still name it.
    DeleteHealthCheck(HealthCheckId),
    ChangeTags {
        resource: TaggedResource,
        add: Tags,
        remove: Vec<Box<str>>,
    },
    CreateCidrCollection {
        collection: CidrCollection,
        registration: CidrCollectionRegistration,
    },
    /// The collection in the place of the one with its id, if that has the version before.
    UpdateCidrCollection {
        collection: CidrCollection,
        registration: CidrCollectionRegistration,
    },
    DeleteCidrCollection(CidrCollectionId),
    CreateDelegationSet {
        id: DelegationSetId,
        set: ReusableDelegationSet,
        /// The zone whose name servers it has.
        hosted_zone: Option<HostedZoneId>,
    },
    DeleteDelegationSet(DelegationSetId),
    TrafficPolicy(TrafficPolicyChange),
    /// D-3.
    ChangeDnssec {
        hosted_zone: HostedZoneId,
        change: DnssecChange,
    },
    CreateQueryLoggingConfig {
        id: QueryLoggingConfigId,
        config: QueryLoggingConfig,
    },
    DeleteQueryLoggingConfig(QueryLoggingConfigId),
    /// C-5: all of them or none.
    Protect {
        hosted_zone: HostedZoneId,
        protections: Vec<(ProtectionKey, RecordSetProtection)>,
    },
    Unprotect {
        hosted_zone: HostedZoneId,
        protections: Vec<ProtectionKey>,
    },
    /// C-6: what is `None` stays as it is.
    ChangeFeatures {
        hosted_zone: HostedZoneId,
        features: HostedZoneFeatures,
    },
}

/// What the account is after the change: it shares with the current one what the change leaves alone, and all but
/// [`Change::ReplaceFiles`] take as long as the change is large.
///
/// # Errors
///
/// Everything that is wrong with the change; then nothing changes.
pub fn plan(current: &Account, change: Change) -> Result<Account, ChangeError> {
    match change {
        Change::ReplaceFiles(account) => current.with_files(*account).map_err(ChangeError::Account),
        Change::DeleteHostedZone(id) => hosted_zone::delete(current, &id),
        Change::ChangeRecordSets { hosted_zone, changes } => {
            let zone = current.hosted_zone(&hosted_zone).ok_or(ChangeError::NoSuchHostedZone(hosted_zone))?;
            let mut untouchable = traffic_policy::findings(current, zone.id(), &changes);
            untouchable.extend(record_set_protection::findings(current.registry(), zone.id(), &changes));
            untouchable.extend(alias_zone::findings(current, zone, &changes));
            let changed = record_sets::change(zone, changes).map_err(|error| error.after(&untouchable))?;
            if !untouchable.is_empty() {
                return Err(ChangeError::RecordSets(untouchable));
            }
            current.with_hosted_zone(changed).map_err(ChangeError::of_record_sets)
        }
        Change::Recorded { change, id, record } => {
            if let Change::DeleteHostedZone(zone) | Change::ChangeRecordSets { hosted_zone: zone, .. } = &*change {
                hosted_zone::of_api(current, zone)?;
            }
            Ok(with_record(plan(current, *change)?, id, record))
        }
        Change::CreateHostedZone { zone, registration, vpc } => hosted_zone::create(current, *zone, registration, vpc),
        Change::CommentHostedZone { hosted_zone, comment } => hosted_zone::comment(current, &hosted_zone, comment),
        Change::AssociateVpc { hosted_zone, vpc } => vpc_association::associate(current, &hosted_zone, vpc),
        Change::DisassociateVpc { hosted_zone, vpc } => vpc_association::disassociate(current, &hosted_zone, &vpc),
        Change::AuthorizeVpc { hosted_zone, vpc } => vpc_association::authorize(current, hosted_zone, vpc),
        Change::DeauthorizeVpc { hosted_zone, vpc } => vpc_association::deauthorize(current, hosted_zone, vpc),
        Change::DescribeVpc(vpc) => vpc_description::describe(current, vpc),
        Change::ForgetVpc(id) => vpc_description::forget(current, &id),
        Change::SynchronizeVpcs(vpcs) => vpc_description::synchronize(current, vpcs),
        Change::CreateHealthCheck { check, registration } => health_check::create(current, check, registration),
        Change::UpdateHealthCheck { check, registration } => health_check::update(current, check, registration),
        Change::DeleteHealthCheck(id) => health_check::delete(current, &id),
        Change::ChangeTags { resource, add, remove } => tag::change(current, resource, add, &remove),
        Change::CreateCidrCollection { collection, registration } => {
            cidr_collection::create(current, collection, registration)
        }
        Change::UpdateCidrCollection { collection, registration } => {
            cidr_collection::update(current, collection, registration)
        }
        Change::DeleteCidrCollection(id) => cidr_collection::delete(current, &id),
        Change::CreateDelegationSet { id, set, hosted_zone } => {
            delegation_set::create(current, id, set, hosted_zone.as_ref())
        }
        Change::DeleteDelegationSet(id) => delegation_set::delete(current, &id),
        Change::TrafficPolicy(change) => traffic_policy::plan(current, change),
        Change::ChangeDnssec { hosted_zone, change } => dnssec::change(current, &hosted_zone, change),
        Change::CreateQueryLoggingConfig { id, config } => query_logging_config::create(current, id, config),
        Change::DeleteQueryLoggingConfig(id) => query_logging_config::delete(current, &id),
        Change::Protect { hosted_zone, protections } => {
            record_set_protection::protect(current, &hosted_zone, protections)
        }
        Change::Unprotect { hosted_zone, protections } => {
            record_set_protection::unprotect(current, &hosted_zone, protections)
        }
        Change::ChangeFeatures { hosted_zone, features } => {
            hosted_zone_feature::change(current, &hosted_zone, features)
        }
    }
}

/// The account in which a change is known, and the oldest is not if there are too many.
fn with_record(account: Account, id: ChangeId, record: ChangeRecord) -> Account {
    let mut registry = account.registry().clone();
    registry.changes = registry.changes.with(id, record);
    let oldest = registry.changes.iter().next().map(|(id, _)| id.clone());
    if let Some(oldest) = oldest.filter(|_| registry.changes.len() > limits::CHANGES) {
        registry.changes = registry.changes.without(&oldest);
    }
    account.with_registry(registry)
}
