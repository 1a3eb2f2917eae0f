//! Record sets in a zone file: one list item is one ResourceRecordSet.

use super::diagnostic::{Position, Problems};
use super::drafted::CollectionNames;
use super::fields::{Fields, nearest};
use super::node::Node;
use super::routing_policy;
use crate::model::{
    AliasTarget, DomainName, HealthCheckId, HostedZoneId, NameError, RecordContent, RecordSet, RecordSetError,
    RecordSetParts, RecordType, RecordValue, SetIdentifier, limits,
};

/// What a record set refers to: its zone, and the CIDR collections by name.
pub(super) struct Surroundings<'a> {
    pub zone: &'a DomainName,
    pub zone_id: &'a HostedZoneId,
    pub collections: &'a CollectionNames,
}

const KEYS: &[&str] = &[
    "name",
    "type",
    "set_identifier",
    "weight",
    "failover",
    "region",
    "geo_location",
    "geo_proximity_location",
    "multi_value_answer",
    "cidr_routing_config",
    "ttl",
    "values",
    "alias_target",
    "health_check_id",
];

/// Reads one item of `records`. `None` if it cannot be read: why is among the problems.
pub(super) fn read(node: &Node<'_>, surroundings: &Surroundings<'_>, problems: &mut Problems<'_>) -> Option<RecordSet> {
    let before = problems.count();
    let fields = Fields::read(node, "a record", KEYS, problems)?;
    let name = fields
        .require("name", problems)
        .and_then(|node| node.domain_name("name", problems, |text| name_in_zone(text, surroundings.zone)));
    let record_type = fields.require("type", problems).and_then(|node| record_type(node, problems));
    let set_identifier: Option<SetIdentifier> =
        fields.get("set_identifier").and_then(|node| node.identifier("set_identifier", problems));
    let health_check_id: Option<HealthCheckId> =
        fields.get("health_check_id").and_then(|node| node.identifier("health_check_id", problems));
    let policy = routing_policy::read(&fields, surroundings, problems);
    let content = content(&fields, record_type, surroundings, problems);
    let (name, record_type, (routing_policy, policy_key), content) = (name?, record_type?, policy?, content?);
    if problems.count() > before {
        return None;
    }
    let parts = RecordSetParts { name, record_type, set_identifier, routing_policy, content, health_check_id };
    match RecordSet::new(parts, surroundings.zone_id) {
        Ok(set) => Some(set),
        Err(errors) => {
            for error in errors {
                problems.add(position_of(&error, &fields, policy_key), error.to_string(), error.hint());
            }
            None
        }
    }
}

/// Where the key stands that breaks a rule of the record set.
fn position_of(error: &RecordSetError, fields: &Fields<'_, '_>, policy_key: Option<&str>) -> Position {
    match error {
        RecordSetError::SetIdentifierMissing(_) => fields.position(policy_key.unwrap_or("name")),
        RecordSetError::SetIdentifierWithoutPolicy => fields.position("set_identifier"),
        RecordSetError::PolicyNotAllowed(..) => fields.position(policy_key.unwrap_or("type")),
        RecordSetError::AliasNotAllowed(_)
        | RecordSetError::MultiValueAlias
        | RecordSetError::AliasTypeOfAwsResource(..) => fields.position("alias_target"),
        RecordSetError::NoValues
        | RecordSetError::SeveralValues(_)
        | RecordSetError::TooManyValues(_)
        | RecordSetError::TooManyCharacters(_)
        | RecordSetError::DuplicateValue(_) => fields.position("values"),
        RecordSetError::TtlTooLarge(_) => fields.position("ttl"),
        RecordSetError::WildcardNameServer => fields.position("name"),
    }
}

impl Node<'_> {
    fn domain_name(
        &self,
        label: &str,
        problems: &mut Problems<'_>,
        parse: impl FnOnce(&str) -> Result<DomainName, NameError>,
    ) -> Option<DomainName> {
        let text = self.text(label, problems)?;
        match parse(text) {
            Ok(name) => Some(name),
            Err(error) => {
                let hint = match error {
                    NameError::IllegalCharacter(character) if character.is_control() => {
                        "in \"…\" YAML reads backslashes itself: write '…'"
                    }
                    _ => "",
                };
                problems.add(self.at, format!("{label}: {error}"), hint);
                None
            }
        }
    }
}

/// `@`, a name with a final dot, a name that already ends in the zone's, or a name relative to the zone.
pub(super) fn name_in_zone(text: &str, zone: &DomainName) -> Result<DomainName, NameError> {
    if text == "@" {
        return Ok(zone.clone());
    }
    let name = DomainName::parse(text)?;
    if text.ends_with('.') || name.is_at_or_below(zone) { Ok(name) } else { name.join(zone) }
}

fn record_type(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<RecordType> {
    let text = node.text("type", problems)?;
    let found = text.parse().ok();
    if found.is_none() {
        let names = RecordType::ALL.map(RecordType::name);
        let hint = match nearest(text, &names, problems) {
            Some(name) => format!("did you mean {name}?"),
            None => format!("use {}", names.join(", ")),
        };
        problems.add(node.at, format!("{text:?} is not a record type of Route 53"), hint);
    }
    found
}

/// `ttl` and `values`, or `alias_target`.
fn content(
    fields: &Fields<'_, '_>,
    record_type: Option<RecordType>,
    surroundings: &Surroundings<'_>,
    problems: &mut Problems<'_>,
) -> Option<RecordContent> {
    match (fields.get("values"), fields.get("alias_target")) {
        (Some(node), None) => {
            let ttl = fields
                .require("ttl", problems)
                .and_then(|node| node.whole_number("ttl", 0..=limits::MAX_TTL, problems));
            let values = values(node, record_type, problems);
            Some(RecordContent::Values { ttl: ttl?, values: values? })
        }
        (None, Some(node)) => {
            if fields.get("ttl").is_some() {
                // T-7.
                let hint = "remove it; the target's ttl is used";
                problems.add(fields.position("ttl"), "a record with alias_target has no ttl of its own", hint);
            }
            alias_target(node, surroundings, problems).map(RecordContent::Alias)
        }
        (Some(_), Some(_)) => {
            let message = "a record has values or alias_target, not both";
            problems.add(fields.position("alias_target"), message, "keep one of them");
            None
        }
        (None, None) => {
            if !fields.is_meant("values") && !fields.is_meant("alias_target") {
                problems.add(fields.at, "a record needs `ttl` and `values`, or `alias_target`", "");
            }
            None
        }
    }
}

fn values(node: &Node<'_>, record_type: Option<RecordType>, problems: &mut Problems<'_>) -> Option<Vec<RecordValue>> {
    let items = node.list("values", problems)?;
    // Values of a record whose type is unknown can only be looked at as texts.
    let Some(record_type) = record_type else {
        for item in items {
            item.text("a value", problems);
        }
        return None;
    };
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        if let Some(text) = item.text("a value", problems) {
            match RecordValue::parse(record_type, text) {
                Ok(value) => values.push(value),
                Err(error) => problems.add(item.at, error.to_string(), ""),
            }
        }
    }
    (values.len() == items.len()).then_some(values)
}

/// Without `hosted_zone_id` the target is in the record's own zone, where names may be relative.
fn alias_target(node: &Node<'_>, surroundings: &Surroundings<'_>, problems: &mut Problems<'_>) -> Option<AliasTarget> {
    let known = &["hosted_zone_id", "dns_name", "evaluate_target_health"];
    let fields = Fields::read(node, "alias_target", known, problems)?;
    let hosted_zone_id: Option<HostedZoneId> = match fields.get("hosted_zone_id") {
        Some(node) => node.identifier("hosted_zone_id", problems),
        None => Some(surroundings.zone_id.clone()),
    };
    let is_own_zone = hosted_zone_id.as_ref() == Some(surroundings.zone_id);
    let dns_name = fields.require("dns_name", problems).and_then(|node| {
        node.domain_name("dns_name", problems, |text| match is_own_zone {
            true => name_in_zone(text, surroundings.zone),
            false => DomainName::parse(text),
        })
    });
    let evaluate_target_health = match fields.get("evaluate_target_health") {
        Some(node) => node.truth("evaluate_target_health", problems),
        None => Some(false),
    };
    Some(AliasTarget {
        hosted_zone_id: hosted_zone_id?,
        dns_name: dns_name?,
        evaluate_target_health: evaluate_target_health?,
    })
}
