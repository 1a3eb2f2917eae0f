//! VPCs that zone files know nothing of: named in the API, described by operators or by EC2.

use std::net::{IpAddr, Ipv4Addr};

use crate::client::{Over, ask_from};
use crate::http::{Client, NAMESPACE};
use crate::message::{A, Query};
use crate::server::{Directory, Server};

const FILE: &str = "vpcs: [{ id: vpc-file, region: eu-west-1, cidrs: [127.9.0.0/16] }]";

/// Inside the network that an operator describes below.
const INSIDE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 7, 0, 1));

fn serve(flags: &[&str]) -> (Server, Client, Client) {
    let flags = [&["--api", "127.0.0.1:0"], flags].concat();
    let server = Server::with(&[("vpcs.yaml", FILE)], &["127.0.0.1:0"], &flags);
    let (api, admin) = (Client::open(crate::api_of(&server)), admin_of(&server));
    (server, api, admin)
}

fn admin_of(server: &Server) -> Client {
    Client::open(server.admin().strip_prefix("http://").unwrap().parse().unwrap())
}

/// What the API says to a private zone of this VPC.
fn create_zone(api: &mut Client, name: &str, vpc: &str) -> (u16, String) {
    let body = format!(
        "<CreateHostedZoneRequest xmlns=\"{NAMESPACE}\"><Name>{name}</Name><VPC><VPCRegion>eu-west-1</VPCRegion><VPCId>\
         {vpc}</VPCId></VPC><CallerReference>{name}</CallerReference></CreateHostedZoneRequest>"
    );
    let made = api.ask("POST", "/2013-04-01/hostedzone", &body);
    let zone = made.header("location").and_then(|it| it.rsplit('/').next()).unwrap_or_default().to_owned();
    (made.status, if made.status == 201 { zone } else { made.body })
}

fn create_record(api: &mut Client, zone: &str, name: &str) {
    let body = format!(
        "<ChangeResourceRecordSetsRequest xmlns=\"{NAMESPACE}\"><ChangeBatch><Changes><Change><Action>CREATE</Action>\
         <ResourceRecordSet><Name>{name}</Name><Type>A</Type><TTL>1</TTL><ResourceRecords><ResourceRecord><Value>10.0.0.1\
         </Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch>\
         </ChangeResourceRecordSetsRequest>"
    );
    assert_eq!(api.ask("POST", &format!("/2013-04-01/hostedzone/{zone}/rrset"), &body).status, 200);
}

fn inside_has(server: &Server, name: &str) -> bool {
    !ask_from(Over::Udp, server.address(), INSIDE, &Query::new(name, A)).addresses().is_empty()
}

#[test]
fn what_an_operator_says_of_a_vpc_decides_at_once_and_outlives_a_kill() {
    let data = Directory::new();
    let data = data.path("data");
    let flags = ["--data-dir", data.to_str().unwrap()];
    let (mut server, mut api, mut admin) = serve(&flags);
    let (status, zone) = create_zone(&mut api, "inside.example", "vpc-1");
    assert_eq!(status, 201, "nobody has heard of the VPC: {zone}");
    create_record(&mut api, &zone, "www.inside.example");
    assert!(!inside_has(&server, "www.inside.example"));

    let described = admin.ask("PUT", "/vpcs/vpc-1", r#"{"region": "eu-west-1", "cidrs": ["127.7.0.0/16"]}"#);
    let expected = r#"{"cidrs":["127.7.0.0/16"],"id":"vpc-1","region":"eu-west-1","source":"operator"}"#;
    assert_eq!((described.status, described.body.as_str()), (200, expected));
    assert!(inside_has(&server, "www.inside.example"));

    server.signal("KILL");
    server.wait_for_end();
    let (server, _, mut admin) = serve(&flags);
    assert!(inside_has(&server, "www.inside.example"));
    let all = admin.ask("GET", "/vpcs", "");
    let file = r#"{"cidrs":["127.9.0.0/16"],"id":"vpc-file","region":"eu-west-1","source":"zone files"}"#;
    assert_eq!(all.body, format!(r#"{{"vpcs":[{expected},{file}]}}"#));

    assert_eq!(admin.ask("DELETE", "/vpcs/vpc-1", "").status, 200);
    assert!(!inside_has(&server, "www.inside.example"));
    let left = admin.ask("GET", "/vpcs/vpc-1", "");
    let named = r#"{"cidrs":[],"id":"vpc-1","region":"eu-west-1","source":"its name in the API"}"#;
    assert_eq!((left.status, left.body.as_str()), (200, named), "its zone is still associated with it");
}

#[test]
fn what_cannot_be_said_of_a_vpc_is_told() {
    let (_server, _, mut admin) = serve(&[]);
    let good = r#"{"region": "eu-west-1", "cidrs": ["10.0.0.0/8"]}"#;
    for (method, path, body, status, told) in [
        ("PUT", "/vpcs/vpc-file", good, 409, "VPC vpc-file is described by the zone file "),
        ("PUT", "/vpcs/vpc-1", r#"{"region": "eu-west-9", "cidrs": []}"#, 400, r#"there is no region \"eu-west-9\""#),
        ("PUT", "/vpcs/vpc-1", r#"{"region": "eu-west-1", "cidrs": ["10.0.0.1/8"]}"#, 400, "write 10.0.0.0/8"),
        ("PUT", "/vpcs/vpc-1", r#"{"region": "eu-west-1", "cidrs": ["ten"]}"#, 400, "is not a network such as"),
        ("PUT", "/vpcs/vpc-1", r#"{"region": "eu-west-1"}"#, 400, "missing field `cidrs`"),
        ("PUT", "/vpcs/vpc-1", "{", 400, "the body: "),
        ("GET", "/vpcs/vpc-1", "", 404, "there is no VPC vpc-1"),
        ("DELETE", "/vpcs/vpc-1", "", 404, "no operator has described VPC vpc-1"),
        ("DELETE", "/vpcs/vpc-file", "", 404, "no operator has described VPC vpc-file"),
        ("POST", "/vpcs/vpc-1", good, 405, "does not take POST"),
    ] {
        let refused = admin.ask(method, path, body);
        assert!(refused.status == status && refused.body.contains(told), "{method} {path} {body}: {}", refused.body);
    }
}

#[test]
fn strictness_wants_vpcs_to_be_described() {
    let (_server, mut api, mut admin) = serve(&["--strict-vpcs"]);
    let (status, refusal) = create_zone(&mut api, "one.example", "vpc-1");
    assert!(status == 400 && refusal.contains("<Code>InvalidVPCId</Code>"), "{refusal}");
    assert_eq!(create_zone(&mut api, "file.example", "vpc-file").0, 201);
    let described = admin.ask("PUT", "/vpcs/vpc-1", r#"{"region": "eu-west-1", "cidrs": []}"#);
    assert_eq!(described.status, 200, "{}", described.body);
    assert_eq!(create_zone(&mut api, "two.example", "vpc-1").0, 201);
}
