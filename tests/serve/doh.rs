//! Queries over HTTPS (RFC 8484), asked by an HTTP client over TLS: HTTP/1.1 and HTTP/2.

use std::convert::Infallible;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use data_encoding::BASE64URL_NOPAD;
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::client::conn::{http1, http2};
use hyper::header::HeaderMap;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

use crate::admin::Admin;
use crate::client::{ANSWER_TIME, Over, ask};
use crate::dot::client;
use crate::message::{A, Query, Response as Message, TXT};
use crate::server::{Directory, Server, eventually, route53d, unread_bytes};

const OUTSIDE: [Ipv4Addr; 1] = [Ipv4Addr::new(192, 0, 2, 1)];
const INSIDE: [Ipv4Addr; 1] = [Ipv4Addr::new(10, 20, 0, 1)];
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn zones() -> String {
    let many: Vec<String> = (0..400).map(|n| format!("10.0.{}.{}", n / 256, n % 256)).collect();
    format!(
        r#"
vpcs:
  - {{ id: vpc-0dev, region: eu-central-1, cidrs: [10.20.0.0/16] }}
hosted_zones:
  - name: shop.example
    records:
      - {{ name: www, type: A, ttl: 60, values: [192.0.2.1] }}
      - {{ name: docs, type: CNAME, ttl: 20, values: [www.shop.example.] }}
      - {{ name: gone, type: CNAME, ttl: 5000, values: [none.shop.example.] }}
      - {{ name: big, type: A, ttl: 7, values: [{}] }}
  - name: shop.example
    id: Z0PRIVATE
    vpcs: [vpc-0dev]
    records:
      - {{ name: www, type: A, ttl: 90, values: [10.20.0.1] }}
"#,
        many.join(", ")
    )
}

/// The server, and where it answers over HTTPS.
fn start(flags: &[&str]) -> (Server, Vec<SocketAddr>) {
    let server = Server::with(&[("zones.yaml", &zones())], &["127.0.0.1:0"], flags);
    let ready = std::fs::read_to_string(server.ready_file()).unwrap();
    let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
    let addresses = ready["doh"].as_array().unwrap().iter();
    let addresses = addresses.map(|address| address.as_str().unwrap().parse().unwrap()).collect();
    (server, addresses)
}

fn one(flags: &[&str]) -> (Server, SocketAddr) {
    let (server, addresses) = start(&[&["--doh", "127.0.0.1:0"], flags].concat());
    (server, addresses[0])
}

fn www() -> Query {
    Query::new("www.shop.example", A)
}

/// What is sent behind a head, and what is sent once the test says so.
#[derive(Default)]
struct Sent {
    now: Option<Bytes>,
    later: Option<oneshot::Receiver<Bytes>>,
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(now) = self.now.take() {
            return Poll::Ready(Some(Ok(Frame::data(now))));
        }
        let Some(later) = &mut self.later else { return Poll::Ready(None) };
        let later = ready!(Pin::new(later).poll(cx));
        self.later = None;
        Poll::Ready(later.ok().map(|later| Ok(Frame::data(later))))
    }

    fn is_end_stream(&self) -> bool {
        self.now.is_none() && self.later.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.later {
            None => SizeHint::with_exact(self.now.as_ref().map_or(0, Bytes::len) as u64),
            Some(_) => SizeHint::default(),
        }
    }
}

impl From<&[u8]> for Sent {
    fn from(bytes: &[u8]) -> Sent {
        Sent { now: (!bytes.is_empty()).then(|| Bytes::copy_from_slice(bytes)), later: None }
    }
}

const HTTP1: &str = "http/1.1";
const HTTP2: &str = "h2";
const VERSIONS: [&str; 2] = [HTTP1, HTTP2];

enum Sender {
    Http1(http1::SendRequest<Sent>),
    Http2(http2::SendRequest<Sent>),
}

/// A connection, over either version.
struct Client {
    sender: Sender,
    connection: JoinHandle<hyper::Result<()>>,
}

#[derive(Debug)]
struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Client {
    async fn open(server: SocketAddr, version: &str) -> Client {
        Client::try_open(server, version, LOOPBACK, &[]).await.unwrap()
    }

    /// From this address, and with these bytes before the handshake.
    async fn try_open(server: SocketAddr, version: &str, source: IpAddr, before: &[u8]) -> std::io::Result<Client> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((source, 0).into()).unwrap();
        let mut stream = socket.connect(server).await?;
        stream.write_all(before).await?;
        let connector = TlsConnector::from(client(&TLS13, &[version]));
        let stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await?;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(version.as_bytes()));
        let stream = TokioIo::new(stream);
        let failed = |error: hyper::Error| std::io::Error::other(error);
        Ok(if version == HTTP2 {
            let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.map_err(failed)?;
            Client { sender: Sender::Http2(sender), connection: tokio::spawn(connection) }
        } else {
            let (sender, connection) = http1::handshake(stream).await.map_err(failed)?;
            Client { sender: Sender::Http1(sender), connection: tokio::spawn(connection) }
        })
    }

    async fn send(&mut self, request: Request<Sent>) -> hyper::Result<Reply> {
        let response = match &mut self.sender {
            Sender::Http1(sender) => {
                sender.ready().await?;
                sender.send_request(request).await?
            }
            Sender::Http2(sender) => {
                sender.ready().await?;
                sender.send_request(request).await?
            }
        };
        Reply::read(response).await
    }

    async fn request(&mut self, method: &str, path: &str, media_type: &str, body: &[u8]) -> Reply {
        self.send(request(method, path, media_type, Sent::from(body))).await.unwrap()
    }

    async fn post(&mut self, message: &[u8]) -> Reply {
        self.request("POST", "/dns-query", "application/dns-message", message).await
    }

    async fn get(&mut self, message: &[u8]) -> Reply {
        self.request("GET", &path_of(message), "", &[]).await
    }
}

fn request(method: &str, path: &str, media_type: &str, body: Sent) -> Request<Sent> {
    let mut request = Request::builder().method(method).uri(format!("https://localhost{path}"));
    request = request.header("host", "localhost");
    if !media_type.is_empty() {
        request = request.header("content-type", media_type);
    }
    request.body(body).unwrap()
}

fn path_of(message: &[u8]) -> String {
    format!("/dns-query?dns={}", BASE64URL_NOPAD.encode(message))
}

impl Reply {
    async fn read(response: Response<hyper::body::Incoming>) -> hyper::Result<Reply> {
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes().to_vec();
        Ok(Reply { status: head.status.as_u16(), headers: head.headers, body })
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// As it must be in every case.
    fn message(&self) -> Message {
        assert_eq!(self.status, 200, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/dns-message"));
        assert_eq!(self.header("content-length"), Some(self.body.len().to_string().as_str()));
        Message::read(self.body.clone())
    }

    fn addresses(&self) -> Vec<Ipv4Addr> {
        self.message().addresses()
    }
}

#[tokio::test]
async fn both_methods_over_both_versions_say_what_tcp_says_in_the_view_of_the_listener() {
    let (server, addresses) = start(&["--doh", "127.0.0.1:0", "--doh", "127.0.0.1:0@vpc-0dev"]);
    for (number, inside) in [(0, ""), (1, ", inside vpc-0dev")] {
        let line = format!("Listening on {} (HTTPS){inside}\n", addresses[number]);
        assert!(server.output().contains(&line), "{}", server.output());
    }
    let queries = [
        www(),
        www().edns(1232).subnet("198.51.100.0/24"),
        Query::new("none.shop.example", A).edns(1232),
        Query::new("big.shop.example", A),
        Query::new("www.elsewhere.example", TXT).edns(512),
        www().edns_version(1232, 1),
    ];
    for version in VERSIONS {
        let mut outside = Client::open(addresses[0], version).await;
        for query in &queries {
            let tcp = ask(Over::Tcp, server.address(), query);
            let bytes = query.bytes(0x5a17);
            for reply in [outside.post(&bytes).await, outside.get(&bytes).await] {
                let message = reply.message();
                assert_eq!((message.flags(), message.question()), (tcp.flags(), tcp.question()), "{version} {query:?}");
                assert_eq!(message.records(), tcp.records(), "{version} {query:?}");
            }
        }
        let mut inside = Client::open(addresses[1], version).await;
        assert_eq!(inside.post(&www().bytes(0)).await.addresses(), INSIDE);
        assert_eq!(inside.get(&www().bytes(0)).await.addresses(), INSIDE);
    }
}

#[tokio::test]
async fn a_response_is_fresh_for_as_long_as_dns_says() {
    let (_server, address) = one(&[]);
    for version in VERSIONS {
        let mut client = Client::open(address, version).await;
        for (name, fresh) in [
            ("www.shop.example", 60),
            ("docs.shop.example", 20),
            ("big.shop.example", 7),
            // The zone's SOA has a TTL of 900 and a minimum of 86,400.
            ("none.shop.example", 900),
            ("gone.shop.example", 900),
            ("www.elsewhere.example", 0),
        ] {
            let bytes = Query::new(name, A).bytes(0);
            for reply in [client.get(&bytes).await, client.post(&bytes).await] {
                reply.message();
                assert_eq!(reply.header("cache-control"), Some(format!("max-age={fresh}").as_str()), "{name}");
            }
        }
        let whole = client.get(&www().bytes(0)).await;
        let head = client.request("HEAD", &path_of(&www().bytes(0)), "", &[]).await;
        assert_eq!((head.status, head.body.len()), (200, 0));
        for name in ["content-type", "content-length", "cache-control"] {
            assert_eq!(head.header(name), whole.header(name), "{version} {name}");
        }
    }
}

/// A method, a path, a media type and a body; and the status and text of the response.
type Refused<'r> = (&'r str, &'r str, &'r str, &'r [u8], u16, &'r str);

#[tokio::test]
async fn whatever_is_no_query_is_told_what_would_be_one() {
    let (server, address) = one(&[]);
    let query = www().bytes(0);
    let response = www().flags(0x8000).bytes(0);
    let good = path_of(&query);
    let dns_message = "application/dns-message";
    let no_query = "this is no DNS query: it is shorter than the header of a DNS message, or is itself a response\n";
    let no_base64 =
        "the parameter dns is not base64url without padding (RFC 4648 section 5): A-Z a-z 0-9 - _ and no =\n";
    let missing =
        "the parameter dns is missing: /dns-query?dns=MESSAGE, the DNS message in base64url without padding\n";
    let too_long = "a DNS message is no longer than 65535 bytes\n";
    let media_type = "the content-type of a query is application/dns-message\n";
    let method = "ask with POST, or with GET or HEAD and the parameter dns\n";
    let cases: &[Refused<'_>] = &[
        ("GET", "/", "", &[], 404, "DNS over HTTPS is at /dns-query\n"),
        ("POST", "/resolve", dns_message, &query, 404, "DNS over HTTPS is at /dns-query\n"),
        ("PUT", "/dns-query", dns_message, &query, 405, method),
        ("OPTIONS", &good, "", &[], 405, method),
        ("POST", "/dns-query", "", &query, 415, media_type),
        ("POST", "/dns-query", "application/dns-json", &query, 415, media_type),
        ("GET", "/dns-query", "", &[], 400, missing),
        ("GET", "/dns-query?name=www.shop.example", dns_message, &query, 400, missing),
        (
            "GET",
            &format!("{good}&dns=AAAA"),
            "",
            &[],
            400,
            "there are several parameters dns: ask for one thing at a time\n",
        ),
        ("GET", &format!("{good}="), "", &[], 400, no_base64),
        ("GET", "/dns-query?dns=AA+/", "", &[], 400, no_base64),
        ("GET", "/dns-query?dns=", "", &[], 400, no_query),
        ("GET", &path_of(&response), "", &[], 400, no_query),
        ("GET", &path_of(&query[..11]), "", &[], 400, no_query),
        ("POST", "/dns-query", dns_message, &[], 400, no_query),
        ("POST", "/dns-query", dns_message, &query[..11], 400, no_query),
        ("POST", "/dns-query", dns_message, &response, 400, no_query),
        ("POST", "/dns-query", dns_message, &[0; 65_536], 413, too_long),
    ];
    for version in VERSIONS {
        let mut client = Client::open(address, version).await;
        for (method, path, media_type, body, status, text) in cases {
            let reply = client.request(method, path, media_type, body).await;
            assert_eq!((reply.status, str::from_utf8(&reply.body).unwrap()), (*status, *text), "{method} {path}");
            assert_eq!(reply.header("content-type"), Some("text/plain; charset=utf-8"));
            assert_eq!(reply.header("cache-control"), Some("no-store"), "{method} {path}");
            let allowed = (*status == 405).then_some("GET, HEAD, POST");
            assert_eq!(reply.header("allow"), allowed, "{method} {path}");
            // It harms neither this connection nor another.
            assert_eq!(client.post(&query).await.addresses(), OUTSIDE);
        }
        // Longer than any query of ours, and no reason to hold it: FORMERR, as over TCP.
        for length in [4_097, 65_535] {
            let mut long = query.clone();
            long.resize(length, 0);
            assert_eq!(client.post(&long).await.message().flags() & 0xf, 1, "{length}");
        }
        // Nobody reads megabytes: the client is told, or finds its connection closed while it sends on.
        let megabytes = request("POST", "/dns-query", dns_message, Sent::from(&[0; 3 << 20][..]));
        if let Ok(reply) = client.send(megabytes).await {
            assert_eq!(reply.status, 413);
        }
        // A head that is too large.
        let mut client = Client::open(address, version).await;
        let long = path_of(&[0; 16_000]);
        assert!(matches!(client.request("GET", &long, "", &[]).await.status, 414 | 431));
    }
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

/// Over HTTP/2 a response that does not wait for the end of its request resets the stream, and curl may lose it.
#[tokio::test]
async fn whatever_is_wrong_with_a_request_its_body_is_read_first() {
    let (_server, address) = one(&[]);
    let query = www().bytes(0);
    let mut client = Client::open(address, HTTP2).await;
    let Sender::Http2(sender) = &client.sender else { panic!() };
    let sender = sender.clone();
    let dns_message = "application/dns-message";
    for (method, path, media_type, status) in [
        ("POST", "/resolve", dns_message, 404),
        ("PUT", "/dns-query", dns_message, 405),
        ("POST", "/dns-query", "text/plain", 415),
        ("GET", "/dns-query", dns_message, 400),
        ("GET", &path_of(&query), dns_message, 200),
    ] {
        let (rest, later) = oneshot::channel();
        let body = Sent { now: Some(Bytes::copy_from_slice(&query)), later: Some(later) };
        let request = request(method, path, media_type, body);
        let mut sender = sender.clone();
        let reply = tokio::spawn(async move { Reply::read(sender.send_request(request).await?).await });
        // What is asked later is answered meanwhile.
        for _ in 0..3 {
            assert_eq!(client.post(&query).await.addresses(), OUTSIDE);
        }
        assert!(!reply.is_finished(), "{method} {path}: {:?}", reply.await);
        rest.send(Bytes::from(vec![0; 60_000])).unwrap();
        assert_eq!(reply.await.unwrap().unwrap().status, status, "{method} {path}");
    }
}

#[test]
fn over_http_1_1_a_request_without_a_host_is_refused() {
    let (_server, address) = one(&[]);
    let path = path_of(&www().bytes(0));
    for (head, status) in [
        (format!("GET {path} HTTP/1.1\r\n"), "400 Bad Request"),
        (format!("GET {path} HTTP/1.1\r\nHost: a\r\nHost: a\r\n"), "400 Bad Request"),
        (format!("GET {path} HTTP/1.1\r\nHost: a\r\n"), "200 OK"),
    ] {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(ANSWER_TIME)).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connection = rustls::ClientConnection::new(client(&TLS13, &[HTTP1]), name).unwrap();
        let mut stream = rustls::StreamOwned::new(connection, stream);
        write!(stream, "{head}Connection: close\r\n\r\n").unwrap();
        let mut said = Vec::new();
        stream.read_to_end(&mut said).unwrap();
        let said = String::from_utf8_lossy(&said);
        assert!(said.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{head} {said}");
    }
}

#[tokio::test]
async fn padded_queries_have_padded_answers() {
    const PADDING: u16 = 12;
    let (_server, address) = one(&[]);
    let mut client = Client::open(address, HTTP2).await;
    for (name, blocks) in [("www.shop.example", 1), ("big.shop.example", 14)] {
        let padded = Query::new(name, A).option(PADDING, &[0; 20]).bytes(0);
        let reply = client.post(&padded).await;
        reply.message();
        // RFC 8467 §4.1.
        assert_eq!(reply.body.len() % 468, 0, "{name}: {}", reply.body.len());
        assert!(reply.body.len() <= blocks * 468 + 468, "{name}: {}", reply.body.len());
        assert_ne!(client.post(&Query::new(name, A).edns(1232).bytes(0)).await.body.len() % 468, 0);
    }
}

/// Many more than may be on their way at a time, and far more than a connection has room for.
#[tokio::test]
async fn hundreds_of_queries_at_once_on_one_connection_are_all_answered() {
    let (_server, address) = one(&[]);
    let client = Client::open(address, HTTP2).await;
    let Sender::Http2(sender) = &client.sender else { panic!() };
    let queries: Vec<_> = (0..500_u16)
        .map(|id| {
            let mut sender = sender.clone();
            tokio::spawn(async move {
                let query = Query::new("big.shop.example", A).bytes(id);
                sender.ready().await.unwrap();
                let message = request("POST", "/dns-query", "application/dns-message", Sent::from(&query[..]));
                let reply = Reply::read(sender.send_request(message).await.unwrap()).await.unwrap();
                assert_eq!((reply.message().message.metadata.id, reply.addresses().len()), (id, 400));
            })
        })
        .collect();
    for query in queries {
        query.await.unwrap();
    }
}

/// Fifty answers of 6.5 KB each, and windows for none of them.
#[tokio::test]
async fn a_client_that_reads_late_has_everything_and_holds_up_nobody() {
    let (_server, address) = one(&[]);
    let connector = TlsConnector::from(client(&TLS13, &[HTTP2]));
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(1_000).initial_connection_window_size(65_535);
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let is_read = watch::Sender::new(false);
    let replies: Vec<_> = (0..50)
        .map(|_| {
            let (mut sender, mut is_read) = (sender.clone(), is_read.subscribe());
            let query = Query::new("big.shop.example", A).bytes(0);
            let request = request("POST", "/dns-query", "application/dns-message", Sent::from(&query[..]));
            tokio::spawn(async move {
                let response = sender.send_request(request).await.unwrap();
                is_read.wait_for(|is_read| *is_read).await.unwrap();
                Reply::read(response).await.unwrap()
            })
        })
        .collect();
    for version in VERSIONS {
        let mut other = Client::open(address, version).await;
        assert_eq!(other.get(&www().bytes(0)).await.addresses(), OUTSIDE);
    }
    is_read.send_replace(true);
    for reply in replies {
        assert_eq!(reply.await.unwrap().addresses().len(), 400);
    }
    drop((sender, connection));
}

#[tokio::test]
async fn a_body_that_does_not_come_in_time_is_told_so_and_holds_up_no_other() {
    let (_server, address) = one(&[]);
    for version in VERSIONS {
        let mut slow = Client::open(address, version).await;
        let (_never, later) = oneshot::channel();
        let body = Sent { now: Some(Bytes::from_static(&[0; 20])), later: Some(later) };
        let request = request("POST", "/dns-query", "application/dns-message", body);
        match &slow.sender {
            Sender::Http1(_) => {
                let reply = slow.send(request).await.unwrap();
                assert_eq!(reply.status, 408, "{reply:?}");
            }
            Sender::Http2(sender) => {
                let (mut sender, mut another) = (sender.clone(), sender.clone());
                let waiting = tokio::spawn(async move { sender.send_request(request).await });
                // What is wrong anyhow waits as long.
                let (_never, later) = oneshot::channel();
                let wrong = self::request("POST", "/resolve", "", Sent { now: None, later: Some(later) });
                let wrong = tokio::spawn(async move { another.send_request(wrong).await });
                // The others of the same connection go on.
                for _ in 0..3 {
                    assert_eq!(slow.post(&www().bytes(0)).await.addresses(), OUTSIDE);
                }
                assert_eq!(waiting.await.unwrap().unwrap().status(), 408);
                assert_eq!(wrong.await.unwrap().unwrap().status(), 404);
                assert_eq!(slow.post(&www().bytes(0)).await.addresses(), OUTSIDE);
            }
        }
    }
}

fn hello() -> Vec<u8> {
    let mut hello = Vec::new();
    let name = ServerName::try_from("localhost").unwrap();
    rustls::ClientConnection::new(client(&TLS13, &[HTTP2]), name).unwrap().write_tls(&mut hello).unwrap();
    hello
}

#[tokio::test]
async fn handshakes_that_stay_open_and_garbage_keep_nobody_out() {
    let (mut server, address) = one(&["--tcp-connections-per-address", "32"]);
    let hello = hello();
    let half_open: Vec<TcpStream> = (0..120)
        .map(|number| {
            let mut stream = TcpStream::connect(address).unwrap();
            // It may be closed already, to make room.
            let _ = stream.write_all(&hello[..[0, 20, hello.len()][number % 3]]);
            stream
        })
        .collect();
    assert_eq!(Client::open(address, HTTP2).await.get(&www().bytes(0)).await.addresses(), OUTSIDE);
    for garbage in [&b"GET /dns-query HTTP/1.1\r\n\r\n"[..], &[0xff; 5_000], &www().bytes(1), b"\x16\x03\x01\xff\xff"] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(ANSWER_TIME)).unwrap();
        let _ = stream.write_all(garbage);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut alert = Vec::new();
        match stream.read_to_end(&mut alert) {
            Ok(_) => assert!(alert.len() < 20, "{alert:?}"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{garbage:?}"),
        }
    }
    // Within TLS, what is neither of the two.
    for (version, garbage) in [
        (HTTP1, &b"\0\x19\0\x01\x01\0\0\x01"[..]),
        (HTTP1, b"GET / HTTP/9\r\n\r\n"),
        (HTTP1, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        (HTTP2, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        (HTTP2, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
        // HEADERS on stream 1 that are no HPACK.
        (HTTP2, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x03\x01\x05\0\0\0\x01\xff\xff\xff"),
    ] {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(ANSWER_TIME)).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connection = rustls::ClientConnection::new(client(&TLS12, &[version]), name).unwrap();
        let mut stream = rustls::StreamOwned::new(connection, stream);
        stream.write_all(garbage).unwrap();
        // It says what is wrong, as the version has it, and ends.
        let mut said = Vec::new();
        match stream.read_to_end(&mut said) {
            Ok(_) => assert!(said.len() < 300, "{said:?}"),
            Err(error) => assert!(
                matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof),
                "{error} after {garbage:?}"
            ),
        }
    }
    for version in VERSIONS {
        assert_eq!(Client::open(address, version).await.post(&www().bytes(0)).await.addresses(), OUTSIDE);
    }
    assert_eq!(ask(Over::Tcp, server.address(), &www()).addresses(), OUTSIDE);
    server.signal("TERM");
    assert_eq!(server.wait_for_end().code(), Some(0));
    assert!(!server.log().contains("panicked"), "{}", server.log());
    drop(half_open);
}

#[tokio::test]
async fn a_client_without_a_choice_speaks_http_1_and_one_with_another_is_told() {
    let (_server, address) = one(&[]);
    let name = || ServerName::try_from("localhost").unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(ANSWER_TIME)).unwrap();
    let connection = rustls::ClientConnection::new(client(&TLS12, &[]), name()).unwrap();
    let mut stream = rustls::StreamOwned::new(connection, stream);
    let path = path_of(&www().bytes(0));
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut said = Vec::new();
    stream.read_to_end(&mut said).unwrap();
    assert!(said.starts_with(b"HTTP/1.1 200 OK\r\n"), "{}", String::from_utf8_lossy(&said));
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    assert!(TlsConnector::from(client(&TLS13, &["dot"])).connect(name(), stream).await.is_err());
}

#[tokio::test]
async fn a_client_of_many_connections_closes_its_own() {
    let (_server, address) = one(&["--tcp-connections-per-address", "2"]);
    let other = IpAddr::from([127, 0, 0, 2]);
    for version in VERSIONS {
        let mut others = Client::try_open(address, version, other, &[]).await.unwrap();
        let mut first = Client::open(address, version).await;
        let mut second = Client::open(address, version).await;
        for client in [&mut others, &mut second, &mut first] {
            client.post(&www().bytes(0)).await;
        }
        let mut third = Client::open(address, version).await;
        assert_eq!(third.post(&www().bytes(0)).await.addresses(), OUTSIDE);
        // The second is the one that has been idle longest.
        let _ = second.connection.await.unwrap();
        for client in [&mut others, &mut first, &mut third] {
            assert_eq!(client.post(&www().bytes(0)).await.addresses(), OUTSIDE);
        }
    }
}

#[tokio::test]
async fn behind_a_proxy_the_client_in_the_header_is_the_one_who_asks() {
    let (server, address) = one(&["--proxy-protocol-from", "127.0.0.1"]);
    let header = |source: [u8; 4]| {
        let addresses = [&source[..], &[192, 0, 2, 53], &[0x13, 0x88], &[1, 187]].concat();
        [&b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"[..], &addresses].concat()
    };
    for version in VERSIONS {
        for (source, expected) in [([10, 20, 0, 9], INSIDE), ([10, 21, 0, 9], OUTSIDE)] {
            let mut client = Client::try_open(address, version, LOOPBACK, &header(source)).await.unwrap();
            assert_eq!(client.get(&www().bytes(0)).await.addresses(), expected);
        }
        assert!(Client::try_open(address, version, LOOPBACK, &[]).await.is_err());
        // From anybody else it is no handshake.
        let other = IpAddr::from([127, 0, 0, 2]);
        assert!(Client::try_open(address, version, other, &header([10, 20, 0, 9])).await.is_err());
        let mut client = Client::try_open(address, version, other, &[]).await.unwrap();
        assert_eq!(client.get(&www().bytes(0)).await.addresses(), OUTSIDE);
    }
    let metrics = Admin::of(&server).get("/metrics").body;
    assert!(metrics.contains("route53d_dns_proxy_header_errors_total{transport=\"https\"} 2\n"), "{metrics}");
}

#[tokio::test]
async fn what_is_asked_over_https_is_counted() {
    let (server, address) = one(&[]);
    let mut client = Client::open(address, HTTP2).await;
    client.post(&www().bytes(0)).await;
    client.get(&www().bytes(0)).await;
    client.get(&Query::new("none.shop.example", A).bytes(0)).await;
    client.post(&www().flags(0x8000).bytes(0)).await;
    // No message came with these.
    client.request("GET", "/dns-query", "", &[]).await;
    client.request("GET", "/", "", &[]).await;
    let metrics = Admin::of(&server).get("/metrics").body;
    for line in [
        "queries_total{transport=\"https\"} 4",
        "responses_total{transport=\"https\",rcode=\"NOERROR\"} 2",
        "responses_total{transport=\"https\",rcode=\"NXDOMAIN\"} 1",
        "dropped_queries_total{transport=\"https\",reason=\"not_a_query\"} 1",
    ] {
        assert!(metrics.contains(&format!("route53d_dns_{line}\n")), "{line}: {metrics}");
    }
}

#[tokio::test]
async fn requests_at_hand_are_answered_before_the_server_ends() {
    let (mut server, address) = one(&[]);
    let mut idle = Client::open(address, HTTP2).await;
    idle.post(&www().bytes(0)).await;
    let mut client = Client::open(address, HTTP2).await;
    let query = www().bytes(7);
    let (rest, later) = oneshot::channel();
    let body = Sent { now: Some(Bytes::copy_from_slice(&query[..9])), later: Some(later) };
    let Sender::Http2(sender) = &client.sender else { panic!() };
    let reply = tokio::spawn({
        let (mut sender, request) = (sender.clone(), request("POST", "/dns-query", "application/dns-message", body));
        async move { Reply::read(sender.send_request(request).await.unwrap()).await.unwrap() }
    });
    tokio::task::yield_now().await;
    // What was sent before this has come when this is answered.
    client.post(&www().bytes(0)).await;
    server.signal("TERM");
    // The idle one is let go, and nobody new gets in.
    idle.connection.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).is_err());
    rest.send(Bytes::copy_from_slice(&query[9..])).unwrap();
    assert_eq!(reply.await.unwrap().addresses(), OUTSIDE);
    client.connection.await.unwrap().unwrap();
    assert_eq!(server.wait_for_end().code(), Some(0));
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

#[test]
fn over_http_1_too_the_request_at_hand_is_answered_before_the_server_ends() {
    let (mut server, address) = one(&[]);
    let open = || {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(ANSWER_TIME)).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connection = rustls::ClientConnection::new(client(&TLS13, &[HTTP1]), name).unwrap();
        rustls::StreamOwned::new(connection, stream)
    };
    let (mut idle, mut busy) = (open(), open());
    idle.flush().unwrap();
    while idle.conn.is_handshaking() {
        idle.conn.complete_io(&mut idle.sock).unwrap();
    }
    let query = www().bytes(7);
    let head = "POST /dns-query HTTP/1.1\r\nHost: a\r\nContent-Type: application/dns-message\r\n";
    write!(busy, "{head}Content-Length: {}\r\nExpect: 100-continue\r\n\r\n", query.len()).unwrap();
    let mut go_on = [0; 25];
    busy.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    server.signal("TERM");
    // As TLS closes: without close_notify this is an error.
    assert_eq!(idle.read(&mut [0]).unwrap(), 0);
    busy.write_all(&query).unwrap();
    let mut said = Vec::new();
    busy.read_to_end(&mut said).unwrap();
    let text = String::from_utf8_lossy(&said);
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.contains("\r\nconnection: close\r\n"), "{text}");
    let body = text.find("\r\n\r\n").unwrap() + 4;
    assert_eq!(Message::read(said[body..].to_vec()).addresses(), OUTSIDE);
    assert_eq!(server.wait_for_end().code(), Some(0));
}

#[test]
fn addresses_that_cannot_be_used_are_told() {
    let directory = Directory::with_zones(&[("zones.yaml", &zones())]);
    let error_of = |address: &str| {
        let mut command = route53d();
        command.args(["serve", "--dns", "127.0.0.1:0", "--doh", address, "--zones"]).arg(directory.path("zones"));
        let output = command.output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap().replace(directory.path("").to_str().unwrap(), "DIR/")
    };
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_eq!(
        error_of(&address),
        format!(
            "route53d: could not listen on {address} (HTTPS): the port is taken; stop what listens there, or choose another with --doh ADDR:PORT (port 0 lets the system choose)\n"
        )
    );
    assert_eq!(
        error_of("127.0.0.1:0@vpc-0prod"),
        "route53d: --doh 127.0.0.1:0@vpc-0prod: the account has no VPC \"vpc-0prod\"; it has vpc-0dev\n"
    );
}

/// A frame of HTTP/2 (RFC 9113 §4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A connection whose requests are taken back at once ("rapid reset"), until the server ends it.
async fn reset_rapidly(server: SocketAddr) {
    const HEADERS: u8 = 1;
    const RST_STREAM: u8 = 3;
    const SETTINGS: u8 = 4;
    const END_STREAM_AND_HEADERS: u8 = 0x5;
    let stream = tokio::net::TcpStream::connect(server).await.unwrap();
    let connector = TlsConnector::from(client(&TLS13, &[HTTP2]));
    let mut stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(SETTINGS, 0, 0, &[]));
    for number in 0..200 {
        // GET, https, /, and the authority `a`.
        bytes.extend(frame(HEADERS, END_STREAM_AND_HEADERS, 2 * number + 1, b"\x82\x87\x84\x41\x01a"));
        bytes.extend(frame(RST_STREAM, 0, 2 * number + 1, &8_u32.to_be_bytes()));
    }
    let _ = stream.write_all(&bytes).await;
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

#[tokio::test]
async fn requests_that_are_taken_back_at_once_do_not_fill_the_log() {
    let (server, address) = one(&[]);
    for _ in 0..100 {
        reset_rapidly(address).await;
    }
    server.logs("similar lines left out");
    let lines = server.log().lines().filter(|line| line.contains("recv_reset")).count();
    assert!(lines <= 60, "{}", server.log());
    assert_eq!(Client::open(address, HTTP2).await.post(&www().bytes(0)).await.status, 200);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_came_before_the_signal_is_answered() {
    for version in VERSIONS {
        let (mut server, address) = one(&[]);
        let mut clients = Vec::new();
        for _ in 0..10 {
            let mut client = Client::open(address, version).await;
            assert_eq!(client.post(&www().bytes(0)).await.addresses(), OUTSIDE);
            clients.push(client);
        }
        server.pause();
        let before = unread_bytes("tcp", address.port());
        let requests = clients.into_iter().map(|mut client| {
            tokio::spawn(
                async move { client.send(request("GET", &path_of(&www().bytes(0)), "", Sent::default())).await },
            )
        });
        let requests: Vec<_> = requests.collect();
        // An encrypted request is longer.
        eventually("the requests", || (unread_bytes("tcp", address.port()) > before + 10 * 50).then_some(()));
        server.signal("TERM");
        server.signal("CONT");
        for request in requests {
            assert_eq!(request.await.unwrap().unwrap().addresses(), OUTSIDE, "{version}");
        }
        assert_eq!(server.wait_for_end().code(), Some(0), "{}", server.log());
    }
}
