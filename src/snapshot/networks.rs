//! Longest-prefix match over IPv4 and IPv6 networks.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use prefix_trie::PrefixMap;

/// A value for each of some networks; a look-up finds the longest network that holds the one asked for.
#[derive(Clone, Debug)]
pub struct Networks<T> {
    ipv4: PrefixMap<Ipv4Net, T>,
    ipv6: PrefixMap<Ipv6Net, T>,
}

impl<T> Default for Networks<T> {
    fn default() -> Self {
        Networks { ipv4: PrefixMap::new(), ipv6: PrefixMap::new() }
    }
}

impl<T> Networks<T> {
    /// The first value given to a network stays.
    pub fn insert(&mut self, network: IpNet, value: T) {
        match network.trunc() {
            IpNet::V4(network) => drop(self.ipv4.entry(network).or_insert(value)),
            IpNet::V6(network) => drop(self.ipv6.entry(network).or_insert(value)),
        }
    }

    /// The longest network that wholly holds `network`, with its value.
    pub fn longest_match(&self, network: IpNet) -> Option<(IpNet, &T)> {
        match network {
            IpNet::V4(network) => self.ipv4.get_lpm(&network).map(|(found, value)| (IpNet::V4(*found), value)),
            IpNet::V6(network) => self.ipv6.get_lpm(&network).map(|(found, value)| (IpNet::V6(*found), value)),
        }
    }

    /// Whether a longer network lies inside one that was inserted.
    pub fn has_inside(&self, network: IpNet) -> bool {
        match network {
            IpNet::V4(network) => self.ipv4.children(&network).nth(1).is_some(),
            IpNet::V6(network) => self.ipv6.children(&network).nth(1).is_some(),
        }
    }
}
