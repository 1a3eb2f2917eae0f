//! What an API has, with its own ids.

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::model::{
    AwsRegion, CidrCollectionId, CidrLocationName, DomainName, HealthCheckConfig, HealthCheckId, HostedZoneId,
    RecordSet, RecordSetKey, Tags, VpcId,
};

/// An account, as far as it was asked for.
#[derive(Clone, Debug, Default)]
pub struct ListedAccount {
    pub hosted_zones: Vec<ListedZone>,
    pub health_checks: Vec<ListedCheck>,
    pub cidr_collections: Vec<ListedCollection>,
}

/// What a list of hosted zones says of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneHead {
    pub id: HostedZoneId,
    pub name: DomainName,
    pub comment: Box<str>,
    pub is_private: bool,
    /// What it belongs to, if it cannot be changed through the API: a zone file of the server, or another service.
    pub linked_to: Option<Box<str>>,
}

#[derive(Clone, Debug)]
pub struct ListedZone {
    pub head: ZoneHead,
    /// Of a private zone.
    pub vpcs: BTreeMap<VpcId, AwsRegion>,
    /// Of a public zone, as the API writes them, without a final dot.
    pub name_servers: Vec<Box<str>>,
    /// The reusable delegation set that they come from.
    pub delegation_set: Option<Box<str>>,
    pub tags: Tags,
    /// Of a public zone, if the API tells.
    pub dnssec: Option<ListedDnssec>,
    pub record_sets: Vec<RecordSet>,
    /// What belongs to traffic policy instances, each with the id of its own. Some say no more, and are not among the
    /// record sets.
    pub of_instances: BTreeMap<RecordSetKey, Box<str>>,
}

/// DNSSEC of a zone, which zone files cannot hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListedDnssec {
    pub is_signed: bool,
    pub key_signing_keys: usize,
}

#[derive(Clone, Debug)]
pub struct ListedCheck {
    pub id: HealthCheckId,
    pub caller_reference: Box<str>,
    pub version: u64,
    pub config: HealthCheckConfig,
    /// As of a zone.
    pub linked_to: Option<Box<str>>,
    pub tags: Tags,
}

#[derive(Clone, Debug)]
pub struct ListedCollection {
    pub id: CidrCollectionId,
    pub name: Box<str>,
    pub locations: BTreeMap<CidrLocationName, Vec<IpNet>>,
}

impl ListedZone {
    /// The DNSSEC of the zone in words, if it has any: `DNSSEC signing and 1 key signing key`.
    pub fn dnssec_words(&self) -> Option<String> {
        let ListedDnssec { is_signed, key_signing_keys } = self.dnssec?;
        let keys = match key_signing_keys {
            1 => "1 key signing key".to_owned(),
            count => format!("{count} key signing keys"),
        };
        match (is_signed, key_signing_keys) {
            (false, 0) => None,
            (false, _) => Some(keys),
            (true, _) => Some(format!("DNSSEC signing and {keys}")),
        }
    }
}

impl ZoneHead {
    /// `public`, `private`.
    pub fn kind(&self) -> &'static str {
        if self.is_private { "private" } else { "public" }
    }
}
