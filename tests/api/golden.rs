//! Conversations from files: `golden/*.txt`, each on a server of its own.
//!
//! A file is a list of exchanges. An exchange is a title (`# …`), the request line, perhaps headers of the request, its
//! body, a line `---`, the status, perhaps a `Location`, and the body of the answer. In a body the blanks at the start and
//! end of lines mean nothing, nor do line breaks. What stands in braces, such as `{zone}`, is whatever stands there in the
//! answer when it first comes, and the same from then on; `{_}` is anything.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use route53d::api::operation::OPERATIONS;

use crate::http::Client;

struct Exchange {
    title: String,
    request_line: String,
    headers: String,
    request: String,
    status: u16,
    location: Option<String>,
    response: String,
}

const START: &str = "<?xml version=\"1.0\"?>\n";

fn read(text: &str) -> Vec<Exchange> {
    let exchanges = text.split("\n# ").map(|part| {
        let (sent, answered) = part.split_once("\n---\n").unwrap_or_else(|| panic!("no answer in {part:?}"));
        let mut sent = sent.lines().peekable();
        let title = sent.next().unwrap().trim_start_matches("# ").to_owned();
        let request_line = sent.next().unwrap().to_owned();
        let mut headers = String::new();
        while let Some(header) = sent.next_if(|line| !line.starts_with('<') && line.contains(": ")) {
            headers += &format!("{header}\r\n");
        }
        let joined = |lines: &mut dyn Iterator<Item = &str>| lines.map(str::trim).collect::<String>();
        let request = joined(&mut sent);
        let mut answered = answered.lines().peekable();
        let status = answered.next().unwrap().parse().unwrap();
        let location = answered.next_if(|line| line.starts_with("Location: "));
        let location = location.map(|line| line.trim_start_matches("Location: ").to_owned());
        Exchange { title, request_line, headers, request, status, location, response: joined(&mut answered) }
    });
    exchanges.collect()
}

/// Replaces what is known already.
fn filled(text: &str, known: &HashMap<String, String>) -> String {
    let mut text = text.to_owned();
    for (name, value) in known {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text
}

/// Whether a text is as expected; learns what stands in braces.
fn fits(mut expected: &str, mut found: &str, known: &mut HashMap<String, String>) -> bool {
    loop {
        let Some((before, rest)) = expected.split_once('{') else { return expected == found };
        let (name, after) = rest.split_once('}').unwrap();
        let Some(at_value) = found.strip_prefix(before) else { return false };
        // The value goes to where what follows it begins: a tag, or the end.
        let follows = after.split('{').next().unwrap();
        let end = if follows.is_empty() { Some(at_value.len()) } else { at_value.find(follows) };
        let Some(end) = end else { return false };
        let value = &at_value[..end];
        if name != "_" && known.get(name).is_some_and(|before| before != value) {
            return false;
        }
        known.insert(name.to_owned(), value.to_owned());
        (expected, found) = (after, &at_value[end..]);
    }
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/golden")
}

fn converse(name: &str) {
    converse_with(name, &[]);
}

fn converse_with(name: &str, flags: &[&str]) {
    let directory = directory();
    let text = fs::read_to_string(directory.join(name)).unwrap();
    let zones = fs::read_to_string(directory.join("zones.yaml")).unwrap();
    let (_server, api) = crate::serve_with(&[("zones.yaml", &zones)], flags);
    let mut client = Client::open(api);
    let mut known = HashMap::new();
    for exchange in read(&text) {
        let (method, target) = exchange.request_line.split_once(' ').unwrap();
        let body = filled(&exchange.request, &known);
        let body = if body.is_empty() { body } else { format!("{START}{body}") };
        let response = client.ask_with(method, &filled(target, &known), &exchange.headers, &body);
        let title = format!("{name}, {}", exchange.title);
        assert_eq!(response.status, exchange.status, "{title}: {}", response.body);
        assert_eq!(response.header("content-type"), Some("text/xml"), "{title}");
        let found = response.body.strip_prefix(START).unwrap_or_else(|| panic!("{title}: {}", response.body));
        assert!(
            fits(&filled(&exchange.response, &known), found, &mut known),
            "{title}\n  expected {}\n  found    {found}",
            filled(&exchange.response, &known)
        );
        known.remove("_");
        let location = exchange.location.map(|location| filled(&location, &known));
        assert_eq!(response.header("location"), location.as_deref(), "{title}");
    }
}

/// The codes of errors that no conversation has: why, and what provokes them instead.
const ELSEWHERE: [(&str, &str); 8] = [
    ("ConcurrentModification", "others would have to be quicker eight times in a row"),
    ("InternalFailure", "what provokes it is a defect"),
    ("PriorRequestNotComplete", "takes two changes of a zone at once and `--throttle`: `pace`"),
    ("RequestEntityTooLarge", "takes a body of two mebibytes: `robustness`"),
    ("RequestTimeout", "takes 20 seconds: `src/api/listener_tests.rs`"),
    ("ServiceUnavailable", "takes a disk that fails: `full_disk`"),
    ("Throttling", "takes many requests at once and `--throttle`: `pace`"),
    ("TooManyTrafficPolicyVersionsForCurrentPolicy", "takes a thousand versions: `traffic_policies`"),
];

/// The variants of the enums of codes, in the order of the source.
fn error_codes() -> BTreeSet<String> {
    let source = include_str!("../../src/api/error.rs");
    let variants = ["pub enum ErrorCode {", "pub enum ProtectionErrorCode {"].into_iter().flat_map(|start| {
        let (_, rest) = source.split_once(start).unwrap();
        rest.split('}').next().unwrap().split(',').map(str::trim).filter(|name| !name.is_empty())
    });
    variants.map(str::to_owned).collect()
}

#[test]
fn there_is_a_pair_for_every_operation_and_every_error() {
    let mut answered = BTreeSet::new();
    let mut codes = BTreeSet::new();
    for entry in fs::read_dir(directory()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "txt") {
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(include_str!("golden.rs").contains(&format!("(\"{name}\"")), "no test has the conversation {name}");
        for exchange in read(&fs::read_to_string(&path).unwrap()) {
            let root = exchange.response.trim_start_matches('<').split([' ', '>']).next().unwrap();
            answered.extend(root.strip_suffix("Response").map(str::to_owned));
            let told = exchange.response.split("<Code>").skip(1);
            codes.extend(told.map(|rest| rest.split('<').next().unwrap().to_owned()));
        }
    }
    let missing: Vec<_> = OPERATIONS.iter().filter(|row| !answered.contains(&row.operation.to_string())).collect();
    assert!(missing.is_empty(), "no conversation has a success of {missing:#?}");
    let elsewhere: BTreeSet<String> = ELSEWHERE.iter().map(|(code, _)| (*code).to_owned()).collect();
    let told: BTreeSet<_> = codes.union(&elsewhere).cloned().collect();
    assert_eq!(error_codes(), told, "each error has a conversation, or a reason why not");
    assert_eq!(codes.intersection(&elsewhere).collect::<Vec<_>>(), Vec::<&String>::new(), "these have one after all");
}

#[test]
fn hosted_zones() {
    converse("hosted_zones.txt");
}

#[test]
fn record_sets() {
    converse("record_sets.txt");
}

#[test]
fn aliases() {
    converse("aliases.txt");
}

#[test]
fn errors() {
    converse("errors.txt");
}

#[test]
fn private_zones() {
    converse("private_zones.txt");
}

#[test]
fn traffic_policies() {
    converse("traffic_policies.txt");
}

#[test]
fn the_rest() {
    converse("the_rest.txt");
}

#[test]
fn dnssec() {
    converse("dnssec.txt");
}

#[test]
fn query_logging_configs() {
    converse("query_logging_configs.txt");
}

#[test]
fn protections() {
    converse("protections.txt");
}

#[test]
fn features() {
    converse("features.txt");
}

#[test]
fn health_checks() {
    converse("health_checks.txt");
}

#[test]
fn cidr_collections() {
    converse("cidr_collections.txt");
}

#[test]
fn delegation_sets() {
    converse("delegation_sets.txt");
}

#[test]
fn associations() {
    converse("associations.txt");
}

#[test]
fn places_and_limits() {
    converse("places_and_limits.txt");
}

#[test]
fn tags() {
    converse("tags.txt");
}

#[test]
fn traffic_policy_lists() {
    converse("traffic_policy_lists.txt");
}

#[test]
fn credentials() {
    let keys = directory().join("credentials.yaml");
    converse_with("credentials.txt", &["--credentials", keys.to_str().unwrap()]);
}
