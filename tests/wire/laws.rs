//! What holds for every message whatsoever: size, header, question, and that an independent decoder reads the reply.

use std::net::IpAddr;

use hickory_proto::op::{Message, ResponseCode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use route53d::dns::Transport;
use route53d::model::RecordType;

use crate::asking::{
    CLIENT_SUBNET, COOKIE, Edns, KEEPALIVE, NSID, PADDING, Query, Server, TCP, TLS, edns, header, query, subnet_option,
};
use crate::compression::check_pointers;
use crate::shop::{self, LABELS, SUFFIXES};

thread_local! {
    static SERVER: Server = talkative_server();
}

/// Says all that can be said.
fn talkative_server() -> Server {
    let mut server = shop::server();
    server.policy.nsid = Some(vec![b'n'; 64].into());
    server.policy.sends_extended_errors = true;
    server
}

fn respond(message: &[u8], like: &Query) -> Option<Vec<u8>> {
    SERVER.with(|server| server.respond(message, like))
}

/// A name near those of the account, in mixed case (0x20).
pub fn shop_name() -> impl Strategy<Value = Vec<u8>> {
    (vec(select(LABELS.to_vec()), 0..4), select(SUFFIXES.to_vec()), any::<u64>()).prop_map(|(labels, suffix, cases)| {
        let mut name = Vec::new();
        for label in labels.into_iter().chain(suffix.split('.')).filter(|label| !label.is_empty()) {
            name.push(label.len() as u8);
            name.extend(label.as_bytes());
        }
        name.push(0);
        for (place, byte) in name.iter_mut().enumerate() {
            if cases >> (place % 64) & 1 == 1 {
                byte.make_ascii_uppercase();
            }
        }
        name
    })
}

/// Any well-formed name at all.
fn any_name() -> impl Strategy<Value = Vec<u8>> {
    vec(vec(any::<u8>(), 1..=63), 0..6).prop_map(|labels| {
        let mut name = Vec::new();
        for label in labels {
            if name.len() + label.len() + 2 <= 255 {
                name.push(label.len() as u8);
                name.extend(label);
            }
        }
        name.push(0);
        name
    })
}

fn any_edns() -> impl Strategy<Value = Edns> {
    let subnet = prop_oneof![
        (0u8..=32, any::<[u8; 4]>()).prop_map(|(length, address)| {
            let bytes = usize::from(length).div_ceil(8);
            let address = (u64::from(u32::from_be_bytes(address)) << 32 & !(u64::MAX >> length)) >> 32;
            subnet_option(1, length, 0, &(address as u32).to_be_bytes()[..bytes])
        }),
        vec(any::<u8>(), 0..24),
    ];
    let cookie = prop_oneof![3 => select(vec![8, 16, 24, 40]), 1 => 0usize..48]
        .prop_flat_map(|length| vec(any::<u8>(), length..=length));
    let option = prop_oneof![
        subnet.prop_map(|value| (CLIENT_SUBNET, value)),
        cookie.prop_map(|value| (COOKIE, value)),
        select(vec![NSID, KEEPALIVE, PADDING]).prop_map(|code| (code, Vec::new())),
        (select(vec![NSID, KEEPALIVE, PADDING, 15]), vec(any::<u8>(), 0..9)),
        (any::<u16>(), vec(any::<u8>(), 0..9)),
    ];
    let version = prop_oneof![9 => Just(0u8), 1 => any::<u8>()];
    (any::<u16>(), version, any::<u16>(), vec(option, 0..6)).prop_map(|(size, version, flags, options)| Edns {
        size,
        version,
        flags,
        options,
    })
}

/// Well-formed queries, most of them for names of the account.
pub fn any_query() -> impl Strategy<Value = Query> {
    let known_type = select(RecordType::ALL.to_vec()).prop_map(RecordType::code);
    let query_type = prop_oneof![6 => known_type, 2 => select(vec![1, 255]), 1 => any::<u16>()];
    let class = prop_oneof![18 => Just(1), 1 => Just(255), 1 => any::<u16>()];
    let flags = prop_oneof![9 => any::<u16>().prop_map(|flags| flags & 0x07ff), 1 => any::<u16>()];
    let source =
        prop_oneof![any::<IpAddr>(), Just("10.20.0.9".parse().unwrap()), Just("198.51.100.1".parse().unwrap())];
    let transport = select(vec![Transport::Udp, TCP, TLS, Transport::Https, Transport::Quic]);
    (
        (any::<u16>(), flags, prop_oneof![4 => shop_name(), 1 => any_name()], query_type, class),
        (proptest::option::of(any_edns()), source, transport, any::<u64>()),
    )
        .prop_map(|((id, flags, name, query_type, class), (edns, source, transport, seed))| Query {
            id,
            flags,
            name,
            query_type,
            class,
            edns,
            source,
            transport,
            seed,
            ..query(".", "A")
        })
}

/// 16 is both BADVERS and BADSIG, and this is hickory's name for it.
const BADVERS: ResponseCode = ResponseCode::BADSIG;

/// What every reply to `message` must be, well-formed or not.
fn check(message: &[u8], like: &Query, limit: usize) -> Result<(), TestCaseError> {
    let Some(reply) = respond(message, like) else {
        prop_assert!(message.len() < 12 || message[2] & 0x80 != 0, "silence towards a query");
        return Ok(());
    };
    prop_assert!(reply.len() <= limit, "{} bytes are more than {limit}", reply.len());
    let decoded = Message::from_vec(&reply);
    prop_assert!(decoded.is_ok(), "{decoded:?}: {reply:02x?}");
    let decoded = decoded.unwrap();
    check_pointers(&reply);
    prop_assert_eq!(&reply[..2], &message[..2]);
    // QR set; opcode and RD as asked; no bit that is reserved or speaks of DNSSEC (P-13).
    prop_assert_eq!(reply[2] & 0xf9, 0x80 | message[2] & 0x79);
    prop_assert_eq!(reply[3] & 0x70, 0);
    if decoded.queries.is_empty() {
        // RFC 7873 §5.4: no question but for a cookie gets no more than that.
        let is_cookie = |rcode| matches!(rcode, ResponseCode::NoError | ResponseCode::BADCOOKIE) && message[5] == 0;
        let rcode = decoded.metadata.response_code;
        prop_assert!(matches!(rcode, ResponseCode::FormErr | ResponseCode::NotImp | BADVERS) || is_cookie(rcode));
        prop_assert_eq!(&reply[6..10], &[0; 4]);
        prop_assert!(reply.len() == 12 || decoded.edns.is_some());
    } else {
        // The case of the name too (N-8).
        let length = 12 + message[12..].iter().position(|byte| *byte == 0).unwrap_or(0);
        prop_assert!(reply.len() > length + 4 && reply[12..length] == message[12..length]);
    }
    Ok(())
}

/// UDP without EDNS gets at most 512 bytes; with it we can only be sure of 4096 without reading it as we do.
fn limit_for_any_bytes(message: &[u8], transport: Transport) -> usize {
    match transport {
        Transport::Udp if message.get(10..12).is_none_or(|count| count == [0, 0]) => 512,
        Transport::Udp => 4096,
        _ => 65_535,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_well_formed_query_gets_a_reply_that_fits_and_echoes_its_question(query in any_query()) {
        let bytes = query.bytes();
        check(&bytes, &query, query.limit())?;
        if let Some(reply) = respond(&bytes, &query) && reply[5] == 1 {
            prop_assert!(reply[12..].starts_with(&query.question()));
        }
    }

    // RFC 6891 §6.1.1; P-7: only a refusal need not.
    #[test]
    fn who_shows_an_opt_is_shown_one_and_nobody_else_is(query in any_query()) {
        if let Some(reply) = respond(&query.bytes(), &query) {
            let reply = Message::from_vec(&reply).unwrap();
            let is_refusal = reply.metadata.response_code == ResponseCode::Refused;
            prop_assert!(reply.edns.is_some() == query.edns.is_some() || is_refusal && reply.edns.is_none());
        }
    }

    #[test]
    fn any_bytes_get_silence_or_a_well_formed_reply(
        message in prop_oneof![
            vec(any::<u8>(), 0..300),
            // A header that promises little, so that what follows is read.
            (any::<u16>(), vec(any::<u8>(), 0..80), [1u16..2, 0..2, 0..2, 0..3]).prop_map(|(id, body, counts)| {
                [header(id, 0x0100, counts), body].concat()
            }),
        ],
        like in any_query(),
    ) {
        check(&message, &like, limit_for_any_bytes(&message, like.transport))?;
    }

    #[test]
    fn any_bytes_as_options_get_a_well_formed_reply(
        rdata in vec(any::<u8>(), 0..80),
        size in any::<u16>(),
        like in any_query(),
    ) {
        let mut message = Query { edns: None, class: 1, flags: 0, ..like.clone() }.bytes();
        message[11] = 1;
        message.extend([&[0, 0, 41][..], &size.to_be_bytes(), &[0; 4], &(rdata.len() as u16).to_be_bytes()].concat());
        message.extend(rdata);
        let limit = Query { edns: edns(size), ..like.clone() }.limit();
        check(&message, &like, limit)?;
    }

    #[test]
    fn a_padded_query_over_an_encrypted_transport_gets_blocks_and_another_does_not(query in any_query()) {
        let mut query = query;
        let asks = |edns: &Edns| edns.version == 0 && edns.options.iter().any(|(code, _)| *code == PADDING);
        let is_encrypted = !matches!(query.transport, Transport::Udp | Transport::Tcp { .. });
        query.flags = 0;
        let reply = respond(&query.bytes(), &query).unwrap();
        let decoded = Message::from_vec(&reply).unwrap();
        if is_encrypted && query.edns.as_ref().is_some_and(asks) && decoded.metadata.response_code != ResponseCode::FormErr {
            prop_assert_eq!(reply.len() % 468, 0);
        } else {
            let options = decoded.edns.map(|edns| edns.options().as_ref().to_vec()).unwrap_or_default();
            prop_assert!(options.iter().all(|(code, _)| u16::from(*code) != PADDING));
        }
    }

    #[test]
    fn a_damaged_query_gets_silence_or_a_well_formed_reply(
        query in any_query(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
        added in vec(any::<u8>(), 0..4),
    ) {
        let mut message = query.bytes();
        for (place, byte) in changes {
            let place = place.index(message.len());
            message[place] = byte;
        }
        if let Some(cut) = cut {
            message.truncate(cut.index(message.len()));
        }
        message.extend(added);
        check(&message, &query, limit_for_any_bytes(&message, query.transport))?;
    }

    #[test]
    fn pointers_in_a_question_or_a_record_lead_nowhere(to in 0u8..40, records in 0u16..3, like in any_query()) {
        for body in [vec![0xc0, to, 0, 1, 0, 1], vec![3, b'w', b'w', b'w', 0xc0, to, 0, 1, 0, 1]] {
            let message = [header(1, 0, [1, 0, 0, 0]), body].concat();
            let reply = respond(&message, &like).unwrap();
            prop_assert_eq!(reply[3] & 0xf, 1, "FORMERR");
        }
        let mut message = query("www.example.com", "A").bytes();
        message[7] = records as u8;
        for _ in 0..records {
            message.extend([0xc0, to, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
        }
        check(&message, &like, limit_for_any_bytes(&message, like.transport))?;
    }

    #[test]
    fn equal_seeds_give_equal_replies(query in any_query()) {
        // A second server hashes its names with another seed.
        thread_local!(static OTHER: Server = talkative_server());
        let message = query.bytes();
        let first = respond(&message, &query);
        prop_assert_eq!(&respond(&message, &query), &first);
        prop_assert_eq!(&OTHER.with(|other| other.respond(&message, &query)), &first);
    }

    #[test]
    fn what_is_left_of_a_truncated_reply_is_whole_rrsets(query in any_query()) {
        let over = |transport| {
            let mut query = Query { transport, flags: 0, ..query.clone() };
            // What UDP ignores and TCP answers.
            query.edns.iter_mut().for_each(|edns| edns.options.retain(|(code, _)| *code != KEEPALIVE));
            Message::from_vec(&respond(&query.bytes(), &query).unwrap()).unwrap()
        };
        let (udp, stream) = (over(Transport::Udp), over(TCP));
        prop_assert!(!stream.metadata.truncation);
        prop_assert_eq!(udp.edns.is_some(), stream.edns.is_some());
        prop_assert_eq!(udp.queries.len(), stream.queries.len());
        for (part, whole) in [
            (&udp.answers, &stream.answers),
            (&udp.authorities, &stream.authorities),
            (&udp.additionals, &stream.additionals),
        ] {
            for record in part.iter() {
                let same = |other: &&hickory_proto::rr::Record| {
                    other.name == record.name && other.record_type() == record.record_type()
                };
                prop_assert_eq!(part.iter().filter(same).count(), whole.iter().filter(same).count());
            }
        }
        if udp.answers.len() < stream.answers.len() {
            prop_assert!(udp.metadata.truncation && udp.authorities.is_empty() && udp.additionals.is_empty());
        }
    }
}
