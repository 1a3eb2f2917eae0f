//! Conversations from files: `golden/*.txt`, each on a server of its own.
//!
//! A file is a list of exchanges. An exchange is a title (`# …`), the request line, the request's body, a line `---`, the
//! status, perhaps a `Location`, and the body of the answer. In a body the blanks at the start and end of lines mean
//! nothing, nor do line breaks. What stands in braces, such as `{zone}`, is whatever stands there in the answer when it
//! first comes, and the same from then on; `{_}` is anything.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use crate::http::Client;

struct Exchange {
    title: String,
    request_line: String,
    request: String,
    status: u16,
    location: Option<String>,
    response: String,
}

const START: &str = "<?xml version=\"1.0\"?>\n";

fn read(text: &str) -> Vec<Exchange> {
    let exchanges = text.split("\n# ").map(|part| {
        let (sent, answered) = part.split_once("\n---\n").unwrap_or_else(|| panic!("no answer in {part:?}"));
        let mut sent = sent.lines();
        let title = sent.next().unwrap().trim_start_matches("# ").to_owned();
        let request_line = sent.next().unwrap().to_owned();
        let joined = |lines: &mut dyn Iterator<Item = &str>| lines.map(str::trim).collect::<String>();
        let request = joined(&mut sent);
        let mut answered = answered.lines().peekable();
        let status = answered.next().unwrap().parse().unwrap();
        let location = answered.next_if(|line| line.starts_with("Location: "));
        let location = location.map(|line| line.trim_start_matches("Location: ").to_owned());
        Exchange { title, request_line, request, status, location, response: joined(&mut answered) }
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

fn converse(name: &str) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/golden");
    let text = fs::read_to_string(directory.join(name)).unwrap();
    let zones = fs::read_to_string(directory.join("zones.yaml")).unwrap();
    let (_server, api) = crate::serve(&[("zones.yaml", &zones)]);
    let mut client = Client::open(api);
    let mut known = HashMap::new();
    for exchange in read(&text) {
        let (method, target) = exchange.request_line.split_once(' ').unwrap();
        let body = filled(&exchange.request, &known);
        let body = if body.is_empty() { body } else { format!("{START}{body}") };
        let response = client.ask(method, &filled(target, &known), &body);
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

#[test]
fn hosted_zones() {
    converse("hosted_zones.txt");
}

#[test]
fn record_sets() {
    converse("record_sets.txt");
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
fn the_rest() {
    converse("the_rest.txt");
}
