//! The client of a query: what it sees, and the network that stands for where it is.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::snapshot::{Asker, Snapshot, SubnetTrust, View, ViewReason};

#[derive(Clone, Copy, Debug)]
pub struct Client {
    pub view: View,
    pub view_reason: ViewReason,
    /// The address the query came from.
    pub source: IpAddr,
    /// P-14: the client subnet, if it steers this query's answer, or chose its view.
    pub subnet: Option<IpNet>,
    /// For whom an answer is right before any policy has had a say.
    pub(super) scope: Scope,
}

impl Client {
    #[inline]
    pub fn identify(asker: &Asker<'_>, snapshot: &Snapshot) -> Client {
        let (view, view_reason) = snapshot.view_of(asker);
        let source = asker.source.to_canonical();
        let is_by_subnet = asker.listener_vpc.is_none() && asker.subnet_trust == SubnetTrust::Trusted;
        let chose_view = asker.subnet.filter(|_| is_by_subnet);
        let subnet = match view {
            View::Internet => asker.subnet,
            View::Vpc(_) => chose_view,
        };
        let scope = if chose_view.is_some() { Scope::ClientSubnet } else { Scope::Everybody };
        Client { view, view_reason, source, subnet, scope }
    }

    /// A client outside every VPC, even if its address lies in the network of one.
    pub fn of_internet(source: IpAddr, subnet: Option<IpNet>) -> Client {
        let (view, view_reason) = (View::Internet, ViewReason::NoVpc);
        Client { view, view_reason, source: source.to_canonical(), subnet, scope: Scope::Everybody }
    }

    /// the client subnet if there is one, else the source address. None inside a VPC, where the region says where
    /// the client is (PZ-20) and public zones see the resolver's address instead (VR-2).
    pub fn network(&self) -> Option<IpNet> {
        match self.view {
            View::Internet => Some(self.subnet.unwrap_or_else(|| IpNet::from(self.source))),
            View::Vpc(_) => None,
        }
    }
}

/// For whom an answer is right (P-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Everybody,
    /// This client subnet alone: it chose the view, and a cache must not give one view's answer to another.
    ClientSubnet,
    /// Whoever shares this prefix length with the client; `None` is the client's own network, capped.
    Network {
        block_length: Option<u8>,
    },
}

impl Scope {
    /// A location policy had a say.
    pub(super) fn narrow_to_network(&mut self) {
        if *self != Scope::ClientSubnet {
            *self = Scope::Network { block_length: None };
        }
    }

    /// IP-based routing had a say: the block that matched, if one did and no longer block lies inside it.
    pub(super) fn narrow_to_block(&mut self, block: Option<IpNet>) {
        *self = match (*self, block) {
            (Scope::ClientSubnet, _) => Scope::ClientSubnet,
            (Scope::Everybody, Some(block)) => Scope::Network { block_length: Some(block.prefix_len()) },
            (Scope::Network { block_length: Some(length) }, Some(block)) => {
                Scope::Network { block_length: Some(length.max(block.prefix_len())) }
            }
            _ => Scope::Network { block_length: None },
        };
    }

    /// P-15: the scope prefix length of a reply to this client subnet: a matched block's length; for other location
    /// policies the source prefix, at most 24 (IPv4) or 48 (IPv6); else 0.
    pub fn prefix_length(self, subnet: IpNet) -> u8 {
        let cap = match subnet {
            IpNet::V4(_) => 24,
            IpNet::V6(_) => 48,
        };
        match self {
            Scope::Everybody => 0,
            Scope::ClientSubnet => subnet.prefix_len(),
            Scope::Network { block_length: Some(length) } => length,
            Scope::Network { block_length: None } => subnet.prefix_len().min(cap),
        }
    }
}
