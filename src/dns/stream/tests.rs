//! Clients that take more than their share, or more time than they have. Time is the test's own.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, advance, timeout};

use crate::connections::{Bounds, Ending, Holder, Places};
use crate::dns::counters::{Counters, Event, Protocol};
use crate::dns::defence::Defence;
use crate::dns::respond::Transport;
use crate::dns::responder::{Origin, Responder};
use crate::dns::{CookieSecret, CookieSecrets, WirePolicy};
use crate::published::Published;
use crate::snapshot::{HealthTable, Snapshot};
use crate::time::Clock;

use super::connection::Conversation;
use super::{Patience, StreamServer};

/// Unlike each other, to tell which one has ended.
const PATIENCE: Patience = Patience {
    idle: Duration::from_secs(10),
    message: Duration::from_secs(5),
    write: Duration::from_secs(7),
    handshake: Duration::from_secs(3),
};

fn responder() -> Responder {
    Responder {
        snapshots: Arc::new(Published::new(Snapshot::new(Arc::default(), Arc::default()))),
        health: Arc::new(Published::new(HealthTable::default())),
        subnet_trusted_senders: Arc::from([]),
        vpc: None,
        policy: Arc::new(WirePolicy::new(CookieSecrets { current: CookieSecret([7; 16]), previous: None })),
        clock: Clock::real(),
    }
}

/// SOA of `example.`, which nobody holds here: REFUSED. With its length before it.
fn query(id: u16) -> Vec<u8> {
    let mut bytes = vec![0, 25];
    bytes.extend(id.to_be_bytes());
    bytes.extend(*b"\x01\0\0\x01\0\0\0\0\0\0\x07example\0\0\x06\0\x01");
    bytes
}

/// How long the reply is, length and all.
const REPLY: usize = 27;

/// A client, the conversation that it has, and what ends the server.
fn connect(room: usize) -> (DuplexStream, JoinHandle<std::io::Result<()>>, watch::Sender<()>) {
    let (client, mut stream) = duplex(room);
    let (stay, ending) = Ending::new();
    let places = Places::new(Bounds { connections: 1, per_address: 1 });
    let conversation = tokio::spawn(async move {
        let source = IpAddr::from(Ipv4Addr::LOCALHOST);
        let place = places.take(source, Holder::Client).await;
        let (responder, counts) = (responder(), Counters::default().shared(Protocol::Tcp));
        let origin = Origin { source, destination: None, transport: Transport::Tcp { idle_timeout_deciseconds: 100 } };
        let activity = place.activity();
        Conversation { responder: &responder, origin, counts: &counts, patience: PATIENCE, activity, ending }
            .hold(&mut stream)
            .await
    });
    (client, conversation, stay)
}

async fn reads_reply(client: &mut (impl AsyncReadExt + Unpin), id: u16) {
    let mut reply = [0; REPLY];
    client.read_exact(&mut reply).await.unwrap();
    assert_eq!((&reply[..2], &reply[2..4], reply[5] & 0x0f), (&[0, 25][..], &id.to_be_bytes()[..], 5));
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_let_go_ten_seconds_after_its_last_query() {
    let (mut client, conversation, _stay) = connect(1 << 16);
    advance(Duration::from_secs(9)).await;
    client.write_all(&query(1)).await.unwrap();
    reads_reply(&mut client, 1).await;
    let asked = Instant::now();
    conversation.await.unwrap().unwrap();
    assert_eq!(asked.elapsed().as_secs(), 10);
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_query_that_comes_byte_by_byte_is_answered_if_it_is_whole_in_time() {
    let (mut client, conversation, _stay) = connect(1 << 16);
    for byte in query(1) {
        client.write_all(&[byte]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    reads_reply(&mut client, 1).await;
    // The second begins in time and is not whole in time, for all that it never rests.
    let begun = Instant::now();
    while !conversation.is_finished() {
        let _ = client.write_all(&[25]).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
    conversation.await.unwrap().unwrap();
    assert_eq!(begun.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_asks_and_begins_to_ask_has_the_time_of_one_message_for_the_rest() {
    let (mut client, conversation, _stay) = connect(1 << 16);
    client.write_all(&[query(1), query(2)[..7].to_vec()].concat()).await.unwrap();
    reads_reply(&mut client, 1).await;
    let begun = Instant::now();
    conversation.await.unwrap().unwrap();
    assert_eq!(begun.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn messages_that_deserve_no_answer_keep_no_connection() {
    let reply = [&[0, 25, 0, 1, 0x81][..], &query(1)[5..]].concat();
    for message in [&[0, 0][..], &[0, 3, 1, 2, 3], &reply] {
        // In one piece, and in two.
        for first in [0, 1] {
            let (mut client, conversation, _stay) = connect(1 << 16);
            let begun = Instant::now();
            while !conversation.is_finished() {
                let _ = client.write_all(&message[..first]).await;
                tokio::task::yield_now().await;
                let _ = client.write_all(&message[first..]).await;
                tokio::time::sleep(Duration::from_millis(500)).await;
                assert!(begun.elapsed() < Duration::from_secs(60), "{message:?}");
            }
            assert_eq!(begun.elapsed().as_secs(), if first == 0 { 10 } else { 5 }, "{message:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_its_answers_is_not_read_and_then_let_go() {
    const ROOM: usize = 1 << 10;
    let (mut client, conversation, _stay) = connect(ROOM);
    let mut sent = 0_usize;
    let begun = Instant::now();
    while timeout(Duration::from_secs(1), client.write_all(&query(1))).await.is_ok_and(|written| written.is_ok()) {
        sent += 1;
        assert!(sent < 10_000, "the server reads on and on");
    }
    assert_eq!(conversation.await.unwrap().unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    assert_eq!(begun.elapsed().as_secs(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_has_all_its_answers() {
    let (client, conversation, _stay) = connect(64);
    let (mut reading, mut writing) = tokio::io::split(client);
    let sending = tokio::spawn(async move {
        for id in 0..300 {
            writing.write_all(&query(id)).await.unwrap();
        }
        writing.shutdown().await.unwrap();
    });
    for id in 0..300 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        reads_reply(&mut reading, id).await;
    }
    sending.await.unwrap();
    conversation.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_has_come_before_the_end_is_answered() {
    let (mut client, conversation, stay) = connect(1 << 16);
    let all: Vec<u8> = (0..1_000).flat_map(query).collect();
    client.write_all(&all).await.unwrap();
    drop(stay);
    for id in 0..1_000 {
        reads_reply(&mut client, id).await;
    }
    let begun = Instant::now();
    conversation.await.unwrap().unwrap();
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
}

fn start(listener: TcpListener, bounds: Bounds) -> StreamServer {
    StreamServer::start(listener, responder(), None, PATIENCE, Places::new(bounds), &Defence::default())
}

#[tokio::test]
async fn whoever_comes_when_all_places_are_taken_has_the_place_of_the_most_idle() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = start(listener, Bounds { connections: 2, per_address: 2 });
    let mut first = TcpStream::connect(address).await.unwrap();
    let mut second = TcpStream::connect(address).await.unwrap();
    for client in [&mut second, &mut first] {
        client.write_all(&query(1)).await.unwrap();
        reads_reply(client, 1).await;
    }
    let mut third = TcpStream::connect(address).await.unwrap();
    third.write_all(&query(2)).await.unwrap();
    reads_reply(&mut third, 2).await;
    assert_eq!(second.read(&mut [0]).await.unwrap(), 0);
    first.write_all(&query(3)).await.unwrap();
    reads_reply(&mut first, 3).await;
    // Nobody waits for those that say nothing.
    server.shutdown().await;
    assert_eq!(first.read(&mut [0]).await.unwrap(), 0);
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_trusted_proxy_begins_with_a_header_or_is_not_listened_to() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let defence = Defence { proxies: Arc::from(["127.0.0.0/8".parse().unwrap()]), ..Defence::default() };
    // One place for each client; a proxy has many.
    let places = Places::new(Bounds { connections: 3, per_address: 1 });
    let _server = StreamServer::start(listener, responder(), None, PATIENCE, places, &defence);
    let mut header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c".to_vec();
    header.extend([198, 51, 100, 7, 192, 0, 2, 53, 0x30, 0x39, 0, 53]);
    let mut first = TcpStream::connect(address).await.unwrap();
    first.write_all(&[&header[..], &query(1)].concat()).await.unwrap();
    reads_reply(&mut first, 1).await;
    let mut second = TcpStream::connect(address).await.unwrap();
    second.write_all(&[&header[..], &query(2)].concat()).await.unwrap();
    reads_reply(&mut second, 2).await;
    first.write_all(&query(3)).await.unwrap();
    reads_reply(&mut first, 3).await;
    let mut without = TcpStream::connect(address).await.unwrap();
    without.write_all(&query(4)).await.unwrap();
    // The end, or a reset: what it sent was not read.
    assert!(matches!(without.read(&mut [0]).await, Ok(0) | Err(_)));
    let totals = defence.counters.totals();
    let of = |event| totals[&Protocol::Tcp].of(event);
    assert_eq!((of(Event::Query), of(Event::ProxyHeaderError)), (3, 1));
}
