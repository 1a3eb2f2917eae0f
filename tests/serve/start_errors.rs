//! A start that cannot be: one clear line that says what to do, and a code that is not 0.

use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::process::Command;

use crate::server::{Directory, route53d, run_to_the_end};

const ZONES: &str = "hosted_zones:\n  - name: shop.example\n";

/// Runs what must not start; returns its standard error, with the test's directory as `DIR`.
fn error_of(command: &mut Command, directory: &Directory) -> String {
    let output = run_to_the_end(command);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{command:?} succeeded");
    assert!(output.status.code().is_some(), "{command:?}: {}", output.status);
    assert!(!error.contains("panicked") && !error.contains("RUST_BACKTRACE"), "{error}");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("Ready."));
    error.replace(directory.path("").to_str().unwrap(), "DIR/")
}

/// What `serve` says when it is given this beside good zone files.
fn error_with(flags: &[&str]) -> String {
    let directory = Directory::with_zones(&[("zones.yaml", ZONES)]);
    let mut command = route53d();
    command.arg("serve").arg("--zones").arg(directory.path("zones")).args(flags);
    if !flags.contains(&"--dns") {
        command.args(["--dns", "127.0.0.1:0"]);
    }
    error_of(&mut command, &directory)
}

#[test]
fn a_taken_port_is_told_with_a_way_out() {
    let way_out = "the port is taken; stop what listens there, or choose another with --dns ADDR:PORT (port 0 lets the system choose)";
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let expected = format!("route53d: could not listen on {address} (UDP): {way_out}\n");
    assert_eq!(error_with(&["--dns", &address]), expected);

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let expected = format!("route53d: could not listen on {address} (TCP): {way_out}\n");
    assert_eq!(error_with(&["--dns", &address]), expected);

    let way_out = "the port is taken; stop what listens there, or choose another with --admin ADDR:PORT (port 0 lets the system choose); --admin off does without";
    let expected = format!("route53d: could not listen on {address} (HTTP): {way_out}\n");
    assert_eq!(error_with(&["--admin", &address]), expected);
}

#[test]
fn two_flags_that_name_one_address_are_told() {
    // Nobody listens there, nor does anybody come to.
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let one = &format!("127.0.0.1:{port}");
    let (all, inside) = (&format!("0.0.0.0:{port}"), &format!("{one}@vpc-0dev"));
    for (flags, named) in [
        (["--dns", one, "--dns", one], format!("--dns {one} and --dns {one} are one address over UDP and TCP")),
        (["--dns", one, "--dns", inside], format!("--dns {one} and --dns {inside} are one address over UDP and TCP")),
        (["--dns", one, "--doq", one], format!("--dns {one} and --doq {one} are one address over UDP")),
        (["--dns", all, "--dot", one], format!("--dns {all} and --dot {one} are one address over TCP")),
        (["--doh", one, "--dot", one], format!("--dot {one} and --doh {one} are one address over TCP")),
        (["--doh", one, "--admin", one], format!("--doh {one} and --admin {one} are one address over TCP")),
        (["--api", one, "--dns", one], format!("--dns {one} and --api {one} are one address over TCP")),
    ] {
        let expected = format!("route53d: {named}; leave one out, or give it another port\n");
        assert_eq!(error_with(&flags), expected, "{flags:?}");
    }
    // One is UDP, and the other TCP, where another test may listen.
    let error = error_with(&["--dot", one, "--doq", one]);
    let taken =
        ["QUIC", "TLS"].map(|over| format!("route53d: could not listen on {one} ({over}): the port is taken; "));
    assert!(taken.iter().any(|taken| error.starts_with(taken)), "{error}");
}

#[test]
fn a_port_that_needs_a_privilege_is_told_with_a_way_out() {
    if UdpSocket::bind("127.0.0.1:53").is_ok() || UdpSocket::bind("127.0.0.1:1").is_ok() {
        eprintln!("skipped: this user may listen on ports below 1024");
        return;
    }
    assert_eq!(
        error_with(&["--dns", "127.0.0.1:1"]),
        "route53d: could not listen on 127.0.0.1:1 (UDP): ports below 1024 need a privilege; choose a higher one with --dns ADDR:PORT, or allow it: setcap cap_net_bind_service=+ep on the binary\n"
    );
}

#[test]
fn an_address_of_another_machine_is_told() {
    assert_eq!(
        error_with(&["--dns", "192.0.2.1:0"]),
        "route53d: could not listen on 192.0.2.1:0 (UDP): this machine has no such address; see `ip address`\n"
    );
}

#[test]
fn a_listen_address_that_is_none_is_told() {
    let expectation =
        "expected ADDR:PORT or ADDR:PORT@VPC, such as 127.0.0.1:1053, [::1]:1053 or 127.0.0.1:1054@vpc-0dev";
    for address in ["1053", "localhost:1053", "127.0.0.1", "127.0.0.1:65536", "::1:1053", ""] {
        let error = error_with(&["--dns", address]);
        assert!(
            error.starts_with(&format!(
                "error: invalid value '{address}' for '--dns <ADDR:PORT[@VPC]>': {expectation}\n"
            )),
            "{error}"
        );
    }
    let error = error_with(&["--dns", "127.0.0.1:0@"]);
    assert!(
        error.starts_with("error: invalid value '127.0.0.1:0@' for '--dns <ADDR:PORT[@VPC]>': after the @: "),
        "{error}"
    );
}

#[test]
fn a_listener_of_an_unknown_vpc_is_told() {
    assert_eq!(
        error_with(&["--dns", "127.0.0.1:0@vpc-0dev"]),
        "route53d: --dns 127.0.0.1:0@vpc-0dev: the account has no VPC \"vpc-0dev\"; it has none\n"
    );
    let directory = Directory::with_zones(&[(
        "vpcs.yaml",
        "vpcs:\n  - { id: vpc-0dev, region: eu-central-1, cidrs: [10.20.0.0/16] }\n",
    )]);
    let mut command = route53d();
    command.args(["serve", "--dns", "127.0.0.1:0@vpc-0prod", "--zones"]).arg(directory.path("zones"));
    assert_eq!(
        error_of(&mut command, &directory),
        "route53d: --dns 127.0.0.1:0@vpc-0prod: the account has no VPC \"vpc-0prod\"; it has vpc-0dev\n"
    );
}

#[test]
fn a_bad_log_filter_is_told() {
    let error = error_with(&["--log", "route53d=loud"]);
    assert!(error.starts_with("route53d: --log route53d=loud: "), "{error}");
    assert!(error.ends_with("; use a level such as info, or a filter such as route53d=debug\n"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn a_bad_trusted_network_is_told() {
    let error = error_with(&["--trust-client-subnet-from", "10.0.0.0/33"]);
    assert!(
        error.starts_with("error: invalid value '10.0.0.0/33' for '--trust-client-subnet-from <CIDR>': expected a network such as 192.0.2.0/24 or 2001:db8::/32\n"),
        "{error}"
    );
}

/// As in zone files.
#[test]
fn bits_behind_the_prefix_of_a_network_are_told() {
    for flag in ["--trust-client-subnet-from", "--rrl-allow", "--proxy-protocol-from"] {
        for (network, whole, address) in
            [("10.0.0.1/8", "10.0.0.0/8", "10.0.0.1"), ("2001:db8::1/32", "2001:db8::/32", "2001:db8::1")]
        {
            let error = error_with(&[flag, network]);
            let told = format!(
                "error: invalid value '{network}' for '{flag} <CIDR>': it has bits set after its prefix; write {whole} for the network, or {address} for the address alone\n"
            );
            assert!(error.starts_with(&told), "{error}");
        }
    }
}

#[test]
fn a_bad_country_database_is_told() {
    let directory = Directory::with_zones(&[("zones.yaml", ZONES)]);
    fs::write(directory.path("bad.mmdb"), "no database").unwrap();
    for command in [&["serve", "--dns", "127.0.0.1:0"][..], &["ask", "shop.example"]] {
        let run = |file: &str| {
            let mut command_line = route53d();
            command_line.args(command).arg("--zones").arg(directory.path("zones"));
            error_of(command_line.arg("--geoip-db").arg(directory.path(file)), &directory)
        };
        let error = run("bad.mmdb");
        assert!(error.starts_with("route53d: --geoip-db DIR/bad.mmdb is not an MMDB file: "), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        let error = run("none.mmdb");
        assert!(
            error.starts_with("route53d: could not read --geoip-db DIR/none.mmdb: No such file or directory"),
            "{error}"
        );
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn a_secret_in_what_is_no_ordinary_file_is_told_and_not_read_for_ever() {
    let directory = Directory::with_zones(&[("zones.yaml", ZONES)]);
    fs::write(directory.path("large"), "0123456789abcdef".repeat(2_000)).unwrap();
    fs::write(directory.path("bytes"), [0xff; 32]).unwrap();
    assert!(Command::new("mkfifo").arg(directory.path("pipe")).status().unwrap().success());
    let no_file = "it is no ordinary file, but a device, a pipe or a socket";
    for flag in ["--cookie-secret-file", "--admin-token-file"] {
        let limit = if flag == "--cookie-secret-file" { 1_024 } else { 16_384 };
        let too_large = format!("it has more than {limit} bytes, and what belongs there is much shorter");
        for (path, expected) in [
            ("/dev/zero", no_file),
            ("pipe", no_file),
            ("zones", "it is a directory"),
            ("large", &too_large),
            ("bytes", "it is no text in UTF-8"),
        ] {
            let mut command = route53d();
            command.args(["serve", "--dns", "127.0.0.1:0", "--zones"]).arg(directory.path("zones"));
            let error = error_of(command.arg(flag).arg(directory.path(path)), &directory);
            let path = if path.starts_with('/') { path.to_owned() } else { format!("DIR/{path}") };
            assert_eq!(error, format!("route53d: could not read {flag} {path}: {expected}\n"));
        }
    }
}

#[test]
fn zone_files_that_are_not_there_are_told() {
    let directory = Directory::with_zones(&[("zones.yaml", ZONES)]);
    fs::write(directory.path("file"), ZONES).unwrap();
    let expected = [
        ("nowhere", "route53d: there is no directory DIR/nowhere; create it, or name the one with your zone files\n"),
        ("file", "route53d: DIR/file is not a directory; name the directory the zone files are in\n"),
    ];
    for (name, expected) in expected {
        for arguments in
            [&["serve", "--dns", "127.0.0.1:0", "--zones"][..], &["ask", "shop.example", "--zones"], &["check"]]
        {
            let mut command = route53d();
            command.args(arguments).arg(directory.path(name));
            assert_eq!(error_of(&mut command, &directory), expected, "{arguments:?}");
        }
    }
}

#[test]
fn broken_zone_files_are_told_with_every_problem() {
    let broken = "hosted_zones:\n  - name: shop.example\n    records:\n      - { name: www, type: A, ttl: 60, values: [192.0.2.256] }\n      - { name: api, type: B, ttl: 60, values: [x] }\n";
    let directory = Directory::with_zones(&[("zones.yaml", broken)]);
    let mut command = route53d();
    command.args(["serve", "--dns", "127.0.0.1:0", "--zones"]).arg(directory.path("zones"));
    let error = error_of(&mut command, &directory);
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 3, "{error}");
    assert_eq!(lines[0], "route53d: 2 problems in DIR/zones");
    assert!(lines[1].starts_with("DIR/zones/zones.yaml:4:"), "{error}");
    assert!(lines[2].starts_with("DIR/zones/zones.yaml:5:"), "{error}");
}

#[test]
fn an_unknown_flag_or_subcommand_is_told() {
    let directory = Directory::new();
    let error = error_of(route53d().args(["serve", "--dsn", "127.0.0.1:0"]), &directory);
    assert!(error.starts_with("error: unexpected argument '--dsn' found\n"), "{error}");
    let error = error_of(route53d().arg("sevre"), &directory);
    assert!(error.starts_with("error: unrecognized subcommand 'sevre'\n"), "{error}");
}
