//! Which addresses are of the public Internet: the only ones Route 53 checks endpoints at (HC-19).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// RFC 5735 without 192.88.99.0/24, which is routed; RFC 6598.
const NOT_PUBLIC_V4: [Ipv4Net; 14] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    // Multicast, then what is reserved, the limited broadcast included.
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
];

/// RFC 5156 without 6to4 and Teredo, which are routed; and the site-local addresses of RFC 3879.
const NOT_PUBLIC_V6: [Ipv6Net; 10] = [
    // The unspecified address, the loopback address, IPv4-compatible addresses.
    v6([0, 0], 96),
    // IPv4-mapped: never on the wire, whatever they map to.
    Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96),
    v6([0x2001, 0x10], 28),
    v6([0x2001, 0xdb8], 32),
    v6([0x3ffe, 0], 16),
    v6([0x5f00, 0], 8),
    v6([0xfc00, 0], 7),
    v6([0xfe80, 0], 10),
    v6([0xfec0, 0], 10),
    v6([0xff00, 0], 8),
];

const fn v4([a, b, c, d]: [u8; 4], prefix_length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix_length)
}

const fn v6([a, b]: [u16; 2], prefix_length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), prefix_length)
}

/// Whether endpoints may be at addresses that are local, private or otherwise not of the public Internet (HC-19).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressPolicy {
    /// Ours: a development environment has no others.
    #[default]
    Any,
    /// As Route 53.
    PublicOnly,
}

/// HC-19: whether an endpoint may be at `address`: it is not local, private, multicast or otherwise kept from the
/// public Internet (RFC 5735, RFC 6598, RFC 5156).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !NOT_PUBLIC_V4.iter().any(|network| network.contains(&address)),
        IpAddr::V6(address) => !NOT_PUBLIC_V6.iter().any(|network| network.contains(&address)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_address_of_each_special_network_are_not_public() {
        for network in NOT_PUBLIC_V4 {
            assert!(!is_public(network.network().into()) && !is_public(network.broadcast().into()), "{network}");
        }
        for network in NOT_PUBLIC_V6 {
            assert!(!is_public(network.network().into()) && !is_public(network.broadcast().into()), "{network}");
        }
    }

    #[test]
    fn their_neighbours_are_public() {
        for address in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.88.99.1",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "203.0.114.0",
            "223.255.255.255",
            "2001::1",
            "2001:db7:ffff::1",
            "2001:db9::1",
            "2002:c000:204::1",
            "2600:1f18::1",
            "2a05:d018::1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn addresses_people_try_are_not_public() {
        for address in ["127.0.0.1", "192.168.1.10", "255.255.255.255", "::", "::1", "fe80::1", "fd00::1", "ff02::1"] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        assert!(!is_public("::ffff:8.8.8.8".parse().unwrap()));
    }
}
