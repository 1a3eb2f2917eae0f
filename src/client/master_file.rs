//! A zone as a master file (RFC 1035 §5), with what it has no words for written as cli53 does: `AWS ALIAS` for aliases,
//! a comment `; AWS routing="…"` behind each record of a routing policy.

use std::fmt::Write;

use crate::model::domain_name::wire_to_text;
use crate::model::{
    DomainName, FailoverRole, GeoLocation, GeoProximityPlace, RecordContent, RecordSet, RecordType, RecordValue,
    RoutingPolicy,
};

use super::found::ListedZone;

/// The TTL that cli53 writes for aliases, which have none.
const ALIAS_TTL: u32 = 86_400;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterFile {
    pub text: String,
    pub notes: Vec<String>,
}

pub fn master_file(zone: &ListedZone) -> MasterFile {
    let mut file = MasterFile { text: String::new(), notes: Vec::new() };
    let _ = writeln!(file.text, "$ORIGIN {}", full(&zone.head.name));
    if let Some(dnssec) = zone.dnssec_words() {
        let name = &zone.head.name;
        file.notes.push(format!("hosted zone {name} has {dnssec}, left out because master files cannot hold them"));
    }
    let mut sets: Vec<&RecordSet> = zone.record_sets.iter().collect();
    // The SOA comes first (RFC 1035 §5.2), then the rest of the apex.
    let order = |set: &RecordSet| (*set.name() != zone.head.name, set.record_type() != RecordType::Soa);
    sets.sort_by_key(|set| order(set));
    for set in sets {
        write_set(set, zone, &mut file.text);
        match set.routing_policy() {
            RoutingPolicy::IpBased(_) | RoutingPolicy::Geoproximity(_) => {
                let kind = set.routing_policy().kind();
                file.notes.push(format!(
                    "{}: cli53 knows no {kind} routing; here it is written in the same manner",
                    set.key()
                ));
            }
            RoutingPolicy::Simple if set.health_check_id().is_some() => {
                file.notes.push(format!("{}: cli53 knows no health check without a routing policy", set.key()));
            }
            _ => {}
        }
    }
    file
}

fn write_set(set: &RecordSet, zone: &ListedZone, out: &mut String) {
    let owner = shortened(set.name(), &zone.head.name);
    let comment = comment(set);
    let record_type = set.record_type();
    match set.content() {
        RecordContent::Values { ttl, values } => {
            for value in values {
                let text = master_text(record_type, value);
                let _ = writeln!(out, "{owner}\t{ttl}\tIN\t{record_type}\t{text}{comment}");
            }
        }
        RecordContent::Alias(target) => {
            let (name, id) = match target.hosted_zone_id == zone.head.id {
                true => (shortened(&target.dns_name, &zone.head.name), "$self"),
                false => (full(&target.dns_name), target.hosted_zone_id.as_str()),
            };
            let health = target.evaluate_target_health;
            let _ = writeln!(out, "{owner}\t{ALIAS_TTL}\tAWS\tALIAS\t{record_type} {name} {id} {health}{comment}");
        }
    }
}

/// ` ; AWS routing="WEIGHTED" weight=1 healthCheckId="…" identifier="…"`, as cli53 orders it.
fn comment(set: &RecordSet) -> String {
    let mut words = policy_words(set.routing_policy());
    words.extend(set.health_check_id().map(|id| word("healthCheckId", id.as_str())));
    words.extend(set.set_identifier().map(|id| word("identifier", id.as_str())));
    if words.is_empty() { String::new() } else { format!(" ; AWS {}", words.join(" ")) }
}

fn policy_words(policy: &RoutingPolicy) -> Vec<String> {
    let routing = |kind: &str| word("routing", kind);
    match policy {
        RoutingPolicy::Simple => Vec::new(),
        RoutingPolicy::Weighted { weight } => vec![routing("WEIGHTED"), format!("weight={weight}")],
        RoutingPolicy::Failover(role) => {
            let role = match role {
                FailoverRole::Primary => "PRIMARY",
                FailoverRole::Secondary => "SECONDARY",
            };
            vec![routing("FAILOVER"), word("failover", role)]
        }
        RoutingPolicy::Latency { region } => vec![routing("LATENCY"), word("region", region.name())],
        RoutingPolicy::Geolocation(location) => {
            let mut words = vec![routing("GEOLOCATION")];
            match location {
                GeoLocation::Default => words.push(word("countryCode", "*")),
                GeoLocation::Continent(continent) => words.push(word("continentCode", continent.code())),
                GeoLocation::Country(country) => words.push(word("countryCode", country.as_str())),
                GeoLocation::Subdivision(state) => {
                    words.extend([word("countryCode", "US"), word("subdivisionCode", state.as_str())]);
                }
            }
            words
        }
        RoutingPolicy::MultiValue => vec![routing("MULTIVALUE")],
        RoutingPolicy::IpBased(config) => vec![
            routing("IPBASED"),
            word("collectionId", config.collection.as_str()),
            word("locationName", &config.location.to_string()),
        ],
        RoutingPolicy::Geoproximity(location) => {
            let mut words = vec![routing("GEOPROXIMITY")];
            match &location.place {
                GeoProximityPlace::Region(region) => words.push(word("awsRegion", region.name())),
                GeoProximityPlace::LocalZoneGroup(group) => words.push(word("localZoneGroup", group.name())),
                GeoProximityPlace::Coordinates(place) => words.extend([
                    word("latitude", &place.latitude().to_string()),
                    word("longitude", &place.longitude().to_string()),
                ]),
            }
            words.push(format!("bias={}", location.bias.get()));
            words
        }
    }
}

/// cli53 knows these two escapes. No comment goes over the end of its line.
fn word(key: &str, value: &str) -> String {
    format!("{key}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The value in the words of RFC 1035: Route 53 escapes in octal where that has decimal numbers.
fn master_text(record_type: RecordType, value: &RecordValue) -> String {
    let text = RecordValue::canonical_text(record_type, value.rdata());
    let mut out = String::with_capacity(text.len());
    let mut is_quoted = false;
    let mut rest = text.as_str();
    while let Some(character) = rest.chars().next() {
        let octal = rest.get(1..4).filter(|digits| digits.bytes().all(|it| matches!(it, b'0'..=b'7')));
        if character == '\\'
            && let Some(byte) = octal.and_then(|digits| u8::from_str_radix(digits, 8).ok())
        {
            let _ = write!(out, "\\{byte:03}");
            rest = &rest[4..];
            continue;
        }
        rest = &rest[character.len_utf8()..];
        match character {
            '\\' => {
                out.push('\\');
                let escaped = rest.chars().next();
                out.extend(escaped);
                rest = &rest[escaped.map_or(0, char::len_utf8)..];
            }
            '"' => {
                is_quoted = !is_quoted;
                out.push('"');
            }
            // What means something where nothing is quoted.
            ';' | '(' | ')' | '@' | '$' if !is_quoted => out.extend(['\\', character]),
            _ => out.push(character),
        }
    }
    out
}

/// With its final dot.
fn full(name: &DomainName) -> String {
    // `*` must be plain, or it would be no wildcard.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'*' | b'/');
    decimal(&wire_to_text(name.wire(), is_plain))
}

/// Relative to the origin.
fn shortened(name: &DomainName, origin: &DomainName) -> String {
    if name == origin {
        return "@".to_owned();
    }
    let (name_text, origin_text) = (full(name), full(origin));
    if origin.is_root() || !name.is_at_or_below(origin) {
        return name_text;
    }
    name_text[..name_text.len() - origin_text.len() - 1].to_owned()
}

/// Octal escapes as decimal ones.
fn decimal(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at(3.min(part.len()));
        let byte = u8::from_str_radix(digits, 8).unwrap_or_default();
        let _ = write!(out, "\\{byte:03}{rest}");
    }
    out
}
