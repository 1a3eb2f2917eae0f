//! What real clients and the suites of others send, and what AWS is known to answer.

use crate::http::{Client, Response};

const FILE: &str = "
vpcs: [{ id: vpc-file, region: eu-west-1, cidrs: [198.18.7.0/24] }]
client_locations: [{ cidr: 198.18.7.0/24, country: DE }]
hosted_zones:
  - name: both.example
    id: ZPUBLIC
    records:
      - { name: www, type: A, ttl: 60, values: [192.0.2.1], set_identifier: de, geo_location: { country_code: DE } }
      - { name: www, type: A, ttl: 60, values: [192.0.2.2], set_identifier: other, geo_location: { country_code: '*' } }
      - { name: alias, type: A, alias_target: { hosted_zone_id: ZPUBLIC, dns_name: www.both.example, evaluate_target_health: false } }
  - name: both.example
    id: ZPRIVATE
    vpcs: [vpc-file]
    records:
      - { name: www, type: A, ttl: 60, values: [10.0.0.1] }
";

fn refused(response: &Response) -> (&str, &str) {
    assert_eq!(response.status, 400, "{response:?}");
    (response.text("Code").unwrap(), response.text("Message").unwrap())
}

fn private_zone(client: &mut Client, name: &str, vpc: &str) -> String {
    let members = format!(
        "<Name>{name}</Name><VPC><VPCRegion>eu-west-1</VPCRegion><VPCId>{vpc}</VPCId></VPC><CallerReference>{name}\
         </CallerReference>"
    );
    client.done("hostedzone", "CreateHostedZone", &members).made().to_owned()
}

fn a_vpc_that_is_associated_already_is_a_conflict() {
    let (_server, api) = crate::serve(&[]);
    let mut client = Client::open(api);
    let zone = private_zone(&mut client, "in.example", "vpc-1");
    let members = "<VPC><VPCRegion>eu-west-1</VPCRegion><VPCId>vpc-1</VPCId></VPC>";
    let again = client.post(&format!("hostedzone/{zone}/associatevpc"), "AssociateVPCWithHostedZone", members);
    let message = "The VPC that you chose, vpc-1 in region eu-west-1, is already associated with another private hosted \
                   zone that has an overlapping name space, in.example..";
    assert_eq!(refused(&again), ("ConflictingDomainExists", message));
}

fn a_dns_answer_is_tested_as_the_internet_sees_it() {
    let (_server, api) = crate::serve(&[("file.yaml", FILE)]);
    let mut client = Client::open(api);
    for (name, resolver, expected) in [
        ("www.both.example", "198.18.7.1", "192.0.2.1"),
        ("alias.both.example", "198.18.7.1", "192.0.2.1"),
        ("www.both.example", "198.18.8.1", "192.0.2.2"),
    ] {
        let target = format!("testdnsanswer?hostedzoneid=ZPUBLIC&recordname={name}&recordtype=A&resolverip={resolver}");
        assert_eq!(client.get(&target).texts("RecordDataEntry"), [expected], "{name} {resolver}");
    }
}

