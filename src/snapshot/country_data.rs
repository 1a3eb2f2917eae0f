//! The country, and perhaps more, of a network of clients: built-in registry data, or a user's own MMDB file.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use maxminddb::geoip2::City;

use crate::model::{Coordinates, CountryCode, UsState};

use super::country_boundaries;

/// Where clients are, as far as an address tells.
#[derive(Default)]
pub enum CountryData {
    /// `iptocc`: countries from the registries' delegation files, in the binary.
    #[default]
    BuiltIn,
    /// A MaxMind database of countries or cities.
    Mmdb(Box<maxminddb::Reader<Vec<u8>>>),
}

/// What an address tells of a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AddressPlace {
    pub country: Option<CountryCode>,
    pub subdivision: Option<UsState>,
    pub coordinates: Option<Coordinates>,
}

impl CountryData {
    /// Takes over the bytes of an MMDB file; the message says why they are none.
    pub fn from_mmdb(bytes: Vec<u8>) -> Result<CountryData, String> {
        let reader = maxminddb::Reader::from_source(bytes).map_err(|error| error.to_string())?;
        Ok(CountryData::Mmdb(Box::new(reader)))
    }

    pub fn place_of(&self, address: IpAddr) -> AddressPlace {
        match self {
            CountryData::BuiltIn => AddressPlace {
                country: iptocc::country_code(address).and_then(CountryCode::from_ascii),
                ..AddressPlace::default()
            },
            CountryData::Mmdb(reader) => mmdb_place(reader, address),
        }
    }

    /// P-15: the length of the shortest prefix around an address in which all addresses have the same data.
    pub fn prefix_length(&self, address: IpAddr) -> u8 {
        match self {
            CountryData::BuiltIn => country_boundaries::prefix_length(address),
            CountryData::Mmdb(reader) => mmdb_prefix_length(reader, address),
        }
    }
}

/// The length of the network that the record is for.
fn mmdb_prefix_length(reader: &maxminddb::Reader<Vec<u8>>, address: IpAddr) -> u8 {
    const IPV4: u16 = 4;
    if address.is_ipv6() && reader.metadata.ip_version == IPV4 {
        // The file holds no IPv6 address at all.
        return 0;
    }
    match reader.lookup(address).and_then(|found| found.network()) {
        Ok(network) if network.is_ipv6() == address.is_ipv6() => network.prefix(),
        // An IPv6 network that holds all of IPv4.
        Ok(_) => 0,
        // The file is damaged here; the neighbours may have a record.
        Err(_) => IpNet::from(address).prefix_len(),
    }
}

/// A record that is missing or malformed tells nothing.
fn mmdb_place(reader: &maxminddb::Reader<Vec<u8>>, address: IpAddr) -> AddressPlace {
    let city = reader.lookup(address).and_then(|found| found.decode::<City<'_>>());
    let Ok(Some(city)) = city else { return AddressPlace::default() };
    let country = city.country.iso_code.and_then(CountryCode::from_ascii);
    let subdivision = city.subdivisions.first().and_then(|subdivision| subdivision.iso_code);
    AddressPlace {
        country,
        subdivision: subdivision.filter(|_| country == Some(CountryCode::UNITED_STATES)).and_then(UsState::from_ascii),
        coordinates: city
            .location
            .latitude
            .zip(city.location.longitude)
            .and_then(|(latitude, longitude)| Coordinates::rounded(latitude, longitude).ok()),
    }
}

impl fmt::Debug for CountryData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CountryData::BuiltIn => "BuiltIn",
            CountryData::Mmdb(_) => "Mmdb(..)",
        })
    }
}
