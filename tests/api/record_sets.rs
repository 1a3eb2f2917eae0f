//! Random change batches against a small model: what is refused changes nothing, and lists of every page size are the
//! model's list, which DNS answers by.

use std::collections::BTreeMap;
use std::fmt::Write;

use fastrand::Rng;

use crate::client::{Over, ask};
use crate::http::{Client, Response};
use crate::message::{A, Query};

const NAMESPACE: &str = "https://route53.amazonaws.com/doc/2013-04-01/";
const APEX: &str = "random.example.";
/// Labels in front of the apex. Some sort before the dot, some after, and one is written in two ways.
const LABELS: [&str; 8] = ["a", "a-b", "x.a", "\\052", "0", "b\\041", "\\100", "a0"];

/// The labels from the right, each with its dot, the type, the set identifier: N-9 as the guide words it.
type Key = (String, &'static str, String);

#[derive(Clone, Debug, PartialEq)]
struct Set {
    label: &'static str,
    record_type: &'static str,
    /// With one it is a weighted set.
    identifier: &'static str,
    ttl: u32,
    values: Vec<String>,
}

impl Set {
    fn random(rng: &mut Rng) -> Set {
        let label = rng.choice(LABELS).unwrap();
        let record_type = rng.choice(["A", "TXT", "CNAME"]).unwrap();
        let identifier = if label == "0" { rng.choice(["i", "j", "k"]).unwrap() } else { "" };
        let ttl = if identifier.is_empty() { rng.u32(1..4) } else { 60 };
        let count = if record_type == "CNAME" { 1 } else { rng.usize(1..3) };
        let value = |number: usize| match record_type {
            "A" => format!("192.0.2.{number}"),
            "TXT" => format!("\"{number} &lt;\""),
            _ => format!("host{number}.example."),
        };
        let first = rng.usize(1..4);
        Set { label, record_type, identifier, ttl, values: (first..first + count).map(value).collect() }
    }

    fn name(&self) -> String {
        format!("{}.{APEX}", self.label)
    }

    fn key(&self) -> Key {
        let unescaped = self.name().replace("\\052", "*").replace("\\041", "!").replace("\\100", "@");
        let labels: Vec<&str> = unescaped.trim_end_matches('.').rsplit('.').collect();
        (labels.join(".") + ".", self.record_type, self.identifier.to_owned())
    }

    /// As it is listed, and as it may be sent.
    fn xml(&self) -> String {
        let mut xml = format!("<Name>{}</Name><Type>{}</Type>", self.name(), self.record_type);
        if !self.identifier.is_empty() {
            write!(xml, "<SetIdentifier>{}</SetIdentifier><Weight>1</Weight>", self.identifier).unwrap();
        }
        write!(xml, "<TTL>{}</TTL><ResourceRecords>", self.ttl).unwrap();
        for value in &self.values {
            write!(xml, "<ResourceRecord><Value>{value}</Value></ResourceRecord>").unwrap();
        }
        format!("<ResourceRecordSet>{xml}</ResourceRecords></ResourceRecordSet>")
    }
}

type Model = BTreeMap<Key, Set>;

/// The model after a batch; `None` if it is refused.
fn after(model: &Model, batch: &[(&'static str, Set)]) -> Option<Model> {
    let mut next = model.clone();
    let mut done: BTreeMap<Key, Vec<&str>> = BTreeMap::new();
    let mut is_refused = false;
    for (action, set) in batch {
        let done = done.entry(set.key()).or_default();
        let is_allowed = done.is_empty() || (*done == ["DELETE"] && *action != "DELETE");
        if !is_allowed {
            is_refused = true;
            continue;
        }
        done.push(action);
        match (*action, next.get(&set.key())) {
            ("CREATE", Some(_)) | ("DELETE", None) => is_refused = true,
            ("DELETE", Some(found)) if found.ttl != set.ttl || !says_the_same(found, set) => is_refused = true,
            ("DELETE", Some(_)) => drop(next.remove(&set.key())),
            _ => drop(next.insert(set.key(), set.clone())),
        }
    }
    for set in next.values() {
        let has = |record_type| next.values().any(|it| it.label == set.label && it.record_type == record_type);
        is_refused |= has("CNAME") && (has("A") || has("TXT"));
    }
    (!is_refused).then_some(next)
}

fn says_the_same(one: &Set, other: &Set) -> bool {
    one.values.len() == other.values.len() && one.values.iter().all(|value| other.values.contains(value))
}

/// Every item of the list, page by page.
fn listed(client: &mut Client, zone: &str, size: usize) -> Vec<String> {
    let mut all = Vec::new();
    let mut start = String::new();
    loop {
        let target = format!("/2013-04-01/hostedzone/{zone}/rrset?maxitems={size}{start}");
        let Response { status, body, .. } = client.ask("GET", &target, "");
        assert_eq!(status, 200, "{body}");
        let items: Vec<String> = body
            .split("<ResourceRecordSet>")
            .skip(1)
            .map(|item| {
                format!("<ResourceRecordSet>{}</ResourceRecordSet>", item.split("</ResourceRecordSet>").next().unwrap())
            })
            .collect();
        assert!(items.len() <= size);
        all.extend(items);
        if !body.contains("<IsTruncated>true</IsTruncated>") {
            return all;
        }
        let next = |name: &str| {
            let (_, rest) = body.split_once(&format!("<{name}>"))?;
            Some(rest.split('<').next().unwrap().replace('\\', "%5C"))
        };
        start = format!("&name={}&type={}", next("NextRecordName").unwrap(), next("NextRecordType").unwrap());
        if let Some(identifier) = next("NextRecordIdentifier") {
            start += &format!("&identifier={identifier}");
        }
    }
}

#[test]
fn random_batches_do_what_the_model_says() {
    let seed = std::env::var("ROUTE53D_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| Rng::new().u64(..));
    println!("seed {seed}");
    let mut rng = Rng::with_seed(seed);
    let (server, api) = crate::serve(&[]);
    let mut client = Client::open(api);
    let body = format!(
        "<CreateHostedZoneRequest xmlns=\"{NAMESPACE}\"><Name>{APEX}</Name><CallerReference>r</CallerReference>\
         </CreateHostedZoneRequest>"
    );
    let made = client.ask("POST", "/2013-04-01/hostedzone", &body);
    assert_eq!(made.status, 201, "{}", made.body);
    let zone = made.header("location").unwrap().rsplit('/').next().unwrap().to_owned();
    let mut model = Model::new();
    let (mut done, mut refused) = (0, 0);
    for round in 0..300 {
        let mut batch: Vec<(&str, Set)> = Vec::new();
        for _ in 0..rng.usize(1..5) {
            let present: Vec<&Set> = model.values().collect();
            // What is there is named often, or hardly any deletion would do.
            let set = match present.is_empty() || rng.bool() {
                true => Set::random(&mut rng),
                false => present[rng.usize(..present.len())].clone(),
            };
            batch.push((rng.choice(["CREATE", "UPSERT", "DELETE"]).unwrap(), set));
        }
        let changes: String = batch
            .iter()
            .map(|(action, set)| {
                format!("<Change><Action>{action}</Action>{}</Change>", set.xml().replace("\\052", "*"))
            })
            .collect();
        let body = format!(
            "<ChangeResourceRecordSetsRequest xmlns=\"{NAMESPACE}\"><ChangeBatch><Changes>{changes}</Changes></ChangeBatch>\
             </ChangeResourceRecordSetsRequest>"
        );
        let answer = client.ask("POST", &format!("/2013-04-01/hostedzone/{zone}/rrset"), &body);
        match after(&model, &batch) {
            Some(next) => {
                assert_eq!(answer.status, 200, "round {round}: {batch:#?}\n{}", answer.body);
                model = next;
                done += 1;
            }
            None => {
                assert_eq!(answer.status, 400, "round {round}: {batch:#?}\n{}", answer.body);
                assert!(answer.body.contains("<Code>InvalidChangeBatch</Code><Message>["), "{}", answer.body);
                refused += 1;
            }
        }
        let expected: Vec<String> = model.values().map(Set::xml).collect();
        let sizes = if round % 20 == 0 { 1..=expected.len() + 3 } else { 300..=300 };
        for size in sizes {
            let found: Vec<String> = listed(&mut client, &zone, size)
                .into_iter()
                .filter(|item| !item.contains(&format!("<Name>{APEX}<")))
                .collect();
            assert_eq!(found, expected, "round {round}, pages of {size}");
        }
        // Names that are asked for by themselves: a wildcard would answer for others.
        for set in model.values().filter(|set| set.record_type == "A" && ["a", "x.a", "a0"].contains(&set.label)) {
            let mut answered: Vec<String> = ask(Over::Udp, server.address(), &Query::new(&set.name(), A))
                .addresses()
                .iter()
                .map(ToString::to_string)
                .collect();
            answered.sort();
            assert_eq!(answered, set.values, "round {round}: {}", set.name());
        }
    }
    assert!(done > 20 && refused > 20, "{done} done, {refused} refused");
}
