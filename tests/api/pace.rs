//! Changes that take their time, and clients that ask too fast.

use std::thread;

use crate::client::{Over, ask};
use crate::http::{Client, NAMESPACE, Response};
use crate::message::{A, Query};
use crate::server::{Server, eventually};
use crate::side_by_side::create_zone;

fn serve(flags: &[&str]) -> (Server, std::net::SocketAddr) {
    let server = Server::with(&[], &["127.0.0.1:0"], &[&["--api", "127.0.0.1:0"], flags].concat());
    let api = crate::api_of(&server);
    (server, api)
}

fn upsert(client: &mut Client, zone: &str, address: &str) -> Response {
    let body = format!(
        "<ChangeResourceRecordSetsRequest xmlns=\"{NAMESPACE}\"><ChangeBatch><Changes><Change><Action>UPSERT</Action>\
         <ResourceRecordSet><Name>www.slow.example</Name><Type>A</Type><TTL>1</TTL><ResourceRecords><ResourceRecord>\
         <Value>{address}</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch>\
         </ChangeResourceRecordSetsRequest>"
    );
    client.ask("POST", &format!("/2013-04-01/hostedzone/{zone}/rrset"), &body)
}

/// C-3.
#[test]
fn a_change_is_pending_for_as_long_as_dns_answers_from_what_was() {
    let (server, api) = serve(&["--change-delay", "400ms"]);
    let mut client = Client::open(api);
    let zone = create_zone(&mut client, "slow.example");
    let changed = upsert(&mut client, &zone, "192.0.2.1");
    let id = changed.body.split("<Id>/change/").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let address = || ask(Over::Udp, server.address(), &Query::new("www.slow.example", A)).addresses();
    // What is asked later is not older: once one of them is new, all that is asked after it is.
    let is_pending = |client: &mut Client| {
        let told = client.ask("GET", &format!("/2013-04-01/change/{id}"), "").body;
        assert_ne!(told.contains("PENDING"), told.contains("INSYNC"), "{told}");
        told.contains("PENDING")
    };
    assert!(is_pending(&mut client));
    let listed = client.ask("GET", &format!("/2013-04-01/hostedzone/{zone}/rrset"), "").body;
    assert!(listed.contains("192.0.2.1"), "a listing is ahead: {listed}");
    let mut seen_before = 0;
    eventually("the switch", || {
        let before = address().is_empty();
        let is_pending = is_pending(&mut client);
        assert!(before || !is_pending, "DNS has it, and it is PENDING");
        assert!(is_pending || !address().is_empty(), "it is INSYNC, and DNS does not have it");
        seen_before += u32::from(before && is_pending);
        (!is_pending).then_some(())
    });
    assert!(seen_before > 0);
}

#[test]
fn without_a_delay_nobody_ever_sees_that_a_change_is_pending() {
    let (server, api) = serve(&[]);
    let mut client = Client::open(api);
    let zone = create_zone(&mut client, "slow.example");
    for number in 1..50 {
        let address = format!("192.0.2.{number}");
        let changed = upsert(&mut client, &zone, &address);
        let answered = ask(Over::Udp, server.address(), &Query::new("www.slow.example", A)).addresses();
        assert_eq!(answered[0].to_string(), address);
        let id = changed.body.split("<Id>/change/").nth(1).unwrap().split('<').next().unwrap();
        assert!(client.ask("GET", &format!("/2013-04-01/change/{id}"), "").body.contains("INSYNC"));
    }
}

/// L-3.
#[test]
fn a_throttle_refuses_what_comes_too_fast() {
    let (_server, api) = serve(&["--throttle"]);
    let mut client = Client::open(api);
    let answers: Vec<Response> = (0..20).map(|_| client.ask("GET", "/2013-04-01/hostedzonecount", "")).collect();
    assert!(answers[..5].iter().all(|answer| answer.status == 200));
    let refused = answers.iter().find(|answer| answer.status != 200).unwrap();
    let expected = "<Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error>";
    assert!(refused.status == 400 && refused.body.contains(expected), "{}", refused.body);
}

/// L-3.
#[test]
fn changes_of_one_zone_at_once_are_refused_but_for_one() {
    let (_server, api) = serve(&["--throttle"]);
    let zone = create_zone(&mut Client::open(api), "slow.example");
    let told = thread::scope(|scope| {
        let clients = [1, 2, 3].map(|number| {
            let zone = &zone;
            scope.spawn(move || upsert(&mut Client::open(api), zone, &format!("192.0.2.{number}")))
        });
        clients.map(|client| client.join().unwrap())
    });
    let refused: Vec<&Response> = told.iter().filter(|answer| answer.status != 200).collect();
    assert!(!refused.is_empty() && refused.len() < 3, "{}", refused.len());
    let expected = "<Code>PriorRequestNotComplete</Code><Message>The request was rejected because Route 53 was still \
                    processing a prior request.</Message>";
    assert!(refused.iter().all(|answer| answer.status == 400 && answer.body.contains(expected)));
}
