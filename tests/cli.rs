//! The commands `check` and `ask`: what they print, where, and how they exit.
//!
//! The golden output is in tests/snapshots, made from the example account in zones/. To write it anew, run with
//! `INSTA_UPDATE=always` and review the difference.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Runs in the directory of the repository, with no settings from the environment of the tests.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_route53d"));
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("ROUTE53D_") || name == "COLUMNS") {
            command.env_remove(name);
        }
    }
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    let output = command(arguments).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!error.contains("panicked"), "{error}");
    output
}

/// As a terminal would show it, and the exit code.
fn transcript(arguments: &[&str]) -> String {
    let output = run(arguments);
    let mut text = format!("$ route53d {}\n", arguments.join(" "));
    text += str::from_utf8(&output.stdout).unwrap();
    for line in str::from_utf8(&output.stderr).unwrap().lines() {
        text += &format!("stderr: {line}\n");
    }
    text + &format!("exit code: {}\n", output.status.code().unwrap())
}

fn golden(name: &str, commands: &[&[&str]]) {
    let transcripts: Vec<String> = commands.iter().map(|arguments| transcript(arguments)).collect();
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => true }, {
        insta::assert_snapshot!(name, transcripts.join("\n"));
    });
}

fn json(arguments: &[&str]) -> Value {
    let output = run(arguments);
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A directory with one zone file; it goes when this does.
struct Zones(PathBuf);

impl Zones {
    fn new(name: &str, text: &str) -> Zones {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("zones.yaml"), text).unwrap();
        Zones(path)
    }

    fn check(&self) -> (String, Option<i32>) {
        let path = self.0.to_str().unwrap();
        let output = run(&["check", path]);
        assert!(output.stderr.is_empty());
        (String::from_utf8(output.stdout).unwrap().replace(path, "DIR"), output.status.code())
    }
}

impl Drop for Zones {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn check_finds_nothing_wrong_with_the_example() {
    golden("check_example", &[&["check"], &["check", "zones"]]);
}

#[test]
fn check_prints_every_problem_and_exits_with_1() {
    let zones = Zones::new(
        "problems",
        r#"
hosted_zones:
  - name: shop.example
    records:
      - { name: www, type: A, ttl: 60, values: ["192.0.2.256"] }
      - { name: api, type: A, ttl: 60, set_identifier: x, weight: 300, values: ["192.0.2.1"] }
      - { nmae: app, type: A, ttl: 60, values: ["192.0.2.1"] }
"#,
    );
    let (output, code) = zones.check();
    insta::assert_snapshot!(output, @r#"
    DIR/zones.yaml:5:49: "192.0.2.256" is not an IPv4 address; write four numbers from 0 to 255, such as 192.0.2.1
    DIR/zones.yaml:6:67: weight 300 is above 255; use 0 to 255
    DIR/zones.yaml:7:11: a record has no key "nmae"; did you mean "name"?
    DIR: 3 problems in 1 file
    "#);
    assert_eq!(code, Some(1));
}

#[test]
fn check_warns_with_a_place_and_exits_with_0() {
    let zones = Zones::new(
        "warnings",
        r#"
vpcs:
  - { id: vpc-1, region: eu-central-1, cidrs: [10.20.0.0/16] }
  - { id: vpc-2, region: eu-central-1, cidrs: [10.20.0.0/16] }
hosted_zones:
  - name: shop.example
    records:
      - { name: geo, type: A, ttl: 60, set_identifier: de, geo_location: { country_code: DE }, values: ["192.0.2.1"] }
      - { name: app, type: A, ttl: 60, set_identifier: one, failover: PRIMARY, values: ["192.0.2.1"] }
      - { name: zero, type: A, ttl: 60, set_identifier: one, weight: 0, values: ["192.0.2.1"] }
"#,
    );
    let (output, code) = zones.check();
    insta::assert_snapshot!(output, @r#"
    DIR/zones.yaml:4:5: warning: 10.20.0.0/16 is also a network of VPC vpc-1: its clients are taken to be in vpc-1; give each VPC networks of its own, or bind a listener to each VPC (PZ-4)
    DIR/zones.yaml:8:9: warning: the geolocation records of geo.shop.example. A have no default: clients elsewhere get no answer; add a record with `geo_location: { country_code: "*" }` (G-4, R-5)
    DIR/zones.yaml:9:9: warning: the failover pair app.shop.example. A has no SECONDARY: the other answers whatever its health; add a record with `failover: SECONDARY` (F-1, F-6)
    DIR/zones.yaml:10:9: warning: every weight of zero.shop.example. A is 0: all are equally likely; give a weight above 0 to those that should answer (WT-3)
    DIR: 1 hosted zone, 5 record sets, 0 health checks, 2 VPCs, 4 warnings
    "#);
    assert_eq!(code, Some(0));
}

#[test]
fn check_and_ask_of_a_directory_that_is_not_there_exit_with_1() {
    golden(
        "missing_directory",
        &[
            &["check", "no/such/directory"],
            &["ask", "www.shop.example", "--zones", "no/such/directory"],
            &["check", "Cargo.toml"],
        ],
    );
}

#[test]
fn ask_of_broken_zone_files_tells_every_problem() {
    let zones = Zones::new("broken", "hosted_zones:\n  - name: com\n  - name: shop..example\n");
    let output = run(&["ask", "www.shop.example", "--zones", zones.0.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap().replace(zones.0.to_str().unwrap(), "DIR");
    insta::assert_snapshot!(error, @r#"
    route53d: 2 problems in DIR
    DIR/zones.yaml:2:5: com. cannot be a public hosted zone; use a name of two labels or more, such as example.test
    DIR/zones.yaml:3:11: name: a label of the domain name is empty
    "#);
}

#[test]
fn ask_draws_among_weights() {
    golden(
        "ask_weighted",
        &[
            &["ask", "www.shop.example", "--seed", "1", "--why"],
            &["ask", "www.shop.example", "--seed", "1", "--times", "10000"],
            &["ask", "www.shop.example", "--seed", "1", "--times", "1000", "--json"],
        ],
    );
}

#[test]
fn ask_fails_over_when_a_health_check_is_said_to_be_down() {
    golden(
        "ask_failover",
        &[
            &["ask", "app.shop.example", "--health", "app-primary=up", "--why"],
            &["ask", "app.shop.example", "--health", "app-primary=down", "--why"],
        ],
    );
}

#[test]
fn ask_follows_an_alias_tree_and_backs_out_of_it() {
    golden(
        "ask_alias_tree",
        &[
            &["ask", "api.shop.example", "--subnet", "198.18.1.0/24", "--seed", "1", "--why"],
            &[
                "ask",
                "api.shop.example",
                "--subnet",
                "198.18.1.0/24",
                "--seed",
                "1",
                "--why",
                "--health",
                "api-one=down",
            ],
            &[
                "ask",
                "api.shop.example",
                "--subnet",
                "198.18.1.0/24",
                "--seed",
                "1",
                "--why",
                "--health",
                "api-one=down,api-two=down",
            ],
        ],
    );
}

#[test]
fn ask_locates_the_client_subnet() {
    golden(
        "ask_geolocation",
        &[
            &["ask", "store.shop.example", "--subnet", "198.51.100.0/24", "--why"],
            &["ask", "store.shop.example", "--subnet", "198.18.1.0/24"],
            &["ask", "store.shop.example", "--subnet", "203.0.113.7"],
            &["ask", "store.shop.example"],
            &["ask", "intranet.shop.example", "--from", "203.0.113.7"],
            &["ask", "near.shop.example", "--subnet", "198.51.100.0/24", "--why"],
        ],
    );
}

#[test]
fn ask_sees_private_zones_from_inside_only() {
    golden(
        "ask_private",
        &[
            &["ask", "www.shop.example", "--from", "127.20.0.1", "--why"],
            &["ask", "db.shop.example", "--vpc", "vpc-0dev", "--why"],
            &["ask", "www.shop.example", "--subnet", "10.20.0.0/24", "--trust-client-subnet-from", "127.0.0.1/32"],
            &["ask", "db-1.internal.shop.example"],
            &["ask", "db-1.internal.shop.example", "--from", "10.20.0.1"],
        ],
    );
}

#[test]
fn ask_says_no_in_every_way() {
    golden(
        "ask_negative",
        &[
            &["ask", "none.internal.shop.example", "--vpc", "vpc-0dev", "--why"],
            &["ask", "deep.mail.shop.example", "--why"],
            &["ask", "mail.shop.example", "AAAA", "--why"],
            &["ask", "www.elsewhere.example", "--why"],
            &["ask", "www.partners.shop.example", "--why"],
        ],
    );
}

#[test]
fn ask_takes_any_type() {
    golden(
        "ask_types",
        &[
            &["ask", "shop.example", "mx", "--seed", "1"],
            &["ask", "shop.example.", "ANY", "--seed", "1"],
            &["ask", "shop.example", "TYPE16"],
            &["ask", "shop.example", "TYPE65280"],
            &["ask", "ANYTHING.preview.shop.example", "--why"],
        ],
    );
}

#[test]
fn ask_prints_json_that_holds_what_the_text_says() {
    let reply = json(&["ask", "app.shop.example", "--json", "--subnet", "198.51.100.0/24"]);
    assert_eq!(reply["status"], "NOERROR");
    assert_eq!(reply["flags"], serde_json::json!(["aa"]));
    let answer = serde_json::json!([{ "name": "app.shop.example.", "ttl": 5, "type": "A", "value": "192.0.2.30" }]);
    assert_eq!(reply["answer"], answer);
    assert_eq!(reply["authority"].as_array().unwrap().len(), 4);
    assert_eq!(reply["scope"], 0);
    assert!(reply.get("why").is_none());

    let reply = json(&["ask", "app.shop.example", "--json", "--why"]);
    assert_eq!(reply["why"][0]["topic"], "view");
    assert!(reply.get("scope").is_none());

    let refused = json(&["ask", "www.elsewhere.example", "--json"]);
    assert_eq!((&refused["status"], &refused["answer"]), (&"REFUSED".into(), &serde_json::json!([])));

    let shares = json(&["ask", "www.shop.example", "--json", "--times", "1000", "--seed", "7"]);
    assert_eq!(shares["times"], 1000);
    let counts: Vec<u64> =
        shares["answers"].as_array().unwrap().iter().map(|share| share["count"].as_u64().unwrap()).collect();
    assert_eq!(counts.iter().sum::<u64>(), 1000);
    assert!(counts[0] > 850, "{counts:?}");
}

#[test]
fn the_same_seed_gives_the_same_answer() {
    for seed in 0..5 {
        let seed = seed.to_string();
        let ask = || run(&["ask", "www.shop.example", "--seed", &seed, "--why"]).stdout;
        assert_eq!(ask(), ask());
    }
}

#[test]
fn what_cannot_be_asked_is_told() {
    golden(
        "ask_errors",
        &[
            &["ask", "bad..name"],
            &["ask", "www.shop.example", "ADDRESS"],
            &["ask", "www.shop.example", "--health", "nope=up"],
            &["ask", "www.shop.example", "--health", "app-primary=sideways"],
            &["ask", "www.shop.example", "--vpc", "vpc-nope"],
            &["ask", "www.shop.example", "--from", "nowhere"],
            &["ask", "www.shop.example", "--subnet", "192.0.2.0/33"],
            &["ask", "www.shop.example", "--times", "0"],
            &["ask", "www.shop.example", "--times", "2", "--why"],
            &["ask", "www.shop.example", "--seed", "x"],
        ],
    );
}

/// `route53d check broken | head -1` is no reason to panic.
#[test]
fn a_reader_that_goes_away_is_no_reason_to_panic() {
    for arguments in [&["check", "tests/broken"][..], &["ask", "www.shop.example", "--why"]] {
        let mut child = command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
        assert!(output.status.code().is_some_and(|code| code < 2), "{arguments:?}: {}", output.status);
    }
}

#[test]
fn a_health_check_that_is_not_there_is_told_in_an_account_without_any() {
    let zones = Zones::new("no-checks", "hosted_zones: [{ name: shop.example }]\n");
    let output = run(&["ask", "shop.example", "--health", "nope=up", "--zones", zones.0.to_str().unwrap()]);
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "route53d: --health: there is no health check \"nope\"; the account has none\n"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_exits_with_1() {
    if !Path::new("/dev/full").exists() {
        eprintln!("skipped: this machine has no /dev/full");
        return;
    }
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for arguments in [&["check"][..], &["ask", "www.shop.example"], &["ask", "www.shop.example", "--json"]] {
        let output = command(arguments).stdout(full()).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.starts_with("route53d: could not write the output: No space left"), "{arguments:?}: {error}");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let output = command(arguments).stdout(full()).stderr(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    }
}

/// `tests/geoip/places.mmdb` holds invented places: 198.51.100.0/25 is California with coordinates, .128/25 Berlin,
/// 203.0.113.0/24 Canada with a province called CA, 2001:db8::/32 Japan without coordinates.
#[test]
fn a_geoip_database_tells_countries_states_and_coordinates() {
    let zones = Zones::new(
        "geoip",
        r#"
hosted_zones:
  - name: shop.example
    records:
      - { name: geo, type: TXT, ttl: 60, set_identifier: ca, geo_location: { country_code: US, subdivision_code: CA }, values: ['"California"'] }
      - { name: geo, type: TXT, ttl: 60, set_identifier: eu, geo_location: { continent_code: EU }, values: ['"Europe"'] }
      - { name: geo, type: TXT, ttl: 60, set_identifier: jp, geo_location: { country_code: JP }, values: ['"Japan"'] }
      - { name: geo, type: TXT, ttl: 60, set_identifier: any, geo_location: { country_code: "*" }, values: ['"elsewhere"'] }
      - { name: near, type: TXT, ttl: 60, set_identifier: a, region: us-west-1, values: ['"us-west-1"'] }
      - { name: near, type: TXT, ttl: 60, set_identifier: b, region: eu-central-1, values: ['"eu-central-1"'] }
      - { name: near, type: TXT, ttl: 60, set_identifier: c, region: ap-northeast-1, values: ['"ap-northeast-1"'] }
"#,
    );
    let database = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/geoip/places.mmdb");
    let zones = zones.0.to_str().unwrap();
    for (from, geo, near) in [
        ("198.51.100.1", "California", "us-west-1"),
        ("198.51.100.200", "Europe", "eu-central-1"),
        // G-1: a subdivision called CA is a state of the United States only there.
        ("203.0.113.1", "elsewhere", "us-west-1"),
        ("2001:db8::1", "Japan", "ap-northeast-1"),
    ] {
        for (name, expected) in [("geo.shop.example", geo), ("near.shop.example", near)] {
            let arguments = ["ask", name, "TXT", "--from", from, "--zones", zones, "--geoip-db", database, "--json"];
            assert_eq!(json(&arguments)["answer"][0]["value"], format!("\"{expected}\""), "{name} from {from}");
        }
    }
}
