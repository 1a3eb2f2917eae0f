//! An account: everything the server knows, in one value.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::account_rules::{self, AccountViolation, HostedZoneViolation};
use super::cidr_collection::CidrCollection;
use super::client_location::ClientLocation;
use super::cloudwatch::{AlarmId, CloudWatchAlarm, MetricData};
use super::delegation_set::DelegationSet;
use super::domain_name::{DomainName, ListedName};
use super::files_part::SourceFiles;
use super::force::Force;
use super::geography::AwsRegion;
use super::health_check::HealthCheck;
use super::hosted_zone::{HostedZone, Visibility, ZoneHead};
use super::identifier::{CidrCollectionId, HealthCheckId, HostedZoneId, VpcId};
use super::ordered_set::{Difference, Differences, Edit, Keyed, OrderedSet};
use super::registry::{Registry, TaggedResource, Tags};
use super::routing_control::{RoutingControlArn, RoutingControlState};
use super::vpc::Vpc;

/// Everything that answers depend on except health and randomness. Cheap to clone: versions share what a change
/// between them left alone.
#[derive(Clone, Debug, Default)]
pub struct Account {
    settings: Arc<Settings>,
    hosted_zones: OrderedSet<Arc<HostedZone>>,
    /// The public zones by name, of which Z-2 allows several.
    public_names: OrderedSet<Arc<ZoneHead>>,
    /// PZ-14: the private zones by VPC and name.
    private_names: OrderedSet<PrivateName>,
    registry: Registry,
    source_files: Arc<SourceFiles>,
}

/// An account without its hosted zones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Settings {
    vpcs: BTreeMap<VpcId, Vpc>,
    health_checks: BTreeMap<HealthCheckId, HealthCheck>,
    cidr_collections: BTreeMap<CidrCollectionId, CidrCollection>,
    client_locations: Vec<ClientLocation>,
    alarms: BTreeMap<AlarmId, CloudWatchAlarm>,
    metric_data: Vec<MetricData>,
    routing_controls: BTreeMap<RoutingControlArn, RoutingControlState>,
    forces: Vec<Force>,
    tags: BTreeMap<TaggedResource, Tags>,
}

/// What an [`Account`] is made of, before the rules among its parts are checked.
#[derive(Clone, Debug, Default)]
pub struct AccountParts {
    pub vpcs: Vec<Vpc>,
    pub health_checks: Vec<HealthCheck>,
    pub cidr_collections: Vec<CidrCollection>,
    pub client_locations: Vec<ClientLocation>,
    pub alarms: Vec<CloudWatchAlarm>,
    pub metric_data: Vec<MetricData>,
    pub routing_controls: Vec<(RoutingControlArn, RoutingControlState)>,
    /// The later one wins.
    pub forces: Vec<Force>,
    pub hosted_zones: Vec<Arc<HostedZone>>,
    /// Of hosted zones and health checks that zone files describe; the registry has those of the others.
    pub tags: BTreeMap<TaggedResource, Tags>,
    pub source_files: SourceFiles,
}

impl Account {
    /// Checks every rule among the parts and tells all that are broken; a violation names its part by its place in
    /// the list it stands in.
    pub fn new(parts: AccountParts) -> Result<Account, Vec<AccountViolation>> {
        Account::without_broken(parts, |_| false)
    }

    /// As [`Account::new`], but for violations that do not count.
    pub(super) fn without_broken(
        parts: AccountParts,
        is_allowed: impl Fn(&AccountViolation) -> bool,
    ) -> Result<Account, Vec<AccountViolation>> {
        let mut violations = account_rules::check(&parts);
        violations.retain(|violation| !is_allowed(violation));
        if violations.is_empty() { Ok(Account::assembled(parts)) } else { Err(violations) }
    }

    /// What was made through the API, alone. What it refers to may stand in zone files, so that no rule among the parts
    /// is checked before [`Account::with_files`].
    pub fn of_api(parts: AccountParts, registry: Registry) -> Account {
        Account::assembled(parts).with_registry(registry)
    }

    fn assembled(parts: AccountParts) -> Account {
        let settings = Settings {
            vpcs: parts.vpcs.into_iter().map(|vpc| (vpc.id.clone(), vpc)).collect(),
            health_checks: parts.health_checks.into_iter().map(|check| (check.id.clone(), check)).collect(),
            cidr_collections: parts
                .cidr_collections
                .into_iter()
                .map(|collection| (collection.id().clone(), collection))
                .collect(),
            client_locations: parts.client_locations,
            alarms: parts.alarms.into_iter().map(|alarm| (alarm.id.clone(), alarm)).collect(),
            metric_data: parts.metric_data,
            routing_controls: parts.routing_controls.into_iter().collect(),
            forces: parts.forces,
            tags: parts.tags,
        };
        let hosted_zones = parts.hosted_zones;
        let public = hosted_zones.iter().filter(|zone| *zone.visibility() == Visibility::Public);
        let public_names = OrderedSet::from_items(public.map(|zone| Arc::clone(zone.head())).collect());
        let private_names = OrderedSet::from_items(hosted_zones.iter().flat_map(|zone| private_names(zone)).collect());
        let hosted_zones = OrderedSet::from_items(hosted_zones);
        let source_files = Arc::new(parts.source_files);
        let registry = Registry::default();
        Account { settings: Arc::new(settings), hosted_zones, public_names, private_names, registry, source_files }
    }

    /// What it is made of, but for the registry.
    pub fn parts(&self) -> AccountParts {
        let settings = Settings::clone(&self.settings);
        AccountParts {
            vpcs: settings.vpcs.into_values().collect(),
            health_checks: settings.health_checks.into_values().collect(),
            cidr_collections: settings.cidr_collections.into_values().collect(),
            client_locations: settings.client_locations,
            alarms: settings.alarms.into_values().collect(),
            metric_data: settings.metric_data,
            routing_controls: settings.routing_controls.into_iter().collect(),
            forces: settings.forces,
            hosted_zones: self.hosted_zones.iter().cloned().collect(),
            tags: settings.tags,
            source_files: SourceFiles::clone(&self.source_files),
        }
    }

    /// What was made through the API, and what is remembered of that.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The account with another registry: nothing that answers depend on changes.
    pub fn with_registry(self, registry: Registry) -> Account {
        Account { registry, ..self }
    }

    /// Where the parts stand that zone files describe.
    pub fn source_files(&self) -> &SourceFiles {
        &self.source_files
    }

    /// The VPCs that may be associated with a zone, in the order of their ids, each with its region.
    pub fn vpc_authorizations(&self, zone: &HostedZoneId) -> impl Iterator<Item = (&VpcId, AwsRegion)> {
        // No VPC comes before this one.
        let first = (zone.clone(), VpcId::new(" ").expect("a blank is a text"));
        let from_first = self.registry.vpc_authorizations.iter_from(&first);
        let of_zone = from_first.take_while(move |((its_zone, _), _)| its_zone == zone);
        of_zone.map(|((_, vpc), region)| (vpc, *region)).collect::<Vec<_>>().into_iter()
    }

    /// The name servers of a zone: its own, or those of a reusable set.
    pub fn delegation_set(&self, zone: &HostedZone) -> DelegationSet {
        let registration = self.registry.hosted_zones.get(zone.id());
        let reusable = registration.and_then(|it| self.registry.delegation_sets.get(it.delegation_set.as_ref()?));
        reusable
            .map(|reusable| reusable.name_servers.clone())
            .unwrap_or_else(|| DelegationSet::of_zone(zone.id(), zone.visibility()))
    }

    /// The account with a VPC, in the place of the one with its id.
    pub fn with_vpc(&self, vpc: Vpc) -> Account {
        self.with_settings(|settings| drop(settings.vpcs.insert(vpc.id.clone(), vpc)))
    }

    /// The account without a VPC, with which no zone may be associated any more.
    pub fn without_vpc(&self, id: &VpcId) -> Account {
        self.with_settings(|settings| drop(settings.vpcs.remove(id)))
    }

    /// The account with a health check, in the place of the one with its id. The caller holds it against the others.
    pub fn with_health_check(&self, check: HealthCheck) -> Account {
        self.with_settings(|settings| drop(settings.health_checks.insert(check.id.clone(), check)))
    }

    pub fn without_health_check(&self, id: &HealthCheckId) -> Account {
        self.with_settings(|settings| drop(settings.health_checks.remove(id)))
    }

    /// The account with a CIDR collection, in the place of the one with its id. The caller sees to it that no record
    /// set needs a location that is gone.
    pub fn with_cidr_collection(&self, collection: CidrCollection) -> Account {
        self.with_settings(|settings| drop(settings.cidr_collections.insert(collection.id().clone(), collection)))
    }

    pub fn without_cidr_collection(&self, id: &CidrCollectionId) -> Account {
        self.with_settings(|settings| drop(settings.cidr_collections.remove(id)))
    }

    fn with_settings(&self, change: impl FnOnce(&mut Settings)) -> Account {
        let mut settings = Settings::clone(&self.settings);
        change(&mut settings);
        Account { settings: Arc::new(settings), ..self.clone() }
    }

    /// Whether all but the hosted zones is one value for both: what is not may still be equal.
    pub fn shares_settings_with(&self, other: &Account) -> bool {
        Arc::ptr_eq(&self.settings, &other.settings)
    }

    pub fn vpcs(&self) -> &BTreeMap<VpcId, Vpc> {
        &self.settings.vpcs
    }

    pub fn health_checks(&self) -> &BTreeMap<HealthCheckId, HealthCheck> {
        &self.settings.health_checks
    }

    pub fn cidr_collections(&self) -> &BTreeMap<CidrCollectionId, CidrCollection> {
        &self.settings.cidr_collections
    }

    pub fn client_locations(&self) -> &[ClientLocation] {
        &self.settings.client_locations
    }

    /// HC-42: the alarms that CLOUDWATCH_METRIC health checks may name.
    pub fn alarms(&self) -> &BTreeMap<AlarmId, CloudWatchAlarm> {
        &self.settings.alarms
    }

    pub fn metric_data(&self) -> &[MetricData] {
        &self.settings.metric_data
    }

    /// HC-44: the routing controls that RECOVERY_CONTROL health checks may name.
    pub fn routing_controls(&self) -> &BTreeMap<RoutingControlArn, RoutingControlState> {
        &self.settings.routing_controls
    }

    /// Where two match one check, the later one wins.
    pub fn forces(&self) -> &[Force] {
        &self.settings.forces
    }

    /// The tags of a hosted zone or a health check; `None` if it has none.
    pub fn tags(&self, resource: &TaggedResource) -> Option<&Tags> {
        self.registry.tags.get(resource).or_else(|| self.settings.tags.get(resource))
    }

    /// In the order of their ids.
    pub fn hosted_zones(&self) -> &OrderedSet<Arc<HostedZone>> {
        &self.hosted_zones
    }

    pub fn hosted_zone(&self, id: &HostedZoneId) -> Option<&Arc<HostedZone>> {
        self.hosted_zones.get(id)
    }

    /// The zones that are not the same in a later version of the account. Takes as long as the change between the two
    /// is large.
    pub fn changed_zones<'a>(&'a self, newer: &'a Account) -> Differences<'a, Arc<HostedZone>> {
        self.hosted_zones.differences(&newer.hosted_zones)
    }

    /// The account with a zone, in the place of the one with its id if there is one. Checks every rule that this could
    /// break, and tells all that it does. Takes as long as the zone differs from the one before.
    pub fn with_hosted_zone(&self, zone: HostedZone) -> Result<Account, Vec<HostedZoneViolation>> {
        let old = self.hosted_zone(zone.id());
        let zone = Arc::new(match old {
            Some(old) => zone.sharing_with(old),
            None => zone,
        });
        let violations = account_rules::check_hosted_zone(self, &zone);
        if !violations.is_empty() {
            return Err(violations);
        }
        let mut next = match old {
            Some(old) if Arc::ptr_eq(old.head(), zone.head()) => self.clone(),
            Some(old) => self.without_names(old),
            None => self.clone(),
        };
        if !old.is_some_and(|old| Arc::ptr_eq(old.head(), zone.head())) {
            match zone.visibility() {
                Visibility::Public => next.public_names = next.public_names.edited(&[Edit::Put(zone.head())]),
                Visibility::Private(_) => {
                    let names = private_names(&zone);
                    let edits: Vec<_> = names.iter().map(Edit::Put).collect();
                    next.private_names = next.private_names.edited(&edits);
                }
            }
        }
        next.hosted_zones = next.hosted_zones.edited(&[Edit::Put(&zone)]);
        Ok(next)
    }

    /// The account without a zone; the same if it has no such zone.
    pub fn without_hosted_zone(&self, id: &HostedZoneId) -> Account {
        let Some(zone) = self.hosted_zone(id) else { return self.clone() };
        let mut next = self.without_names(zone);
        next.hosted_zones = next.hosted_zones.edited(&[Edit::Remove(zone)]);
        next
    }

    /// An equal account that shares with `older` what the two have in common, so that a later one can be held against
    /// it quickly.
    pub fn sharing_with(self, older: &Account) -> Account {
        let mut zones = Vec::new();
        for difference in older.hosted_zones.differences(&self.hosted_zones) {
            zones.push(match difference {
                Difference::Removed(zone) => (None, zone),
                Difference::Added(zone) => (Some(Arc::clone(zone)), zone),
                Difference::Replaced { old, new } => (Some(Arc::new(HostedZone::clone(new).sharing_with(old))), new),
            });
        }
        let edits: Vec<_> = zones
            .iter()
            .map(|(after, zone)| match after {
                Some(after) => Edit::Put(after),
                None => Edit::Remove(*zone),
            })
            .collect();
        let hosted_zones = older.hosted_zones.edited(&edits);
        drop(edits);
        let settings = if self.settings == older.settings { &older.settings } else { &self.settings };
        let public_names = shared(&older.public_names, &self.public_names);
        let private_names = shared(&older.private_names, &self.private_names);
        let settings = Arc::clone(settings);
        Account { settings, hosted_zones, public_names, private_names, ..self }
    }

    /// The account whose indexes have forgotten a zone.
    fn without_names(&self, zone: &HostedZone) -> Account {
        let names = private_names(zone);
        let edits: Vec<_> = names.iter().map(Edit::Remove).collect();
        let public_names = match zone.visibility() {
            Visibility::Public => self.public_names.edited(&[Edit::Remove(zone.head())]),
            Visibility::Private(_) => self.public_names.clone(),
        };
        Account { public_names, private_names: self.private_names.edited(&edits), ..self.clone() }
    }

    /// The public zone of this very name that is delegated to, and so answers: the one of the zone files, else the one
    /// that was made first through the API (Z-2). At Route 53 it is the one whose name servers the zone above names.
    pub fn public_zone_named(&self, name: &DomainName) -> Option<&Arc<HostedZone>> {
        let mut named = self.public_zones_named(name);
        let (first, second) = (named.next()?, named.next());
        if second.is_none() {
            return Some(first);
        }
        let of_files = self.public_zones_named(name).find(|zone| !self.registry.hosted_zones.contains_key(zone.id()));
        let made_first = || self.registry.zones_of_one_name.get(name)?.iter().find_map(|id| self.hosted_zone(id));
        of_files.or_else(made_first).or(Some(first))
    }

    /// Public zones that answer nobody, each with the one of its name that is delegated to.
    pub fn undelegated_zones(&self) -> impl Iterator<Item = (&HostedZone, &HostedZone)> {
        let mut before: Option<&DomainName> = None;
        let names = self.public_names.iter().map(|head| &head.name);
        let of_several = names.filter(move |name| before.replace(name).is_some_and(|before| before == *name));
        let mut told: Option<&DomainName> = None;
        let each_once = of_several.filter(move |name| told.replace(name).is_none_or(|told| told != *name));
        each_once.filter_map(|name| Some((name, self.public_zone_named(name)?))).flat_map(|(name, delegated)| {
            let others = self.public_zones_named(name).filter(|zone| zone.id() != delegated.id());
            others.map(|zone| (&**zone, &**delegated))
        })
    }

    /// The public zones of this very name, in the order of their ids.
    pub fn public_zones_named<'a, 'n>(
        &'a self,
        name: &'n DomainName,
    ) -> impl Iterator<Item = &'a Arc<HostedZone>> + use<'a, 'n> {
        self.public_zones_at_or_below(name).take_while(move |zone| zone.name() == name)
    }

    /// The public zones of this name, then those of the names below it.
    pub fn public_zones_at_or_below<'a, 'n>(
        &'a self,
        name: &'n DomainName,
    ) -> impl Iterator<Item = &'a Arc<HostedZone>> + use<'a, 'n> {
        // No id comes before the empty one.
        let from_name = self.public_names.iter_from((ListedName(name.wire()), ""));
        let heads = from_name.take_while(move |head| head.name.is_at_or_below(name));
        heads.filter_map(|head| self.hosted_zone(&head.id))
    }

    /// The private zone of this very name that a VPC is associated with.
    pub fn private_zone_named(&self, vpc: &VpcId, name: &DomainName) -> Option<&Arc<HostedZone>> {
        self.hosted_zone(&self.private_names.get((vpc, ListedName(name.wire())))?.zone.id)
    }
}

/// An equal set that shares with an older one what the two have in common.
fn shared<T: Keyed + PartialEq>(older: &OrderedSet<T>, newer: &OrderedSet<T>) -> OrderedSet<T> {
    let edits: Vec<_> = older.differences(newer).map(|difference| difference.edit()).collect();
    older.edited(&edits)
}

/// The indexes follow from the rest, and where parts stand is not what they are.
impl PartialEq for Account {
    fn eq(&self, other: &Self) -> bool {
        self.settings == other.settings && self.hosted_zones == other.hosted_zones && self.registry == other.registry
    }
}

impl Eq for Account {}

/// A private zone as one of its VPCs sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PrivateName {
    vpc: VpcId,
    zone: Arc<ZoneHead>,
}

impl Keyed for PrivateName {
    type Key<'k> = (&'k VpcId, ListedName<'k>);

    fn key(&self) -> Self::Key<'_> {
        (&self.vpc, ListedName(self.zone.name.wire()))
    }

    fn compare<'k, 'l>(one: Self::Key<'k>, other: Self::Key<'l>) -> Ordering
    where
        Self: 'k + 'l,
    {
        one.cmp(&other)
    }
}

/// In order.
fn private_names(zone: &HostedZone) -> Vec<PrivateName> {
    match zone.visibility() {
        Visibility::Public => Vec::new(),
        Visibility::Private(vpcs) => {
            vpcs.iter().map(|vpc| PrivateName { vpc: vpc.clone(), zone: Arc::clone(zone.head()) }).collect()
        }
    }
}
