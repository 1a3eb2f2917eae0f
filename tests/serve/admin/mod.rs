//! The admin listener and its clients: what an operator sees and does, and what answers make of it.

mod clients;
mod connections;
mod forces;
mod http;
mod metrics;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use serde_json::Value;

use crate::server::{PATIENCE, Server, route53d};

const ZONES: &str = "
health_checks:
- {id: web-1, type: TCP, ip_address: 127.0.0.1, port: 9}
- {id: errors, type: CLOUDWATCH_METRIC, alarm_identifier: {region: eu-west-1, name: e}, insufficient_data_health_status: Healthy}
- {id: switch, type: RECOVERY_CONTROL, routing_control_arn: 'arn:aws:x/y'}
cloudwatch_alarms:
- {region: eu-west-1, name: e, namespace: App, metric_name: E, statistic: Sum, threshold: 5, comparison_operator: GreaterThanThreshold}
cloudwatch_metrics:
- {namespace: App, metric_name: E, value: 7}
routing_controls:
- {arn: 'arn:aws:x/y', state: Off}
forced_health_checks:
- {checks: swi*, status: up, reason: drill}
hosted_zones:
- name: shop.example
  records:
  - {name: www, type: A, ttl: 5, set_identifier: p, failover: PRIMARY, health_check_id: web-1, values: [192.0.2.1]}
  - {name: www, type: A, ttl: 5, set_identifier: s, failover: SECONDARY, values: [192.0.2.2]}
";

/// A server of these zone files, with more flags.
fn server_with(zones: &str, flags: &[&str]) -> Server {
    Server::with(&[("zones.yaml", zones)], &["127.0.0.1:0"], flags)
}

/// `route53d health` or `route53d force`, of this listener.
pub fn client(admin: &str, arguments: &[&str]) -> Command {
    let mut command = route53d();
    command.env("ROUTE53D_ADMIN", admin).args(arguments);
    command
}

/// The admin listener as a program sees it that speaks HTTP by the byte.
pub struct Admin(SocketAddr);

/// An answer, as it came.
pub struct Reply {
    status: u16,
    head: String,
    pub body: String,
}

impl Admin {
    pub fn of(server: &Server) -> Admin {
        Admin(server.admin().strip_prefix("http://").unwrap().parse().unwrap())
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.0).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    pub fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, "", b"")
    }

    fn put(&self, path: &str, body: &str) -> Reply {
        self.ask("PUT", path, "", body.as_bytes())
    }

    /// `headers` are whole lines.
    fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Reply {
        let mut stream = self.connect();
        let length = body.len();
        let host = if headers.to_ascii_lowercase().contains("host:") { "" } else { "Host: localhost\r\n" };
        let head =
            format!("{method} {path} HTTP/1.1\r\n{host}{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        Reply::parse(&String::from_utf8(answer).unwrap())
    }
}

impl Reply {
    fn parse(text: &str) -> Reply {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no HTTP: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Reply { status, head: head.to_owned(), body: body.to_owned() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find_map(|(header, value)| header.eq_ignore_ascii_case(name).then_some(value))
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.head, self.body))
    }

    /// Of an answer that must be a failure of this status.
    fn error(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.body);
        self.json()["error"].as_str().unwrap().to_owned()
    }
}
