//! An account as files name it, so that what files say and what an API has can be held against each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    AddressPolicy, AwsRegion, CidrCollection, CidrCollectionId, DelegationSet, DomainName, ForcedStatus, HealthCheck,
    HealthCheckConfig, HealthCheckId, HostedZoneId, RecordContent, RecordSet, RecordType, RecordValue, Tags, VpcId,
};
use crate::zonefile::{derived_cidr_collection_id, derived_hosted_zone_id};

use super::found::{ListedCheck, ListedCollection, ListedZone};
use super::names::Names;

/// All ids are those of files that give none.
#[derive(Clone, Debug, Default)]
pub struct NamedAccount {
    pub hosted_zones: Vec<NamedZone>,
    pub health_checks: BTreeMap<HealthCheckId, NamedCheck>,
    pub cidr_collections: BTreeMap<CidrCollectionId, CidrCollection>,
}

#[derive(Clone, Debug)]
pub struct NamedZone {
    pub id: HostedZoneId,
    /// The id that a file gives, which an API may know.
    pub given_id: Option<HostedZoneId>,
    pub name: DomainName,
    pub comment: Box<str>,
    /// Of a private zone; empty for a public one.
    pub vpcs: BTreeMap<VpcId, AwsRegion>,
    pub tags: Tags,
    /// Without the apex records that Route 53 makes.
    pub record_sets: Vec<RecordSet>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedCheck {
    pub check: HealthCheck,
    pub tags: Tags,
}

impl NamedZone {
    /// A zone of an API. Health checks that no file could name keep their ids.
    pub fn of(zone: &ListedZone, names: &Names) -> NamedZone {
        let head = NamedZone::head_of(zone);
        let made = MadeByRoute53::of(zone);
        let kept = zone.record_sets.iter().filter(|set| !made.contains(set));
        let record_sets = kept.map(|set| names.set_in_files(set, &zone.head.id, &head.id)).collect();
        NamedZone { record_sets, ..head }
    }

    /// A zone of an API without its record sets.
    pub fn head_of(zone: &ListedZone) -> NamedZone {
        NamedZone {
            id: zone_id_in_files(&zone.head.name, &zone.vpcs),
            given_id: None,
            name: zone.head.name.clone(),
            comment: zone.head.comment.clone(),
            vpcs: zone.vpcs.clone(),
            tags: zone.tags.clone(),
            record_sets: Vec::new(),
        }
    }

    pub fn is_private(&self) -> bool {
        !self.vpcs.is_empty()
    }
}

impl NamedCheck {
    /// A check of an API, by the id it has in files. Children that no file could name keep their ids.
    ///
    /// # Errors
    ///
    /// What is not allowed here.
    pub fn of(check: &ListedCheck, id: HealthCheckId, names: &Names) -> Result<NamedCheck, String> {
        let name = |child: &HealthCheckId| names.check_in_files(child).unwrap_or(child).clone();
        let children = check.config.child_health_checks.as_ref();
        let child_health_checks = children.map(|children| children.iter().map(name).collect());
        let config = HealthCheckConfig { child_health_checks, ..check.config.clone() }.told();
        let read = config.health_check(id, ForcedStatus::Obey, AddressPolicy::Any).map_err(|errors| {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            format!("health check {}: {}", check.id, errors.join("; "))
        })?;
        Ok(NamedCheck { check: read, tags: check.tags.clone() })
    }
}

/// A collection of an API.
///
/// # Errors
///
/// What is not allowed here.
pub fn named_collection(collection: &ListedCollection) -> Result<CidrCollection, String> {
    let id = derived_cidr_collection_id(&collection.name);
    let mut locations = collection.locations.clone();
    // Their order means nothing, and is that of their history.
    locations.values_mut().for_each(|blocks| blocks.sort_unstable());
    CidrCollection::new(id, &collection.name, locations).map_err(|errors| {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        format!("CIDR collection {}: {}", collection.name, errors.join("; "))
    })
}

/// The id that a zone has in files that give none.
pub fn zone_id_in_files(name: &DomainName, vpcs: &BTreeMap<VpcId, AwsRegion>) -> HostedZoneId {
    derived_hosted_zone_id(name, &vpcs.keys().cloned().collect::<BTreeSet<VpcId>>())
}

/// The apex records that a zone was made with (Z-10 to Z-13).
struct MadeByRoute53 {
    apex: DomainName,
    name_servers: Option<RecordSet>,
    /// AWS names any of the four.
    authorities: Vec<RecordSet>,
}

impl MadeByRoute53 {
    fn of(zone: &ListedZone) -> MadeByRoute53 {
        let apex = zone.head.name.clone();
        let given: Vec<String> =
            zone.name_servers.iter().map(|server| server.trim_end_matches('.').to_owned()).collect();
        let servers = match zone.head.is_private {
            true => Some(DelegationSet::of_private_zones().name_servers().clone()),
            false => given.try_into().ok(),
        };
        let Some(servers) = servers else { return MadeByRoute53 { apex, name_servers: None, authorities: Vec::new() } };
        let with_first = |first: usize| {
            let mut servers: [String; 4] = servers.clone();
            servers.swap(0, first);
            DelegationSet::with_name_servers(servers)
        };
        let sets: Vec<DelegationSet> = (0..servers.len()).filter_map(with_first).collect();
        MadeByRoute53 {
            name_servers: sets.first().map(|set| set.ns_record_set(&apex)),
            authorities: sets.iter().map(|set| set.soa_record_set(&apex)).collect(),
            apex,
        }
    }

    fn contains(&self, set: &RecordSet) -> bool {
        let is = |made: &RecordSet| says_the_same(made, set);
        match set.record_type() {
            _ if *set.name() != self.apex => false,
            RecordType::Ns => self.name_servers.as_ref().is_some_and(is),
            RecordType::Soa => self.authorities.iter().any(is),
            _ => false,
        }
    }
}

/// Whether two record sets answer the same: the order of values and how they are spelled does not matter.
pub fn says_the_same(one: &RecordSet, other: &RecordSet) -> bool {
    let same_content = match (one.content(), other.content()) {
        (RecordContent::Values { ttl, values }, RecordContent::Values { ttl: other_ttl, values: other_values }) => {
            let all = |values: &[RecordValue]| {
                let mut all: Vec<Box<[u8]>> = values.iter().map(|value| value.rdata().into()).collect();
                all.sort_unstable();
                all
            };
            ttl == other_ttl && all(values) == all(other_values)
        }
        (content, other_content) => content == other_content,
    };
    same_content
        && one.key() == other.key()
        && one.routing_policy() == other.routing_policy()
        && one.health_check_id() == other.health_check_id()
}
