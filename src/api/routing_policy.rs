//! Routing policies in a ResourceRecordSet: which of their members it has, and what these say.

use crate::model::{
    AwsRegion, Bias, CidrCollectionId, CidrLocation, CidrLocationName, CidrRoutingConfig, Continent, Coordinates,
    CountryCode, FailoverRole, GeoLocation, GeoProximityLocation, GeoProximityPlace, LocalZoneGroup, RoutingPolicy,
    UsState,
};

use super::error::ApiError;
use super::xml::{Element, Members, XmlWriter};

/// Every policy that the members of a record set give.
pub fn read(members: &Members<'_>) -> Result<Vec<RoutingPolicy>, ApiError> {
    let mut given = Vec::new();
    if let Some(weight) = members.optional("Weight") {
        given.push(RoutingPolicy::Weighted { weight: weight.number("ResourceRecordSetWeight", 0..=255u8)? });
    }
    if let Some(region) = members.optional("Region") {
        let regions: Vec<_> = AwsRegion::ALL
            .into_iter()
            .filter(|region| region.takes_latency_records())
            .map(|region| (region.name(), region))
            .collect();
        given.push(RoutingPolicy::Latency { region: region.word(&regions)? });
    }
    if let Some(location) = members.optional("GeoLocation") {
        given.push(RoutingPolicy::Geolocation(geo_location(location)?));
    }
    if let Some(role) = members.optional("Failover") {
        let roles = [("PRIMARY", FailoverRole::Primary), ("SECONDARY", FailoverRole::Secondary)];
        given.push(RoutingPolicy::Failover(role.word(&roles)?));
    }
    // `false` says the same as nothing.
    if members.optional("MultiValueAnswer").map(Element::boolean).transpose()? == Some(true) {
        given.push(RoutingPolicy::MultiValue);
    }
    if let Some(config) = members.optional("CidrRoutingConfig") {
        given.push(RoutingPolicy::IpBased(cidr_routing_config(config)?));
    }
    if let Some(location) = members.optional("GeoProximityLocation") {
        given.push(RoutingPolicy::Geoproximity(geo_proximity_location(location)?));
    }
    Ok(given)
}

/// G-1.
fn geo_location(element: &Element) -> Result<GeoLocation, ApiError> {
    let members = Members::of(element, &["ContinentCode", "CountryCode", "SubdivisionCode"])?;
    let text = |name, lengths| members.optional(name).map(|it| it.text_of(name, lengths)).transpose();
    let continent = text("ContinentCode", 2..=2)?;
    let country = text("CountryCode", 1..=2)?;
    let subdivision = text("SubdivisionCode", 1..=3)?;
    let given = [("ContinentCode", continent), ("CountryCode", country), ("SubdivisionCode", subdivision)];
    let unknown = || {
        let given = given.iter().filter_map(|(name, text)| text.map(|text| format!("{name}={text}")));
        let given = given.collect::<Vec<_>>().join(", ");
        ApiError::invalid_input(format!("Invalid geolocation: [{given}] is not a location that Route 53 supports"))
    };
    match (continent, country, subdivision) {
        (Some(continent), None, None) => {
            continent.parse::<Continent>().map(GeoLocation::Continent).map_err(|_| unknown())
        }
        (None, Some("*"), None) => Ok(GeoLocation::Default),
        (None, Some(country), None) => country.parse::<CountryCode>().map(GeoLocation::Country).map_err(|_| unknown()),
        (None, Some("US"), Some(state)) => {
            state.parse::<UsState>().map(GeoLocation::Subdivision).map_err(|_| unknown())
        }
        _ => Err(unknown()),
    }
}

/// GP-1.
fn geo_proximity_location(element: &Element) -> Result<GeoProximityLocation, ApiError> {
    let members = Members::of(element, &["AWSRegion", "LocalZoneGroup", "Coordinates", "Bias"])?;
    let bias = match members.optional("Bias") {
        Some(bias) => bias.number("Bias", -99..=99i64)?,
        None => 0,
    };
    let mut places = Vec::new();
    if let Some(region) = members.optional("AWSRegion") {
        let text = region.text_of("AWSRegion", 1..=64)?;
        let region = text.parse::<AwsRegion>();
        places.push(GeoProximityPlace::Region(region.map_err(|_| invalid_place("AWSRegion", text))?));
    }
    if let Some(group) = members.optional("LocalZoneGroup") {
        let text = group.text_of("LocalZoneGroup", 1..=64)?;
        let group = LocalZoneGroup::parse(text).ok_or_else(|| invalid_place("LocalZoneGroup", text))?;
        places.push(GeoProximityPlace::LocalZoneGroup(group));
    }
    if let Some(coordinates) = members.optional("Coordinates") {
        let members = Members::of(coordinates, &["Latitude", "Longitude"])?;
        let (latitude, longitude) = (members.required("Latitude")?.text()?, members.required("Longitude")?.text()?);
        let degrees = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
        let text = format!("{latitude},{longitude}");
        let coordinates = Coordinates::new(degrees(latitude), degrees(longitude));
        places.push(GeoProximityPlace::Coordinates(coordinates.map_err(|_| invalid_place("Coordinates", &text))?));
    }
    match (<[GeoProximityPlace; 1]>::try_from(places), Bias::new(bias)) {
        (Ok([place]), Some(bias)) => Ok(GeoProximityLocation { place, bias }),
        _ => Err(ApiError::invalid_input(
            "Invalid request: Expected exactly one of [AWSRegion, LocalZoneGroup, or Coordinates] in GeoProximityLocation",
        )),
    }
}

fn invalid_place(member: &str, text: &str) -> ApiError {
    ApiError::invalid_input(format!("Invalid GeoProximityLocation: {member} '{text}' is not valid"))
}

/// IP-1.
fn cidr_routing_config(element: &Element) -> Result<CidrRoutingConfig, ApiError> {
    let members = Members::of(element, &["CollectionId", "LocationName"])?;
    let id = members.required("CollectionId")?.text_of("UUID", 1..=36)?;
    let name = members.required("LocationName")?.text_of("CidrLocationNameDefaultAllowed", 1..=16)?;
    let invalid = |member, text| ApiError::constraint(member, text, "Member must satisfy regular expression pattern");
    let location = match name {
        "*" => CidrLocation::Default,
        _ => CidrLocation::Named(CidrLocationName::parse(name).ok_or_else(|| invalid("locationName", name))?),
    };
    let collection = CidrCollectionId::new(id).map_err(|_| invalid("collectionId", id))?;
    Ok(CidrRoutingConfig { collection, location })
}

/// What stands between the identifier and the values.
pub fn write(xml: &mut XmlWriter, policy: &RoutingPolicy) {
    match policy {
        RoutingPolicy::Simple | RoutingPolicy::IpBased(_) | RoutingPolicy::Geoproximity(_) => {}
        RoutingPolicy::Weighted { weight } => xml.value("Weight", weight),
        RoutingPolicy::Latency { region } => xml.text("Region", region.name()),
        RoutingPolicy::Geolocation(location) => xml.element("GeoLocation", |xml| match location {
            GeoLocation::Default => xml.text("CountryCode", "*"),
            GeoLocation::Continent(continent) => xml.text("ContinentCode", continent.code()),
            GeoLocation::Country(country) => xml.text("CountryCode", country.as_str()),
            GeoLocation::Subdivision(state) => {
                xml.text("CountryCode", "US");
                xml.text("SubdivisionCode", state.as_str());
            }
        }),
        RoutingPolicy::Failover(role) => xml.value("Failover", role),
        RoutingPolicy::MultiValue => xml.value("MultiValueAnswer", true),
    }
}

/// What stands at the end.
pub fn write_last(xml: &mut XmlWriter, policy: &RoutingPolicy) {
    match policy {
        RoutingPolicy::IpBased(config) => xml.element("CidrRoutingConfig", |xml| {
            xml.text("CollectionId", config.collection.as_str());
            xml.value("LocationName", &config.location);
        }),
        RoutingPolicy::Geoproximity(location) => xml.element("GeoProximityLocation", |xml| {
            match &location.place {
                GeoProximityPlace::Region(region) => xml.text("AWSRegion", region.name()),
                GeoProximityPlace::LocalZoneGroup(group) => xml.text("LocalZoneGroup", group.name()),
                GeoProximityPlace::Coordinates(coordinates) => xml.element("Coordinates", |xml| {
                    xml.value("Latitude", coordinates.latitude());
                    xml.value("Longitude", coordinates.longitude());
                }),
            }
            xml.value("Bias", location.bias.get());
        }),
        RoutingPolicy::Simple
        | RoutingPolicy::Weighted { .. }
        | RoutingPolicy::Failover(_)
        | RoutingPolicy::Latency { .. }
        | RoutingPolicy::Geolocation(_)
        | RoutingPolicy::MultiValue => {}
    }
}
