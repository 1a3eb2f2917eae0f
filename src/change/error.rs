//! Why a change is refused.

use std::fmt;

use crate::model::{AccountRule, HostedZoneId, HostedZoneViolation, RecordSetKey, ZoneRule};

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
    /// The outcome breaks a rule of its zone. `None` when the zone as a whole is at fault.
    BreaksZoneRule(Option<RecordSetKey>, ZoneRule),
    /// The outcome breaks a rule of its account.
    BreaksAccountRule(Option<RecordSetKey>, AccountRule),
}

impl ChangeError {
    pub(super) fn of_hosted_zone(violations: Vec<HostedZoneViolation>) -> ChangeError {
        ChangeError::HostedZone(violations)
    }

    pub(super) fn of_record_sets(violations: Vec<HostedZoneViolation>) -> ChangeError {
        let findings = violations.into_iter().map(|it| RecordSetFinding::BreaksAccountRule(it.record_set, it.rule));
        ChangeError::RecordSets(findings.collect())
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
