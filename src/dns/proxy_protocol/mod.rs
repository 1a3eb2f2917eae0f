//! The PROXY protocol, version 2: a trusted proxy says before a query whose it is (haproxy's proxy-protocol.txt §2.2).
//!
//! Version 1, a line of text, is not for datagrams and is not read.

mod stream;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

pub use stream::read_header;

/// The longest header that is read, in bytes, before a datagram as at the beginning of a connection: proxies add some
/// hundred bytes of values to the addresses.
pub const MAX_HEADER_LENGTH: usize = 2_048;

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// The signature, version and command, family and transport, and the length of what follows.
const FIXED_LENGTH: usize = 16;

/// Whom a proxy speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// Itself, such as to see whether we live; or for someone whose address is neither IPv4 nor IPv6. The addresses
    /// of the socket hold.
    Sender,
    /// A client, which asked this address. They need not be of the family of the socket.
    Client { source: SocketAddr, destination: SocketAddr },
}

/// The bytes do not begin with a header as version 2 has it, of no more than [`MAX_HEADER_LENGTH`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoHeader;

/// Takes the header off a datagram; returns it and the message behind it.
pub fn split(datagram: &[u8]) -> Result<(Header, &[u8]), NoHeader> {
    let (fixed, rest) = datagram.split_first_chunk::<FIXED_LENGTH>().ok_or(NoHeader)?;
    let (addresses, message) = rest.split_at_checked(length_after(fixed)?).ok_or(NoHeader)?;
    Ok((Header::read(fixed, addresses)?, message))
}

/// How many bytes of a header follow its fixed part.
fn length_after(fixed: &[u8; FIXED_LENGTH]) -> Result<usize, NoHeader> {
    const VERSION: u8 = 2;
    if fixed[..12] != SIGNATURE || fixed[12] >> 4 != VERSION {
        return Err(NoHeader);
    }
    let length = usize::from(u16::from_be_bytes([fixed[14], fixed[15]]));
    if FIXED_LENGTH + length > MAX_HEADER_LENGTH { Err(NoHeader) } else { Ok(length) }
}

impl Header {
    /// `addresses` are the bytes behind the fixed part: addresses and ports, and then values that nobody here asks for
    /// (TLVs), which are passed over unread.
    fn read(fixed: &[u8; FIXED_LENGTH], addresses: &[u8]) -> Result<Header, NoHeader> {
        const LOCAL: u8 = 0;
        const PROXY: u8 = 1;
        match fixed[12] & 0xf {
            // Whatever it says of addresses is to be passed over.
            LOCAL => return Ok(Header::Sender),
            PROXY => {}
            _ => return Err(NoHeader),
        }
        // The family in the upper half, the transport in the lower. Which of STREAM and DGRAM is not asked: a proxy may
        // hand on by TCP what came to it by UDP.
        match fixed[13] {
            0x11 | 0x12 => {
                let bytes = addresses.first_chunk::<12>().ok_or(NoHeader)?;
                let [a, b, c, d, e, f, g, h, ports @ ..] = *bytes;
                Ok(Header::of([Ipv4Addr::new(a, b, c, d), Ipv4Addr::new(e, f, g, h)], ports))
            }
            0x21 | 0x22 => {
                let (source, rest) = addresses.split_first_chunk::<16>().ok_or(NoHeader)?;
                let (destination, rest) = rest.split_first_chunk::<16>().ok_or(NoHeader)?;
                let ports = *rest.first_chunk::<4>().ok_or(NoHeader)?;
                Ok(Header::of([Ipv6Addr::from(*source), Ipv6Addr::from(*destination)], ports))
            }
            // AF_UNSPEC, and AF_UNIX, which counts as such for those who know no such clients.
            0x00 | 0x31 | 0x32 => Ok(Header::Sender),
            _ => Err(NoHeader),
        }
    }

    fn of([source, destination]: [impl Into<IpAddr>; 2], ports: [u8; 4]) -> Header {
        let [source_high, source_low, destination_high, destination_low] = ports;
        let address = |ip: IpAddr, high, low| SocketAddr::new(ip.to_canonical(), u16::from_be_bytes([high, low]));
        Header::Client {
            source: address(source.into(), source_high, source_low),
            destination: address(destination.into(), destination_high, destination_low),
        }
    }
}

#[cfg(test)]
pub(in crate::dns) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The fixed part with these bytes of command, family and length, and what follows it.
    pub fn header(command: u8, family: u8, after: &[u8]) -> Vec<u8> {
        let length = (after.len() as u16).to_be_bytes();
        [&SIGNATURE[..], &[command, family], &length, after].concat()
    }

    fn client(source: &str, destination: &str) -> Header {
        Header::Client { source: source.parse().unwrap(), destination: destination.parse().unwrap() }
    }

    pub const IPV4: [u8; 12] = [10, 20, 0, 9, 192, 0, 2, 53, 0x30, 0x39, 0, 53];

    fn ipv6() -> Vec<u8> {
        let source: Ipv6Addr = "2001:db8::9".parse().unwrap();
        let destination: Ipv6Addr = "::ffff:192.0.2.53".parse().unwrap();
        [&source.octets()[..], &destination.octets(), &[0x30, 0x39, 0, 53]].concat()
    }

    #[test]
    fn the_addresses_of_the_client_are_read() {
        for family in [0x11, 0x12] {
            let bytes = [&header(0x21, family, &IPV4)[..], b"query"].concat();
            assert_eq!(split(&bytes), Ok((client("10.20.0.9:12345", "192.0.2.53:53"), &b"query"[..])));
        }
        for family in [0x21, 0x22] {
            let bytes = header(0x21, family, &ipv6());
            assert_eq!(split(&bytes), Ok((client("[2001:db8::9]:12345", "192.0.2.53:53"), &b""[..])));
        }
    }

    #[test]
    fn what_follows_the_addresses_is_passed_over() {
        let bytes = header(0x21, 0x12, &[&IPV4[..], &[4, 0, 1, 0, 0xff, 0xff, 0xff]].concat());
        assert_eq!(split(&bytes), Ok((client("10.20.0.9:12345", "192.0.2.53:53"), &b""[..])));
    }

    #[test]
    fn a_proxy_may_speak_for_itself() {
        for (command, family, after) in [
            (0x20, 0x00, &[][..]),
            // LOCAL: the family and the addresses are to be passed over.
            (0x20, 0x12, &IPV4),
            (0x20, 0x99, &[7]),
            (0x21, 0x00, &[]),
            (0x21, 0x00, &IPV4),
            (0x21, 0x32, &[0; 216]),
        ] {
            let bytes = [&header(command, family, after)[..], b"query"].concat();
            assert_eq!(split(&bytes), Ok((Header::Sender, &b"query"[..])), "{command:x} {family:x}");
        }
    }

    #[test]
    fn a_header_has_a_longest_length() {
        let after = [&IPV4[..], &[0; MAX_HEADER_LENGTH - FIXED_LENGTH - 12]].concat();
        let longest = header(0x21, 0x12, &after);
        assert_eq!(longest.len(), MAX_HEADER_LENGTH);
        let bytes = [&longest[..], b"query"].concat();
        assert_eq!(split(&bytes), Ok((client("10.20.0.9:12345", "192.0.2.53:53"), &b"query"[..])));
        assert_eq!(split(&[&header(0x21, 0x12, &[&after[..], &[0]].concat())[..], b"query"].concat()), Err(NoHeader));
    }

    #[test]
    fn anything_else_is_no_header() {
        let whole = header(0x21, 0x12, &IPV4);
        for length in 0..whole.len() {
            assert_eq!(split(&whole[..length]), Err(NoHeader), "{length}");
        }
        for (command, family, after) in [
            (0x11, 0x12, &IPV4[..]),
            (0x31, 0x12, &IPV4),
            (0x22, 0x12, &IPV4),
            (0x21, 0x10, &IPV4),
            (0x21, 0x13, &IPV4),
            (0x21, 0x42, &IPV4),
            (0x21, 0x12, &IPV4[..11]),
            (0x21, 0x22, &ipv6()[..35]),
        ] {
            assert_eq!(split(&header(command, family, after)), Err(NoHeader), "{command:x} {family:x}");
        }
        assert_eq!(split(b"PROXY UDP4 10.20.0.9 192.0.2.53 12345 53\r\nquery"), Err(NoHeader));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            prop_assert_eq!(split(&bytes), Err(NoHeader));
        }

        #[test]
        fn any_header_is_read_without_a_panic_and_leaves_the_message_whole(
            command in any::<u8>(),
            family in prop_oneof![any::<u8>(), Just(0x11), Just(0x12), Just(0x21), Just(0x22)],
            after in prop::collection::vec(any::<u8>(), 0..80),
            message in prop::collection::vec(any::<u8>(), 0..32),
            cut in any::<prop::sample::Index>(),
        ) {
            let bytes = [&header(command, family, &after)[..], &message].concat();
            if let Ok((_, rest)) = split(&bytes) {
                prop_assert_eq!(rest, &message[..]);
            }
            let _ = split(&bytes[..cut.index(bytes.len())]);
        }
    }
}
