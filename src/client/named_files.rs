//! What zone files say, as far as it can be pushed.

use std::collections::BTreeMap;

use crate::api::xml::is_allowed;
use crate::model::{
    Account, AwsRegion, CidrCollection, DelegationSet, ForcedStatus, HealthCheck, HealthCheckConfig, HealthCheckTarget,
    HostedZone, RecordSet, TaggedResource, Tags, Visibility, VpcId,
};
use crate::zonefile::derived_cidr_collection_id;

use super::check_reference;
use super::named::{NamedAccount, NamedCheck, NamedZone, zone_id_in_files};
use super::names::Names;

/// What is pushed, and what is not.
#[derive(Clone, Debug, Default)]
pub struct FromFiles {
    pub account: NamedAccount,
    /// What is no part of Route 53, and stays in the files.
    pub notes: Vec<String>,
    /// What Route 53 could not hold: nothing is pushed while there is any.
    pub problems: Vec<String>,
}

/// Route 53 probes every 10 or every 30 seconds (HC-1).
const INTERVALS: [u32; 2] = [10, 30];

pub fn from_files(account: &Account) -> FromFiles {
    let mut read = FromFiles::default();
    read.note_what_is_ours(account);
    for check in account.health_checks().values() {
        read.add_check(check, account);
    }
    // A file may give a collection an id of its own.
    let mut names = Names::default();
    for collection in account.cidr_collections().values() {
        names.add_collection(derived_cidr_collection_id(collection.name()), collection.id().clone());
        read.add_collection(collection);
    }
    for zone in account.hosted_zones().iter() {
        read.add_zone(zone, &names, account);
    }
    // Where files name them is of no interest: by name they are told apart by people.
    read.account.hosted_zones.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
    read
}

impl FromFiles {
    fn note_what_is_ours(&mut self, account: &Account) {
        let networks = account.vpcs().values().filter(|vpc| !vpc.cidrs.is_empty()).count();
        for (count, what) in [
            (networks, "vpcs with cidrs (who is inside: VPCs are EC2's)"),
            (account.client_locations().len(), "client_locations"),
            (account.alarms().len(), "cloudwatch_alarms"),
            (account.metric_data().len(), "cloudwatch_metrics"),
            (account.routing_controls().len(), "routing_controls"),
            (account.forces().len(), "forced_health_checks"),
        ] {
            if count > 0 {
                self.notes.push(format!(
                    "not pushed, no part of Route 53: {count} {what}; give them to the server with --zones"
                ));
            }
        }
    }

    fn add_check(&mut self, check: &HealthCheck, account: &Account) {
        let id = &check.id;
        let mut check = HealthCheck { status: ForcedStatus::Obey, ..check.clone() };
        if account.health_checks()[id].status != ForcedStatus::Obey {
            self.notes.push(format!("health check {id}: status is not pushed, for it is no part of Route 53"));
        }
        if let Some((given, allowed)) = take_interval_of_route53(&mut check) {
            self.notes.push(format!(
                "health check {id}: request_interval {given} is pushed as {allowed}; Route 53 has 10 and 30"
            ));
        }
        let length = check_reference::reference(id, 1).chars().count();
        if length > check_reference::CHARACTERS {
            self.problems.push(format!(
                "health check {id}: its id is its caller reference, which has at most {} characters, not {length}; give it a shorter one",
                check_reference::CHARACTERS
            ));
        }
        let tags = account.tags(&TaggedResource::HealthCheck(id.clone())).cloned().unwrap_or_default();
        let config = HealthCheckConfig::of(&check);
        let texts = [
            Some(id.as_str()),
            config.resource_path.as_deref(),
            config.fully_qualified_domain_name.as_deref(),
            config.search_string.as_deref(),
            config.routing_control_arn.as_deref(),
            config.alarm_identifier.as_ref().map(|(_, name)| &**name),
        ];
        let what = format!("health check {id}");
        self.check_texts(&what, texts.into_iter().flatten().chain(tag_texts(&tags)));
        self.account.health_checks.insert(id.clone(), NamedCheck { check, tags });
    }

    fn add_collection(&mut self, collection: &CidrCollection) {
        let name = collection.name();
        let id = derived_cidr_collection_id(name);
        let (full, empty): (BTreeMap<_, _>, BTreeMap<_, _>) =
            collection.locations().clone().into_iter().partition(|(_, blocks)| !blocks.is_empty());
        for location in empty.keys() {
            let location = location.as_str();
            self.notes.push(format!("CIDR collection {name}: location {location} is not pushed, for it has no blocks"));
        }
        // What was a collection with more locations is one with fewer.
        if let Ok(named) = CidrCollection::new(id.clone(), name, full) {
            self.account.cidr_collections.insert(id, named);
        }
    }

    fn add_zone(&mut self, zone: &HostedZone, names: &Names, account: &Account) {
        let vpcs: BTreeMap<VpcId, AwsRegion> = match zone.visibility() {
            Visibility::Public => BTreeMap::new(),
            Visibility::Private(ids) => {
                let known = ids.iter().filter_map(|id| account.vpcs().get(id));
                known.map(|vpc| (vpc.id.clone(), vpc.region)).collect()
            }
        };
        let tags = account.tags(&TaggedResource::HostedZone(zone.id().clone())).cloned().unwrap_or_default();
        let id = zone_id_in_files(zone.name(), &vpcs);
        let made = DelegationSet::of_zone(zone.id(), zone.visibility());
        let made = [made.ns_record_set(zone.name()), made.soa_record_set(zone.name())];
        let kept = zone.record_sets().filter(|set| !made.contains(set));
        let record_sets: Vec<RecordSet> = kept.map(|set| names.set_in_files(&set, zone.id(), &id)).collect();
        let what = format!("hosted zone {}", zone.name());
        let identifiers = record_sets.iter().filter_map(|set| set.set_identifier().map(|id| id.as_str()));
        let vpc_ids = vpcs.keys().map(|id| id.as_str());
        self.check_texts(&what, [zone.comment()].into_iter().chain(identifiers).chain(vpc_ids).chain(tag_texts(&tags)));
        self.account.hosted_zones.push(NamedZone {
            given_id: Some(zone.id().clone()).filter(|given| *given != id),
            id,
            name: zone.name().clone(),
            comment: zone.comment().into(),
            vpcs,
            tags,
            record_sets,
        });
    }

    /// XML has no way to write some characters, not even escaped.
    fn check_texts<'t>(&mut self, what: &str, texts: impl Iterator<Item = &'t str>) {
        for text in texts.filter(|text| !text.chars().all(is_allowed)) {
            self.problems.push(format!("{what}: the text {text:?} has a character that no request can hold (XML 1.0)"));
        }
    }
}

fn tag_texts(tags: &Tags) -> impl Iterator<Item = &str> {
    tags.iter().flat_map(|(key, value)| [&**key, &**value])
}

/// Gives a check an interval that Route 53 has; the one that it had and the one that it got, if these differ.
pub fn take_interval_of_route53(check: &mut HealthCheck) -> Option<(u32, u32)> {
    let HealthCheckTarget::Endpoint(endpoint) = &mut check.target else { return None };
    let given = endpoint.request_interval_seconds;
    let allowed = INTERVALS.into_iter().find(|interval| given <= *interval).unwrap_or(INTERVALS[1]);
    endpoint.request_interval_seconds = allowed;
    (allowed != given).then_some((given, allowed))
}
