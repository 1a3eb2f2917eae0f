//! The rules among the record sets of one hosted zone.
//!
//! A violation names the record set at fault by its place in the list that was checked, so that whoever made the
//! list can say where it came from.

use std::collections::BTreeSet;
use std::fmt;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use smallvec::SmallVec;

use super::alias_rules;
use super::domain_name::DomainName;
use super::geography::AwsRegion;
use super::hosted_zone::{HostedZoneParts, Visibility};
use super::identifier::SetIdentifier;
use super::limits;
use super::record_set::{CLOUDFRONT_HOSTED_ZONE_ID, RecordSet};
use super::record_type::RecordType;
use super::routing_policy::{CidrLocation, FailoverRole, GeoLocation, PolicyKind, RoutingPolicy};

/// A rule that is broken, and by which record set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneViolation {
    /// The place in the checked list; `None` when the zone as a whole is at fault.
    pub record_set: Option<usize>,
    pub rule: ZoneRule,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ZoneRule {
    /// Z-4: `*` in the leftmost label of the zone's name.
    WildcardZoneName,
    /// Z-4: a top-level domain, or the root, as a public zone.
    TopLevelDomain(DomainName),
    /// PZ-18.
    PrivateWithoutVpc,
    /// err/1: the name does not lie in the zone.
    NameOutsideZone(DomainName, DomainName),
    /// Z-14, err/7.
    NoSoa,
    /// Z-14, err/7.
    NoApexNameServers,
    SoaBelowApex(DomainName),
    /// A DS at the apex belongs to the parent zone.
    DsAtApex(DomainName),
    /// Z-30, err/2.
    CnameAtApex(DomainName),
    /// Z-30, err/3.
    CnameConflict {
        name: DomainName,
        other: RecordType,
    },
    /// R-1, err/4.
    MixedPolicies {
        name: DomainName,
        record_type: RecordType,
        first: PolicyKind,
        second: PolicyKind,
    },
    /// two simple record sets of one name and type.
    DuplicateRecordSet(DomainName, RecordType),
    /// R-2, L-5.
    DuplicateSetIdentifier(SetIdentifier),
    /// L-1.
    GroupTooLarge {
        name: DomainName,
        record_type: RecordType,
        count: usize,
        limit: usize,
    },
    /// WT-6: the group's TTL and this record set's.
    WeightedTtl {
        name: DomainName,
        record_type: RecordType,
        set_identifier: SetIdentifier,
        expected: u32,
        found: u32,
    },
    /// F-1.
    DuplicateFailoverRole(FailoverRole),
    /// LT-1.
    DuplicateRegion(AwsRegion),
    /// G-1.
    DuplicateGeoLocation(GeoLocation),
    /// IP-1.
    SeveralCidrCollections,
    /// IP-1.
    DuplicateCidrLocation(CidrLocation),
    ///
    IpBasedInPrivateZone,
    ///
    CloudFrontInPrivateZone,
    /// A-11, err/5: the alias target is not a name of this zone.
    AliasTargetOutsideZone(DomainName),
    /// err/5.
    AliasTargetMissing(DomainName, RecordType),
    /// following the alias leads back to it.
    AliasLoop(DomainName, RecordType),
    /// following the alias takes more hops than [`limits::ALIAS_DEPTH`].
    AliasTooDeep(DomainName, RecordType),
}

impl fmt::Display for ZoneRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ZoneRule::WildcardZoneName => f.write_str("the name of a hosted zone cannot start with \"*\""),
            ZoneRule::TopLevelDomain(name) => write!(f, "{name} cannot be a public hosted zone"),
            ZoneRule::PrivateWithoutVpc => f.write_str("a private hosted zone needs at least one VPC"),
            ZoneRule::NameOutsideZone(name, zone) => write!(f, "{name} does not lie in zone {zone}"),
            ZoneRule::NoSoa => f.write_str("a hosted zone must contain exactly one SOA record"),
            ZoneRule::NoApexNameServers => {
                f.write_str("a hosted zone must contain at least one NS record for the zone itself")
            }
            ZoneRule::SoaBelowApex(name) => write!(f, "a SOA record at {name} is not at the zone's apex"),
            ZoneRule::DsAtApex(name) => write!(f, "a DS record at the apex {name} belongs to the parent zone"),
            ZoneRule::CnameAtApex(name) => write!(f, "a CNAME record is not permitted at the apex {name}"),
            ZoneRule::CnameConflict { name, other } => {
                write!(f, "{name} has a CNAME record and therefore cannot have {other} records")
            }
            ZoneRule::MixedPolicies { name, record_type, first, second } => {
                write!(f, "the {record_type} records of {name} use {first} routing, this one {second} routing")
            }
            ZoneRule::DuplicateRecordSet(name, record_type) => {
                write!(f, "{name} has a record set of type {record_type} already")
            }
            ZoneRule::DuplicateSetIdentifier(set_identifier) => {
                write!(f, "set_identifier {set_identifier:?} stands twice among the records of this name and type")
            }
            ZoneRule::GroupTooLarge { name, record_type, count, limit } => {
                write!(f, "{count} {record_type} record sets of {name} are more than {limit}")
            }
            ZoneRule::WeightedTtl { name, record_type, set_identifier, expected, found } => write!(
                f,
                "ttl {found} of {set_identifier:?} differs from ttl {expected}: the weighted {record_type} records of {name} must have one TTL"
            ),
            ZoneRule::DuplicateFailoverRole(role) => {
                write!(f, "this name and type has a {role} record already")
            }
            ZoneRule::DuplicateRegion(region) => {
                write!(f, "there is already a latency record for {region} of this name and type")
            }
            ZoneRule::DuplicateGeoLocation(location) => {
                write!(f, "there is already a geolocation record for {location} of this name and type")
            }
            ZoneRule::SeveralCidrCollections => {
                f.write_str("the IP-based records of one name and type must use one CIDR collection")
            }
            ZoneRule::DuplicateCidrLocation(location) => {
                write!(f, "there is already an IP-based record for location \"{location}\" of this name and type")
            }
            ZoneRule::IpBasedInPrivateZone => f.write_str("a private hosted zone cannot use IP-based routing"),
            ZoneRule::CloudFrontInPrivateZone => {
                f.write_str("a private hosted zone cannot have an alias to CloudFront")
            }
            ZoneRule::AliasTargetOutsideZone(target) => {
                write!(f, "the alias target {target} does not lie within the target zone")
            }
            ZoneRule::AliasTargetMissing(target, record_type) => {
                write!(f, "the alias target {target} has no {record_type} record in this zone")
            }
            ZoneRule::AliasLoop(name, record_type) => {
                write!(f, "following the alias {name} {record_type} leads back to itself")
            }
            ZoneRule::AliasTooDeep(name, record_type) => {
                write!(
                    f,
                    "following the alias {name} {record_type} leads through more than {} aliases",
                    limits::ALIAS_DEPTH
                )
            }
        }
    }
}

impl ZoneRule {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            ZoneRule::WildcardZoneName => "name the zone without the star and put the wildcard in a record",
            ZoneRule::TopLevelDomain(_) => "use a name of two labels or more, such as example.test",
            ZoneRule::PrivateWithoutVpc => "name a VPC, or leave `vpcs` out to make the zone public",
            ZoneRule::NameOutsideZone(..) => "leave the final dot out to make the name relative to the zone",
            ZoneRule::NoSoa => "give one SOA record at the apex, or none to get Route 53's own",
            ZoneRule::NoApexNameServers => "give an NS record at the apex, or none to get Route 53's own",
            ZoneRule::SoaBelowApex(_) => "remove it, or make a hosted zone of that name",
            ZoneRule::DsAtApex(_) => "put it in the parent zone",
            ZoneRule::CnameAtApex(_) => "use an alias record (`alias_target:`) instead",
            ZoneRule::CnameConflict { .. } => "remove the CNAME or the other records",
            ZoneRule::MixedPolicies { .. } => "use one routing policy for all records of a name and type",
            ZoneRule::DuplicateRecordSet(..) => "put all values in one record, or give both a routing policy",
            ZoneRule::DuplicateSetIdentifier(_) => "give each record its own",
            ZoneRule::GroupTooLarge { .. } => "spread them over aliases to other names",
            ZoneRule::WeightedTtl { .. } => "give all of them the same ttl",
            ZoneRule::DuplicateFailoverRole(_) => "a failover pair has one PRIMARY and one SECONDARY",
            ZoneRule::DuplicateRegion(_) => "use another region, or put a weighted group behind an alias",
            ZoneRule::DuplicateGeoLocation(_) => "use another location, or put a weighted group behind an alias",
            ZoneRule::SeveralCidrCollections => "name the same collection in all of them",
            ZoneRule::DuplicateCidrLocation(_) => "use another location",
            ZoneRule::IpBasedInPrivateZone => "use another policy",
            ZoneRule::CloudFrontInPrivateZone => "use a CNAME to the distribution's name",
            ZoneRule::AliasTargetOutsideZone(_) => {
                "point to a name of this zone, or give the `hosted_zone_id` of an AWS service"
            }
            ZoneRule::AliasTargetMissing(..) => "add the target record, with the type of the alias",
            ZoneRule::AliasTooDeep(..) => "point it closer to the records with values",
            ZoneRule::AliasLoop(..) => "point one alias of the loop to a record with values",
        }
    }
}

pub(super) type Group<'a> = (&'a DomainName, RecordType);
/// The places of each group's record sets: most often one, and then off the heap.
pub(super) type Groups<'a> = HashMap<Group<'a>, SmallVec<[usize; 2]>>;

/// Every rule the zone breaks, in the order of the record sets at fault.
pub(super) fn check(zone: &HostedZoneParts) -> Vec<ZoneViolation> {
    let mut violations = Violations(Vec::new());
    let mut groups = Groups::new();
    for (place, set) in zone.record_sets.iter().enumerate() {
        groups.entry((set.name(), set.record_type())).or_default().push(place);
    }
    check_zone(zone, &groups, &mut violations);
    check_names(zone, &groups, &mut violations);
    for (group, places) in &groups {
        check_group(zone, *group, places, &mut violations);
    }
    alias_rules::check(zone, &groups, &mut violations);
    let mut violations = violations.0;
    violations.sort_by_key(|violation| violation.record_set);
    violations
}

pub(super) struct Violations(Vec<ZoneViolation>);

impl Violations {
    pub fn add(&mut self, place: usize, rule: ZoneRule) {
        self.0.push(ZoneViolation { record_set: Some(place), rule });
    }

    fn add_for_zone(&mut self, rule: ZoneRule) {
        self.0.push(ZoneViolation { record_set: None, rule });
    }
}

fn check_zone(zone: &HostedZoneParts, groups: &Groups<'_>, violations: &mut Violations) {
    if zone.name.is_wildcard() {
        violations.add_for_zone(ZoneRule::WildcardZoneName);
    }
    match &zone.visibility {
        Visibility::Public if zone.name.labels().count() < 2 => {
            violations.add_for_zone(ZoneRule::TopLevelDomain(zone.name.clone()));
        }
        Visibility::Private(vpcs) if vpcs.is_empty() => violations.add_for_zone(ZoneRule::PrivateWithoutVpc),
        Visibility::Public | Visibility::Private(_) => {}
    }
    if !groups.contains_key(&(&zone.name, RecordType::Soa)) {
        violations.add_for_zone(ZoneRule::NoSoa);
    }
    if !groups.contains_key(&(&zone.name, RecordType::Ns)) {
        violations.add_for_zone(ZoneRule::NoApexNameServers);
    }
}

fn check_names(zone: &HostedZoneParts, groups: &Groups<'_>, violations: &mut Violations) {
    let is_private = matches!(zone.visibility, Visibility::Private(_));
    let cnames: HashSet<&DomainName> =
        groups.keys().filter(|(_, record_type)| *record_type == RecordType::Cname).map(|(name, _)| *name).collect();
    for (place, set) in zone.record_sets.iter().enumerate() {
        let (name, record_type) = (set.name(), set.record_type());
        if !name.is_at_or_below(&zone.name) {
            violations.add(place, ZoneRule::NameOutsideZone(name.clone(), zone.name.clone()));
            continue;
        }
        let at_apex = *name == zone.name;
        match record_type {
            RecordType::Soa if !at_apex => violations.add(place, ZoneRule::SoaBelowApex(name.clone())),
            RecordType::Ds if at_apex => violations.add(place, ZoneRule::DsAtApex(name.clone())),
            RecordType::Cname if at_apex => violations.add(place, ZoneRule::CnameAtApex(name.clone())),
            // At the apex the CNAME alone is at fault.
            other if other != RecordType::Cname && !at_apex && cnames.contains(name) => {
                violations.add(place, ZoneRule::CnameConflict { name: name.clone(), other });
            }
            _ => {}
        }
        if is_private && set.routing_policy().kind() == PolicyKind::IpBased {
            violations.add(place, ZoneRule::IpBasedInPrivateZone);
        }
        if is_private && set.alias_target().is_some_and(|t| t.hosted_zone_id.as_str() == CLOUDFRONT_HOSTED_ZONE_ID) {
            violations.add(place, ZoneRule::CloudFrontInPrivateZone);
        }
    }
}

fn check_group(zone: &HostedZoneParts, (name, record_type): Group<'_>, places: &[usize], violations: &mut Violations) {
    let sets = &zone.record_sets;
    let first = sets[places[0]].routing_policy().kind();
    for &place in &places[1..] {
        let second = sets[place].routing_policy().kind();
        if first != second {
            violations.add(place, ZoneRule::MixedPolicies { name: name.clone(), record_type, first, second });
        } else if first == PolicyKind::Simple {
            violations.add(place, ZoneRule::DuplicateRecordSet(name.clone(), record_type));
        }
    }
    let limit = match first {
        PolicyKind::Geoproximity => limits::RECORD_SETS_PER_GEOPROXIMITY_GROUP,
        _ => limits::RECORD_SETS_PER_GROUP,
    };
    if places.len() > limit {
        let rule = ZoneRule::GroupTooLarge { name: name.clone(), record_type, count: places.len(), limit };
        violations.add(places[limit], rule);
    }
    let mut identifiers = BTreeSet::new();
    for &place in places {
        if let Some(set_identifier) = sets[place].set_identifier()
            && !identifiers.insert(set_identifier)
        {
            violations.add(place, ZoneRule::DuplicateSetIdentifier(set_identifier.clone()));
        }
    }
    check_members(sets, places, violations);
}

/// What must differ, or must not, among the members of a group.
fn check_members(sets: &[RecordSet], places: &[usize], violations: &mut Violations) {
    let mut weighted_ttl = None;
    let (mut roles, mut regions, mut locations, mut cidr_locations) =
        (HashSet::new(), HashSet::new(), HashSet::new(), HashSet::new());
    let mut collection = None;
    for &place in places {
        let set = &sets[place];
        match set.routing_policy() {
            RoutingPolicy::Weighted { .. } => {
                // WT-6: alias members keep their target's TTL.
                if let (Some(found), Some(set_identifier)) = (set.ttl(), set.set_identifier()) {
                    let expected = *weighted_ttl.get_or_insert(found);
                    if expected != found {
                        violations.add(
                            place,
                            ZoneRule::WeightedTtl {
                                name: set.name().clone(),
                                record_type: set.record_type(),
                                set_identifier: set_identifier.clone(),
                                expected,
                                found,
                            },
                        );
                    }
                }
            }
            RoutingPolicy::Failover(role) if !roles.insert(*role) => {
                violations.add(place, ZoneRule::DuplicateFailoverRole(*role));
            }
            RoutingPolicy::Latency { region } if !regions.insert(*region) => {
                violations.add(place, ZoneRule::DuplicateRegion(*region));
            }
            RoutingPolicy::Geolocation(location) if !locations.insert(*location) => {
                violations.add(place, ZoneRule::DuplicateGeoLocation(*location));
            }
            RoutingPolicy::IpBased(config) => {
                if *collection.get_or_insert(&config.collection) != &config.collection {
                    violations.add(place, ZoneRule::SeveralCidrCollections);
                }
                if !cidr_locations.insert(&config.location) {
                    violations.add(place, ZoneRule::DuplicateCidrLocation(config.location.clone()));
                }
            }
            RoutingPolicy::Simple
            | RoutingPolicy::Failover(_)
            | RoutingPolicy::Latency { .. }
            | RoutingPolicy::Geolocation(_)
            | RoutingPolicy::Geoproximity(_)
            | RoutingPolicy::MultiValue => {}
        }
    }
}
