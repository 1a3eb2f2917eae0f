//! The endpoint zoo: sockets that do what endpoints do at their worst, and the status text each of them gets.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use route53d::health::probe::{AddressPolicy, NetworkPath, ProbeEngine, ProbePlan};
use route53d::model::{EndpointCheck, ProbeProtocol};

use crate::checks::{LocalNames, endpoint, id};
use crate::endpoint::closed_port;

pub const OK: &str = "Success: HTTP Status Code 200, OK";
pub const CLOSED: &str = "Failure: The connection was closed by the endpoint.";
pub const NO_STATUS: &str = "Failure: The endpoint did not respond with an HTTP status code in time.";
pub const INVALID: &str = "Failure: The endpoint did not send a valid HTTP response.";
pub const HEADERS: &str = "Failure: The response headers are larger than 16384 bytes.";
pub const NOT_FOUND: &str = "Failure: The search string was not found in the first 5120 bytes of the response body.";
pub const BODY_LATE: &str = "Failure: The endpoint did not send the response body in time.";
pub const BODY_SHORT: &str = "Failure: The connection was closed by the endpoint before the end of the response body.";

const LONG_PHRASE: &str = "Success: HTTP Status Code 200, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
    xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…";

/// What an animal does with a connection.
type Animal = Box<dyn Fn(TcpStream) + Send + Sync>;

/// The check that looks at an animal.
type Check = fn(SocketAddr) -> EndpointCheck;

fn read_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        request.push(byte[0]);
    }
}

/// Until the checker goes.
fn wait(stream: &mut TcpStream) {
    let _ = stream.read_to_end(&mut Vec::new());
}

/// Answers with these bytes and waits.
fn says(bytes: impl Into<Vec<u8>>) -> Animal {
    let bytes = bytes.into();
    Box::new(move |mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(&bytes);
        wait(&mut stream);
    })
}

/// Answers with these bytes and closes.
fn says_and_goes(bytes: impl Into<Vec<u8>>) -> Animal {
    let bytes = bytes.into();
    Box::new(move |mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(&bytes);
    })
}

/// Writes `first`, then `piece` again and again with a pause between, for as long as anybody listens.
fn drips(first: &'static str, piece: &'static str, pause: Duration) -> Animal {
    Box::new(move |mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(first.as_bytes());
        while stream.write_all(piece.as_bytes()).is_ok() {
            thread::sleep(pause);
        }
    })
}

fn resets(after_request: bool) -> Animal {
    Box::new(move |mut stream| {
        if after_request {
            read_request(&mut stream);
        }
        let socket = socket2::Socket::from(stream);
        socket.set_linger(Some(Duration::ZERO)).unwrap();
    })
}

fn start(animal: Animal) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let animal = Arc::new(animal);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let animal = Arc::clone(&animal);
            thread::spawn(move || animal(stream.unwrap()));
        }
    });
    address
}

pub fn with_body(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

pub fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn zlib(body: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// A header section of this many bytes, the status line and the empty line included.
fn head_of(bytes: usize) -> String {
    let (start, end) = ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ", "\r\n\r\n");
    format!("{start}{}{end}", "x".repeat(bytes - start.len() - end.len()))
}

fn searching(address: SocketAddr) -> EndpointCheck {
    EndpointCheck { protocol: ProbeProtocol::HttpStrMatch("alive".into()), ..endpoint(address) }
}

fn secure(address: SocketAddr) -> EndpointCheck {
    EndpointCheck { protocol: ProbeProtocol::Https, ..endpoint(address) }
}

fn tcp(address: SocketAddr) -> EndpointCheck {
    EndpointCheck { protocol: ProbeProtocol::Tcp, ..endpoint(address) }
}

#[tokio::test]
async fn every_animal_gets_its_status_text() {
    let page = |before: usize| [&vec![b'.'; before][..], b"alive", &[b'.'; 2_000]].concat();
    let plain: Check = endpoint;
    let status = |line: &str| says(format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n"));
    let slow = Duration::from_millis(100);
    let zoo: Vec<(&str, Animal, Check, &str)> = vec![
        // HC-10, HC-13.
        ("is fine", status("200 OK"), plain, OK),
        ("has no content", status("204 No Content"), plain, "Success: HTTP Status Code 204, No Content"),
        (
            "redirects",
            says("HTTP/1.1 301 Moved Permanently\r\nLocation: /fails\r\n\r\n"),
            plain,
            "Success: HTTP Status Code 301, Moved Permanently",
        ),
        ("has its own words", status("503 Gone Fishing"), plain, "Failure: HTTP Status Code 503, Gone Fishing"),
        ("has no words", status("399 "), plain, "Success: HTTP Status Code 399"),
        ("has too many words", says(format!("HTTP/1.1 200 {}\r\n\r\n", "x".repeat(16_000))), plain, LONG_PHRASE),
        // hyper keeps no phrase that is not ASCII.
        (
            "has odd words",
            says("HTTP/1.1 500 \u{9b}31mred\u{202e}der\u{2028}line\r\n\r\n"),
            plain,
            "Failure: HTTP Status Code 500",
        ),
        ("has words that are no text", says(b"HTTP/1.1 500 caf\xe9\r\n\r\n"), plain, "Failure: HTTP Status Code 500"),
        ("has a tab", says("HTTP/1.1 500 Tab\there\r\n\r\n"), plain, "Failure: HTTP Status Code 500, Tab�here"),
        ("has words with controls", says("HTTP/1.1 500 \x1b[31mred\r\n\r\n"), plain, INVALID),
        ("refuses", status("400 Bad Request"), plain, "Failure: HTTP Status Code 400, Bad Request"),
        (
            "lets wait first",
            says("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            plain,
            OK,
        ),
        ("lets wait for ever", drips("", "HTTP/1.1 100 Continue\r\n\r\n", Duration::ZERO), plain, NO_STATUS),
        ("announces more than it sends", says_and_goes("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nx"), plain, OK),
        ("hangs after the request", says(""), plain, NO_STATUS),
        ("hangs in the status line", says("HTTP/1.1 20"), plain, NO_STATUS),
        ("hangs in the headers", says("HTTP/1.1 200 OK\r\nA: b\r\n"), plain, NO_STATUS),
        ("drips headers", drips("HTTP/1.1 200 OK\r\n", "A: b\r\n", slow), plain, NO_STATUS),
        (
            "hangs before it reads",
            Box::new(|mut stream| {
                thread::sleep(Duration::from_secs(5));
                wait(&mut stream);
            }),
            plain,
            NO_STATUS,
        ),
        ("closes", says_and_goes(""), plain, CLOSED),
        ("closes in the headers", says_and_goes("HTTP/1.1 200 OK\r\nA:"), plain, CLOSED),
        ("resets at once", resets(false), plain, CLOSED),
        ("resets after the request", resets(true), plain, CLOSED),
        // HC-16.
        ("has headers to the limit", says(head_of(16_384)), plain, OK),
        ("has headers above the limit", says(head_of(16_385)), plain, HEADERS),
        (
            "has 500 headers",
            says(format!("HTTP/1.1 200 OK\r\n{}\r\n", "Some-Header: value\r\n".repeat(500))),
            plain,
            OK,
        ),
        (
            "never ends its headers",
            drips("HTTP/1.1 200 OK\r\n", "A-Header: and its value\r\n", Duration::ZERO),
            plain,
            HEADERS,
        ),
        ("sends a broken header", says("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), plain, INVALID),
        ("speaks HTTP/0.9", says_and_goes("<html>alive</html>"), plain, INVALID),
        ("speaks HTTP/2", says(b"\0\0\0\x04\0\0\0\0\0".to_vec()), plain, INVALID),
        ("speaks TLS only", says(b"\x15\x03\x01\0\x02\x02\x46".to_vec()), plain, INVALID),
        // HC-11.
        ("says it", says(with_body("", b"it is alive")), searching, OK),
        ("says it in capitals", says(with_body("", b"it is ALIVE")), searching, NOT_FOUND),
        ("says it at the very last", says(with_body("", &page(5_115))), searching, OK),
        ("says it a byte too late", says(with_body("", &page(5_116))), searching, NOT_FOUND),
        (
            "says it and fails",
            says("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 5\r\n\r\nalive"),
            searching,
            "Failure: HTTP Status Code 500, Internal Server Error",
        ),
        (
            "says it in chunks",
            says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nal\r\n3\r\nive\r\n0\r\n\r\n"),
            searching,
            OK,
        ),
        (
            "sends a broken chunk",
            says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nalive"),
            searching,
            BODY_SHORT,
        ),
        (
            "says it and lies about the length",
            says_and_goes("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nalive"),
            searching,
            OK,
        ),
        (
            "lies about the length",
            says_and_goes("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nx"),
            searching,
            BODY_SHORT,
        ),
        ("has a length too short", says("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nalive"), searching, NOT_FOUND),
        ("says it until it closes", says_and_goes("HTTP/1.0 200 OK\r\n\r\nalive"), searching, OK),
        ("hangs in the body", says("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nal"), searching, BODY_LATE),
        ("drips its body", drips("HTTP/1.1 200 OK\r\n\r\n", ".", slow), searching, BODY_LATE),
        (
            "never ends its body",
            drips("HTTP/1.1 200 OK\r\n\r\n", "................", Duration::ZERO),
            searching,
            NOT_FOUND,
        ),
        ("says it in gzip", says(with_body("Content-Encoding: gzip\r\n", &gzip(&page(5_115)))), searching, OK),
        (
            "says it too late in gzip",
            says(with_body("Content-Encoding: gzip\r\n", &gzip(&page(5_116)))),
            searching,
            NOT_FOUND,
        ),
        (
            "sends a bomb",
            says(with_body("Content-Encoding: gzip\r\n", &gzip(&vec![0; 10_000_000]))),
            searching,
            NOT_FOUND,
        ),
        ("says it in deflate", says(with_body("Content-Encoding: deflate\r\n", &zlib(b"alive"))), searching, OK),
        ("claims gzip", says(with_body("Content-Encoding: gzip\r\n", b"alive")), searching, NOT_FOUND),
        ("speaks another encoding", says(with_body("Content-Encoding: br\r\n", b"alive")), searching, OK),
        // HC-14.
        (
            "speaks no TLS",
            Box::new(|mut stream| {
                let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
                wait(&mut stream);
            }),
            secure,
            "Failure: What the endpoint sent is not TLS.",
        ),
        ("hangs before TLS", Box::new(|mut stream| wait(&mut stream)), secure, NO_STATUS),
        ("closes before TLS", Box::new(drop), secure, CLOSED),
        // HC-12.
        ("accepts", Box::new(|mut stream| wait(&mut stream)), tcp, "Success: TCP connection established"),
    ];
    let engine = Arc::new(ProbeEngine::new(Arc::new(LocalNames(|_| false)), AddressPolicy::Any));
    let mut probes = Vec::new();
    for (name, animal, check, expected) in zoo {
        let (engine, plan) = (Arc::clone(&engine), ProbePlan::new(&id(name), &check(start(animal))));
        probes.push((
            name,
            expected,
            tokio::spawn(async move { engine.probe(&plan, &NetworkPath::default()).await.unwrap().to_string() }),
        ));
    }
    let mut wrong = Vec::new();
    for (name, expected, probe) in probes {
        let text = probe.await.unwrap();
        if text != expected {
            wrong.push(format!("one that {name}: {text:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));

    for (check, expected) in [
        (endpoint(closed_port()), "Failure: The connection was refused by the endpoint."),
        (tcp(closed_port()), "Failure: The connection was refused by the endpoint."),
    ] {
        let outcome = engine.probe(&ProbePlan::new(&id("refused"), &check), &NetworkPath::default()).await.unwrap();
        assert_eq!(outcome.to_string(), expected);
    }
}

/// The path makes sure that the response is there first.
#[tokio::test]
async fn an_answer_that_comes_before_the_request_is_an_answer() {
    let server = start(Box::new(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 503 Too Busy\r\n\r\n");
        wait(&mut stream);
    }));
    let engine = ProbeEngine::new(Arc::new(LocalNames(|_| false)), AddressPolicy::Any);
    let plan = ProbePlan::new(&id("hasty"), &endpoint(server));
    let path = NetworkPath { latency: Duration::from_millis(200), ..NetworkPath::default() };
    let outcome = engine.probe(&plan, &path).await.unwrap();
    assert_eq!(outcome.to_string(), "Failure: HTTP Status Code 503, Too Busy");
}

#[tokio::test]
async fn restricted_addresses_and_lossy_regions_fail_without_a_connection() {
    let server = start(says("HTTP/1.1 200 OK\r\n\r\n"));
    let plan = ProbePlan::new(&id("web"), &endpoint(server));
    let strict = ProbeEngine::new(Arc::new(LocalNames(|_| false)), AddressPolicy::PublicOnly);
    let outcome = strict.probe(&plan, &NetworkPath::default()).await.unwrap();
    assert_eq!(outcome.to_string(), "Failure: The IP address is restricted or private.");
    let engine = ProbeEngine::new(Arc::new(LocalNames(|_| false)), AddressPolicy::Any);
    let lossy = NetworkPath { loss_percent: 100, ..NetworkPath::default() };
    let outcome = engine.probe(&plan, &lossy).await.unwrap();
    assert!(
        outcome.to_string().starts_with("Failure: Connection timed out. The endpoint or the internet"),
        "{outcome}"
    );
    let slow = NetworkPath { latency: Duration::from_secs(3), ..NetworkPath::default() };
    assert_eq!(engine.probe(&plan, &slow).await.unwrap().to_string(), NO_STATUS);
    let foreign = NetworkPath { source: Some("192.0.2.1".parse().unwrap()), ..NetworkPath::default() };
    let fault = engine.probe(&plan, &foreign).await.unwrap_err();
    assert!(fault.to_string().contains("192.0.2.1"), "{fault}");
}
