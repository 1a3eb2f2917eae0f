//! The memory of a running server.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::fmt::Write;
use std::fs;

use crate::server::{Server, eventually};

/// Kilobytes that are the server's own: not those of the files that it was started from.
fn own_memory(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// A zone of so many names, each with this TTL.
fn zones(names: usize, ttl: u32) -> String {
    let mut text = "hosted_zones:\n  - name: large.example\n    records:\n".to_owned();
    for name in 0..names {
        let address = format!("10.0.{}.{}", name / 256, name % 256);
        writeln!(text, "      - {{ name: host{name:06}, type: A, ttl: {ttl}, values: [{address}] }}").unwrap();
    }
    text
}

#[test]
fn what_reading_a_large_file_again_took_is_given_back() {
    const NAMES: usize = 50_000;
    let server = Server::start(&zones(NAMES, 60));
    let at_first = own_memory(&server);
    let is_given_back = |what: &str| {
        eventually(what, || (own_memory(&server) < at_first + at_first / 4).then_some(()));
    };
    server.signal("HUP");
    server.logs("nothing has changed");
    is_given_back("the memory back that a reload took which changed nothing");
    // The account of the start is dropped as a whole.
    server.directory.save("zones.yaml", &zones(NAMES, 61));
    server.logs("(generation 1)");
    is_given_back("the memory back that a reload took which changed all");
    server.directory.save("zones.yaml", &(zones(NAMES, 61) + "      - { name: odd, tll: 61 }\n"));
    server.logs("reload refused");
    is_given_back("the memory back that a reload took which was refused");
}
