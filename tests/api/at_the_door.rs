//! Whom the API is for, and how it is found.

use std::fs;

use crate::http::Client;
use crate::server::{Directory, route53d};

#[test]
fn web_pages_are_kept_out() {
    let (_server, api) = crate::serve(&[]);
    for (header, status) in [
        ("Host: localhost:4566", 200),
        ("Host: 127.0.0.1\r\nOrigin: http://localhost:3000", 200),
        ("Host: evil.example", 403),
        ("Host: localhost\r\nOrigin: https://evil.example", 403),
        ("Host: localhost\r\nOrigin: null", 403),
    ] {
        let mut client = Client::open(api);
        client.send(format!("GET /2013-04-01/hostedzone HTTP/1.1\r\n{header}\r\n\r\n").as_bytes());
        assert_eq!(client.receive().status, status, "{header}");
    }
}

#[test]
fn whoever_waits_for_the_server_is_told_that_it_is_there() {
    let (server, api) = crate::serve(&[]);
    for path in ["/health", "/_localstack/health"] {
        let response = Client::open(api).ask("GET", path, "");
        assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
        let health: serde_json::Value = serde_json::from_str(&response.body).unwrap();
        assert_eq!(health["services"]["route53"], "running");
    }
    assert!(
        server.output().contains(&format!("export AWS_ENDPOINT_URL_ROUTE_53=http://{api}\n")),
        "{}",
        server.output()
    );
}

#[test]
fn without_a_word_more_it_is_for_this_machine_alone() {
    let directory = Directory::with_zones(&[]);
    let mut command = route53d();
    command.arg("serve").arg("--zones").arg(directory.path("zones")).args([
        "--dns",
        "127.0.0.1:0",
        "--api",
        "0.0.0.0:0",
    ]);
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && error.contains("--insecure-api"), "{error}");
    assert!(fs::metadata(directory.path("ready.json")).is_err());
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let directory = Directory::with_zones(&[]);
    let mut command = route53d();
    command.arg("serve").arg("--zones").arg(directory.path("zones")).args(["--dns", "127.0.0.1:0", "--api", &address]);
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && error.contains(&address) && error.contains("choose another with --api"),
        "{error}"
    );
}

/// In KiB.
#[cfg(target_os = "linux")]
fn memory(server: &crate::server::Server, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn what_strangers_send_is_not_kept() {
    const BYTES: usize = 2 << 20;
    let keys = Directory::new();
    fs::write(
        keys.path("keys.yaml"),
        "credentials: [{ access_key_id: AKID, secret_access_key: \"0123456789abcdef\" }]",
    )
    .unwrap();
    let (server, api) = crate::serve_with(&[], &["--credentials", keys.path("keys.yaml").to_str().unwrap()]);
    let before = memory(&server, "VmRSS:");
    let head = format!("POST /2013-04-01/hostedzone HTTP/1.1\r\nHost: a\r\nContent-Length: {BYTES}\r\n\r\n");
    let body = vec![b'x'; BYTES];
    let mut clients: Vec<Client> = (0..100).map(|_| Client::open(api)).collect();
    for client in &mut clients {
        client.send(head.as_bytes());
        client.send(&body[1..]);
    }
    for client in &mut clients {
        client.send(&body[..1]);
        let refused = client.receive();
        assert_eq!((refused.status, refused.text("Code")), (403, Some("MissingAuthenticationToken")));
    }
    let grown = memory(&server, "VmHWM:") - before;
    assert!(grown < 50 << 10, "{grown} KiB");
}
