//! Random change batches against a small model: what is refused changes nothing, and lists of every page size are the
//! model's list, which DNS answers by, and of which every item can be deleted as it was listed.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddr};

use fastrand::Rng;

use crate::client::{BOTH, ask};
use crate::http::{Client, Response, request};
use crate::message::{A, Query, TXT};

const CNAME: u16 = 5;
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

    fn query_type(&self) -> u16 {
        query_type(self.record_type)
    }

    /// As its records say it on the wire.
    fn rdata(&self) -> Vec<Vec<u8>> {
        let of_value = |value: &String| match self.record_type {
            "A" => value.parse::<Ipv4Addr>().unwrap().octets().to_vec(),
            "TXT" => {
                let text = value.trim_matches('"').replace("&lt;", "<");
                [&[text.len() as u8], text.as_bytes()].concat()
            }
            _ => {
                let labels =
                    value.split_terminator('.').flat_map(|label| [&[label.len() as u8], label.as_bytes()].concat());
                labels.chain([0]).collect()
            }
        };
        let mut rdata: Vec<_> = self.values.iter().map(of_value).collect();
        rdata.sort();
        rdata
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

/// The model after a batch, gone through in order (C-1); `None` if it is refused.
fn after(model: &Model, batch: &[(&'static str, Set)]) -> Option<Model> {
    let mut next = model.clone();
    // Until its turn, what is upserted is not there.
    next.retain(|key, _| batch.iter().find(|(_, set)| set.key() == *key).is_none_or(|(action, _)| *action != "UPSERT"));
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
        let has = |record_type| next.values().any(|it| it.label == set.label && it.record_type == record_type);
        is_refused |= has("CNAME") && (has("A") || has("TXT"));
    }
    (!is_refused).then_some(next)
}

fn says_the_same(one: &Set, other: &Set) -> bool {
    one.values.len() == other.values.len() && one.values.iter().all(|value| other.values.contains(value))
}

fn query_type(record_type: &str) -> u16 {
    match record_type {
        "A" => A,
        "TXT" => TXT,
        _ => CNAME,
    }
}

/// Asks for every name with every type, those that are not there too, and holds what DNS says against the model.
fn check_answers(server: SocketAddr, model: &Model, rng: &mut Rng) {
    let sets_of = |label: &str, record_type: &str| -> Vec<&Set> {
        model.values().filter(|set| set.label == label && set.record_type == record_type).collect()
    };
    // `x.a` makes a name of `a`, too.
    let exists = |label: &str| model.values().any(|set| set.label == label || (label == "a" && set.label == "x.a"));
    for label in LABELS {
        for record_type in ["A", "TXT", "CNAME"] {
            let name = format!("{label}.{APEX}");
            let over = *rng.choice(&BOTH).unwrap();
            let response = ask(over, server, &Query::new(&name, query_type(record_type)));
            let records: Vec<_> = response.records().into_iter().filter(|record| record.section == 0).collect();
            let source = match exists(label) {
                true => Some(label),
                // W-6: a wildcard reaches no further than to the next name there is.
                false if label == "x.a" && exists("a") => None,
                false => Some("\\052").filter(|wildcard| exists(wildcard)),
            };
            let own = source.map_or_else(Vec::new, |source| sets_of(source, record_type));
            let alias = source.map_or_else(Vec::new, |source| sets_of(source, "CNAME"));
            // A set for itself, or one of several that are weighted.
            let possible = if own.is_empty() { alias } else { own };
            let says = |set: &&Set| {
                records.iter().all(|record| (record.record_type, record.ttl) == (set.query_type(), set.ttl))
                    && records.iter().map(|record| &record.rdata).eq(&set.rdata())
            };
            let is_right = match possible.is_empty() {
                true => records.is_empty(),
                false => possible.iter().any(says),
            };
            assert!(is_right, "{name} {record_type}: {records:?} and not one of {possible:#?}");
        }
    }
}

/// Every item of the list, page by page.
fn listed(client: &mut Client, zone: &str, size: usize) -> Vec<String> {
    listed_from(client, zone, size, "")
}

/// From a place on, which the query names.
fn listed_from(client: &mut Client, zone: &str, size: usize, start: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut start = start.to_owned();
    loop {
        let response = client.get(&format!("hostedzone/{zone}/rrset?maxitems={size}{start}"));
        let items = response.texts("ResourceRecordSet");
        let effective = size.min(300);
        assert_eq!(response.text("MaxItems"), Some(effective.to_string().as_str()));
        let is_truncated = response.text("IsTruncated") == Some("true");
        assert!(
            items.len() == effective || (!is_truncated && items.len() < effective),
            "a page has as many as there are"
        );
        all.extend(items.into_iter().map(|item| format!("<ResourceRecordSet>{item}</ResourceRecordSet>")));
        let body = &response.body;
        if !is_truncated {
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

/// The seed of a run, which is told, so that it can be had again.
pub fn seeded() -> Rng {
    let given = std::env::var("ROUTE53D_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| Rng::new().u64(..));
    println!("ROUTE53D_TEST_SEED={seed}");
    Rng::with_seed(seed)
}

fn create_zone(client: &mut Client) -> String {
    let members = format!("<Name>{APEX}</Name><CallerReference>r</CallerReference>");
    client.done("hostedzone", "CreateHostedZone", &members).made().to_owned()
}

fn change(client: &mut Client, zone: &str, changes: &str) -> Response {
    let members = format!("<ChangeBatch><Changes>{changes}</Changes></ChangeBatch>");
    client.ask("POST", &format!("/2013-04-01/hostedzone/{zone}/rrset"), &request("ChangeResourceRecordSets", &members))
}

fn change_xml(action: &str, set: &str) -> String {
    format!("<Change><Action>{action}</Action>{set}</Change>")
}

/// The record sets that are not the zone's own.
fn made(items: Vec<String>) -> Vec<String> {
    items.into_iter().filter(|item| !item.contains(&format!("<Name>{APEX}<"))).collect()
}

#[test]
fn random_batches_do_what_the_model_says() {
    let mut rng = seeded();
    let (server, api) = crate::serve(&[]);
    let mut client = Client::open(api);
    let zone = create_zone(&mut client);
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
        let changes: String =
            batch.iter().map(|(action, set)| change_xml(action, &set.xml().replace("\\052", "*"))).collect();
        let answer = change(&mut client, &zone, &changes);
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
            assert_eq!(made(listed(&mut client, &zone, size)), expected, "round {round}, pages of {size}");
        }
        check_starts(&mut client, &zone, &model, &mut rng);
        check_answers(server.address(), &model, &mut rng);
        if round % 4 == 0 {
            // As they stand in the list, and all at once.
            let mut listed = made(listed(&mut client, &zone, 300));
            listed.retain(|_| rng.u32(..3) == 0);
            let changes: String = listed.iter().map(|item| change_xml("DELETE", item)).collect();
            if !listed.is_empty() {
                let answer = change(&mut client, &zone, &changes);
                assert_eq!(answer.status, 200, "round {round}: {}", answer.body);
            }
            model.retain(|_, set| !listed.contains(&set.xml()));
            check_answers(server.address(), &model, &mut rng);
        }
    }
    assert!(done > 20 && refused > 20, "{done} done, {refused} refused");
}

/// N-9: a list begins with the first record set at or behind the place that is named, be there one or not.
fn check_starts(client: &mut Client, zone: &str, model: &Model, rng: &mut Rng) {
    let set = Set::random(rng);
    let (name, key) = (set.name().replace('\\', "%5C"), set.key());
    let from = |is_from: &dyn Fn(&Key) -> bool| -> Vec<String> {
        model.iter().filter(|(key, _)| is_from(key)).map(|(_, set)| set.xml()).collect()
    };
    let starts = [
        (format!("&name={name}"), from(&|it| it.0 >= key.0)),
        (format!("&name={name}&type={}", set.record_type), from(&|it| (&it.0, it.1) >= (&key.0, key.1))),
        (format!("&name={name}&type={}&identifier={}", set.record_type, set.identifier), from(&|it| *it >= key)),
    ];
    for (start, expected) in starts {
        assert_eq!(made(listed_from(client, zone, rng.usize(1..5), &start)), expected, "{start}");
    }
}

#[test]
fn pages_of_every_size_have_each_record_set_once() {
    const COUNT: usize = 320;
    let (_server, api) = crate::serve(&[]);
    let mut client = Client::open(api);
    let zone = create_zone(&mut client);
    let mut sets: Vec<Set> = (0..COUNT - 2)
        .map(|number| Set {
            label: Box::leak(format!("{}{number}", ["n", "x.", "a-"][number % 3]).into_boxed_str()),
            record_type: ["A", "TXT"][number % 2],
            identifier: "",
            ttl: 60,
            values: vec![["192.0.2.1", "\"text\""][number % 2].to_owned()],
        })
        .collect();
    for part in sets.chunks(100) {
        let changes: String = part.iter().map(|set| change_xml("CREATE", &set.xml())).collect();
        assert_eq!(change(&mut client, &zone, &changes).status, 200);
    }
    sets.sort_by_key(Set::key);
    let expected: Vec<String> = sets.iter().map(Set::xml).collect();
    for size in (1..=COUNT + 2).chain([1_000, usize::MAX]) {
        let all = listed(&mut client, &zone, size);
        assert_eq!(all.len(), COUNT, "pages of {size}");
        assert!(made(all) == expected, "pages of {size}");
    }
    assert_eq!(client.get(&format!("hostedzone/{zone}/rrset")).texts("ResourceRecordSet").len(), 100);
}
