//! EDNS over real sockets: the table of `tests/wire/edns_compliance.rs`, and what the flags of the wire do.

use std::fmt::Write;
use std::fs;

use crate::client::{BOTH, Over, ask, send};
use crate::edns_compliance::{Way, check, probes};
use crate::message::{A, Query, Response};
use crate::server::{Directory, Server, route53d, run_to_the_end};

fn zone() -> String {
    let mut zone = "hosted_zones:\n  - name: example.com\n    records:\n".to_owned();
    let values: Vec<_> = (0..40).map(|n| format!("'\"{n:02}{}\"'", "x".repeat(100))).collect();
    writeln!(zone, "      - {{ name: big, type: TXT, ttl: 60, values: [{}] }}", values.join(", ")).unwrap();
    writeln!(zone, "      - {{ name: www, type: A, ttl: 60, values: [192.0.2.1] }}").unwrap();
    zone
}

fn serve(flags: &[&str]) -> Server {
    Server::with(&[("zones.yaml", &zone())], &["127.0.0.1:0"], flags)
}

#[test]
fn the_table_of_edns_compliance_holds_over_sockets() {
    let server = serve(&["--nsid", "ns1"]);
    let mut wrong = Vec::new();
    for probe in probes() {
        for (over, way) in [(Over::Udp, Way::Udp), (Over::Tcp, Way::Tcp)] {
            let checked = match send(over, server.address(), &probe.query) {
                Some(reply) => check(&probe, way, &reply),
                None => Err(format!("{}: no reply", probe.name)),
            };
            if let Err(error) = checked {
                wrong.push(format!("{way:?} {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn www() -> Query {
    Query::new("www.example.com", A)
}

const COOKIE: u16 = 10;

/// The value of an option of the response.
fn option(response: &Response, code: u16) -> Option<Vec<u8>> {
    let records = response.records();
    let mut rdata = &records.iter().find(|record| record.record_type == 41)?.rdata[..];
    while let [c1, c0, l1, l0, rest @ ..] = rdata {
        let (value, after) = rest.split_at(usize::from(u16::from_be_bytes([*l1, *l0])));
        if u16::from_be_bytes([*c1, *c0]) == code {
            return Some(value.to_vec());
        }
        rdata = after;
    }
    None
}

#[test]
fn servers_with_one_secret_know_each_others_cookies_and_others_do_not() {
    let directory = Directory::new();
    let (new, both) = (directory.path("new"), directory.path("both"));
    fs::write(&new, "000102030405060708090a0b0c0d0e0f\n").unwrap();
    fs::write(&both, "F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF\n000102030405060708090a0b0c0d0e0f\n").unwrap();
    let with_secret = |path: &std::path::Path| serve(&["--cookie-secret-file", path.to_str().unwrap()]);
    let (first, second, rolled, stranger) = (with_secret(&new), with_secret(&new), with_secret(&both), serve(&[]));
    for over in BOTH {
        let given = option(&ask(over, first.address(), &www().option(COOKIE, b"a client")), COOKIE).unwrap();
        let shown_to = |server: &Server| {
            // RFC 7873 §5.4: the query for a cookie alone says whether it is good.
            let mut bytes = www().option(COOKIE, &given).bytes(7);
            let question = www().bytes(7).len();
            bytes.drain(12..question);
            bytes[5] = 0;
            let reply = Response::read(send(Over::Udp, server.address(), &bytes).unwrap());
            u16::from(reply.rcode())
        };
        assert_eq!([&first, &second, &rolled, &stranger].map(shown_to), [0, 0, 0, 23], "{over:?}");
    }
}

#[test]
fn what_is_said_beside_answers_is_set_by_flags_and_by_the_environment() {
    let flags = serve(&["--nsid", "0x00ff", "--extended-errors", "--max-udp-size", "512"]);
    let directory = Directory::with_zones(&[("zones.yaml", &zone())]);
    let mut command = route53d();
    command.arg("serve").arg("--zones").arg(directory.path("zones")).args(["--dns", "127.0.0.1:0"]);
    command.arg("--ready-file").arg(directory.path("ready.json"));
    command.env("ROUTE53D_NSID", "0x00ff").env("ROUTE53D_EXTENDED_ERRORS", "true").env("ROUTE53D_MAX_UDP_SIZE", "512");
    let environment = Server::run(command, directory);
    for server in [&flags, &environment] {
        let named = ask(Over::Udp, server.address(), &www().option(3, &[]));
        assert_eq!(option(&named, 3), Some(vec![0, 0xff]));
        let refused = ask(Over::Tcp, server.address(), &Query::new("www.elsewhere.test", A).edns(4096));
        assert_eq!(option(&refused, 15).unwrap()[..2], [0, 20]);
        let big = ask(Over::Udp, server.address(), &Query::new("big.example.com", 16).edns(4096));
        assert!(big.message.metadata.truncation);
        assert_eq!(big.message.edns.unwrap().max_payload(), 512);
    }
}

#[test]
fn flags_of_the_wire_that_make_no_sense_are_refused_with_what_to_do() {
    let directory = Directory::with_zones(&[("zones.yaml", &zone())]);
    fs::write(directory.path("short"), "0001\n").unwrap();
    let (short, none) = (directory.path("short"), directory.path("none"));
    for (flag, value, error) in [
        ("--max-udp-size", "511", "512..=4096"),
        ("--max-udp-size", "4097", "512..=4096"),
        ("--nsid", "", "expected 1 to 64 bytes"),
        ("--nsid", "0x0", "two for each byte"),
        ("--nsid", "0xzz", "two for each byte"),
        ("--nsid", &"n".repeat(65), "expected 1 to 64 bytes, not 65"),
        ("--cookie-secret-file", short.to_str().unwrap(), "expected a line of 32 hexadecimal digits"),
        ("--cookie-secret-file", none.to_str().unwrap(), "could not read --cookie-secret-file"),
    ] {
        let mut command = route53d();
        command.arg("serve").arg("--zones").arg(directory.path("zones")).args(["--dns", "127.0.0.1:0", flag, value]);
        let output = run_to_the_end(&mut command);
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && log.contains(error), "{flag} {value}: {log}");
    }
}
