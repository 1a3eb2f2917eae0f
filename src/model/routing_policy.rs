//! How a group of record sets with one name and type is chosen from (rules §3).

use std::fmt;

use super::geography::{AwsRegion, Continent, Coordinates, CountryCode, UsState};
use super::identifier::CidrCollectionId;
use super::limits;

/// The routing policy of one record set, with what the policy needs to know of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RoutingPolicy {
    /// §3.1: one record set, all its values.
    Simple,
    /// §3.2: chosen in proportion to its weight.
    Weighted { weight: u8 },
    /// §3.3: the primary while it is healthy, else the secondary.
    Failover(FailoverRole),
    /// §3.4: the region nearest to the client in milliseconds.
    Latency { region: AwsRegion },
    /// §3.5: the smallest region that holds the client.
    Geolocation(GeoLocation),
    /// §3.6: the nearest place, bent by bias.
    Geoproximity(GeoProximityLocation),
    /// §3.7: up to eight healthy ones together.
    MultiValue,
    /// §3.8: the longest CIDR block that holds the client.
    IpBased(CidrRoutingConfig),
}

/// A policy without its settings: what R-1 compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyKind {
    Simple,
    Weighted,
    Failover,
    Latency,
    Geolocation,
    Geoproximity,
    MultiValue,
    IpBased,
}

impl PolicyKind {
    pub const fn name(self) -> &'static str {
        match self {
            PolicyKind::Simple => "simple",
            PolicyKind::Weighted => "weighted",
            PolicyKind::Failover => "failover",
            PolicyKind::Latency => "latency",
            PolicyKind::Geolocation => "geolocation",
            PolicyKind::Geoproximity => "geoproximity",
            PolicyKind::MultiValue => "multivalue answer",
            PolicyKind::IpBased => "IP-based",
        }
    }
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl RoutingPolicy {
    pub const fn kind(&self) -> PolicyKind {
        match self {
            RoutingPolicy::Simple => PolicyKind::Simple,
            RoutingPolicy::Weighted { .. } => PolicyKind::Weighted,
            RoutingPolicy::Failover(_) => PolicyKind::Failover,
            RoutingPolicy::Latency { .. } => PolicyKind::Latency,
            RoutingPolicy::Geolocation(_) => PolicyKind::Geolocation,
            RoutingPolicy::Geoproximity(_) => PolicyKind::Geoproximity,
            RoutingPolicy::MultiValue => PolicyKind::MultiValue,
            RoutingPolicy::IpBased(_) => PolicyKind::IpBased,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FailoverRole {
    Primary,
    Secondary,
}

impl fmt::Display for FailoverRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            FailoverRole::Primary => "PRIMARY",
            FailoverRole::Secondary => "SECONDARY",
        })
    }
}

/// G-1: the place a geolocation record set is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GeoLocation {
    /// Country code `*`: whoever no other record set of the group is for.
    Default,
    Continent(Continent),
    Country(CountryCode),
    /// A state of the United States.
    Subdivision(UsState),
}

impl fmt::Display for GeoLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GeoLocation::Default => f.write_str("default"),
            GeoLocation::Continent(continent) => write!(f, "continent {continent}"),
            GeoLocation::Country(country) => write!(f, "country {country}"),
            GeoLocation::Subdivision(state) => write!(f, "US state {state}"),
        }
    }
}

/// GP-1: where a geoproximity record set is, and how far its reach is bent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GeoProximityLocation {
    pub place: GeoProximityPlace,
    pub bias: Bias,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GeoProximityPlace {
    Region(AwsRegion),
    LocalZoneGroup(LocalZoneGroup),
    Coordinates(Coordinates),
}

impl GeoProximityPlace {
    /// Where the place is. A Local Zone group is taken to be where its parent region is: AWS publishes no positions.
    pub fn coordinates(&self) -> Coordinates {
        match self {
            GeoProximityPlace::Region(region) => region.coordinates(),
            GeoProximityPlace::LocalZoneGroup(group) => group.region.coordinates(),
            GeoProximityPlace::Coordinates(coordinates) => *coordinates,
        }
    }
}

impl fmt::Display for GeoProximityPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GeoProximityPlace::Region(region) => write!(f, "{region}"),
            GeoProximityPlace::LocalZoneGroup(group) => f.write_str(&group.name),
            GeoProximityPlace::Coordinates(coordinates) => {
                write!(f, "{},{}", coordinates.latitude(), coordinates.longitude())
            }
        }
    }
}

/// An AWS Local Zone group such as `us-west-2-lax-1`: a region's name and a suffix.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LocalZoneGroup {
    name: Box<str>,
    region: AwsRegion,
}

impl LocalZoneGroup {
    /// `None` unless the name starts with a region's name, then `-` and a suffix.
    pub fn parse(name: &str) -> Option<LocalZoneGroup> {
        let region = AwsRegion::ALL.into_iter().find(|region| {
            name.strip_prefix(region.name()).and_then(|rest| rest.strip_prefix('-')).is_some_and(|suffix| {
                !suffix.is_empty() && suffix.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            })
        })?;
        Some(LocalZoneGroup { name: name.into(), region })
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

/// GP-1: -99 to 99; positive draws more clients in, negative fewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bias(i8);

impl Bias {
    /// `None` outside -99..=99.
    pub fn new(bias: i64) -> Option<Bias> {
        (-99..=99).contains(&bias).then_some(Bias(bias as i8))
    }

    pub const fn get(self) -> i8 {
        self.0
    }

    /// GP-2: how far `kilometres` count.
    pub fn apply(self, kilometres: f64) -> f64 {
        let share = f64::from(self.0) / 100.0;
        if self.0 >= 0 { kilometres * (1.0 - share) } else { kilometres / (1.0 + share) }
    }
}

/// IP-1: the location of a CIDR collection a record set is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CidrRoutingConfig {
    pub collection: CidrCollectionId,
    pub location: CidrLocation,
}

/// `*` or the name of a location in a collection.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CidrLocation {
    /// `*`: whoever is in no location of the collection.
    Default,
    Named(CidrLocationName),
}

impl fmt::Display for CidrLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CidrLocation::Default => f.write_str("*"),
            CidrLocation::Named(name) => f.write_str(name.as_str()),
        }
    }
}

/// L-5: 1 to 16 characters of `0-9 A-Z a-z _ -`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CidrLocationName(Box<str>);

impl CidrLocationName {
    pub fn parse(text: &str) -> Option<CidrLocationName> {
        let fits = (1..=limits::CIDR_LOCATION_CHARACTERS).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        fits.then(|| CidrLocationName(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bias_bends_distance_as_the_guide_says() {
        let bent = |kilometres, bias| Bias::new(bias).unwrap().apply(kilometres);
        // GP-2's own examples.
        assert!((bent(150.0, 50) - 75.0).abs() < 1e-9);
        assert!((bent(100.0, -50) - 200.0).abs() < 1e-9);
        assert!((bent(100.0, 99) - 1.0).abs() < 1e-9);
        assert!((bent(100.0, -99) - 10_000.0).abs() < 1e-6);
        assert_eq!(Bias::new(100), None);
    }

    #[test]
    fn a_local_zone_group_is_where_its_region_is() {
        let group = LocalZoneGroup::parse("us-west-2-lax-1").unwrap();
        assert_eq!(group.region, AwsRegion::UsWest2);
        assert_eq!(LocalZoneGroup::parse("us-west-2"), None);
        assert_eq!(LocalZoneGroup::parse("nowhere-1-lax-1"), None);
    }
}
