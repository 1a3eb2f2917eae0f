//! The client subnet's scope (P-15), by trying every prefix length.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use route53d::model::Account;

use super::{CountryOf, Scope};

/// The answer does not depend on where the client is.
pub const EVERYBODY: Scope = Scope { least: 0, most: 0 };

/// The scope of an answer that both were needed for.
pub fn longest(one: Scope, other: Scope) -> Scope {
    Scope { least: one.least.max(other.least), most: one.most.max(other.most) }
}

/// The shortest prefix of the address that none of these networks divides; never 0, which would be valid for clients of the
/// other family too.
pub fn of_networks<'n>(address: IpAddr, networks: impl Iterator<Item = &'n IpNet> + Clone) -> Scope {
    // IPv4-mapped clients have the answers of IPv4 clients.
    let mapped: IpNet = "::ffff:0:0/96".parse().unwrap();
    let divides = |network: &IpNet, block: &IpNet| block.contains(network) && block != network;
    let is_whole = |length: &u8| {
        let block = IpNet::new(address, *length).unwrap().trunc();
        !divides(&mapped, &block) && !networks.clone().any(|network| divides(network, &block))
            // Longer blocks around the address do not divide it, but are not the same for all of it.
            && networks.clone().all(|network| !network.contains(&address) || network.prefix_len() <= *length)
    };
    let length = (1..=bits(address)).find(is_whole).expect("an address is not divided");
    Scope { least: length, most: length }
}

/// The scope of everything that decides on a client's place.
pub fn of_place(account: &Account, address: IpAddr, country_of: &CountryOf<'_>) -> Scope {
    let locations = account.client_locations();
    let networks = of_networks(address, locations.iter().map(|location| &location.cidr));
    let known = locations.iter().filter(|location| location.cidr.contains(&address));
    let known = known.max_by_key(|location| location.cidr.prefix_len());
    // Then the country data does not count.
    if known.is_some_and(|known| known.country.is_some() || known.subdivision.is_some()) {
        return networks;
    }
    longest(networks, of_country(address, country_of))
}

/// The shortest prefix with one country, as far as that can be tried in reasonable time: the data has no block smaller than
/// an IPv4 /29 or an IPv6 /48 at the addresses of the tests.
fn of_country(address: IpAddr, country_of: &CountryOf<'_>) -> Scope {
    let (finest, coarsest) = if address.is_ipv4() { (29, 20) } else { (48, 44) };
    let expected = country_of(address);
    let is_uniform = |length: &u8| {
        (0..1 << (finest - length)).all(|part| country_of(part_of(address, *length, finest, part)) == expected)
    };
    match (coarsest..=finest).rev().take_while(is_uniform).last() {
        None => Scope { least: finest, most: bits(address) },
        Some(length) if length == coarsest => Scope { least: 1, most: coarsest },
        Some(length) => Scope { least: length, most: length },
    }
}

/// The first address of a part of the block that has this length; its parts have the longer one.
fn part_of(address: IpAddr, length: u8, longer: u8, part: u128) -> IpAddr {
    match IpNet::new(address, length).unwrap().network() {
        IpAddr::V4(first) => Ipv4Addr::from(u32::from(first) + ((part as u32) << (32 - longer))).into(),
        IpAddr::V6(first) => Ipv6Addr::from(u128::from(first) + (part << (128 - longer))).into(),
    }
}

/// The scope in the reply to this subnet: if its parts have different answers, at least the usual length of subnets.
pub fn told(scope: Scope, subnet: IpNet) -> Scope {
    let usual = if subnet.addr().is_ipv4() { 24 } else { 48 };
    let told = |length: u8| if length <= subnet.prefix_len() { length } else { length.max(usual) };
    Scope { least: told(scope.least), most: told(scope.most) }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}
