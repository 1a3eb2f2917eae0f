//! Examples of the wire's rules (§1.7): what is refused and how, EDNS, client subnet, truncation.

use hickory_proto::op::ResponseCode;
use route53d::dns::Transport;

use crate::asking::{CLIENT_SUBNET, DO, Edns, Query, RD, Reply, TCP, edns, header, query, subnet, subnet_option};
use crate::shop;

fn ask(query: &Query) -> Reply {
    shop::server().ask(query)
}

fn respond(message: &[u8]) -> Option<Vec<u8>> {
    shop::server().respond(message, &query(".", "A"))
}

/// Checks that a reply is a header alone, with the query's id, its opcode, and RD.
fn assert_bare(query: &[u8], rcode: u8) {
    let reply = respond(query).unwrap();
    let expected = [query[0], query[1], 0x80 | query[2] & 0x79, rcode, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(reply, expected, "reply to {query:02x?}");
}

const FORMERR: u8 = 1;
const NOTIMP: u8 = 4;

#[test]
fn less_than_a_header_gets_silence() {
    let message = query("www.example.com", "A").bytes();
    for length in 0..12 {
        assert_eq!(respond(&message[..length]), None);
    }
    assert_bare(&message[..12], FORMERR);
}

#[test]
fn a_reply_gets_silence() {
    let message = Query { flags: 0x8000 | RD, ..query("www.example.com", "A") }.bytes();
    assert_eq!(respond(&message), None);
}

// P-17.
#[test]
fn every_opcode_but_query_is_not_implemented() {
    for opcode in 1..16 {
        assert_bare(&Query { flags: opcode << 11 | RD, ..query("example.com", "SOA") }.bytes(), NOTIMP);
    }
}

// P-19.
#[test]
fn a_question_count_other_than_one_is_malformed() {
    assert_bare(&header(7, RD, [0, 0, 0, 0]), FORMERR);
    let two = query("www.example.com", "A");
    assert_bare(&[header(7, 0, [2, 0, 0, 0]), two.question(), two.question()].concat(), FORMERR);
}

#[test]
fn bytes_after_the_message_and_promised_records_that_are_missing_are_malformed() {
    let message = Query { edns: edns(1232), ..query("www.example.com", "A") }.bytes();
    assert_bare(&[&message[..], &[0]].concat(), FORMERR);
    assert_bare(&message[..message.len() - 1], FORMERR);
    for count in [7, 9, 11] {
        let mut promises = message.clone();
        promises[count] += 1;
        assert_bare(&promises, FORMERR);
    }
}

#[test]
fn a_name_that_is_too_long_is_malformed() {
    let longest = [vec![63; 64], vec![63; 64], vec![63; 64], vec![61; 62], vec![0]].concat();
    assert_eq!(longest.len(), 255);
    assert_eq!(ask(&Query { name: longest, ..query(".", "A") }).rcode(), ResponseCode::Refused);
    let too_long = [vec![63; 64], vec![63; 64], vec![63; 64], vec![62; 63], vec![0]].concat();
    assert_bare(&Query { name: too_long, ..query(".", "A") }.bytes(), FORMERR);
    let bad_label = [vec![0x40], vec![b'a'; 64], vec![0]].concat();
    assert_bare(&Query { name: bad_label, ..query(".", "A") }.bytes(), FORMERR);
}

/// Checks that a reply is a header, the question and an OPT without options, with FORMERR: who sent the query speaks
/// EDNS, and must not think that we do not (RFC 6891 §7).
fn assert_malformed_edns(query: &[u8]) {
    let reply = respond(query).unwrap();
    let question_end = 12 + query[12..].iter().position(|byte| *byte == 0).unwrap() + 5;
    let head = [query[0], query[1], 0x80 | query[2] & 0x79, FORMERR, 0, 1, 0, 0, 0, 0, 0, 1];
    let opt = edns(4096).unwrap().record();
    assert_eq!(reply, [&head, &query[12..question_end], &opt].concat(), "reply to {query:02x?}");
}

// RFC 6891 §6.1.1.
#[test]
fn two_opts_or_one_that_is_not_at_the_root_are_malformed() {
    let mut message = Query { edns: edns(1232), ..query("www.example.com", "A") }.bytes();
    let opt = edns(1232).unwrap().record();
    message.extend(&opt);
    message[11] = 2;
    assert_malformed_edns(&message);
    let mut not_at_root = query("www.example.com", "A").bytes();
    not_at_root[11] = 1;
    not_at_root.extend([&b"\x01a"[..], &opt].concat());
    assert_malformed_edns(&not_at_root);
}

// P-12.
#[test]
fn a_later_version_of_edns_is_a_bad_version() {
    for version in [1, 255] {
        let edns = Some(Edns { size: 1232, version, flags: DO, options: Vec::new() });
        let reply = ask(&Query { edns, ..query("www.example.com", "A") });
        // BADVERS and BADSIG share a number; hickory knows it by the other name.
        assert_eq!((u16::from(reply.rcode()), reply.counts()), (16, (0, 0, 0)));
        assert_eq!(reply.message.edns.unwrap().version(), 0);
        assert_eq!(reply.message.queries.len(), 1);
    }
}

// P-12, P-13, RFC 6891 §6.1.4: DO comes back, no other flag and no other option does; AD and CD stay clear.
#[test]
fn only_do_comes_back() {
    for (flags, expected) in [(0, false), (DO, true), (0x7fff, false), (0xffff, true)] {
        // Codes nobody knows, an NSID that was not given, and what is for encrypted transports and for TCP.
        let options =
            vec![(0, vec![1; 8]), (100, vec![]), (65_535, vec![2]), (3, vec![]), (12, vec![0; 20]), (11, vec![])];
        let edns = Some(Edns { size: 1232, version: 0, flags, options });
        let reply = ask(&Query { edns, flags: RD | 0x0030, ..query("example.com", "A") });
        assert_eq!(reply.flags() & 0x0070, 0);
        let edns = reply.message.edns.unwrap();
        assert_eq!((edns.flags().dnssec_ok, edns.flags().z), (expected, 0));
        assert_eq!(edns.max_payload(), 4096, "P-9");
        assert!(edns.options().as_ref().is_empty(), "P-17");
    }
    assert!(!ask(&query("example.com", "A")).has_opt());
}

// P-17, P-19, P-7: refused with the question and nothing else, not even OPT.
#[test]
fn what_is_not_served_is_refused() {
    let refused = [
        query("example.com", "AXFR"),
        query("example.com", "IXFR"),
        Query { class: 3, ..query("version.bind", "TXT") },
        Query { class: 3, ..query("example.com", "TXT") },
        Query { class: 254, ..query("example.com", "A") },
        query("www.elsewhere.test", "A"),
        query("com", "NS"),
        query(".", "NS"),
        query("ample.com", "A"),
        query("internal.test", "SOA"),
    ];
    for query in refused {
        for transport in [Transport::Udp, TCP] {
            let reply = ask(&Query { edns: edns(1232), transport, ..query.clone() });
            assert_eq!((reply.rcode(), reply.counts()), (ResponseCode::Refused, (0, 0, 0)), "{query:?}");
            assert_eq!(reply.flags(), 0x8000 | RD | 5, "AA clear, RD echoed");
            assert_eq!(reply.bytes.len(), 12 + query.question().len(), "{query:?}");
        }
    }
}

#[test]
fn class_any_is_answered_in_class_in() {
    let reply = ask(&Query { class: 255, ..query("split.example.com", "A") });
    assert_eq!(reply.answers(), ["split.example.com. 60 A 192.0.2.60"]);
    assert_eq!(reply.message.answers[0].dns_class, hickory_proto::rr::DNSClass::IN);
}

// P-8.
#[test]
fn a_type_that_nobody_can_store_is_nodata_or_nxdomain() {
    for query_type in [0, 10, 48, 250, 253, 32768, 65535] {
        let nodata = ask(&Query { query_type, ..query("split.example.com", "A") });
        assert_eq!((nodata.rcode(), nodata.counts()), (ResponseCode::NoError, (0, 1, 0)), "type {query_type}");
        let nxdomain = ask(&Query { query_type, ..query("nothing.example.com", "A") });
        assert_eq!((nxdomain.rcode(), nxdomain.counts()), (ResponseCode::NXDomain, (0, 1, 0)));
    }
}

// P-14 to P-16.

/// The OPT that ends a reply: no flags, one client subnet option.
fn opt_with_subnet(option: &[u8]) -> Vec<u8> {
    Edns { size: 4096, version: 0, flags: 0, options: vec![(CLIENT_SUBNET, option.to_vec())] }.record()
}

#[test]
fn a_client_subnet_steers_location_policies_and_comes_back_with_a_scope() {
    let de = [198, 51, 100];
    for (name, edns, value, family, length, scope, address) in [
        // G-2; the client network's length, or a longer one than was asked with if the subnet holds it (P-15).
        ("geo.example.com", subnet(1, 24, &de), "192.0.2.41", 1, 24, 24, &de[..]),
        ("geo.example.com", subnet(1, 32, &[198, 51, 100, 7]), "192.0.2.41", 1, 32, 24, &[198, 51, 100, 7]),
        ("geo.example.com", subnet(1, 20, &[198, 51, 96]), "192.0.2.42", 1, 20, 24, &[198, 51, 96]),
        // An IP-based group: the block's length (IP-3), also if it is too long for a match (IP-4).
        ("ip.example.com", subnet(1, 32, &[203, 0, 113, 9]), "192.0.2.45", 1, 32, 24, &[203, 0, 113, 9]),
        ("ip.example.com", subnet(1, 16, &[203, 0]), "192.0.2.46", 1, 16, 24, &[203, 0]),
        // Everybody's answer: scope 0.
        ("split.example.com", subnet(1, 24, &de), "192.0.2.60", 1, 24, 0, &de),
    ] {
        let reply = ask(&Query { edns, ..query(name, "A") });
        assert_eq!(reply.message.answers[0].data.to_string(), value, "{name}");
        let option = subnet_option(family, length, scope, address);
        assert!(reply.bytes.ends_with(&opt_with_subnet(&option)), "{name}: {:02x?}", reply.bytes);
    }
}

#[test]
fn an_ipv6_client_subnet_has_the_scope_of_the_client_network() {
    let mut address = [0; 16];
    address[..6].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8, 0x00, 0xde]);
    for (length, scope) in [(128, 48), (56, 48), (48, 48), (40, 48)] {
        let bytes = &address[..length as usize / 8];
        let reply = ask(&Query { edns: subnet(2, length, bytes), ..query("geo.example.com", "A") });
        let value = if length >= 48 { "192.0.2.41" } else { "192.0.2.42" };
        assert_eq!(reply.message.answers[0].data.to_string(), value);
        assert!(reply.bytes.ends_with(&opt_with_subnet(&subnet_option(2, length, scope, bytes))));
    }
    let bytes = [0x20, 0x01, 0x0d, 0xb8, 0x01, 0x13, 0, 1];
    let reply = ask(&Query { edns: subnet(2, 64, &bytes), ..query("ip.example.com", "A") });
    assert_eq!(reply.message.answers[0].data.to_string(), "192.0.2.45");
    assert!(reply.bytes.ends_with(&opt_with_subnet(&subnet_option(2, 64, 48, &bytes))));
}

/// The network is found as IPv4; the scope counts the bits of the address as it was sent.
#[test]
fn the_scope_of_an_ipv4_mapped_subnet_counts_its_ipv6_bits() {
    let bytes = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 51, 100];
    let reply = ask(&Query { edns: subnet(2, 120, &bytes), ..query("geo.example.com", "A") });
    assert_eq!(reply.message.answers[0].data.to_string(), "192.0.2.41");
    assert!(reply.bytes.ends_with(&opt_with_subnet(&subnet_option(2, 120, 120, &bytes))));
    // All IPv4 addresses, and as many of IPv6 before them.
    let bytes = [0; 10];
    let reply = ask(&Query { edns: subnet(2, 80, &bytes), ..query("geo.example.com", "A") });
    assert_eq!(reply.message.answers[0].data.to_string(), "192.0.2.42");
    assert!(reply.bytes.ends_with(&opt_with_subnet(&subnet_option(2, 80, 81, &bytes))));
}

// P-16: the resolver's own address is used, and the scope is 0.
#[test]
fn a_client_subnet_of_length_zero_locates_by_the_source_address() {
    for family in [1, 2] {
        let from_germany = Query {
            source: "198.51.100.1".parse().unwrap(),
            edns: subnet(family, 0, &[]),
            ..query("geo.example.com", "A")
        };
        let reply = ask(&from_germany);
        assert_eq!(reply.message.answers[0].data.to_string(), "192.0.2.41");
        assert!(reply.bytes.ends_with(&opt_with_subnet(&subnet_option(family, 0, 0, &[]))));
    }
}

// RFC 7871 §6, §7.1.2.
#[test]
fn a_malformed_client_subnet_is_malformed() {
    for option in [
        vec![],
        vec![0, 1, 24],
        subnet_option(1, 24, 0, &[198, 51]),
        subnet_option(1, 24, 0, &[198, 51, 100, 0]),
        subnet_option(1, 33, 0, &[198, 51, 100, 0, 0]),
        subnet_option(2, 129, 0, &[0; 17]),
        subnet_option(1, 24, 24, &[198, 51, 100]),
        subnet_option(1, 20, 0, &[198, 51, 100]),
        subnet_option(2, 1, 0, &[0x40]),
    ] {
        let edns = Some(Edns { size: 1232, version: 0, flags: 0, options: vec![(CLIENT_SUBNET, option)] });
        assert_malformed_edns(&Query { edns, ..query("geo.example.com", "A") }.bytes());
    }
    // An option that says it is longer than the record.
    let mut message = Query { edns: subnet(1, 24, &[198, 51, 100]), ..query("geo.example.com", "A") }.bytes();
    let length_at = message.len() - 8;
    message[length_at] += 1;
    assert_malformed_edns(&message);
}

// P-9, P-10, P-11.

#[test]
fn what_does_not_fit_is_truncated_with_question_and_opt_kept() {
    for (edns, limit) in [(None, 512), (edns(0), 512), (edns(511), 512), (edns(1232), 1232), (edns(65_535), 4096)] {
        let has_opt = edns.is_some();
        let reply = ask(&Query { edns, ..query("big.example.com", "TXT") });
        assert!(reply.is_truncated() && reply.bytes.len() <= limit);
        assert_eq!((reply.counts(), reply.has_opt()), ((0, 0, 0), has_opt), "whole RRsets only");
        assert_eq!(reply.message.queries.len(), 1);
    }
    let reply = ask(&Query { transport: TCP, ..query("big.example.com", "TXT") });
    assert!(!reply.is_truncated());
    assert_eq!(reply.counts(), (40, 4, 0));
}

#[test]
fn the_name_servers_and_the_additional_section_are_dropped_in_silence() {
    let mut account = crate::written_account::WrittenAccount::default();
    let hosts: Vec<_> = (0..20).map(|host| format!("mail{host:02}{}.example.com.", "x".repeat(10))).collect();
    let values: Vec<_> = hosts.iter().map(|host| format!("10 {host}")).collect();
    let mut records = vec![format!("@ MX {}", values[..12].join(" | ")), format!("more MX {}", values.join(" | "))];
    records.extend(hosts.iter().map(|host| format!("{} A 192.0.2.1", host.trim_end_matches(".example.com."))));
    account.public_zone("example.com", &records.iter().map(String::as_str).collect::<Vec<_>>());
    let server = crate::asking::Server::new(&account);
    let small = server.ask(&query("example.com", "MX"));
    assert!(!small.is_truncated() && small.bytes.len() <= 512);
    assert_eq!(small.counts().0, 12);
    assert!(small.counts().1 == 0 || small.counts().2 < 12);
    let large = server.ask(&Query { edns: edns(4096), ..query("example.com", "MX") });
    assert_eq!(large.counts(), (12, 4, 12));
    let too_large = server.ask(&query("more.example.com", "MX"));
    assert!(too_large.is_truncated());
    assert_eq!(too_large.counts(), (0, 0, 0));
}
