//! Where the server listens.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use crate::client::{BOTH, ask};
use crate::message::{A, Query};
use crate::server::Server;

const ZONES: &str = r#"
hosted_zones:
  - name: shop.example
    records:
      - { name: www, type: A, ttl: 60, values: ["192.0.2.1"] }
"#;

fn answers(server: SocketAddr) {
    for over in BOTH {
        let response = ask(over, server, &Query::new("www.shop.example", A));
        assert_eq!(response.addresses(), [Ipv4Addr::new(192, 0, 2, 1)], "{server} {over:?}");
    }
}

#[test]
fn the_system_gives_each_of_several_listeners_a_port_of_its_own() {
    let server = Server::with(&[("zones.yaml", ZONES)], &["127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"], &[]);
    let ports: HashSet<u16> = server.dns.iter().map(SocketAddr::port).collect();
    assert_eq!(ports.len(), 3);
    assert!(!ports.contains(&0));
    server.dns.iter().copied().for_each(answers);
    for address in &server.dns {
        assert!(server.output().contains(&format!("Listening on {address} (UDP and TCP)\n")), "{}", server.output());
    }
    assert!(server.output().ends_with("Ready.\n"), "{}", server.output());
}

#[test]
fn an_ipv6_listener_answers() {
    if UdpSocket::bind("[::1]:0").is_err() {
        eprintln!("skipped: this machine has no IPv6");
        return;
    }
    let server = Server::with(&[("zones.yaml", ZONES)], &["[::1]:0", "127.0.0.1:0"], &[]);
    assert!(server.dns[0].is_ipv6());
    server.dns.iter().copied().for_each(answers);
}
