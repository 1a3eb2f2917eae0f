//! The routing policy of a record set.

use serde::{Deserialize, Serialize};

use crate::model::{
    AwsRegion, Bias, CidrCollectionId, CidrLocation, CidrLocationName, CidrRoutingConfig, Continent, Coordinates,
    CountryCode, FailoverRole, GeoLocation, GeoProximityLocation, GeoProximityPlace, LocalZoneGroup, RoutingPolicy,
    UsState,
};

use super::Damage;

#[derive(Serialize, Deserialize)]
pub enum RoutingPolicyRow<'r> {
    Simple,
    Weighted {
        weight: u8,
    },
    Failover(FailoverRoleRow),
    Latency {
        #[serde(borrow)]
        region: &'r str,
    },
    Geolocation(#[serde(borrow)] GeoLocationRow<'r>),
    Geoproximity {
        #[serde(borrow)]
        place: PlaceRow<'r>,
        bias: i8,
    },
    MultiValue,
    IpBased {
        #[serde(borrow)]
        collection: &'r str,
        /// `None` is `*`.
        location: Option<&'r str>,
    },
}

#[derive(Serialize, Deserialize)]
pub enum FailoverRoleRow {
    Primary,
    Secondary,
}

/// By the API's codes.
#[derive(Serialize, Deserialize)]
pub enum GeoLocationRow<'r> {
    Default,
    Continent(&'r str),
    Country(&'r str),
    Subdivision(&'r str),
}

#[derive(Serialize, Deserialize)]
pub enum PlaceRow<'r> {
    Region(&'r str),
    LocalZoneGroup(&'r str),
    /// Degrees.
    Coordinates {
        latitude: f64,
        longitude: f64,
    },
}

impl<'r> RoutingPolicyRow<'r> {
    pub fn of(policy: &'r RoutingPolicy) -> RoutingPolicyRow<'r> {
        match policy {
            RoutingPolicy::Simple => RoutingPolicyRow::Simple,
            RoutingPolicy::Weighted { weight } => RoutingPolicyRow::Weighted { weight: *weight },
            RoutingPolicy::Failover(role) => RoutingPolicyRow::Failover(match role {
                FailoverRole::Primary => FailoverRoleRow::Primary,
                FailoverRole::Secondary => FailoverRoleRow::Secondary,
            }),
            RoutingPolicy::Latency { region } => RoutingPolicyRow::Latency { region: region.name() },
            RoutingPolicy::Geolocation(location) => RoutingPolicyRow::Geolocation(match location {
                GeoLocation::Default => GeoLocationRow::Default,
                GeoLocation::Continent(continent) => GeoLocationRow::Continent(continent.code()),
                GeoLocation::Country(country) => GeoLocationRow::Country(country.as_str()),
                GeoLocation::Subdivision(state) => GeoLocationRow::Subdivision(state.as_str()),
            }),
            RoutingPolicy::Geoproximity(GeoProximityLocation { place, bias }) => RoutingPolicyRow::Geoproximity {
                place: match place {
                    GeoProximityPlace::Region(region) => PlaceRow::Region(region.name()),
                    GeoProximityPlace::LocalZoneGroup(group) => PlaceRow::LocalZoneGroup(group.name()),
                    GeoProximityPlace::Coordinates(coordinates) => {
                        PlaceRow::Coordinates { latitude: coordinates.latitude(), longitude: coordinates.longitude() }
                    }
                },
                bias: bias.get(),
            },
            RoutingPolicy::MultiValue => RoutingPolicyRow::MultiValue,
            RoutingPolicy::IpBased(CidrRoutingConfig { collection, location }) => RoutingPolicyRow::IpBased {
                collection: collection.as_str(),
                location: match location {
                    CidrLocation::Default => None,
                    CidrLocation::Named(name) => Some(name.as_str()),
                },
            },
        }
    }

    pub fn routing_policy(self) -> Result<RoutingPolicy, Damage> {
        Ok(match self {
            RoutingPolicyRow::Simple => RoutingPolicy::Simple,
            RoutingPolicyRow::Weighted { weight } => RoutingPolicy::Weighted { weight },
            RoutingPolicyRow::Failover(role) => RoutingPolicy::Failover(match role {
                FailoverRoleRow::Primary => FailoverRole::Primary,
                FailoverRoleRow::Secondary => FailoverRole::Secondary,
            }),
            RoutingPolicyRow::Latency { region } => RoutingPolicy::Latency { region: read_region(region)? },
            RoutingPolicyRow::Geolocation(location) => RoutingPolicy::Geolocation(match location {
                GeoLocationRow::Default => GeoLocation::Default,
                GeoLocationRow::Continent(code) => {
                    GeoLocation::Continent(code.parse::<Continent>().map_err(Damage::of)?)
                }
                GeoLocationRow::Country(code) => GeoLocation::Country(code.parse::<CountryCode>().map_err(Damage::of)?),
                GeoLocationRow::Subdivision(code) => {
                    GeoLocation::Subdivision(code.parse::<UsState>().map_err(Damage::of)?)
                }
            }),
            RoutingPolicyRow::Geoproximity { place, bias } => RoutingPolicy::Geoproximity(GeoProximityLocation {
                place: match place {
                    PlaceRow::Region(region) => GeoProximityPlace::Region(read_region(region)?),
                    PlaceRow::LocalZoneGroup(name) => GeoProximityPlace::LocalZoneGroup(
                        LocalZoneGroup::parse(name)
                            .ok_or_else(|| Damage(format!("{name:?} is no Local Zone group")))?,
                    ),
                    PlaceRow::Coordinates { latitude, longitude } => {
                        GeoProximityPlace::Coordinates(Coordinates::new(latitude, longitude).map_err(Damage::of)?)
                    }
                },
                bias: Bias::new(bias.into()).ok_or_else(|| Damage(format!("{bias} is no bias")))?,
            }),
            RoutingPolicyRow::MultiValue => RoutingPolicy::MultiValue,
            RoutingPolicyRow::IpBased { collection, location } => RoutingPolicy::IpBased(CidrRoutingConfig {
                collection: CidrCollectionId::new(collection).map_err(Damage::of)?,
                location: match location {
                    None => CidrLocation::Default,
                    Some(name) => CidrLocation::Named(
                        CidrLocationName::parse(name).ok_or_else(|| Damage(format!("{name:?} is no CIDR location")))?,
                    ),
                },
            }),
        })
    }
}

fn read_region(name: &str) -> Result<AwsRegion, Damage> {
    name.parse().map_err(Damage::of)
}
