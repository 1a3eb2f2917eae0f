//! Clients that ask for more than their share, over real sockets.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Bytes;
use hyper::client::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::connections::{Bounds, Ending, Holder, Places};

use super::{HttpServer, Limits, RequestBody, Version, serve};

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
    let limits = Limits { head_bytes: 8 << 10, head, unanswered: LONG, farewell: LONG };
    (HttpServer::start(listener, None, service, places, limits), address)
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

/// A connection of HTTP/2 that answers a request once the gate is open. Time is the test's own.
fn converse(gate: &Arc<Gate>, window: u32) -> (http2::Builder<TokioExecutor>, TokioIo<DuplexStream>, JoinHandle<()>) {
    let (client, server) = duplex(1 << 10);
    let gate = Arc::clone(gate);
    let serving = tokio::spawn(async move {
        let service = service_fn(move |_: Request<RequestBody>| {
            let gate = Arc::clone(&gate);
            async move {
                gate.pass().await;
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(&[b'a'; 4_000]))))
            }
        });
        let places = Places::new(Bounds { connections: 1, per_address: 1 });
        let place = places.take(Ipv4Addr::LOCALHOST.into(), Holder::Client).await;
        let unanswered = Duration::from_secs(10);
        let limits = Limits { head_bytes: 8 << 10, head: LONG, unanswered, farewell: Duration::from_secs(5) };
        let (_stay, ending) = Ending::new();
        serve(server, Version::Http2, place, service, limits, ending).await;
    });
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(window);
    (builder, TokioIo::new(client), serving)
}

fn request() -> Request<Empty<Bytes>> {
    Request::get("http://a/").body(Empty::new()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_client_of_http_2_that_begins_nothing_is_let_go() {
    for begun in [&b""[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"PRI * HT"] {
        let (_, client, serving) = converse(&Gate::new(true), 1 << 16);
        let begin = Instant::now();
        let mut client = client.into_inner();
        client.write_all(begun).await.unwrap();
        serving.await.unwrap();
        // Asked to go, and then cut off.
        assert_eq!(begin.elapsed().as_secs(), 15, "{begun:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_client_of_http_2_is_told_to_go_ten_seconds_after_its_last_response() {
    let gate = Gate::new(true);
    let (builder, client, serving) = converse(&gate, 1 << 16);
    let (mut sender, connection) = builder.handshake(client).await.unwrap();
    let connection = tokio::spawn(connection);
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(9)).await;
        let body = sender.send_request(request()).await.unwrap().into_body();
        assert_eq!(body.collect().await.unwrap().to_bytes().len(), 4_000);
    }
    let last = Instant::now();
    connection.await.unwrap().unwrap();
    serving.await.unwrap();
    assert_eq!(last.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_client_of_http_2_whose_answer_is_being_made_waits_for_as_long_as_it_takes() {
    let gate = Gate::new(false);
    let (builder, client, serving) = converse(&gate, 1 << 16);
    let (mut sender, connection) = builder.handshake(client).await.unwrap();
    let connection = tokio::spawn(connection);
    let response = tokio::spawn(async move { sender.send_request(request()).await.unwrap().collect().await.unwrap() });
    gate.wait_for(1).await;
    tokio::time::sleep(Duration::from_secs(120)).await;
    gate.is_open.send_replace(true);
    assert_eq!(response.await.unwrap().to_bytes().len(), 4_000);
    connection.await.unwrap().unwrap();
    serving.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_of_http_2_that_reads_no_answer_is_let_go_whatever_else_it_says() {
    let gate = Gate::new(true);
    let (builder, client, serving) = converse(&gate, 100);
    let (mut sender, connection) = builder.handshake(client).await.unwrap();
    tokio::spawn(connection);
    let begin = Instant::now();
    // As many as may be on their way, and more that are not taken.
    let mut unread = Vec::new();
    for _ in 0..150 {
        let mut sender = sender.clone();
        unread.push(tokio::spawn(async move { sender.send_request(request()).await }));
    }
    gate.wait_for(100).await;
    while !serving.is_finished() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let _ = sender.ready().await;
        let response = sender.send_request(request());
        unread.push(tokio::spawn(response));
        assert!(begin.elapsed() < Duration::from_secs(60), "it is there still");
    }
    assert!(begin.elapsed().as_secs() <= 17, "{:?}", begin.elapsed());
    assert_eq!(*gate.arrived.borrow(), 100);
}
