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
        let mut networks = Networks::default();
        for location in locations {
            networks.insert(location.cidr, location.clone());
        }
        Places { networks }
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
        let stated_country = location.country.or_else(|| location.subdivision.map(|_| CountryCode::UNITED_STATES));
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
}
