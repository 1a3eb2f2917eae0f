//! A private zone is invisible outside its VPCs, on every path (PZ-1, PZ-2).

use std::net::IpAddr;

use proptest::prelude::*;
use route53d::dns::Transport;
use route53d::snapshot::SubnetTrust;

use crate::asking::{CLIENT_SUBNET, Edns, Query, Server, TCP, query, subnet_option};
use crate::laws::{any_query, shop_name};
use crate::shop::{self, SECRET_IPV4, SECRET_IPV6, SECRET_TEXT, SECRET_TTL};

/// Whether a reply holds anything of a private zone behind its question.
fn tells_a_secret(reply: &[u8], query: &Query) -> bool {
    let behind_question = &reply[(12 + query.question().len()).min(reply.len())..];
    let lower = behind_question.to_ascii_lowercase();
    let holds = |secret: &[u8]| lower.windows(secret.len()).any(|window| window == secret);
    holds(SECRET_TEXT.as_bytes())
        || [&SECRET_IPV4[..], &SECRET_IPV6, &SECRET_TTL.to_be_bytes()]
            .iter()
            .any(|secret| behind_question.windows(secret.len()).any(|window| window == *secret))
}

fn outside() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<IpAddr>(),
        proptest::sample::select(vec!["10.21.0.1", "10.19.255.255", "fd00:21::1", "::ffff:203.0.113.7", "127.0.0.1"])
            .prop_map(|text| text.parse().unwrap()),
    ]
    .prop_filter("inside the VPC", |address| match address.to_canonical() {
        IpAddr::V4(address) => !address.octets().starts_with(&[10, 20]),
        IpAddr::V6(address) => !address.segments().starts_with(&[0xfd00, 0x20, 0]),
    })
}

thread_local! {
    static SERVER: Server = shop::server();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn no_reply_to_the_internet_holds_a_byte_of_a_private_zone(
        query in any_query(),
        name in shop_name(),
        source in outside(),
        claims_to_be_inside: bool,
    ) {
        let mut query = Query { name, source, subnet_trust: SubnetTrust::Untrusted, ..query };
        if claims_to_be_inside {
            let options = vec![(CLIENT_SUBNET, subnet_option(1, 32, 0, &[10, 20, 0, 1]))];
            query.edns = Some(Edns { size: 4096, version: 0, flags: 0, options });
        }
        for transport in [Transport::Udp, TCP] {
            let query = Query { transport, ..query.clone() };
            let reply = SERVER.with(|server| server.respond(&query.bytes(), &query));
            prop_assert!(!reply.is_some_and(|reply| tells_a_secret(&reply, &query)));
        }
    }
}

/// What makes the law above worth something: from inside, the same questions do tell.
#[test]
fn the_same_questions_from_inside_the_vpc_are_answered_from_the_private_zones() {
    let server = shop::server();
    let inside =
        |name: &str, query_type: &str| Query { source: "10.20.0.1".parse().unwrap(), ..query(name, query_type) };
    let tells = |query: &Query| tells_a_secret(&server.ask(query).bytes, query);
    for (name, query_type) in [
        ("split.example.com", "A"),
        ("inside.example.com", "AAAA"),
        ("nothing.example.com", "TXT"),
        ("y.wild.example.com", "A"),
        ("nothing.internal.test", "A"),
        ("cname.internal.test", "A"),
        ("mx.internal.test", "MX"),
        ("api.internal.test", "A"),
        ("lb.elb.test", "A"),
        ("x.corp.example.com", "A"),
    ] {
        assert!(tells(&inside(name, query_type)), "{name} {query_type}");
        let from_outside = query(name, query_type);
        assert!(!tells(&from_outside), "{name} {query_type}");
    }
    let trusted = Query {
        subnet_trust: SubnetTrust::Trusted,
        edns: crate::asking::subnet(1, 32, &[10, 20, 0, 1]),
        ..query("split.example.com", "A")
    };
    assert!(tells(&trusted));
    assert!(!tells(&Query { subnet_trust: SubnetTrust::Untrusted, ..trusted }));
}

#[test]
fn an_alias_to_a_name_that_only_a_private_zone_holds_answers_the_internet_nothing() {
    let server = shop::server();
    let reply = server.ask(&query("hidden.example.com", "A"));
    assert_eq!(reply.counts(), (0, 1, 0), "NODATA with the public SOA");
    // PZ-13: inside the VPC the private zone of this name hides the alias altogether.
    assert_eq!(server.values("lb.example.com", "A").len(), 1);
}
