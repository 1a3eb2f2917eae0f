//! What traffic policies route to, asked by DNS: every type of rule, one inside the other, switched and taken away.

use std::collections::BTreeSet;

use crate::client::{Over, ask};
use crate::http::{Client, NAMESPACE};
use crate::message::{A, Query};
use crate::server::Server;

const FILE: &str = "
health_checks:
  - { id: up, type: TCP, ip_address: 127.0.0.1, port: 9, status: up }
  - { id: down, type: TCP, ip_address: 127.0.0.1, port: 9, status: down }
client_locations:
  - { cidr: 198.51.100.0/24, country: DE, region: eu-central-1 }
  - { cidr: 203.0.113.0/24, country: US, subdivision: CA, region: us-west-1 }
hosted_zones:
  - name: elb.amazonaws.com
    records:
      - { name: ourlb.eu-west-1, type: A, ttl: 60, values: [192.0.2.99] }
";
const BERLIN: &str = "198.51.100.0/24";
const CALIFORNIA: &str = "203.0.113.0/24";

struct World {
    server: Server,
    client: Client,
    zone: String,
    policies: usize,
}

impl World {
    fn new() -> World {
        let (server, api) = crate::serve(&[("file.yaml", FILE)]);
        let mut client = Client::open(api);
        let body = "<Name>tp.example</Name><CallerReference>r</CallerReference>";
        let zone = created(&mut client, "CreateHostedZone", "/hostedzone", body);
        World { server, client, zone, policies: 0 }
    }

    /// A policy with five endpoints, `e1` to `e5`, and `aws`, and these rules, the first of which is called `start`.
    fn policy(&mut self, rules: &str) -> String {
        let endpoints: Vec<String> =
            (1..6).map(|it| format!("\"e{it}\":{{\"Type\":\"value\",\"Value\":\"192.0.2.{it}\"}}")).collect();
        let document = format!(
            "{{\"AWSPolicyFormatVersion\":\"2023-05-09\",\"RecordType\":\"A\",\"StartRule\":\"start\",\"Endpoints\":{{{},\
             \"aws\":{{\"Type\":\"elastic-load-balancer\",\"Value\":\"ourlb.eu-west-1.elb.amazonaws.com\"}}}},\
             \"Rules\":{rules}}}",
            endpoints.join(",")
        );
        self.policies += 1;
        let body = format!("<Name>p{}</Name><Document>{document}</Document>", self.policies);
        let location = created(&mut self.client, "CreateTrafficPolicy", "/trafficpolicy", &body);
        assert_eq!(location, "1");
        let listed = self.client.ask("GET", "/2013-04-01/trafficpolicies", "").body;
        listed.rsplit("<Id>").next().unwrap().split('<').next().unwrap().to_owned()
    }

    fn instance(&mut self, name: &str, policy: &str) -> String {
        let zone = &self.zone;
        let body = format!(
            "<HostedZoneId>{zone}</HostedZoneId><Name>{name}</Name><TTL>7</TTL><TrafficPolicyId>{policy}</TrafficPolicyId>\
             <TrafficPolicyVersion>1</TrafficPolicyVersion>"
        );
        created(&mut self.client, "CreateTrafficPolicyInstance", "/trafficpolicyinstance", &body)
    }

    /// The last bytes of the addresses that a name has for a client network.
    fn answer(&self, name: &str, subnet: &str) -> Vec<u8> {
        let response = ask(Over::Udp, self.server.address(), &Query::new(name, A).subnet(subnet));
        let mut last: Vec<u8> = response.addresses().iter().map(|address| address.octets()[3]).collect();
        last.sort_unstable();
        last
    }

    /// The answers of an instance of these rules to the two client networks, with the instance and without it.
    fn routed(&mut self, rules: &str) -> [Vec<u8>; 2] {
        let policy = self.policy(rules);
        let id = self.instance("x.tp.example", &policy);
        let answers = [BERLIN, CALIFORNIA].map(|subnet| self.answer("x.tp.example", subnet));
        let gone = self.client.ask("DELETE", &format!("/2013-04-01/trafficpolicyinstance/{id}"), "");
        assert_eq!(gone.status, 200, "{}", gone.body);
        assert!(self.answer("x.tp.example", BERLIN).is_empty());
        answers
    }
}

/// The last segment of the place of what an operation made.
fn created(client: &mut Client, operation: &str, target: &str, members: &str) -> String {
    let body = format!("<{operation}Request xmlns=\"{NAMESPACE}\">{members}</{operation}Request>");
    let made = client.ask("POST", &format!("/2013-04-01{target}"), &body);
    assert_eq!(made.status, 201, "{}", made.body);
    made.header("location").unwrap().rsplit('/').next().unwrap().to_owned()
}

#[test]
fn each_type_of_rule_routes() {
    let mut world = World::new();
    let to = |number: u32| format!("\"EndpointReference\":\"e{number}\"");
    let (one, two, three) = (to(1), to(2), to(3));
    let failover = |check: &str| {
        format!(
            "{{\"start\":{{\"RuleType\":\"failover\",\"Primary\":{{{one},\"HealthCheck\":\"{check}\"}},\"Secondary\":{{{two}}}}}}}"
        )
    };
    assert_eq!(world.routed(&failover("up")), [[1], [1]]);
    assert_eq!(world.routed(&failover("down")), [[2], [2]]);
    let rule = |kind: &str, list: &str, items: [String; 3]| {
        let items: Vec<String> = items.iter().map(|item| format!("{{{item}}}")).collect();
        format!("{{\"start\":{{\"RuleType\":\"{kind}\",\"{list}\":[{}]}}}}", items.join(","))
    };
    let geo = [
        format!("{one},\"IsDefault\":\"true\""),
        format!("{two},\"Continent\":\"EU\""),
        format!("{three},\"Country\":\"US\",\"Subdivision\":\"CA\""),
    ];
    assert_eq!(world.routed(&rule("geo", "Locations", geo)), [[2], [3]]);
    let latency = [
        format!("{one},\"Region\":\"ap-southeast-2\""),
        format!("{two},\"Region\":\"eu-west-1\""),
        format!("{three},\"Region\":\"us-west-2\""),
    ];
    assert_eq!(world.routed(&rule("latency", "Regions", latency)), [[2], [3]]);
    let geoproximity = [
        format!("{one},\"Latitude\":\"-33.86\",\"Longitude\":\"151.21\",\"Bias\":\"10\""),
        format!("{two},\"Region\":\"aws:route53:eu-west-1\",\"Bias\":0"),
        format!("{three},\"LocalZoneGroup\":\"us-west-2-lax-1\""),
    ];
    assert_eq!(world.routed(&rule("geoproximity", "GeoproximityLocations", geoproximity)), [[2], [3]]);
    let weighted =
        [format!("{one},\"Weight\":\"0\""), format!("{two},\"Weight\":0"), format!("{three},\"Weight\":\"255\"")];
    assert_eq!(world.routed(&rule("weighted", "Items", weighted)), [[3], [3]]);
    let multivalue = [one.clone(), two.clone(), format!("{three},\"HealthCheck\":\"down\"")];
    assert_eq!(world.routed(&rule("multivalue", "Items", multivalue)), [[1, 2], [1, 2]]);
}

#[test]
fn rules_lead_to_rules_by_their_health() {
    let mut world = World::new();
    // In Europe the pool is down as a whole, so that the load balancer answers; elsewhere it is up in part.
    let pool = |check: &str| {
        format!(
            "{{\"RuleType\":\"multivalue\",\"Items\":[{{\"EndpointReference\":\"e1\",\"HealthCheck\":\"{check}\"}},\
             {{\"EndpointReference\":\"e2\",\"HealthCheck\":\"down\"}}]}}"
        )
    };
    let switch = |pool: &str| {
        format!(
            "{{\"RuleType\":\"failover\",\"Primary\":{{\"RuleReference\":\"{pool}\",\"EvaluateTargetHealth\":true}},\
             \"Secondary\":{{\"EndpointReference\":\"aws\"}}}}"
        )
    };
    let rules = format!(
        "{{\"start\":{{\"RuleType\":\"geo\",\"Locations\":[{{\"RuleReference\":\"eu\",\"Continent\":\"EU\"}},\
         {{\"RuleReference\":\"us\",\"IsDefault\":true}}]}},\"eu\":{},\"us\":{},\"eu-pool\":{},\"us-pool\":{}}}",
        switch("eu-pool"),
        switch("us-pool"),
        pool("down"),
        pool("up")
    );
    assert_eq!(world.routed(&rules), [[99], [1]]);
}

#[test]
fn an_update_switches_the_whole_tree() {
    let mut world = World::new();
    let weighted = |ids: &[u32]| {
        let items: Vec<String> =
            ids.iter().map(|id| format!("{{\"EndpointReference\":\"e{id}\",\"Weight\":\"1\"}}")).collect();
        format!("{{\"RuleType\":\"weighted\",\"Items\":[{}]}}", items.join(","))
    };
    let lead = "{\"RuleType\":\"weighted\",\"Items\":[{\"RuleReference\":\"z\",\"Weight\":\"1\"}]}";
    let first = world.policy(&format!("{{\"start\":{lead},\"z\":{}}}", weighted(&[1, 2])));
    let second = world.policy(&format!("{{\"a\":{},\"start\":{}}}", weighted(&[1]), weighted(&[3, 4])));
    let id = world.instance("x.tp.example", &first);
    let answers =
        |world: &World| -> BTreeSet<u8> { (0..60).flat_map(|_| world.answer("x.tp.example", BERLIN)).collect() };
    assert_eq!(answers(&world), BTreeSet::from([1, 2]));
    let body = format!(
        "<UpdateTrafficPolicyInstanceRequest xmlns=\"{NAMESPACE}\"><TTL>9</TTL><TrafficPolicyId>{second}</TrafficPolicyId>\
         <TrafficPolicyVersion>1</TrafficPolicyVersion></UpdateTrafficPolicyInstanceRequest>"
    );
    let updated = world.client.ask("POST", &format!("/2013-04-01/trafficpolicyinstance/{id}"), &body);
    assert_eq!(updated.status, 200, "{}", updated.body);
    assert_eq!(answers(&world), BTreeSet::from([3, 4]));
    let response = ask(Over::Udp, world.server.address(), &Query::new("x.tp.example", A));
    assert_eq!(response.records()[0].ttl, 9);
    // Nothing of the old tree is left, and what no rule leads to was never made.
    let listed = world.client.ask("GET", &format!("/2013-04-01/hostedzone/{}/rrset", world.zone), "").body;
    assert_eq!(listed.matches("<ResourceRecordSet>").count(), 4, "{listed}");
}

#[test]
fn a_policy_has_a_thousand_versions_and_no_more() {
    let mut world = World::new();
    let policy = world.policy("{\"start\":{\"RuleType\":\"multivalue\",\"Items\":[{\"EndpointReference\":\"e1\"}]}}");
    let document = "<Document>{\"AWSPolicyFormatVersion\":\"2015-10-01\",\"RecordType\":\"A\",\"StartEndpoint\":\"e\",\
                    \"Endpoints\":{\"e\":{\"Type\":\"value\",\"Value\":\"192.0.2.1\"}}}</Document>";
    let target = format!("trafficpolicy/{policy}");
    for version in 2..=1_000 {
        let made = world.client.done(&target, "CreateTrafficPolicyVersion", document);
        assert_eq!(made.text("Version"), Some(version.to_string().as_str()));
    }
    let refused = world.client.post(&target, "CreateTrafficPolicyVersion", document);
    let code = "TooManyTrafficPolicyVersionsForCurrentPolicy";
    assert_eq!((refused.status, refused.text("Code")), (400, Some(code)), "{refused:?}");
}
