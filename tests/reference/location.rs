//! Where a client is (R-6, P-14 to P-16, PZ-20).

use std::collections::BTreeMap;

use ipnet::IpNet;
use route53d::model::{Account, AwsRegion, Coordinates, CountryCode, UsState};

use super::view::host;
use super::{Asker, CountryOf, View};

/// What location policies know of a client.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// The network of the client: its subnet option, else the source alone; none inside a VPC (PZ-20).
    pub network: Option<IpNet>,
    /// The source prefix length of the option that the location was taken from.
    pub option_prefix: Option<u8>,
    pub country: Option<CountryCode>,
    pub subdivision: Option<UsState>,
    /// The region said to be the nearest.
    pub region: Option<AwsRegion>,
    pub coordinates: Option<Coordinates>,
    pub latencies: BTreeMap<AwsRegion, u32>,
}

pub fn locate(account: &Account, view: &View, asker: &Asker, country_of: &CountryOf<'_>) -> Client {
    if let View::Vpc(vpc) = view {
        // PZ-20, G-8, LT-6: the place is the VPC's region.
        let region = account.vpcs()[vpc].region;
        return Client {
            network: None,
            option_prefix: None,
            country: Some(region.country()),
            subdivision: region.subdivision(),
            region: Some(region),
            coordinates: Some(region.coordinates()),
            latencies: BTreeMap::new(),
        };
    }
    // P-14, P-16.
    let (network, option_prefix) = match asker.subnet {
        Some(subnet) if subnet.prefix_len() > 0 => (subnet.trunc(), Some(subnet.prefix_len())),
        _ => (host(asker.source), None),
    };
    let known = account
        .client_locations()
        .iter()
        .filter(|location| location.cidr.contains(&network))
        .max_by_key(|location| location.cidr.prefix_len());
    let subdivision = known.and_then(|known| known.subdivision);
    let country = known
        .and_then(|known| known.country)
        .or(subdivision.map(|_| CountryCode::UNITED_STATES))
        .or_else(|| country_of(network.network()));
    let region = known.and_then(|known| known.region);
    Client {
        network: Some(network),
        option_prefix,
        country,
        subdivision,
        region,
        coordinates: known
            .and_then(|known| known.coordinates)
            .or(region.map(AwsRegion::coordinates))
            .or(country.map(CountryCode::centroid)),
        latencies: known.map(|known| known.latencies.clone()).unwrap_or_default(),
    }
}
