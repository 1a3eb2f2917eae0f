//! Who sees a private zone: by source address, by listener, by a trusted client subnet.

use std::net::{IpAddr, Ipv4Addr};

use hickory_proto::op::ResponseCode;

use crate::client::{BOTH, ask, ask_from};
use crate::message::{A, Query};
use crate::server::Server;

const ZONES: &str = r#"
vpcs:
  - { id: vpc-0dev, region: eu-central-1, cidrs: [10.20.0.0/16, 127.20.0.0/16] }
hosted_zones:
  - name: shop.example
    id: Z0PUBLIC
    records:
      - { name: www, type: A, ttl: 60, values: ["192.0.2.1"] }
      - { name: only-outside, type: A, ttl: 60, values: ["192.0.2.2"] }
  - name: shop.example
    id: Z0PRIVATE
    vpcs: [vpc-0dev]
    records:
      - { name: www, type: A, ttl: 60, values: ["10.20.0.1"] }
  - name: internal
    vpcs: [vpc-0dev]
    records:
      - { name: db, type: A, ttl: 60, values: ["10.20.0.5"] }
"#;

const OUTSIDE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const INSIDE: Ipv4Addr = Ipv4Addr::new(10, 20, 0, 1);

fn www() -> Query {
    Query::new("www.shop.example", A)
}

/// Only Linux answers to all of 127.0.0.0/8 without being told to.
#[cfg(target_os = "linux")]
#[test]
fn a_client_whose_address_is_the_vpcs_sees_its_private_zones_and_nobody_else_does() {
    let server = Server::start(ZONES);
    let inside = IpAddr::from([127, 20, 0, 1]);
    let beside = IpAddr::from([127, 21, 0, 1]);
    for over in BOTH {
        let ask_from = |source, query: &Query| ask_from(over, server.address(), source, query);
        let db = Query::new("db.internal", A);

        let response = ask_from(inside, &www());
        assert_eq!(response.addresses(), [INSIDE], "{over:?}");
        // PZ-16.
        assert!(response.message.metadata.recursion_available && !response.message.metadata.authoritative);
        assert_eq!(ask_from(inside, &db).addresses(), [Ipv4Addr::new(10, 20, 0, 5)]);
        // PZ-13: the private zone hides the whole public one.
        assert_eq!(ask_from(inside, &Query::new("only-outside.shop.example", A)).rcode(), ResponseCode::NXDomain);

        let response = ask_from(beside, &www());
        assert_eq!(response.addresses(), [OUTSIDE], "{over:?}");
        assert!(!response.message.metadata.recursion_available && response.message.metadata.authoritative);
        assert_eq!(ask_from(beside, &db).rcode(), ResponseCode::Refused);
    }
}

#[test]
fn everybody_at_a_listener_bound_to_a_vpc_is_inside_it() {
    let server = Server::with(&[("zones.yaml", ZONES)], &["127.0.0.1:0", "127.0.0.1:0@vpc-0dev"], &[]);
    assert!(server.output().contains(&format!("Listening on {} (UDP and TCP), inside vpc-0dev", server.dns[1])));
    for over in BOTH {
        assert_eq!(ask(over, server.dns[0], &www()).addresses(), [OUTSIDE], "{over:?}");
        assert_eq!(ask(over, server.dns[1], &www()).addresses(), [INSIDE], "{over:?}");
        assert_eq!(ask(over, server.dns[0], &Query::new("db.internal", A)).rcode(), ResponseCode::Refused);
        assert_eq!(ask(over, server.dns[1], &Query::new("db.internal", A)).rcode(), ResponseCode::NoError);
    }
}

#[test]
fn only_a_trusted_sender_may_say_that_its_client_is_inside() {
    let trusting = ["--trust-client-subnet-from", "127.0.0.1/32"];
    let trusting = Server::with(&[("zones.yaml", ZONES)], &["127.0.0.1:0"], &trusting);
    let others = ["--trust-client-subnet-from", "192.0.2.0/24,127.0.0.2/32"];
    let distrustful = Server::with(&[("zones.yaml", ZONES)], &["127.0.0.1:0"], &others);
    for over in BOTH {
        let from_vpc = www().subnet("10.20.7.0/24");
        let from_elsewhere = www().subnet("10.21.7.0/24");
        assert_eq!(ask(over, trusting.address(), &from_vpc).addresses(), [INSIDE], "{over:?}");
        assert_eq!(ask(over, trusting.address(), &from_elsewhere).addresses(), [OUTSIDE], "{over:?}");
        assert_eq!(ask(over, trusting.address(), &www()).addresses(), [OUTSIDE], "{over:?}");
        assert_eq!(ask(over, distrustful.address(), &from_vpc).addresses(), [OUTSIDE], "{over:?}");
    }
}
