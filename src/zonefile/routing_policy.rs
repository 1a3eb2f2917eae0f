//! The routing policy of a record in a zone file: which of the policies' keys it has, and what that says.

use super::diagnostic::Problems;
use super::fields::Fields;
use super::node::Node;
use super::record_set::Surroundings;
use crate::model::{
    Bias, CidrLocation, CidrLocationName, CidrRoutingConfig, Continent, CountryCode, FailoverRole, GeoLocation,
    GeoProximityLocation, GeoProximityPlace, LocalZoneGroup, RoutingPolicy, UsState,
};

/// The keys that say which policy a record has.
pub(super) const KEYS: [&str; 7] = [
    "weight",
    "failover",
    "region",
    "geo_location",
    "geo_proximity_location",
    "multi_value_answer",
    "cidr_routing_config",
];

/// The policy and its key, which a simple record does not have.
pub(super) fn read(
    fields: &Fields<'_, '_>,
    surroundings: &Surroundings<'_>,
    problems: &mut Problems<'_>,
) -> Option<(RoutingPolicy, Option<&'static str>)> {
    let mut given = KEYS.into_iter().filter_map(|key| fields.get(key).map(|node| (key, node)));
    let Some((key, node)) = given.next() else { return Some((RoutingPolicy::Simple, None)) };
    for (other, _) in given {
        let message = format!("a record has one routing policy, but here are {key:?} and {other:?}");
        problems.add(fields.position(other), message, "keep one of them");
    }
    let policy = match key {
        "weight" => RoutingPolicy::Weighted { weight: node.whole_number("weight", 0..=255u8, problems)? },
        "failover" => {
            let roles = [("PRIMARY", FailoverRole::Primary), ("SECONDARY", FailoverRole::Secondary)];
            RoutingPolicy::Failover(node.choice("failover", &roles, problems)?)
        }
        "region" => latency(node, problems)?,
        "geo_location" => RoutingPolicy::Geolocation(geo_location(node, problems)?),
        "geo_proximity_location" => RoutingPolicy::Geoproximity(geo_proximity_location(node, problems)?),
        "multi_value_answer" => {
            if !node.truth("multi_value_answer", problems)? {
                problems.add(node.at, "multi_value_answer: false says nothing", "leave the key out");
                return None;
            }
            RoutingPolicy::MultiValue
        }
        _ => RoutingPolicy::IpBased(cidr_routing_config(node, surroundings, problems)?),
    };
    Some((policy, Some(key)))
}

/// LT-1.
fn latency(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<RoutingPolicy> {
    let region = node.region("region", problems)?;
    if !region.takes_latency_records() {
        problems.add(node.at, format!("region {region} takes no latency records"), "use a region that is not isolated");
        return None;
    }
    Some(RoutingPolicy::Latency { region })
}

/// G-1.
fn geo_location(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<GeoLocation> {
    let before = problems.count();
    let known = &["continent_code", "country_code", "subdivision_code"];
    let fields = Fields::read(node, "geo_location", known, problems)?;
    let [continent, country, subdivision] = known.map(|key| fields.get(key));
    if continent.is_some() && (country.is_some() || subdivision.is_some()) {
        let hint = "keep the smaller place; each continent can have a record of its own";
        problems.add(node.at, "continent_code cannot stand with country_code or subdivision_code", hint);
        return None;
    }
    if let Some(continent) = continent {
        let continent = continent.parsed("continent_code", problems, |text| text.parse::<Continent>())?;
        return Some(GeoLocation::Continent(continent));
    }
    let Some(country) = country else {
        if problems.count() == before {
            let message = "geo_location needs continent_code or country_code";
            problems.add(node.at, message, "write `country_code: \"*\"` for everywhere else");
        }
        return None;
    };
    let code = country.text("country_code", problems)?;
    let Some(subdivision) = subdivision else {
        return match code {
            "*" => Some(GeoLocation::Default),
            _ => country.parsed("country_code", problems, |text| text.parse::<CountryCode>()).map(GeoLocation::Country),
        };
    };
    if code != "US" {
        problems.add(subdivision.at, "subdivision_code needs country_code US", "leave it out");
        return None;
    }
    let state = subdivision.parsed("subdivision_code", problems, |text| text.parse::<UsState>())?;
    Some(GeoLocation::Subdivision(state))
}

/// GP-1.
fn geo_proximity_location(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<GeoProximityLocation> {
    let before = problems.count();
    let places = ["aws_region", "local_zone_group", "coordinates"];
    let known = &["aws_region", "local_zone_group", "coordinates", "bias"];
    let fields = Fields::read(node, "geo_proximity_location", known, problems)?;
    let bias = match fields.get("bias") {
        Some(node) => node.whole_number("bias", -99..=99i64, problems).and_then(Bias::new),
        None => Some(Bias::default()),
    };
    let given: Vec<_> = places.into_iter().filter_map(|key| fields.get(key).map(|node| (key, node))).collect();
    let [(key, place)] = given[..] else {
        if problems.count() == before {
            let message = "geo_proximity_location needs exactly one of aws_region, local_zone_group and coordinates";
            problems.add(node.at, message, "");
        }
        return None;
    };
    let place = match key {
        "aws_region" => GeoProximityPlace::Region(place.region("aws_region", problems)?),
        "coordinates" => GeoProximityPlace::Coordinates(place.coordinates(problems)?),
        _ => {
            let name = place.text("local_zone_group", problems)?;
            let Some(group) = LocalZoneGroup::parse(name) else {
                let hint = "write a region's name and a suffix, such as us-west-2-lax-1";
                problems.add(place.at, format!("{name:?} is not a Local Zone group"), hint);
                return None;
            };
            GeoProximityPlace::LocalZoneGroup(group)
        }
    };
    Some(GeoProximityLocation { place, bias: bias? })
}

/// IP-1. The collection is named, or given by its id.
fn cidr_routing_config(
    node: &Node<'_>,
    surroundings: &Surroundings<'_>,
    problems: &mut Problems<'_>,
) -> Option<CidrRoutingConfig> {
    let fields = Fields::read(node, "cidr_routing_config", &["collection", "location_name"], problems)?;
    let location = fields.require("location_name", problems).and_then(|node| {
        let text = node.text("location_name", problems)?;
        if text == "*" {
            return Some(CidrLocation::Default);
        }
        let name = CidrLocationName::parse(text);
        if name.is_none() {
            let hint = "use 1 to 16 of the characters 0-9 A-Z a-z _ -, or \"*\" for all other addresses";
            problems.add(node.at, format!("{text:?} cannot be the name of a CIDR location"), hint);
        }
        name.map(CidrLocation::Named)
    });
    let collection = fields.require("collection", problems).and_then(|node| {
        let text = node.text("collection", problems)?;
        let id = surroundings.collections.id_of(text);
        if id.is_none() && !surroundings.collections.may_hold(text) {
            problems.add(node.at, format!("there is no CIDR collection {text:?}"), "add it under `cidr_collections:`");
        }
        id
    });
    Some(CidrRoutingConfig { collection: collection?, location: location? })
}
