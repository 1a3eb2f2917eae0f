//! What goes wrong, and how it is told.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use data_encoding::BASE64;

use crate::server::Directory;
use crate::tool::{ApiServer, apply, run, tool};

const FILE: &str =
    "hosted_zones: [{ name: a.example, records: [{ name: www, type: A, ttl: 1, values: [192.0.2.1] }] }]";

#[test]
fn where_no_api_is_it_says_so() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ended = run(&mut tool(&format!("http://{nobody}"), "export"));
    let expected =
        format!("route53d: no Route 53 API at http://{nobody}: connection refused; is the server running with --api");
    assert!(!ended.is_success && ended.errors.starts_with(&expected), "{}", ended.errors);
    for endpoint in ["127.0.0.1:4566", "http://127.0.0.1/path"] {
        let ended = run(&mut tool(endpoint, "export"));
        assert!(
            ended.errors.contains("--endpoint: ") && ended.errors.contains("write one such as http://"),
            "{}",
            ended.errors
        );
    }
    // Something else answers there.
    let api = ApiServer::empty();
    let ended = run(&mut tool(&api.server.admin(), "export"));
    assert!(ended.errors.contains("ListHostedZones was refused: 404 Not Found"), "{}", ended.errors);
}

#[test]
fn a_zone_of_a_file_of_the_server_is_changed_there() {
    let own = FILE.replace("a.example", "own.example");
    let api = ApiServer::start(&[("own.yaml", &own)], &[]);
    assert_eq!(api.applied(&own, &[]), "nothing to do\n");
    let changed = api.apply(&own.replace("192.0.2.1", "192.0.2.2"), &[]);
    assert!(!changed.is_success);
    assert!(
        changed.errors.contains("hosted zone own.example. is not what the files say, and belongs to zone file ")
            && changed.errors.contains("own.yaml: change it there"),
        "{}",
        changed.errors
    );
    // It is not pruned either, and is exported with the rest.
    let made = api.applied(FILE, &["--prune"]);
    assert!(made.contains("0 to delete"), "{made}");
    let text = api.exported(&[]);
    assert!(text.contains("- name: a.example") && text.contains("- name: own.example"), "{text}");
}

#[test]
fn what_cannot_be_pushed_is_told_before_anything_is() {
    let api = ApiServer::empty();
    let long = "x".repeat(65);
    let ended = api
        .apply(&format!("{FILE}\nhealth_checks: [{{ id: {long}, type: TCP, ip_address: 192.0.2.1, port: 1 }}]"), &[]);
    assert!(ended.errors.contains("has at most 64 characters, not 65"), "{}", ended.errors);
    let ended = api.apply(&FILE.replace("name: a.example", "name: a.example, comment: \"a\\u0001\""), &[]);
    assert!(ended.errors.contains("has a character that no request can hold"), "{}", ended.errors);
    let ended = api.apply("hosted_zones: [{ name: a.example, record: [] }]", &[]);
    assert!(ended.errors.contains("did you mean \"records\"?"), "{}", ended.errors);
    assert_eq!(api.exported(&[]), "");
}

#[test]
fn what_the_api_refuses_is_told_in_its_words() {
    let api = ApiServer::empty();
    let file = "vpcs: [{ id: mine, region: us-east-1 }]\nhosted_zones: [{ name: a.example, vpcs: [mine] }]";
    let ended = api.apply(file, &[]);
    assert!(!ended.is_success);
    let expected = "route53d: hosted zone a.example.: CreateHostedZone was refused: InvalidVPCId: The VPC ID is invalid.\n0 of 1 step were done";
    assert!(ended.errors.contains(expected), "{}", ended.errors);
}

#[test]
fn requests_are_signed() {
    let keys = Directory::new();
    let path = keys.path("credentials.yaml");
    let text = "credentials: [{ access_key_id: ADMIN, secret_access_key: wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY }]";
    std::fs::write(&path, text).unwrap();
    let api = ApiServer::start(&[], &["--credentials", path.to_str().unwrap()]);
    let zones = Directory::with_zones(&[("zones.yaml", FILE)]);
    let apply_with = |variables: &[(&str, &str)]| {
        let mut command = tool(&api.endpoint, "apply");
        run(command.arg(zones.path("zones")).envs(variables.iter().copied()))
    };
    let secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY";
    let ended = apply_with(&[("AWS_ACCESS_KEY_ID", "ADMIN"), ("AWS_SECRET_ACCESS_KEY", secret)]);
    assert!(ended.is_success, "{}", ended.errors);
    let ended =
        apply_with(&[("AWS_ACCESS_KEY_ID", "ADMIN"), ("AWS_SECRET_ACCESS_KEY", secret), ("AWS_SESSION_TOKEN", "t")]);
    assert_eq!(ended.output, "nothing to do\n", "{}", ended.errors);
    let ended = apply_with(&[("AWS_ACCESS_KEY_ID", "ADMIN"), ("AWS_SECRET_ACCESS_KEY", "other")]);
    assert!(ended.errors.contains("ListHostedZones was refused: SignatureDoesNotMatch: "), "{}", ended.errors);
    let ended = apply(&api.endpoint, &zones.path("zones"), &[]);
    assert!(ended.errors.contains("was refused: MissingAuthenticationToken: "), "{}", ended.errors);
    let ended = apply_with(&[("AWS_ACCESS_KEY_ID", "ADMIN")]);
    assert!(ended.errors.contains("belong together"), "{}", ended.errors);
}

/// An API that answers like this, one request a connection, in this order.
fn scripted(answers: Vec<(&'static str, String)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut read: Vec<u8> = Vec::new();
            while !read.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
                let mut more = [0; 1024];
                let count = stream.read(&mut more).unwrap();
                read.extend(&more[..count]);
            }
            let length = body.len();
            let answer = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    endpoint
}

#[test]
fn what_may_be_tried_again_is() {
    let refusal = |code: &str| {
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"
        )
    };
    let list = |name: &str| format!("<R><{name}/><IsTruncated>false</IsTruncated></R>");
    let endpoint = scripted(vec![
        ("400 Bad Request", refusal("Throttling")),
        ("400 Bad Request", refusal("PriorRequestNotComplete")),
        ("503 Service Unavailable", String::new()),
        ("200 OK", list("HostedZones")),
        ("200 OK", list("HostedZones")),
        ("200 OK", list("CidrCollections")),
        ("200 OK", list("HealthChecks")),
    ]);
    let ended = run(&mut tool(&endpoint, "export"));
    assert!(ended.is_success && ended.output.is_empty(), "{}", ended.errors);
    let endpoint = scripted(vec![("400 Bad Request", refusal("AccessDenied"))]);
    let ended = run(&mut tool(&endpoint, "export"));
    assert_eq!(ended.errors, "route53d: ListHostedZones was refused: AccessDenied: Rate exceeded\n");
    let endpoint = scripted(vec![("200 OK", "<html>".to_owned())]);
    let ended = run(&mut tool(&endpoint, "export"));
    assert!(ended.errors.contains("ListHostedZones: the answer cannot be understood: "), "{}", ended.errors);
}

#[test]
fn a_server_that_throttles_is_waited_for() {
    let api = ApiServer::start(&[], &["--throttle"]);
    api.applied(FILE, &[]);
    assert_eq!(api.applied(FILE, &[]), "nothing to do\n");
    assert!(api.exported(&[]).starts_with("hosted_zones:\n  - name: a.example\n"));
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

#[test]
fn https_is_spoken_with_who_has_a_certificate() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let files = Directory::new();
    let (certificate, key) = (files.path("certificate.pem"), files.path("key.pem"));
    std::fs::write(&certificate, pem("CERTIFICATE", made.cert.der())).unwrap();
    std::fs::write(&key, pem("PRIVATE KEY", &made.signing_key.serialize_der())).unwrap();
    let flags = ["--api-tls", "--tls-cert", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    let api = ApiServer::start(&[("zones.yaml", FILE)], &flags);
    assert!(api.endpoint.starts_with("https://127.0.0.1:"), "{}", api.endpoint);
    let mut trusting = tool(&api.endpoint, "export");
    let ended = run(trusting.env("AWS_CA_BUNDLE", &certificate));
    assert!(ended.output.contains("- name: a.example\n"), "{}", ended.errors);
    let ended = api.export(&[]);
    assert!(!ended.is_success && ended.errors.contains(" TLS: invalid peer certificate: "), "{}", ended.errors);
    let mut astray = tool(&api.endpoint, "export");
    let ended = run(astray.env("AWS_CA_BUNDLE", files.path("nothing.pem")));
    assert!(ended.errors.contains("could not read root certificates "), "{}", ended.errors);
}
