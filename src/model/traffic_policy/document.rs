//! What a traffic policy document says (TP-1 to TP-3), and the rules it must obey.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::super::delegation_set::DelegationSet;
use super::super::domain_name::DomainName;
use super::super::hosted_zone::{HostedZone, HostedZoneParts, Visibility};
use super::super::identifier::{HealthCheckId, HostedZoneId};
use super::super::record_set::{RecordSet, RecordSetError};
use super::super::record_type::RecordType;
use super::super::record_value::RecordValue;
use super::super::routing_policy::RoutingPolicy;
use super::super::zone_rules::ZoneRule;

/// A document whose tree of record sets keeps every rule that does not depend on where it is put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficPolicyDocument {
    pub(super) record_type: RecordType,
    pub(super) start: Target,
    pub(super) endpoints: BTreeMap<Box<str>, Endpoint>,
    /// The branches of each rule, all of which are of one policy.
    pub(super) rules: BTreeMap<Box<str>, Vec<Branch>>,
}

/// TP-2: where a tree ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    Value(RecordValue),
    /// By which an alias names it.
    AwsResource {
        hosted_zone_id: HostedZoneId,
        dns_name: DomainName,
    },
}

/// What the start or a branch leads to, by its id in the document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    Endpoint(Box<str>),
    Rule(Box<str>),
}

/// TP-3: one of the ways that a rule chooses from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    pub policy: RoutingPolicy,
    pub target: Target,
    /// Means nothing where the target is a value.
    pub evaluate_target_health: bool,
    pub health_check_id: Option<HealthCheckId>,
}

/// A place in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Start,
    /// The branch with this number, from 0, of a rule.
    Branch(Box<str>, usize),
}

/// Something that is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentFault {
    /// The types NS and SOA, which the zone itself has, and DS.
    TypeNotAllowed(RecordType),
    EmptyRule(Box<str>),
    UnknownTarget(Place, Target),
    /// What the record set of a branch would break by itself.
    RecordSet(Place, RecordSetError),
    /// What the record sets of the document would break together.
    Zone(Place, ZoneRule),
}

impl TrafficPolicyDocument {
    /// Checks all that can be checked before it is known where the tree will stand, and tells all that is wrong: the
    /// tree is planted in a zone for trial, so that the rules are those of record sets.
    ///
    /// # Errors
    ///
    /// Everything that is wrong.
    pub fn new(
        record_type: RecordType,
        start: Target,
        endpoints: BTreeMap<Box<str>, Endpoint>,
        rules: BTreeMap<Box<str>, Vec<Branch>>,
    ) -> Result<TrafficPolicyDocument, Vec<DocumentFault>> {
        let document = TrafficPolicyDocument { record_type, start, endpoints, rules };
        let mut faults = Vec::new();
        if matches!(record_type, RecordType::Ns | RecordType::Soa | RecordType::Ds) {
            faults.push(DocumentFault::TypeNotAllowed(record_type));
        }
        let empty = document.rules.iter().filter(|(_, branches)| branches.is_empty());
        faults.extend(empty.map(|(rule, _)| DocumentFault::EmptyRule(rule.clone())));
        let unknown = document.targets().filter(|(_, target)| !document.knows(target));
        faults.extend(unknown.map(|(place, target)| DocumentFault::UnknownTarget(place, target.clone())));
        document.try_out(&mut faults);
        if faults.is_empty() { Ok(document) } else { Err(faults) }
    }

    pub fn record_type(&self) -> RecordType {
        self.record_type
    }

    pub fn start(&self) -> &Target {
        &self.start
    }

    pub fn endpoints(&self) -> &BTreeMap<Box<str>, Endpoint> {
        &self.endpoints
    }

    pub fn rules(&self) -> &BTreeMap<Box<str>, Vec<Branch>> {
        &self.rules
    }

    /// Every place that leads somewhere.
    fn targets(&self) -> impl Iterator<Item = (Place, &Target)> {
        let branches = self.rules.iter().flat_map(|(rule, branches)| {
            let numbered = branches.iter().enumerate();
            numbered.map(move |(number, branch)| (Place::Branch(rule.clone(), number), &branch.target))
        });
        std::iter::once((Place::Start, &self.start)).chain(branches)
    }

    fn knows(&self, target: &Target) -> bool {
        match target {
            Target::Endpoint(id) => self.endpoints.contains_key(id),
            Target::Rule(id) => self.rules.contains_key(id),
        }
    }

    /// Every rule that the record sets break, those of unreached rules included. A branch whose target is unknown is
    /// left out.
    fn try_out(&self, faults: &mut Vec<DocumentFault>) {
        let (id, name) = trial_zone();
        let root = name.child(b"start").expect("a short label fits");
        let rules: BTreeSet<&str> = self.rules.keys().map(|rule| &**rule).collect();
        let placed = self.placed(&rules, &root, 0, &id).expect("short labels fit");
        let (mut places, mut record_sets) = (Vec::new(), Vec::new());
        for (place, parts) in placed {
            match RecordSet::new(parts, &id) {
                Ok(set) => {
                    places.push(place);
                    record_sets.push(set);
                }
                Err(errors) => {
                    faults.extend(errors.into_iter().map(|error| DocumentFault::RecordSet(place.clone(), error)));
                }
            }
        }
        let visibility = Visibility::Public;
        let delegation_set = DelegationSet::of_zone(&id, &visibility);
        record_sets.extend([delegation_set.ns_record_set(&name), delegation_set.soa_record_set(&name)]);
        let parts = HostedZoneParts { id, name, comment: "".into(), visibility, record_sets };
        for violation in HostedZone::new(parts).err().unwrap_or_default() {
            let place = violation.record_set.and_then(|place| places.get(place));
            if let Some(place) = place {
                faults.push(DocumentFault::Zone(place.clone(), violation.rule));
            }
        }
    }
}

/// The zone that documents are tried out in.
fn trial_zone() -> (HostedZoneId, DomainName) {
    let id = HostedZoneId::new("trial").expect("letters are an identifier");
    (id, DomainName::parse("traffic-policy.invalid").expect("it is a name"))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Endpoint(id) => write!(f, "endpoint '{id}'"),
            Target::Rule(id) => write!(f, "rule '{id}'"),
        }
    }
}

/// Branches are counted from 1.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Start => f.write_str("the start"),
            Place::Branch(rule, number) => write!(f, "branch {} of rule '{rule}'", number + 1),
        }
    }
}

impl fmt::Display for DocumentFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DocumentFault::TypeNotAllowed(record_type) => {
                write!(f, "RecordType {record_type} cannot be routed; use another type")
            }
            DocumentFault::EmptyRule(rule) => write!(f, "rule '{rule}' has no branches"),
            DocumentFault::UnknownTarget(place, target) => {
                write!(f, "{place} leads to {target}, which is not in the document")
            }
            DocumentFault::RecordSet(place, error) => write!(f, "{place}: {error}"),
            DocumentFault::Zone(place, ZoneRule::AliasLoop(..)) => {
                write!(f, "{place}: following the rule leads back to it")
            }
            DocumentFault::Zone(place, ZoneRule::AliasTooDeep(..)) => {
                let limit = super::super::limits::ALIAS_DEPTH;
                write!(f, "{place}: following the rule leads through more than {limit} rules")
            }
            DocumentFault::Zone(place, ZoneRule::GroupTooLarge { count, limit, .. }) => {
                write!(f, "{place}: the rule has {count} branches, which is more than {limit}")
            }
            DocumentFault::Zone(place, rule) => write!(f, "{place}: {rule}"),
        }
    }
}
