//! How a server guards itself and others, and what it counts of it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::time::Instant;

use hickory_proto::op::ResponseCode;

use crate::admin::Admin;
use crate::client::{BOTH, Connection, Over, ask, ask_from, is_met_with_silence, send, udp_socket};
use crate::message::{A, Query, Response};
use crate::server::Server;
use crate::shop::{INSIDE, OUTSIDE, ZONES};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn server(flags: &[&str]) -> Server {
    Server::with(&[("zones.yaml", ZONES)], &["127.0.0.1:0"], flags)
}

fn www() -> Query {
    Query::new("www.shop.example", A)
}

/// The values of the counters of DNS, by what stands behind `route53d_dns_`.
fn counted(server: &Server) -> HashMap<String, u64> {
    let text = Admin::of(server).get("/metrics").body;
    let lines = text.lines().filter_map(|line| line.strip_prefix("route53d_dns_")?.rsplit_once(' '));
    lines.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect()
}

#[test]
fn every_query_is_counted_as_answered_or_dropped() {
    let server = server(&[]);
    for _ in 0..3 {
        assert_eq!(ask(Over::Udp, server.address(), &www()).rcode(), ResponseCode::NoError);
    }
    ask(Over::Udp, server.address(), &Query::new("nope.shop.example", A));
    ask(Over::Udp, server.address(), &Query::new("elsewhere.example", A));
    ask(Over::Udp, server.address(), &www().edns_version(1232, 1));
    assert!(is_met_with_silence(Over::Udp, server.address(), &www().flags(0x8000).bytes(1)));
    let counted = counted(&server);
    for (name, value) in [
        ("queries_total{transport=\"udp\"}", 7),
        ("responses_total{transport=\"udp\",rcode=\"NOERROR\"}", 3),
        ("responses_total{transport=\"udp\",rcode=\"NXDOMAIN\"}", 1),
        ("responses_total{transport=\"udp\",rcode=\"REFUSED\"}", 1),
        ("responses_total{transport=\"udp\",rcode=\"BADVERS\"}", 1),
        ("responses_total{transport=\"udp\",rcode=\"SERVFAIL\"}", 0),
        ("dropped_queries_total{transport=\"udp\",reason=\"not_a_query\"}", 1),
        ("dropped_queries_total{transport=\"udp\",reason=\"rate_limited\"}", 0),
        ("truncated_responses_total{transport=\"udp\"}", 0),
        ("send_errors_total{transport=\"udp\"}", 0),
        ("rate_limit_slips_total", 0),
        // Each was asked when the one before was answered.
        ("udp_batches_total", 7),
    ] {
        assert_eq!(counted.get(name), Some(&value), "{name}: {counted:#?}");
    }
    assert!(counted["received_bytes_total{transport=\"udp\"}"] > 7 * 12, "{counted:#?}");
    assert!(counted["sent_bytes_total{transport=\"udp\"}"] > 6 * 12, "{counted:#?}");
}

#[test]
fn above_the_rate_a_client_is_told_to_come_over_tcp() {
    let server = server(&["--rrl", "5", "--rrl-slip", "1"]);
    let socket = udp_socket(server.address(), LOOPBACK);
    let start = Instant::now();
    let (mut full, mut slipped) = (0, 0);
    let mut buffer = [0; 512];
    for id in 0..1_000 {
        socket.send(&www().edns(1232).bytes(id)).unwrap();
        let length = socket.recv(&mut buffer).unwrap();
        let response = Response::read(buffer[..length].to_vec());
        assert_eq!((response.message.metadata.id, response.rcode()), (id, ResponseCode::NoError));
        assert!(response.message.edns.is_some());
        if response.message.metadata.truncation {
            assert_eq!((response.message.answers.len(), response.message.authorities.len()), (0, 0));
            assert_eq!(response.question(), &www().bytes(id)[12..]);
            slipped += 1;
        } else {
            assert_eq!(response.addresses(), [OUTSIDE]);
            full += 1;
        }
    }
    let most = 5.0 * (1.0 + start.elapsed().as_secs_f64());
    assert!(full >= 5 && f64::from(full) <= most.ceil(), "{full} full answers, at most {most}");
    // Over TCP nobody forges an address.
    for _ in 0..20 {
        assert_eq!(ask(Over::Tcp, server.address(), &www()).addresses(), [OUTSIDE]);
    }
    let counted = counted(&server);
    assert_eq!(counted["rate_limit_slips_total"], slipped);
    assert_eq!(counted["truncated_responses_total{transport=\"udp\"}"], slipped);
    assert_eq!(counted["responses_total{transport=\"udp\",rcode=\"NOERROR\"}"], 1_000);
}

// In the log and no error: who switches the limit off in a container's environment does not want to take the rest out.
#[test]
fn what_belongs_to_a_limit_that_is_not_set_is_told() {
    let told = |set: &[&str]| format!("{}: no effect, as there is no limit without --rrl N", set.join(" and "));
    let (slip, allow) = (["--rrl-slip", "2"], ["--rrl-allow", "192.0.2.0/24"]);
    server(&slip).logs(&told(&["--rrl-slip"]));
    server(&allow).logs(&told(&["--rrl-allow"]));
    server(&[slip, allow].concat()).logs(&told(&["--rrl-slip", "--rrl-allow"]));
    for flags in [&[&slip[..], &["--rrl", "5"]].concat(), &[][..]] {
        assert!(!server(flags).log().contains("no effect"), "{flags:?}");
    }
}

/// Only Linux answers to all of 127.0.0.0/8 without being told to.
#[cfg(target_os = "linux")]
#[test]
fn a_flood_in_the_name_of_one_network_leaves_the_others_alone() {
    // One thread answers in the order in which queries come.
    let flags = ["--rrl", "5", "--rrl-allow", "127.22.0.0/16", "--udp-threads", "1"];
    let server = server(&flags);
    let flooding = udp_socket(server.address(), LOOPBACK);
    let neighbour = IpAddr::from([127, 0, 1, 1]);
    let exempt = IpAddr::from([127, 22, 0, 1]);
    let start = Instant::now();
    let (mut full, mut truncated) = (0, 0);
    for round in 1..=10 {
        // So few at once that neither socket loses one, and none is under way any more when the last one is answered.
        for id in 0..100 {
            flooding.send(&www().bytes(id)).unwrap();
        }
        assert_eq!(ask_from(Over::Udp, server.address(), exempt, &www()).addresses(), [OUTSIDE]);
        let dropped = counted(&server)["dropped_queries_total{transport=\"udp\",reason=\"rate_limited\"}"];
        while full + truncated + dropped < round * 100 {
            let mut buffer = [0; 512];
            flooding.recv(&mut buffer).unwrap();
            let is_truncated = buffer[2] & 0x02 != 0;
            *(if is_truncated { &mut truncated } else { &mut full }) += 1;
        }
        if round <= 5 {
            assert_eq!(ask_from(Over::Udp, server.address(), neighbour, &www()).addresses(), [OUTSIDE]);
        }
    }
    let most = (5.0 * (1.0 + start.elapsed().as_secs_f64())).ceil() as u64;
    assert!((5..=most).contains(&full), "{full} full answers, at most {most}");
    let dropped = 1_000 - full - truncated;
    assert!(truncated.abs_diff(dropped) < 200, "one in two at random: {truncated} truncated, {dropped} dropped");
    assert_eq!(counted(&server)["rate_limit_slips_total"], truncated);
}

/// A message with the PROXY header of a client before it.
fn proxied(source: [u8; 4], message: &[u8]) -> Vec<u8> {
    let addresses = [&source[..], &[192, 0, 2, 53], &[0x13, 0x88], &[0, 53]].concat();
    [&b"\r\n\r\n\0\r\nQUIT\n\x21\x12\0\x0f"[..], &addresses, &[4, 0, 0], message].concat()
}

fn exchange(socket: &UdpSocket, message: &[u8]) -> Response {
    socket.send(message).unwrap();
    let mut buffer = [0; 4_096];
    let length = socket.recv(&mut buffer).unwrap();
    Response::read(buffer[..length].to_vec())
}

#[test]
fn behind_a_proxy_the_client_in_the_header_is_the_one_who_asks() {
    let server = server(&["--proxy-protocol-from", "127.0.0.1"]);
    let proxy = udp_socket(server.address(), LOOPBACK);
    let ask = |source, query: &Query| exchange(&proxy, &proxied(source, &query.bytes(7)));
    assert_eq!(ask([10, 20, 0, 9], &www()).addresses(), [INSIDE]);
    assert_eq!(ask([10, 21, 0, 9], &www()).addresses(), [OUTSIDE]);
    let local = [b"\r\n\r\n\0\r\nQUIT\n\x20\x00\0\0", &www().bytes(7)[..]].concat();
    assert_eq!(exchange(&proxy, &local).addresses(), [OUTSIDE]);
    // There is nobody to ask whom it is from.
    assert!(is_met_with_silence(Over::Udp, server.address(), &www().bytes(7)));
    assert!(is_met_with_silence(Over::Udp, server.address(), &proxied([10, 20, 0, 9], &[])));
    let counted = counted(&server);
    assert_eq!(counted["proxy_header_errors_total{transport=\"udp\"}"], 1);
    assert_eq!(counted["dropped_queries_total{transport=\"udp\",reason=\"proxy_header\"}"], 1);
    assert_eq!(counted["dropped_queries_total{transport=\"udp\",reason=\"not_a_query\"}"], 1);
}

/// With a padding option, so that the query has so many bytes in all.
fn long_query(length: usize) -> Vec<u8> {
    const PADDING: u16 = 12;
    let least = www().option(PADDING, &[]).bytes(7).len();
    www().option(PADDING, &vec![0; length - least]).bytes(7)
}

#[test]
fn over_both_transports_the_longest_header_leaves_room_for_the_longest_query() {
    const LONGEST_HEADER: usize = 2_048;
    const LONGEST_QUERY: usize = 4_096;
    let server = server(&["--proxy-protocol-from", "127.0.0.1"]);
    let header = |length: usize| {
        let after = ((length - 16) as u16).to_be_bytes();
        let mut header =
            [&b"\r\n\r\n\0\r\nQUIT\n\x21\x12"[..], &after, &[10, 20, 0, 9, 192, 0, 2, 53, 19, 136, 0, 53]].concat();
        header.resize(length, 0);
        header
    };
    let over_tcp = |header: &[u8], query: &[u8]| {
        let mut connection = Connection::open(server.address());
        connection.write(header);
        connection.send(query);
        Response::read(connection.receive())
    };
    let proxy = udp_socket(server.address(), LOOPBACK);
    for (length, expected) in [(LONGEST_QUERY, ResponseCode::NoError), (LONGEST_QUERY + 1, ResponseCode::FormErr)] {
        let (header, query) = (header(LONGEST_HEADER), long_query(length));
        let over_udp = exchange(&proxy, &[&header[..], &query].concat());
        for response in [over_udp, over_tcp(&header, &query)] {
            assert_eq!(response.rcode(), expected, "{length}");
            assert!(expected != ResponseCode::NoError || response.addresses() == [INSIDE]);
        }
    }
    let (too_long, query) = (header(LONGEST_HEADER + 1), www().bytes(7));
    assert!(is_met_with_silence(Over::Udp, server.address(), &[&too_long[..], &query].concat()));
    let mut connection = Connection::open(server.address());
    connection.write(&too_long);
    assert!(connection.is_ended());
    // Without a proxy the longest query is as long.
    let server = self::server(&[]);
    for (length, expected) in [(LONGEST_QUERY, ResponseCode::NoError), (LONGEST_QUERY + 1, ResponseCode::FormErr)] {
        for over in BOTH {
            let response = Response::read(send(over, server.address(), &long_query(length)).unwrap());
            assert_eq!(response.rcode(), expected, "{over:?} {length}");
        }
    }
}

#[test]
fn a_client_subnet_is_believed_from_the_client_in_the_header_and_not_for_the_proxys_sake() {
    let from_the_vpc = www().subnet("10.20.7.0/24");
    for (trusted, expected) in [("198.51.100.7", INSIDE), ("127.0.0.1", OUTSIDE)] {
        let flags = ["--proxy-protocol-from", "127.0.0.0/8", "--trust-client-subnet-from", trusted];
        let server = server(&flags);
        let proxy = udp_socket(server.address(), LOOPBACK);
        let response = exchange(&proxy, &proxied([198, 51, 100, 7], &from_the_vpc.bytes(7)));
        assert_eq!(response.addresses(), [expected], "{trusted}");
    }
}

#[test]
fn from_anybody_else_a_proxy_header_is_no_query() {
    let server = server(&["--proxy-protocol-from", "127.0.0.2,192.0.2.0/24"]);
    let stranger = udp_socket(server.address(), LOOPBACK);
    let response = exchange(&stranger, &proxied([10, 20, 0, 9], &www().bytes(7)));
    assert_eq!(response.rcode(), ResponseCode::NotImp);
    assert_eq!(ask(Over::Udp, server.address(), &www()).addresses(), [OUTSIDE]);
}
