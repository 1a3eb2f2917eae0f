//! A server with few file descriptors, and strangers who take all the connections that they get.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::Command;

use crate::client::{ANSWER_TIME, Over, ask};
use crate::dot::{Secured, any_client};
use crate::message::{A, Query};
use crate::server::{Directory, Server, route53d};

const ZONES: &str = "
hosted_zones:
- name: shop.example
  records:
  - {name: www, type: A, ttl: 5, values: [192.0.2.1]}
";

/// A server whose shell has lowered the soft limit and the hard one.
fn start_with(descriptors: usize) -> Server {
    let directory = Directory::with_zones(&[("zones.yaml", ZONES)]);
    let server = route53d();
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {descriptors}; exec \"$0\" \"$@\"")]).arg(server.get_program());
    for (name, value) in server.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.args(["serve", "--dns", "127.0.0.1:0", "--dot", "127.0.0.1:0", "--doq", "127.0.0.1:0"]);
    command.arg("--data-dir").arg(directory.path("data")).arg("--zones").arg(directory.path("zones"));
    command.arg("--ready-file").arg(directory.path("ready.json"));
    Server::run(command, directory)
}

fn of_url(server: &Server, listener: &str) -> SocketAddr {
    let ready = std::fs::read_to_string(server.ready_file()).unwrap();
    let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
    ready[listener].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap()
}

/// Asks on a connection of its own; the status.
fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(ANSWER_TIME)).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

/// Requests whose bodies never come whole.
fn slow_bodies(address: SocketAddr, path: &str, count: usize) -> Vec<TcpStream> {
    let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n<");
    let connect = |_| {
        let mut stream = TcpStream::connect(address).unwrap();
        // It may have had to make room already.
        let _ = stream.write_all(head.as_bytes());
        stream
    };
    (0..count).map(connect).collect()
}

#[test]
fn slow_bodies_cost_clients_of_no_listener_anything() {
    for descriptors in [64, 256] {
        let server = start_with(descriptors);
        let (api, admin) = (of_url(&server, "api"), of_url(&server, "admin"));
        let www = Query::new("www.shop.example", A);
        let mut slow = Vec::new();
        for round in 0..6 {
            slow.extend(slow_bodies(api, "/2013-04-01/hostedzone", 100));
            slow.extend(slow_bodies(admin, "/metric-data", 50));
            for over in [Over::Udp, Over::Tcp] {
                assert_eq!(ask(over, server.address(), &www).addresses(), [Ipv4Addr::new(192, 0, 2, 1)], "{round}");
            }
            let mut secured = Secured::open(server.dot[0], &any_client());
            assert_eq!(secured.ask(), [Ipv4Addr::new(192, 0, 2, 1)], "{round}");
            assert_eq!(get(api, "/2013-04-01/hostedzone"), "200", "{round}");
            assert_eq!(get(admin, "/health-checks"), "200", "{round}");
        }
        assert!(!server.log().contains("could not accept a connection"), "{descriptors}: {}", server.log());
        assert!(!server.log().contains("Too many open files"), "{descriptors}: {}", server.log());
    }
}
