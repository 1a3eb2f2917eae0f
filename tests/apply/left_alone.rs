//! What `apply` and `export` leave alone or leave out, and say so.

use std::fs;

use crate::http::{Client, NAMESPACE};
use crate::server::Directory;
use crate::tool::{ApiServer, apply, run};

const FILE: &str = "hosted_zones: [{ name: signed.example }, { name: plain.example }]";

fn post(client: &mut Client, target: &str, operation: &str, members: &str) {
    let body = format!("<{operation}Request xmlns=\"{NAMESPACE}\">{members}</{operation}Request>");
    let response = client.ask("POST", &format!("/2013-04-01/{target}"), &body);
    assert!(matches!(response.status, 200 | 201), "{response:?}");
}

/// Applies [`FILE`] and gives the zone signed.example a key; its id.
fn with_a_key(api: &ApiServer) -> String {
    api.applied(FILE, &[]);
    let mut client = Client::open(api.endpoint.strip_prefix("http://").unwrap().parse().unwrap());
    let listed = client.get("hostedzonesbyname?dnsname=signed.example&maxitems=1");
    let zone = listed.text("Id").unwrap().strip_prefix("/hostedzone/").unwrap().to_owned();
    let arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";
    let members = format!(
        "<CallerReference>k</CallerReference><HostedZoneId>{zone}</HostedZoneId>\
         <KeyManagementServiceArn>{arn}</KeyManagementServiceArn><Name>key1</Name><Status>ACTIVE</Status>"
    );
    post(&mut client, "keysigningkey", "CreateKeySigningKey", &members);
    zone
}

fn sign(api: &ApiServer, zone: &str) {
    let mut client = Client::open(api.endpoint.strip_prefix("http://").unwrap().parse().unwrap());
    let response = client.ask("POST", &format!("/2013-04-01/hostedzone/{zone}/enable-dnssec"), "");
    assert_eq!(response.status, 200, "{response:?}");
}

#[test]
fn dnssec_of_a_zone_is_told_and_left_alone() {
    let api = ApiServer::empty();
    let zone = with_a_key(&api);
    let keys =
        "note: hosted zone signed.example. has 1 key signing key, left alone because zone files cannot hold them\n";
    assert_eq!(api.apply(FILE, &[]).errors, keys);
    sign(&api, &zone);
    let applied = api.apply(FILE, &[]);
    let words = "hosted zone signed.example. has DNSSEC signing and 1 key signing key, left";
    let told = format!("note: {words} alone because zone files cannot hold them\n");
    assert_eq!(applied.errors, told);
    let exported = api.export(&[]);
    assert_eq!(exported.errors, format!("note: {words} out because zone files cannot hold them\n"));
    let exported = api.export(&["--format", "zone", &zone]);
    assert_eq!(exported.errors, format!("note: {words} out because master files cannot hold them\n"));
}

/// Route 53 deletes no zone that has keys.
#[test]
fn a_zone_with_keys_is_not_pruned() {
    let api = ApiServer::empty();
    let zone = with_a_key(&api);
    let pruned = api.apply("hosted_zones: [{ name: plain.example }]", &["--prune"]);
    assert_eq!((pruned.is_success, pruned.output.as_str()), (true, "nothing to do\n"), "{}", pruned.errors);
    let told = format!("note: hosted zone signed.example. ({zone}) has 1 key signing key, and stays: disable signing");
    assert!(pruned.errors.starts_with(&told), "{}", pruned.errors);
}

#[test]
fn files_of_other_names_are_told() {
    let api = ApiServer::empty();
    let directory = Directory::with_zones(&[("zones.yaml", FILE)]);
    let zones = directory.path("zones");
    for name in ["b.zone", "a.json", ".hidden", "zones.yaml~", "README.md"] {
        fs::write(zones.join(name), "").unwrap();
    }
    fs::create_dir(zones.join("more")).unwrap();
    let told =
        format!("{}: not read, because only *.yaml and *.yml are zone files: a.json, b.zone, more\n", zones.display());
    for (flags, end) in [
        (&["--dry-run"][..], "nothing is done; not read: 3 files\n"),
        (&[], "of record sets; not read: 3 files\n"),
        (&[], "nothing to do; not read: 3 files\n"),
    ] {
        let ended = apply(&api.endpoint, &zones, flags);
        assert_eq!(ended.errors, format!("note: {told}"));
        assert!(ended.is_success && ended.output.ends_with(end), "{}", ended.output);
    }
    let checked = run(crate::server::route53d().arg("check").arg(&zones));
    let warning = told.replacen(": ", ": warning: ", 1);
    assert!(checked.is_success && checked.output.starts_with(&warning), "{}", checked.output);
    assert!(checked.output.ends_with("1 warning\n"), "{}", checked.output);
}
