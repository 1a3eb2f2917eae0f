//! The data directory: what operators set by hand outlives a server, and nothing else claims to.

use std::fs;

use crate::admin::client;
use crate::server::{Directory, Server, route53d, run_to_the_end};
use crate::settings::output_of;

const ZONES: &str = "
health_checks:
- {id: web-1, type: RECOVERY_CONTROL, routing_control_arn: 'arn:aws:x/y'}
routing_controls:
- {arn: 'arn:aws:x/y', state: On}
hosted_zones:
- name: shop.example
";

/// A server with this data directory.
fn server(data: &Directory) -> Server {
    let flags = ["--data-dir", data.path("data").to_str().unwrap()].map(str::to_owned);
    Server::with(&[("zones.yaml", ZONES)], &["127.0.0.1:0"], &[&flags[0], &flags[1]])
}

/// What a server says that does not start.
fn error_of(data: &Directory) -> String {
    let zones = Directory::with_zones(&[("zones.yaml", ZONES)]);
    let mut command = route53d();
    command.args(["serve", "--dns", "127.0.0.1:0", "--zones"]).arg(zones.path("zones"));
    let output = run_to_the_end(command.arg("--data-dir").arg(data.path("data")));
    assert!(!output.status.success() && !String::from_utf8_lossy(&output.stdout).contains("Ready."));
    String::from_utf8(output.stderr).unwrap()
}

fn status(admin: &str) -> String {
    let shown = output_of(&mut client(admin, &["health", "web-1", "--json"]));
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    shown["status"].as_str().unwrap().to_owned()
}

#[test]
fn two_servers_do_not_share_a_data_directory() {
    let data = Directory::new();
    let first = server(&data);
    assert_eq!(
        error_of(&data),
        format!(
            "route53d: --data-dir {} is in use by another route53d; stop it, or name another directory\n",
            data.path("data").display()
        )
    );
    // However it ends, the next one may have it.
    drop(first);
    server(&data);
}

#[test]
fn a_state_that_was_cut_off_is_told_and_what_lies_beside_it_is_not() {
    let data = Directory::new();
    let running = server(&data);
    output_of(&mut client(&running.admin(), &["force", "web-*", "down", "--reason", "a drill"]));
    drop(running);
    let (path, beside) = (data.path("data/health-state.json"), data.path("data/health-state.json.new"));
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let error = error_of(&data);
    assert!(error.starts_with(&format!("route53d: {}: ", path.display())), "{error}");
    assert!(error.ends_with("; mend the file, or move it away to begin without what it holds\n"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");

    fs::write(&path, &whole).unwrap();
    fs::write(&beside, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(status(&server(&data).admin()), "unhealthy");
}

#[test]
fn what_cannot_be_saved_is_told_and_not_done() {
    let data = Directory::new();
    let running = server(&data);
    let admin = running.admin();
    fs::remove_dir_all(data.path("data")).unwrap();
    let output = client(&admin, &["force", "web-1", "down"]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    let path = data.path("data/health-state.json");
    let expected = format!("nothing was changed, for it could not be saved: {}: ", path.display());
    assert!(error.contains(&expected), "{error}");
    assert_eq!(status(&admin), "healthy");
    fs::create_dir(data.path("data")).unwrap();
    output_of(&mut client(&admin, &["force", "web-1", "down"]));
    assert_eq!(status(&admin), "unhealthy");
}
