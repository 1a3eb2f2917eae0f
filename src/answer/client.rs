//! The client of a query: what it sees, and the network that stands for where it is.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::snapshot::{Asker, Snapshot, View, ViewReason};

#[derive(Clone, Copy, Debug)]
pub struct Client {
    pub view: View,
    pub view_reason: ViewReason,
    /// The address the query came from.
    pub source: IpAddr,
    /// the client subnet if there is one, else the source address. None inside a VPC, where the region says where
    /// the client is (PZ-20) and public zones see the resolver's address instead (VR-2).
    pub network: Option<IpNet>,
    /// P-14: the client subnet, if it steers this query's answer.
    pub subnet: Option<IpNet>,
}

impl Client {
    pub fn identify(asker: &Asker<'_>, snapshot: &Snapshot) -> Client {
        let (view, view_reason) = snapshot.view_of(asker);
        let source = asker.source.to_canonical();
        let (network, subnet) = match view {
            View::Internet => (Some(asker.subnet.unwrap_or_else(|| IpNet::from(source))), asker.subnet),
            View::Vpc(_) => (None, None),
        };
        Client { view, view_reason, source, network, subnet }
    }
}

/// For whom an answer is right (P-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Everybody,
    /// Whoever shares this prefix length with the client; `None` is the client's own network, capped.
    Network {
        block_length: Option<u8>,
    },
}

impl Scope {
    /// A location policy had a say.
    pub(super) fn narrow_to_network(&mut self) {
        *self = Scope::Network { block_length: None };
    }

    /// IP-based routing had a say: the block that matched, if one did.
    pub(super) fn narrow_to_block(&mut self, block: Option<IpNet>) {
        *self = match (*self, block) {
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
            Scope::Network { block_length: Some(length) } => length,
            Scope::Network { block_length: None } => subnet.prefix_len().min(cap),
        }
    }
}
