//! One probe at a time.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use route53d::health::probe::{AddressPolicy, NetworkPath, ProbeEngine, ProbeFinding, ProbeOutcome, ProbePlan};
use route53d::model::{EndpointAddress, EndpointCheck, HealthStatus, ProbeProtocol};

use crate::checks::{LocalNames, endpoint, id, ip};
use crate::endpoint::{Behaviour, Endpoint, OK, Seen, UNAVAILABLE, closed_port};

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

async fn probe(endpoint: &EndpointCheck) -> ProbeOutcome {
    let plan = ProbePlan::new(&id("web-blue"), endpoint);
    let engine = ProbeEngine::new(Arc::new(LocalNames(|name| name == "localhost")), AddressPolicy::Any);
    engine.probe(&plan, &NetworkPath::default()).await.unwrap()
}

fn https(address: SocketAddr) -> EndpointCheck {
    EndpointCheck { protocol: ProbeProtocol::Https, ..endpoint(address) }
}

async fn timed(endpoint: &EndpointCheck) -> (ProbeOutcome, Duration) {
    let start = Instant::now();
    (probe(endpoint).await, start.elapsed())
}

#[tokio::test]
async fn status_200_is_healthy() {
    let server = Endpoint::http(OK);
    assert_eq!(probe(&endpoint(server.address)).await.to_string(), "Success: HTTP Status Code 200, OK");
}

#[tokio::test]
async fn the_reason_is_the_servers_own() {
    let server = Endpoint::http(UNAVAILABLE);
    let text = probe(&endpoint(server.address)).await.to_string();
    assert_eq!(text, "Failure: HTTP Status Code 503, Service Temporarily Unavailable");
}

#[tokio::test]
async fn status_404_is_unhealthy() {
    let server = Endpoint::http(Behaviour::Respond("HTTP/1.1 404 Not Found\r\n\r\n"));
    assert_eq!(probe(&endpoint(server.address)).await.to_string(), "Failure: HTTP Status Code 404, Not Found");
}

#[tokio::test]
async fn a_redirect_is_healthy_and_not_followed() {
    let mut server = Endpoint::http(Behaviour::Respond("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n"));
    assert_eq!(probe(&endpoint(server.address)).await.to_string(), "Success: HTTP Status Code 302, Found");
    assert!(server.next_request().await.starts_with("GET / "));
    assert!(matches!(server.next_seen().await, Seen::Closed));
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn many_short_headers_do_no_harm() {
    let headers = "X: y\r\n".repeat(900);
    let response = format!("HTTP/1.1 200 OK\r\n{headers}\r\n").leak();
    let server = Endpoint::http(Behaviour::Respond(response));
    assert_eq!(probe(&endpoint(server.address)).await.to_string(), "Success: HTTP Status Code 200, OK");
}

#[tokio::test]
async fn the_body_is_not_waited_for() {
    let server = Endpoint::http(Behaviour::Respond("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"));
    assert_eq!(probe(&endpoint(server.address)).await.status(), HealthStatus::Healthy);
}

#[tokio::test]
async fn a_refused_connection_is_unhealthy() {
    let outcome = probe(&endpoint(closed_port())).await;
    assert_eq!(outcome.finding, ProbeFinding::ConnectionRefused);
    assert_eq!(outcome.status(), HealthStatus::Unhealthy);
}

#[tokio::test]
async fn a_connection_closed_without_a_status_is_unhealthy() {
    let server = Endpoint::http(Behaviour::Close);
    assert_eq!(probe(&endpoint(server.address)).await.finding, ProbeFinding::ConnectionClosed);
}

#[tokio::test]
async fn a_status_has_two_seconds() {
    let mut server = Endpoint::http(Behaviour::Hang);
    let (outcome, elapsed) = timed(&endpoint(server.address)).await;
    assert_eq!(outcome.finding, ProbeFinding::NoStatusInTime);
    assert!(elapsed >= Duration::from_secs(2) && elapsed < Duration::from_secs(4), "{elapsed:?}");
    server.next_request().await;
    assert!(matches!(server.next_seen().await, Seen::Closed));
}

#[tokio::test]
async fn a_handshake_counts_into_the_two_seconds_of_the_status() {
    let server = Endpoint::https(Behaviour::HangInHandshake);
    let (outcome, elapsed) = timed(&https(server.address)).await;
    assert_eq!(outcome.finding, ProbeFinding::NoStatusInTime);
    assert!(elapsed >= Duration::from_secs(2) && elapsed < Duration::from_secs(4), "{elapsed:?}");
}

/// Linux drops what comes to a listener whose queue is full, which is what a firewall does.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_has_four_seconds() {
    let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::new(LOCALHOST, 0).into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let _fills_the_queue = TcpStream::connect(address).unwrap();
    let (outcome, elapsed) = timed(&endpoint(address)).await;
    assert_eq!(outcome.finding, ProbeFinding::ConnectionTimedOut);
    assert!(elapsed >= Duration::from_secs(4) && elapsed < Duration::from_secs(6), "{elapsed:?}");
}

#[tokio::test]
async fn a_request_looks_like_one_of_route_53() {
    let mut server = Endpoint::http(OK);
    let mut check = endpoint(server.address);
    check.resource_path = "/health?deep=yes".into();
    check.address = ip(LOCALHOST, Some("www.example.com"));
    probe(&check).await;
    let request = server.next_request().await;
    let lines: Vec<_> = request.lines().collect();
    let host = format!("Host: www.example.com:{}", server.address.port());
    let agent =
        "User-Agent: Amazon-Route53-Health-Check-Service (ref web-blue; report http://amzn.to/1vsZADi)".to_owned();
    assert_eq!(lines[0], "GET /health?deep=yes HTTP/1.1");
    assert!(lines.contains(&host.as_str()), "{request}");
    assert!(lines.contains(&agent.as_str()), "{request}");
    assert_eq!(lines.iter().filter(|line| line.to_ascii_lowercase().starts_with("host:")).count(), 1);
}

#[tokio::test]
async fn without_a_name_host_is_the_address() {
    let mut server = Endpoint::http(OK);
    probe(&endpoint(server.address)).await;
    let request = server.next_request().await;
    assert!(request.contains(&format!("\r\nHost: {}\r\n", server.address)), "{request}");
}

#[tokio::test]
async fn an_expired_self_signed_certificate_of_another_name_is_fine() {
    let mut server = Endpoint::https(OK);
    let mut check = https(server.address);
    check.address = ip(LOCALHOST, Some("www.example.com"));
    assert_eq!(probe(&check).await.to_string(), "Success: HTTP Status Code 200, OK");
    let Seen::Request { text, server_name } = server.next_seen().await else { panic!("a request comes first") };
    // HC-15: the certificate does not contain the name, so the handshake is done again without it.
    assert_eq!(server_name, None);
    assert!(text.contains(&format!("\r\nHost: www.example.com:{}\r\n", server.address.port())), "{text}");
}

#[tokio::test]
async fn without_sni_no_name_is_sent() {
    let mut server = Endpoint::https(OK);
    let mut check = https(server.address);
    check.address = ip(LOCALHOST, Some("www.example.com"));
    check.enable_sni = false;
    assert_eq!(probe(&check).await.status(), HealthStatus::Healthy);
    let Seen::Request { server_name, text } = server.next_seen().await else { panic!("a request comes first") };
    assert_eq!(server_name, None);
    assert!(text.contains("\r\nHost: www.example.com:"), "{text}");
}

/// What becomes of an HTTPS probe when the server says this instead of a ServerHello.
async fn answer_to_handshake(answer: &'static [u8]) -> ProbeOutcome {
    let listener = TcpListener::bind((LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(answer).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    probe(&https(address)).await
}

#[tokio::test]
async fn https_to_a_server_without_tls_is_unhealthy() {
    let outcome = answer_to_handshake(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    assert!(matches!(outcome.finding, ProbeFinding::Tls(_)), "{outcome}");
}

#[tokio::test]
async fn a_handshake_alert_reads_as_in_route_53() {
    let fatal_handshake_failure = b"\x15\x03\x03\x00\x02\x02\x28";
    let outcome = answer_to_handshake(fatal_handshake_failure).await;
    assert_eq!(outcome.to_string(), "Failure: SSL alert handshake_failure.");
}

#[tokio::test]
async fn a_name_is_resolved_at_the_probe() {
    let mut server = Endpoint::http(OK);
    let mut check = endpoint(server.address);
    check.address = EndpointAddress::DomainName("localhost".into());
    let outcome = probe(&check).await;
    assert_eq!(outcome.to_string(), "Success: HTTP Status Code 200, OK. Resolved IP: 127.0.0.1");
    let request = server.next_request().await;
    assert!(request.contains(&format!("\r\nHost: localhost:{}\r\n", server.address.port())), "{request}");
}

#[tokio::test]
async fn a_name_without_an_address_is_unhealthy() {
    let mut check = endpoint(closed_port());
    check.address = EndpointAddress::DomainName("nothing-here.invalid".into());
    assert_eq!(probe(&check).await.to_string(), "Failure: DNS resolution failed.");
}

#[tokio::test]
async fn a_name_that_cannot_stand_in_a_header_is_a_failure() {
    let server = Endpoint::http(OK);
    let mut check = endpoint(server.address);
    check.address = ip(LOCALHOST, Some("a\r\nX-Injected: yes"));
    assert!(matches!(probe(&check).await.finding, ProbeFinding::Other(_)));
}
