//! A disk that takes nothing, or not all: a limit on the size of files, which the system gives and takes while the server
//! runs. What is not kept is not acknowledged, and is not there.

use std::path::Path;

use fastrand::Rng;
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::http::Client;
use crate::load::Writer;
use crate::server::{Directory, Server, route53d};

/// A server that survives a write beyond the limit, as it survives one to a full disk.
const CHECKS: &str = "health_checks: [{ id: web-1, type: TCP, ip_address: 127.0.0.1, port: 9, disabled: true }]";

fn serve(data: &Path) -> (Server, Client) {
    let directory = Directory::with_zones(&[("checks.yaml", CHECKS)]);
    // The signal that would come with the error is ignored, and stays so in the program that takes the shell's place.
    let mut command = std::process::Command::new("sh");
    let route53d = route53d();
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(route53d.get_program());
    for (name, value) in route53d.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.args(["serve", "--dns", "127.0.0.1:0", "--api", "127.0.0.1:0", "--data-dir"]).arg(data);
    command.arg("--zones").arg(directory.path("zones")).arg("--ready-file").arg(directory.path("ready.json"));
    let server = Server::run(command, directory);
    let client = Client::open(crate::api_of(&server));
    (server, client)
}

/// No byte of a file can be written at or behind this place; `None` lets all be.
fn limit(server: &Server, bytes: Option<u64>) {
    let pid = Pid::from_raw(server.id().try_into().unwrap());
    prlimit(pid, Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
}

/// Makes the next change again and again; gives how often it was refused.
fn try_to_write(writer: &mut Writer, client: &mut Client, times: u32) -> u32 {
    let mut refused = 0;
    for _ in 0..times {
        let response = writer.change(client, writer.acknowledged.number + 1).unwrap();
        if matches!(response.status, 200 | 201) {
            continue;
        }
        assert_eq!((response.status, response.text("Code")), (503, Some("ServiceUnavailable")), "{response:?}");
        let message = response.text("Message").unwrap();
        assert!(
            message.starts_with("nothing was changed, for it could not be kept: could not write ")
                && message.contains("/journal.redb: "),
            "{message}"
        );
        assert_eq!(response.text("Type"), Some("Receiver"));
        refused += 1;
    }
    refused
}

#[test]
fn what_a_full_disk_does_not_take_is_refused_and_later_changes_are_made() {
    let directory = Directory::new();
    let data = directory.path("data");
    let (mut server, mut client) = serve(&data);
    let mut writer = Writer::new(&mut client, "full");
    assert_eq!(try_to_write(&mut writer, &mut client, 20), 0);
    limit(&server, Some(0));
    assert_eq!(try_to_write(&mut writer, &mut client, 5), 5);
    // It goes on to answer by what was acknowledged.
    writer.check_refused(&mut client, &server, "full");
    server.logs("a change through the API was refused: nothing was changed, for it could not be kept: ");
    limit(&server, None);
    assert_eq!(try_to_write(&mut writer, &mut client, 20), 0);
    limit(&server, Some(0));
    assert_eq!(try_to_write(&mut writer, &mut client, 5), 5);
    server.signal("KILL");
    server.wait_for_end();
    let (server, mut client) = serve(&data);
    writer.check(&mut client, &server, "killed while it was full");
    assert_eq!(try_to_write(&mut writer, &mut client, 20), 0);
    writer.check(&mut client, &server, "afterwards");
}

#[test]
fn what_a_disk_takes_in_part_is_refused_and_nothing_acknowledged_is_lost() {
    let directory = Directory::new();
    let data = directory.path("data");
    let mut rng = Rng::with_seed(5);
    let (mut server, mut client) = serve(&data);
    let mut writer = Writer::new(&mut client, "part");
    let (mut refused, mut done) = (0, 0);
    for round in 0..40 {
        let largest = ["journal.redb", "checkpoint.redb"].map(|name| data.join(name).metadata().unwrap().len());
        limit(&server, Some(rng.u64(..largest[0].max(largest[1]) + 100_000)));
        let before = writer.acknowledged.number;
        refused += try_to_write(&mut writer, &mut client, 8);
        done += writer.acknowledged.number - before;
        if rng.bool() {
            // Before the kill it must be as it was acknowledged; after it a change that was refused may be there.
            writer.check_refused(&mut client, &server, &format!("round {round}"));
            drop(server);
            (server, client) = serve(&data);
        } else {
            limit(&server, None);
            assert_eq!(try_to_write(&mut writer, &mut client, 1), 0);
        }
        writer.check(&mut client, &server, &format!("after round {round}"));
    }
    assert!(refused > 20 && done > 20, "{refused} refused, {done} done");
}

#[test]
fn an_override_that_a_full_disk_does_not_take_is_refused() {
    let directory = Directory::new();
    let data = directory.path("data");
    let (server, _) = serve(&data);
    let force = || route53d().args(["force", "web-*", "down", "--admin", &server.admin()]).output().unwrap();
    limit(&server, Some(0));
    let refused = force();
    let error = String::from_utf8(refused.stderr).unwrap();
    let expected = format!("could not be saved: {}: ", data.join("health-state.json").display());
    assert!(!refused.status.success() && error.contains(&expected), "{error}");
    assert!(!data.join("health-state.json").exists());
    limit(&server, None);
    assert!(force().status.success());
    assert!(data.join("health-state.json").exists());
}
