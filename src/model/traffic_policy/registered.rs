//! Traffic policies and their instances as an account keeps them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::super::domain_name::DomainName;
use super::super::identifier::{HostedZoneId, TrafficPolicyId};
use super::super::record_type::RecordType;

/// Versions of a document under one name, which no other policy has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficPolicy {
    pub name: Box<str>,
    /// Policies are listed in the order they were made.
    pub created_at: Timestamp,
    /// The number of the latest version that was ever made: numbers begin at 1, and none is given twice.
    pub latest_number: u32,
    /// By number, at least one.
    pub versions: BTreeMap<u32, Arc<TrafficPolicyVersion>>,
}

/// Only its comment ever changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficPolicyVersion {
    pub record_type: RecordType,
    /// The text that was given, which is a valid document.
    pub document: Box<str>,
    pub comment: Option<Box<str>>,
}

/// The record sets that a version of a policy has made in a zone. Which they are, the
/// [`Registry`](super::super::registry::Registry) knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficPolicyInstance {
    pub hosted_zone: HostedZoneId,
    pub name: DomainName,
    pub record_type: RecordType,
    /// Seconds.
    pub ttl: u32,
    pub policy: TrafficPolicyId,
    pub version: u32,
}
