//! The example account of the repository, pushed to a server that knows nothing but who is in which VPC.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use crate::client::{Over, ask, ask_from};
use crate::message::{A, Query};
use crate::tool::{ApiServer, apply};

fn zones() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("zones")
}

#[test]
fn the_example_is_answered_after_it_is_applied() {
    let vpcs = fs::read_to_string(zones().join("vpcs.yaml")).unwrap();
    let api = ApiServer::start(&[("vpcs.yaml", &vpcs)], &[]);

    let dry = apply(&api.endpoint, &zones(), &["--dry-run"]);
    assert!(dry.is_success, "{}", dry.errors);
    assert!(dry.output.contains("hosted zone shop.example. (public, new)\n  + { name: shop.example, comment: "));
    assert!(dry.output.contains("  + { name: docs, type: CNAME, ttl: 300, values: [\"www.shop.example.\"] }\n"));
    assert!(dry.output.ends_with("0 to change, 0 to delete; nothing is done\n"), "{}", dry.output);
    assert_eq!(api.exported(&[]), "", "a dry run does nothing");

    let done = apply(&api.endpoint, &zones(), &[]);
    assert!(done.is_success, "{}", done.errors);
    assert!(done.errors.contains("request_interval 1 is pushed as 10"), "{}", done.errors);
    assert!(done.errors.contains("not pushed, no part of Route 53: 3 client_locations"), "{}", done.errors);
    assert!(dry.output.lines().next() == done.output.lines().next());

    let dns = api.server.address();
    let addresses = |name: &str| ask(Over::Udp, dns, &Query::new(name, A)).addresses();
    let is_one_of = |name: &str, expected: &[&str]| {
        let found = addresses(name);
        assert!(!found.is_empty(), "{name} has no address");
        for address in found {
            assert!(expected.iter().any(|it| it.parse::<IpAddr>().unwrap() == address), "{name}: {address}");
        }
    };
    is_one_of("www.shop.example", &["192.0.2.20", "192.0.2.21"]);
    is_one_of("any.preview.shop.example", &["192.0.2.99"]);
    is_one_of("api.shop.example", &["192.0.2.41", "192.0.2.42", "192.0.2.43"]);
    is_one_of("intranet.shop.example", &["192.0.2.81"]);
    is_one_of("shop-lb.eu-central-1.elb.amazonaws.com", &["192.0.2.90"]);
    is_one_of("docs.shop.example", &["192.0.2.20", "192.0.2.21"]);
    let inside = ask_from(Over::Udp, dns, "127.20.0.1".parse().unwrap(), &Query::new("www.shop.example", A));
    assert_eq!(inside.addresses()[0].to_string(), "10.20.0.20", "the private zone");

    let again = apply(&api.endpoint, &zones(), &[]);
    assert_eq!((again.is_success, again.output.as_str()), (true, "nothing to do\n"), "{}", again.errors);
    let pruned = apply(&api.endpoint, &zones(), &["--prune"]);
    assert_eq!((pruned.is_success, pruned.output.as_str()), (true, "nothing to do\n"), "{}", pruned.errors);

    // What export writes makes another server the same.
    let text = api.exported(&[]);
    let other = ApiServer::empty();
    other.applied(&text, &[]);
    assert_eq!(other.exported(&[]), text);
}

/// Even where the files say what Route 53 does not have, such as checks every second.
#[test]
fn a_server_of_the_same_files_has_nothing_to_do() {
    let files: Vec<(String, String)> = fs::read_dir(zones())
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let api = ApiServer::start(&files, &[]);
    for flags in [&["--dry-run"][..], &[], &["--prune"]] {
        let ended = apply(&api.endpoint, &zones(), flags);
        assert!(ended.is_success && ended.output.starts_with("nothing to do"), "{}{}", ended.output, ended.errors);
    }
}
