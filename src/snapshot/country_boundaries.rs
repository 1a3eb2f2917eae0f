//! The addresses at which the country of the built-in data changes. The crate `iptocc` has no call for them, so
//! `country_boundaries/generate.py` derives them from its data.

use std::net::IpAddr;
use std::sync::LazyLock;

use super::boundaries::undivided_prefix;

struct CountryBoundaries {
    ipv4: Box<[u32]>,
    /// The upper halves of addresses: no block is smaller than a /64.
    ipv6: Box<[u64]>,
}

/// Unpacked at the first client subnet that decides on a location: most servers never see one.
static BOUNDARIES: LazyLock<CountryBoundaries> = LazyLock::new(|| CountryBoundaries {
    ipv4: unpack(include_bytes!("country_boundaries/ipv4.bin")).filter_map(|first| u32::try_from(first).ok()).collect(),
    ipv6: unpack(include_bytes!("country_boundaries/ipv6.bin")).collect(),
});

/// The length of the shortest prefix of `address` in which all addresses have one country.
pub fn prefix_length(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(address) => undivided_prefix(&BOUNDARIES.ipv4, u32::from(address)),
        IpAddr::V6(address) => undivided_prefix(&BOUNDARIES.ipv6, (u128::from(address) >> 64) as u64),
    }
}

/// Unpack the format that `generate.py` describes.
fn unpack(packed: &[u8]) -> impl Iterator<Item = u64> {
    const ZEROS: u64 = 0x3f;
    let mut bytes = packed.iter();
    let mut last = 0u64;
    std::iter::from_fn(move || {
        let (mut number, mut shift) = (0u64, 0);
        loop {
            let byte = *bytes.next()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
            shift += 7;
        }
        last += (((number >> 6) << 1) | 1) << (number & ZEROS);
        Some(last)
    })
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    const REGENERATE: &str = "the data of iptocc is another: run src/snapshot/country_boundaries/generate.py";

    fn country(address: impl Into<IpAddr>) -> Option<&'static str> {
        iptocc::country_code(address.into())
    }

    #[test]
    fn the_country_changes_at_every_boundary_of_ipv4_and_in_no_block_between() {
        let is_in_order = |pair: &[u32]| pair[0] < pair[1];
        assert!(BOUNDARIES.ipv4.windows(2).all(is_in_order));
        let mut rng = fastrand::Rng::with_seed(7871);
        let mut boundaries = BOUNDARIES.ipv4.iter().copied().peekable();
        let mut expected = country(Ipv4Addr::from(0));
        // A random address of each /24: few blocks are smaller.
        for block in 0..1 << 24 {
            let address = block << 8 | rng.u32(..0x100);
            while let Some(boundary) = boundaries.next_if(|boundary| *boundary <= address) {
                let (before, after) = (country(Ipv4Addr::from(boundary - 1)), country(Ipv4Addr::from(boundary)));
                assert!(before == expected && before != after, "{}: {REGENERATE}", Ipv4Addr::from(boundary));
                expected = after;
            }
            assert_eq!(country(Ipv4Addr::from(address)), expected, "{}: {REGENERATE}", Ipv4Addr::from(address));
        }
    }

    /// IPv6 is too large to scan: this tests both ends of each range, random addresses, and ends of likely blocks.
    #[test]
    fn the_country_changes_at_every_boundary_of_ipv6() {
        let address = |upper: u64, lower: u64| Ipv6Addr::from(u128::from(upper) << 64 | u128::from(lower));
        assert!(BOUNDARIES.ipv6.windows(2).all(|pair| pair[0] < pair[1]));
        let (mut rng, mut rng_lower) = (fastrand::Rng::with_seed(7871), fastrand::Rng::with_seed(6));
        let mut first = 0;
        for end in BOUNDARIES.ipv6.iter().copied().chain([u64::MAX]) {
            let expected = country(address(first, 0));
            let last = end - 1;
            let within = (0..4).map(|_| rng.u64(first..=last));
            let ends = (20..56).step_by(4).map(|length| (first | u64::MAX >> length).min(last));
            let all = within.chain(ends).map(|upper| address(upper, rng_lower.u64(..)));
            for address in all.chain([address(first, 0), address(last, u64::MAX)]) {
                assert_eq!(country(address), expected, "{address}: {REGENERATE}");
            }
            if end != u64::MAX {
                assert_ne!(country(address(end, 0)), expected, "{}: {REGENERATE}", address(end, 0));
            }
            first = end;
        }
    }

    #[test]
    fn a_prefix_has_one_country_and_half_of_a_longer_one_another() {
        for (text, length) in [("193.188.134.168", 29), ("2001:7fa:0:1::1", 64)] {
            assert_eq!(prefix_length(text.parse().unwrap()), length, "{text}");
        }
        let mut rng = fastrand::Rng::with_seed(7872);
        for _ in 0..10_000 {
            let first = BOUNDARIES.ipv4[rng.usize(..BOUNDARIES.ipv4.len())];
            let address = first.wrapping_add(rng.u32(..2_000)).wrapping_sub(1_000);
            let length = prefix_length(Ipv4Addr::from(address).into());
            // The shorter prefix has an end where another country is.
            let host_bits = u32::MAX >> (length - 1);
            let ends = [address & !host_bits, address | host_bits].map(|end| country(Ipv4Addr::from(end)));
            let own = country(Ipv4Addr::from(address));
            let has_boundary = BOUNDARIES
                .ipv4
                .iter()
                .any(|boundary| (address & !host_bits) < *boundary && *boundary <= (address | host_bits));
            assert!(has_boundary || ends.iter().any(|end| *end != own), "{}", Ipv4Addr::from(address));
            let host_bits = host_bits >> 1;
            for _ in 0..32 {
                let other = address & !host_bits | rng.u32(..) & host_bits;
                assert_eq!(country(Ipv4Addr::from(other)), own, "{}", Ipv4Addr::from(other));
            }
        }
    }
}
