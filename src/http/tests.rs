//! Clients that ask for more than their share, over real sockets.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::service::service_fn;
use hyper::{Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::connections::{Bounds, Places};

use super::{HttpServer, RequestBody};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const LONG: Duration = Duration::from_secs(600);

/// Where requests wait for their answers.
struct Gate {
    is_open: watch::Sender<bool>,
    /// Requests that have come to it.
    arrived: watch::Sender<usize>,
}

impl Gate {
    fn new(is_open: bool) -> Arc<Gate> {
        Arc::new(Gate { is_open: watch::Sender::new(is_open), arrived: watch::Sender::new(0) })
    }

    async fn pass(&self) {
        self.arrived.send_modify(|arrived| *arrived += 1);
        self.is_open.subscribe().wait_for(|is_open| *is_open).await.unwrap();
    }

    async fn wait_for(&self, count: usize) {
        self.arrived.subscribe().wait_for(|arrived| *arrived >= count).await.unwrap();
    }
}

/// A server that answers a request once its body is there and the gate is open.
async fn server(connections: usize, head: Duration, gate: &Arc<Gate>) -> (HttpServer, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let gate = Arc::clone(gate);
    let service = service_fn(move |request: Request<RequestBody>| {
        let gate = Arc::clone(&gate);
        async move {
            let body = request.into_body().collect().await;
            gate.pass().await;
            let text = if body.is_ok() { "answer" } else { "broken" };
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(text))))
        }
    });
    let places = Places::new(Bounds { connections, per_address: connections });
    (HttpServer::start(listener, service, places, head), address)
}

async fn send(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

/// Reads until the answer is there. `false` if the connection ends before.
async fn is_answered(stream: &mut TcpStream) -> bool {
    let mut read = Vec::new();
    while !read.ends_with(b"answer") {
        if !matches!(stream.read_buf(&mut read).await, Ok(1..)) {
            return false;
        }
    }
    true
}

async fn is_closed(stream: &mut TcpStream) -> bool {
    matches!(stream.read(&mut [0; 1]).await, Ok(0) | Err(_))
}

#[tokio::test]
async fn connections_that_say_nothing_make_room_for_those_that_do() {
    let gate = Gate::new(true);
    let (_server, address) = server(4, LONG, &gate).await;
    let mut heads = Vec::new();
    for begun in
        [&b""[..], b"GET / HT", b"GET / HTTP/1.1\r\nHost: ", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"]
    {
        for _ in 0..10 {
            heads.push(send(address, begun).await);
        }
    }
    assert!(is_answered(&mut send(address, GET).await).await);
    assert!(is_closed(&mut heads[0]).await);
}

#[tokio::test]
async fn whoever_waits_for_an_answer_keeps_its_place_and_the_next_one_gets_one_later() {
    let gate = Gate::new(false);
    let (_server, address) = server(2, LONG, &gate).await;
    let mut waiting = [send(address, GET).await, send(address, GET).await, send(address, GET).await];
    gate.wait_for(2).await;
    gate.is_open.send_replace(true);
    for stream in &mut waiting {
        assert!(is_answered(stream).await);
    }
}

#[tokio::test]
async fn a_head_that_does_not_end_and_a_silence_that_does_not_either_are_cut() {
    let gate = Gate::new(true);
    let (_server, address) = server(8, Duration::from_millis(50), &gate).await;
    assert!(is_closed(&mut send(address, b"").await).await);
    let mut dripping = send(address, b"GET / HTTP/1.1\r\n").await;
    // Errors once the server has closed.
    while dripping.write_all(b"A: b\r\n").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut kept_alive = send(address, GET).await;
    assert!(is_answered(&mut kept_alive).await);
    assert!(is_closed(&mut kept_alive).await);
}

#[tokio::test]
async fn at_the_end_requests_at_hand_are_answered_and_silent_connections_closed() {
    let gate = Gate::new(false);
    let (server, address) = server(8, LONG, &gate).await;
    let mut silent = send(address, b"").await;
    let mut waiting = send(address, GET).await;
    gate.wait_for(1).await;
    let end = tokio::spawn(server.shutdown());
    assert!(is_closed(&mut silent).await);
    assert!(TcpStream::connect(address).await.is_err());
    gate.is_open.send_replace(true);
    assert!(is_answered(&mut waiting).await && is_closed(&mut waiting).await);
    end.await.unwrap();
}

#[tokio::test]
async fn dropped_it_is_gone() {
    let gate = Gate::new(false);
    let (server, address) = server(8, LONG, &gate).await;
    let mut waiting = send(address, GET).await;
    gate.wait_for(1).await;
    drop(server);
    assert!(is_closed(&mut waiting).await);
}
