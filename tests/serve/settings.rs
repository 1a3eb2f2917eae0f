//! Every flag has its environment variable.

use std::process::Command;

use crate::client::{Over, ask};
use crate::message::{A, Query};
use crate::server::{Directory, Server, route53d};
use crate::shop::{INSIDE, OUTSIDE, ZONES};

#[test]
fn serve_takes_all_its_settings_from_the_environment() {
    let directory = Directory::with_zones(&[("zones.yaml", ZONES)]);
    let mut command = route53d();
    command
        .arg("serve")
        .env("ROUTE53D_ZONES", directory.path("zones"))
        .env("ROUTE53D_DNS", "127.0.0.1:0,127.0.0.1:0@vpc-0dev")
        .env("ROUTE53D_READY_FILE", directory.path("ready.json"))
        .env("ROUTE53D_TRUST_CLIENT_SUBNET_FROM", "192.0.2.1/32,127.0.0.1/32")
        .env("ROUTE53D_LOG", "error");
    let mut server = Server::run(command, directory);
    let www = Query::new("www.shop.example", A);
    assert_eq!(ask(Over::Udp, server.dns[0], &www).addresses(), [OUTSIDE]);
    assert_eq!(ask(Over::Udp, server.dns[1], &www).addresses(), [INSIDE]);
    assert_eq!(ask(Over::Udp, server.dns[0], &www.subnet("10.20.1.0/24")).addresses(), [INSIDE]);
    server.signal("TERM");
    server.wait_for_end();
    assert_eq!(server.log(), "", "nothing that is an error happened");
}

pub fn output_of(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn check_and_ask_take_all_their_settings_from_the_environment() {
    let directory = Directory::with_zones(&[("zones.yaml", ZONES)]);
    let command = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = route53d();
        command.args(arguments).env("ROUTE53D_ZONES", directory.path("zones")).envs(variables.iter().copied());
        output_of(&mut command)
    };
    assert!(command(&["check"], &[]).contains("zones: 2 hosted zones, "));

    let www = ["ask", "www.shop.example"];
    assert!(command(&www, &[]).contains("\t192.0.2.1\n"));
    assert!(command(&www, &[("ROUTE53D_ASK_FROM", "10.20.0.9")]).contains("\t10.20.0.1\n"));
    assert!(command(&www, &[("ROUTE53D_ASK_VPC", "vpc-0dev")]).contains("\t10.20.0.1\n"));
    let subnet = ("ROUTE53D_ASK_SUBNET", "10.20.1.0/24");
    assert!(command(&www, &[subnet]).contains("\t192.0.2.1\n"));
    let trust = ("ROUTE53D_TRUST_CLIENT_SUBNET_FROM", "127.0.0.1/32");
    assert!(command(&www, &[subnet, trust]).contains("\t10.20.0.1\n"));
    assert!(
        command(&["ask", "app.shop.example"], &[("ROUTE53D_ASK_HEALTH", "primary=down")]).contains("\t192.0.2.4\n")
    );
    assert!(command(&www, &[("ROUTE53D_ASK_SEED", "1"), ("ROUTE53D_ASK_TIMES", "3")]).starts_with(";; 3 queries\n"));
    for yes in ["true", "1", "yes"] {
        assert!(command(&www, &[("ROUTE53D_ASK_WHY", yes)]).contains(";; why\n"), "{yes}");
        assert!(command(&www, &[("ROUTE53D_ASK_JSON", yes)]).starts_with("{\n"), "{yes}");
    }
    for no in ["false", "0", "no"] {
        assert!(!command(&www, &[("ROUTE53D_ASK_WHY", no)]).contains(";; why\n"), "{no}");
    }
}

#[test]
fn the_help_of_every_subcommand_names_the_variable_of_every_flag() {
    for subcommand in ["serve", "check", "ask"] {
        let help = output_of(route53d().args([subcommand, "--help"]));
        // The width of a terminal decides where lines end.
        let help = help.replace("\n      --", "\0").split_whitespace().collect::<Vec<_>>().join(" ");
        let (_, options) = help.split_once("Options:").unwrap();
        let flags: Vec<&str> = options.split('\0').skip(1).collect();
        for flag in &flags {
            assert!(flag.contains("[env: ROUTE53D_"), "{subcommand}: --{flag}");
        }
        // That the flags were found at all.
        let expected = match subcommand {
            "serve" => 19,
            "check" => 1,
            _ => 11,
        };
        assert!(flags.len() >= expected, "{help}");
        assert!(help.contains("[env: ROUTE53D_ZONES="), "{help}");
    }
}

#[test]
fn a_flag_wins_over_its_variable() {
    let directory = Directory::with_zones(&[("zones.yaml", ZONES)]);
    let mut command = route53d();
    command.env("ROUTE53D_ZONES", directory.path("nowhere")).arg("check").arg(directory.path("zones"));
    assert!(output_of(&mut command).contains("2 hosted zones"));
}
