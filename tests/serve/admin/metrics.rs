//! `/metrics`, as Prometheus reads it.

use super::Admin;
use crate::server::{Server, eventually};

#[test]
fn prometheus_can_read_it() {
    let server = Server::start(
        "
health_checks:
- {id: 'a\"b\\c', type: RECOVERY_CONTROL, routing_control_arn: a}
- {id: idle, type: TCP, ip_address: 127.0.0.1, port: 9, disabled: true}
- {id: probed, type: TCP, ip_address: 127.0.0.1, port: 9}
",
    );
    let reply = Admin::of(&server).get("/metrics");
    assert_eq!(reply.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    let text = reply.body;
    assert!(text.ends_with("\n# EOF\n"), "{text}");
    assert!(text.contains("\nroute53d_health_check_status{health_check_id=\"a\\\"b\\\\c\"} 1.0\n"), "{text}");
    assert!(text.contains("\nroute53d_health_check_percentage_healthy{health_check_id=\"probed\"} "), "{text}");
    // HC-52: absent while disabled.
    assert!(!text.contains("percentage_healthy{health_check_id=\"idle\"}"), "{text}");
    // HC-52: only of those that measure it.
    assert!(!text.contains("connection_time_milliseconds{"), "{text}");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
        let family = name.split('{').next().unwrap();
        let family = family.strip_suffix("_total").unwrap_or(family);
        assert!(text.contains(&format!("# HELP {family} ")) && text.contains(&format!("# TYPE {family} ")), "{line}");
    }
}

#[test]
fn connections_are_counted_and_those_that_made_room() {
    let server = Server::with(&[], &["127.0.0.1:0"], &["--tcp-connections-per-address", "3"]);
    let clients: Vec<_> = (0..8).map(|_| std::net::TcpStream::connect(server.address()).unwrap()).collect();
    let admin = Admin::of(&server);
    eventually("the five that made room", || {
        let text = admin.get("/metrics").body;
        let counted = "\nroute53d_dns_dismissed_connections_total 5\n";
        (text.contains(counted) && text.contains("\nroute53d_dns_connections 3\n")).then_some(())
    });
    drop(clients);
    eventually("their ends", || admin.get("/metrics").body.contains("\nroute53d_dns_connections 0\n").then_some(()));
}
