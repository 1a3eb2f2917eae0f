//! The options of an OPT record: any bytes, and options that are nearly right, read as a second reader of the RFCs reads
//! them.

#![no_main]

use std::net::IpAddr;

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use route53d::dns::message::{Header, Request};
use route53d::dns::{CookieState, Transport};

#[path = "../asked/mod.rs"]
mod asked;
#[path = "../../wire/asking.rs"]
#[allow(dead_code)]
mod asking;
#[path = "../../wire/compression.rs"]
mod compression;
#[path = "../../wire/shop.rs"]
#[allow(dead_code)]
mod shop;
#[path = "../../written_account/mod.rs"]
mod written_account;

use asking::{CLIENT_SUBNET, COOKIE, KEEPALIVE, NSID, PADDING, Query, Server, TCP, TLS, query};

thread_local! {
    static SERVERS: [Server; 3] = asked::servers();
}

fuzz_target!(|input: &[u8]| {
    let Some((&[form, size], input)) = input.split_first_chunk::<2>() else { return };
    let options = &if form & 0x80 == 0 { input.to_vec() } else { nearly_right(&mut Unstructured::new(input)) }[..];
    let transports = [Transport::Udp, TCP, TLS, Transport::Https, Transport::Quic];
    let transport = transports[usize::from(form) % transports.len()];
    let like = Query { transport, ..query("ip.example.com", "A") };
    let mut message = like.bytes();
    message[11] = 1;
    message.extend([0, 0, 41, size, 0, 0, 0, 0, 0]);
    message.extend((options.len() as u16).to_be_bytes());
    message.extend(options);

    let header = Header::read(&message).expect("a whole query");
    let expected = read(options);
    let edns = Request::read(&message, header).ok().map(|request| request.edns.expect("it has an OPT record"));
    let found = edns.map(|edns| Found {
        subnet: edns.client_subnet.map(|subnet| (subnet.source_prefix_length, subnet.address)),
        has_cookie: edns.cookie.is_some(),
        asks_for_nsid: edns.asks_for_nsid,
        keepalive: edns.keepalive.map(|keepalive| matches!(keepalive, route53d::dns::edns::Keepalive::Asked)),
        has_padding: edns.has_padding,
    });
    assert_eq!(found, expected);

    let server = usize::from(form / 8 % 16) % 3;
    let reply = SERVERS.with(|servers| asked::ask(&servers[server], &message, &like)).expect("a query");
    let is_malformed = u16::from(reply.message.metadata.response_code) == 1;
    // RFC 7828 §3.2.1: a client that names a time; over UDP and where the transport says it itself, it is not read.
    let names_a_time = expected.as_ref().is_some_and(|found| found.keepalive == Some(false));
    let is_read = matches!(transport, Transport::Tcp { .. } | Transport::Tls { .. });
    assert_eq!(is_malformed, expected.is_none() || names_a_time && is_read);
    if let Some(expected) = expected.filter(|_| !is_malformed) {
        assert_eq!(reply.cookie != CookieState::None, expected.has_cookie);
        let said = reply.message.edns.expect("it was shown OPT");
        let says = |code: u16| said.options().as_ref().iter().filter(|(said, _)| u16::from(*said) == code).count();
        assert_eq!(says(COOKIE), usize::from(expected.has_cookie));
        assert_eq!(says(CLIENT_SUBNET), usize::from(expected.subnet.is_some()));
        assert_eq!(says(NSID), usize::from(expected.asks_for_nsid && server > 0));
        assert_eq!(says(KEEPALIVE), usize::from(expected.keepalive.is_some() && is_read));
        let is_padded = expected.has_padding && !matches!(transport, Transport::Udp | Transport::Tcp { .. });
        assert_eq!(says(PADDING), usize::from(is_padded));
        assert!(!is_padded || reply.bytes.len() % 468 == 0);
    }
});

/// Options with heads, and with values that have a chance.
fn nearly_right(input: &mut Unstructured<'_>) -> Vec<u8> {
    let mut options = Vec::new();
    // What there is before the input ends.
    while !input.is_empty()
        && let Ok((code, value)) = nearly_right_option(input)
    {
        options.extend(code.to_be_bytes());
        options.extend((value.len() as u16).to_be_bytes());
        options.extend(value);
    }
    options
}

fn nearly_right_option(input: &mut Unstructured<'_>) -> Result<(u16, Vec<u8>)> {
    let code = *input.choose(&[CLIENT_SUBNET, CLIENT_SUBNET, COOKIE, COOKIE, NSID, KEEPALIVE, PADDING, 15])?;
    let value = match code {
        CLIENT_SUBNET => {
            let (family, length) = (input.int_in_range(0..=3)?, input.int_in_range(0..=40)?);
            let scope = if input.ratio(1, 16)? { 1 } else { 0 };
            let bytes = usize::from(length).div_ceil(8) + usize::from(input.ratio(1, 16)?);
            let mut address = input.bytes(bytes)?.to_vec();
            // Of the bits behind the prefix, one may be set.
            if let Some(last) = address.last_mut().filter(|_| length % 8 > 0) {
                *last = *last & 0xff << (8 - length % 8) | if input.ratio(1, 8)? { 1 << (7 - length % 8) } else { 0 };
            }
            asking::subnet_option(family, length, scope, &address)
        }
        COOKIE => {
            let length = input.int_in_range(0..=42)?;
            input.bytes(length)?.to_vec()
        }
        _ => {
            let length = input.int_in_range(0..=3)?;
            input.bytes(length)?.to_vec()
        }
    };
    Ok((code, value))
}

#[derive(Debug, Default, PartialEq)]
struct Found {
    subnet: Option<(u8, IpAddr)>,
    has_cookie: bool,
    asks_for_nsid: bool,
    /// Whether without a time.
    keepalive: Option<bool>,
    has_padding: bool,
}

/// `None` if they are malformed.
fn read(mut options: &[u8]) -> Option<Found> {
    let mut found = Found::default();
    while !options.is_empty() {
        let (&[code_high, code_low, high, low], rest) = options.split_first_chunk::<4>()?;
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([high, low])))?;
        options = rest;
        match u16::from_be_bytes([code_high, code_low]) {
            3 => found.asks_for_nsid = true,
            8 if found.subnet.is_none() => found.subnet = read_subnet(value)?,
            10 if !found.has_cookie => {
                // RFC 7873 §5.2.2.
                if value.len() != 8 && !(16..=40).contains(&value.len()) {
                    return None;
                }
                found.has_cookie = true;
            }
            11 if found.keepalive.is_none() => found.keepalive = Some(value.is_empty()),
            12 => found.has_padding = true,
            _ => {}
        }
    }
    Some(found)
}

/// RFC 7871 §6, §7.1.2, by numbers where the server goes by bytes. The inner `None` is a family that nobody knows.
fn read_subnet(value: &[u8]) -> Option<Option<(u8, IpAddr)>> {
    let (&[high, family, length, scope], address) = value.split_first_chunk::<4>()?;
    let bits = match (high, family) {
        (0, 1) => 32_u32,
        (0, 2) => 128,
        _ => return Some(None),
    };
    if u32::from(length) > bits
        || scope != 0
        || address.len() * 8 >= usize::from(length) + 8
        || address.len() * 8 < usize::from(length)
    {
        return None;
    }
    let number = address.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let number = number.checked_shl(bits - address.len() as u32 * 8).unwrap_or(0);
    let spare = bits - u32::from(length);
    if spare < 128 && number & ((1 << spare) - 1) != 0 {
        return None;
    }
    let address = if bits == 32 { IpAddr::V4((number as u32).into()) } else { IpAddr::V6(number.into()) };
    Some(Some((length, address)))
}
