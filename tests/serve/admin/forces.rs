//! Hands on the lever: what is forced, by whom, for how long, and who wins.

use std::fmt::Write;
use std::fs;

use serde_json::{Value, json};

use super::{Admin, ZONES, client, server_with};
use crate::server::{Directory, Server, eventually};
use crate::settings::output_of;

#[test]
fn what_operators_set_outlives_the_server() {
    let data = Directory::with_zones(&[]);
    let data = data.path("data");
    let flags = ["--data-dir", data.to_str().unwrap()];
    let server = server_with(ZONES, &flags);
    let done =
        output_of(&mut client(&server.admin(), &["force", "web-*", "up", "--for", "10m", "--reason", "a drill"]));
    assert!(done.starts_with("web-* (1 health check): forced up until "), "{done}");
    drop(server);
    let server = server_with(ZONES, &flags);
    let report = Admin::of(&server).get("/health-checks/web-1").json();
    assert_eq!((&report["status"], &report["forced"]["origin"]), (&"healthy".into(), &"operator".into()), "{report}");
    assert_eq!(report["checker_reports"].as_array().unwrap().len(), 16);
}

#[test]
fn the_list_of_forces_has_all_of_them_the_strongest_first() {
    let server = Server::start(
        "
health_checks:
- {id: web-1, type: RECOVERY_CONTROL, routing_control_arn: a}
- {id: web-2, type: RECOVERY_CONTROL, routing_control_arn: a, status: down}
- {id: api-1, type: RECOVERY_CONTROL, routing_control_arn: a, status: up}
forced_health_checks:
- {checks: '*', status: down}
- {checks: web-*, status: up, reason: holidays}
",
    );
    let admin = Admin::of(&server);
    let force =
        |checks: &str, body: &str| assert_eq!(admin.put(&format!("/health-checks/{checks}/force"), body).status, 200);
    force("web-%3F", r#"{"status": "down", "owner": "ann"}"#);
    force("web-1", r#"{"status": "obey"}"#);
    let seen = |admin: &Admin| {
        let forces = admin.get("/forces").json()["forces"].clone();
        let line = |force: &Value| {
            let part = |member: &str| force[member].as_str().unwrap_or("-").to_owned();
            let parts = ["origin", "checks", "status", "owner", "reason"].map(part).join(" ");
            format!("{parts} {}/{}", force["deciding"], force["matching"])
        };
        forces.as_array().unwrap().iter().map(line).collect::<Vec<_>>()
    };
    let of_files = [
        "zone_files web-* up - holidays 0/2",
        "zone_files * down - - 1/3",
        "health_check api-1 up - - 0/1",
        "health_check web-2 down - - 0/1",
    ];
    let all = [&["operator web-1 obey - - 1/1", "operator web-? down ann - 1/2"][..], &of_files].concat();
    assert_eq!(seen(&admin), all);
    assert_eq!(admin.ask("DELETE", "/health-checks/web-%3F/force", "", b"").json(), json!({ "checks": "web-?" }));
    assert_eq!(seen(&admin)[1], "zone_files web-* up - holidays 1/2");
    assert_eq!(
        admin.ask("DELETE", "/health-checks/web-%3F/force", "", b"").error(404),
        "nothing is forced by hand as web-?"
    );
}

#[test]
fn forces_end_at_whole_seconds_and_never_early() {
    let server = Server::start(ZONES);
    let admin = Admin::of(&server);
    let until = |body: &str| {
        let done = admin.put("/health-checks/web-1/force", body).json();
        done["until"].as_str().unwrap_or_else(|| panic!("{done}")).to_owned()
    };
    let before = jiff::Timestamp::now();
    let end = until(r#"{"status": "down", "for": "1ms"}"#);
    let is_forced = || !admin.get("/health-checks/web-1").json()["forced"].is_null();
    eventually("the end of the force", || (!is_forced()).then_some(()));
    assert!(jiff::Timestamp::now() >= end.parse().unwrap());
    assert!(!end.contains('.') && end.parse::<jiff::Timestamp>().unwrap() > before, "{end}");
    assert_eq!(until(r#"{"status": "down", "until": "2999-01-01T00:00:00.1Z"}"#), "2999-01-01T00:00:01Z");
    let report = admin.get("/health-checks/web-1").json();
    assert_eq!(report["forced"]["until"], "2999-01-01T00:00:01Z", "{report}");
    for time in [&report["since"], &report["history"][0]["at"]] {
        let time = time.as_str().unwrap();
        assert!(time.split_once('.').is_none_or(|(_, fraction)| fraction.len() <= "123Z".len()), "{time}");
    }
    for (body, part) in [
        (r#"{"status": "down", "until": "2001-01-01T00:00:00Z"}"#, "is over"),
        (r#"{"status": "down", "until": "tomorrow"}"#, "is not a time such as 2026-01-31T12:00:00Z"),
        (r#"{"status": "down", "for": "0s"}"#, "is not a time such as 10m"),
        (r#"{"status": "down", "for": "99999999h"}"#, "is too long"),
        (r#"{"status": "down", "for": "1m", "until": "2999-01-01T00:00:00Z"}"#, "not both"),
    ] {
        let error = admin.put("/health-checks/web-1/force", body).error(400);
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn texts_of_a_force_are_bounded() {
    let server = Server::start(ZONES);
    let admin = Admin::of(&server);
    let force = |pattern: &str, member: &str, text: &str| {
        admin.put(&format!("/health-checks/{pattern}/force"), &json!({ "status": "up", member: text }).to_string())
    };
    assert_eq!(force(&"*".repeat(255), "reason", &"ü".repeat(255)).status, 200);
    assert_eq!(force(&"*".repeat(256), "reason", "").error(400), "the pattern: 256 characters are more than 255");
    for member in ["reason", "owner"] {
        assert_eq!(
            force("*", member, &"ü".repeat(256)).error(400),
            format!("{member}: 256 characters are more than 255")
        );
        assert!(force("*", member, "a\nb").error(400).ends_with("holds a control character"));
    }
}

#[test]
fn a_force_too_many_is_refused_and_an_earlier_one_can_still_be_changed() {
    let directory = Directory::with_zones(&[]);
    let data = directory.path("data");
    fs::create_dir(&data).unwrap();
    let mut forces = String::new();
    for number in 0..1_000 {
        let comma = if number == 0 { "" } else { "," };
        write!(forces, "{comma}{{\"checks\":\"web-{number}\",\"status\":\"up\"}}").unwrap();
    }
    fs::write(data.join("health-state.json"), format!("{{\"version\":1,\"forces\":[{forces}]}}")).unwrap();
    let server = server_with(ZONES, &["--data-dir", data.to_str().unwrap()]);
    let admin = Admin::of(&server);
    assert_eq!(admin.get("/forces").json()["forces"].as_array().unwrap().len(), 1_001);
    let error = admin.put("/health-checks/web-*/force", r#"{"status": "down"}"#).error(409);
    assert!(error.starts_with("there are 1000 forces already; take one back"), "{error}");
    assert_eq!(admin.put("/health-checks/web-1/force", r#"{"status": "down"}"#).status, 200);
    assert_eq!(admin.get("/health-checks/web-1").json()["status"], "unhealthy");
    assert_eq!(admin.ask("DELETE", "/health-checks/web-7/force", "", b"").status, 200);
    assert_eq!(admin.put("/health-checks/web-*/force", r#"{"status": "down"}"#).status, 200);
}
