//! Who asked decides what exists: the Internet sees public zones, a VPC its private zones before them.

use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::HashMap;
use ipnet::IpNet;

use crate::model::{AwsRegion, VpcId};

use super::zone::Zone;

/// What a client can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Outside every VPC: the authoritative face, public zones only.
    Internet,
    /// Inside a VPC: the resolver face, its private zones first.
    Vpc(VpcIndex),
}

/// The place of a VPC in one snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VpcIndex(pub(super) usize);

/// Why a client has its view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewReason {
    /// The listener is bound to the VPC.
    Listener,
    /// The listener is bound to a VPC that the account no longer has.
    UnknownVpc,
    /// The address that was asked is the VPC's resolver: the base of one of its networks plus two (PZ-1).
    Resolver(IpAddr),
    /// The longest VPC network that holds the source address (PZ-4).
    SourceIn(IpNet),
    /// The longest VPC network that holds the client subnet, from a sender trusted to say it.
    SubnetIn(IpNet),
    /// No VPC network holds the source address.
    NoVpc,
}

/// Who sent a query, as the transport knows it.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    pub source: IpAddr,
    /// Which of our addresses was asked, if that is known.
    pub destination: Option<IpAddr>,
    /// The VPC the listener is bound to.
    pub listener_vpc: Option<&'a VpcId>,
    /// EDNS client subnet, unless its prefix length is 0 (P-16).
    pub subnet: Option<IpNet>,
    pub subnet_trust: SubnetTrust,
}

/// Whether the client subnet may stand for the source address when the VPC is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubnetTrust {
    Trusted,
    Untrusted,
}

/// A VPC with its private zones.
#[derive(Debug)]
pub struct VpcView {
    pub id: VpcId,
    pub region: AwsRegion,
    pub(super) zones: ZoneIndex,
}

/// Zones by apex name.
#[derive(Debug, Default)]
pub struct ZoneIndex {
    by_name: HashMap<Box<[u8]>, Arc<Zone>, foldhash::fast::RandomState>,
}

impl ZoneIndex {
    pub(super) fn insert(&mut self, zone: Arc<Zone>) {
        self.by_name.insert(zone.name().wire().into(), zone);
    }

    /// Z-3, PZ-10: the zone with the longest name that `name` is at or below.
    pub fn longest_match(&self, name: &[u8]) -> Option<&Zone> {
        self.matches(name).next()
    }

    /// Every zone that `name` is at or below, from the longest name to the shortest.
    pub fn matches<'s>(&'s self, name: &[u8]) -> impl Iterator<Item = &'s Zone> {
        let mut suffix = Some(name);
        std::iter::from_fn(move || {
            while let Some(name) = suffix {
                suffix = name
                    .split_first()
                    .filter(|(length, _)| **length != 0)
                    .map(|(length, rest)| &rest[usize::from(*length)..]);
                if let Some(zone) = self.by_name.get(name) {
                    return Some(&**zone);
                }
            }
            None
        })
    }
}
