//! What real clients and the suites of others send, and what AWS is known to answer.

use crate::http::{Client, Response};

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

