//! Where a network of clients is, when the built-in country data does not say or says it wrong.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::geography::{AwsRegion, Coordinates, CountryCode, UsState};

/// What is known of the clients in one network. What is left out falls back to the country data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientLocation {
    pub cidr: IpNet,
    pub country: Option<CountryCode>,
    /// A state; the country is then the United States (G-1).
    pub subdivision: Option<UsState>,
    /// The nearest AWS region: wins over distance in latency routing.
    pub region: Option<AwsRegion>,
    pub coordinates: Option<Coordinates>,
    /// LT-2: milliseconds to regions; wins over everything else in latency routing.
    pub latencies: BTreeMap<AwsRegion, u32>,
}
