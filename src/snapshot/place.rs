//! Where a client is: what latency, geolocation and geoproximity routing compare.

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::model::{AwsRegion, ClientLocation, Coordinates, CountryCode, UsState};

use super::country_data::CountryData;
use super::networks::Networks;

/// All that is known of where a client is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Place<'s> {
    pub country: Option<CountryCode>,
    pub subdivision: Option<UsState>,
    pub coordinates: Option<Coordinates>,
    /// The nearest region, where somebody said so.
    pub region: Option<AwsRegion>,
    /// Milliseconds to regions.
    pub latencies: Option<&'s BTreeMap<AwsRegion, u32>>,
}

impl Place<'_> {
    /// PZ-20: the place of every client inside a VPC.
    pub fn of_region(region: AwsRegion) -> Place<'static> {
        Place {
            country: Some(region.country()),
            subdivision: region.subdivision(),
            coordinates: Some(region.coordinates()),
            region: Some(region),
            latencies: None,
        }
    }
}

/// The client networks of an account over the country data.
#[derive(Debug)]
pub struct Places {
    networks: Networks<ClientLocation>,
}

impl Places {
    pub fn new(locations: &[ClientLocation]) -> Places {
        Places { networks: locations.iter().map(|location| (location.cidr, location.clone())).collect() }
    }

    /// The place of a client network in the Internet view: what the account says of it, else what its address tells.
    pub fn place_of(&self, network: IpNet, country_data: &CountryData) -> Place<'_> {
        let told = country_data.place_of(network.addr());
        let Some((_, location)) = self.networks.longest_match(network) else {
            return Place {
                country: told.country,
                subdivision: told.subdivision,
                coordinates: told.coordinates.or_else(|| told.country.map(CountryCode::centroid)),
                region: None,
                latencies: None,
            };
        };
        let stated_country = stated_country(location);
        // What the address tells counts only as far as the account does not contradict it.
        let agrees = stated_country.is_none_or(|country| told.country == Some(country));
        let country = stated_country.or(told.country);
        Place {
            country,
            subdivision: location.subdivision.or(told.subdivision.filter(|_| agrees)),
            coordinates: location
                .coordinates
                .or_else(|| location.region.map(AwsRegion::coordinates))
                .or(told.coordinates.filter(|_| agrees))
                .or_else(|| country.map(CountryCode::centroid)),
            region: location.region,
            latencies: Some(&location.latencies).filter(|latencies| !latencies.is_empty()),
        }
    }

    /// P-15: the length of the shortest prefix around the subnet's address in which every client has the same place.
    pub fn prefix_length(&self, subnet: IpNet, country_data: &CountryData) -> u8 {
        let of_networks = self.networks.prefix_length(subnet.addr());
        // Of the address, not of the subnet: part of the subnet may be outside.
        let location = self.networks.longest_match(IpNet::from(subnet.addr())).map(|(_, location)| location);
        if location.is_some_and(|location| says_everything(location, country_data)) {
            return of_networks;
        }
        of_networks.max(country_data.prefix_length(subnet.addr()))
    }
}

fn stated_country(location: &ClientLocation) -> Option<CountryCode> {
    location.country.or_else(|| location.subdivision.map(|_| CountryCode::UNITED_STATES))
}

/// Whether a client location leaves nothing to the country data.
fn says_everything(location: &ClientLocation, country_data: &CountryData) -> bool {
    let Some(country) = stated_country(location) else { return false };
    match country_data {
        CountryData::BuiltIn => true,
        CountryData::Mmdb(_) => {
            let has_coordinates = location.coordinates.is_some() || location.region.is_some();
            has_coordinates && (location.subdivision.is_some() || country != CountryCode::UNITED_STATES)
        }
    }
}
