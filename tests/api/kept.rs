//! What the API made is there after a kill, with `--data-dir`.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use crate::client::{Over, ask};
use crate::http::{Client, NAMESPACE};
use crate::message::{A, Query};
use crate::server::{Directory, Server, eventually};

const FILE: &str =
    "hosted_zones: [{ name: file.example, records: [{ name: www, type: A, ttl: 1, values: [192.0.2.1] }] }]";

fn serve(data: &Path) -> (Server, SocketAddr) {
    let flags = ["--api", "127.0.0.1:0", "--data-dir", data.to_str().unwrap()];
    let server = Server::with(&[("file.yaml", FILE)], &["127.0.0.1:0"], &flags);
    let api = crate::api_of(&server);
    (server, api)
}

/// Posts a request with this root and these contents; gives back the body and the last segment of where it is made.
fn post(client: &mut Client, target: &str, root: &str, contents: &str) -> (String, String) {
    let body = format!("<{root} xmlns=\"{NAMESPACE}\">{contents}</{root}>");
    let made = client.ask("POST", &format!("/2013-04-01/{target}"), &body);
    assert!(matches!(made.status, 200 | 201), "{}", made.body);
    let location = made.header("location").and_then(|it| it.rsplit('/').next()).unwrap_or_default().to_owned();
    (made.body, location)
}

#[test]
fn what_the_api_made_outlives_a_kill() {
    let data = Directory::new();
    let data = data.path("data");
    let (mut server, api) = serve(&data);
    let mut client = Client::open(api);
    let create_zone = "<Name>kept.example</Name><CallerReference>once</CallerReference>";
    let (made, zone) = post(&mut client, "hostedzone", "CreateHostedZoneRequest", create_zone);
    let change = made.split("<Id>/change/").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let (_, check) = post(
        &mut client,
        "healthcheck",
        "CreateHealthCheckRequest",
        "<CallerReference>h</CallerReference><HealthCheckConfig><IPAddress>192.0.2.1</IPAddress><Type>HTTP</Type>\
         <Disabled>true</Disabled></HealthCheckConfig>",
    );
    post(
        &mut client,
        &format!("hostedzone/{zone}/rrset"),
        "ChangeResourceRecordSetsRequest",
        &format!(
            "<ChangeBatch><Changes><Change><Action>CREATE</Action><ResourceRecordSet><Name>www.kept.example</Name>\
             <Type>A</Type><SetIdentifier>s</SetIdentifier><Weight>1</Weight><TTL>1</TTL><ResourceRecords>\
             <ResourceRecord><Value>192.0.2.9</Value></ResourceRecord></ResourceRecords><HealthCheckId>{check}\
             </HealthCheckId></ResourceRecordSet></Change></Changes></ChangeBatch>"
        ),
    );
    let tags = "<AddTags><Tag><Key>team</Key><Value>a&amp;b</Value></Tag></AddTags>";
    post(&mut client, &format!("tags/hostedzone/{zone}"), "ChangeTagsForResourceRequest", tags);
    let collection = "<Name>offices</Name><CallerReference>c</CallerReference>";
    post(&mut client, "cidrcollection", "CreateCidrCollectionRequest", collection);

    let targets = [
        format!("hostedzone/{zone}"),
        format!("hostedzone/{zone}/rrset"),
        format!("healthcheck/{check}"),
        format!("tags/hostedzone/{zone}"),
        "cidrcollection".to_owned(),
        format!("change/{change}"),
    ];
    let told = |client: &mut Client| {
        targets.each_ref().map(|target| {
            let got = client.ask("GET", &format!("/2013-04-01/{target}"), "");
            assert_eq!(got.status, 200, "{target}: {}", got.body);
            got.body
        })
    };
    let address = |server: &Server, name: &str| {
        let addresses = ask(Over::Udp, server.address(), &Query::new(name, A)).addresses();
        addresses.iter().map(|address| address.to_string()).collect::<String>()
    };
    let before = told(&mut client);
    assert!(before[3].contains("a&amp;b") && before[4].contains("offices") && before[5].contains("INSYNC"));
    assert_eq!(address(&server, "www.kept.example"), "192.0.2.9");
    server.signal("KILL");
    server.wait_for_end();

    let (server, api) = serve(&data);
    let mut client = Client::open(api);
    assert_eq!(told(&mut client), before);
    assert_eq!(address(&server, "www.kept.example"), "192.0.2.9");
    let again = format!("<CreateHostedZoneRequest xmlns=\"{NAMESPACE}\">{create_zone}</CreateHostedZoneRequest>");
    let refused = client.ask("POST", "/2013-04-01/hostedzone", &again);
    assert!(refused.status == 409 && refused.body.contains("HostedZoneAlreadyExists"), "{}", refused.body);

    server.directory.save("file.yaml", &FILE.replace("192.0.2.1", "192.0.2.2"));
    eventually("the new address", || (address(&server, "www.file.example") == "192.0.2.2").then_some(()));
    assert_eq!(told(&mut client), before);
    assert_eq!(address(&server, "www.kept.example"), "192.0.2.9");
}

#[test]
fn a_data_directory_that_is_taken_away_keeps_nothing_and_nothing_is_acknowledged() {
    let directory = Directory::new();
    let (data, elsewhere) = (directory.path("data"), directory.path("elsewhere"));
    let (server, api) = serve(&data);
    let mut client = Client::open(api);
    let create = |name: &str| format!("<Name>{name}</Name><CallerReference>{name}</CallerReference>");
    client.done("hostedzone", "CreateHostedZone", &create("one.example"));
    fs::rename(&data, &elsewhere).unwrap();
    let refused = client.post("hostedzone", "CreateHostedZone", &create("two.example"));
    assert_eq!((refused.status, refused.text("Code")), (503, Some("ServiceUnavailable")), "{refused:?}");
    assert!(
        refused.body.contains("/data/checkpoint.redb was moved, replaced or deleted while route53d runs; "),
        "{refused:?}"
    );
    assert_eq!(client.get("hostedzonecount").text("HostedZoneCount"), Some("2"));
    // An empty one of the same name is not the same.
    fs::create_dir(&data).unwrap();
    assert_eq!(client.post("hostedzone", "CreateHostedZone", &create("two.example")).status, 503);
    assert_eq!(fs::read_dir(&data).unwrap().count(), 0);
    fs::remove_dir(&data).unwrap();
    fs::rename(&elsewhere, &data).unwrap();
    client.done("hostedzone", "CreateHostedZone", &create("three.example"));
    drop(server);
    let (_server, api) = serve(&data);
    let names = Client::open(api).get("hostedzonesbyname");
    assert_eq!(names.texts("Name"), ["file.example.", "one.example.", "three.example."]);
}
