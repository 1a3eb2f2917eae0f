//! What an API has that zone files have no words for.

use crate::http::{Client, NAMESPACE};
use crate::tool::ApiServer;

fn client(api: &ApiServer) -> Client {
    Client::open(api.endpoint.strip_prefix("http://").unwrap().parse().unwrap())
}

/// The id of a new public zone.
fn create_zone(client: &mut Client, name: &str, reference: &str) -> String {
    let body = format!(
        "<CreateHostedZoneRequest xmlns=\"{NAMESPACE}\"><Name>{name}</Name><CallerReference>{reference}</CallerReference>\
         </CreateHostedZoneRequest>"
    );
    client.ask("POST", "/2013-04-01/hostedzone", &body).made().to_owned()
}

#[test]
fn a_zone_with_a_traffic_policy_instance_is_not_pruned() {
    let api = ApiServer::empty();
    let mut client = client(&api);
    let zone = create_zone(&mut client, "policy.example", "one");
    let document = r#"{"AWSPolicyFormatVersion":"2015-10-01","RecordType":"A","StartEndpoint":"one","Endpoints":{"one":{"Type":"value","Value":"192.0.2.1"}}}"#;
    let body = format!(
        "<CreateTrafficPolicyRequest xmlns=\"{NAMESPACE}\"><Name>one</Name><Document>{document}</Document>\
         </CreateTrafficPolicyRequest>"
    );
    let policy = client.ask("POST", "/2013-04-01/trafficpolicy", &body);
    let policy = policy.text("Id").unwrap_or_else(|| panic!("{policy:?}"));
    let body = format!(
        "<CreateTrafficPolicyInstanceRequest xmlns=\"{NAMESPACE}\"><HostedZoneId>{zone}</HostedZoneId>\
         <Name>www.policy.example</Name><TTL>30</TTL><TrafficPolicyId>{policy}</TrafficPolicyId>\
         <TrafficPolicyVersion>1</TrafficPolicyVersion></CreateTrafficPolicyInstanceRequest>"
    );
    let instance = client.ask("POST", "/2013-04-01/trafficpolicyinstance", &body);
    assert_eq!(instance.status, 201, "{instance:?}");
    create_zone(&mut client, "other.example", "two");

    let file = "hosted_zones: [{ name: kept.example }]";
    let stays = format!("hosted zone policy.example. ({zone}) has traffic policy instances, and stays");
    let pruned = api.apply(file, &["--prune"]);
    assert!(pruned.is_success && pruned.errors.contains(&stays), "{}\n{}", pruned.output, pruned.errors);
    assert!(
        pruned.output.contains("{ name: other.example }") && !pruned.output.contains("policy"),
        "{}",
        pruned.output
    );
    assert_eq!(api.applied(file, &["--prune"]), "nothing to do\n");
}

#[test]
fn public_zones_of_one_name_are_exported_one_by_one() {
    let api = ApiServer::empty();
    let mut client = client(&api);
    let mut ids = ["one", "two"].map(|reference| create_zone(&mut client, "twice.example", reference));
    ids.sort();
    create_zone(&mut client, "other.example", "three");
    let all = api.export(&[]);
    let told = format!("public hosted zones twice.example.: {}, {}; files have one of a name\n", ids[0], ids[1]);
    assert!(!all.is_success && all.errors.contains(&told), "{}", all.errors);
    for id in &ids {
        let file = api.exported(&[id]);
        assert_eq!(file, "hosted_zones:\n  - name: twice.example\n");
        let unsaid = api.apply(&file, &[]);
        assert!(unsaid.errors.contains("the API has several"), "{}", unsaid.errors);
        assert_eq!(api.applied(&format!("{file}    id: {id}\n"), &[]), "nothing to do\n");
    }
}
