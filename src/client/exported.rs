//! Zone files of what an API has: pushed to an API that has nothing, they give the same files again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{
    Account, AccountParts, AwsRegion, CalculatedCheck, CidrCollection, DelegationSet, HealthCheck, HealthCheckId,
    HealthCheckTarget, HostedZone, HostedZoneParts, RecordSet, RecordType, RoutingPolicy, TaggedResource, Tags,
    Visibility, Vpc, VpcId,
};
use crate::zonefile;

use super::found::{ListedAccount, ListedZone};
use super::named::{NamedCheck, NamedZone, named_collection};
use super::names::{Names, with_parts};

/// One zone file, and what it leaves out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    pub text: String,
    pub notes: Vec<String>,
}

/// With `is_whole`, also the health checks and CIDR collections that none of the zones names.
///
/// # Errors
///
/// What zone files do not allow.
pub fn exported(listed: &ListedAccount, is_whole: bool) -> Result<Export, Vec<String>> {
    let names = Names::of(listed);
    let mut notes = Vec::new();
    let mut problems = Vec::new();
    let mut parts = AccountParts::default();
    let mut checks: BTreeMap<HealthCheckId, NamedCheck> = BTreeMap::new();
    for check in &listed.health_checks {
        // One in whose place there is another has its own id.
        let id = names.check_in_files(&check.id).unwrap_or(&check.id).clone();
        match NamedCheck::of(check, id.clone(), &names) {
            Ok(named) => drop(checks.insert(id, named)),
            Err(problem) => problems.push(problem),
        }
    }
    let mut collections: Vec<CidrCollection> = Vec::new();
    for collection in &listed.cidr_collections {
        match named_collection(collection) {
            Ok(named) => collections.push(named),
            Err(problem) => problems.push(problem),
        }
    }
    let mut zones: Vec<NamedZone> = Vec::new();
    for zone in &listed.hosted_zones {
        note_what_is_left_out(zone, &mut notes);
        let mut named = NamedZone::of(zone, &names);
        let id = named.id.clone();
        for set in &mut named.record_sets {
            if let Some(missing) = set.health_check_id().filter(|id| !checks.contains_key(*id)) {
                let (key, name) = (set.key(), &zone.head.name);
                notes.push(format!("{key} in {name}: its health check {missing} is gone, and left out"));
                *set = with_parts(set, set.routing_policy().clone(), set.content().clone(), None, &id);
            }
        }
        zones.push(named);
    }
    keep_known_children(&mut checks, &mut notes);
    if !is_whole {
        let named = named_checks(&zones, &checks);
        checks.retain(|id, _| named.contains(id));
        let is_named = |collection: &CidrCollection| {
            zones.iter().flat_map(|zone| &zone.record_sets).any(|set| {
            matches!(set.routing_policy(), RoutingPolicy::IpBased(config) if config.collection == *collection.id())
        })
        };
        collections.retain(is_named);
    }
    let vpcs: BTreeMap<VpcId, AwsRegion> = zones.iter().flat_map(|zone| zone.vpcs.clone()).collect();
    parts.vpcs = vpcs.into_iter().map(|(id, region)| Vpc { id, region, cidrs: Vec::new() }).collect();
    parts.cidr_collections = collections;
    for (id, NamedCheck { check, tags }) in checks {
        add_tags(&mut parts, TaggedResource::HealthCheck(id), tags);
        parts.health_checks.push(check);
    }
    for zone in zones {
        add_tags(&mut parts, TaggedResource::HostedZone(zone.id.clone()), zone.tags.clone());
        match hosted_zone(zone) {
            Ok(zone) => parts.hosted_zones.push(Arc::new(zone)),
            Err(found) => problems.extend(found),
        }
    }
    problems.extend(several_of_one_name(listed));
    if !problems.is_empty() {
        return Err(problems);
    }
    match Account::new(parts) {
        Ok(account) => Ok(Export { text: zonefile::write(&account), notes }),
        Err(violations) => Err(violations.iter().map(|violation| violation.rule.to_string()).collect()),
    }
}

/// Z-2: Route 53 allows what zone files do not.
fn several_of_one_name(listed: &ListedAccount) -> Vec<String> {
    let mut by_name: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for zone in listed.hosted_zones.iter().filter(|zone| !zone.head.is_private) {
        by_name.entry(zone.head.name.to_string()).or_default().push(zone.head.id.as_str());
    }
    let several = by_name.into_iter().filter(|(_, ids)| ids.len() > 1);
    several
        .map(|(name, ids)| format!("public hosted zones {name}: {}; files have one of a name", ids.join(", ")))
        .collect()
}

fn add_tags(parts: &mut AccountParts, resource: TaggedResource, tags: Tags) {
    if !tags.is_empty() {
        parts.tags.insert(resource, tags);
    }
}

fn note_what_is_left_out(zone: &ListedZone, notes: &mut Vec<String>) {
    let name = &zone.head.name;
    if let Some(set) = &zone.delegation_set {
        notes.push(format!("hosted zone {name}: its reusable delegation set {set} is left out"));
    }
    if let Some(dnssec) = zone.dnssec_words() {
        notes.push(format!("hosted zone {name} has {dnssec}, left out because zone files cannot hold them"));
    }
    let kept: BTreeSet<_> = zone.record_sets.iter().map(RecordSet::key).collect();
    let (written, missing): (Vec<_>, Vec<_>) = zone.of_instances.keys().partition(|key| kept.contains(*key));
    if !written.is_empty() {
        notes.push(format!(
            "hosted zone {name}: {} record sets of traffic policy instances are written as ordinary ones",
            written.len()
        ));
    }
    if !missing.is_empty() {
        notes.push(format!(
            "hosted zone {name}: {} record sets of traffic policy instances are left out",
            missing.len()
        ));
    }
}

/// H-5: a calculated check may outlive its children.
fn keep_known_children(checks: &mut BTreeMap<HealthCheckId, NamedCheck>, notes: &mut Vec<String>) {
    let known: BTreeSet<HealthCheckId> = checks.keys().cloned().collect();
    for (id, NamedCheck { check, .. }) in checks {
        let HealthCheckTarget::Calculated(CalculatedCheck { children, .. }) = &mut check.target else { continue };
        children.retain(|child| {
            let is_known = known.contains(child);
            if !is_known {
                notes.push(format!("health check {id}: its child {child} is gone, and left out"));
            }
            is_known
        });
    }
}

/// Those of record sets, and the children of these.
fn named_checks(zones: &[NamedZone], checks: &BTreeMap<HealthCheckId, NamedCheck>) -> BTreeSet<HealthCheckId> {
    let of_sets = zones.iter().flat_map(|zone| &zone.record_sets).filter_map(|set| set.health_check_id().cloned());
    let mut named = BTreeSet::new();
    let mut left: Vec<HealthCheckId> = of_sets.collect();
    while let Some(id) = left.pop() {
        if let Some(NamedCheck { check: HealthCheck { target: HealthCheckTarget::Calculated(it), .. }, .. }) =
            checks.get(&id)
            && !named.contains(&id)
        {
            left.extend(it.children.iter().cloned());
        }
        named.insert(id);
    }
    named
}

fn hosted_zone(zone: NamedZone) -> Result<HostedZone, Vec<String>> {
    let NamedZone { id, name, comment, vpcs, mut record_sets, .. } = zone;
    let visibility = match vpcs.is_empty() {
        true => Visibility::Public,
        false => Visibility::Private(vpcs.into_keys().collect()),
    };
    let made = DelegationSet::of_zone(&id, &visibility);
    let given: Vec<RecordType> =
        record_sets.iter().filter(|set| *set.name() == name).map(RecordSet::record_type).collect();
    for made in [made.ns_record_set(&name), made.soa_record_set(&name)] {
        if !given.contains(&made.record_type()) {
            record_sets.push(made);
        }
    }
    let parts = HostedZoneParts { id, name: name.clone(), comment, visibility, record_sets };
    let told = |rule: &dyn std::fmt::Display| format!("hosted zone {name}: {rule}");
    HostedZone::new(parts).map_err(|violations| violations.iter().map(|it| told(&it.rule)).collect())
}
