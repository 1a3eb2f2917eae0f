//! Zone files that change while the server runs.

use std::fs;
use std::io::Write;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hickory_proto::op::ResponseCode;

use crate::client::{Over, ask, udp_socket};
use crate::message::{A, Query, Response};
use crate::server::{Directory, Server, eventually, route53d};

fn zones(last_byte: u8) -> String {
    format!(
        "hosted_zones:\n  - name: shop.example\n    records:\n      - {{ name: www, type: A, ttl: 60, values: [192.0.2.{last_byte}] }}\n"
    )
}

fn www(server: &Server) -> Vec<Ipv4Addr> {
    ask(Over::Udp, server.address(), &Query::new("www.shop.example", A)).addresses()
}

fn answers(server: &Server, last_byte: u8) {
    let address = Ipv4Addr::new(192, 0, 2, last_byte);
    eventually(&format!("the answer {address}"), || (www(server) == [address]).then_some(()));
}

#[test]
fn a_saved_file_is_served_without_a_signal() {
    let server = Server::start(&zones(1));
    answers(&server, 1);
    server.directory.save("zones.yaml", &zones(2));
    answers(&server, 2);
    server.logs("(generation 1): 1 hosted zone, 3 record sets, 0 health checks, 0 VPCs");
    // As editors save: a new file takes the old one's name.
    let path = server.directory.path("zones");
    fs::write(path.join(".zones.yaml.swp"), zones(3)).unwrap();
    fs::rename(path.join(".zones.yaml.swp"), path.join("zones.yaml")).unwrap();
    answers(&server, 3);
}

#[test]
fn a_directory_that_is_never_quiet_is_reloaded_all_the_same() {
    let server = Server::start(&zones(1));
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::SeqCst) {
                fs::write(server.directory.path("zones").join("notes.txt"), "busy").unwrap();
                thread::sleep(Duration::from_millis(20));
            }
        });
        server.directory.save("zones.yaml", &zones(2));
        let moved = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| answers(&server, 2)));
        stop.store(true, Ordering::SeqCst);
        moved.unwrap();
    });
}

#[test]
fn a_broken_file_leaves_the_last_good_account_and_the_log_tells_where_it_is_broken() {
    let server = Server::start(&zones(1));
    server.directory.save("zones.yaml", &zones(2).replace("type: A,", "type: A, tll: 60,"));
    let path = server.directory.path("zones").join("zones.yaml");
    server.logs("reload refused, the last good account is still served; problems: 1");
    server.logs(&format!("{}:4:31: a record has no key \"tll\"; ", path.display()));
    assert_eq!(www(&server), [Ipv4Addr::new(192, 0, 2, 1)]);
    server.directory.save("zones.yaml", &zones(1));
    server.logs("the zone files are in order again, nothing has changed");
    server.directory.save("zones.yaml", &zones(3));
    answers(&server, 3);
}

#[test]
fn a_hang_up_reloads() {
    let server = Server::start(&zones(1));
    server.signal("HUP");
    server.logs(": nothing has changed");
    server.directory.save("zones.yaml", &zones(2));
    server.signal("HUP");
    answers(&server, 2);
}

/// Only Linux tells when a file is closed.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_is_still_being_written_is_not_read() {
    let server = Server::start(&zones(1));
    let path = server.directory.path("zones").join("zones.yaml");
    let text = zones(2);
    let mut file = fs::File::create(&path).unwrap();
    for half in [&text[..20], &text[20..]] {
        // Longer than any pause that would pass for the end of the writing.
        let until = Instant::now() + Duration::from_millis(1_200);
        while Instant::now() < until {
            assert_eq!(www(&server), [Ipv4Addr::new(192, 0, 2, 1)]);
            thread::sleep(Duration::from_millis(10));
        }
        file.write_all(half.as_bytes()).unwrap();
    }
    drop(file);
    answers(&server, 2);
}

/// Only Linux tells when a file is closed.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_is_removed_and_slowly_made_anew_keeps_its_zone() {
    let other = "hosted_zones:\n  - name: other.example\n";
    let server = Server::with(&[("zones.yaml", &zones(1)), ("other.yaml", other)], &["127.0.0.1:0"], &[]);
    let path = server.directory.path("zones").join("zones.yaml");
    fs::remove_file(&path).unwrap();
    let mut file = fs::File::create(&path).unwrap();
    let until = Instant::now() + Duration::from_millis(1_200);
    while Instant::now() < until {
        assert_eq!(www(&server), [Ipv4Addr::new(192, 0, 2, 1)]);
        thread::sleep(Duration::from_millis(10));
    }
    file.write_all(zones(2).as_bytes()).unwrap();
    drop(file);
    answers(&server, 2);
}

#[test]
fn a_log_that_stays_open_beside_the_zone_files_holds_nothing_up() {
    let server = Server::start(&zones(1));
    let mut log = fs::File::create(server.directory.path("zones").join("dns.log")).unwrap();
    for last_byte in 2..4 {
        writeln!(log, "busy").unwrap();
        let asked = Instant::now();
        server.directory.save("zones.yaml", &zones(last_byte));
        answers(&server, last_byte);
        // Half of what a file that is being written would be waited for.
        assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
    }
}

#[test]
fn a_directory_without_a_hosted_zone_changes_nothing() {
    let server = Server::start(&zones(1));
    fs::remove_file(server.directory.path("zones").join("zones.yaml")).unwrap();
    server.logs("holds no hosted zone; if that is meant, start again");
    assert_eq!(www(&server), [Ipv4Addr::new(192, 0, 2, 1)]);
    server.directory.save("zones.yaml", &zones(2));
    answers(&server, 2);
}

#[test]
fn a_directory_that_is_replaced_is_watched_on() {
    let server = Server::start(&zones(1));
    for last_byte in 2..5 {
        fs::rename(server.directory.path("zones"), server.directory.path(&format!("old-{last_byte}"))).unwrap();
        fs::create_dir(server.directory.path("zones")).unwrap();
        server.directory.save("zones.yaml", &zones(last_byte));
        answers(&server, last_byte);
    }
    server.directory.save("zones.yaml", &zones(5));
    answers(&server, 5);
}

/// By what would be read for ever, and what others may write to.
#[test]
fn what_has_the_name_of_a_zone_file_and_is_none_is_told_at_every_load() {
    let told = |path: &Path, name: &str, kind: &str| {
        let path = path.join(name);
        format!(
            "{}: passed over, for it is {kind} and no file; move it away, or give it another name\n",
            path.display()
        )
    };
    let directory = Directory::with_zones(&[("zones.yaml", &zones(1))]);
    let path = directory.path("zones");
    assert!(Command::new("mkfifo").arg(path.join("pipe.yaml")).status().unwrap().success());
    std::os::unix::fs::symlink("/dev/zero", path.join("zero.yml")).unwrap();
    let mut command = route53d();
    command.args(["serve", "--dns", "127.0.0.1:0", "--zones"]).arg(&path);
    command.arg("--ready-file").arg(directory.path("ready.json"));
    let server = Server::run(command, directory);
    let (pipe, device) = (told(&path, "pipe.yaml", "a pipe"), told(&path, "zero.yml", "a device"));
    server.logs(&pipe);
    server.logs(&device);
    assert!(server.output().contains(", 2 warnings\n"), "{}", server.output());
    fs::create_dir(path.join("folder.yaml")).unwrap();
    server.logs(&told(&path, "folder.yaml", "a directory"));
    server.signal("HUP");
    server.logs("nothing has changed");
    answers(&server, 1);
    let checked = route53d().arg("check").arg(&path).output().unwrap();
    let text = String::from_utf8(checked.stdout).unwrap();
    for line in [pipe, device] {
        assert!(text.contains(&line.replace(": passed over", ": warning: passed over")), "{text}");
    }
    assert!(checked.status.success() && text.ends_with(", 3 warnings\n"), "{text}");
}

#[test]
fn the_target_of_a_link_is_watched() {
    let server = Server::start(&zones(1));
    let target = server.directory.path("target.yaml");
    fs::write(&target, zones(2)).unwrap();
    let link = server.directory.path("zones").join("zones.yaml");
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    answers(&server, 2);
    fs::write(&target, zones(3)).unwrap();
    answers(&server, 3);
}

#[test]
fn a_file_that_is_added_or_deleted_brings_or_takes_its_zone() {
    let server = Server::start(&zones(1));
    let other = Query::new("other.example", 6);
    let rcode = || ask(Over::Udp, server.address(), &other).rcode();
    assert_eq!(rcode(), ResponseCode::Refused);
    server.directory.save("other.yaml", "hosted_zones:\n  - name: other.example\n");
    eventually("the new zone", || (rcode() == ResponseCode::NoError).then_some(()));
    fs::remove_file(server.directory.path("zones").join("other.yaml")).unwrap();
    eventually("the end of the zone", || (rcode() == ResponseCode::Refused).then_some(()));
    assert_eq!(www(&server), [Ipv4Addr::new(192, 0, 2, 1)]);
}

#[test]
fn a_directory_that_is_gone_leaves_the_last_good_account() {
    let server = Server::start(&zones(1));
    fs::rename(server.directory.path("zones"), server.directory.path("elsewhere")).unwrap();
    server.signal("HUP");
    server.logs("reload refused, the last good account is still served: ");
    assert_eq!(www(&server), [Ipv4Addr::new(192, 0, 2, 1)]);
    fs::rename(server.directory.path("elsewhere"), server.directory.path("zones")).unwrap();
    server.directory.save("zones.yaml", &zones(2));
    server.signal("HUP");
    answers(&server, 2);
}

#[test]
fn a_zone_bound_listener_keeps_its_vpc_out_of_every_reload() {
    let vpc = "vpcs:\n  - { id: vpc-0dev, region: eu-central-1, cidrs: [10.20.0.0/16] }\n";
    let private = "hosted_zones:\n  - name: internal\n    vpcs: [vpc-0dev]\n";
    let files = [("vpcs.yaml", vpc), ("private.yaml", private), ("zones.yaml", &zones(1))];
    let server = Server::with(&files, &["127.0.0.1:0@vpc-0dev"], &[]);
    for file in ["vpcs.yaml", "private.yaml"] {
        fs::remove_file(server.directory.path("zones").join(file)).unwrap();
    }
    eventually("the end of the private zone", || {
        let response = ask(Over::Udp, server.address(), &Query::new("internal", 6));
        (response.rcode() == ResponseCode::Refused).then_some(())
    });
    answers(&server, 1);
}

/// Every answer during fifty reloads is that of a saved file, none older than one seen before, and none is missing.
#[test]
fn fifty_reloads_under_load_lose_no_query_and_never_answer_wrongly() {
    const RELOADS: u8 = 50;
    let server = Server::start(&zones(0));
    let newest = Arc::new(AtomicU8::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let (seen, stopped, saved) = (Arc::new(AtomicU8::new(0)), Arc::clone(&stop), Arc::clone(&newest));
    let (last_seen, address) = (Arc::clone(&seen), server.address());
    let asking = thread::spawn(move || {
        let socket = udp_socket(address, Ipv4Addr::LOCALHOST.into());
        let query = Query::new("www.shop.example", A);
        let (mut asked, mut buffer) = (0usize, [0; 512]);
        while !stopped.load(Ordering::SeqCst) {
            socket.send(&query.bytes(asked as u16)).unwrap();
            let length = socket.recv(&mut buffer).unwrap_or_else(|error| panic!("query {asked} was lost: {error}"));
            let response = Response::read(buffer[..length].to_vec());
            assert_eq!(response.message.metadata.id, asked as u16);
            let addresses = response.addresses();
            assert_eq!(addresses.len(), 1, "{response:?}");
            let [192, 0, 2, last_byte] = addresses[0].octets() else { panic!("{addresses:?}") };
            assert!(last_byte >= last_seen.load(Ordering::SeqCst), "the answer went back to {last_byte}");
            assert!(last_byte <= saved.load(Ordering::SeqCst), "{last_byte} is not saved yet");
            last_seen.store(last_byte, Ordering::SeqCst);
            asked += 1;
            thread::sleep(Duration::from_millis(1));
        }
        asked
    });
    for last_byte in 1..=RELOADS {
        newest.store(last_byte, Ordering::SeqCst);
        let beside = server.directory.path("new.yaml");
        fs::write(&beside, zones(last_byte)).unwrap();
        fs::rename(beside, server.directory.path("zones").join("zones.yaml")).unwrap();
        eventually(&format!("reload {last_byte}"), || {
            assert!(!asking.is_finished(), "the asking thread has failed");
            (seen.load(Ordering::SeqCst) == last_byte).then_some(())
        });
    }
    stop.store(true, Ordering::SeqCst);
    assert!(asking.join().unwrap() > 500);
}
