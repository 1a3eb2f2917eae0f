//! What the API takes: CPU time a call, pages of small and large zones, durable changes a second, and the time from a
//! change to the answer that has it.
//!
//! ```text
//! cargo bench --bench api [-- calls|pages|changes]    # all
//! ```
//!
//! Server and clients share the machine. The data directory is made below the build directory, and it is the disk there
//! that is measured.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on tells why by its panic")]

#[path = "../../api/http.rs"]
#[allow(dead_code, reason = "shared with the tests of the API")]
mod http;
#[path = "../health/server.rs"]
#[allow(dead_code)]
mod server;

use std::fmt::Write;
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use http::{Client, NAMESPACE};
use server::Server;

const TIME: Duration = Duration::from_secs(3);
const LARGE: u32 = 1_000_000;
const SMALL: u32 = 1_000;

fn main() {
    let wanted = env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let is_wanted = |part: &str| wanted.as_deref().is_none_or(|wanted| wanted == part);
    if is_wanted("calls") {
        calls();
    }
    if is_wanted("pages") {
        pages();
    }
    if is_wanted("changes") {
        changes();
    }
}

/// One zone of so many names, each with an address.
fn zone_file(names: u32) -> String {
    let mut text = "hosted_zones:\n- name: bench.example\n  id: ZBENCH\n  records:\n".to_owned();
    for number in 0..names {
        let [_, a, b, c] = number.to_be_bytes();
        writeln!(text, "  - {{ name: h{number:07}, type: A, ttl: 60, values: [10.{a}.{b}.{c}] }}").unwrap();
    }
    text
}

fn serve(names: u32) -> (Server, SocketAddr) {
    let server = Server::with(&zone_file(names), &["--api", "127.0.0.1:0"]);
    let api = server.api.unwrap();
    (server, api)
}

fn calls() {
    let (server, api) = serve(SMALL);
    println!("| call | a second of one core | µs of CPU | bytes of a response |\n|---|---|---|---|");
    for (what, target) in [
        ("GetHostedZoneCount", "hostedzonecount"),
        ("GetHostedZone", "hostedzone/ZBENCH"),
        ("ListHostedZones", "hostedzone"),
        ("ListHostedZonesByName", "hostedzonesbyname?dnsname=bench.example&maxitems=1"),
        ("ListResourceRecordSets of 1", "hostedzone/ZBENCH/rrset?name=h0000500.bench.example&maxitems=1"),
        ("ListResourceRecordSets of 100", "hostedzone/ZBENCH/rrset?name=h0000500.bench.example&maxitems=100"),
        ("ListResourceRecordSets of 300", "hostedzone/ZBENCH/rrset?maxitems=300"),
    ] {
        let target = format!("/2013-04-01/{target}");
        let (count, bytes) = (AtomicU32::new(0), AtomicU32::new(0));
        let cpu = server.cpu();
        let end = Instant::now() + TIME;
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut client = Client::open(api);
                    while Instant::now() < end {
                        let response = client.ask("GET", &target, "");
                        assert_eq!(response.status, 200, "{}", response.body);
                        count.fetch_add(1, Ordering::Relaxed);
                        bytes.store(response.body.len() as u32, Ordering::Relaxed);
                    }
                });
            }
        });
        let each = (server.cpu() - cpu).as_secs_f64() / f64::from(count.into_inner());
        println!("| {what} | {:.0} | {:.0} | {} |", 1.0 / each, each * 1e6, bytes.into_inner());
    }
    println!();
}

fn pages() {
    println!("| names of the zone | page of 300 from | median | longest of 200 |\n|---|---|---|---|");
    for names in [SMALL, LARGE] {
        let (_server, api) = serve(names);
        let mut client = Client::open(api);
        for (place, from) in [("the beginning", 0), ("the middle", names / 2), ("the end", names - 301)] {
            let target = format!("/2013-04-01/hostedzone/ZBENCH/rrset?name=h{from:07}.bench.example&maxitems=300");
            let mut times: Vec<Duration> = (0..200)
                .map(|_| {
                    let start = Instant::now();
                    let response = client.ask("GET", &target, "");
                    assert_eq!(response.body.matches("<ResourceRecordSet>").count(), 300);
                    start.elapsed()
                })
                .collect();
            times.sort_unstable();
            println!("| {names} | {place} | {:.0?} | {:.0?} |", times[100], times[199]);
        }
    }
    println!();
}

fn upsert(name: &str, address: [u8; 4]) -> String {
    let [a, b, c, d] = address;
    format!(
        "<ChangeResourceRecordSetsRequest xmlns=\"{NAMESPACE}\"><ChangeBatch><Changes><Change><Action>UPSERT</Action>\
         <ResourceRecordSet><Name>{name}.kept.example</Name><Type>A</Type><TTL>1</TTL><ResourceRecords><ResourceRecord>\
         <Value>{a}.{b}.{c}.{d}</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes>\
         </ChangeBatch></ChangeResourceRecordSetsRequest>"
    )
}

/// A directory that is gone with this.
struct Data(PathBuf);

impl Drop for Data {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn changes() {
    let data = Data(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-api-{}", std::process::id())));
    let server = Server::with("hosted_zones: []", &["--api", "127.0.0.1:0", "--data-dir", data.0.to_str().unwrap()]);
    let api = server.api.unwrap();
    let body = format!(
        "<CreateHostedZoneRequest xmlns=\"{NAMESPACE}\"><Name>kept.example</Name><CallerReference>1</CallerReference>\
         </CreateHostedZoneRequest>"
    );
    let made = Client::open(api).ask("POST", "/2013-04-01/hostedzone", &body);
    let target = format!("{}/rrset", made.header("location").unwrap().replace("https://route53.amazonaws.com", ""));

    println!("| clients | single-record changes a second, on the disk | server's µs of CPU a change |\n|---|---|---|");
    for clients in [1, 16, 64] {
        let count = AtomicU32::new(0);
        let (cpu, end) = (server.cpu(), Instant::now() + TIME);
        thread::scope(|scope| {
            for number in 0..clients {
                let (target, count) = (&target, &count);
                scope.spawn(move || {
                    let mut client = Client::open(api);
                    for round in 0_u32.. {
                        let [_, a, b, c] = round.to_be_bytes();
                        let response = client.ask("POST", target, &upsert(&format!("c{number}"), [10, a, b, c]));
                        assert_eq!(response.status, 200, "{}", response.body);
                        count.fetch_add(1, Ordering::Relaxed);
                        if Instant::now() >= end {
                            break;
                        }
                    }
                });
            }
        });
        let count = f64::from(count.into_inner());
        let each = (server.cpu() - cpu).as_secs_f64() / count;
        println!("| {clients} | {:.0} | {:.0} |", count / TIME.as_secs_f64(), each * 1e6);
    }
    println!();

    let mut visible = visible(&server, api, &target);
    visible.sort_unstable();
    let at = |share: f64| visible[((visible.len() - 1) as f64 * share) as usize];
    println!("| from sending a change to the first answer that has it: median | 99 % | longest of {} |", visible.len());
    println!("|---|---|---|\n| {:.1?} | {:.1?} | {:.1?} |\n", at(0.5), at(0.99), at(1.0));
}

/// How long each of some changes takes until DNS answers by it, asked without a pause.
fn visible(server: &Server, api: SocketAddr, target: &str) -> Vec<Duration> {
    let latest = AtomicU32::new(0);
    let is_over = AtomicBool::new(false);
    let dns = server.dns;
    thread::scope(|scope| {
        scope.spawn(|| {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.connect(dns).unwrap();
            socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            let query =
                b"\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03now\x04kept\x07example\x00\x00\x01\x00\x01";
            let mut answer = [0; 512];
            while !is_over.load(Ordering::Relaxed) {
                socket.send(query).unwrap();
                let length = socket.recv(&mut answer).unwrap();
                // The address, if there is one: behind the question, a pointer and what comes before the data.
                let at = query.len() + 12;
                if answer[7] == 1 && length >= at + 4 {
                    latest.store(u32::from_be_bytes(answer[at..at + 4].try_into().unwrap()), Ordering::Release);
                }
            }
        });
        let mut client = Client::open(api);
        let times = (1..=500_u32).map(|number| {
            let address = (10 << 24 | number).to_be_bytes();
            let body = upsert("now", address);
            let start = Instant::now();
            assert_eq!(client.ask("POST", target, &body).status, 200);
            while latest.load(Ordering::Acquire) != u32::from_be_bytes(address) {
                std::hint::spin_loop();
            }
            start.elapsed()
        });
        let times = times.collect();
        is_over.store(true, Ordering::Relaxed);
        times
    })
}
