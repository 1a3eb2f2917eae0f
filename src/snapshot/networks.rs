//! Longest-prefix match over IPv4 and IPv6 networks.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use prefix_trie::PrefixMap;

use super::boundaries::Boundaries;

/// A value for each of some networks; a look-up finds the longest network that holds the one asked for.
#[derive(Clone, Debug)]
pub struct Networks<T> {
    ipv4: PrefixMap<Ipv4Net, T>,
    ipv6: PrefixMap<Ipv6Net, T>,
    boundaries: Boundaries,
}

impl<T> Default for Networks<T> {
    fn default() -> Self {
        Networks::from_iter([])
    }
}

/// The first value given to a network stays.
impl<T> FromIterator<(IpNet, T)> for Networks<T> {
    fn from_iter<I: IntoIterator<Item = (IpNet, T)>>(networks: I) -> Self {
        let (mut ipv4, mut ipv6) = (PrefixMap::new(), PrefixMap::new());
        for (network, value) in networks {
            match network.trunc() {
                IpNet::V4(network) => drop(ipv4.entry(network).or_insert(value)),
                IpNet::V6(network) => drop(ipv6.entry(network).or_insert(value)),
            }
        }
        let all = ipv4.keys().map(|network| IpNet::V4(*network)).chain(ipv6.keys().map(|network| IpNet::V6(*network)));
        let boundaries = Boundaries::of_networks(all);
        Networks { ipv4, ipv6, boundaries }
    }
}

impl<T> Networks<T> {
    pub fn is_empty(&self) -> bool {
        self.ipv4.is_empty() && self.ipv6.is_empty()
    }

    /// The longest network that wholly holds `network`, with its value.
    pub fn longest_match(&self, network: IpNet) -> Option<(IpNet, &T)> {
        match network {
            IpNet::V4(network) => self.ipv4.get_lpm(&network).map(|(found, value)| (IpNet::V4(*found), value)),
            IpNet::V6(network) => self.ipv6.get_lpm(&network).map(|(found, value)| (IpNet::V6(*found), value)),
        }
    }

    /// The length of the shortest prefix around `address` in which every address and network has the same longest match.
    pub fn prefix_length(&self, address: IpAddr) -> u8 {
        self.boundaries.prefix_length(address)
    }
}
