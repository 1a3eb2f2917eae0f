//! Sockets on the loopback interface, and a server that holds no zone.

use std::net::Ipv4Addr;

use crate::dns::listener::{ListenAddress, Listener};
use crate::dns::{CookieSecret, CookieSecrets, WirePolicy};
use crate::published::Published;

use crate::snapshot::{HealthTable, Snapshot};
use crate::time::Clock;

use super::*;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn responder() -> Responder {
    let snapshot = Snapshot::new(Arc::default(), Arc::default());
    Responder {
        snapshots: Arc::new(Published::new(snapshot)),
        health: Arc::new(Published::new(HealthTable::default())),
        subnet_trusted_senders: Arc::from([]),
        vpc: None,
        policy: Arc::new(WirePolicy::new(CookieSecrets { current: CookieSecret([7; 16]), previous: None })),
        clock: Clock::real(),
    }
}

/// SOA of `example.`, which nobody holds here: REFUSED.
pub(super) fn query(id: u16) -> Vec<u8> {
    let mut bytes = id.to_be_bytes().to_vec();
    bytes.extend(*b"\x01\0\0\x01\0\0\0\0\0\0\x07example\0\0\x06\0\x01");
    bytes
}

fn ask(client: &UdpSocket, ids: std::ops::Range<u16>) {
    for id in ids.clone() {
        client.send(&query(id)).unwrap();
    }
    let mut missing: std::collections::BTreeSet<u16> = ids.collect();
    while !missing.is_empty() {
        let mut reply = [0; 512];
        let length = client.recv(&mut reply).unwrap_or_else(|error| panic!("{error}, no reply to {missing:?}"));
        assert_eq!((length, reply[2] & 0x80, reply[3] & 0x0f), (query(0).len(), 0x80, 5));
        assert!(missing.remove(&u16::from_be_bytes([reply[0], reply[1]])));
    }
}

async fn serves_and_ends<B: Batch>(bind: &str) {
    let listen: ListenAddress = bind.parse().unwrap();
    let listener = Listener::bind(&listen, 3).unwrap();
    let server = UdpServer::start_with::<B>(listener.udp, &responder(), &Defence::default()).unwrap();
    let loopback: IpAddr =
        if listener.address.is_ipv6() { std::net::Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() };
    for round in 0..4 {
        // A socket that is connected takes replies from the address it has asked only.
        let client = UdpSocket::bind((loopback, 0)).unwrap();
        client.connect((loopback, listener.address.port())).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        ask(&client, round * 50..(round + 1) * 50);
    }
    drop(server);
}

#[tokio::test]
async fn every_query_of_a_burst_is_answered_and_the_server_ends() {
    for bind in ["127.0.0.1:0", "0.0.0.0:0", "[::1]:0", "[::]:0"] {
        serves_and_ends::<ThisSystem>(bind).await;
        serves_and_ends::<portable::OneACall>(bind).await;
    }
}

/// The threads may find that they must stop before they have read anything.
async fn drains<B: Batch>(bind: &str, threads: usize) {
    let listener = Listener::bind(&bind.parse().unwrap(), threads).unwrap();
    let loopback: IpAddr =
        if listener.address.is_ipv6() { std::net::Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() };
    let clients: Vec<UdpSocket> = (0..8)
        .map(|_| {
            let client = UdpSocket::bind((loopback, 0)).unwrap();
            client.connect((loopback, listener.address.port())).unwrap();
            client.set_read_timeout(Some(PATIENCE)).unwrap();
            for id in 0..25 {
                client.send(&query(id)).unwrap();
            }
            client
        })
        .collect();
    let defence = Defence::default();
    drop(UdpServer::start_with::<B>(listener.udp, &responder(), &defence).unwrap());
    for client in clients {
        let replies = (0..25).map(|_| client.recv(&mut [0; 512]).unwrap());
        assert!(replies.into_iter().all(|length| length == query(0).len()));
    }
    // What wakes a thread is not counted as a query.
    let totals = defence.counters.totals()[&crate::dns::counters::Protocol::Udp];
    assert_eq!(totals.of(Event::Query), 200);
}

#[tokio::test]
async fn queries_in_the_sockets_are_answered_when_the_server_ends() {
    for (bind, threads) in [("127.0.0.1:0", 1), ("127.0.0.1:0", 4), ("0.0.0.0:0", 2), ("[::1]:0", 2), ("[::]:0", 3)] {
        drains::<ThisSystem>(bind, threads).await;
        drains::<portable::OneACall>(bind, threads).await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_reply_comes_from_the_address_that_was_asked() {
    let listener = Listener::bind(&"0.0.0.0:0".parse().unwrap(), 2).unwrap();
    let _server = UdpServer::start(listener.udp, &responder(), &Defence::default()).unwrap();
    for last in 2..20 {
        let client = UdpSocket::bind((Ipv4Addr::new(127, 0, 9, 1), 0)).unwrap();
        client.connect((Ipv4Addr::new(127, 0, 9, last), listener.address.port())).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        ask(&client, 0..10);
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_second_server_on_the_port_is_refused() {
    let first = Listener::bind(&"127.0.0.1:0".parse().unwrap(), 2).unwrap();
    let second = Listener::bind(&ListenAddress { address: first.address, vpc: None }, 2);
    assert!(second.unwrap_err().to_string().contains("the port is taken"));
}
