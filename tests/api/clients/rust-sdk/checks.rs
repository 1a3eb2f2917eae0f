//! The AWS SDK for Rust makes zones and records, and DNS answers with them. `tests/api/clients/run` starts the server.

use std::env;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use aws_sdk_route53::Client;
use aws_sdk_route53::client::Waiters;
use aws_sdk_route53::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_route53::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_route53::operation::change_resource_record_sets::ChangeResourceRecordSetsError;
use aws_sdk_route53::types::{
    AliasTarget, Change, ChangeAction, ChangeBatch, CidrCollectionChange, CidrCollectionChangeAction,
    CidrRoutingConfig, Coordinates, GeoLocation, GeoProximityLocation, HealthCheckConfig, HealthCheckType,
    HostedZoneConfig, ResourceRecord, ResourceRecordSet, ResourceRecordSetFailover, ResourceRecordSetRegion, RrType,
};
use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};

const PATIENCE: Duration = Duration::from_secs(60);

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: tests/api/clients/run starts a server and sets it"))
}

fn client() -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(variable("AWS_ENDPOINT_URL"))
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("any", "any", None, None, "checks"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// The response code and the values of all answers, in order of their text.
fn ask(name: &str, record_type: RecordType) -> (ResponseCode, Vec<String>) {
    let mut message = Message::new(4711, MessageType::Query, OpCode::Query);
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), record_type));
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.connect(variable("DNS_SERVER")).unwrap();
    socket.send(&message.to_vec().unwrap()).unwrap();
    let mut buffer = [0; 4096];
    let length = socket.recv(&mut buffer).unwrap();
    let response = Message::from_vec(&buffer[..length]).unwrap();
    let mut values: Vec<String> = response.answers.iter().map(|record| record.data.to_string()).collect();
    values.sort();
    (response.metadata.response_code, values)
}

fn answered(values: &[&str]) -> (ResponseCode, Vec<String>) {
    (ResponseCode::NoError, values.iter().map(|value| (*value).to_owned()).collect())
}

/// The id, with its prefix.
async fn zone(client: &Client, name: &str) -> String {
    let created = client.create_hosted_zone().name(name).caller_reference(name).send().await.unwrap();
    created.hosted_zone.unwrap().id
}

fn record(name: &str, record_type: &str, values: &[&str]) -> ResourceRecordSet {
    let values = values.iter().map(|value| ResourceRecord::builder().value(*value).build().unwrap()).collect();
    ResourceRecordSet::builder()
        .name(name)
        .r#type(RrType::from(record_type))
        .ttl(60)
        .set_resource_records(Some(values))
        .build()
        .unwrap()
}

async fn change(
    client: &Client,
    zone: &str,
    action: ChangeAction,
    records: &[ResourceRecordSet],
) -> Result<String, SdkError<ChangeResourceRecordSetsError>> {
    let changes = records
        .iter()
        .map(|record| Change::builder().action(action.clone()).resource_record_set(record.clone()).build().unwrap());
    let batch = ChangeBatch::builder().set_changes(Some(changes.collect())).build().unwrap();
    let changed = client.change_resource_record_sets().hosted_zone_id(zone).change_batch(batch).send().await?;
    Ok(changed.change_info.unwrap().id)
}

/// All record sets of a zone, asked for in pages.
async fn records(client: &Client, zone: &str, page_size: i32) -> Vec<ResourceRecordSet> {
    let mut found = Vec::new();
    let (mut name, mut record_type, mut identifier) = (None, None, None);
    loop {
        let page = client
            .list_resource_record_sets()
            .hosted_zone_id(zone)
            .max_items(page_size)
            .set_start_record_name(name)
            .set_start_record_type(record_type)
            .set_start_record_identifier(identifier)
            .send()
            .await
            .unwrap();
        assert!(page.resource_record_sets.len() <= page_size as usize);
        found.extend(page.resource_record_sets);
        if !page.is_truncated {
            return found;
        }
        (name, record_type, identifier) = (page.next_record_name, page.next_record_type, page.next_record_identifier);
    }
}

#[tokio::test]
async fn a_zone_is_made_waited_for_asked_for_and_deleted() {
    let client = client();
    let created = client
        .create_hosted_zone()
        .name("Zone.Example")
        .caller_reference("zone")
        .hosted_zone_config(HostedZoneConfig::builder().comment("ä & <b>").build())
        .send()
        .await
        .unwrap();
    let hosted = created.hosted_zone.unwrap();
    assert_eq!(hosted.name, "zone.example.");
    assert_eq!(hosted.config.unwrap().comment.unwrap(), "ä & <b>");
    assert!(created.location.ends_with(&hosted.id));
    let began = Instant::now();
    let change = created.change_info.unwrap().id;
    client.wait_until_resource_record_sets_changed().id(change).wait(PATIENCE).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "the waiter has slept");
    let mut servers: Vec<String> =
        created.delegation_set.unwrap().name_servers.iter().map(|name| format!("{name}.")).collect();
    servers.sort();
    assert_eq!(ask("zone.example.", RecordType::NS), (ResponseCode::NoError, servers));

    let again = client.create_hosted_zone().name("other.example").caller_reference("zone").send().await;
    let again = again.unwrap_err().into_service_error();
    assert!(again.is_hosted_zone_already_exists(), "{again:?}");
    assert_eq!(again.message(), Some("A hosted zone has already been created with the specified caller reference."));

    client.delete_hosted_zone().id(&hosted.id).send().await.unwrap();
    let gone = client.get_hosted_zone().id(&hosted.id).send().await.unwrap_err().into_service_error();
    assert!(gone.is_no_such_hosted_zone(), "{gone:?}");
    let unknown = client.get_change().id("C0000000000").send().await.unwrap_err().into_service_error();
    assert!(unknown.is_no_such_change(), "{unknown:?}");
    assert_eq!(ask("zone.example.", RecordType::NS), (ResponseCode::Refused, Vec::new()));
}

#[tokio::test]
async fn records_are_answered_as_they_were_sent() {
    let client = client();
    let zone = zone(&client, "records.example").await;
    let alias = AliasTarget::builder()
        .hosted_zone_id(zone.trim_start_matches("/hostedzone/"))
        .dns_name("a.records.example")
        .evaluate_target_health(false)
        .build()
        .unwrap();
    let sent = [
        record("a.records.example", "A", &["192.0.2.1", "192.0.2.2"]),
        record("aaaa.records.example", "AAAA", &["2001:db8::1"]),
        record("cname.records.example", "CNAME", &["a.records.example"]),
        record("mx.records.example", "MX", &["10 mail.records.example"]),
        record("_sip._tcp.records.example", "SRV", &["1 2 5060 sip.records.example"]),
        record("txt.records.example", "TXT", &[r#""a \"quoted\" & <text>""#]),
        record("*.records.example", "A", &["192.0.2.9"]),
        ResourceRecordSet::builder()
            .name("alias.records.example")
            .r#type(RrType::A)
            .alias_target(alias)
            .build()
            .unwrap(),
    ];
    let changed = change(&client, &zone, ChangeAction::Create, &sent).await.unwrap();
    client.wait_until_resource_record_sets_changed().id(changed).wait(PATIENCE).await.unwrap();

    let a = answered(&["192.0.2.1", "192.0.2.2"]);
    assert_eq!(ask("a.records.example.", RecordType::A), a);
    assert_eq!(ask("alias.records.example.", RecordType::A), a);
    assert_eq!(ask("any.records.example.", RecordType::A), answered(&["192.0.2.9"]));
    assert_eq!(ask("aaaa.records.example.", RecordType::AAAA), answered(&["2001:db8::1"]));
    assert_eq!(
        ask("cname.records.example.", RecordType::A),
        answered(&["192.0.2.1", "192.0.2.2", "a.records.example."])
    );
    assert_eq!(ask("mx.records.example.", RecordType::MX), answered(&["10 mail.records.example."]));
    assert_eq!(ask("_sip._tcp.records.example.", RecordType::SRV), answered(&["1 2 5060 sip.records.example."]));
    assert_eq!(ask("txt.records.example.", RecordType::TXT).1.len(), 1);
    assert_eq!(ask("a.records.example.", RecordType::AAAA), answered(&[]));

    let whole = records(&client, &zone, 300).await;
    assert_eq!(whole.len(), sent.len() + 2);
    for page_size in 1..=whole.len() as i32 {
        assert_eq!(records(&client, &zone, page_size).await, whole);
    }
    let text = whole.iter().find(|it| it.r#type == RrType::Txt).unwrap();
    assert_eq!(text.resource_records()[0].value, r#""a \"quoted\" & <text>""#);

    change(&client, &zone, ChangeAction::Delete, &sent).await.unwrap();
    assert_eq!(ask("a.records.example.", RecordType::A).0, ResponseCode::NXDomain);
    client.delete_hosted_zone().id(zone).send().await.unwrap();
}

#[tokio::test]
async fn every_routing_policy_comes_back_as_it_was_sent_and_answers() {
    let client = client();
    let zone = zone(&client, "policy.example").await;
    let down = HealthCheckConfig::builder()
        .r#type(HealthCheckType::Tcp)
        .ip_address("127.0.0.1")
        .port(9)
        .disabled(true)
        .inverted(true)
        .build()
        .unwrap();
    let created = client.create_health_check().caller_reference("policy").health_check_config(down).send().await;
    let check = created.unwrap().health_check.unwrap().id;
    let created = client.create_cidr_collection().name("rust").caller_reference("rust").send().await.unwrap();
    let collection = created.collection.unwrap().id.unwrap();
    let office = CidrCollectionChange::builder()
        .location_name("office")
        .action(CidrCollectionChangeAction::Put)
        .cidr_list("198.51.100.0/24")
        .build()
        .unwrap();
    client.change_cidr_collection().id(&collection).changes(office).send().await.unwrap();

    let set = |name: &str, identifier: &str, number: u8| {
        let address = ResourceRecord::builder().value(format!("192.0.2.{number}")).build().unwrap();
        ResourceRecordSet::builder()
            .name(format!("{name}.policy.example."))
            .r#type(RrType::A)
            .ttl(60)
            .resource_records(address)
            .set_identifier(identifier)
    };
    let in_collection = |location: &str| {
        CidrRoutingConfig::builder().collection_id(&collection).location_name(location).build().unwrap()
    };
    let coordinates = Coordinates::builder().latitude("10.5").longitude("-20").build().unwrap();
    let sent: Vec<ResourceRecordSet> = [
        set("cidr", "a", 1).cidr_routing_config(in_collection("*")),
        set("cidr", "b", 2).cidr_routing_config(in_collection("office")),
        set("failover", "a", 1).failover(ResourceRecordSetFailover::Primary).health_check_id(&check),
        set("failover", "b", 2).failover(ResourceRecordSetFailover::Secondary),
        set("geo", "a", 1).geo_location(GeoLocation::builder().country_code("*").build()),
        set("geo", "b", 2).geo_location(GeoLocation::builder().continent_code("EU").build()),
        set("latency", "a", 1).region(ResourceRecordSetRegion::EuWest1),
        set("latency", "b", 1).region(ResourceRecordSetRegion::UsEast1),
        set("multi", "a", 1).multi_value_answer(true),
        set("multi", "b", 2).multi_value_answer(true),
        set("near", "a", 1)
            .geo_proximity_location(GeoProximityLocation::builder().aws_region("eu-west-1").bias(-10).build()),
        set("near", "b", 1)
            .geo_proximity_location(GeoProximityLocation::builder().coordinates(coordinates).bias(0).build()),
        set("weighted", "a", 1).weight(0),
        set("weighted", "b", 2).weight(255),
    ]
    .into_iter()
    .map(|builder| builder.build().unwrap())
    .collect();
    change(&client, &zone, ChangeAction::Create, &sent).await.unwrap();

    let listed = records(&client, &zone, 5).await;
    let routed: Vec<_> = listed.into_iter().filter(|it| it.set_identifier.is_some()).collect();
    assert_eq!(routed.len(), sent.len());
    for it in &sent {
        assert!(routed.contains(it), "{it:?}");
    }
    for (name, values) in [
        ("cidr", &["192.0.2.1"][..]),
        ("failover", &["192.0.2.2"]),
        ("geo", &["192.0.2.1"]),
        ("latency", &["192.0.2.1"]),
        ("multi", &["192.0.2.1", "192.0.2.2"]),
        ("near", &["192.0.2.1"]),
        ("weighted", &["192.0.2.2"]),
    ] {
        assert_eq!(ask(&format!("{name}.policy.example."), RecordType::A), answered(values), "{name}");
    }
    change(&client, &zone, ChangeAction::Delete, &sent).await.unwrap();
    client.delete_hosted_zone().id(zone).send().await.unwrap();
    client.delete_health_check().health_check_id(check).send().await.unwrap();
}

#[tokio::test]
async fn a_refused_batch_says_all_that_is_wrong_with_it_and_changes_nothing() {
    let client = client();
    let zone = zone(&client, "batch.example").await;
    let there = record("b.batch.example", "A", &["192.0.2.1"]);
    change(&client, &zone, ChangeAction::Create, std::slice::from_ref(&there)).await.unwrap();
    let new = record("new.batch.example", "A", &["192.0.2.1"]);
    let twice = record("b.batch.example", "AAAA", &["2001:db8::1"]);
    change(&client, &zone, ChangeAction::Create, std::slice::from_ref(&twice)).await.unwrap();
    let refused = change(&client, &zone, ChangeAction::Create, &[new, there, twice]).await.unwrap_err();
    assert_eq!(refused.raw_response().unwrap().status().as_u16(), 400);
    let error = refused.into_service_error();
    assert!(error.is_invalid_change_batch(), "{error:?}");
    assert_eq!(
        error.message(),
        Some(
            "[Tried to create resource record set [name='b.batch.example.', type='A'] but it already exists, \
             Tried to create resource record set [name='b.batch.example.', type='AAAA'] but it already exists]"
        )
    );
    assert_eq!(ask("new.batch.example.", RecordType::A).0, ResponseCode::NXDomain);
    let full = client.delete_hosted_zone().id(&zone).send().await.unwrap_err().into_service_error();
    assert!(full.is_hosted_zone_not_empty(), "{full:?}");
}

#[tokio::test]
async fn lists_are_read_by_paginators() {
    let client = client();
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(zone(&client, &format!("page{number}.example")).await);
    }
    let mut pages = client.list_hosted_zones().into_paginator().page_size(2).send();
    let mut listed = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        assert!(page.hosted_zones.len() <= 2);
        listed.extend(page.hosted_zones.into_iter().map(|it| it.id));
    }
    assert!(made.iter().all(|it| listed.contains(it)), "{made:?} are not all in {listed:?}");

    let mut checks = Vec::new();
    for number in 0..3 {
        let config = HealthCheckConfig::builder()
            .r#type(HealthCheckType::Http)
            .fully_qualified_domain_name("localhost")
            .port(9)
            .resource_path("/?a=1&b=2")
            .disabled(true)
            .build()
            .unwrap();
        let created =
            client.create_health_check().caller_reference(format!("page{number}")).health_check_config(config);
        checks.push(created.send().await.unwrap().health_check.unwrap().id);
    }
    let mut pages = client.list_health_checks().into_paginator().page_size(1).items().send();
    let mut found = Vec::new();
    while let Some(check) = pages.next().await {
        found.push(check.unwrap().id);
    }
    assert!(checks.iter().all(|it| found.contains(it)), "{checks:?} are not all in {found:?}");
    for id in checks {
        client.delete_health_check().health_check_id(id).send().await.unwrap();
    }
}
