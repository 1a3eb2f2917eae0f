//! What real clients and the suites of others send, and what AWS is known to answer.

use std::thread;

use crate::client::{Over, ask};
use crate::http::{Client, Response};
use crate::message::{A, Query};
use crate::server::eventually;
use crate::side_by_side::create_zone;

/// Inside the VPC of this file is 198.18.7.0/24; outside, that network lies in Germany.
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

fn create_check(client: &mut Client, reference: &str, config: &str) -> Response {
    let members =
        format!("<CallerReference>{reference}</CallerReference><HealthCheckConfig>{config}</HealthCheckConfig>");
    client.post("healthcheck", "CreateHealthCheck", &members)
}

#[test]
fn a_calculated_check_needs_no_children() {
    let (_server, api) = crate::serve(&[]);
    let mut client = Client::open(api);
    let made = create_check(&mut client, "none", "<Type>CALCULATED</Type><HealthThreshold>0</HealthThreshold>");
    assert_eq!(made.status, 201, "{made:?}");
    assert!(!made.body.contains("ChildHealthChecks"), "{made:?}");
    let (id, child) = (made.made().to_owned(), create_check(&mut client, "child", TCP).made().to_owned());
    let members = format!("<ChildHealthChecks><ChildHealthCheck>{child}</ChildHealthCheck></ChildHealthChecks>");
    let updated = client.done(&format!("healthcheck/{id}"), "UpdateHealthCheck", &members);
    assert_eq!(updated.texts("ChildHealthCheck"), [child]);
    let empty = create_check(
        &mut client,
        "empty",
        "<Type>CALCULATED</Type><HealthThreshold>0</HealthThreshold><ChildHealthChecks/>",
    );
    assert_eq!(empty.status, 201, "{empty:?}");
}

const TCP: &str = "<IPAddress>192.0.2.1</IPAddress><Port>9</Port><Type>TCP</Type><Disabled>true</Disabled>";
const HTTP: &str = "<IPAddress>192.0.2.1</IPAddress><Type>HTTP</Type><Disabled>true</Disabled>";
const ALARM: &str = "<AlarmIdentifier><Region>us-east-1</Region><Name>a</Name></AlarmIdentifier>";
const ARN: &str = "arn:aws:route53-recovery-control::000000000000:controlpanel/1/routingcontrol/2";

/// The texts with a name are AWS's, from public reports; the others are ours in the same manner.
#[test]
fn health_check_members_of_another_type_are_refused_with_the_texts_of_aws() {
    let (_server, api) = crate::serve(&[]);
    let mut client = Client::open(api);
    let tcp_path = "TCP health checks must not have a resource path specificed.";
    let tcp_name = "TCP health checks that have IP address must not have a fully qualified domain name specified.";
    let alarm = "Invalid parameter : Basic health checks must not have an metric region specified.";
    let insufficient =
        "Invalid parameter : Basic health checks must not have an insufficient data health state specified.";
    let threshold = "Invalid parameter : Calculated health checks must have a health threshold specified.";
    let failures = "Invalid parameter : Calculated health checks must not have a failure threshold specified.";
    let name = "<FullyQualifiedDomainName>a.example</FullyQualifiedDomainName>";
    let data = "<InsufficientDataHealthStatus>Healthy</InsufficientDataHealthStatus>";
    let calculated = "<Type>CALCULATED</Type><HealthThreshold>1</HealthThreshold>";
    for (config, expected) in [
        (format!("{TCP}<ResourcePath>/</ResourcePath>"), tcp_path),
        (format!("{TCP}{name}"), tcp_name),
        (format!("{TCP}{ALARM}"), alarm),
        (format!("{HTTP}{ALARM}"), alarm),
        (format!("{HTTP}{data}"), insufficient),
        ("<Type>CALCULATED</Type>".to_owned(), threshold),
        (format!("{calculated}<FailureThreshold>3</FailureThreshold>"), failures),
        (
            format!("{calculated}<RequestInterval>30</RequestInterval>"),
            "Invalid parameter : Calculated health checks must not have a request interval specified.",
        ),
        (
            format!("{HTTP}<SearchString>a</SearchString>"),
            "Invalid parameter : HTTP health checks must not have a search string specified.",
        ),
        (
            format!("{HTTP}<HealthThreshold>1</HealthThreshold>"),
            "Invalid parameter : Basic health checks must not have a health threshold specified.",
        ),
        (
            format!("{HTTP}<ChildHealthChecks><ChildHealthCheck>a</ChildHealthCheck></ChildHealthChecks>"),
            "Invalid parameter : Basic health checks must not have child health checks specified.",
        ),
        (
            "<IPAddress>192.0.2.1</IPAddress><Type>HTTP_STR_MATCH</Type>".to_owned(),
            "Invalid parameter : HTTP_STR_MATCH health checks must have a search string specified.",
        ),
        (
            "<IPAddress>192.0.2.1</IPAddress><Type>TCP</Type>".to_owned(),
            "Invalid parameter : TCP health checks must have a port specified.",
        ),
        (
            "<Type>HTTP</Type>".to_owned(),
            "Invalid parameter : Basic health checks must have an IP address or a fully qualified domain name specified.",
        ),
        (
            format!("<Type>CLOUDWATCH_METRIC</Type>{ALARM}<Port>1</Port>"),
            "Invalid parameter : CloudWatch metric health checks must not have a port specified.",
        ),
        (
            "<Type>CLOUDWATCH_METRIC</Type>".to_owned(),
            "Invalid parameter : CloudWatch metric health checks must have an alarm identifier specified.",
        ),
        (
            format!(
                "<Type>RECOVERY_CONTROL</Type><RoutingControlArn>{ARN}</RoutingControlArn><MeasureLatency>true</MeasureLatency>"
            ),
            "Invalid parameter : Recovery control health checks must not have a measure latency setting specified.",
        ),
        (
            "<Type>RECOVERY_CONTROL</Type>".to_owned(),
            "Invalid parameter : Recovery control health checks must have a routing control ARN specified.",
        ),
        (
            format!("{HTTP}<FullyQualifiedDomainName>a..b</FullyQualifiedDomainName>"),
            "Invalid parameter : The fully qualified domain name 'a..b' is not a domain name.",
        ),
        (
            format!("{HTTP}<Regions><Region>us-east-1</Region><Region>us-west-1</Region></Regions>"),
            "Invalid parameter : Health checks must have 3 to 64 regions specified, not 2.",
        ),
        (
            format!("{calculated}<ChildHealthChecks><ChildHealthCheck>a&#9;b</ChildHealthCheck></ChildHealthChecks>"),
            "Invalid parameter : The health check a\tb does not exist.",
        ),
    ] {
        assert_eq!(refused(&create_check(&mut client, "one", &config)), ("InvalidInput", expected), "{config}");
    }
    assert_eq!(client.get("healthcheckcount").text("HealthCheckCount"), Some("0"));
}

#[test]
fn an_update_makes_no_health_check_that_could_not_be_created() {
    let (_server, api) = crate::serve(&[]);
    let mut client = Client::open(api);
    let control = format!("<Type>RECOVERY_CONTROL</Type><RoutingControlArn>{ARN}</RoutingControlArn>");
    let calculated = "<Type>CALCULATED</Type><HealthThreshold>0</HealthThreshold>";
    let name = "<FullyQualifiedDomainName>a.example</FullyQualifiedDomainName>";
    let updates = [
        (TCP, "<ResourcePath>/a</ResourcePath>", "TCP health checks must not have a resource path specificed."),
        (TCP, name, "TCP health checks that have IP address must not have a fully qualified domain name specified."),
        (HTTP, ALARM, "Invalid parameter : Basic health checks must not have an metric region specified."),
        (
            calculated,
            "<FailureThreshold>3</FailureThreshold>",
            "Invalid parameter : Calculated health checks must not have a failure threshold specified.",
        ),
        (
            &control,
            "<Inverted>true</Inverted>",
            "Invalid parameter : Update is not supported for this health check type.",
        ),
    ];
    for (number, (config, update, expected)) in updates.into_iter().enumerate() {
        let made = create_check(&mut client, &number.to_string(), config);
        assert_eq!(made.status, 201, "{made:?}");
        let target = format!("healthcheck/{}", made.made());
        let answer = client.post(&target, "UpdateHealthCheck", update);
        assert_eq!(refused(&answer), ("InvalidInput", expected), "{config} {update}");
        assert_eq!(client.get(&target).text("HealthCheckVersion"), Some("1"));
    }
}

/// PZ-18.
#[test]
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

/// Codes that a model has elsewhere are no exceptions of these operations in any SDK.
#[test]
fn errors_are_those_of_the_operation() {
    let (_server, api) = crate::serve(&[]);
    let mut client = Client::open(api);
    let zone = create_zone(&mut client, "out.example");
    let collection =
        client.done("cidrcollection", "CreateCidrCollection", "<Name>c</Name><CallerReference>c</CallerReference>");
    let collection = collection.made().to_owned();
    for target in [
        "cidrcollection?nexttoken=!".to_owned(),
        format!("cidrcollection/{collection}?nexttoken=!"),
        format!("cidrcollection/{collection}/cidrblocks?nexttoken=!"),
        "hostedzonesbyvpc?vpcid=none&vpcregion=eu-west-1".to_owned(),
        "hostedzonesbyvpc?vpcid=vpc-1".to_owned(),
        "trafficpolicyinstances?hostedzoneid=a%09b".to_owned(),
    ] {
        let answer = client.ask("GET", &format!("/2013-04-01/{target}"), "");
        assert_eq!(refused(&answer).0, "InvalidInput", "{target}");
    }
    let vpc = "<VPC><VPCRegion>eu-west-1</VPCRegion><VPCId>vpc-1</VPCId></VPC>";
    let authorized =
        client.post(&format!("hostedzone/{zone}/authorizevpcassociation"), "CreateVPCAssociationAuthorization", vpc);
    assert_eq!(refused(&authorized).0, "InvalidInput");
}

/// api.md §1.2.
#[test]
fn query_parameters_have_the_lengths_of_the_model() {
    let (_server, api) = crate::serve(&[]);
    let mut client = Client::open(api);
    let zone = create_zone(&mut client, "long.example");
    let policy = "{\"AWSPolicyFormatVersion\":\"2015-10-01\",\"RecordType\":\"A\",\"Endpoints\":{\"e\":{\"Type\":\"value\",\
                  \"Value\":\"192.0.2.1\"}},\"StartEndpoint\":\"e\"}";
    let policy =
        client.done("trafficpolicy", "CreateTrafficPolicy", &format!("<Name>p</Name><Document>{policy}</Document>"));
    let policy = policy.text("Id").unwrap().to_owned();
    for (target, key, longest, member) in [
        ("hostedzone".to_owned(), "marker", 64, "marker"),
        ("healthcheck".to_owned(), "marker", 64, "marker"),
        ("delegationset".to_owned(), "marker", 64, "marker"),
        ("cidrcollection".to_owned(), "nexttoken", 1_024, "nextToken"),
        ("queryloggingconfig".to_owned(), "nexttoken", 1_024, "nextToken"),
        ("hostedzonesbyvpc?vpcid=vpc-1&vpcregion=eu-west-1".to_owned(), "nexttoken", 1_024, "nextToken"),
        (format!("hostedzone/{zone}/rrsetprotection"), "nexttoken", 1_024, "nextToken"),
        (format!("hostedzone/{zone}/authorizevpcassociation"), "nexttoken", 1_024, "nextToken"),
        ("hostedzonesbyname".to_owned(), "dnsname", 1_024, "dNSName"),
        (format!("hostedzone/{zone}/rrset"), "name", 1_024, "startRecordName"),
        (format!("hostedzone/{zone}/rrset?name=a&type=A"), "identifier", 128, "startRecordIdentifier"),
        ("testdnsanswer?recordtype=A".to_owned() + "&hostedzoneid=" + &zone, "recordname", 1_024, "recordName"),
        (
            format!("testdnsanswer?recordtype=A&recordname=long.example&hostedzoneid={zone}"),
            "resolverip",
            45,
            "resolverIP",
        ),
        ("trafficpolicies".to_owned(), "trafficpolicyid", 36, "trafficPolicyIdMarker"),
        (format!("trafficpolicies/{policy}/versions"), "trafficpolicyversion", 4, "trafficPolicyVersionMarker"),
        (
            format!("trafficpolicyinstances?hostedzoneid={zone}"),
            "trafficpolicyinstancename",
            1_024,
            "trafficPolicyInstanceNameMarker",
        ),
        ("trafficpolicyinstances/trafficpolicy?version=1".to_owned(), "id", 36, "id"),
        ("hostedzonesbyvpc?vpcregion=eu-west-1".to_owned(), "vpcid", 1_024, "vPCId"),
        ("geolocation".to_owned(), "continentcode", 2, "continentCode"),
        ("geolocation".to_owned(), "countrycode", 2, "countryCode"),
        ("geolocations?startcountrycode=US".to_owned(), "startsubdivisioncode", 3, "startSubdivisionCode"),
    ] {
        let between = if target.contains('?') { '&' } else { '?' };
        let value = "a".repeat(longest + 1);
        let answer = client.ask("GET", &format!("/2013-04-01/{target}{between}{key}={value}"), "");
        let message = format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must have \
             length less than or equal to {longest}"
        );
        assert_eq!(refused(&answer), ("InvalidInput", message.as_str()), "{target} {key}");
    }
    // As long as it may be, though longer than any id.
    for target in ["hostedzone", "healthcheck", "delegationset"] {
        let marker = "Z".repeat(64);
        assert_eq!(client.get(&format!("{target}?marker={marker}")).text("Marker"), Some(marker.as_str()));
    }
}

#[test]
fn ids_in_paths_have_the_lengths_of_the_model() {
    let (_server, api) = crate::serve(&[]);
    let mut client = Client::open(api);
    let zone = create_zone(&mut client, "long.example");
    for (method, before, longest, after) in [
        ("GET", "healthcheck/", 64, ""),
        ("DELETE", "healthcheck/", 64, ""),
        ("GET", "tags/healthcheck/", 64, ""),
        ("GET", "trafficpolicy/", 36, "/1"),
        ("GET", "trafficpolicies/", 36, "/versions"),
        ("GET", "trafficpolicyinstance/", 36, ""),
        ("DELETE", "trafficpolicyinstance/", 36, ""),
        ("GET", "queryloggingconfig/", 36, ""),
        ("GET", "hostedzone/", 32, ""),
        ("GET", "delegationset/", 32, ""),
        ("DELETE", &format!("keysigningkey/{zone}/"), 128, ""),
    ] {
        let [at_most, too_long] = [longest, longest + 1]
            .map(|length| client.ask(method, &format!("/2013-04-01/{before}{}{after}", "a".repeat(length)), ""));
        let constraint = format!("Member must have length less than or equal to {longest}");
        let (code, message) = refused(&too_long);
        assert!(code == "InvalidInput" && message.ends_with(&constraint), "{method} {before}: {message}");
        assert!(at_most.text("Code").unwrap().starts_with("NoSuch"), "{method} {before}: {at_most:?}");
    }
}

#[test]
fn markers_that_go_together_are_not_taken_apart() {
    let (_server, api) = crate::serve(&[]);
    let mut client = Client::open(api);
    let zone = create_zone(&mut client, "pages.example");
    for target in [
        format!("hostedzone/{zone}/rrset?type=A"),
        format!("hostedzone/{zone}/rrset?identifier=a"),
        format!("hostedzone/{zone}/rrset?name=a&identifier=a"),
        format!("hostedzone/{zone}/rrsetprotection?type=A"),
        format!("hostedzonesbyname?hostedzoneid={zone}"),
        "geolocations?startsubdivisioncode=CA".to_owned(),
        "trafficpolicyinstances?trafficpolicyinstancename=a.example".to_owned(),
        "trafficpolicyinstances?trafficpolicyinstancetype=A".to_owned(),
        format!("trafficpolicyinstances?hostedzoneid={zone}&trafficpolicyinstancetype=A"),
        format!("trafficpolicyinstances/hostedzone?id={zone}&trafficpolicyinstancetype=A"),
        format!("testdnsanswer?hostedzoneid={zone}&recordname=pages.example&recordtype=A&edns0clientsubnetmask=24"),
    ] {
        let answer = client.ask("GET", &format!("/2013-04-01/{target}"), "");
        assert_eq!(refused(&answer).0, "InvalidInput", "{target}");
    }
}

/// TP-5.
#[test]
fn an_instance_is_created_until_dns_has_it_and_then_applied() {
    let (server, api) = crate::serve_with(&[], &["--change-delay", "400ms"]);
    let mut client = Client::open(api);
    let zone = create_zone(&mut client, "tp.example");
    let document = |address: &str| {
        format!(
            "<Document>{{\"AWSPolicyFormatVersion\":\"2015-10-01\",\"RecordType\":\"A\",\"Endpoints\":{{\"e\":{{\"Type\":\
             \"value\",\"Value\":\"{address}\"}}}},\"StartEndpoint\":\"e\"}}</Document>"
        )
    };
    let members = format!("<Name>p</Name>{}", document("192.0.2.1"));
    let policy = client.done("trafficpolicy", "CreateTrafficPolicy", &members).text("Id").unwrap().to_owned();
    client.done(&format!("trafficpolicy/{policy}"), "CreateTrafficPolicyVersion", &document("192.0.2.2"));
    let version = |number| {
        format!(
            "<TTL>1</TTL><TrafficPolicyId>{policy}</TrafficPolicyId><TrafficPolicyVersion>{number}</TrafficPolicyVersion>"
        )
    };
    let members = format!("<HostedZoneId>{zone}</HostedZoneId><Name>www.tp.example</Name>{}", version(1));
    let made = client.done("trafficpolicyinstance", "CreateTrafficPolicyInstance", &members);
    assert_eq!(made.text("State"), Some("Creating"));
    let target = format!("trafficpolicyinstance/{}", made.made());
    let answered = || {
        let answer = ask(Over::Udp, server.address(), &Query::new("www.tp.example", A)).addresses();
        answer.first().map(ToString::to_string)
    };
    let mut becomes = |address: &str| {
        let mut creating = 0;
        eventually("the new tree", || {
            let before = answered();
            let state = client.get(&target).text("State").unwrap().to_owned();
            let listed = client.get("trafficpolicyinstances").text("State").unwrap().to_owned();
            assert!(["Creating", "Applied"].contains(&state.as_str()), "{state}");
            assert!(before.as_deref() != Some(address) || state == "Applied", "DNS has it, and it is {state}");
            assert!(state == "Creating" || listed == "Applied", "it was applied, and is listed as {listed}");
            assert!(state == "Creating" || answered().as_deref() == Some(address), "applied, and DNS does not have it");
            creating += u32::from(state == "Creating");
            (state == "Applied").then_some(())
        });
        assert!(creating > 0, "{address}");
    };
    becomes("192.0.2.1");
    let mut other = Client::open(api);
    let updated = other.done(&target, "UpdateTrafficPolicyInstance", &version(2));
    assert_eq!(updated.text("State"), Some("Creating"));
    becomes("192.0.2.2");
}

#[test]
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

/// L-3: the model of these operations has no PriorRequestNotComplete.
#[test]
fn operations_without_prior_request_not_complete_run_concurrently() {
    let (_server, api) = crate::serve_with(&[], &["--throttle"]);
    let mut client = Client::open(api);
    let zone = create_zone(&mut client, "signed.example");
    let members = format!(
        "<CallerReference>r</CallerReference><HostedZoneId>{zone}</HostedZoneId><KeyManagementServiceArn>\
         arn:aws:kms:us-east-1:000000000000:key/1</KeyManagementServiceArn><Name>tf-acc.1</Name><Status>INACTIVE</Status>"
    );
    client.done("keysigningkey", "CreateKeySigningKey", &members);
    let target = format!("/2013-04-01/keysigningkey/{zone}/tf-acc.1/deactivate");
    let statuses = thread::scope(|scope| {
        let clients = [1, 2, 3].map(|_| scope.spawn(|| Client::open(api).ask("POST", &target, "").status));
        clients.map(|client| client.join().unwrap())
    });
    assert_eq!(statuses, [200; 3]);
}
