//! The record sets of a traffic policy instance (TP-4).
//!
//! Those of the start stand at the instance's name. Every other rule that is reached has a name of its own below that:
//! `_tp1`, `_tp2` and so on, by the place of the rule's id among those of the document; AWS's names are not known. A
//! branch to a value is a record set with the value, one to a rule an alias to the rule's name, one to an AWS resource
//! an alias to that. Set identifiers count the branches from 1.

use std::collections::{BTreeMap, BTreeSet};

use super::super::domain_name::{DomainName, NameError};
use super::super::identifier::{HostedZoneId, SetIdentifier};
use super::super::record_set::{AliasTarget, RecordContent, RecordSet, RecordSetError, RecordSetParts};
use super::super::routing_policy::RoutingPolicy;
use super::document::{Branch, Endpoint, Place, Target, TrafficPolicyDocument};

/// Why a tree cannot stand somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TreeError {
    /// A name below the instance's would be too long.
    Name(NameError),
    /// The TTL, above all: the rest is checked with the document.
    RecordSets(Vec<RecordSetError>),
}

impl TrafficPolicyDocument {
    /// The record sets of an instance with this name and TTL, in seconds, in a zone. Nothing else may stand at their
    /// names and type.
    ///
    /// # Errors
    ///
    /// Nothing that the rules among the record sets of a zone say is looked at.
    pub fn record_sets(&self, name: &DomainName, ttl: u32, zone: &HostedZoneId) -> Result<Vec<RecordSet>, TreeError> {
        let placed = self.placed(&self.reached_rules(), name, ttl, zone).map_err(TreeError::Name)?;
        let sets = placed.into_iter().map(|(_, parts)| RecordSet::new(parts, zone).map_err(TreeError::RecordSets));
        sets.collect()
    }

    /// The rules that are reached from the start.
    fn reached_rules(&self) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut to_visit = vec![&self.start];
        while let Some(target) = to_visit.pop() {
            if let Target::Rule(rule) = target
                && let Some(branches) = self.rules.get(rule)
                && reached.insert(&**rule)
            {
                to_visit.extend(branches.iter().map(|branch| &branch.target));
            }
        }
        reached
    }

    /// What the start and these rules become. A branch to what is not in the document becomes nothing.
    pub(super) fn placed(
        &self,
        rules: &BTreeSet<&str>,
        root: &DomainName,
        ttl: u32,
        zone: &HostedZoneId,
    ) -> Result<Vec<(Place, RecordSetParts)>, NameError> {
        let names = self.names(rules, root)?;
        let mut placed = Vec::new();
        if let Target::Endpoint(id) = &self.start
            && let Some(endpoint) = self.endpoints.get(id)
        {
            let content = content(endpoint, false, ttl);
            placed.push((Place::Start, self.parts(root.clone(), None, RoutingPolicy::Simple, content)));
        }
        for (rule, branches) in self.rules.iter().filter(|(rule, _)| rules.contains(&***rule)) {
            for (number, branch) in branches.iter().enumerate() {
                let Some(content) = self.branch_content(branch, &names, ttl, zone) else { continue };
                let identifier = SetIdentifier::new(&(number + 1).to_string()).expect("digits are an identifier");
                let name = names[&**rule].clone();
                let parts = RecordSetParts {
                    health_check_id: branch.health_check_id.clone(),
                    ..self.parts(name, Some(identifier), branch.policy.clone(), content)
                };
                placed.push((Place::Branch(rule.clone(), number), parts));
            }
        }
        Ok(placed)
    }

    fn names<'d>(
        &'d self,
        rules: &BTreeSet<&str>,
        root: &DomainName,
    ) -> Result<BTreeMap<&'d str, DomainName>, NameError> {
        let numbered = (1..).zip(self.rules.keys()).filter(|(_, rule)| rules.contains(&***rule));
        let named = numbered.map(|(number, rule)| {
            let is_start = matches!(&self.start, Target::Rule(start) if start == rule);
            let name = if is_start { Ok(root.clone()) } else { root.child(format!("_tp{number}").as_bytes()) };
            Ok((&**rule, name?))
        });
        named.collect()
    }

    fn branch_content(
        &self,
        branch: &Branch,
        names: &BTreeMap<&str, DomainName>,
        ttl: u32,
        zone: &HostedZoneId,
    ) -> Option<RecordContent> {
        Some(match &branch.target {
            Target::Endpoint(id) => content(self.endpoints.get(id)?, branch.evaluate_target_health, ttl),
            Target::Rule(id) => RecordContent::Alias(AliasTarget {
                hosted_zone_id: zone.clone(),
                dns_name: names.get(&**id)?.clone(),
                evaluate_target_health: branch.evaluate_target_health,
            }),
        })
    }

    fn parts(
        &self,
        name: DomainName,
        set_identifier: Option<SetIdentifier>,
        routing_policy: RoutingPolicy,
        content: RecordContent,
    ) -> RecordSetParts {
        let record_type = self.record_type;
        RecordSetParts { name, record_type, set_identifier, routing_policy, content, health_check_id: None }
    }
}

fn content(endpoint: &Endpoint, evaluate_target_health: bool, ttl: u32) -> RecordContent {
    match endpoint {
        Endpoint::Value(value) => RecordContent::Values { ttl, values: vec![value.clone()] },
        Endpoint::AwsResource { hosted_zone_id, dns_name } => RecordContent::Alias(AliasTarget {
            hosted_zone_id: hosted_zone_id.clone(),
            dns_name: dns_name.clone(),
            evaluate_target_health,
        }),
    }
}
