//! The API over HTTPS, with the certificate that DNS over TLS has.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConnection, StreamOwned};

use crate::dot;
use crate::server::{Server, eventually};

fn ask(api: SocketAddr, version: &'static rustls::SupportedProtocolVersion) -> String {
    let config = dot::client(version, &["h2", "http/1.1"]);
    let stream = TcpStream::connect(api).unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut secured = StreamOwned::new(ClientConnection::new(Arc::clone(&config), name).unwrap(), stream);
    let request = "GET /2013-04-01/hostedzonecount HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    secured.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    // A server that closes without a word of TLS has said all the same what it had to.
    let _ = secured.read_to_string(&mut answer);
    assert_eq!(secured.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    answer
}

#[test]
fn the_api_is_served_over_https_and_says_so() {
    let flags = ["--api", "127.0.0.1:0", "--api-tls"];
    let server = Server::with(&[("zones.yaml", dot::ZONES)], &["127.0.0.1:0"], &flags);
    let ready: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(server.ready_file()).unwrap()).unwrap();
    let url = ready["api"].as_str().unwrap();
    assert!(server.output().contains(&format!("export AWS_ENDPOINT_URL_ROUTE_53={url}\n")), "{}", server.output());
    server.logs("a self-signed TLS certificate for development was made");
    let api: SocketAddr = url.strip_prefix("https://").unwrap().parse().unwrap();
    for version in [&TLS12, &TLS13] {
        let answer = ask(api, version);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("<HostedZoneCount>2<"), "{answer}");
    }
    // Whoever says nothing, or no TLS, holds up nobody.
    let silent = TcpStream::connect(api).unwrap();
    let mut plain = TcpStream::connect(api).unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut refusal = Vec::new();
    let _ = plain.read_to_end(&mut refusal);
    assert!(!refusal.starts_with(b"HTTP"), "{refusal:?}");
    assert!(ask(api, &TLS13).starts_with("HTTP/1.1 200 OK\r\n"));
    drop(silent);
}

#[test]
fn what_has_no_effect_without_an_api_is_told() {
    let flags = ["--api", "off", "--api-tls", "--throttle", "--insecure-api"];
    let server = Server::with(&[("zones.yaml", dot::ZONES)], &["127.0.0.1:0"], &flags);
    eventually("the warning", || {
        server.log().contains("--api-tls and --throttle and --insecure-api: no effect with --api off").then_some(())
    });
    assert!(!server.output().contains("AWS_ENDPOINT_URL"), "{}", server.output());
}
