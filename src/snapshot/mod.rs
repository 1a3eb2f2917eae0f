//! An account indexed for answering, numbered by generation, never changed once built.

mod boundaries;
mod compiled;
mod country_boundaries;
pub mod country_data;
pub mod hashed_name;
pub mod health_slots;
pub mod health_table;
mod name_index;
pub mod networks;
pub mod node;
pub mod place;
pub mod view;
pub mod zone;
mod zone_builder;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use ipnet::IpNet;

use crate::model::{
    Account, CidrCollectionId, CidrLocationName, Difference, DomainName, HealthCheckId, HealthStatus, HostedZone,
    HostedZoneId, Visibility,
};

pub use compiled::Compiled;
pub use country_data::CountryData;
pub use hashed_name::{HashedName, Seed, Target};
pub use health_slots::HealthSlots;
pub use health_table::{HealthEntry, HealthSlot, HealthTable};
pub use networks::Networks;
pub use node::{AliasDestination, Group, GroupRef, Member, MemberContent, Node, Values};
pub use place::Place;
pub use view::{Asker, SubnetTrust, View, ViewReason, VpcIndex, VpcView, ZoneMatch};
pub use zone::{CompiledGlue, Zone};

use hashed_name::ShortHash;
use name_index::{NameIndex, Named};
use place::Places;
use view::ZoneIndex;

/// Counts the snapshots of one process; later ones are larger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation(pub u64);

#[derive(Clone, Debug)]
pub struct Snapshot {
    generation: Generation,
    account: Arc<Account>,
    seed: Seed,
    health_slots: Arc<HealthSlots>,
    zones: NameIndex<ZoneOfId>,
    public: ZoneIndex,
    vpcs: Vec<VpcView>,
    vpc_networks: Arc<Networks<VpcIndex>>,
    /// PZ-1: the addresses of VPC resolvers.
    vpc_resolvers: Arc<HashMap<IpAddr, VpcIndex>>,
    places: Arc<Places>,
    country_data: Arc<CountryData>,
    cidr_collections: Arc<HashMap<CidrCollectionId, Networks<CidrLocationName>>>,
}

/// A zone, to be found by its id.
#[derive(Clone, Debug)]
struct ZoneOfId(ShortHash, Arc<Zone>);

impl Named for ZoneOfId {
    fn name(&self) -> &[u8] {
        self.1.id().as_str().as_bytes()
    }

    fn hash(&self) -> ShortHash {
        self.0
    }
}

impl Snapshot {
    /// Indexes the first account of a process.
    pub fn new(account: Arc<Account>, country_data: Arc<CountryData>) -> Snapshot {
        let empty = Snapshot {
            generation: Generation(0),
            account: Arc::default(),
            seed: Seed::random(),
            health_slots: Arc::default(),
            zones: NameIndex::default(),
            public: ZoneIndex::default(),
            vpcs: Vec::new(),
            vpc_networks: Arc::default(),
            vpc_resolvers: Arc::default(),
            places: Arc::new(Places::new(&[])),
            country_data,
            cidr_collections: Arc::default(),
        };
        Snapshot { generation: Generation(0), ..empty.next(account) }
    }

    /// Indexes the account that follows this snapshot's: health checks keep their slots, and what did not change is
    /// shared.
    pub fn next(&self, account: Arc<Account>) -> Snapshot {
        let mut next = Snapshot { generation: Generation(self.generation.0 + 1), ..self.clone() };
        let old = std::mem::replace(&mut next.account, Arc::clone(&account));
        if !old.shares_settings_with(&account) {
            next.index_settings(&old);
        }
        next.index_zones(&old);
        next
    }

    /// What an account has beside zones.
    fn index_settings(&mut self, old: &Account) {
        let account = Arc::clone(&self.account);
        if old.health_checks() != account.health_checks() {
            self.health_slots = Arc::new(HealthSlots::assign(&account, &self.health_slots));
        }
        if old.client_locations() != account.client_locations() {
            self.places = Arc::new(Places::new(account.client_locations()));
        }
        if old.cidr_collections() != account.cidr_collections() {
            self.index_cidr_collections();
        }
    }

    fn index_cidr_collections(&mut self) {
        let collections = self.account.cidr_collections().values().map(|collection| {
            let blocks = collection.locations().iter();
            let networks = blocks.flat_map(|(location, blocks)| blocks.iter().map(|block| (*block, location.clone())));
            (collection.id().clone(), networks.collect())
        });
        self.cidr_collections = Arc::new(collections.collect());
    }

    /// Takes out what is gone, then puts in what is new: a name may have gone from one zone to another.
    fn index_zones(&mut self, old: &Account) {
        let account = Arc::clone(&self.account);
        let mut changed = Vec::new();
        for difference in old.changed_zones(&account) {
            match difference {
                Difference::Added(after) => changed.push((&**after, None)),
                Difference::Removed(before) => drop(self.remove_zone(before)),
                Difference::Replaced { old: before, new: after } => {
                    changed.push((after, self.remove_zone(before).map(|zone| (zone, &**before))));
                }
            }
        }
        if !old.shares_settings_with(&account) && old.vpcs() != account.vpcs() {
            self.index_vpcs();
        }
        for (hosted_zone, before) in changed {
            let zone = match before {
                Some((zone, before)) => zone_builder::rebuild(&zone, before, hosted_zone, &self.health_slots),
                None => zone_builder::build(hosted_zone, &self.health_slots, self.seed),
            };
            let zone = Arc::new(zone);
            self.insert_private_zone(hosted_zone, &zone);
            self.zones.insert(ZoneOfId(self.seed.hash_text(zone.id().as_str()).short(), zone));
        }
        for difference in old.changed_zones(&account) {
            let (before, after) = difference.versions();
            let versions = before.into_iter().chain(after);
            for zone in versions.filter(|zone| *zone.visibility() == Visibility::Public) {
                self.index_public_name(zone.name());
            }
        }
    }

    /// The VPCs of the account, with the zones that are indexed so far.
    fn index_vpcs(&mut self) {
        let account = Arc::clone(&self.account);
        let views = account.vpcs().values();
        self.vpcs =
            views.map(|vpc| VpcView { id: vpc.id.clone(), region: vpc.region, zones: ZoneIndex::default() }).collect();
        let networks = account.vpcs().values().enumerate();
        let networks = networks.flat_map(|(index, vpc)| vpc.cidrs.iter().map(move |cidr| (*cidr, VpcIndex(index))));
        let networks: Networks<VpcIndex> = networks.collect();
        let mut resolvers = HashMap::new();
        for (index, vpc) in account.vpcs().values().enumerate() {
            for address in vpc.cidrs.iter().filter_map(|cidr| resolver_address(*cidr)) {
                resolvers.entry(address).or_insert(VpcIndex(index));
            }
        }
        (self.vpc_networks, self.vpc_resolvers) = (Arc::new(networks), Arc::new(resolvers));
        for ZoneOfId(_, zone) in self.zones.clone().values() {
            if let Some(hosted_zone) = account.hosted_zone(zone.id()) {
                self.insert_private_zone(hosted_zone, zone);
            }
        }
    }

    fn insert_private_zone(&mut self, hosted_zone: &HostedZone, zone: &Arc<Zone>) {
        if let Visibility::Private(associated) = hosted_zone.visibility() {
            for vpc in self.vpcs.iter_mut().filter(|vpc| associated.contains(&vpc.id)) {
                vpc.zones.insert(Arc::clone(zone));
            }
        }
    }

    /// Z-2: of several public zones of a name, queries go to the one that is delegated to.
    fn index_public_name(&mut self, name: &DomainName) {
        let delegated = self.account.public_zone_named(name).and_then(|zone| self.zone(zone.id()));
        if let Some(zone) = delegated.cloned() {
            self.public.insert(zone);
        }
    }

    fn remove_zone(&mut self, hosted_zone: &HostedZone) -> Option<Arc<Zone>> {
        let id = hosted_zone.id().as_str();
        let ZoneOfId(_, zone) = self.zones.remove(id.as_bytes(), self.seed.hash_text(id))?;
        match hosted_zone.visibility() {
            Visibility::Public => self.public.remove(&zone),
            Visibility::Private(associated) => {
                for vpc in self.vpcs.iter_mut().filter(|vpc| associated.contains(&vpc.id)) {
                    vpc.zones.remove(&zone);
                }
            }
        }
        Some(zone)
    }

    pub fn generation(&self) -> Generation {
        self.generation
    }

    pub fn account(&self) -> &Arc<Account> {
        &self.account
    }

    pub fn health_slot(&self, id: &HealthCheckId) -> Option<HealthSlot> {
        self.health_slots.slot(id)
    }

    /// What `table` says of a check of this snapshot, else its initial status (HC-32).
    pub fn health_status(&self, slot: HealthSlot, table: &HealthTable) -> HealthStatus {
        self.health_slots.status(slot, table)
    }

    pub fn zone(&self, id: &HostedZoneId) -> Option<&Arc<Zone>> {
        let id = id.as_str();
        self.zones.get(id.as_bytes(), self.seed.hash_text(id)).map(|ZoneOfId(_, zone)| zone)
    }

    pub fn vpc(&self, index: VpcIndex) -> &VpcView {
        &self.vpcs[index.0]
    }

    /// Architecture, invariant 7: the listener's VPC if it is bound to one, else the VPC whose resolver's address was
    /// asked, else the longest VPC network that holds the client.
    #[inline]
    pub fn view_of(&self, asker: &Asker<'_>) -> (View, ViewReason) {
        if let Some(id) = asker.listener_vpc {
            return match self.vpcs.binary_search_by(|vpc| vpc.id.cmp(id)) {
                Ok(index) => (View::Vpc(VpcIndex(index)), ViewReason::Listener),
                Err(_) => (View::Internet, ViewReason::UnknownVpc),
            };
        }
        if !self.vpc_resolvers.is_empty()
            && let Some(address) = asker.destination.map(|address| address.to_canonical())
            && let Some(index) = self.vpc_resolvers.get(&address)
        {
            return (View::Vpc(*index), ViewReason::Resolver(address));
        }
        if self.vpcs.is_empty() {
            return (View::Internet, ViewReason::NoVpc);
        }
        let trusted_subnet = asker.subnet.filter(|_| asker.subnet_trust == SubnetTrust::Trusted);
        let network = trusted_subnet.unwrap_or_else(|| IpNet::from(asker.source.to_canonical()));
        match self.vpc_networks.longest_match(network) {
            Some((cidr, index)) if trusted_subnet.is_some() => (View::Vpc(*index), ViewReason::SubnetIn(cidr)),
            Some((cidr, index)) => (View::Vpc(*index), ViewReason::SourceIn(cidr)),
            None => (View::Internet, ViewReason::NoVpc),
        }
    }

    /// What the hashes of names start from.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// The zone that answers a name in a view: a private zone of the VPC if one matches, and then no other (PZ-10,
    /// PZ-13), else the longest public match.
    pub fn zone_of(&self, view: View, name: &HashedName) -> Option<ZoneMatch<'_>> {
        let private = match view {
            View::Internet => None,
            View::Vpc(index) => self.vpcs[index.0].zones.longest_match(name, 0),
        };
        private.or_else(|| self.public.longest_match(name, 0))
    }

    /// The longest public match for a name without its first `labels` labels, whoever asks.
    pub fn public_zone_of(&self, name: &HashedName, labels: usize) -> Option<ZoneMatch<'_>> {
        self.public.longest_match(name, labels)
    }

    /// Every zone of a view that a name is at or below: private before public, the longest name first.
    pub fn zones_of(&self, view: View, name: &HashedName) -> impl Iterator<Item = ZoneMatch<'_>> {
        let private = match view {
            View::Internet => None,
            View::Vpc(index) => Some(self.vpcs[index.0].zones.matches(name, 0)),
        };
        private.into_iter().flatten().chain(self.public.matches(name, 0))
    }

    /// Where a client is: where its network is, or inside a VPC in the VPC's region (PZ-20).
    pub fn place_of(&self, view: View, network: Option<IpNet>) -> Place<'_> {
        match (view, network) {
            (View::Vpc(index), _) => Place::of_region(self.vpcs[index.0].region),
            (View::Internet, Some(network)) => self.places.place_of(network, &self.country_data),
            (View::Internet, None) => Place::default(),
        }
    }

    /// IP-3: the location of the longest block of a collection that holds `network`.
    pub fn cidr_location(&self, collection: &CidrCollectionId, network: IpNet) -> Option<&CidrLocationName> {
        self.cidr_collections.get(collection)?.longest_match(network).map(|(_, location)| location)
    }

    pub fn has_vpc_networks(&self) -> bool {
        !self.vpc_networks.is_empty()
    }

    /// P-15: the length of the shortest prefix around a client subnet's address in which every client has the same view, if
    /// the subnet decides on the view.
    pub fn view_prefix_length(&self, subnet: IpNet) -> u8 {
        self.vpc_networks.prefix_length(subnet.addr())
    }

    /// P-15: the same for the place of clients in the Internet view.
    pub fn place_prefix_length(&self, subnet: IpNet) -> u8 {
        self.places.prefix_length(subnet, &self.country_data)
    }

    /// P-15: the same for the location in a CIDR collection.
    pub fn cidr_prefix_length(&self, collection: &CidrCollectionId, subnet: IpNet) -> u8 {
        self.cidr_collections.get(collection).map_or(0, |networks| networks.prefix_length(subnet.addr()))
    }
}

/// PZ-1: the base of a VPC's network plus two.
fn resolver_address(cidr: IpNet) -> Option<IpAddr> {
    match cidr {
        IpNet::V4(cidr) if cidr.prefix_len() <= 28 => {
            Some(Ipv4Addr::from(u32::from(cidr.network()).saturating_add(2)).into())
        }
        IpNet::V4(_) | IpNet::V6(_) => None,
    }
}
