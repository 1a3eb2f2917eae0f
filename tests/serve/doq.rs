//! Queries over QUIC, asked by a client of our own on a plain QUIC connection (RFC 9250).

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connection, Endpoint};
use rustls::version::TLS13;

use crate::dot::{ZONES, client};
use crate::message::{A, Query, Response, TXT};
use crate::server::{Server, eventually, unread_bytes};

fn doq(server: &Server) -> Vec<SocketAddr> {
    let ready = std::fs::read_to_string(server.ready_file()).unwrap();
    let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
    ready["doq"].as_array().unwrap().iter().map(|address| address.as_str().unwrap().parse().unwrap()).collect()
}

fn server() -> Server {
    let flags = ["--doq", "127.0.0.1:0", "--doq", "127.0.0.1:0@vpc-0dev"];
    Server::with(&[("zones.yaml", ZONES)], &["127.0.0.1:0"], &flags)
}

async fn connect(address: SocketAddr) -> (Endpoint, Connection) {
    let tls = QuicClientConfig::try_from(client(&TLS13, &["doq"])).unwrap();
    let mut endpoint = Endpoint::client((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    endpoint.set_default_client_config(ClientConfig::new(Arc::new(tls)));
    let connection = endpoint.connect(address, "localhost").unwrap().await.unwrap();
    (endpoint, connection)
}

/// RFC 9250 §4.2: a stream for each query, with its length before it.
async fn ask(connection: &Connection, query: &Query) -> Response {
    let (mut send, mut receive) = connection.open_bi().await.unwrap();
    let message = query.bytes(0);
    send.write_all(&[&(message.len() as u16).to_be_bytes(), &message[..]].concat()).await.unwrap();
    send.finish().unwrap();
    let reply = receive.read_to_end(1 << 16).await.unwrap();
    assert_eq!(usize::from(u16::from_be_bytes([reply[0], reply[1]])), reply.len() - 2);
    Response::read(reply[2..].to_vec())
}

#[tokio::test]
async fn many_queries_of_one_connection_are_answered_each_on_its_stream() {
    let server = server();
    let addresses = doq(&server);
    let (_endpoint, connection) = connect(addresses[0]).await;
    let (www, text) = (Query::new("www.shop.example", A).edns(1_232), Query::new("www.shop.example", TXT));
    for _ in 0..150 {
        let replies = tokio::join!(ask(&connection, &www), ask(&connection, &text));
        assert_eq!(replies.0.addresses(), [Ipv4Addr::new(192, 0, 2, 1)]);
        assert!(replies.1.addresses().is_empty());
    }
    // A listener that is bound to a VPC is its resolver.
    let (_endpoint, inside) = connect(addresses[1]).await;
    assert_eq!(ask(&inside, &www).await.addresses(), [Ipv4Addr::new(10, 20, 0, 1)]);
}

#[tokio::test]
async fn a_query_that_is_not_whole_holds_up_no_other_of_its_connection() {
    let server = server();
    let (_endpoint, connection) = connect(doq(&server)[0]).await;
    let (mut half, _unread) = connection.open_bi().await.unwrap();
    half.write_all(&[0, 40, 0, 0]).await.unwrap();
    for _ in 0..3 {
        let reply = ask(&connection, &Query::new("www.shop.example", A)).await;
        assert_eq!(reply.addresses(), [Ipv4Addr::new(192, 0, 2, 1)]);
    }
}

#[tokio::test]
async fn what_is_no_query_of_quic_ends_its_connection_and_no_other() {
    let server = server();
    let address = doq(&server)[0];
    let (_endpoint, good) = connect(address).await;
    let www = Query::new("www.shop.example", A);
    let with_id = www.bytes(0x1234);
    let framed = |message: &[u8]| [&(message.len() as u16).to_be_bytes(), message].concat();
    let keepalive = |value: &[u8]| framed(&www.clone().edns(1_232).option(11, value).bytes(0));
    let (no_message, no_id) = ("not one message with its length before it", "the message is too short to have an id");
    let not_for_quic = "the option edns-tcp-keepalive is not for QUIC";
    for (wrong, reason) in [
        (framed(&with_id), "the message id is not 0"),
        ([&framed(&www.bytes(0))[..], b"more"].concat(), no_message),
        (vec![0], no_message),
        (framed(&[]), no_id),
        (framed(&[0]), no_id),
        // RFC 9250 §5.5.2.
        (keepalive(&[]), not_for_quic),
        (keepalive(&[0, 100]), not_for_quic),
    ] {
        let (_endpoint, connection) = connect(address).await;
        let (mut send, mut receive) = connection.open_bi().await.unwrap();
        send.write_all(&wrong).await.unwrap();
        send.finish().unwrap();
        assert!(receive.read_to_end(1 << 16).await.is_err());
        // RFC 9250 §4.3: DOQ_PROTOCOL_ERROR.
        let quinn::ConnectionError::ApplicationClosed(close) = connection.closed().await else { panic!() };
        assert_eq!((close.error_code.into_inner(), &close.reason[..]), (2, reason.as_bytes()));
        assert_eq!(ask(&good, &www).await.addresses(), [Ipv4Addr::new(192, 0, 2, 1)]);
    }
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

/// The client learns at once that the connection has ended, without a time-out.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_came_before_the_signal_is_answered_and_the_connection_closed() {
    let mut server = server();
    let address = doq(&server)[0];
    let mut connections = Vec::new();
    for _ in 0..10 {
        let (endpoint, connection) = connect(address).await;
        ask(&connection, &Query::new("www.shop.example", A)).await;
        connections.push((endpoint, connection));
    }
    server.pause();
    let before = unread_bytes("udp", address.port());
    let queries = connections.into_iter().map(|(endpoint, connection)| {
        tokio::spawn(async move {
            let reply = ask(&connection, &Query::new("www.shop.example", A)).await;
            (reply, connection.closed().await, endpoint)
        })
    });
    let queries: Vec<_> = queries.collect();
    // Each is a packet of its own.
    eventually("the queries", || (unread_bytes("udp", address.port()) > before + 10 * 256).then_some(()));
    server.signal("TERM");
    server.signal("CONT");
    for query in queries {
        let (reply, closed, _endpoint) = query.await.unwrap();
        assert_eq!(reply.addresses(), [Ipv4Addr::new(192, 0, 2, 1)]);
        // RFC 9250 §4.3: DOQ_NO_ERROR.
        let quinn::ConnectionError::ApplicationClosed(close) = closed else { panic!("{closed}") };
        assert_eq!(close.error_code.into_inner(), 0);
    }
    assert_eq!(server.wait_for_end().code(), Some(0), "{}", server.log());
}
