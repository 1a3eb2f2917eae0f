//! A resource record set: one item of a hosted zone, and the rules it must obey by itself.

use std::fmt;

use super::aws_zone;
use super::domain_name::DomainName;
use super::identifier::{HealthCheckId, HostedZoneId, SetIdentifier};
use super::limits;
use super::record_type::RecordType;
use super::record_value::RecordValue;
use super::routing_policy::{PolicyKind, RoutingPolicy};

/// A ResourceRecordSet. Several with one name and type form a *group*, of which a query gets one (or up to eight).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSet {
    name: DomainName,
    record_type: RecordType,
    set_identifier: Option<SetIdentifier>,
    routing_policy: RoutingPolicy,
    content: RecordContent,
    health_check_id: Option<HealthCheckId>,
}

/// What a record set answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordContent {
    Values {
        /// Seconds, at most [`limits::MAX_TTL`].
        ttl: u32,
        values: Vec<RecordValue>,
    },
    Alias(AliasTarget),
}

/// answer with what another group, or an AWS resource, answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasTarget {
    /// The zone of the alias itself, or the fixed id of an AWS service.
    pub hosted_zone_id: HostedZoneId,
    pub dns_name: DomainName,
    pub evaluate_target_health: bool,
}

impl AliasTarget {
    /// whether it is in the hosted zone of CloudFront distributions.
    pub fn is_cloudfront(&self) -> bool {
        aws_zone::is_of_cloudfront(&self.hosted_zone_id)
    }

    /// Whether the alias is as healthy as its target. F-8, A-7: a CloudFront distribution always counts as healthy.
    pub fn evaluates_target_health(&self) -> bool {
        self.evaluate_target_health && !self.is_cloudfront()
    }
}

/// What tells one record set of a zone from another, in listing order (N-9).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordSetKey {
    pub name: DomainName,
    pub record_type: RecordType,
    pub set_identifier: Option<SetIdentifier>,
}

impl fmt::Display for RecordSetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.record_type)?;
        match &self.set_identifier {
            Some(set_identifier) => write!(f, " ({set_identifier})"),
            None => Ok(()),
        }
    }
}

/// A rule that one record set breaks by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordSetError {
    ///
    SetIdentifierMissing(PolicyKind),
    ///
    SetIdentifierWithoutPolicy,
    /// T-2, Z-25, MV-1.
    PolicyNotAllowed(PolicyKind, RecordType),
    /// T-2, A-11.
    AliasNotAllowed(RecordType),
    /// MV-1.
    MultiValueAlias,
    /// T-2: an AWS resource has addresses only.
    AliasTypeOfAwsResource(RecordType, HostedZoneId),
    NoValues,
    /// T-3, Z-30.
    SeveralValues(RecordType),
    /// L-1.
    TooManyValues(usize),
    /// L-2: values of so many characters together, which no change batch can hold.
    TooManyCharacters(usize),
    DuplicateValue(String),
    /// T-7.
    TtlTooLarge(u32),
    /// W-10.
    WildcardNameServer,
}

impl fmt::Display for RecordSetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordSetError::SetIdentifierMissing(kind) => write!(f, "{kind} routing needs a set_identifier"),
            RecordSetError::SetIdentifierWithoutPolicy => f.write_str("set_identifier without a routing policy"),
            RecordSetError::PolicyNotAllowed(kind, record_type) => {
                write!(f, "{record_type} records cannot use {kind} routing")
            }
            RecordSetError::AliasNotAllowed(record_type) => write!(f, "{record_type} records cannot be aliases"),
            RecordSetError::MultiValueAlias => f.write_str("multivalue answer records cannot be aliases"),
            RecordSetError::AliasTypeOfAwsResource(record_type, _) => {
                write!(f, "an alias to an AWS resource cannot have type {record_type}")
            }
            RecordSetError::NoValues => f.write_str("a record set needs at least one value"),
            RecordSetError::SeveralValues(record_type) => write!(f, "a {record_type} record has exactly one value"),
            RecordSetError::TooManyValues(count) => {
                write!(f, "{count} values are more than {}", limits::VALUES_PER_RECORD_SET)
            }
            RecordSetError::TooManyCharacters(count) => {
                let limit = limits::VALUE_CHARACTERS_PER_CHANGE_BATCH;
                write!(f, "the values have {count} characters together, more than {limit}")
            }
            RecordSetError::DuplicateValue(value) => write!(f, "the value {value:?} stands twice"),
            RecordSetError::TtlTooLarge(ttl) => write!(f, "ttl {ttl} is above {}", limits::MAX_TTL),
            RecordSetError::WildcardNameServer => f.write_str("an NS record cannot have a wildcard name"),
        }
    }
}

impl RecordSetError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            RecordSetError::SetIdentifierMissing(_) => {
                "add `set_identifier:` with a text that tells this record from the others of its name and type"
            }
            RecordSetError::SetIdentifierWithoutPolicy => {
                "add the policy's key (weight, failover, region, geo_location, geo_proximity_location, multi_value_answer or cidr_routing_config), or remove set_identifier"
            }
            RecordSetError::PolicyNotAllowed(..) => "use a simple record, or another type",
            RecordSetError::AliasNotAllowed(_) => "give `values:` instead of `alias_target:`",
            RecordSetError::MultiValueAlias => "give `ttl:` and `values:`, or use another policy",
            RecordSetError::AliasTypeOfAwsResource(..) => "use type A or AAAA",
            RecordSetError::NoValues => "give `values:` with at least one value, or `alias_target:`",
            RecordSetError::SeveralValues(_) => "keep one value",
            RecordSetError::TooManyValues(_) | RecordSetError::TooManyCharacters(_) => {
                "spread the values over several record sets"
            }
            RecordSetError::DuplicateValue(_) => "keep one of them",
            RecordSetError::TtlTooLarge(_) => "use 0 to 2147483647 seconds",
            RecordSetError::WildcardNameServer => "delegate each name by itself",
        }
    }
}

/// What a [`RecordSet`] is made of, before the rules are checked.
#[derive(Clone, Debug)]
pub struct RecordSetParts {
    pub name: DomainName,
    pub record_type: RecordType,
    pub set_identifier: Option<SetIdentifier>,
    pub routing_policy: RoutingPolicy,
    pub content: RecordContent,
    pub health_check_id: Option<HealthCheckId>,
}

impl RecordSet {
    /// Checks every rule that concerns this record set alone and tells all that are broken.
    ///
    /// `zone` is the zone it is for: an alias into it is an alias to a group, any other an alias to an AWS resource.
    pub fn new(parts: RecordSetParts, zone: &HostedZoneId) -> Result<RecordSet, Vec<RecordSetError>> {
        let mut errors = Vec::new();
        let kind = parts.routing_policy.kind();
        match (kind, &parts.set_identifier) {
            (PolicyKind::Simple, Some(_)) => errors.push(RecordSetError::SetIdentifierWithoutPolicy),
            (PolicyKind::Simple, None) | (_, Some(_)) => {}
            (_, None) => errors.push(RecordSetError::SetIdentifierMissing(kind)),
        }
        if !policy_allows_type(kind, parts.record_type) {
            errors.push(RecordSetError::PolicyNotAllowed(kind, parts.record_type));
        }
        check_name(&parts.name, parts.record_type, &mut errors);
        match &parts.content {
            RecordContent::Values { ttl, values } => check_values(parts.record_type, *ttl, values, &mut errors),
            RecordContent::Alias(target) => check_alias(kind, parts.record_type, target, zone, &mut errors),
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let RecordSetParts { name, record_type, set_identifier, routing_policy, content, health_check_id } = parts;
        Ok(RecordSet { name, record_type, set_identifier, routing_policy, content, health_check_id })
    }

    /// A simple record set with values: no zone is needed to check its rules.
    pub fn with_values(
        name: DomainName,
        record_type: RecordType,
        ttl: u32,
        values: Vec<RecordValue>,
    ) -> Result<RecordSet, Vec<RecordSetError>> {
        let mut errors = Vec::new();
        check_name(&name, record_type, &mut errors);
        check_values(record_type, ttl, &values, &mut errors);
        let content = RecordContent::Values { ttl, values };
        if errors.is_empty() { Ok(RecordSet::plain(name, record_type, content)) } else { Err(errors) }
    }

    /// A simple record set whose rules are kept already, but perhaps W-10: the apex records of a zone whose name is a
    /// wildcard, which [`HostedZone::new`](super::HostedZone::new) refuses (Z-4).
    pub(super) fn plain(name: DomainName, record_type: RecordType, content: RecordContent) -> RecordSet {
        let routing_policy = RoutingPolicy::Simple;
        RecordSet { name, record_type, set_identifier: None, routing_policy, content, health_check_id: None }
    }

    pub fn name(&self) -> &DomainName {
        &self.name
    }

    pub fn record_type(&self) -> RecordType {
        self.record_type
    }

    pub fn set_identifier(&self) -> Option<&SetIdentifier> {
        self.set_identifier.as_ref()
    }

    pub fn routing_policy(&self) -> &RoutingPolicy {
        &self.routing_policy
    }

    pub fn content(&self) -> &RecordContent {
        &self.content
    }

    pub fn health_check_id(&self) -> Option<&HealthCheckId> {
        self.health_check_id.as_ref()
    }

    /// The TTL in seconds; an alias has none of its own (T-7).
    pub fn ttl(&self) -> Option<u32> {
        match &self.content {
            RecordContent::Values { ttl, .. } => Some(*ttl),
            RecordContent::Alias(_) => None,
        }
    }

    pub fn alias_target(&self) -> Option<&AliasTarget> {
        match &self.content {
            RecordContent::Values { .. } => None,
            RecordContent::Alias(target) => Some(target),
        }
    }

    pub fn key(&self) -> RecordSetKey {
        RecordSetKey {
            name: self.name.clone(),
            record_type: self.record_type,
            set_identifier: self.set_identifier.clone(),
        }
    }

    /// N-9: name, then type, then set identifier.
    pub fn listing_order(&self, other: &RecordSet) -> std::cmp::Ordering {
        (&self.name, self.record_type, &self.set_identifier).cmp(&(
            &other.name,
            other.record_type,
            &other.set_identifier,
        ))
    }
}

/// T-2.
fn policy_allows_type(kind: PolicyKind, record_type: RecordType) -> bool {
    match kind {
        PolicyKind::Simple => true,
        PolicyKind::MultiValue => {
            !matches!(record_type, RecordType::Cname | RecordType::Ds | RecordType::Ns | RecordType::Soa)
        }
        _ => !matches!(record_type, RecordType::Ds | RecordType::Ns | RecordType::Soa),
    }
}

/// W-10.
fn check_name(name: &DomainName, record_type: RecordType, errors: &mut Vec<RecordSetError>) {
    if record_type == RecordType::Ns && name.is_wildcard() {
        errors.push(RecordSetError::WildcardNameServer);
    }
}

fn check_values(record_type: RecordType, ttl: u32, values: &[RecordValue], errors: &mut Vec<RecordSetError>) {
    if ttl > limits::MAX_TTL {
        errors.push(RecordSetError::TtlTooLarge(ttl));
    }
    let characters = characters(record_type, values);
    if characters > limits::VALUE_CHARACTERS_PER_CHANGE_BATCH {
        errors.push(RecordSetError::TooManyCharacters(characters));
    }
    match values.len() {
        0 => errors.push(RecordSetError::NoValues),
        1 => {}
        _ if !record_type.allows_several_values() => errors.push(RecordSetError::SeveralValues(record_type)),
        count if count > limits::VALUES_PER_RECORD_SET => errors.push(RecordSetError::TooManyValues(count)),
        _ => {
            for (index, value) in values.iter().enumerate() {
                if values[..index].iter().any(|earlier| earlier.rdata() == value.rdata()) {
                    errors.push(RecordSetError::DuplicateValue(value.text(record_type).into_owned()));
                }
            }
        }
    }
}

/// The characters of all values together. Few values are not counted: they cannot be too many.
fn characters(record_type: RecordType, values: &[RecordValue]) -> usize {
    if values.len() * limits::VALUE_CHARACTERS <= limits::VALUE_CHARACTERS_PER_CHANGE_BATCH {
        return 0;
    }
    values.iter().map(|value| value.text(record_type).chars().count()).sum()
}

fn check_alias(
    kind: PolicyKind,
    record_type: RecordType,
    target: &AliasTarget,
    zone: &HostedZoneId,
    errors: &mut Vec<RecordSetError>,
) {
    // T-2: any type but NS and SOA.
    if matches!(record_type, RecordType::Ns | RecordType::Soa) {
        errors.push(RecordSetError::AliasNotAllowed(record_type));
        return;
    }
    if kind == PolicyKind::MultiValue {
        errors.push(RecordSetError::MultiValueAlias);
    }
    if target.hosted_zone_id != *zone {
        // T-2: addresses, and HTTPS where CloudFront is the target.
        let allowed = match record_type {
            RecordType::A | RecordType::Aaaa => true,
            RecordType::Https => target.is_cloudfront(),
            _ => false,
        };
        if !allowed {
            errors.push(RecordSetError::AliasTypeOfAwsResource(record_type, target.hosted_zone_id.clone()));
        }
    }
}
