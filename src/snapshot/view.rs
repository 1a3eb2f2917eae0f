//! Who asked decides what exists: the Internet sees public zones, a VPC its private zones before them.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::model::{AwsRegion, VpcId};

use super::hashed_name::{HashedName, ShortHash};
use super::name_index::{NameIndex, Named};
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
#[derive(Clone, Debug)]
pub struct VpcView {
    pub id: VpcId,
    pub region: AwsRegion,
    pub(super) zones: ZoneIndex,
}

/// A zone, to be found by its name.
#[derive(Clone, Debug)]
struct ZoneOfName(ShortHash, Arc<Zone>);

impl Named for ZoneOfName {
    fn name(&self) -> &[u8] {
        self.1.name()
    }

    fn hash(&self) -> ShortHash {
        self.0
    }
}

/// Zones by apex name.
#[derive(Clone, Debug, Default)]
pub struct ZoneIndex {
    by_name: NameIndex<ZoneOfName>,
    /// No zone's name has more labels, the root's included.
    most_labels: usize,
}

/// A zone that a name is at or below.
#[derive(Clone, Copy, Debug)]
pub struct ZoneMatch<'s> {
    pub zone: &'s Zone,
    /// How many labels of the name stand before the apex.
    pub labels_below: usize,
}

impl ZoneIndex {
    /// Puts a zone in the place of the one of its name.
    pub(super) fn insert(&mut self, zone: Arc<Zone>) {
        self.most_labels = self.most_labels.max(zone.label_count());
        self.by_name.insert(ZoneOfName(zone.hash().short(), zone));
    }

    pub(super) fn remove(&mut self, zone: &Zone) {
        self.by_name.remove(zone.name(), zone.hash());
    }

    /// Every zone that a name is at or below, from the longest name to the shortest (Z-3, PZ-10); the first
    /// `labels` labels of the name do not count.
    pub fn matches<'s>(&'s self, name: &HashedName, labels: usize) -> impl Iterator<Item = ZoneMatch<'s>> {
        let mut next = labels;
        std::iter::from_fn(move || {
            let found = self.longest_match(name, next)?;
            next = found.labels_below + 1;
            Some(found)
        })
    }

    /// The first of those.
    pub fn longest_match(&self, name: &HashedName, labels: usize) -> Option<ZoneMatch<'_>> {
        let mut labels_below = labels.max(name.label_count().saturating_sub(self.most_labels));
        while labels_below < name.label_count() {
            let (suffix, hash) = name.without(labels_below);
            if let Some(ZoneOfName(_, zone)) = self.by_name.get(suffix, hash) {
                return Some(ZoneMatch { zone, labels_below });
            }
            labels_below += 1;
        }
        None
    }
}
