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

/// A form of another site sends a simple request, for which no browser asks the server first.
fn form_of(page_headers: &str) -> String {
    let body = crate::http::request("CreateHostedZone", "<Name>a.example</Name><CallerReference>a</CallerReference>");
    let length = body.len();
    format!(
        "POST /2013-04-01/hostedzone HTTP/1.1\r\n{page_headers}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

#[test]
fn pages_of_other_sites_create_nothing() {
    for flags in [&[][..], &["--insecure-api"]] {
        let (_server, api) = crate::serve_with(&[], flags);
        for headers in [
            "Host: 127.0.0.1:4566\r\nOrigin: http://203.0.113.9",
            "Host: 127.0.0.1:4566\r\nOrigin: http://[2001:db8::9]:4566",
            "Host: localhost:4566\r\nOrigin: https://evil.example",
            "Host: localhost:4566\r\nOrigin: null",
            "Host: localhost:4566\r\nOrigin: http://localhost\r\nOrigin: http://evil.example",
            "Host: localhost:4566\r\nOrigin: http://[::1]evil.example",
            "Host: localhost:4566\r\nOrigin: http://localhost\u{e9}.evil.example",
            "Host: localhost:4566\r\nSec-Fetch-Site: cross-site",
            "Host: [::1]evil.example",
            "Host: localhost\u{e9}.evil.example",
            "Host: evil.example:4566\r\nOrigin: http://evil.example:4566",
        ] {
            let mut client = Client::open(api);
            client.send(form_of(headers).as_bytes());
            let refused = client.receive();
            assert_eq!((refused.status, refused.text("Code")), (403, Some("AccessDenied")), "{flags:?} {headers}");
        }
        assert!(Client::open(api).get("hostedzonesbyname").texts("Name").is_empty());
    }
}

#[test]
fn pages_and_programs_of_this_machine_are_served() {
    let (_server, api) = crate::serve(&[]);
    for headers in [
        "Host: localhost.:4566\r\nOrigin: http://localhost.:3000",
        "Host: 192.0.2.1:4566\r\nOrigin: http://192.0.2.1:4566\r\nSec-Fetch-Site: same-origin",
        "Host: 192.0.2.1:4566",
        "Host: [::1]:4566\r\nSec-Fetch-Site: none",
    ] {
        let mut client = Client::open(api);
        client.send(format!("GET /2013-04-01/hostedzone HTTP/1.1\r\n{headers}\r\n\r\n").as_bytes());
        assert_eq!(client.receive().status, 200, "{headers}");
    }
    let (_server, api) = crate::serve_with(&[], &["--insecure-api"]);
    for headers in ["Host: route53d:4566", "Host: route53d:4566\r\nOrigin: http://route53d:4566", "Host: r53.example"] {
        let mut client = Client::open(api);
        client.send(format!("GET /2013-04-01/hostedzone HTTP/1.1\r\n{headers}\r\n\r\n").as_bytes());
        assert_eq!(client.receive().status, 200, "{headers}");
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

#[test]
#[cfg(target_os = "linux")]
fn bodies_whose_signature_is_not_verified_are_bounded_in_sum() {
    const BYTES: usize = 2 << 20;
    let keys = Directory::new();
    fs::write(
        keys.path("keys.yaml"),
        "credentials: [{ access_key_id: AKID, secret_access_key: \"0123456789abcdef\" }]",
    )
    .unwrap();
    let (server, api) = crate::serve_with(&[], &["--credentials", keys.path("keys.yaml").to_str().unwrap()]);
    let before = memory(&server, "VmRSS:");
    // The id of a key is no secret.
    let head = format!(
        "POST /2013-04-01/hostedzone HTTP/1.1\r\nHost: a\r\nX-Amz-Date: 20260102T030405Z\r\nContent-Length: {BYTES}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=AKID/20260102/us-east-1/route53/aws4_request, SignedHeaders=host, \
         Signature=00\r\n\r\n"
    );
    let body = vec![b'x'; BYTES];
    // All but the last byte, as far as the server takes it. Each has a thread, for it may be kept waiting.
    std::thread::scope(|scope| {
        for _ in 0..150 {
            scope.spawn(|| {
                let mut client = Client::open(api);
                client.try_send(head.as_bytes());
                client.try_send(&body[1..]);
                std::thread::sleep(std::time::Duration::from_millis(500));
                client.try_send(&body[..1]);
                let refused = client.receive();
                let code = refused.text("Code").unwrap_or_default().to_owned();
                assert!(matches!(code.as_str(), "SignatureDoesNotMatch" | "Throttling"), "{refused:?}");
            });
        }
    });
    let grown = memory(&server, "VmHWM:") - before;
    assert!(grown < 40 << 10, "{grown} KiB");
}
