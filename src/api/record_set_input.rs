//! A record set of a change batch as it is sent: read by the schema first, made into a [`RecordSet`] later.

use crate::change::Action;
use crate::model::domain_name::wire_is_at_or_below;
use crate::model::{
    AliasTarget, DomainName, HealthCheckId, HostedZoneId, RecordContent, RecordSet, RecordSetError, RecordSetParts,
    RecordType, RecordValue, RoutingPolicy, SetIdentifier, limits,
};

use super::error::ApiError;
use super::id::{Prefix, RESOURCE_ID_LENGTH};
use super::xml::{Element, Members, check_length};
use super::{routing_policy, rule_words};

/// What is sent of one change. Names are as they were written.
pub struct RecordSetInput<'e> {
    action: Action,
    name: &'e str,
    record_type: RecordType,
    set_identifier: Option<&'e str>,
    policies: Vec<RoutingPolicy>,
    ttl: Option<u32>,
    values: Option<Vec<&'e str>>,
    alias: Option<AliasInput<'e>>,
    health_check_id: Option<HealthCheckId>,
    traffic_policy_instance_id: Option<&'e str>,
}

struct AliasInput<'e> {
    hosted_zone_id: &'e str,
    dns_name: &'e str,
    evaluate_target_health: bool,
}

const ACTIONS: [(&str, Action); 3] =
    [("CREATE", Action::Create), ("DELETE", Action::Delete), ("UPSERT", Action::Upsert)];

const MEMBERS: &[&str] = &[
    "Name",
    "Type",
    "SetIdentifier",
    "Weight",
    "Region",
    "GeoLocation",
    "Failover",
    "MultiValueAnswer",
    "TTL",
    "ResourceRecords",
    "AliasTarget",
    "HealthCheckId",
    "TrafficPolicyInstanceId",
    "CidrRoutingConfig",
    "GeoProximityLocation",
];

impl<'e> RecordSetInput<'e> {
    /// What the schema allows of an element `Change`.
    pub fn read(change: &'e Element) -> Result<RecordSetInput<'e>, ApiError> {
        let members = Members::of(change, &["Action", "ResourceRecordSet"])?;
        let action = members.required("Action")?.word(&ACTIONS)?;
        let input = RecordSetInput::read_set(action, members.required("ResourceRecordSet")?)?;
        // Lists may have longer ids: zone files can give them.
        if let Some(alias) = &input.alias {
            check_length(alias.hosted_zone_id, "ResourceId", 0..=RESOURCE_ID_LENGTH)?;
        }
        Ok(input)
    }

    /// An element `ResourceRecordSet` of a list: it says what would have to be sent to make one like it.
    pub fn read_listed(set: &'e Element) -> Result<RecordSetInput<'e>, ApiError> {
        RecordSetInput::read_set(Action::Create, set)
    }

    fn read_set(action: Action, set: &'e Element) -> Result<RecordSetInput<'e>, ApiError> {
        let members = Members::of(set, MEMBERS)?;
        let types = RecordType::ALL.map(|record_type| (record_type.name(), record_type));
        let health_check_id = members.optional("HealthCheckId").map(|id| id.text_of("HealthCheckId", 0..=64));
        let health_check_id = match health_check_id.transpose()? {
            None | Some("") => None,
            Some(id) => Some(HealthCheckId::new(id).map_err(|_| ApiError::no_such_health_check(id))?),
        };
        let ttl = members.optional("TTL").map(|ttl| ttl.number("TTL", 0..=limits::MAX_TTL));
        let identifier = members.optional("SetIdentifier");
        Ok(RecordSetInput {
            action,
            name: members.required("Name")?.text_of("DNSName", 0..=1024)?,
            record_type: members.required("Type")?.word(&types)?,
            set_identifier: identifier.map(|it| it.text_of("ResourceRecordSetIdentifier", 1..=128)).transpose()?,
            policies: routing_policy::read(&members)?,
            ttl: ttl.transpose()?,
            values: members.optional("ResourceRecords").map(read_values).transpose()?,
            alias: members.optional("AliasTarget").map(AliasInput::read).transpose()?,
            health_check_id,
            traffic_policy_instance_id: members
                .optional("TrafficPolicyInstanceId")
                .map(|id| id.text_of("TrafficPolicyInstanceId", 1..=36))
                .transpose()?,
        })
    }

    pub fn action(&self) -> Action {
        self.action
    }

    /// Whether it says what to answer: some lists only name the traffic policy instance that does.
    pub fn has_content(&self) -> bool {
        self.alias.is_some() || self.values.is_some()
    }

    pub fn traffic_policy_instance_id(&self) -> Option<&'e str> {
        self.traffic_policy_instance_id
    }

    /// L-2: records, an alias counting as one, and characters of their values.
    pub fn size(&self) -> (usize, usize) {
        let values = self.values.as_deref().unwrap_or_default();
        let characters = values.iter().map(|value| value.chars().count()).sum();
        (values.len().max(1), characters)
    }

    /// What must stand together in a record set, and what must not: told before the zone is looked at more closely.
    pub fn check_shape(&self) -> Result<(), ApiError> {
        let has_values = self.ttl.is_some() && self.values.is_some();
        let has_any_of_values = self.ttl.is_some() || self.values.is_some();
        let kinds = [self.alias.is_some(), has_values, self.traffic_policy_instance_id.is_some()];
        let count = kinds.into_iter().filter(|is_given| *is_given).count();
        let is_mixed = count == 1 && has_any_of_values && !has_values;
        if count != 1 || is_mixed {
            let found = if count == 0 { "none" } else { "more than one" };
            let of = "[AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]";
            return Err(self.expected_one(of, found));
        }
        if let Some(id) = self.traffic_policy_instance_id {
            let message = format!(
                "The record sets of a traffic policy instance cannot be changed one by one; update or delete the instance \
                 {id}"
            );
            return Err(ApiError::invalid_input(message));
        }
        let of =
            "[Weight, Region, Failover, GeoLocation, MultiValueAnswer, GeoProximityLocation, or CidrRoutingConfig]";
        match (self.policies.len(), self.set_identifier) {
            (0, None) | (1, Some(_)) => Ok(()),
            (0, Some(_)) => Err(self.expected_one(of, "none")),
            (1, None) => {
                let message = format!("Invalid request: Missing field 'SetIdentifier' in {}", self.in_words());
                Err(ApiError::invalid_input(message))
            }
            _ => Err(self.expected_one(of, "more than one")),
        }
    }

    fn expected_one(&self, of: &str, found: &str) -> ApiError {
        let change = self.in_words();
        ApiError::invalid_input(format!("Invalid request: Expected exactly one of {of}, but found {found} in {change}"))
    }

    /// `Change with [Action=CREATE, Name=x, Type=CNAME, SetIdentifier=null]`, the name as sent.
    fn in_words(&self) -> String {
        let action = ACTIONS.iter().find(|(_, action)| *action == self.action).map_or("", |(word, _)| word);
        format!(
            "Change with [Action={action}, Name={}, Type={}, SetIdentifier={}]",
            self.name,
            self.record_type,
            self.set_identifier.unwrap_or("null")
        )
    }

    /// The record set for a zone, once its shape is right; else what is wrong with it, in the words of Route 53.
    pub fn into_record_set(self, zone: &DomainName, zone_id: &HostedZoneId) -> Result<RecordSet, Vec<String>> {
        let name = DomainName::parse(self.name).map_err(|error| vec![error.route53_message(self.name)])?;
        let mut findings = Vec::new();
        if !wire_is_at_or_below(name.wire(), zone.wire()) {
            let (name, zone) = (name.to_api_text(), zone.to_api_text());
            findings.push(format!("RRSet with DNS name {name} is not permitted in zone {zone}"));
        }
        let set_identifier = self.set_identifier.map(|text| {
            SetIdentifier::new(text).map_err(|error| findings.push(format!("SetIdentifier {text:?}: {error}")))
        });
        let content = match self.alias {
            Some(alias) => alias.target(&mut findings).map(RecordContent::Alias),
            None => {
                let mut values = Vec::new();
                for text in self.values.unwrap_or_default() {
                    match RecordValue::parse(self.record_type, text) {
                        Ok(value) => values.push(value),
                        Err(error) => findings.push(error.route53_message(text)),
                    }
                }
                self.ttl.map(|ttl| RecordContent::Values { ttl, values })
            }
        };
        let (Some(content), true) = (content, findings.is_empty()) else { return Err(findings) };
        let name_text = name.to_api_text();
        let parts = RecordSetParts {
            name,
            record_type: self.record_type,
            set_identifier: set_identifier.and_then(Result::ok),
            routing_policy: self.policies.into_iter().next().unwrap_or(RoutingPolicy::Simple),
            content,
            health_check_id: self.health_check_id,
        };
        let words = |error: &RecordSetError| record_set_error(error, &name_text, self.record_type);
        RecordSet::new(parts, zone_id).map_err(|errors| errors.iter().map(words).collect())
    }
}

impl<'e> AliasInput<'e> {
    fn read(element: &'e Element) -> Result<AliasInput<'e>, ApiError> {
        let members = Members::of(element, &["HostedZoneId", "DNSName", "EvaluateTargetHealth"])?;
        Ok(AliasInput {
            // botocore leaves the prefix where it stands inside a structure.
            hosted_zone_id: Prefix::HostedZone.stripped(members.required("HostedZoneId")?.text()?),
            dns_name: members.required("DNSName")?.text_of("DNSName", 0..=1024)?,
            evaluate_target_health: members.required("EvaluateTargetHealth")?.boolean()?,
        })
    }

    fn target(&self, findings: &mut Vec<String>) -> Option<AliasTarget> {
        let dns_name = DomainName::parse(self.dns_name);
        let dns_name = dns_name.map_err(|error| findings.push(error.route53_message(self.dns_name))).ok();
        let id = HostedZoneId::new(self.hosted_zone_id);
        let id = id.map_err(|error| findings.push(format!("Invalid AliasTarget HostedZoneId: {error}"))).ok();
        let evaluate_target_health = self.evaluate_target_health;
        Some(AliasTarget { hosted_zone_id: id?, dns_name: dns_name?, evaluate_target_health })
    }
}

fn read_values(element: &Element) -> Result<Vec<&str>, ApiError> {
    let values = element.items("ResourceRecord", 1)?.iter().map(|record| {
        let members = Members::of(record, &["Value"])?;
        members.required("Value")?.text_of("RData", 0..=limits::VALUE_CHARACTERS)
    });
    values.collect()
}

/// The texts of Route 53 where they are known, else in its manner.
pub(super) fn record_set_error(error: &RecordSetError, name: &str, record_type: RecordType) -> String {
    let set = format!("RRSet with DNS name {name}, type {record_type}");
    match error {
        RecordSetError::DuplicateValue(value) => format!("Duplicate Resource Record: '{value}'"),
        RecordSetError::SeveralValues(_) => format!("{set} cannot have more than one resource record"),
        // rancher/rancher#10253, from when the limit was 100.
        RecordSetError::TooManyValues(_) => {
            format!("Cannot have more than {} records in a RRSet.", limits::VALUES_PER_RECORD_SET)
        }
        RecordSetError::PolicyNotAllowed(kind, _) => format!("{set} cannot use {kind} routing"),
        RecordSetError::AliasNotAllowed(_) => format!("{set} cannot be an alias"),
        RecordSetError::MultiValueAlias => format!("{set} cannot be an alias and a multivalue answer"),
        RecordSetError::AliasTypeOfAwsResource(_, zone) => {
            format!(
                "{set} contains an alias target that contains a hosted zone {zone} that is an invalid alias target."
            )
        }
        RecordSetError::WildcardNameServer => format!("RRSet of type NS with DNS name {name} is not permitted"),
        RecordSetError::SetIdentifierMissing(_)
        | RecordSetError::SetIdentifierWithoutPolicy
        | RecordSetError::NoValues
        | RecordSetError::TooManyCharacters(_)
        | RecordSetError::TtlTooLarge(_) => format!("{set}: {}", rule_words::record_set(error)),
    }
}
