//! The rules among the record sets of one name, and those of the zone itself: all that can be checked without looking
//! at other names.

use std::collections::BTreeSet;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use smallvec::SmallVec;

use super::domain_name::{DomainName, wire_is_at_or_below};
use super::hosted_zone::{Visibility, ZoneHead};
use super::limits;
use super::name_records::NameRecords;
use super::record_set::{AliasTarget, RecordSet};
use super::record_type::RecordType;
use super::routing_policy::{PolicyKind, RoutingPolicy};
use super::zone_rules::ZoneRule;

/// The rules of the zone itself; `apex` are the record sets of its name.
pub(super) fn check_zone(zone: &ZoneHead, apex: Option<&NameRecords>, mut add: impl FnMut(ZoneRule)) {
    if zone.name.is_wildcard() {
        add(ZoneRule::WildcardZoneName);
    }
    match &zone.visibility {
        Visibility::Public if zone.name.labels().count() < 2 => add(ZoneRule::TopLevelDomain(zone.name.clone())),
        Visibility::Private(vpcs) if vpcs.is_empty() => add(ZoneRule::PrivateWithoutVpc),
        Visibility::Public | Visibility::Private(_) => {}
    }
    let has = |record_type| apex.is_some_and(|apex| apex.record_types().any(|its_type| its_type == record_type));
    if !has(RecordType::Soa) {
        add(ZoneRule::NoSoa);
    }
    if !has(RecordType::Ns) {
        add(ZoneRule::NoApexNameServers);
    }
}

/// The rules among the record sets of one name, each told with the place of the record set at fault. Of several that
/// do not go together the later ones are.
pub(super) fn check_name(zone: &ZoneHead, sets: &[RecordSet], add: &mut impl FnMut(usize, ZoneRule)) {
    let Some(first) = sets.first() else { return };
    check_types(zone, first.name().wire(), sets.iter().map(RecordSet::record_type), add);
    if let Visibility::Private(_) = zone.visibility
        && first.name().is_at_or_below(&zone.name)
    {
        check_private(sets, add);
    }
    let mut groups: HashMap<RecordType, SmallVec<[usize; 2]>> = HashMap::new();
    for (place, set) in sets.iter().enumerate() {
        groups.entry(set.record_type()).or_default().push(place);
    }
    for places in groups.values() {
        check_group(sets, places, add);
    }
}

/// The rules that the last of the record sets of one name breaks beside the others, which break none.
pub(super) fn broken_by_last(zone: &ZoneHead, sets: &[RecordSet]) -> Vec<ZoneRule> {
    let mut rules = Vec::new();
    let Some(last) = sets.last() else { return rules };
    let record_type = last.record_type();
    let mut add = |index: usize, rule| {
        // This conflict is found at the record set beside the CNAME, which may be the older one.
        let is_of_cname = record_type == RecordType::Cname && matches!(rule, ZoneRule::CnameConflict { .. });
        if index == sets.len() - 1 || is_of_cname {
            rules.push(rule);
        }
    };
    check_types(zone, last.name().wire(), sets.iter().map(RecordSet::record_type), &mut add);
    if let Visibility::Private(_) = zone.visibility
        && last.name().is_at_or_below(&zone.name)
    {
        check_private(sets, &mut add);
    }
    let of_type: SmallVec<[usize; 2]> =
        (0..sets.len()).filter(|index| sets[*index].record_type() == record_type).collect();
    check_group(sets, &of_type, &mut add);
    rules
}

/// What depends on the types of a name's record sets alone: all that can be wrong with a name whose one record set is
/// plain. `name` is in lower-case wire form.
pub(super) fn check_types(
    zone: &ZoneHead,
    name: &[u8],
    types: impl Iterator<Item = RecordType> + Clone,
    add: &mut impl FnMut(usize, ZoneRule),
) {
    let owned = || DomainName::from_wire(name).expect("it is the wire form of a name");
    if !wire_is_at_or_below(name, zone.name.wire()) {
        types.enumerate().for_each(|(place, _)| add(place, ZoneRule::NameOutsideZone(owned(), zone.name.clone())));
        return;
    }
    let at_apex = name == zone.name.wire();
    let has_cname = types.clone().any(|record_type| record_type == RecordType::Cname);
    for (place, record_type) in types.enumerate() {
        match record_type {
            RecordType::Soa if !at_apex => add(place, ZoneRule::SoaBelowApex(owned())),
            RecordType::Ds if at_apex => add(place, ZoneRule::DsAtApex(owned())),
            RecordType::Cname if at_apex => add(place, ZoneRule::CnameAtApex(owned())),
            // At the apex the CNAME alone is at fault.
            other if other != RecordType::Cname && !at_apex && has_cname => {
                add(place, ZoneRule::CnameConflict { name: owned(), other });
            }
            _ => {}
        }
    }
}

fn check_private(sets: &[RecordSet], add: &mut impl FnMut(usize, ZoneRule)) {
    for (place, set) in sets.iter().enumerate() {
        if set.routing_policy().kind() == PolicyKind::IpBased {
            add(place, ZoneRule::IpBasedInPrivateZone);
        }
        if set.alias_target().is_some_and(AliasTarget::is_cloudfront) {
            add(place, ZoneRule::CloudFrontInPrivateZone);
        }
    }
}

/// `places` are those of the record sets of one type.
fn check_group(sets: &[RecordSet], places: &[usize], add: &mut impl FnMut(usize, ZoneRule)) {
    let (name, record_type) = (sets[places[0]].name(), sets[places[0]].record_type());
    let first = sets[places[0]].routing_policy().kind();
    for &place in &places[1..] {
        let second = sets[place].routing_policy().kind();
        if first != second {
            add(place, ZoneRule::MixedPolicies { name: name.clone(), record_type, first, second });
        } else if first == PolicyKind::Simple {
            add(place, ZoneRule::DuplicateRecordSet(name.clone(), record_type));
        }
    }
    let limit = match first {
        PolicyKind::Geoproximity => limits::RECORD_SETS_PER_GEOPROXIMITY_GROUP,
        _ => limits::RECORD_SETS_PER_GROUP,
    };
    if places.len() > limit {
        let rule = ZoneRule::GroupTooLarge { name: name.clone(), record_type, count: places.len(), limit };
        add(places[limit], rule);
    }
    let mut identifiers = BTreeSet::new();
    for &place in places {
        if let Some(set_identifier) = sets[place].set_identifier()
            && !identifiers.insert(set_identifier)
        {
            add(place, ZoneRule::DuplicateSetIdentifier(set_identifier.clone()));
        }
    }
    check_members(sets, places, add);
}

/// What must differ, or must not, among the members of a group.
fn check_members(sets: &[RecordSet], places: &[usize], add: &mut impl FnMut(usize, ZoneRule)) {
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
                        add(
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
                add(place, ZoneRule::DuplicateFailoverRole(*role));
            }
            RoutingPolicy::Latency { region } if !regions.insert(*region) => {
                add(place, ZoneRule::DuplicateRegion(*region));
            }
            RoutingPolicy::Geolocation(location) if !locations.insert(*location) => {
                add(place, ZoneRule::DuplicateGeoLocation(*location));
            }
            RoutingPolicy::IpBased(config) => {
                if *collection.get_or_insert(&config.collection) != &config.collection {
                    add(place, ZoneRule::SeveralCidrCollections);
                }
                if !cidr_locations.insert(&config.location) {
                    add(place, ZoneRule::DuplicateCidrLocation(config.location.clone()));
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
