//! Zones of the data directory beside those of zone files.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use route53d::change::Change;
use route53d::data_directory::DataDirectory;
use route53d::model::{
    Account, CallerReference, DelegationSet, DomainName, HostedZone, HostedZoneId, HostedZoneParts,
    HostedZoneRegistration, RecordSet, RecordType, RecordValue, Visibility,
};
use route53d::snapshot::CountryData;
use route53d::store::{Embedded, Store};

use crate::client::{Over, ask};
use crate::message::{A, Query};
use crate::server::{Directory, Server, eventually, route53d, run_to_the_end};

const FILES: &str =
    "hosted_zones:\n- name: files.example\n  records:\n  - {name: www, type: A, ttl: 5, values: [192.0.2.1]}\n";

/// Makes a zone through a store in this data directory.
fn keep_zone(data: &Path, name: &str) {
    let directory = Arc::new(DataDirectory::open(data).unwrap());
    let journal = Embedded::open(&directory).unwrap();
    let store = Store::open(Account::default(), CountryData::default(), Box::new(journal)).unwrap();
    let (id, name) = (HostedZoneId::new("ZKEPT").unwrap(), DomainName::parse(name).unwrap());
    let servers = DelegationSet::of_public_zone(&id);
    let value = RecordValue::parse(RecordType::A, "192.0.2.9").unwrap();
    let www = RecordSet::with_values(name.child(b"www").unwrap(), RecordType::A, 5, vec![value]).unwrap();
    let record_sets = vec![servers.ns_record_set(&name), servers.soa_record_set(&name), www];
    let parts = HostedZoneParts { id, name, comment: "".into(), visibility: Visibility::Public, record_sets };
    let zone = Box::new(HostedZone::new(parts).unwrap());
    let caller_reference = CallerReference::new("one").unwrap();
    let registration = HostedZoneRegistration { caller_reference, delegation_set: None };
    store.apply(Change::CreateHostedZone { zone, registration, vpc: None }).unwrap();
}

fn server(data: &Path) -> Server {
    Server::with(&[("zones.yaml", FILES)], &["127.0.0.1:0"], &["--data-dir", data.to_str().unwrap()])
}

fn error_of(data: &Path, zones: &str) -> String {
    let directory = Directory::with_zones(&[("zones.yaml", zones)]);
    let mut command = route53d();
    command.args(["serve", "--dns", "127.0.0.1:0", "--zones"]).arg(directory.path("zones"));
    let output = run_to_the_end(command.arg("--data-dir").arg(data));
    assert!(!output.status.success() && !String::from_utf8_lossy(&output.stdout).contains("Ready."));
    let error = String::from_utf8(output.stderr).unwrap();
    error.replace(data.to_str().unwrap(), "DATA").replace(directory.path("zones").to_str().unwrap(), "ZONES")
}

fn address(server: &Server, name: &str) -> String {
    let addresses = ask(Over::Udp, server.address(), &Query::new(name, A)).addresses();
    addresses.iter().map(|address| address.to_string()).collect()
}

#[test]
fn both_are_answered_and_a_reload_leaves_what_is_kept_alone() {
    let data = Directory::new();
    let data = data.path("data");
    keep_zone(&data, "kept.example");
    let server = server(&data);
    let (files, kept) = ("www.files.example", "www.kept.example");
    assert_eq!(address(&server, files), "192.0.2.1");
    assert_eq!(address(&server, kept), "192.0.2.9");
    assert!(server.output().contains(&format!("{}: 1 hosted zone\n", data.display())), "{}", server.output());

    server.directory.save("zones.yaml", &FILES.replace("192.0.2.1", "192.0.2.2"));
    server.logs("(generation 1)");
    assert_eq!(address(&server, files), "192.0.2.2");
    assert_eq!(address(&server, kept), "192.0.2.9");

    server.directory.save("zones.yaml", &FILES.replace("files.example", "kept.example"));
    server.logs("no query is answered from hosted zone ZKEPT: queries for kept.example. go to hosted zone Z");
    assert_eq!(address(&server, kept), "192.0.2.1");
    server.directory.save("zones.yaml", FILES);
    server.logs("(generation 3)");
    assert_eq!(address(&server, kept), "192.0.2.9");
}

#[test]
fn of_two_zones_of_one_name_that_of_the_files_is_asked() {
    let data = Directory::new();
    let data = data.path("data");
    keep_zone(&data, "files.example");
    let server = server(&data);
    server.logs("no query is answered from hosted zone ZKEPT: queries for files.example. go to hosted zone Z");
    assert_eq!(address(&server, "www.files.example"), "192.0.2.1");
}

#[test]
fn a_zone_that_is_in_both_is_told_with_its_place() {
    let data = Directory::new();
    let data = data.path("data");
    keep_zone(&data, "kept.example");
    let way_out = "take it out of the zone files, or give back what it refers to; then it can be changed or deleted through the API";
    assert_eq!(
        error_of(&data, "hosted_zones:\n- {name: other.example, id: ZKEPT}\n"),
        format!(
            "route53d: --data-dir DATA: 1 conflict\nhosted zone ZKEPT (kept.example.) was made through the API and cannot \
             stand beside the zone files: a zone of theirs has the same id; the other is at ZONES/zones.yaml:2:3\n{way_out}\n"
        )
    );
}

#[test]
fn a_data_directory_that_cannot_be_used_is_told() {
    let data = Directory::new();
    fs::write(data.path("file"), "").unwrap();
    let error = error_of(&data.path("file"), FILES);
    assert!(error.starts_with("route53d: could not make --data-dir DATA: "), "{error}");

    fs::create_dir_all(data.path("data/lock")).unwrap();
    let error = error_of(&data.path("data"), FILES);
    assert!(error.starts_with("route53d: could not write to --data-dir DATA: "), "{error}");

    let data = data.path("whole");
    keep_zone(&data, "kept.example");
    let whole = fs::read(data.join("checkpoint.redb")).unwrap();
    fs::write(data.join("checkpoint.redb"), &whole[..whole.len() / 2]).unwrap();
    let error = error_of(&data, FILES);
    assert!(error.contains("DATA/checkpoint.redb is damaged: "), "{error}");
    assert!(
        error.ends_with(
            "; put a copy of the data directory in its place, or move journal.redb and checkpoint.redb away to begin \
             without what was changed through the store\n"
        ),
        "{error}"
    );
}

/// redb panics on some files that make no sense: the damage is told, and nothing of that.
#[test]
fn a_damaged_file_is_told_in_words_for_people() {
    let data = Directory::new();
    let data = data.path("data");
    keep_zone(&data, "kept.example");
    let mut rng = fastrand::Rng::with_seed(2);
    let mut panicked = 0;
    let files = ["journal.redb", "checkpoint.redb"].map(|name| (name, fs::read(data.join(name)).unwrap()));
    for (name, whole) in &files {
        for _ in 0..40 {
            // A start may have made good what it found.
            files.iter().for_each(|(name, whole)| fs::write(data.join(name), whole).unwrap());
            let mut damaged = whole.clone();
            // Where redb keeps what it goes by.
            let place = rng.usize(..4_096.min(whole.len()));
            damaged[place..].iter_mut().take(rng.usize(1..200)).for_each(|byte| *byte = rng.u8(..));
            fs::write(data.join(name), &damaged).unwrap();
            let error = error_if_any(&data);
            assert!(!error.contains("panicked"), "{error}");
            panicked += u32::from(error.contains("it makes no sense to redb: "));
        }
    }
    assert!(panicked > 0, "nothing was damaged so that redb panics");
}

/// What a start says on standard error where it fails; nothing where it does not.
fn error_if_any(data: &Path) -> String {
    let directory = Directory::with_zones(&[("zones.yaml", FILES)]);
    let mut command = route53d();
    command.args(["serve", "--dns", "127.0.0.1:0", "--zones"]).arg(directory.path("zones"));
    command.arg("--data-dir").arg(data).arg("--ready-file").arg(directory.path("ready.json"));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut error = String::new();
    eventually("a start or its failure", || {
        (child.try_wait().unwrap().is_some() || directory.path("ready.json").exists()).then_some(())
    });
    let _ = child.kill();
    child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
    child.wait().unwrap();
    error
}
