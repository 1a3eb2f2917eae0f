//! Client locations in a zone file.

use std::collections::BTreeMap;

use super::diagnostic::Problems;
use super::fields::Fields;
use super::node::Node;
use crate::model::{AwsRegion, ClientLocation, CountryCode, UsState};

const KEYS: &[&str] = &["cidr", "country", "subdivision", "region", "coordinates", "latencies"];

pub(super) fn read(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<ClientLocation> {
    let before = problems.count();
    let fields = Fields::read(node, "a client location", KEYS, problems)?;
    let cidr = fields.require("cidr", problems).and_then(|node| node.network("cidr", problems));
    let country =
        fields.get("country").and_then(|node| node.parsed("country", problems, |text| text.parse::<CountryCode>()));
    let subdivision =
        fields.get("subdivision").and_then(|node| node.parsed("subdivision", problems, |text| text.parse::<UsState>()));
    // G-1: only the United States have subdivisions.
    if subdivision.is_some() && problems.count() == before && country.is_none_or(|country| country.as_str() != "US") {
        problems.add(fields.position("subdivision"), "subdivision is for the United States only", "add `country: US`");
    }
    let region = fields.get("region").and_then(|node| node.region("region", problems));
    let coordinates = fields.get("coordinates").and_then(|node| node.coordinates(problems));
    let latencies = fields.get("latencies").map(|node| latencies(node, problems)).unwrap_or_default();
    if problems.count() > before {
        return None;
    }
    Some(ClientLocation { cidr: cidr?, country, subdivision, region, coordinates, latencies })
}

/// LT-2: milliseconds by region.
fn latencies(node: &Node<'_>, problems: &mut Problems<'_>) -> BTreeMap<AwsRegion, u32> {
    let mut latencies = BTreeMap::new();
    for entry in node.mapping("latencies", problems).unwrap_or_default() {
        let region = match entry.key.as_str().parse::<AwsRegion>() {
            Ok(region) => Some(region),
            Err(error) => {
                problems.add(entry.at, error.to_string(), "write one such as us-east-1");
                None
            }
        };
        let milliseconds = entry.value.whole_number("latency", 0..=u32::MAX, problems);
        if let (Some(region), Some(milliseconds)) = (region, milliseconds) {
            latencies.insert(region, milliseconds);
        }
    }
    latencies
}
