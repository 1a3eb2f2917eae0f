//! What changes, how it is shown, and what stays.

use crate::client::{Over, ask};
use crate::message::{A, Query};
use crate::tool::ApiServer;

const FILE: &str = r#"
health_checks:
  - { id: web, type: TCP, ip_address: 192.0.2.1, port: 80 }
hosted_zones:
  - name: a.example
    comment: before
    tags: { team: shop, cost: "1" }
    records:
      - { name: www, type: A, ttl: 1, values: ["192.0.2.1", "192.0.2.2"], health_check_id: web }
      - { name: old, type: CNAME, ttl: 1, values: ["www.a.example."] }
      - { name: extra, type: A, ttl: 1, values: ["192.0.2.9"] }
"#;

fn address(api: &ApiServer, name: &str) -> Vec<String> {
    let mut all: Vec<String> = ask(Over::Udp, api.server.address(), &Query::new(name, A))
        .addresses()
        .iter()
        .map(ToString::to_string)
        .collect();
    all.sort();
    all
}

#[test]
fn a_change_is_shown_as_items_of_the_file() {
    let api = ApiServer::empty();
    api.applied(FILE, &[]);
    assert_eq!(address(&api, "old.a.example"), ["192.0.2.1", "192.0.2.2"]);
    // Another order, and another spelling, says the same.
    let same = FILE.replace(r#"["192.0.2.1", "192.0.2.2"]"#, r#"["192.0.2.2", "192.0.2.1"]"#);
    assert_eq!(api.applied(&same, &[]), "nothing to do\n");

    let changed = FILE
        .replace("comment: before", "comment: after")
        .replace("ttl: 1, values: [\"192.0.2.1\", \"192.0.2.2\"]", "ttl: 2, values: [\"192.0.2.3\"]")
        .replace(
            "name: old, type: CNAME, ttl: 1, values: [\"www.a.example.\"]",
            "name: old, type: A, ttl: 1, values: [\"192.0.2.7\"]",
        )
        .replace("      - { name: extra, type: A, ttl: 1, values: [\"192.0.2.9\"] }\n", "")
        .replace("cost: \"1\"", "cost: \"2\"");
    let shown = api.applied(&changed, &["--dry-run"]);
    let expected = r#"  ~ { name: a.example, comment: after, tags: { cost: "2", team: shop } }
    was { name: a.example, comment: before, tags: { cost: "1", team: shop } }
  + { name: old, type: A, ttl: 1, values: ["192.0.2.7"] }
  ~ { name: www, type: A, ttl: 2, values: ["192.0.2.3"], health_check_id: web }
    was { name: www, type: A, ttl: 1, values: ["192.0.2.1", "192.0.2.2"], health_check_id: web }
  - { name: old, type: CNAME, ttl: 1, values: ["www.a.example."] }
dry run: 1 to add, 2 to change, 1 to delete; nothing is done
"#;
    let (title, rest) = shown.split_once('\n').unwrap();
    assert!(title.starts_with("hosted zone a.example. (public, Z"), "{title}");
    assert_eq!(rest, expected);
    assert_eq!(address(&api, "old.a.example"), ["192.0.2.1", "192.0.2.2"], "a dry run does nothing");

    // A CNAME makes room for an A in one batch.
    let done = api.applied(&changed, &[]);
    assert!(done.ends_with("in 3 steps, of which 1 batch of record sets\n"), "{done}");
    assert_eq!(address(&api, "old.a.example"), ["192.0.2.7"]);
    // What is in no file stays, and --prune takes it.
    let kept = api.apply(&changed, &[]);
    assert_eq!(kept.output, "nothing to do\n");
    assert!(kept.errors.contains("record sets of a.example. in no file: 1; --prune deletes them"), "{}", kept.errors);
    let pruned = api.applied(&changed, &["--prune"]);
    assert!(pruned.contains("  - { name: extra, type: A, ttl: 1, values: [\"192.0.2.9\"] }\n"), "{pruned}");
    assert_eq!(address(&api, "extra.a.example"), Vec::<String>::new());
    assert_eq!(api.applied(&changed, &["--prune"]), "nothing to do\n");
}

#[test]
fn prune_deletes_what_is_in_no_file() {
    let api = ApiServer::empty();
    api.applied(FILE, &[]);
    let other = "hosted_zones: [{ name: b.example }]";
    let kept = api.apply(other, &[]);
    assert!(kept.errors.contains("health checks in no file: 1; --prune deletes them"), "{}", kept.errors);
    assert_eq!(address(&api, "extra.a.example"), ["192.0.2.9"]);
    let pruned = api.applied(other, &["--prune"]);
    for line in [
        "  - { id: web, type: TCP, ip_address: 192.0.2.1, port: 80 }",
        "  - { name: a.example, comment: before, tags: { cost: \"1\", team: shop } }",
        "  - { name: extra, type: A, ttl: 1, values: [\"192.0.2.9\"] }",
    ] {
        assert!(pruned.contains(line), "{line}\n{pruned}");
    }
    assert_eq!(api.exported(&[]), "hosted_zones:\n  - name: b.example\n");
    // Its caller references are taken for good; the ids of the file are not.
    api.applied(FILE, &["--prune"]);
    assert!(api.exported(&[]).contains("- id: web\n"));
    assert_eq!(api.applied(FILE, &["--prune"]), "nothing to do\n");
    // A directory that says nothing is a mistake.
    let nothing = api.apply("", &["--prune"]);
    assert!(!nothing.is_success && nothing.errors.contains("--prune would delete everything"), "{}", nothing.errors);
}

#[test]
fn a_check_that_cannot_be_changed_is_made_anew() {
    let api = ApiServer::empty();
    api.applied(FILE, &[]);
    let changed = FILE.replace("type: TCP, ip_address: 192.0.2.1, port: 80", "type: HTTP, ip_address: 192.0.2.1");
    let shown = api.applied(&changed, &["--prune"]);
    assert!(
        shown.contains("  ~ { id: web, type: HTTP, ip_address: 192.0.2.1 }\n    was { id: web, type: TCP, "),
        "{shown}"
    );
    // The record set is pointed to the new one.
    assert!(shown.contains("  ~ { name: www, type: A,"), "{shown}");
    assert_eq!(api.applied(&changed, &["--prune"]), "nothing to do\n", "{}", api.exported(&[]));
    let text = api.exported(&[]);
    assert!(text.contains("- id: web\n    type: HTTP\n") && text.contains("health_check_id: web }"), "{text}");
    // What can be changed is.
    let changed =
        changed.replace("ip_address: 192.0.2.1 }", "ip_address: 192.0.2.2, resource_path: /up, inverted: true }");
    assert!(api.applied(&changed, &[]).contains("0 to add, 1 to change, 0 to delete"));
    assert_eq!(api.applied(&changed, &[]), "nothing to do\n");
}

#[test]
fn a_zone_of_thousands_takes_a_few_batches() {
    let api = ApiServer::empty();
    let zone = |count: usize, ttl: u32| {
        let mut text = "hosted_zones:\n  - name: big.example\n    records:\n".to_owned();
        // Each an alias to the one after it but the last of each ten.
        for number in 0..count {
            text += &match number % 10 {
                9 => format!("      - {{ name: n{number}, type: A, ttl: {ttl}, values: [\"192.0.2.1\"] }}\n"),
                _ => format!(
                    "      - {{ name: n{number}, type: A, alias_target: {{ dns_name: n{}, evaluate_target_health: false }} }}\n",
                    number + 1
                ),
            };
        }
        text
    };
    let made = api.applied(&zone(2_500, 1), &[]);
    assert!(made.ends_with("of which 3 batches of record sets\n"), "{}", made.lines().last().unwrap());
    assert_eq!(address(&api, "n0.big.example"), ["192.0.2.1"]);
    assert_eq!(api.applied(&zone(2_500, 1), &[]), "nothing to do\n");
    let changed = api.applied(&zone(2_500, 2), &[]);
    assert!(changed.ends_with("of which 1 batch of record sets\n"), "{}", changed.lines().last().unwrap());
    let pruned = api.applied(&zone(10, 2), &["--prune"]);
    assert!(pruned.ends_with("of which 3 batches of record sets\n"), "{}", pruned.lines().last().unwrap());
    assert_eq!(api.applied(&zone(10, 2), &["--prune"]), "nothing to do\n");
}

#[test]
fn zones_are_known_by_name_and_by_who_sees_them() {
    let api = ApiServer::empty();
    let file = |vpcs: &str| {
        format!(
            "vpcs: [{{ id: vpc-1, region: us-east-1 }}, {{ id: vpc-2, region: eu-west-1 }}]\n\
             hosted_zones:\n  - {{ name: a.example, comment: public }}\n  - {{ name: a.example, comment: private, vpcs: {vpcs} }}\n"
        )
    };
    api.applied(&file("[vpc-1]"), &[]);
    assert_eq!(api.applied(&file("[vpc-1]"), &[]), "nothing to do\n");
    // Another VPC is another who sees it, not another zone.
    assert!(api.applied(&file("[vpc-2]"), &[]).contains("0 to add, 1 to change, 0 to delete"));
    assert!(api.applied(&file("[vpc-1, vpc-2]"), &[]).contains("0 to add, 1 to change, 0 to delete"));
    assert_eq!(api.applied(&file("[vpc-1, vpc-2]"), &["--prune"]), "nothing to do\n");
    let several = api.export(&["a.example"]);
    assert!(
        several.errors.contains("there are several hosted zones a.example; name one by its id\nZ"),
        "{}",
        several.errors
    );
    // The id of the API may stand in the file.
    let id = several.errors.lines().find(|line| line.ends_with("(private)")).unwrap().split(' ').next().unwrap();
    let with_id = file("[vpc-1, vpc-2]").replace("comment: private", &format!("comment: private, id: {id}"));
    assert_eq!(api.applied(&with_id, &[]), "nothing to do\n");
    let wrong = file("[vpc-1, vpc-2]").replace("comment: public", &format!("comment: public, id: {id}"));
    let wrong = api.apply(&wrong, &[]);
    assert!(wrong.errors.contains("is the private zone a.example. of the API"), "{}", wrong.errors);
    assert!(api.exported(&[id]).contains("comment: private"));
}

#[test]
fn a_block_moves_from_one_location_to_another() {
    let api = ApiServer::empty();
    let file = |locations: &str, location: &str| {
        format!(
            "cidr_collections: [{{ name: offices, locations: {{ {locations} }} }}]\n\
             hosted_zones:\n  - name: a.example\n    records:\n      - {{ name: ip, type: A, ttl: 1, set_identifier: x, \
             cidr_routing_config: {{ collection: offices, location_name: {location} }}, values: [192.0.2.1] }}\n"
        )
    };
    api.applied(&file("berlin: [203.0.113.0/24, 198.51.0.0/16]", "berlin"), &[]);
    let moved = file("paris: [203.0.113.0/24]", "paris");
    let done = api.applied(&moved, &[]);
    assert!(done.contains("  ~ { name: offices, locations: { paris: [203.0.113.0/24] } }\n"), "{done}");
    assert_eq!(api.applied(&moved, &[]), "nothing to do\n");
    assert!(api.exported(&[]).contains("    locations: { paris: [203.0.113.0/24] }\n"), "{}", api.exported(&[]));
}

#[test]
fn what_cannot_stand_beside_the_files_goes() {
    let zone = |records: &str| format!("hosted_zones:\n- name: a.example\n  records:\n{records}");
    let latency = |id: &str| {
        zone(&format!(
            "  - {{ name: l, type: A, ttl: 1, set_identifier: {id}, region: eu-west-1, values: [192.0.2.1] }}\n"
        ))
    };
    let weighted = |id: &str, ttl: u32| {
        zone(&format!("  - {{ name: w, type: A, ttl: {ttl}, set_identifier: {id}, weight: 1, values: [192.0.2.1] }}\n"))
    };
    for (before, after, kept) in [
        (latency("one"), latency("two"), 0),
        (weighted("one", 1), weighted("two", 2), 0),
        (weighted("one", 1), weighted("two", 1), 1),
    ] {
        let api = ApiServer::empty();
        api.applied(&before, &[]);
        let told = api.applied(&after, &[]);
        assert_eq!(told.matches("set_identifier: one").count(), 1 - kept, "{told}");
        assert_eq!(api.exported(&[]).matches("set_identifier: one").count(), kept);
        assert_eq!(api.applied(&after, &[]), "nothing to do\n");
    }
}

/// A check that another has taken the place of goes by its own id.
#[test]
fn what_export_writes_of_a_check_made_anew_is_what_is_there() {
    let api = ApiServer::empty();
    let http = "health_checks:\n- { id: web, type: HTTP, ip_address: 192.0.2.1, port: 80 }\n";
    api.applied(http, &[]);
    api.applied(&http.replace("HTTP", "TCP"), &[]);
    let text = api.exported(&[]);
    assert_eq!(text.matches("- id: ").count(), 2, "{text}");
    assert_eq!(api.applied(&text, &[]), "nothing to do\n");
    assert_eq!(api.applied(&text, &["--prune"]), "nothing to do\n");
}
