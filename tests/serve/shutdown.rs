//! Shutdown loses no query: everything that had reached a socket before the signal is answered.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::client::{Connection, udp_socket};
use crate::message::{A, Query, Response};
use crate::server::{Server, eventually};

const ZONES: &str = r#"
hosted_zones:
  - name: shop.example
    records:
      - { name: www, type: A, ttl: 60, values: ["192.0.2.1"] }
"#;

const THREADS: [&str; 3] = ["1", "2", "5"];
/// More than one receive call returns, and few enough for the socket buffers of systems that allow small ones only.
const QUERIES: u16 = 200;
/// The clients of the load, and how many queries each has in flight.
const CLIENTS: usize = 8;
const IN_FLIGHT: usize = 16;
const ROUNDS: usize = 5;
/// Answers of a round before the signal comes.
const WARM: usize = 1_000;

fn server(address: &str, threads: &str) -> Server {
    Server::with(&[("zones.yaml", ZONES)], &[address], &["--udp-threads", threads])
}

fn www(id: u16) -> Vec<u8> {
    Query::new("www.shop.example", A).bytes(id)
}

/// The id of the query that this is the answer to.
fn answered(reply: &[u8]) -> u16 {
    let response = Response::read(reply.to_vec());
    assert_eq!(response.addresses(), [Ipv4Addr::new(192, 0, 2, 1)]);
    response.message.metadata.id
}

#[test]
fn queries_in_the_udp_sockets_at_the_signal_are_answered() {
    for (bind, threads) in
        ["127.0.0.1:0", "0.0.0.0:0", "[::1]:0"].into_iter().flat_map(|bind| THREADS.map(|t| (bind, t)))
    {
        let mut server = server(bind, threads);
        let address = match server.address() {
            SocketAddr::V4(address) => (Ipv4Addr::LOCALHOST, address.port()).into(),
            address => address,
        };
        // Of many clients, so that each thread's socket has its share.
        let clients: Vec<UdpSocket> = (0..10).map(|_| udp_socket(address, address.ip())).collect();
        server.pause();
        for id in 0..QUERIES {
            clients[usize::from(id) % clients.len()].send(&www(id)).unwrap();
        }
        server.signal("TERM");
        server.signal("CONT");
        for (number, client) in clients.iter().enumerate() {
            let mut missing: BTreeSet<u16> =
                (0..QUERIES).filter(|id| usize::from(*id) % clients.len() == number).collect();
            while !missing.is_empty() {
                let mut reply = [0; 512];
                let length = client
                    .recv(&mut reply)
                    .unwrap_or_else(|error| panic!("{error}; {bind}, {threads} threads: no answer to {missing:?}"));
                assert!(missing.remove(&answered(&reply[..length])));
            }
        }
        assert_eq!(server.wait_for_end().code(), Some(0), "{}", server.log());
    }
}

/// Asks until the server is gone; returns how many queries had been sent before the signal, and how many of those were
/// never answered.
fn ask_until_the_end(server: SocketAddr, is_signalled: &AtomicBool, answers: &AtomicUsize) -> (usize, usize) {
    let socket = udp_socket(server, Ipv4Addr::LOCALHOST.into());
    socket.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    let (mut next, mut sent_before) = (0, 0);
    let (mut waiting, mut owed) = (BTreeSet::new(), BTreeSet::new());
    loop {
        while waiting.len() < IN_FLIGHT && socket.send(&www(next)).is_ok() {
            waiting.insert(next);
            if !is_signalled.load(Ordering::SeqCst) {
                owed.insert(next);
                sent_before += 1;
            }
            next += 1;
        }
        let mut reply = [0; 512];
        match socket.recv(&mut reply) {
            Ok(length) => {
                let id = answered(&reply[..length]);
                answers.fetch_add(1, Ordering::SeqCst);
                assert!(waiting.remove(&id));
                owed.remove(&id);
            }
            // The server is gone. Answers may still be queued here: the error comes before them.
            Err(_) if is_signalled.load(Ordering::SeqCst) => break,
            Err(error) => panic!("{error}; waiting for {waiting:?}"),
        }
    }
    socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let mut reply = [0; 512];
    while !owed.is_empty()
        && let Ok(length) = socket.recv(&mut reply)
    {
        owed.remove(&answered(&reply[..length]));
    }
    (sent_before, owed.len())
}

#[test]
fn no_query_sent_before_the_signal_is_lost_under_load() {
    for threads in THREADS {
        for round in 0..ROUNDS {
            let mut server = server("127.0.0.1:0", threads);
            let (address, is_signalled, answers) = (server.address(), AtomicBool::new(false), AtomicUsize::new(0));
            thread::scope(|scope| {
                let clients: Vec<_> =
                    (0..CLIENTS).map(|_| scope.spawn(|| ask_until_the_end(address, &is_signalled, &answers))).collect();
                eventually("the load", || (answers.load(Ordering::SeqCst) > WARM).then_some(()));
                is_signalled.store(true, Ordering::SeqCst);
                server.signal("TERM");
                for client in clients {
                    let (sent, lost) = client.join().unwrap();
                    assert_eq!(lost, 0, "of {sent}; {threads} threads, round {round}");
                    assert!(sent > 0);
                }
            });
            assert_eq!(server.wait_for_end().code(), Some(0), "{}", server.log());
        }
    }
}

/// Even on connections that the server has not yet accepted.
#[test]
fn queries_that_came_over_tcp_before_the_signal_are_answered() {
    for _ in 0..ROUNDS {
        let mut server = server("127.0.0.1:0", "1");
        let mut connections: Vec<Connection> = (0..20).map(|_| Connection::open(server.address())).collect();
        for connection in &mut connections {
            connection.send(&www(1));
            assert_eq!(answered(&connection.receive()), 1);
        }
        server.pause();
        connections.extend((0..20).map(|_| Connection::open(server.address())));
        for connection in &mut connections {
            connection.send(&www(2));
            connection.send(&www(3));
        }
        server.signal("TERM");
        server.signal("CONT");
        for connection in &mut connections {
            assert_eq!([answered(&connection.receive()), answered(&connection.receive())], [2, 3]);
            assert!(connection.is_at_end());
        }
        assert_eq!(server.wait_for_end().code(), Some(0), "{}", server.log());
    }
}
