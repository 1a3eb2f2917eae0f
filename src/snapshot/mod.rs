//! An account indexed for answering, numbered by generation, never changed once built.

mod compiled;
pub mod country_data;
pub mod health_slots;
pub mod health_table;
pub mod networks;
pub mod place;
pub mod view;
pub mod zone;
mod zone_builder;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use ipnet::IpNet;

use crate::model::{
    Account, CidrCollectionId, CidrLocationName, HealthCheckId, HealthStatus, HostedZoneId, Visibility,
};

pub use compiled::Compiled;
pub use country_data::CountryData;
pub use health_slots::HealthSlots;
pub use health_table::{HealthEntry, HealthSlot, HealthTable};
pub use networks::Networks;
pub use place::Place;
pub use view::{Asker, SubnetTrust, View, ViewReason, VpcIndex, VpcView};
pub use zone::{AliasDestination, Group, GroupId, Member, MemberContent, Node, NodeId, Values, Zone};

use place::Places;
use view::ZoneIndex;

/// Counts the snapshots of one process; later ones are larger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation(pub u64);

#[derive(Debug)]
pub struct Snapshot {
    generation: Generation,
    account: Arc<Account>,
    health_slots: HealthSlots,
    zones: HashMap<HostedZoneId, Arc<Zone>>,
    public: ZoneIndex,
    vpcs: Vec<VpcView>,
    vpc_networks: Networks<VpcIndex>,
    /// PZ-1: the addresses of VPC resolvers.
    vpc_resolvers: HashMap<IpAddr, VpcIndex>,
    places: Places,
    country_data: Arc<CountryData>,
    cidr_collections: HashMap<CidrCollectionId, Networks<CidrLocationName>>,
}

impl Snapshot {
    /// Indexes the first account of a process.
    pub fn new(account: Arc<Account>, country_data: Arc<CountryData>) -> Snapshot {
        let health_slots = HealthSlots::assign(&account, &HealthSlots::default());
        Snapshot::build(account, country_data, Generation(0), health_slots, &HashMap::new())
    }

    /// Indexes the account that follows this snapshot's: health checks keep their slots, zones that did not change
    /// are shared.
    pub fn next(&self, account: Arc<Account>) -> Snapshot {
        let health_slots = HealthSlots::assign(&account, &self.health_slots);
        let mut unchanged = HashMap::new();
        if health_slots.agrees_with(&self.health_slots) {
            for (id, zone) in account.hosted_zones() {
                if self.account.hosted_zones().get(id).is_some_and(|old| Arc::ptr_eq(old, zone) || old == zone) {
                    unchanged.insert(id.clone(), Arc::clone(&self.zones[id]));
                }
            }
        }
        let generation = Generation(self.generation.0 + 1);
        Snapshot::build(account, Arc::clone(&self.country_data), generation, health_slots, &unchanged)
    }

    fn build(
        account: Arc<Account>,
        country_data: Arc<CountryData>,
        generation: Generation,
        health_slots: HealthSlots,
        built: &HashMap<HostedZoneId, Arc<Zone>>,
    ) -> Snapshot {
        let mut vpcs: Vec<VpcView> = account
            .vpcs()
            .values()
            .map(|vpc| VpcView { id: vpc.id.clone(), region: vpc.region, zones: ZoneIndex::default() })
            .collect();
        let mut vpc_networks = Networks::default();
        let mut vpc_resolvers = HashMap::new();
        for (index, vpc) in account.vpcs().values().enumerate() {
            for cidr in &vpc.cidrs {
                vpc_networks.insert(*cidr, VpcIndex(index));
                if let Some(address) = resolver_address(*cidr) {
                    vpc_resolvers.entry(address).or_insert(VpcIndex(index));
                }
            }
        }
        let mut public = ZoneIndex::default();
        let mut zones = HashMap::with_capacity(account.hosted_zones().len());
        for (id, hosted_zone) in account.hosted_zones() {
            let zone = match built.get(id) {
                Some(zone) => Arc::clone(zone),
                None => Arc::new(zone_builder::build(hosted_zone, &health_slots)),
            };
            match hosted_zone.visibility() {
                Visibility::Public => public.insert(Arc::clone(&zone)),
                Visibility::Private(associated) => {
                    for vpc in vpcs.iter_mut().filter(|vpc| associated.contains(&vpc.id)) {
                        vpc.zones.insert(Arc::clone(&zone));
                    }
                }
            }
            zones.insert(id.clone(), zone);
        }
        let cidr_collections = account.cidr_collections().values().map(|collection| {
            let mut networks = Networks::default();
            for (location, blocks) in collection.locations() {
                for block in blocks {
                    networks.insert(*block, location.clone());
                }
            }
            (collection.id().clone(), networks)
        });
        Snapshot {
            generation,
            health_slots,
            zones,
            public,
            vpcs,
            vpc_networks,
            vpc_resolvers,
            places: Places::new(account.client_locations()),
            country_data,
            cidr_collections: cidr_collections.collect(),
            account,
        }
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

    pub fn vpc(&self, index: VpcIndex) -> &VpcView {
        &self.vpcs[index.0]
    }

    /// Architecture, invariant 7: the listener's VPC if it is bound to one, else the VPC whose resolver's address was
    /// asked, else the longest VPC network that holds the client.
    pub fn view_of(&self, asker: &Asker<'_>) -> (View, ViewReason) {
        if let Some(id) = asker.listener_vpc {
            return match self.vpcs.binary_search_by(|vpc| vpc.id.cmp(id)) {
                Ok(index) => (View::Vpc(VpcIndex(index)), ViewReason::Listener),
                Err(_) => (View::Internet, ViewReason::UnknownVpc),
            };
        }
        if let Some(address) = asker.destination
            && let Some(index) = self.vpc_resolvers.get(&address)
        {
            return (View::Vpc(*index), ViewReason::Resolver(address));
        }
        let trusted_subnet = asker.subnet.filter(|_| asker.subnet_trust == SubnetTrust::Trusted);
        let network = trusted_subnet.unwrap_or_else(|| IpNet::from(asker.source.to_canonical()));
        match self.vpc_networks.longest_match(network) {
            Some((cidr, index)) if trusted_subnet.is_some() => (View::Vpc(*index), ViewReason::SubnetIn(cidr)),
            Some((cidr, index)) => (View::Vpc(*index), ViewReason::SourceIn(cidr)),
            None => (View::Internet, ViewReason::NoVpc),
        }
    }

    /// The zone that answers `name` in a view: a private zone of the VPC if one matches, and then no other (PZ-10,
    /// PZ-13), else the longest public match.
    pub fn zone_of(&self, view: View, name: &[u8]) -> Option<&Zone> {
        let private = match view {
            View::Internet => None,
            View::Vpc(index) => self.vpcs[index.0].zones.longest_match(name),
        };
        private.or_else(|| self.public.longest_match(name))
    }

    /// The longest public match, whoever asks.
    pub fn public_zone_of(&self, name: &[u8]) -> Option<&Zone> {
        self.public.longest_match(name)
    }

    /// Every zone of a view that `name` is at or below: private before public, the longest name first.
    pub fn zones_of(&self, view: View, name: &[u8]) -> impl Iterator<Item = &Zone> {
        let private = match view {
            View::Internet => None,
            View::Vpc(index) => Some(self.vpcs[index.0].zones.matches(name)),
        };
        private.into_iter().flatten().chain(self.public.matches(name))
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
    pub fn cidr_location(&self, collection: &CidrCollectionId, network: IpNet) -> Option<CidrMatch<'_>> {
        let networks = self.cidr_collections.get(collection)?;
        let (block, location) = networks.longest_match(network)?;
        Some(CidrMatch { block, location, has_longer_inside: networks.has_inside(block) })
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

/// A block of a CIDR collection that holds a network.
#[derive(Clone, Copy, Debug)]
pub struct CidrMatch<'s> {
    pub block: IpNet,
    pub location: &'s CidrLocationName,
    /// Whether other networks in the block match another one.
    pub has_longer_inside: bool,
}
