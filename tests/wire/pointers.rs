//! Names in replies: whatever bytes they are of and however they are compressed, they mean what was stored.

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RData;
use proptest::prelude::*;

use crate::asking::{Query, Server, TCP, query};
use crate::compression::check_pointers;
use crate::written_account::WrittenAccount;

/// The end of the question is found inside its first label too, as bytes.
#[test]
fn no_pointer_leads_into_the_middle_of_a_label() {
    let mut account = WrittenAccount::default();
    account.public_zone("a.test", &["* MX 10 a.a.test. | 20 b.a.test.", "a A 192.0.2.1"]);
    let reply = Server::new(&account).ask(&query("x\\001a.a.test", "MX"));
    assert_eq!(reply.counts(), (2, 4, 1));
    check_pointers(&reply.bytes);
}

/// Names with odd bytes, long labels, and labels that look like others: pointers must lead to the right ones.
fn odd_zone() -> (WrittenAccount, Vec<(String, String)>) {
    let long = "l".repeat(63);
    let longest = [&*long, &long, &long, &"m".repeat(61 - "a.test".len() - 1)].join(".");
    let names = [
        "\\000\\377",
        "a\\056b",
        "a.b",
        "\\003www\\007example",
        "\\300\\014",
        "x\\134y",
        "\\101\\132",
        "*",
        "\\001a",
        "\\004test",
        "\\001a\\004test",
        "a.test",
        "a.test.a",
        &long,
        &longest,
    ];
    let mut account = WrittenAccount::default();
    let mut records: Vec<String> = Vec::new();
    let mut expected = Vec::new();
    for (place, name) in names.iter().enumerate() {
        records.push(format!("{name} A 192.0.2.{place}"));
        expected.push((format!("{name}.a.test"), format!("192.0.2.{place}")));
        if *name != longest {
            // A CNAME to each, and one host of mail for all.
            records.push(format!("c{place} CNAME {name}.a.test."));
            expected.push((format!("c{place}.a.test"), format!("192.0.2.{place}")));
        }
    }
    let hosts: Vec<_> = names.iter().map(|name| format!("10 {name}.a.test.")).collect();
    records.push(format!("@ MX {}", hosts.join(" | ")));
    account.public_zone("a.test", &records.iter().map(String::as_str).collect::<Vec<_>>());
    (account, expected)
}

#[test]
fn compressed_names_mean_what_was_stored_whatever_their_bytes() {
    let (account, expected) = odd_zone();
    let server = Server::new(&account);
    for (name, address) in expected {
        let reply = server.ask(&query(&name, "A"));
        let last = reply.message.answers.last().unwrap();
        assert_eq!((last.data.to_string(), reply.rcode()), (address, ResponseCode::NoError), "{name}");
        check_pointers(&reply.bytes);
        // The owner of the last record, label by label, is the name whose address it is.
        if let RData::CNAME(target) = &reply.message.answers[0].data {
            assert!(last.name.iter().eq(target.0.iter()), "{name}");
        }
        let owner: Vec<&[u8]> = reply.message.answers[0].name.iter().collect();
        let wire = crate::asking::wire_name(&name);
        let mut rest = &wire[..];
        for label in owner {
            assert_eq!((usize::from(rest[0]), &rest[1..=label.len()]), (label.len(), label));
            rest = &rest[1 + label.len()..];
        }
    }
    let mx = server.ask(&Query { transport: TCP, ..query("A.test", "MX") });
    assert_eq!(mx.counts(), (15, 4, 15));
    check_pointers(&mx.bytes);
    for additional in &mx.message.additionals {
        let is_its_host = |record: &&hickory_proto::rr::Record| match &record.data {
            RData::MX(mx) => mx.exchange == additional.name,
            _ => false,
        };
        assert_eq!(mx.message.answers.iter().filter(is_its_host).count(), 1, "{}", additional.name);
    }
}

proptest! {
    /// Any names in one reply: each comes back as it went in, however they are compressed against the question.
    #[test]
    fn names_survive_compression(
        labels in proptest::collection::vec(proptest::collection::vec(
            prop_oneof![Just(1u8), Just(4), Just(b'a'), Just(b'A'), Just(b't'), Just(0), any::<u8>()], 1..6), 1..5),
        asked in proptest::collection::vec(prop_oneof!["a", "b", "test", "a\\\\001a"], 0..4),
    ) {
        let escape = |label: &Vec<u8>| label.iter().map(|byte| format!("\\{byte:03o}")).collect::<String>();
        let target = labels.iter().map(escape).chain(["a.test".to_owned()]).collect::<Vec<_>>().join(".");
        let mut account = WrittenAccount::default();
        account.public_zone("a.test", &[&*format!("* MX 10 {target}. | 20 a.test. | 30 test."), "@ A 192.0.2.1"]);
        let asked = asked.into_iter().chain(["q".to_owned(), "a.test".to_owned()]).collect::<Vec<_>>().join(".");
        let reply = Server::new(&account).ask(&query(&asked, "MX"));
        let expected = crate::asking::wire_name(&format!("{target}."));
        let found = reply.message.answers.iter().find_map(|record| match &record.data {
            RData::MX(mx) if mx.preference == 10 => Some(mx.exchange.clone()),
            _ => None,
        });
        let mut wire: Vec<u8> = found.unwrap().iter().flat_map(|label| [&[label.len() as u8], label].concat()).collect();
        wire.push(0);
        prop_assert!(wire.eq_ignore_ascii_case(&expected), "{wire:02x?} {expected:02x?}");
        check_pointers(&reply.bytes);
    }
}
