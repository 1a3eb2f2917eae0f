//! How the listener speaks HTTP: every failure is JSON, whatever a client sends.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::{Admin, ZONES, server_with};
use crate::server::{Directory, Server, route53d};

#[test]
fn what_is_not_there_or_not_meant_is_told_in_json() {
    let server = Server::start(ZONES);
    let admin = Admin::of(&server);
    for path in ["/", "/nope", "/health-checks/", "/health-checks/web-1/", "/livez/", "//livez"] {
        assert_eq!(admin.get(path).error(404), format!("there is nothing at {path}"));
    }
    assert_eq!(admin.get("/health-checks/nope").error(404), "there is no health check nope");
    for (method, path, allowed) in [
        ("DELETE", "/health-checks", "GET,HEAD"),
        ("PUT", "/health-checks/web-1", "GET,HEAD"),
        ("GET", "/health-checks/web-1/force", "PUT,DELETE"),
        ("POST", "/readyz", "GET,HEAD"),
        ("GET", "/metric-data", "POST"),
        ("BREW", "/forces", "GET,HEAD"),
    ] {
        let reply = admin.ask(method, path, "", b"");
        assert_eq!(reply.error(405), format!("{path} does not take {method}"));
        assert_eq!(reply.header("allow"), Some(allowed), "{method} {path}");
    }
    for (path, part) in [
        ("/health-checks/%ff", "UTF-8"),
        ("/health-checks/50%", "%25"),
        ("/health-checks/a%2", "%25"),
        ("/health-checks/a%zz", "%25"),
        ("/health-checks/a%0Ab", "control character"),
        (&format!("/health-checks/{}", "a".repeat(129)), "129 characters"),
    ] {
        let error = admin.get(path).error(400);
        assert!(error.contains(part), "{path}: {error}");
    }
}

#[test]
fn the_head_alone_a_query_string_and_no_content_type_will_do() {
    let server = Server::start(ZONES);
    let admin = Admin::of(&server);
    for path in ["/livez", "/readyz", "/health-checks", "/health-checks/web-1?verbose=1&%ff", "/forces?", "/metrics?x"]
    {
        let whole = admin.get(path);
        assert_eq!(whole.status, 200, "{path}");
        let head = admin.ask("HEAD", path, "", b"");
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        assert_eq!(head.header("content-type"), whole.header("content-type"));
    }
    let done =
        admin.ask("PUT", "/health-checks/web-1/force?why", "Content-Type: text/plain\r\n", br#"{"status": "up"}"#);
    assert_eq!(done.json()["matching"], 1);
}

#[test]
fn a_body_that_is_no_request_is_refused_with_the_reason() {
    let server = Server::start(ZONES);
    let admin = Admin::of(&server);
    let deep = |member: &str| format!("{{{member}: {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for (path, body, part) in [
        ("/health-checks//force", "{\"status\": \"up\"}", "the pattern is empty"),
        ("/health-checks/web-1/force", "", "EOF"),
        ("/health-checks/web-1/force", "{\"status\": \"up\"} x", "trailing characters"),
        ("/health-checks/web-1/force", "{\"status\": \"up\", \"status\": \"down\"}", "duplicate field `status`"),
        ("/health-checks/web-1/force", "{\"status\": \"up\", \"resaon\": \"\"}", "unknown field `resaon`"),
        ("/health-checks/web-1/force", "{\"status\": \"sideways\"}", "unknown variant `sideways`"),
        ("/health-checks/web-1/force", &deep("\"reason\""), "invalid type"),
        ("/checker-regions/eu-west-1", "{\"loss_percent\": 101}", "101 is more than 100"),
        ("/checker-regions/eu-west-1", "{\"loss_percent\": 1e999}", "number out of range"),
        ("/checker-regions/eu-west-1", "{\"loss_percent\": NaN}", "expected value"),
        ("/checker-regions/eu-west-1", "{\"latency\": \"-1s\"}", "is not a time such as 150ms"),
        ("/routing-controls/arn:aws:x/y", "{\"state\": \"on\"}", "unknown variant `on`"),
    ] {
        let error = admin.put(path, body).error(400);
        assert!(error.contains(part), "{path}: {error}");
    }
    // A time stamp may be text or a number: it is read whole before it is known to be neither.
    let error = admin.ask("POST", "/metric-data", "", metric(&deep_timestamp()).as_bytes()).error(400);
    assert!(error.contains("recursion limit"), "{error}");
    let mut large = br#"{"status": "up", "reason": ""#.to_vec();
    large.resize((1 << 20) + 1, b'x');
    assert!(
        admin
            .ask("PUT", "/health-checks/web-1/force", "", &large)
            .error(413)
            .contains("the body has more than 1048576 bytes")
    );
    assert!(admin.put("/checker-regions/mars-1", "{}").error(404).contains("mars-1"));
    assert!(admin.put("/routing-controls/arn:aws:x/z", "{\"state\": \"On\"}").error(404).contains("arn:aws:x/z"));
    let long = format!("/routing-controls/{}", "a".repeat(256));
    assert!(admin.put(&long, "{\"state\": \"On\"}").error(400).contains("256 characters are more than 255"));
}

fn deep_timestamp() -> String {
    format!("\"MetricName\": \"E\", \"Value\": 1, \"Timestamp\": {}1{}", "[".repeat(1_000), "]".repeat(1_000))
}

fn metric(members: &str) -> String {
    format!("{{\"Namespace\": \"App\", \"MetricData\": [{{{members}}}]}}")
}

#[test]
fn datapoints_are_bounded_as_cloudwatch_bounds_them() {
    let server = Server::start(ZONES);
    let admin = Admin::of(&server);
    let post = |body: &str| admin.ask("POST", "/metric-data", "", body.as_bytes());
    let many = |count: usize, one: &str| vec![one; count].join(",");
    let metrics = |count| {
        format!("{{\"Namespace\": \"App\", \"MetricData\": [{}]}}", many(count, "{\"MetricName\":\"E\",\"Value\":1}"))
    };
    let values = |count| metric(&format!("\"MetricName\": \"E\", \"Values\": [{}]", many(count, "1")));
    let dimensions = |count: usize| {
        let all: Vec<_> = (0..count).map(|number| format!("{{\"Name\": \"n{number}\", \"Value\": \"v\"}}")).collect();
        metric(&format!("\"MetricName\": \"E\", \"Value\": 1, \"Dimensions\": [{}]", all.join(",")))
    };
    for body in [metrics(1_000), values(150), dimensions(30)] {
        assert_eq!(post(&body).status, 200, "{}", post(&body).body);
    }
    let twice = "\"MetricName\": \"E\", \"Value\": 1, \"Dimensions\": [{\"Name\":\"a\",\"Value\":\"1\"},{\"Name\":\"a\",\"Value\":\"2\"}]";
    for (body, part) in [
        (metrics(1_001), "MetricData: 1001 metrics are more than 1000"),
        (values(151), "MetricData[0] (E): 151 Values are more than 150"),
        (dimensions(31), "MetricData[0] (E): 31 dimensions are more than 30"),
        (metric(twice), "dimension \"a\" is there twice"),
        (metric("\"MetricName\": \"E\", \"Value\": 1e999"), "number out of range"),
        (metric("\"MetricName\": \"E\", \"Value\": NaN"), "expected value"),
        (metric("\"MetricName\": \"E\", \"Timestamp\": 1e300, \"Value\": 1"), "out of range"),
        (metric("\"MetricName\": \"\", \"Value\": 1"), "MetricName is empty"),
        (metric(&format!("\"MetricName\": \"{}\", \"Value\": 1", "m".repeat(256))), "256 characters are more than 255"),
        (metric("\"MetricName\": \"E\""), "exactly one of Value, Values and StatisticValues"),
    ] {
        let error = post(&body).error(400);
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn without_the_token_there_is_only_the_sign_of_life() {
    let directory = Directory::with_zones(&[]);
    let file = directory.path("token");
    fs::write(&file, "s3cret\n").unwrap();
    let flags = ["--admin-token-file", file.to_str().unwrap()];
    let server = server_with(ZONES, &flags);
    let admin = Admin::of(&server);
    for headers in ["", "Authorization: Bearer wrong\r\n", "Authorization: Basic s3cret\r\n"] {
        for path in ["/health-checks", "/metrics", "/forces"] {
            let reply = admin.ask("GET", path, headers, b"");
            assert!(reply.error(401).contains("Authorization: Bearer"), "{path}");
            assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
        }
    }
    assert_eq!(admin.ask("DELETE", "/health-checks", "", b"").status, 401);
    assert_eq!((admin.get("/livez").status, admin.get("/readyz").status), (200, 200));
    assert_eq!(
        admin.ask("GET", "/health-checks", "Authorization: Bearer s3cret\r\nHost: x.example\r\n", b"").status,
        200
    );

    let error = super::client(&server.admin(), &["health"]).output().unwrap();
    assert!(String::from_utf8(error.stderr).unwrap().ends_with("; give --admin-token-file FILE\n"));
    let empty = directory.path("empty");
    fs::write(&empty, "\n").unwrap();
    let mut unknown = super::client(&server.admin(), &["health", "--admin-token-file"]);
    let error = String::from_utf8(unknown.arg(&empty).output().unwrap().stderr).unwrap();
    assert!(error.ends_with(": a token is one or more visible ASCII characters\n"), "{error}");
    let mut known = super::client(&server.admin(), &["health"]);
    assert!(known.args(flags).output().unwrap().status.success());
}

#[test]
fn without_a_token_it_is_for_this_machine_and_not_for_web_pages() {
    let server = Server::start(ZONES);
    let admin = Admin::of(&server);
    assert_eq!(
        admin.ask("GET", "/health-checks", "Host: evil.example\r\n", b"").error(403),
        "the header Host names another machine; call this one by an address or as localhost"
    );
    assert_eq!(
        admin.ask("GET", "/health-checks", "Origin: http://evil.example\r\n", b"").error(403),
        "the request comes from a web page of another site"
    );
    // A simple request, for which no browser asks the server first.
    for page in [
        "Origin: http://203.0.113.9",
        "Origin: http://[2001:db8::9]",
        "Origin: http://localhost\u{e9}.evil.example",
        "Origin: null",
        "Sec-Fetch-Site: cross-site",
        "Host: [::1]evil.example",
        "Host: localhost\u{e9}.evil.example",
    ] {
        let headers = format!("{page}\r\nContent-Type: text/plain\r\n");
        assert_eq!(
            admin
                .ask("POST", "/metric-data", &headers, metric("\"MetricName\": \"E\", \"Value\": 1").as_bytes())
                .status,
            403,
            "{page}"
        );
    }
    for local in ["Host: localhost.\r\n", "Host: 192.0.2.1:8053\r\nOrigin: http://192.0.2.1:8053\r\n"] {
        assert_eq!(admin.ask("GET", "/health-checks", local, b"").status, 200, "{local}");
    }
}

/// A named pipe in the place of the country database holds the start up.
#[test]
fn while_the_server_starts_it_says_so() {
    let directory = Directory::with_zones(&[("zones.yaml", ZONES)]);
    let pipe = directory.path("countries.mmdb");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut command = route53d();
    command.args(["serve", "--dns", "127.0.0.1:0", "--zones"]).arg(directory.path("zones"));
    let mut server = Killed(command.arg("--geoip-db").arg(&pipe).stdout(Stdio::piped()).spawn().unwrap());
    let mut output = BufReader::new(server.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address = output.next().unwrap().strip_prefix("Admin listener on http://").unwrap().parse().unwrap();
    let admin = Admin(address);
    for path in ["/readyz", "/livez", "/health-checks", "/nope"] {
        assert_eq!(admin.get(path).error(503), "the server is starting", "{path}");
    }
    // Whoever has renewed a certificate hangs up on whatever runs.
    let hang_up = Command::new("kill").args(["-HUP", &server.0.id().to_string()]).status().unwrap();
    assert!(hang_up.success());
    let countries = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/geoip/places.mmdb")).unwrap();
    fs::write(&pipe, countries).unwrap();
    assert!(output.any(|line| line == "Ready."));
    assert_eq!((admin.get("/readyz").status, admin.get("/livez").status), (200, 200));
}

/// A server that goes with its test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
