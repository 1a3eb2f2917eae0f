//! All zone files together are one account: reads every part, then holds them against each other.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::diagnostic::{Diagnostic, Origin, Problems, saturate};
use super::drafted::{CollectionNames, Drafted};
use super::fields::Fields;
use super::hosted_zone::IdOrigin;
use super::node::Node;
use super::read::ZoneFile;
use super::sources::{Sources, ZoneSource};
use super::{cidr_collection, client_location, cloudwatch, document, health_check, hosted_zone, operation, vpc};
use crate::model::{
    Account, AccountPart, AccountParts, AccountRule, AccountViolation, AddressPolicy, CidrCollection, ClientLocation,
    CloudWatchAlarm, Force, HealthCheck, HostedZone, MetricData, RoutingControlArn, RoutingControlState,
    TaggedResource, Tags, Vpc, limits,
};

/// An account, and where its parts stand.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub account: Account,
    pub sources: Sources,
}

/// Reads zone files as one account.
///
/// # Errors
///
/// Every problem of every file, sorted by file, line and column; at most
/// [`ZONE_FILE_PROBLEMS`](crate::model::limits::ZONE_FILE_PROBLEMS).
pub fn load(files: &[ZoneFile]) -> Result<Loaded, Vec<Diagnostic>> {
    load_under(files, AddressPolicy::Any)
}

/// As [`load`], refusing health checks of endpoints at addresses that the policy does not allow (HC-19).
pub fn load_under(files: &[ZoneFile], addresses: AddressPolicy) -> Result<Loaded, Vec<Diagnostic>> {
    let mut problems = Problems::new(files.iter().map(|file| file.path.as_str()).collect());
    let mut draft = Draft { addresses, ..Draft::default() };
    let mut zones = Vec::new();
    for (number, file) in files.iter().enumerate() {
        problems.enter(saturate(number));
        match document::read(&file.text, &mut problems) {
            Ok(Some(root)) => zones.extend(draft.read_file(root, &mut problems).map(|zone| (saturate(number), zone))),
            Ok(None) => {}
            Err(document::Unreadable) => draft.hide_everything(),
        }
    }
    // Zones come last: their records name CIDR collections, which may stand in any file.
    for (file, zone) in zones {
        problems.enter(file);
        draft.read_zone(zone, &mut problems);
    }
    draft.into_account(files, problems)
}

#[derive(Default)]
struct Draft {
    addresses: AddressPolicy,
    vpcs: Drafted<Vpc>,
    health_checks: Drafted<HealthCheck>,
    cidr_collections: Drafted<CidrCollection>,
    client_locations: Drafted<ClientLocation>,
    alarms: Drafted<CloudWatchAlarm>,
    metric_data: Drafted<MetricData>,
    routing_controls: Drafted<(RoutingControlArn, RoutingControlState)>,
    forces: Drafted<Force>,
    hosted_zones: Vec<Arc<HostedZone>>,
    tags: BTreeMap<TaggedResource, Tags>,
    zone_sources: Vec<(ZoneSource, IdOrigin)>,
    collection_names: CollectionNames,
}

const SECTIONS: &[&str] = &[
    "vpcs",
    "health_checks",
    "cidr_collections",
    "client_locations",
    "cloudwatch_alarms",
    "cloudwatch_metrics",
    "routing_controls",
    "forced_health_checks",
    "hosted_zones",
];

impl Draft {
    /// Reads all sections but the hosted zones, which are given back.
    fn read_file<'t>(&mut self, root: Node<'t>, problems: &mut Problems<'_>) -> std::vec::IntoIter<Node<'t>> {
        let nothing = Vec::new().into_iter();
        if root.is_nothing() {
            return nothing;
        }
        let before = problems.count();
        let Some(fields) = Fields::read(&root, "a zone file", SECTIONS, problems) else {
            self.hide_everything();
            return nothing;
        };
        let mut items =
            |key: &'static str| fields.get(key).and_then(|node| node.list(key, problems)).unwrap_or_default();
        let (vpcs, health_checks) = (items("vpcs"), items("health_checks"));
        let (cidr_collections, client_locations) = (items("cidr_collections"), items("client_locations"));
        let (alarms, metric_data) = (items("cloudwatch_alarms"), items("cloudwatch_metrics"));
        let (routing_controls, forces) = (items("routing_controls"), items("forced_health_checks"));
        items("hosted_zones");
        if problems.count() > before {
            self.hide_everything();
        }
        for item in vpcs {
            let (id, vpc) = vpc::read(item, problems);
            self.vpcs.add_with_id(item, vpc, id, problems);
        }
        for item in health_checks {
            let (id, read) = health_check::read(item, self.addresses, problems);
            let check = read.map(|(check, tags)| {
                self.add_tags(TaggedResource::HealthCheck(check.id.clone()), tags);
                check
            });
            self.health_checks.add_with_id(item, check, id, problems);
        }
        for item in cidr_collections {
            self.read_collection(item, problems);
        }
        for item in client_locations {
            let location = client_location::read(item, problems);
            self.client_locations.add(item, location, None, problems);
        }
        for item in alarms {
            let (id, alarm) = cloudwatch::read_alarm(item, problems);
            self.alarms.add_once(item, alarm, id.map(|id| id.to_string()), problems, |id| {
                (format!("the alarm {id} stands twice"), "give each its own name")
            });
        }
        for item in metric_data {
            let data = cloudwatch::read_metric(item, problems);
            self.metric_data.add(item, data, None, problems);
        }
        for item in routing_controls {
            let (arn, control) = operation::read_control(item, problems);
            self.routing_controls.add_once(item, control, arn.map(String::from), problems, |arn| {
                (format!("the routing control {arn:?} stands twice"), "keep one of them")
            });
        }
        for item in forces {
            let force = operation::read_force(item, problems);
            self.forces.add(item, force, None, problems);
        }
        root.into_items("hosted_zones").into_iter()
    }

    fn read_collection(&mut self, item: &Node<'_>, problems: &mut Problems<'_>) {
        let reading = cidr_collection::read(item, problems);
        match &reading.collection {
            Some(collection) => {
                self.collection_names.add(collection);
            }
            None => {
                // A record may name it either way.
                self.collection_names.unread.add(reading.name);
                self.collection_names.unread.add(reading.id.map(|id| id.to_string()));
            }
        }
        self.cidr_collections.add(item, reading.collection, None, problems);
    }

    fn add_tags(&mut self, resource: TaggedResource, tags: Tags) {
        if !tags.is_empty() {
            self.tags.insert(resource, tags);
        }
    }

    /// Some file or section cannot be read: anything could be in it.
    fn hide_everything(&mut self) {
        for unread in [&mut self.vpcs.unread, &mut self.health_checks.unread, &mut self.collection_names.unread] {
            unread.add(None);
        }
    }

    fn read_zone(&mut self, node: Node<'_>, problems: &mut Problems<'_>) {
        let origin = Origin { file: problems.file(), at: node.at };
        if let Some(read) = hosted_zone::read(node, &self.collection_names, problems) {
            self.add_tags(TaggedResource::HostedZone(read.zone.id().clone()), read.tags);
            self.hosted_zones.push(Arc::new(read.zone));
            self.zone_sources.push((ZoneSource::new(origin, read.record_sets), read.id_origin));
        }
    }

    fn into_account(self, files: &[ZoneFile], mut problems: Problems<'_>) -> Result<Loaded, Vec<Diagnostic>> {
        let Draft {
            addresses: _,
            vpcs,
            health_checks,
            cidr_collections,
            client_locations,
            alarms,
            metric_data,
            routing_controls,
            forces,
            hosted_zones,
            tags,
            zone_sources,
            collection_names,
        } = self;
        if let Some(first_too_many) = forces.origins.get(limits::FORCES) {
            let message = format!("there are more than {} forced health checks", limits::FORCES);
            problems.add_at(*first_too_many, message, "force several at once with a pattern such as web-*");
        }
        // A valid account has each id once, so these are the sources if it is one.
        let sources = Sources {
            files: files.iter().map(|file| file.path.clone()).collect(),
            vpcs: vpcs.sources(|vpc| vpc.id.clone()),
            health_checks: health_checks.sources(|check| check.id.clone()),
            cidr_collections: cidr_collections.sources(|collection| collection.id().clone()),
            client_locations: client_locations.origins.clone(),
            alarms: alarms.sources(|alarm| alarm.id.clone()),
            metric_data: metric_data.origins.clone(),
            forces: forces.origins.clone(),
            hosted_zones: HashMap::new(),
        };
        let zone_ids: Vec<_> = hosted_zones.iter().map(|zone| zone.id().clone()).collect();
        let parts = AccountParts {
            vpcs: vpcs.parts,
            health_checks: health_checks.parts,
            cidr_collections: cidr_collections.parts,
            client_locations: client_locations.parts,
            alarms: alarms.parts,
            metric_data: metric_data.parts,
            routing_controls: routing_controls.parts,
            forces: forces.parts,
            source_files: sources.files_of_parts(zone_ids.iter().zip(&zone_sources).map(|(id, it)| (id, &it.0))),
            hosted_zones,
            tags,
        };
        let account = match Account::new(parts) {
            Ok(account) => account,
            Err(violations) => {
                let mut first_of_id = HashMap::new();
                for (place, id) in zone_ids.iter().enumerate() {
                    first_of_id.entry(id).or_insert(place);
                }
                let taken_names = parts_with_taken_names(&violations, &zone_sources);
                for AccountViolation { part, rule } in &violations {
                    let unread = match rule {
                        AccountRule::UnknownVpc(id) => vpcs.unread.may_hold(id.as_str()),
                        AccountRule::UnknownHealthCheck(id) => health_checks.unread.may_hold(id.as_str()),
                        AccountRule::DuplicateId(_) => taken_names.contains(part),
                        _ => false,
                    };
                    if !unread {
                        let origin = match *part {
                            AccountPart::Vpc(place) => vpcs.origins[place],
                            AccountPart::HealthCheck(place) => health_checks.origins[place],
                            AccountPart::CidrCollection(place) => cidr_collections.origins[place],
                            AccountPart::ClientLocation(place) => client_locations.origins[place],
                            AccountPart::HostedZone(place) => zone_sources[place].0.origin,
                            AccountPart::RecordSet { hosted_zone, record_set } => {
                                let source = &zone_sources[hosted_zone].0;
                                Origin { file: source.origin.file, at: source.record_sets[record_set] }
                            }
                        };
                        let message = match rule {
                            // A derived id says nothing to people.
                            AccountRule::UnknownCidrLocation(id, location) => format!(
                                "the CIDR collection {:?} has no location {location:?}",
                                collection_names.name_of(id).unwrap_or(id.as_str())
                            ),
                            _ => rule.to_string(),
                        };
                        let mut hint = rule.hint().to_owned();
                        if let AccountRule::DuplicatePublicZone(_, other)
                        | AccountRule::ConflictingPrivateZone(_, _, other) = rule
                            && let Some(&place) = first_of_id.get(other)
                        {
                            let Origin { file, at } = zone_sources[place].0.origin;
                            let path = &files[file as usize].path;
                            hint += &format!("; the other is at {path}:{}:{}", at.line, at.column);
                        }
                        problems.add_at(origin, message, hint);
                    }
                }
                return Err(problems.into_diagnostics());
            }
        };
        if problems.count() > 0 {
            return Err(problems.into_diagnostics());
        }
        let hosted_zones = zone_ids.into_iter().zip(zone_sources.into_iter().map(|(source, _)| source)).collect();
        let sources = Sources { hosted_zones, ..sources };
        Ok(Loaded { account, sources })
    }
}

/// The parts whose name is taken, so that a derived id, which is made from the name, is taken too.
fn parts_with_taken_names(violations: &[AccountViolation], zones: &[(ZoneSource, IdOrigin)]) -> BTreeSet<AccountPart> {
    violations
        .iter()
        .filter(|violation| match (violation.part, &violation.rule) {
            (
                AccountPart::HostedZone(place),
                AccountRule::DuplicatePublicZone(..) | AccountRule::ConflictingPrivateZone(..),
            ) => zones[place].1 == IdOrigin::Derived,
            (_, AccountRule::DuplicateCidrCollectionName(_)) => true,
            _ => false,
        })
        .map(|violation| violation.part)
        .collect()
}
