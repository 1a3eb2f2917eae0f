//! Record sets as `aws route53 list-resource-record-sets` prints them.

use std::fmt::Write;

use crate::api::xml::Element;

/// The members of every structure of the answer, in the order of the API model, which the AWS CLI keeps.
const ORDER: [&str; 27] = [
    "Name",
    "Type",
    "SetIdentifier",
    "Weight",
    "Region",
    "GeoLocation",
    "ContinentCode",
    "CountryCode",
    "SubdivisionCode",
    "Failover",
    "MultiValueAnswer",
    "TTL",
    "ResourceRecords",
    "Value",
    "AliasTarget",
    "HostedZoneId",
    "DNSName",
    "EvaluateTargetHealth",
    "HealthCheckId",
    "TrafficPolicyInstanceId",
    "CidrRoutingConfig",
    "CollectionId",
    "LocationName",
    "GeoProximityLocation",
    "AWSRegion",
    "LocalZoneGroup",
    "Coordinates",
];
const BARE: [&str; 5] = ["Weight", "TTL", "Bias", "MultiValueAnswer", "EvaluateTargetHealth"];
const LISTS: [&str; 1] = ["ResourceRecords"];

/// The document, with a line feed at its end.
pub fn record_sets_json(sets: &[Element]) -> String {
    let mut out = "{\n    \"ResourceRecordSets\": ".to_owned();
    write_list(sets, 1, &mut out);
    out.push_str("\n}\n");
    out
}

fn write_list(items: &[Element], depth: usize, out: &mut String) {
    write_block(('[', ']'), items.iter(), depth, out, |item, out| write_structure(item, depth + 1, out));
}

fn write_structure(element: &Element, depth: usize, out: &mut String) {
    let mut members: Vec<&Element> = element.children().iter().collect();
    members.sort_by_key(|member| ORDER.iter().position(|name| *name == member.name()).unwrap_or(ORDER.len()));
    write_block(('{', '}'), members.into_iter(), depth, out, |member, out| {
        let _ = write!(out, "{}: ", quoted(member.name()));
        match (member.name(), member.children()) {
            (name, items) if LISTS.contains(&name) => write_list(items, depth + 1, out),
            (name, []) => {
                let text = member.text().unwrap_or_default();
                if BARE.contains(&name) { out.push_str(text) } else { out.push_str(&quoted(text)) }
            }
            _ => write_structure(member, depth + 1, out),
        }
    });
}

fn write_block<'e>(
    (open, close): (char, char),
    items: impl ExactSizeIterator<Item = &'e Element>,
    depth: usize,
    out: &mut String,
    mut write_item: impl FnMut(&'e Element, &mut String),
) {
    out.push(open);
    let is_empty = items.len() == 0;
    for (place, item) in items.enumerate() {
        out.push_str(if place == 0 { "\n" } else { ",\n" });
        indent(depth + 1, out);
        write_item(item, out);
    }
    if !is_empty {
        out.push('\n');
        indent(depth, out);
    }
    out.push(close);
}

fn indent(depth: usize, out: &mut String) {
    out.extend(std::iter::repeat_n("    ", depth));
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
