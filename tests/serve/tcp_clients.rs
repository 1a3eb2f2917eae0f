//! Clients over TCP that ask for much, read slowly, or hold connections and do nothing.

use std::collections::BTreeSet;
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::thread;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};

use crate::client::{Connection, Over, ask, ask_from};
use crate::message::{A, Query, Response};
use crate::server::{Server, eventually};

/// The other client: this one is 127.0.0.1.
const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

fn zones() -> String {
    let values: Vec<String> = (0..400).map(|n| format!("10.0.{}.{}", n / 256, n % 256)).collect();
    format!(
        "hosted_zones:\n  - name: shop.example\n    records:\n      - {{ name: www, type: A, ttl: 60, values: [192.0.2.1] }}\n      - {{ name: big, type: A, ttl: 60, values: [{}] }}\n",
        values.join(", ")
    )
}

fn start(flags: &[&str]) -> Server {
    Server::with(&[("zones.yaml", &zones())], &["127.0.0.1:0"], flags)
}

fn www(id: u16) -> Vec<u8> {
    Query::new("www.shop.example", A).bytes(id)
}

fn big(id: u16) -> Vec<u8> {
    Query::new("big.shop.example", A).bytes(id)
}

fn is_served(server: &Server, source: IpAddr) {
    let answer = ask_from(Over::Tcp, server.address(), source, &Query::new("www.shop.example", A));
    assert_eq!(answer.addresses(), [Ipv4Addr::new(192, 0, 2, 1)]);
}

/// A connection that nothing is sent on.
fn silent(server: SocketAddr, source: IpAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::new(source, 0).into()).unwrap();
    socket.connect(&server.into()).unwrap();
    socket.into()
}

/// Whether the server has closed it already.
fn is_closed(mut stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    match stream.read(&mut [0]) {
        Ok(count) => count == 0,
        Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
    }
}

#[test]
fn a_thousand_questions_at_once_on_one_connection_are_all_answered() {
    let server = start(&[]);
    let mut connection = Connection::open(server.address());
    let sent: Vec<u8> = (0..1_000).flat_map(www).collect();
    let length = www(0).len();
    let framed: Vec<u8> =
        sent.chunks(length).flat_map(|query| [&(length as u16).to_be_bytes()[..], query].concat()).collect();
    connection.write(&framed);
    let mut missing: BTreeSet<u16> = (0..1_000).collect();
    while !missing.is_empty() {
        let response = Response::read(connection.receive());
        assert_eq!(response.addresses(), [Ipv4Addr::new(192, 0, 2, 1)]);
        assert!(missing.remove(&response.message.metadata.id), "twice: {}", response.message.metadata.id);
    }
}

/// 13 MB of answers wait for it; the server holds no more than it can send.
#[test]
fn a_client_that_asks_much_and_reads_late_has_everything_and_holds_up_nobody() {
    let server = start(&[]);
    let mut connection = Connection::open(server.address());
    const COUNT: u16 = 2_000;
    let mut writing = connection.another();
    let asking = thread::spawn(move || (0..COUNT).for_each(|id| writing.send(&big(id))));
    for _ in 0..20 {
        is_served(&server, OTHER);
    }
    for id in 0..COUNT {
        let response = Response::read(connection.receive());
        assert_eq!((response.message.metadata.id, response.addresses().len()), (id, 400));
    }
    asking.join().unwrap();
}

#[test]
fn a_client_of_many_connections_closes_its_own() {
    let server = start(&["--tcp-connections-per-address", "3"]);
    let mut other = Connection::open_from(server.address(), OTHER);
    let mut open: Vec<Connection> = (0..3).map(|_| Connection::open(server.address())).collect();
    // The first is no longer the one that has been idle longest.
    for place in [1, 2, 0] {
        open[place].send(&www(1));
        open[place].receive();
    }
    let mut fourth = Connection::open(server.address());
    fourth.send(&www(2));
    fourth.receive();
    assert!(open.remove(1).is_at_end());
    for connection in open.iter_mut().chain([&mut other]) {
        connection.send(&www(3));
        connection.receive();
    }
}

/// This process needs a descriptor for each of its own, and has as many as it may once it asks.
fn raise_descriptors() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

#[test]
fn two_thousand_connections_of_one_client_keep_nobody_else_out() {
    raise_descriptors();
    let server = start(&[]);
    let idle: Vec<TcpStream> = (0..2_000).map(|_| silent(server.address(), Ipv4Addr::LOCALHOST.into())).collect();
    is_served(&server, OTHER);
    is_served(&server, Ipv4Addr::LOCALHOST.into());
    // No more than one client may have.
    eventually("the others closed", || (idle.iter().filter(|stream| !is_closed(stream)).count() <= 128).then_some(()));
    is_served(&server, OTHER);
}

#[test]
fn two_thousand_idle_connections_may_be_held_where_they_are_wanted() {
    raise_descriptors();
    if getrlimit(Resource::Nofile).current.is_some_and(|limit| limit < 2 * 2_100) {
        eprintln!("skipped: this process may have too few file descriptors");
        return;
    }
    let server = start(&["--tcp-connections", "2100", "--tcp-connections-per-address", "2100"]);
    let mut idle: Vec<Connection> = (0..2_000).map(|_| Connection::open(server.address())).collect();
    for source in [OTHER, Ipv4Addr::LOCALHOST.into()] {
        is_served(&server, source);
    }
    assert_eq!(ask(Over::Udp, server.address(), &Query::new("www.shop.example", A)).addresses().len(), 1);
    for connection in idle.iter_mut().step_by(400) {
        connection.send(&www(5));
        connection.receive();
    }
}

#[test]
fn what_was_asked_before_the_end_of_the_server_is_answered() {
    let mut server = start(&[]);
    let mut connection = Connection::open(server.address());
    // So many that a busy machine has them in the two seconds that there are.
    const COUNT: u16 = 40;
    (0..COUNT).for_each(|id| connection.send(&big(id)));
    // It has begun to answer.
    assert_eq!(Response::read(connection.receive()).message.metadata.id, 0);
    server.signal("TERM");
    for id in 1..COUNT {
        let response = Response::read(connection.receive());
        assert_eq!((response.message.metadata.id, response.addresses().len()), (id, 400));
    }
    assert!(connection.is_at_end());
    assert_eq!(server.wait_for_end().code(), Some(0));
}
