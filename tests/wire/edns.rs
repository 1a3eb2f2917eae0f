//! Examples of EDNS options: who is told what, over which transport.

use hickory_proto::op::{Message, ResponseCode};
use route53d::dns::{CookieState, Transport};

use crate::asking::{
    CLIENT_SUBNET, COOKIE, DO, EXTENDED_ERROR, Edns, KEEPALIVE, NSID, PADDING, Query, Server, TCP, TLS, edns, query,
    subnet_option,
};
use crate::edns_compliance::{Way, check, probes};
use crate::shop;

fn with(options: &[(u16, &[u8])]) -> Option<Edns> {
    let options = options.iter().map(|(code, value)| (*code, value.to_vec())).collect();
    Some(Edns { size: 1232, version: 0, flags: 0, options })
}

/// Codes and values, sorted.
type Options = Vec<(u16, Vec<u8>)>;

/// The options of the reply; `None` without OPT.
fn options_of(reply: &[u8]) -> Option<Options> {
    let edns = Message::from_vec(reply).unwrap().edns?;
    let mut options: Vec<_> =
        edns.options().as_ref().iter().map(|(code, value)| (u16::from(*code), Vec::try_from(value).unwrap())).collect();
    options.sort();
    Some(options)
}

fn ask_for(server: &Server, query: &Query) -> (ResponseCode, Option<Options>) {
    let reply = server.ask(query);
    (reply.rcode(), options_of(&reply.bytes))
}

#[test]
fn the_table_of_edns_compliance_holds() {
    let mut server = shop::server();
    server.policy.nsid = Some(b"ns1".as_slice().into());
    let mut wrong = Vec::new();
    for probe in probes() {
        for (way, transport) in [(Way::Udp, Transport::Udp), (Way::Tcp, TCP)] {
            let reply = server.respond(&probe.query, &Query { transport, ..query(".", "A") }).unwrap();
            wrong.extend(check(&probe, way, &reply).err().map(|error| format!("{way:?} {error}")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_client_that_shows_the_cookie_it_was_given_is_known_and_no_other_is() {
    let server = shop::server();
    let judge = |edns, source: &str| {
        let query = Query { edns, source: source.parse().unwrap(), ..query("split.example.com", "A") };
        let (reply, state) = server.respond_and_judge(&query.bytes(), &query);
        let cookie = options_of(&reply.unwrap()).unwrap().into_iter().find(|(code, _)| *code == COOKIE);
        (state, cookie.map(|(_, value)| value))
    };
    let (here, elsewhere) = ("203.0.113.9", "203.0.113.10");
    assert_eq!(judge(edns(1232), here), (CookieState::None, None));
    let (state, given) = judge(with(&[(COOKIE, b"a client")]), here);
    let given = given.unwrap();
    assert_eq!((state, given.len()), (CookieState::ClientOnly, 24));
    assert_eq!(judge(with(&[(COOKIE, &given)]), here), (CookieState::Valid, Some(given.clone())));
    let (state, new) = judge(with(&[(COOKIE, &given)]), elsewhere);
    assert_eq!(state, CookieState::Bad);
    assert_eq!(judge(with(&[(COOKIE, &new.unwrap())]), elsewhere).0, CookieState::Valid);
}

#[test]
fn a_query_for_a_cookie_alone_confirms_the_one_it_has() {
    let server = shop::server();
    let alone = |cookie: &[u8]| {
        let opt = with(&[(COOKIE, cookie)]).unwrap().record();
        let message = [&crate::asking::header(7, 0, [0, 0, 0, 1])[..], &opt].concat();
        let (reply, state) = server.respond_and_judge(&message, &query(".", "A"));
        let reply = reply.unwrap();
        let rcode = Message::from_vec(&reply).unwrap().metadata.response_code;
        (rcode, state, options_of(&reply).unwrap()[0].1.clone())
    };
    let (rcode, state, given) = alone(b"a client");
    assert_eq!((rcode, state), (ResponseCode::NoError, CookieState::ClientOnly));
    let (rcode, state, again) = alone(&given);
    assert_eq!((rcode, state, &again), (ResponseCode::NoError, CookieState::Valid, &given));
    let (rcode, state, _) = alone(&[&given[..23], &[given[23] ^ 1]].concat());
    assert_eq!((rcode, state), (ResponseCode::BADCOOKIE, CookieState::Bad));
}

#[test]
fn the_servers_name_is_told_to_who_asks_if_it_has_one() {
    let mut server = shop::server();
    let asks = Query { edns: with(&[(NSID, b"")]), ..query("split.example.com", "A") };
    assert_eq!(ask_for(&server, &asks), (ResponseCode::NoError, Some(vec![])));
    server.policy.nsid = Some(b"ns1.fra".as_slice().into());
    assert_eq!(ask_for(&server, &asks).1, Some(vec![(NSID, b"ns1.fra".to_vec())]));
    let does_not = Query { edns: edns(1232), ..query("split.example.com", "A") };
    assert_eq!(ask_for(&server, &does_not).1, Some(vec![]));
}

// RFC 7828 §3.2.1, §3.3.2.
#[test]
fn the_idle_time_out_is_told_over_tcp_and_tls_and_is_not_a_clients_to_name() {
    let server = shop::server();
    for (transport, is_told) in
        [(TCP, true), (TLS, true), (Transport::Udp, false), (Transport::Https, false), (Transport::Quic, false)]
    {
        let asks =
            |value: &[u8]| Query { edns: with(&[(KEEPALIVE, value)]), transport, ..query("split.example.com", "A") };
        let told = if is_told { vec![(KEEPALIVE, vec![0, 100])] } else { vec![] };
        assert_eq!(ask_for(&server, &asks(b"")), (ResponseCode::NoError, Some(told)), "{transport:?}");
        let names_one = if is_told { ResponseCode::FormErr } else { ResponseCode::NoError };
        assert_eq!(ask_for(&server, &asks(&[0, 1])), (names_one, Some(vec![])), "{transport:?}");
    }
}

// RFC 6891 §6.1.3.
#[test]
fn the_options_of_another_version_are_not_taken_up_over_any_transport() {
    let mut server = shop::server();
    server.policy.nsid = Some(b"ns1".as_slice().into());
    let options = vec![(NSID, vec![]), (COOKIE, b"a client".to_vec()), (KEEPALIVE, vec![]), (PADDING, vec![0; 20])];
    let edns = Some(Edns { size: 1232, version: 1, flags: 0, options });
    for transport in [Transport::Udp, TCP, TLS, Transport::Https, Transport::Quic] {
        let asks = Query { edns: edns.clone(), transport, ..query("split.example.com", "A") };
        let (reply, state) = server.respond_and_judge(&asks.bytes(), &asks);
        let reply = reply.unwrap();
        // 16 is both BADVERS and BADSIG, and this is hickory's name for it.
        assert_eq!(Message::from_vec(&reply).unwrap().metadata.response_code, ResponseCode::BADSIG);
        assert_eq!((options_of(&reply), state), (Some(vec![]), CookieState::None), "{transport:?}");
    }
}

// RFC 7830, RFC 8467.
#[test]
fn a_padded_query_gets_blocks_where_nobody_else_can_read_it() {
    let server = shop::server();
    for name in ["split.example.com", "nothing.example.com", "big.example.com", "www.elsewhere.test"] {
        for (transport, is_padded) in
            [(TLS, true), (Transport::Https, true), (Transport::Quic, true), (TCP, false), (Transport::Udp, false)]
        {
            let asks = |options| Query { edns: with(options), transport, ..query(name, "TXT") };
            let padded = server.ask(&asks(&[(PADDING, &[0; 20])]));
            assert_eq!(padded.bytes.len().is_multiple_of(468), is_padded, "{name} over {transport:?}");
            if is_padded {
                let padding = options_of(&padded.bytes).unwrap();
                assert!(padding[0].0 == PADDING && padding[0].1.iter().all(|byte| *byte == 0));
            }
            let plain = server.ask(&asks(&[]));
            assert_ne!(plain.bytes.len() % 468, 0);
            assert_eq!(plain.answers(), padded.answers());
        }
    }
}

// RFC 8914; P-7.
#[test]
fn extended_errors_tell_why_if_the_server_is_told_to_and_the_client_speaks_edns() {
    let mut server = shop::server();
    let inside = "10.20.0.9";
    let cases = [
        (query("www.elsewhere.test", "A"), ResponseCode::Refused, Some((20, "no zone here holds the name"))),
        (query("example.com", "AXFR"), ResponseCode::Refused, Some((21, "zones are not transferred"))),
        (Query { class: 3, ..query("version.bind", "TXT") }, ResponseCode::Refused, Some((21, "class is not IN"))),
        (
            Query { source: inside.parse().unwrap(), ..query("www.elsewhere.test", "A") },
            ResponseCode::Refused,
            Some((0, "no upstream")),
        ),
        (query("split.example.com", "A"), ResponseCode::NoError, None),
        (query("nothing.example.com", "A"), ResponseCode::NXDomain, None),
    ];
    for (query, rcode, reason) in cases {
        let with_edns = Query { edns: edns(1232), ..query.clone() };
        server.policy.sends_extended_errors = false;
        let silent = (rcode != ResponseCode::Refused).then(Vec::new);
        assert_eq!(ask_for(&server, &with_edns), (rcode, silent.clone()), "{query:?}");
        server.policy.sends_extended_errors = true;
        let told =
            reason.map(|(code, text): (u16, &str)| (EXTENDED_ERROR, [&code.to_be_bytes(), text.as_bytes()].concat()));
        let expected = if told.is_some() { Some(Vec::from_iter(told)) } else { silent };
        assert_eq!(ask_for(&server, &with_edns), (rcode, expected), "{query:?}");
        assert_eq!(ask_for(&server, &query), (rcode, None), "{query:?}");
    }
}

/// All that can be said at once, beside the longest question, in the smallest datagram.
#[test]
fn there_is_room_for_every_option_in_512_bytes() {
    let mut server = shop::server();
    server.policy.nsid = Some(vec![b'n'; 64].into());
    server.policy.sends_extended_errors = true;
    let longest = [vec![63; 64], vec![63; 64], vec![63; 64], vec![61; 62], vec![0]].concat();
    let address = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let subnet = subnet_option(2, 128, 0, &address);
    let options: [(u16, &[u8]); 5] =
        [(CLIENT_SUBNET, &subnet), (COOKIE, b"a client"), (NSID, b""), (KEEPALIVE, b""), (PADDING, b"")];
    let everything = Some(Edns { size: 0, flags: DO, ..with(&options).unwrap() });
    for transport in [Transport::Udp, TCP, TLS] {
        for (name, query_type, is_here) in [(longest.clone(), 252, false), (shop_name_of_255_bytes(), 16, true)] {
            let query = Query { edns: everything.clone(), transport, query_type, name, ..query(".", "A") };
            let reply = server.ask(&query);
            assert!(transport != Transport::Udp || reply.bytes.len() <= 512);
            let codes: Vec<_> = options_of(&reply.bytes).unwrap().into_iter().map(|(code, _)| code).collect();
            assert!(codes.contains(&COOKIE) && codes.contains(&NSID), "{codes:?}");
            assert_eq!((codes.contains(&CLIENT_SUBNET), codes.contains(&EXTENDED_ERROR)), (is_here, !is_here));
        }
    }
}

fn shop_name_of_255_bytes() -> Vec<u8> {
    let name = [&[63; 64][..], &[63; 64], &[63; 64], &[48; 49], b"\x07example\x03com\0"].concat();
    assert_eq!(name.len(), 254);
    name
}

// P-9 within what is configured.
#[test]
fn the_largest_datagram_is_as_configured_and_is_what_opt_advertises() {
    let mut server = shop::server();
    server.policy.max_udp_payload_size = 1232;
    let big = |size, transport| server.ask(&Query { edns: edns(size), transport, ..query("many.example.com", "A") });
    let reply = big(4096, Transport::Udp);
    assert_eq!(reply.message.edns.as_ref().unwrap().max_payload(), 1232);
    let txt = |transport| server.ask(&Query { edns: edns(4096), transport, ..query("big.example.com", "TXT") });
    assert!(txt(Transport::Udp).is_truncated() && !txt(TCP).is_truncated());
    assert_eq!(txt(TCP).message.edns.unwrap().max_payload(), 1232);
}
