//! `route53d health` and `route53d force`, as an operator types them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::thread;

use serde_json::Value;

use super::{Admin, ZONES, client};
use crate::server::{Server, eventually};
use crate::settings::output_of;

#[test]
fn operators_see_and_force_health_checks() {
    let server = Server::start(ZONES);
    let admin = server.admin();
    let list = output_of(&mut client(&admin, &["health"]));
    let line = |id: &str| list.lines().find(|line| line.trim_start().starts_with(id)).unwrap().to_owned();
    assert!(line("errors").contains("unhealthy") && line("errors").contains("ALARM"), "{list}");
    assert!(line("switch").contains("healthy (forced)") && line("switch").contains("drill"), "{list}");
    assert!(line("web-1").contains("www.shop.example. A (p)"), "{list}");

    let details = || output_of(&mut client(&admin, &["health", "switch"]));
    assert!(
        details().contains("\nforced: up by forced_health_checks of the zone files as swi*: drill\n"),
        "{}",
        details()
    );
    let force = ["force", "s*", "down", "--for", "10m", "--owner", "ann", "--reason", "a drill"];
    let done = output_of(&mut client(&admin, &force));
    let until = done.strip_prefix("s* (1 health check): forced down until ").unwrap().trim_end();
    let forced = format!("\nforced: down by an operator, ann as s*, until {until}: a drill\n");
    assert!(details().contains(&forced), "{}", details());
    assert!(details().contains(&format!("forced down by ann until {until}: a drill")), "{}", details());

    let done = output_of(&mut client(&admin, &["force", "switch", "obey"]));
    assert_eq!(done, "switch (1 health check): left to its target\n");
    assert!(details().starts_with("switch (RECOVERY_CONTROL) is unhealthy since "), "{}", details());
    assert!(
        details().contains("\nreason: routing control arn:aws:x/y is Off\nforced: obey by an operator"),
        "{}",
        details()
    );
}

#[test]
fn an_id_may_hold_what_urls_and_tables_hold_dear() {
    let ids = ["a/b", "50%", "%2F", "web *", "w?b#c", "grün-日本", "a b", "a\\b\"c", "a&b=c+d", "force", "...", "a;b"];
    let checks: String = ids
        .iter()
        .map(|id| format!("- {{id: '{id}', type: RECOVERY_CONTROL, routing_control_arn: 'arn:aws:x/y z%'}}\n"))
        .collect();
    let server = Server::start(&format!("health_checks:\n{checks}"));
    let admin = server.admin();
    for id in ids {
        let done = output_of(&mut client(&admin, &["force", id, "down", "--reason", id]));
        assert_eq!(done, format!("{id} (1 health check): forced down\n"));
        let report: Value = serde_json::from_str(&output_of(&mut client(&admin, &["health", id, "--json"]))).unwrap();
        let expected = (Value::from(id), Value::from("unhealthy"), Value::from(id));
        assert_eq!((report["id"].clone(), report["status"].clone(), report["forced"]["reason"].clone()), expected);
        assert!(output_of(&mut client(&admin, &["health", id])).starts_with(&format!("{id} (RECOVERY_CONTROL)")));
    }
    let raw = Admin::of(&server);
    assert_eq!(raw.get("/health-checks/a%2fb").json()["id"], "a/b");
    assert_eq!(raw.get("/health-checks/%252F").json()["id"], "%2F");
    for arn in ["arn:aws:x/y%20z%25", "arn%3aaws%3Ax%2Fy%20z%25"] {
        assert_eq!(
            raw.put(&format!("/routing-controls/{arn}"), "{\"state\": \"Off\"}").json()["arn"],
            "arn:aws:x/y z%"
        );
    }
}

#[test]
fn a_watcher_prints_what_changes_and_ends_with_its_reader() {
    let server = Server::start(ZONES);
    let raw = Admin::of(&server);
    let mut watcher = client(&server.admin(), &["health", "--watch", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watcher.stdout.take().unwrap()).lines();
    // Each print is one JSON value, indented: it ends with the only line that is a brace.
    let mut next = || {
        let mut text = String::new();
        while !text.ends_with("\n}\n") {
            text += &(lines.next().unwrap().unwrap() + "\n");
        }
        let value: Value = serde_json::from_str(&text).unwrap();
        let status = |id: &str| {
            let checks = value["health_checks"].as_array().unwrap();
            checks.iter().find(|check| check["id"] == id).unwrap()["status"].as_str().unwrap().to_owned()
        };
        status("switch")
    };
    assert_eq!(next(), "healthy");
    assert_eq!(raw.put("/health-checks/switch/force", r#"{"status": "down"}"#).status, 200);
    while next() != "unhealthy" {}
    drop(lines);
    let status = eventually("the end of the watcher", || watcher.try_wait().unwrap());
    assert!(status.success());
}

#[test]
fn a_client_is_told_what_is_wrong() {
    let server = Server::start(ZONES);
    let admin = server.admin();
    let error = |arguments: &[&str], admin: &str| {
        let output = client(admin, arguments).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert_eq!(error(&["health", "nope"], &admin), "route53d: there is no health check nope\n");
    assert_eq!(error(&["force", "nope*", "up"], &admin), "route53d: there is no health check nope*\n");
    assert!(error(&["force", "web-1", "up", "--for", "soon"], &admin).contains("is not a time such as 10m"));
    assert!(error(&["force", "web-1", "up", "--reason", &"x".repeat(256)], &admin).contains("more than 255"));
    for id in ["", ".", ".."] {
        assert_eq!(
            error(&["health", id], &admin),
            format!("route53d: {id:?} is no health check that could be asked for\n")
        );
    }
    for arguments in [&["health"][..], &["health", "web-1", "--json"], &["force", "web-1", "up"]] {
        let told = error(arguments, "127.0.0.1:1");
        assert!(told.contains("http://127.0.0.1:1: it cannot be reached; is `route53d serve` running"), "{told}");
    }
    for admin in ["nowhere:x", "https://127.0.0.1:1", ""] {
        assert!(error(&["health"], admin).contains("expected ADDR:PORT, such as 127.0.0.1:8053"), "{admin}");
    }
}

#[test]
fn something_else_that_answers_is_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let other = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi").unwrap();
    });
    let output = client(&address, &["health"]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && error.contains("something else answers there"), "{error}");
    other.join().unwrap();
}

#[test]
fn a_listener_for_everybody_demands_a_token() {
    let server = Server::start(ZONES);
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let output = client(address, &["serve", "--zones"]).arg(server.directory.path("zones")).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{address}");
        assert!(error.contains(&format!("--admin {address}: others than this machine reach it")), "{error}");
        assert!(error.contains("--admin-token-file"), "{error}");
    }
}
