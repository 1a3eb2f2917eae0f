//! The whole responder: any bytes, and queries near the account's names, well-formed and damaged, however they come.

#![no_main]

use std::net::IpAddr;

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use route53d::dns::{CookieState, Transport};
use route53d::snapshot::SubnetTrust;

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

use asking::{CLIENT_SUBNET, COOKIE, Edns, KEEPALIVE, NSID, PADDING, Query, Server, TCP, TLS};
use written_account::vpc_id;

thread_local! {
    static SERVERS: [Server; 3] = asked::servers();
}

fuzz_target!(|input: &[u8]| {
    // Too short for what it says of itself: there is nothing to ask.
    let _ = SERVERS.with(|servers| try_ask(servers, &mut Unstructured::new(input)));
});

fn try_ask(servers: &[Server; 3], input: &mut Unstructured<'_>) -> Result<()> {
    let server = input.choose(servers)?;
    let like = arrival(input)?;
    match input.int_in_range(0..=3)? {
        0 => {
            let message = input.bytes(input.len())?.to_vec();
            asked::ask(server, &message, &like);
        }
        1 => {
            let query = query(input, like)?;
            let mut message = query.bytes();
            for _ in 0..input.int_in_range(0..=4)? {
                damage(input, &mut message)?;
            }
            asked::ask(server, &message, &query);
        }
        _ => ask_and_show_the_cookie(server, query(input, like)?),
    }
    Ok(())
}

/// Who keeps the cookie that a reply has is known by it.
fn ask_and_show_the_cookie(server: &Server, mut query: Query) {
    let reply = asked::ask(server, &query.bytes(), &query);
    let Some(edns) = reply.and_then(|reply| reply.message.edns) else { return };
    let options = edns.options().as_ref().iter();
    let cookie =
        options.filter(|(code, _)| u16::from(*code) == COOKIE).find_map(|(_, option)| Vec::try_from(option).ok());
    let Some(cookie) = cookie else { return };
    assert_eq!(cookie.len(), 24);
    let shown = &mut query.edns.as_mut().expect("it showed a cookie").options;
    shown.retain(|(code, _)| *code != COOKIE);
    shown.push((COOKIE, cookie));
    let again = asked::ask(server, &query.bytes(), &query).expect("it was answered before");
    assert_eq!(again.cookie, CookieState::Valid);
}

/// How a message comes.
fn arrival(input: &mut Unstructured<'_>) -> Result<Query> {
    let known = ["203.0.113.9", "198.51.100.1", "10.20.0.9", "fd00:20::1", "2001:db8:113::1", "::ffff:10.20.0.9"];
    let source = match input.int_in_range(0..=known.len() + 1)? {
        0 => IpAddr::from(input.arbitrary::<[u8; 16]>()?),
        1 => IpAddr::from(input.arbitrary::<[u8; 4]>()?),
        place => known[place - 2].parse().expect("an address"),
    };
    let subnet_trust = if input.ratio(1, 4)? { SubnetTrust::Trusted } else { SubnetTrust::Untrusted };
    let listener_vpc = if input.ratio(1, 8)? { Some(vpc_id("vpc-a")) } else { None };
    let transport = *input.choose(&[Transport::Udp, TCP, TLS, Transport::Https, Transport::Quic])?;
    let seed = u64::from(input.arbitrary::<u8>()?);
    // A listener hands addresses on as they are meant.
    let source = source.to_canonical();
    Ok(Query { source, subnet_trust, listener_vpc, transport, seed, ..asking::query(".", "A") })
}

/// A well-formed query that comes like this.
fn query(input: &mut Unstructured<'_>, like: Query) -> Result<Query> {
    let known_types = [1, 2, 5, 6, 12, 15, 16, 28, 33, 35, 43, 44, 52, 64, 65, 99, 251, 252, 255, 257];
    let flags = if input.ratio(1, 8)? { input.arbitrary()? } else { input.arbitrary::<u16>()? & 0x07ff };
    let query_type = if input.ratio(1, 8)? { input.arbitrary()? } else { *input.choose(&known_types)? };
    let class = if input.ratio(1, 16)? { input.arbitrary()? } else { 1 };
    let (id, name) = (input.arbitrary()?, name(input)?);
    let edns = if input.arbitrary()? { Some(edns(input)?) } else { None };
    Ok(Query { id, flags, name, query_type, class, edns, ..like })
}

/// Near those of the account, in mixed case.
fn name(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut labels = Vec::new();
    for _ in 0..input.int_in_range(0..=3)? {
        labels.push(match input.ratio(1, 8)? {
            false => input.choose(&shop::LABELS)?.as_bytes().to_vec(),
            true => {
                let length = input.int_in_range(1..=63)?;
                input.bytes(length)?.to_vec()
            }
        });
    }
    let suffix = input.choose(&shop::SUFFIXES)?.split('.').filter(|label| !label.is_empty());
    labels.extend(suffix.map(|label| label.as_bytes().to_vec()));
    let mut name: Vec<u8> = labels.iter().flat_map(|label| [&[label.len() as u8], &label[..]].concat()).collect();
    name.push(0);
    let cases: u8 = input.arbitrary()?;
    for (place, byte) in name.iter_mut().enumerate() {
        if cases >> (place % 8) & 1 == 1 {
            byte.make_ascii_uppercase();
        }
    }
    Ok(name)
}

fn edns(input: &mut Unstructured<'_>) -> Result<Edns> {
    let size = input.arbitrary()?;
    let version = if input.ratio(1, 16)? { input.arbitrary()? } else { 0 };
    let flags = input.arbitrary()?;
    let mut options = Vec::new();
    for _ in 0..input.int_in_range(0..=4)? {
        let code = *input.choose(&[NSID, CLIENT_SUBNET, COOKIE, KEEPALIVE, PADDING, 15, 65_001])?;
        let length = match code {
            _ if input.ratio(1, 8)? => input.int_in_range(0..=48)?,
            COOKIE => *input.choose(&[8, 24, 40])?,
            NSID | KEEPALIVE => 0,
            CLIENT_SUBNET => {
                options.push((code, subnet(input)?));
                continue;
            }
            _ => input.int_in_range(0..=8)?,
        };
        options.push((code, input.bytes(length)?.to_vec()));
    }
    Ok(Edns { size, version, flags, options })
}

/// As RFC 7871 has it.
fn subnet(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let (family, bits) = *input.choose(&[(1, 32), (2, 128)])?;
    let length: u8 = input.int_in_range(0..=bits)?;
    let mut address = input.bytes(usize::from(length).div_ceil(8))?.to_vec();
    if let Some(last) = address.last_mut().filter(|_| length % 8 > 0) {
        *last &= 0xff << (8 - length % 8);
    }
    Ok(asking::subnet_option(family, length, 0, &address))
}

fn damage(input: &mut Unstructured<'_>, message: &mut Vec<u8>) -> Result<()> {
    let place = input.choose_index(message.len() + 1)?;
    match input.int_in_range(0..=4)? {
        0 => message.truncate(place),
        1 => message.insert(place, input.arbitrary()?),
        // The end of it once more: an option, a record, a label.
        2 => message.extend_from_within(place..),
        // A count of the header.
        3 if message.len() >= 12 => message[4 + place % 8] = input.int_in_range(0..=3)?,
        _ if place < message.len() => message[place] = input.arbitrary()?,
        _ => {}
    }
    Ok(())
}
