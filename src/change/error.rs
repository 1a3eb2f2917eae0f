//! Why a change is refused.

use std::fmt;

use crate::model::{
    AccountRule, AliasZoneError, CallerReference, CidrCollectionId, CidrLocation, Conflict, DelegationSetId,
    DomainName, HealthCheckId, HostedZoneId, HostedZoneViolation, ProtectionKey, QueryLoggingConfigId, RecordSetKey,
    RecordSetProtection, TrafficPolicyInstanceId, VpcId, ZoneRule, limits,
};

use super::dnssec::DnssecRefusal;
use super::traffic_policy_refusal::TrafficPolicyRefusal;

/// Why a change is refused: everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeError {
    NoSuchHostedZone(HostedZoneId),
    /// C-4.
    HostedZoneNotEmpty(HostedZoneId),
    /// What a hosted zone breaks as a whole or by its record sets.
    HostedZone(Vec<HostedZoneViolation>),
    /// C-1: what is wrong with the changes of a batch, or with their outcome.
    RecordSets(Vec<RecordSetFinding>),
    /// What zone files break together with what was made through the API.
    Account(Vec<Conflict>),
    /// It can be changed in its zone file only.
    DescribedByFile(Described),
    CallerReferenceTaken(CallerReference),
    /// Another thing of its kind has the id, which was drawn at random.
    IdTaken,
    /// It is not the version any more that the change is for.
    OtherVersion,
    NoSuchHealthCheck(HealthCheckId),
    NoSuchCidrCollection(CidrCollectionId),
    CidrCollectionNameTaken(Box<str>),
    /// Record sets name the collection, or this location of it.
    CidrInUse(CidrCollectionId, Option<CidrLocation>),
    NoSuchDelegationSet(DelegationSetId),
    /// Hosted zones have its name servers.
    DelegationSetInUse(DelegationSetId),
    /// Z-3: another zone of the set has the name, or one above or below it.
    ConflictingDomain(DelegationSetId, HostedZoneId),
    /// The zone's name servers are those of a reusable set already.
    DelegationSetAlreadyReusable(HostedZoneId),
    /// PZ-18: a public zone has no VPCs.
    PublicZone(HostedZoneId, VpcId),
    NotAssociated(HostedZoneId, VpcId),
    /// PZ-18.
    LastVpc(HostedZoneId, VpcId),
    NotAuthorized(HostedZoneId, VpcId),
    /// No operator has said what the VPC is.
    VpcNotDescribed(VpcId),
    /// HC-40.
    CalculatedChild(HealthCheckId),
    TooManyTags(usize),
    TrafficPolicy(TrafficPolicyRefusal),
    Dnssec(HostedZoneId, DnssecRefusal),
    /// The zone still has key signing keys.
    KeySigningKeysLeft(HostedZoneId),
    /// C-5: the zone still has protections.
    ProtectionsLeft(HostedZoneId),
    /// These are there already, of so many that were to be made.
    ProtectionsExist(Vec<ProtectionKey>, usize),
    NoSuchProtections(Vec<ProtectionKey>),
    /// The zone has one.
    QueryLoggingConfigExists(HostedZoneId),
    /// Only queries for public zones are logged.
    QueryLoggingOfPrivateZone(HostedZoneId),
    NoSuchQueryLoggingConfig(QueryLoggingConfigId),
    /// A feature of private zones, and this one is public, or the other way round.
    NoSuchFeature(HostedZoneId, Feature),
}

/// A feature that only some zones can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    AcceleratedRecovery,
    PublicDnsFallback,
}

/// Something that a zone file describes, and which file if it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    pub what: DescribedPart,
    pub file: Option<Box<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DescribedPart {
    HostedZone(HostedZoneId),
    HealthCheck(HealthCheckId),
    CidrCollection(CidrCollectionId),
    Vpc(VpcId),
}

impl fmt::Display for DescribedPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DescribedPart::HostedZone(id) => write!(f, "hosted zone {id}"),
            DescribedPart::HealthCheck(id) => write!(f, "health check {id}"),
            DescribedPart::CidrCollection(id) => write!(f, "CIDR collection {id}"),
            DescribedPart::Vpc(id) => write!(f, "VPC {id}"),
        }
    }
}

/// One thing that is wrong with a change batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordSetFinding {
    /// err/8.
    AlreadyExists(RecordSetKey),
    /// err/8.
    NotFound(RecordSetKey),
    /// err/8: the record set is there, but it is not the one that was to be deleted.
    DoesNotMatch(RecordSetKey),
    /// C-2, err/6: the batch changes the record set more often than by one deletion and a creation after it.
    ChangedTwice(RecordSetKey),
    /// TP-4: it comes, changes and goes with the instance.
    OfTrafficPolicyInstance(RecordSetKey, TrafficPolicyInstanceId),
    /// C-5: nobody changes it as long as it is protected.
    Protected(ProtectionKey, RecordSetProtection),
    /// A-11, err/5: the target of the alias is not in the hosted zone it names.
    AliasInWrongZone(RecordSetKey, Box<AliasZoneError>),
    /// The record set breaks a rule of its zone as the changes before left it, or the outcome does, if the zone as a whole
    /// is at fault: `None`.
    BreaksZoneRule(Option<RecordSetKey>, ZoneRule),
    /// The outcome breaks a rule of its account.
    BreaksAccountRule(Option<RecordSetKey>, AccountRule),
}

impl RecordSetFinding {
    /// Whether a rule is broken, rather than a change impossible.
    pub(super) fn is_broken_rule(&self) -> bool {
        matches!(self, RecordSetFinding::BreaksZoneRule(..) | RecordSetFinding::BreaksAccountRule(..))
    }

    /// The name whose record sets are at fault; `None` for the zone as a whole.
    pub(super) fn name(&self) -> Option<&DomainName> {
        match self {
            RecordSetFinding::AlreadyExists(key)
            | RecordSetFinding::NotFound(key)
            | RecordSetFinding::DoesNotMatch(key)
            | RecordSetFinding::ChangedTwice(key)
            | RecordSetFinding::OfTrafficPolicyInstance(key, _)
            | RecordSetFinding::AliasInWrongZone(key, _) => Some(&key.name),
            RecordSetFinding::Protected(key, _) => Some(&key.name),
            RecordSetFinding::BreaksZoneRule(key, _) | RecordSetFinding::BreaksAccountRule(key, _) => {
                key.as_ref().map(|key| &key.name)
            }
        }
    }
}

impl ChangeError {
    pub(super) fn of_hosted_zone(violations: Vec<HostedZoneViolation>) -> ChangeError {
        ChangeError::HostedZone(violations)
    }

    pub(super) fn of_record_sets(violations: Vec<HostedZoneViolation>) -> ChangeError {
        let findings = violations.into_iter().map(|it| RecordSetFinding::BreaksAccountRule(it.record_set, it.rule));
        ChangeError::RecordSets(findings.collect())
    }

    /// Of a batch with which something else is wrong too, which is told first.
    pub(super) fn after(self, findings: &[RecordSetFinding]) -> ChangeError {
        match self {
            ChangeError::RecordSets(others) => ChangeError::RecordSets([findings, &others].concat()),
            other => other,
        }
    }
}

impl fmt::Display for RecordSetFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordSetFinding::AlreadyExists(key) => write!(f, "the record set {key} exists already"),
            RecordSetFinding::NotFound(key) => write!(f, "there is no record set {key}"),
            RecordSetFinding::DoesNotMatch(key) => {
                write!(f, "the record set {key} differs from the one that was to be deleted")
            }
            RecordSetFinding::ChangedTwice(key) => write!(f, "the record set {key} is changed twice"),
            RecordSetFinding::OfTrafficPolicyInstance(key, id) => {
                write!(f, "the record set {key} belongs to the traffic policy instance {id}; update or delete that")
            }
            RecordSetFinding::Protected(ProtectionKey { name, record_type, .. }, RecordSetProtection { comment }) => {
                let comment = comment.as_deref().map(|comment| format!(": {comment}")).unwrap_or_default();
                write!(f, "record sets {name} {record_type} are protected{comment}; delete the protection first")
            }
            RecordSetFinding::AliasInWrongZone(key, error) => write_rule(f, Some(key), error, &error.hint()),
            RecordSetFinding::BreaksZoneRule(key, rule) => write_rule(f, key.as_ref(), rule, rule.hint()),
            RecordSetFinding::BreaksAccountRule(key, rule) => write_rule(f, key.as_ref(), rule, rule.hint()),
        }
    }
}

fn write_rule(
    f: &mut fmt::Formatter<'_>,
    key: Option<&RecordSetKey>,
    rule: &dyn fmt::Display,
    hint: &str,
) -> fmt::Result {
    if let Some(key) = key {
        write!(f, "{key}: ")?;
    }
    write!(f, "{rule}; {hint}")
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChangeError::NoSuchHostedZone(id) => write!(f, "there is no hosted zone {id}"),
            ChangeError::HostedZoneNotEmpty(id) => {
                write!(f, "hosted zone {id} holds more than the SOA and NS records of its own name; delete them first")
            }
            ChangeError::HostedZone(violations) => write_list(f, violations, |f, violation| {
                write_rule(f, violation.record_set.as_ref(), &violation.rule, violation.rule.hint())
            }),
            ChangeError::RecordSets(findings) => write_list(f, findings, |f, finding| write!(f, "{finding}")),
            ChangeError::Account(conflicts) => write_list(f, conflicts, |f, conflict| write!(f, "{conflict}")),
            ChangeError::DescribedByFile(Described { what, file: Some(file) }) => {
                write!(f, "{what} is described by the zone file {file}; change it there")
            }
            ChangeError::DescribedByFile(Described { what, file: None }) => {
                write!(f, "{what} is described by the zone files; change it there")
            }
            ChangeError::CallerReferenceTaken(reference) => {
                write!(f, "the caller reference {reference:?} was used already; use another")
            }
            ChangeError::IdTaken => f.write_str("the id is taken; try again with another"),
            ChangeError::OtherVersion => f.write_str("it has changed meanwhile; look at it and try again"),
            ChangeError::NoSuchHealthCheck(id) => write!(f, "there is no health check {id}"),
            ChangeError::NoSuchCidrCollection(id) => write!(f, "there is no CIDR collection {id}"),
            ChangeError::CidrCollectionNameTaken(name) => {
                write!(f, "there is already a CIDR collection named {name:?}; give each its own name")
            }
            ChangeError::CidrInUse(id, None) => {
                write!(f, "record sets name the CIDR collection {id}, or it holds blocks; take them away first")
            }
            ChangeError::CidrInUse(id, Some(location)) => {
                write!(f, "record sets name location {location} of the CIDR collection {id}; change them first")
            }
            ChangeError::NoSuchDelegationSet(id) => write!(f, "there is no reusable delegation set {id}"),
            ChangeError::DelegationSetInUse(id) => {
                write!(f, "hosted zones have the name servers of delegation set {id}; delete them first")
            }
            ChangeError::ConflictingDomain(set, other) => write!(
                f,
                "hosted zone {other} has the name servers of delegation set {set} too, and the name or one above or \
                 below it"
            ),
            ChangeError::DelegationSetAlreadyReusable(id) => {
                write!(f, "the name servers of hosted zone {id} are those of a reusable delegation set already")
            }
            ChangeError::PublicZone(id, vpc) => {
                write!(f, "hosted zone {id} is public and cannot be associated with VPC {vpc}")
            }
            ChangeError::NotAssociated(id, vpc) => write!(f, "hosted zone {id} is not associated with VPC {vpc}"),
            ChangeError::LastVpc(id, vpc) => {
                write!(f, "VPC {vpc} is the last one of the private hosted zone {id}; associate another first")
            }
            ChangeError::NotAuthorized(id, vpc) => {
                write!(f, "there is no authorization to associate VPC {vpc} with hosted zone {id}")
            }
            ChangeError::VpcNotDescribed(id) => write!(f, "no operator has described VPC {id}"),
            ChangeError::CalculatedChild(id) => write!(f, "the child health check {id:?} is itself CALCULATED"),
            ChangeError::TooManyTags(count) => {
                write!(f, "{count} tags are more than {}", limits::TAGS_PER_RESOURCE)
            }
            ChangeError::TrafficPolicy(refusal) => refusal.fmt(f),
            ChangeError::Dnssec(id, refusal) => write!(f, "hosted zone {id}: {refusal}"),
            ChangeError::KeySigningKeysLeft(id) => {
                write!(f, "hosted zone {id} has key signing keys; deactivate and delete them first")
            }
            ChangeError::ProtectionsLeft(id) => {
                write!(f, "hosted zone {id} has protections of record sets; delete them first")
            }
            ChangeError::ProtectionsExist(keys, _) => {
                write_list(f, keys, |f, key| write!(f, "{} {} is protected already", key.name, key.record_type))
            }
            ChangeError::NoSuchProtections(keys) => {
                write_list(f, keys, |f, key| write!(f, "{} {} is not protected", key.name, key.record_type))
            }
            ChangeError::QueryLoggingConfigExists(id) => {
                write!(f, "hosted zone {id} has a query logging configuration already; delete it first")
            }
            ChangeError::QueryLoggingOfPrivateZone(id) => {
                write!(f, "hosted zone {id} is private, and only queries for public zones are logged")
            }
            ChangeError::NoSuchQueryLoggingConfig(id) => write!(f, "there is no query logging configuration {id}"),
            ChangeError::NoSuchFeature(id, Feature::AcceleratedRecovery) => {
                write!(f, "hosted zone {id} is private, and only public zones have accelerated recovery")
            }
            ChangeError::NoSuchFeature(id, Feature::PublicDnsFallback) => {
                write!(f, "hosted zone {id} is public, and only private zones have public DNS fallback")
            }
        }
    }
}

fn write_list<T>(
    f: &mut fmt::Formatter<'_>,
    all: &[T],
    write_one: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (place, one) in all.iter().enumerate() {
        if place > 0 {
            f.write_str(", ")?;
        }
        write_one(f, one)?;
    }
    Ok(())
}

impl std::error::Error for ChangeError {}
