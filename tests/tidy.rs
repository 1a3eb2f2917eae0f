//! The layers of the crate, checked: imports go down only, and the pure modules know no clock, no chance, no I/O.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module, and the modules it may import. To change a rule, change this table and say why in the commit.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("time", &[]),
    ("published", &[]),
    ("snapshot", &["model"]),
    ("change", &["model"]),
    ("advice", &["model"]),
    ("zonefile", &["model"]),
    ("answer", &["model", "snapshot"]),
    // The process's limit of file descriptors, which probes and connections share.
    ("descriptors", &[]),
    // A directory and its lock, of all that is kept over restarts.
    ("data_directory", &[]),
    ("store", &["model", "time", "published", "snapshot", "change", "zonefile", "data_directory"]),
    // Sockets and the places of those who come to them: whatever is said there, DNS or HTTP.
    ("connections", &[]),
    ("http", &["connections"]),
    ("small_file", &[]),
    ("process_memory", &[]),
    // What a certificate says: of an endpoint that is probed, and of our own.
    ("certificate", &[]),
    // Certificate files and rustls: nothing of DNS. Listeners get the rustls configuration that comes out of it.
    ("tls_identity", &["time", "small_file", "certificate"]),
    // It shows what the listeners have counted, and takes what operators say of VPCs through the one door.
    ("admin", &["model", "time", "published", "snapshot", "change", "store", "health", "connections", "http", "dns"]),
    ("health", &["model", "time", "published", "snapshot", "certificate", "data_directory", "descriptors"]),
    // Reads and writes through the one door; what it tells of health is the worker's.
    ("api", &["model", "time", "published", "snapshot", "change", "answer", "store", "health", "connections", "http"]),
    // HTTP carries DNS too.
    ("dns", &["model", "time", "published", "snapshot", "answer", "connections", "http"]),
    // The other side of the API: what it lists becomes zone files, and zone files what is asked of it.
    ("client", &["model", "time", "change", "zonefile", "small_file", "api"]),
    // What EC2 says of VPCs goes through the one door.
    ("ec2", &["model", "time", "change", "store", "api", "client"]),
    ("config", EVERYTHING),
    ("serve", EVERYTHING),
    ("cli", EVERYTHING),
];

const EVERYTHING: &[&str] = &[
    "model",
    "time",
    "published",
    "snapshot",
    "change",
    "advice",
    "zonefile",
    "answer",
    "data_directory",
    "descriptors",
    "store",
    "health",
    "connections",
    "http",
    "small_file",
    "process_memory",
    "certificate",
    "tls_identity",
    "admin",
    "api",
    "client",
    "ec2",
    "dns",
    "config",
    "serve",
    "cli",
];

/// Modules in which the same arguments give the same result.
const PURE: &[&str] = &["model", "snapshot", "change", "advice", "answer"];

/// Files outside those modules that are pure all the same.
const PURE_FILES: &[&str] = &[
    "src/api/change.rs",
    "src/api/change_batch.rs",
    "src/api/change_batch_findings.rs",
    "src/api/checker_ip_range.rs",
    "src/api/cidr_collection.rs",
    "src/api/delegation_set.rs",
    "src/api/dnssec.rs",
    "src/api/error.rs",
    "src/api/geo_location.rs",
    "src/api/health_check.rs",
    "src/api/health_check_config.rs",
    "src/api/health_check_refusal.rs",
    "src/api/hosted_zone.rs",
    "src/api/hosted_zone_feature.rs",
    "src/api/hosted_zone_list.rs",
    "src/api/id.rs",
    "src/api/key_signing_key.rs",
    "src/api/limit.rs",
    "src/api/operation.rs",
    "src/api/operation_errors.rs",
    "src/api/page.rs",
    "src/api/query_logging_config.rs",
    "src/api/query_parameter.rs",
    "src/api/record_set.rs",
    "src/api/record_set_input.rs",
    "src/api/record_set_protection.rs",
    "src/api/refusal.rs",
    "src/api/reply.rs",
    "src/api/request.rs",
    "src/api/route.rs",
    "src/api/routing_policy.rs",
    "src/api/rule_words.rs",
    "src/api/tag.rs",
    "src/api/test_dns_answer.rs",
    "src/api/traffic_policy.rs",
    "src/api/traffic_policy_document.rs",
    "src/api/traffic_policy_instance.rs",
    "src/api/vpc.rs",
    "src/api/vpc_association.rs",
    "src/api/xml/element.rs",
    "src/api/xml/members.rs",
    "src/api/xml/mod.rs",
    "src/api/xml/reader.rs",
    "src/api/xml/writer.rs",
    "src/api/canonical_request.rs",
    "src/api/signature.rs",
    "src/certificate.rs",
    "src/ec2/describe_vpcs.rs",
    "src/client/batch.rs",
    "src/client/body.rs",
    "src/client/call.rs",
    "src/client/check_reference.rs",
    "src/client/endpoint.rs",
    "src/client/error.rs",
    "src/client/exported.rs",
    "src/client/found.rs",
    "src/client/json.rs",
    "src/client/master_file.rs",
    "src/client/named.rs",
    "src/client/named_files.rs",
    "src/client/names.rs",
    "src/client/plan.rs",
    "src/client/plan_collections.rs",
    "src/client/plan_health_checks.rs",
    "src/client/plan_record_sets.rs",
    "src/client/plan_zones.rs",
    "src/client/step.rs",
    "src/dns/edns/mod.rs",
    "src/dns/edns/client_subnet.rs",
    "src/dns/edns/cookie.rs",
    "src/dns/edns/extended_error.rs",
    "src/dns/edns/response.rs",
    "src/dns/https/freshness.rs",
    "src/dns/https/request.rs",
    "src/dns/message.rs",
    "src/dns/policy.rs",
    "src/dns/proxy_protocol/mod.rs",
    "src/dns/rate_limit.rs",
    "src/dns/respond.rs",
    "src/dns/response_kind.rs",
    "src/dns/slip.rs",
    "src/dns/writer.rs",
    "src/health/alarm.rs",
    "src/health/fleet/mod.rs",
    "src/health/fleet/prober.rs",
    "src/health/fleet/reading.rs",
    "src/health/monitor/mod.rs",
    "src/health/monitor/telling.rs",
    "src/health/overrides.rs",
    "src/health/verdict.rs",
];

/// What a pure module must not name.
const IMPURE: &[&str] = &[
    "tokio",
    "std::time",
    "SystemTime",
    "Instant::now",
    "std::fs",
    "std::env",
    "std::net::Tcp",
    "std::net::Udp",
    "Rng::new",
    "fastrand::u",
    "fastrand::s",
    "thread_rng",
    "println!",
    "eprintln!",
];

/// Crates that only one module may name: each foreign language has one home.
const HOMES: &[(&str, &str)] = &[
    ("quinn::", "dns"),
    ("rcgen", "tls_identity"),
    ("reqwest", "cli"),
    ("granit_parser", "zonefile"),
    ("redb::", "store"),
    ("postcard", "store"),
    ("quick_xml", "api"),
];

fn sources() -> Vec<(PathBuf, String)> {
    fn collect(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    collect(&root().join("src"), &mut found);
    found.sort();
    let relative = |path: PathBuf| path.strip_prefix(root()).unwrap().to_owned();
    found.into_iter().map(|path| (relative(path.clone()), fs::read_to_string(path).unwrap())).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The module a file belongs to: `src/dns/udp.rs` and `src/time.rs` are in `dns` and `time`.
fn module(path: &Path) -> String {
    let first = path.components().nth(1).unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The lines of a file without comments and without its unit tests, numbered from 1.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..)
        .zip(text.lines())
        .take_while(|(_, line)| *line != "mod tests {")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// The modules of this crate that a line names after `crate::`.
fn imports(line: &str) -> BTreeSet<String> {
    let mut modules = BTreeSet::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        let names = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or("").split(',').map(str::trim).collect(),
            None => vec![rest],
        };
        for name in names {
            let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
            modules.insert(name[..end].to_owned());
        }
    }
    modules
}

#[test]
fn imports_go_down_only() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let own = module(&path);
        if own == "lib" || own == "main" {
            continue;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == own) else {
            broken.push(format!("{}: module {own} is not in the layer table", path.display()));
            continue;
        };
        for (number, line) in code(&text) {
            for import in imports(line) {
                if import != own && !allowed.contains(&import.as_str()) {
                    broken.push(format!("{}:{number}: {own} may not import {import}", path.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn the_pure_modules_know_no_clock_no_chance_and_no_input() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let is_pure = PURE.contains(&module(&path).as_str()) || PURE_FILES.iter().any(|file| Path::new(file) == path);
        if !is_pure {
            continue;
        }
        for (number, line) in code(&text) {
            for impure in IMPURE.iter().filter(|impure| line.contains(**impure)) {
                broken.push(format!("{}:{number}: a pure module names {impure}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn each_foreign_language_has_one_home() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        for (name, home) in HOMES.iter().filter(|(_, home)| *home != module(&path)) {
            for (number, line) in code(&text).filter(|(_, line)| line.contains(name)) {
                broken.push(format!("{}:{number}: {name} belongs to {home}: {}", path.display(), line.trim()));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn every_dependency_says_what_it_spares_us() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let mut previous = "";
    let mut silent = Vec::new();
    let mut is_of_dependencies = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            is_of_dependencies = line.ends_with("dependencies]");
        }
        if is_of_dependencies && line.contains(" = ") && !line.starts_with('#') && !previous.starts_with('#') {
            silent.push(line);
        }
        previous = line;
    }
    assert!(silent.is_empty(), "no comment above: {silent:#?}");
}

#[test]
fn there_is_one_crypto_provider() {
    // Two providers in one tree panic at run time when rustls has to choose.
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    assert!(lock.contains("name = \"ring\""));
    assert!(!lock.contains("name = \"aws-lc-rs\""));
}
