//! Zone files and the API beside each other.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::client::{Over, ask};
use crate::http::{Client, NAMESPACE};
use crate::message::{A, Query};
use crate::server::eventually;

const FILE: &str =
    "hosted_zones: [{ name: file.example, records: [{ name: www, type: A, ttl: 1, values: [192.0.2.1] }] }]";

/// The id of a new public zone.
pub fn create_zone(client: &mut Client, name: &str) -> String {
    let body = format!(
        "<CreateHostedZoneRequest xmlns=\"{NAMESPACE}\"><Name>{name}</Name><CallerReference>{name}</CallerReference>\
         </CreateHostedZoneRequest>"
    );
    let made = client.ask("POST", "/2013-04-01/hostedzone", &body);
    assert_eq!(made.status, 201, "{}", made.body);
    made.header("location").unwrap().rsplit('/').next().unwrap().to_owned()
}

fn create_record(client: &mut Client, zone: &str, name: &str, address: &str) {
    let body = format!(
        "<ChangeResourceRecordSetsRequest xmlns=\"{NAMESPACE}\"><ChangeBatch><Changes><Change><Action>CREATE</Action>\
         <ResourceRecordSet><Name>{name}</Name><Type>A</Type><TTL>1</TTL><ResourceRecords><ResourceRecord><Value>{address}\
         </Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch>\
         </ChangeResourceRecordSetsRequest>"
    );
    let changed = client.ask("POST", &format!("/2013-04-01/hostedzone/{zone}/rrset"), &body);
    assert_eq!(changed.status, 200, "{}", changed.body);
}

#[test]
fn a_reload_leaves_what_the_api_made() {
    let (server, api) = crate::serve(&[("file.yaml", FILE)]);
    let mut client = Client::open(api);
    let zone = create_zone(&mut client, "api.example");
    create_record(&mut client, &zone, "www.api.example", "192.0.2.9");
    let addresses = |name: &str| ask(Over::Udp, server.address(), &Query::new(name, A)).addresses();
    server.directory.save("file.yaml", &FILE.replace("192.0.2.1", "192.0.2.2"));
    eventually("the new address", || (addresses("www.file.example")[0].to_string() == "192.0.2.2").then_some(()));
    assert_eq!(addresses("www.api.example")[0].to_string(), "192.0.2.9");
    // Z-2: of two zones of one name, that of the files is asked for as long as it is there.
    server.directory.save("other.yaml", "hosted_zones: [{ name: api.example }]");
    server.logs(&format!("no query is answered from hosted zone {zone}: queries for api.example. go to hosted zone Z"));
    assert!(addresses("www.api.example").is_empty());
    create_record(&mut client, &zone, "too.api.example", "192.0.2.9");
    server.directory.save("other.yaml", "hosted_zones: [{ name: other.example }]");
    eventually("the other zone", || addresses("www.api.example").first().map(ToString::to_string));
    assert_eq!(addresses("too.api.example")[0].to_string(), "192.0.2.9");
    // What is made while that of the files is there is told of too.
    let second = create_zone(&mut client, "file.example");
    server.logs(&format!(
        "no query is answered from hosted zone {second}: queries for file.example. go to hosted zone Z"
    ));
    assert_eq!(addresses("www.file.example")[0].to_string(), "192.0.2.2");
}

#[test]
fn when_the_zone_goes_that_is_asked_the_next_one_of_its_name_is() {
    let (server, api) = crate::serve(&[]);
    let mut client = Client::open(api);
    let [first, second] = ["first", "second"].map(|reference| {
        let body = format!(
            "<CreateHostedZoneRequest xmlns=\"{NAMESPACE}\"><Name>api.example</Name><CallerReference>{reference}\
             </CallerReference></CreateHostedZoneRequest>"
        );
        client.ask("POST", "/2013-04-01/hostedzone", &body).made().to_owned()
    });
    create_record(&mut client, &second, "www.api.example", "192.0.2.9");
    let addresses = || ask(Over::Udp, server.address(), &Query::new("www.api.example", A)).addresses();
    assert!(addresses().is_empty());
    assert_eq!(client.ask("DELETE", &format!("/2013-04-01/hostedzone/{first}"), "").status, 200);
    assert_eq!(addresses()[0].to_string(), "192.0.2.9");
    let now = format!("hosted zone {first} is gone: queries for api.example. go to hosted zone {second} now");
    server.logs(&now);
}

#[test]
fn clients_that_write_at_once_lose_nothing() {
    const CLIENTS: usize = 8;
    const RECORDS: usize = 40;
    let (server, api) = crate::serve(&[]);
    let zone = create_zone(&mut Client::open(api), "busy.example");
    let created = AtomicUsize::new(0);
    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (zone, created) = (&zone, &created);
            scope.spawn(move || {
                let mut client = Client::open(api);
                for record in 0..RECORDS {
                    let name = format!("r{record}.c{number}.busy.example");
                    create_record(&mut client, zone, &name, "192.0.2.1");
                    created.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let got = Client::open(api).ask("GET", &format!("/2013-04-01/hostedzone/{zone}"), "");
    let count = created.load(Ordering::Relaxed) + 2;
    assert!(got.body.contains(&format!("<ResourceRecordSetCount>{count}</ResourceRecordSetCount>")), "{}", got.body);
    for number in 0..CLIENTS {
        let name = format!("r{}.c{number}.busy.example", RECORDS - 1);
        assert_eq!(ask(Over::Udp, server.address(), &Query::new(&name, A)).addresses().len(), 1, "{name}");
    }
}
