//! Traffic policies and their instances, which come, change and go through the API (TP-1 to TP-5).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{
    Account, DomainName, HostedZone, HostedZoneId, RecordSet, RecordType, Registry, TrafficPolicy,
    TrafficPolicyDocument, TrafficPolicyId, TrafficPolicyInstance, TrafficPolicyInstanceId, TrafficPolicyVersion,
    limits,
};

use super::error::{ChangeError, RecordSetFinding};
use super::hosted_zone;
use super::record_sets::RecordSetChange;
use super::traffic_policy_refusal::TrafficPolicyRefusal;

/// A change to the traffic policies of an account, or to their instances.
#[derive(Clone, Debug)]
pub enum TrafficPolicyChange {
    Create {
        id: TrafficPolicyId,
        policy: TrafficPolicy,
    },
    /// The version with the number after the latest one.
    AddVersion {
        id: TrafficPolicyId,
        number: u32,
        version: TrafficPolicyVersion,
    },
    Comment {
        id: TrafficPolicyId,
        version: u32,
        comment: Box<str>,
    },
    /// The policy goes with its last version.
    DeleteVersion {
        id: TrafficPolicyId,
        version: u32,
    },
    /// TP-4. The document is that of the version.
    CreateInstance {
        id: TrafficPolicyInstanceId,
        instance: TrafficPolicyInstance,
        document: Box<TrafficPolicyDocument>,
    },
    /// TP-5: the new tree takes the place of the old one at once. The name, the type and the zone stay.
    UpdateInstance {
        id: TrafficPolicyInstanceId,
        instance: TrafficPolicyInstance,
        document: Box<TrafficPolicyDocument>,
    },
    DeleteInstance(TrafficPolicyInstanceId),
}

type Planned = Result<Account, ChangeError>;

pub(super) fn plan(current: &Account, change: TrafficPolicyChange) -> Planned {
    use TrafficPolicyChange as C;
    match change {
        C::Create { id, policy } => create(current, id, policy),
        C::AddVersion { id, number, version } => add_version(current, id, number, version),
        C::Comment { id, version, comment } => set_comment(current, id, version, comment),
        C::DeleteVersion { id, version } => delete_version(current, &id, version),
        C::CreateInstance { id, instance, document } => create_instance(current, id, instance, &document),
        C::UpdateInstance { id, instance, document } => update_instance(current, id, instance, &document),
        C::DeleteInstance(id) => delete_instance(current, &id),
    }
}

/// What a batch must leave alone: the record sets of instances come and go with them.
pub(super) fn findings(current: &Account, zone: &HostedZoneId, changes: &[RecordSetChange]) -> Vec<RecordSetFinding> {
    let owned = changes.iter().filter_map(|change| {
        let set = &change.record_set;
        let id = current.registry().traffic_policy_instance_at(zone, set.name(), set.record_type())?;
        Some(RecordSetFinding::OfTrafficPolicyInstance(set.key(), id.clone()))
    });
    owned.collect()
}

fn create(current: &Account, id: TrafficPolicyId, policy: TrafficPolicy) -> Planned {
    let policies = &current.registry().traffic_policies;
    if policies.contains_key(&id) {
        return Err(ChangeError::IdTaken);
    }
    if policies.iter().any(|(_, other)| other.name == policy.name) {
        return Err(TrafficPolicyRefusal::NameTaken(policy.name).into());
    }
    Ok(with_policy(current, id, Some(policy)))
}

fn add_version(current: &Account, id: TrafficPolicyId, number: u32, version: TrafficPolicyVersion) -> Planned {
    let mut policy = known_policy(current.registry(), &id)?.clone();
    if policy.latest_number >= limits::TRAFFIC_POLICY_VERSIONS {
        return Err(TrafficPolicyRefusal::TooManyVersions(id).into());
    }
    if policy.latest_number + 1 != number {
        return Err(ChangeError::OtherVersion);
    }
    policy.latest_number = number;
    policy.versions.insert(number, Arc::new(version));
    Ok(with_policy(current, id, Some(policy)))
}

fn set_comment(current: &Account, id: TrafficPolicyId, version: u32, comment: Box<str>) -> Planned {
    let mut policy = known_policy(current.registry(), &id)?.clone();
    let Some(kept) = policy.versions.get_mut(&version) else {
        return Err(TrafficPolicyRefusal::NoSuchVersion(id, version).into());
    };
    Arc::make_mut(kept).comment = Some(comment).filter(|comment| !comment.is_empty());
    Ok(with_policy(current, id, Some(policy)))
}

fn delete_version(current: &Account, id: &TrafficPolicyId, version: u32) -> Planned {
    let registry = current.registry();
    let mut policy = known_policy(registry, id)?.clone();
    if policy.versions.remove(&version).is_none() {
        return Err(TrafficPolicyRefusal::NoSuchVersion(id.clone(), version).into());
    }
    let mut instances = registry.traffic_policy_instances.iter();
    if let Some((used_by, _)) = instances.find(|(_, it)| it.policy == *id && it.version == version) {
        return Err(TrafficPolicyRefusal::InUse(used_by.clone()).into());
    }
    let is_empty = policy.versions.is_empty();
    Ok(with_policy(current, id.clone(), Some(policy).filter(|_| !is_empty)))
}

fn create_instance(
    current: &Account,
    id: TrafficPolicyInstanceId,
    instance: TrafficPolicyInstance,
    document: &TrafficPolicyDocument,
) -> Planned {
    let registry = current.registry();
    if registry.traffic_policy_instances.contains_key(&id) {
        return Err(ChangeError::IdTaken);
    }
    refuse_unknown_version(registry, &instance)?;
    if let Some(other) =
        registry.traffic_policy_instance_at(&instance.hosted_zone, &instance.name, instance.record_type)
    {
        return Err(TrafficPolicyRefusal::InstanceExists(other.clone()).into());
    }
    plant(current, id, instance, document)
}

fn update_instance(
    current: &Account,
    id: TrafficPolicyInstanceId,
    instance: TrafficPolicyInstance,
    document: &TrafficPolicyDocument,
) -> Planned {
    let before = known_instance(current.registry(), &id)?;
    refuse_unknown_version(current.registry(), &instance)?;
    if before.record_type != document.record_type() {
        return Err(TrafficPolicyRefusal::OtherType(before.record_type, document.record_type()).into());
    }
    plant(current, id, instance, document)
}

fn delete_instance(current: &Account, id: &TrafficPolicyInstanceId) -> Planned {
    let instance = known_instance(current.registry(), id)?;
    let zone = hosted_zone::of_api(current, &instance.hosted_zone)?;
    let next = with_tree(current, zone, id, instance.record_type, Vec::new())?;
    let mut registry = next.registry().clone();
    registry.traffic_policy_instances = registry.traffic_policy_instances.without(id);
    Ok(next.with_registry(registry))
}

/// The account in which an instance has the tree of its document, in the place of the tree that it has.
fn plant(
    current: &Account,
    id: TrafficPolicyInstanceId,
    instance: TrafficPolicyInstance,
    document: &TrafficPolicyDocument,
) -> Planned {
    let zone = hosted_zone::of_api(current, &instance.hosted_zone)?;
    let sets = document.record_sets(&instance.name, instance.ttl, zone.id()).map_err(TrafficPolicyRefusal::Tree)?;
    let next = with_tree(current, zone, &id, instance.record_type, sets)?;
    let mut registry = next.registry().clone();
    registry.traffic_policy_instances = registry.traffic_policy_instances.with(id, instance);
    Ok(next.with_registry(registry))
}

/// The account in which these are the record sets of an instance.
fn with_tree(
    current: &Account,
    zone: &HostedZone,
    id: &TrafficPolicyInstanceId,
    record_type: RecordType,
    sets: Vec<RecordSet>,
) -> Planned {
    let of_zone = |findings| ChangeError::from(TrafficPolicyRefusal::RecordSets(zone.id().clone(), findings));
    let mut registry = current.registry().clone();
    let at_name = |name: &DomainName| {
        zone.name_records(name.wire()).map(|records| records.record_sets().into_owned()).unwrap_or_default()
    };
    let mut names: BTreeMap<DomainName, Vec<RecordSet>> = BTreeMap::new();
    for name in registry.traffic_policy_names(id) {
        let mut others = at_name(&name);
        others.retain(|set| set.record_type() != record_type);
        let group = (zone.id().clone(), name.clone(), record_type);
        registry.traffic_policy_groups = registry.traffic_policy_groups.without(&group);
        names.insert(name, others);
    }
    let mut findings = Vec::new();
    for set in sets {
        let group = (zone.id().clone(), set.name().clone(), record_type);
        let of_name = names.entry(set.name().clone()).or_insert_with_key(at_name);
        // The first record set of a group finds it taken, or takes it.
        if registry.traffic_policy_groups.get(&group) != Some(id) {
            if of_name.iter().any(|other| other.record_type() == record_type) {
                findings.push(RecordSetFinding::AlreadyExists(set.key()));
                continue;
            }
            registry.traffic_policy_groups = registry.traffic_policy_groups.with(group, id.clone());
        }
        of_name.push(set);
    }
    if !findings.is_empty() {
        return Err(of_zone(findings));
    }
    let changed = zone.with_names(names).map_err(|violations| {
        let rules = violations.into_iter().map(|it| RecordSetFinding::BreaksZoneRule(it.record_set, it.rule));
        of_zone(rules.collect())
    })?;
    let next = current.with_hosted_zone(changed).map_err(|violations| {
        let rules = violations.into_iter().map(|it| RecordSetFinding::BreaksAccountRule(it.record_set, it.rule));
        of_zone(rules.collect())
    })?;
    Ok(next.with_registry(registry))
}

fn known_policy<'a>(registry: &'a Registry, id: &TrafficPolicyId) -> Result<&'a TrafficPolicy, ChangeError> {
    registry.traffic_policies.get(id).ok_or_else(|| TrafficPolicyRefusal::NoSuchPolicy(id.clone()).into())
}

fn known_instance<'a>(
    registry: &'a Registry,
    id: &TrafficPolicyInstanceId,
) -> Result<&'a TrafficPolicyInstance, ChangeError> {
    let instance = registry.traffic_policy_instances.get(id);
    instance.ok_or_else(|| TrafficPolicyRefusal::NoSuchInstance(id.clone()).into())
}

/// It was there when its document was looked up.
fn refuse_unknown_version(registry: &Registry, instance: &TrafficPolicyInstance) -> Result<(), ChangeError> {
    let policy = known_policy(registry, &instance.policy)?;
    match policy.versions.contains_key(&instance.version) {
        true => Ok(()),
        false => Err(TrafficPolicyRefusal::NoSuchVersion(instance.policy.clone(), instance.version).into()),
    }
}

fn with_policy(current: &Account, id: TrafficPolicyId, policy: Option<TrafficPolicy>) -> Account {
    let mut registry = current.registry().clone();
    registry.traffic_policies = match policy {
        Some(policy) => registry.traffic_policies.with(id, policy),
        None => registry.traffic_policies.without(&id),
    };
    current.clone().with_registry(registry)
}
