//! A server with far fewer file descriptors than its health checks would like to have.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::thread;

use crate::admin::client;
use crate::client::{BOTH, Connection, Over, ask};
use crate::message::{A, Query, Response};
use crate::server::{Directory, Server, eventually, route53d};
use crate::settings::output_of;

/// Checks of an endpoint that accepts and says no more.
const HUNG: usize = 100;
const LIMIT: &str = "64 file descriptors for the process; raise it with ulimit -n, LimitNOFILE= in a systemd unit, or \
                     --ulimit nofile= for a container";

/// A server that may have 64 file descriptors: the shell lowers the soft limit and the hard one.
fn start_with_few(zones: &str, flags: &[&str]) -> Server {
    let directory = Directory::with_zones(&[("zones.yaml", zones)]);
    let server = route53d();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""]).arg(server.get_program());
    for (name, value) in server.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.args(["serve", "--dns", "127.0.0.1:0", "--zones"]).arg(directory.path("zones")).args(flags);
    command.arg("--ready-file").arg(directory.path("ready.json"));
    Server::run(command, directory)
}

/// Accepts and then does this with every connection, on a thread of its own, for as long as the tests run.
fn endpoint(converse: fn(TcpStream)) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || converse(stream.unwrap()));
        }
    });
    address
}

fn hang(mut stream: TcpStream) {
    let _ = stream.read_to_end(&mut Vec::new());
}

fn say_ok(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 4096]);
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

fn zones() -> String {
    let (hung, good) = (endpoint(hang), endpoint(say_ok));
    let mut zones = String::from("health_checks:\n");
    let mut add = |id: &str, address: SocketAddr| {
        let port = address.port();
        writeln!(
            zones,
            "- {{id: {id}, type: HTTP, ip_address: 127.0.0.1, port: {port}, request_interval: 1, failure_threshold: 1}}"
        )
        .unwrap();
    };
    add("good", good);
    (0..HUNG).for_each(|number| add(&format!("hung-{number}"), hung));
    zones
        + "hosted_zones:
- name: shop.example
  records:
  - {name: www, type: A, ttl: 5, set_identifier: p, failover: PRIMARY, health_check_id: good, values: [192.0.2.1]}
  - {name: www, type: A, ttl: 5, set_identifier: s, failover: SECONDARY, values: [192.0.2.2]}
"
}

fn shown(admin: &str, check: &str) -> serde_json::Value {
    serde_json::from_str(&output_of(&mut client(admin, &["health", check, "--json"]))).unwrap()
}

fn answers(server: &Server) {
    for over in BOTH {
        let answer = ask(over, server.address(), &Query::new("www.shop.example", A));
        assert_eq!(answer.addresses(), [Ipv4Addr::new(192, 0, 2, 1)], "{over:?}");
    }
}

#[test]
fn a_lack_of_descriptors_keeps_probes_waiting_and_turns_nothing() {
    let server = start_with_few(&zones(), &[]);
    let admin = server.admin();
    // The log says it without being asked for details.
    server.logs(LIMIT);
    let faults = |report: &serde_json::Value| {
        let checkers = report["checker_reports"].as_array().unwrap();
        checkers.iter().filter_map(|checker| checker["fault"]["text"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    // Nobody found out anything about this one: it is as it was, and says why nothing is known.
    let of_hung = eventually("a check that was not probed at all", || {
        answers(&server);
        let report = (0..HUNG).rev().map(|number| shown(&admin, &format!("hung-{number}"))).find(|report| {
            let reason = report["reason"].as_str().unwrap();
            reason.contains(" checkers cannot probe: ") && reason.ends_with("; before: no result yet")
        })?;
        assert_eq!(report["status"], "healthy", "{report}");
        faults(&report).pop()
    });
    assert!(of_hung.ends_with(&format!("; the limit is {LIMIT}")), "{of_hung}");
    // One that answers at once does not wait for those that hang.
    eventually("every checker of the good endpoint has a result, and none cannot probe", || {
        let report = shown(&admin, "good");
        assert_eq!(report["status"], "healthy", "{report}");
        let checkers = report["checker_reports"].as_array().unwrap();
        let is_known = checkers.iter().all(|checker| checker["verdict"] == "healthy");
        (is_known && faults(&report).is_empty()).then_some(())
    });
    answers(&server);
    // A reload goes through all the same.
    server.directory.save("more.yaml", "hosted_zones: [{name: more.example}]\n");
    server.logs("2 hosted zones");
    answers(&server);
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

/// One request and its response, on a connection that stays open.
fn exchange(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a body of known length");
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

/// Lets a running server have no further descriptor, whatever it gives back, until it is allowed as many as before.
/// `false` if this system cannot do that.
fn allow_descriptors(server: &Server, count: u64) -> bool {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Pid, Resource, Rlimit, prlimit};
        let process = Pid::from_raw(i32::try_from(server.id()).unwrap());
        prlimit(process, Resource::Nofile, Rlimit { current: Some(count), maximum: Some(64) }).unwrap();
        true
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (server, count);
        false
    }
}

#[test]
fn a_server_out_of_descriptors_goes_on_and_recovers() {
    let port = endpoint(say_ok).port();
    let zones = format!(
        "
health_checks:
- {{id: named, type: HTTP, fully_qualified_domain_name: localhost, port: {port}, request_interval: 1, failure_threshold: 1}}
- {{id: switch, type: RECOVERY_CONTROL, routing_control_arn: 'arn:aws:x/y'}}
routing_controls:
- {{arn: 'arn:aws:x/y', state: On}}
hosted_zones:
- name: shop.example
  records:
  - {{name: www, type: A, ttl: 5, values: [192.0.2.1]}}
"
    );
    let data = Directory::new();
    let mut server = start_with_few(&zones, &["--data-dir", data.path("data").to_str().unwrap()]);
    let admin = server.admin();
    let at_admin: SocketAddr = admin.strip_prefix("http://").unwrap().parse().unwrap();
    let mut operator = TcpStream::connect(at_admin).unwrap();
    let mut request = |text: &str| exchange(&mut operator, text);
    assert!(request("GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n").starts_with("HTTP/1.1 200"));
    let force = |status: &str| {
        let body = format!(r#"{{"status":"{status}"}}"#);
        format!(
            "PUT /health-checks/switch/force HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
    };

    // However many strangers open connections: theirs are a share, and everybody else's work goes on.
    let mut strangers: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    server.directory.save("more.yaml", "hosted_zones: [{name: more.example}]\n");
    server.logs("2 hosted zones");
    assert!(request(&force("up")).starts_with("HTTP/1.1 200"));
    for over in BOTH {
        assert_eq!(ask(over, server.address(), &Query::new("www.shop.example", A)).addresses().len(), 1);
    }
    assert!(!server.log().contains("Too many open files"), "{}", server.log());

    // Something else takes them all the same.
    if !allow_descriptors(&server, 1) {
        eprintln!("skipped: this system does not change the limits of a running process");
        return;
    }
    server.directory.save("more.yaml", "hosted_zones: [{name: more.example}, {name: third.example}]\n");
    server.logs("reload refused, the last good account is still served");
    server.logs("Too many open files (os error 24); raise the limit of file descriptors, or end what else uses them\n");
    assert!(!server.log().contains("check its permissions"), "{}", server.log());
    assert_eq!(ask(Over::Udp, server.address(), &Query::new("www.shop.example", A)).addresses().len(), 1);
    let refused = request(&force("down"));
    assert!(refused.starts_with("HTTP/1.1 507") && refused.contains("nothing was changed"), "{refused}");
    assert!(refused.contains("Too many open files"), "{refused}");
    assert!(request("GET /health-checks/switch HTTP/1.1\r\nhost: localhost\r\n\r\n").contains("\"healthy\""));
    // No name can be looked up, which says nothing about the endpoint.
    eventually("no checker that could probe", || {
        let report = request("GET /health-checks/named HTTP/1.1\r\nhost: localhost\r\n\r\n");
        let report: serde_json::Value = serde_json::from_str(report.split_once("\r\n\r\n").unwrap().1).unwrap();
        assert_eq!(report["status"], "healthy", "{report}");
        let checkers = report["checker_reports"].as_array().unwrap();
        checkers.iter().all(|checker| checker["fault"]["text"].is_string()).then_some(())
    });
    // Whoever connects now waits. The silent ones give theirs back, one by one, and the listener does not spin: it says
    // once that it cannot accept, however often it tries.
    let mut waiting = Connection::open(server.address());
    waiting.send(&Query::new("www.shop.example", A).bytes(1));
    server.logs("could not accept a connection on 127.0.0.1:");
    for stranger in &mut strangers {
        let _ = stranger.read(&mut [0]);
    }
    assert_eq!(server.log().matches("could not accept a connection").count(), 1, "{}", server.log());

    assert!(allow_descriptors(&server, 64));
    assert_eq!(Response::read(waiting.receive()).addresses().len(), 1);
    for over in BOTH {
        assert_eq!(ask(over, server.address(), &Query::new("www.shop.example", A)).addresses().len(), 1);
    }
    assert!(request(&force("down")).starts_with("HTTP/1.1 200"));
    assert_eq!(shown(&admin, "switch")["status"], "unhealthy");
    eventually("a reload that is not refused", || {
        server.signal("HUP");
        server.log().contains("3 hosted zones").then_some(())
    });

    // Nor does it take a descriptor to end well.
    let _strangers: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    assert!(allow_descriptors(&server, 1));
    server.signal("TERM");
    assert_eq!(server.wait_for_end().code(), Some(0), "{}", server.log());
    assert!(!server.ready_file().exists());
    assert!(!server.log().contains("panicked"), "{}", server.log());
}
