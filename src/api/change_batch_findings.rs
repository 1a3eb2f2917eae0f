//! What is wrong with a change batch, in the words of Route 53 (err/1 to err/9).

use crate::change::RecordSetFinding;
use crate::model::{
    AccountRule, AliasZoneError, AliasZoneFault, DomainName, HostedZone, HostedZoneId, PolicyKind, ProtectionKey,
    RecordSetKey, RecordSetProtection, RecordType, SetIdentifier, ZoneRule,
};

use super::error::ApiError;
use super::rule_words;

/// Each finding in the words of Route 53; `zone` is as it was and stays.
pub fn messages(findings: &[RecordSetFinding], zone: &HostedZone) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    // The zone's own rules are told last: name servers before the SOA.
    let mut of_zone: Vec<&ZoneRule> = Vec::new();
    for finding in findings {
        match finding {
            RecordSetFinding::BreaksZoneRule(None, rule) => of_zone.insert(0, rule),
            RecordSetFinding::BreaksZoneRule(Some(key), rule) => messages.extend(broken_rule(key, rule, zone)),
            RecordSetFinding::BreaksAccountRule(_, rule) => messages.push(rule.to_string()),
            RecordSetFinding::AlreadyExists(key) => {
                messages.push(format!("Tried to create resource record set {} but it already exists", identity(key)));
            }
            RecordSetFinding::NotFound(key) => {
                messages.push(format!("Tried to delete resource record set {} but it was not found", identity(key)));
            }
            RecordSetFinding::DoesNotMatch(key) => messages.push(format!(
                "Tried to delete resource record set {} but the values provided do not match the current values",
                identity(key)
            )),
            RecordSetFinding::OfTrafficPolicyInstance(key, id) => messages.push(format!(
                "RRSet with DNS name {}, type {} belongs to the traffic policy instance {id} and cannot be changed by \
                 itself",
                key.name.to_api_text(),
                key.record_type
            )),
            RecordSetFinding::Protected(key, protection) => messages.push(protected(key, protection)),
            RecordSetFinding::AliasInWrongZone(key, error) => messages.extend(alias_in_wrong_zone(key, error)),
            RecordSetFinding::ChangedTwice(RecordSetKey { name, record_type, .. }) => messages.push(format!(
                "The request contains an invalid set of changes for a resource record set '{record_type} {}'",
                name.to_api_text()
            )),
        }
    }
    messages.extend(of_zone.into_iter().map(zone_rule));
    let mut told = std::collections::HashSet::new();
    messages.retain(|message| told.insert(message.clone()));
    messages
}

/// The error of a batch that was refused; `zone` is as it was and stays.
pub fn error(findings: &[RecordSetFinding], zone: &HostedZone) -> ApiError {
    let unknown_check = |finding: &RecordSetFinding| match finding {
        RecordSetFinding::BreaksAccountRule(_, AccountRule::UnknownHealthCheck(id)) => Some(id.clone()),
        _ => None,
    };
    if let Some(ids) = findings.iter().map(unknown_check).collect::<Option<Vec<_>>>()
        && let Some(id) = ids.first()
    {
        return ApiError::no_such_health_check(id.as_str());
    }
    ApiError::invalid_change_batch(&messages(findings, zone))
}

/// C-5: which it is, and what was said of it.
fn protected(ProtectionKey { name, record_type, .. }: &ProtectionKey, protection: &RecordSetProtection) -> String {
    let comment = protection.comment.as_deref().map(|comment| format!(": {comment}")).unwrap_or_default();
    format!("Resource record set [name='{}', type='{record_type}'] is protected{comment}", name.to_api_text())
}

/// `[name='N', type='T', set-identifier='S']`.
fn identity(key: &RecordSetKey) -> String {
    let identifier = key.set_identifier.as_ref().map(|it| format!(", set-identifier='{it}'")).unwrap_or_default();
    format!("[name='{}', type='{}'{identifier}]", key.name.to_api_text(), key.record_type)
}

/// What a record set breaks; the texts are Route 53's where they are known, else in its manner.
fn broken_rule(key: &RecordSetKey, rule: &ZoneRule, zone: &HostedZone) -> Vec<String> {
    let (name, zone_name) = (key.name.to_api_text(), zone.name().to_api_text());
    let record_type = key.record_type;
    let identifier = |before: &str| match &key.set_identifier {
        Some(it) => format!("{before}SetIdentifier {it}"),
        None => String::new(),
    };
    let set = format!("RRSet with DNS name {name}, type {record_type}");
    let exists = |kind: &str, what: String, place: &str| {
        format!(
            "{set}{}, and {what} cannot be created because a {kind} RRSet with the same name, type and {place} already \
             exists.",
            identifier(", ")
        )
    };
    let one = match rule {
        ZoneRule::NameOutsideZone(..) => format!("RRSet with DNS name {name} is not permitted in zone {zone_name}"),
        ZoneRule::CnameAtApex(_) => {
            format!("RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {zone_name}")
        }
        ZoneRule::SoaBelowApex(_) => {
            format!("RRSet of type SOA with DNS name {name} is not permitted in zone {zone_name}")
        }
        ZoneRule::DsAtApex(_) => {
            format!("RRSet of type DS with DNS name {name} is not permitted at apex in zone {zone_name}")
        }
        ZoneRule::CnameConflict { other, .. } if record_type != RecordType::Cname => format!(
            "RRSet of type {other} with DNS name {name} is not permitted because a conflicting RRSet of type CNAME with \
             the same DNS name already exists in zone {zone_name}"
        ),
        ZoneRule::CnameConflict { .. } => format!(
            "RRSet of type CNAME with DNS name {name} is not permitted as it conflicts with other records with the same \
             DNS name in zone {zone_name}"
        ),
        ZoneRule::MixedPolicies { second: PolicyKind::Simple, .. } => {
            format!("{set} cannot be created as other RRSets exist with the same name and type.")
        }
        // cert-manager/cert-manager#5388.
        ZoneRule::MixedPolicies { second: PolicyKind::MultiValue, .. } => format!(
            "{set}{} cannot be created because a non multivalue answer rrset exists with the same name and type.",
            identifier(", ")
        ),
        ZoneRule::MixedPolicies { second, .. } => format!(
            "{set}{} cannot be created as a non-{second} set exists with the same name and type.",
            identifier(", ")
        ),
        ZoneRule::WeightedTtl { set_identifier, .. } => weighted_ttl(&key.name, record_type, set_identifier),
        ZoneRule::DuplicateRegion(region) => exists("latency", format!("Region Name={region}"), "region"),
        ZoneRule::DuplicateFailoverRole(role) => exists("failover", format!("Failover={role}"), "failover role"),
        ZoneRule::DuplicateGeoLocation(location) => {
            exists("geolocation", format!("GeoLocation={location}"), "geolocation")
        }
        ZoneRule::DuplicateCidrLocation(location) => {
            exists("IP-based", format!("LocationName={location}"), "CIDR location")
        }
        ZoneRule::GroupTooLarge { .. } => {
            let policy = zone.group(&key.name, record_type).first().map(|set| set.routing_policy().kind());
            let kind = policy.map(|kind| format!("{kind} ")).unwrap_or_default();
            format!("Exceeded limit on number of {kind}RRSets for {name}, type {record_type} in this zone.")
        }
        ZoneRule::AliasTargetOutsideZone(target) => {
            let alias = alias(target, record_type, zone.id());
            return vec![format!("{alias}{OUTSIDE_TARGET_ZONE}"), format!("{alias}{TARGET_NOT_FOUND}")];
        }
        ZoneRule::AliasTargetMissing(target, _) => {
            format!("{}{TARGET_NOT_FOUND}", alias(target, record_type, zone.id()))
        }
        ZoneRule::AliasLoop(..) => {
            format!(
                "RRSet of type {record_type} with DNS name {name} is not permitted as it creates a CNAME or alias loop in \
                 the zone."
            )
        }
        other => format!("{set}{} is not permitted: {}", identifier(", "), rule_words::zone_rule(other)),
    };
    vec![one]
}

fn weighted_ttl(name: &DomainName, record_type: RecordType, set_identifier: &SetIdentifier) -> String {
    let name = name.to_api_text();
    format!(
        "RRSet with DNS name {name} and type {record_type}, SetIdentifier {set_identifier} cannot be created as weighted \
         sets must contain the same TTL."
    )
}

const OUTSIDE_TARGET_ZONE: &str = ", but the alias target name does not lie within the target zone";
const TARGET_NOT_FOUND: &str = ", but that target was not found";

/// err/5. Of a zone that AWS looks into, which an account's own are, it also tells that it did not find the target.
fn alias_in_wrong_zone(key: &RecordSetKey, error: &AliasZoneError) -> Vec<String> {
    let alias = alias(&error.dns_name, key.record_type, &error.hosted_zone_id);
    let (is_outside, is_looked_for) = match &error.fault {
        AliasZoneFault::OtherHostedZone(other) => (!error.dns_name.is_at_or_below(other), true),
        AliasZoneFault::IdIsName
        | AliasZoneFault::NameInAwsZone(_)
        | AliasZoneFault::IdOfAwsZone(_)
        | AliasZoneFault::NameInOwnZone => (true, false),
    };
    let texts = [(OUTSIDE_TARGET_ZONE, is_outside), (TARGET_NOT_FOUND, is_looked_for)];
    texts.into_iter().filter(|(_, is_told)| *is_told).map(|(text, _)| format!("{alias}{text}")).collect()
}

/// The target keeps its dot.
fn alias(target: &DomainName, record_type: RecordType, target_zone: &HostedZoneId) -> String {
    let target = target.to_api_text();
    format!("Tried to create an alias that targets {target}, type {record_type} in zone {target_zone}")
}

/// A rule that a zone as a whole breaks.
pub fn zone_rule(rule: &ZoneRule) -> String {
    match rule {
        ZoneRule::NoApexNameServers => {
            "A HostedZone must contain at least one NS record for the zone itself.".to_owned()
        }
        ZoneRule::NoSoa => "A HostedZone must contain exactly one SOA record.".to_owned(),
        ZoneRule::TopLevelDomain(name) => format!("{} is reserved by AWS!", name.to_api_text().trim_end_matches('.')),
        other => rule_words::zone_rule(other),
    }
}
