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
    /// The scope of an answer before any policy has had a say.
    pub(super) scope: Scope,
}

impl Client {
    #[inline]
    pub fn identify(asker: &Asker<'_>, snapshot: &Snapshot) -> Client {
        let (view, view_reason) = snapshot.view_of(asker);
        let source = asker.source.to_canonical();
        let subnet = asker.subnet.filter(|_| view == View::Internet || matches!(view_reason, ViewReason::SubnetIn(_)));
        let mut scope = Scope::EVERYBODY;
        if let Some(subnet) = subnet
            && asker.subnet_trust == SubnetTrust::Trusted
            && matches!(view_reason, ViewReason::SubnetIn(_) | ViewReason::NoVpc)
            && snapshot.has_vpc_networks()
        {
            // The subnet has chosen the view, even if it is the Internet's.
            scope.narrow(snapshot.view_prefix_length(subnet));
        }
        Client { view, view_reason, source, subnet, scope }
    }

    /// A client outside every VPC, even if its address lies in the network of one.
    pub fn of_internet(source: IpAddr, subnet: Option<IpNet>) -> Client {
        let (view, view_reason) = (View::Internet, ViewReason::NoVpc);
        Client { view, view_reason, source: source.to_canonical(), subnet, scope: Scope::EVERYBODY }
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

/// Which clients an answer is valid for: those that share this many leading bits with the client subnet's address (P-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// 0 if the answer does not depend on where the client is.
    prefix_length: u8,
}

impl Scope {
    pub(super) const EVERYBODY: Scope = Scope { prefix_length: 0 };

    /// The answer depends on a property that all clients with this prefix share. At least 1, because a scope of 0 would be
    /// valid for clients of the other address family too.
    pub(super) fn narrow(&mut self, prefix_length: u8) {
        self.prefix_length = self.prefix_length.max(prefix_length).max(1);
    }

    /// P-15: the scope prefix length of a reply to this client subnet. If parts of the subnet have different answers, the
    /// scope is longer than the subnet, and a cache uses the answer for queries with exactly this subnet only (RFC 7871
    /// §7.3.1). It is then at least the length that resolvers usually send.
    pub fn prefix_length(self, subnet: IpNet) -> u8 {
        let usual = match subnet {
            IpNet::V4(_) => 24,
            IpNet::V6(_) => 48,
        };
        if self.prefix_length <= subnet.prefix_len() { self.prefix_length } else { self.prefix_length.max(usual) }
    }
}
