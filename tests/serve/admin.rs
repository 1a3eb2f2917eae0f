//! The admin listener and its clients: what an operator sees and does, and what answers make of it.

use std::process::Command;

use crate::server::{Directory, route53d};
use crate::settings::output_of;

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

fn client(admin: &str, arguments: &[&str]) -> Command {
    let mut command = route53d();
    command.env("ROUTE53D_ADMIN", admin).args(arguments);
    command
}

#[test]
fn operators_see_and_force_health_checks_and_what_they_set_outlives_the_server() {
    let data = Directory::with_zones(&[]);
    let data = data.path("data");
    let flags = ["--data-dir", data.to_str().unwrap()];
    let files = [("zones.yaml", ZONES)];
    let server = crate::server::Server::with(&files, &["127.0.0.1:0"], &flags);
    let admin = server.admin();
    let list = output_of(&mut client(&admin, &["health"]));
    let line = |id: &str| list.lines().find(|line| line.trim_start().starts_with(id)).unwrap().to_owned();
    assert!(line("errors").contains("unhealthy") && line("errors").contains("ALARM"), "{list}");
    assert!(line("switch").contains("healthy (forced)") && line("switch").contains("drill"), "{list}");
    assert!(line("web-1").contains("www.shop.example. A (p)"), "{list}");

    let done = output_of(&mut client(&admin, &["force", "web-*", "up", "--for", "10m", "--reason", "a drill"]));
    assert!(done.starts_with("web-* (1 health check): forced up until "), "{done}");
    drop(server);
    let server = crate::server::Server::with(&files, &["127.0.0.1:0"], &flags);
    let admin = server.admin();
    let json: serde_json::Value =
        serde_json::from_str(&output_of(&mut client(&admin, &["health", "web-1", "--json"]))).unwrap();
    assert_eq!((&json["status"], &json["forced"]["origin"]), (&"healthy".into(), &"operator".into()), "{json}");
    assert_eq!(json["checker_reports"].as_array().unwrap().len(), 16);
    output_of(&mut client(&admin, &["force", "web-1", "obey"]));
}

#[test]
fn a_client_is_told_what_is_wrong() {
    let server = crate::server::Server::start(ZONES);
    let admin = server.admin();
    let error = |arguments: &[&str], admin: &str| {
        let output = client(admin, arguments).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert_eq!(error(&["health", "nope"], &admin), "route53d: there is no health check nope\n");
    assert_eq!(error(&["force", "nope*", "up"], &admin), "route53d: there is no health check nope*\n");
    assert!(error(&["force", "web-1", "up", "--for", "soon"], &admin).contains("is not a time such as 10m"));
    assert!(error(&["health"], "127.0.0.1:1").contains("is `route53d serve` running"));
    let public = client("192.0.2.1:0", &["serve", "--zones"]).arg(server.directory.path("zones")).output().unwrap();
    let text = String::from_utf8(public.stderr).unwrap();
    assert!(!public.status.success() && text.contains("--admin-token-file"), "{text}");
}
