//! The addresses at which an answer may change, and the prefix length that a client subnet's scope needs because of them
//! (P-15).

use std::net::IpAddr;

use ipnet::IpNet;

/// The IPv4-mapped addresses, `::ffff:0:0/96`, and the address after them. They are located as IPv4 addresses, so no prefix
/// around another IPv6 address may hold them.
const MAPPED: [u128; 2] = [0xffff << 32, 0x1_0000 << 32];

/// The first address of every range whose addresses have the same answer, except of the range from address 0.
#[derive(Clone, Debug)]
pub struct Boundaries {
    /// Sorted, each once, without 0.
    ipv4: Box<[u32]>,
    ipv6: Box<[u128]>,
}

impl Boundaries {
    /// The beginning and the end of each network.
    pub fn of_networks(networks: impl Iterator<Item = IpNet>) -> Boundaries {
        let (mut ipv4, mut ipv6) = (Vec::new(), MAPPED.to_vec());
        for network in networks {
            match network {
                IpNet::V4(network) => {
                    ipv4.push(u32::from(network.network()));
                    ipv4.extend(u32::from(network.broadcast()).checked_add(1));
                }
                IpNet::V6(network) => {
                    ipv6.push(u128::from(network.network()));
                    ipv6.extend(u128::from(network.broadcast()).checked_add(1));
                }
            }
        }
        Boundaries { ipv4: sorted(ipv4), ipv6: sorted(ipv6) }
    }

    /// The length of the shortest prefix of `address` that no boundary divides.
    pub fn prefix_length(&self, address: IpAddr) -> u8 {
        match address {
            IpAddr::V4(address) => undivided_prefix(&self.ipv4, u32::from(address)),
            IpAddr::V6(address) => undivided_prefix(&self.ipv6, u128::from(address)),
        }
    }
}

fn sorted<T: Copy + Ord + Default>(mut boundaries: Vec<T>) -> Box<[T]> {
    boundaries.sort_unstable();
    boundaries.dedup();
    boundaries.retain(|boundary| *boundary != T::default());
    boundaries.into()
}

/// [`Boundaries::prefix_length`] for one family, or for the upper bits of its addresses. `boundaries` must be sorted and
/// without duplicates and 0.
pub(super) fn undivided_prefix<T: Copy + Ord + Into<u128>>(boundaries: &[T], address: T) -> u8 {
    let unused = 128 - 8 * size_of::<T>() as u32;
    let next = boundaries.partition_point(|boundary| *boundary <= address);
    let address: u128 = address.into();
    // A prefix one bit longer than the common one keeps the other address out.
    let keep_out = |other: u128| (address ^ other).leading_zeros() - unused + 1;
    let before = next.checked_sub(1).and_then(|last| boundaries.get(last)).map(|first| keep_out((*first).into() - 1));
    let after = boundaries.get(next).map(|first| keep_out((*first).into()));
    // At most the length of an address.
    before.max(after).unwrap_or(0) as u8
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn networks(texts: &[&str]) -> Vec<IpNet> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    /// The networks that hold an address.
    fn holders(networks: &[IpNet], address: IpAddr) -> Vec<IpNet> {
        networks.iter().copied().filter(|network| network.contains(&address)).collect()
    }

    #[test]
    fn the_prefix_is_the_shortest_within_which_all_addresses_are_in_the_same_networks() {
        for texts in [
            &[][..],
            &["192.0.2.0/24"],
            &["192.0.2.0/25", "192.0.2.128/25"],
            &["192.0.2.0/24", "192.0.2.64/26", "192.0.2.96/28", "192.0.2.7/32", "192.0.2.255/32"],
            &["192.0.2.16/28", "192.0.2.32/30", "192.0.2.36/31"],
        ] {
            let networks = networks(texts);
            let boundaries = Boundaries::of_networks(networks.iter().copied());
            for last in 0..=255 {
                let address = IpAddr::from(Ipv4Addr::new(192, 0, 2, last));
                let is_undivided = |length: &u8| {
                    let block = IpNet::new(address, *length).unwrap().trunc();
                    let is_whole = networks.iter().all(|network| network.contains(&block) || !block.contains(network));
                    let IpNet::V4(v4) = block else { unreachable!() };
                    is_whole
                        && (*length < 24
                            || v4.hosts().all(|host| holders(&networks, host.into()) == holders(&networks, address)))
                };
                let shortest = (0..=32).find(is_undivided).unwrap();
                assert_eq!(boundaries.prefix_length(address), shortest, "{address} of {texts:?}");
            }
        }
    }

    #[test]
    fn the_ends_of_the_address_space_are_no_boundaries() {
        let whole = Boundaries::of_networks(networks(&["0.0.0.0/0", "::/0"]).into_iter());
        assert_eq!(whole.prefix_length("192.0.2.1".parse().unwrap()), 0);
        let ends = Boundaries::of_networks(networks(&["0.0.0.0/8", "255.0.0.0/8", "ff00::/8"]).into_iter());
        for (address, length) in [
            ("0.1.2.3", 8),
            ("255.255.255.255", 8),
            ("1.0.0.0", 8),
            ("2.0.0.0", 7),
            ("128.0.0.0", 2),
            ("fe80::1", 8),
            ("ffff::", 8),
            ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 8),
        ] {
            assert_eq!(ends.prefix_length(address.parse().unwrap()), length, "{address}");
        }
    }

    #[test]
    fn no_prefix_of_an_ipv6_address_holds_the_ipv4_addresses() {
        let none = Boundaries::of_networks(std::iter::empty());
        for (address, length) in [("::", 81), ("::1:0:0:0", 80), ("2001:db8::", 3), ("ff00::", 1)] {
            assert_eq!(none.prefix_length(address.parse().unwrap()), length, "{address}");
        }
    }
}
