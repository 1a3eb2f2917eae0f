//! Who may speak for other clients.

use std::net::IpAddr;

use clap::Args;
use ipnet::IpNet;

/// Who may speak for other clients.
#[derive(Args, Clone, Debug, Default)]
pub struct TrustSettings {
    /// Senders whose EDNS client subnet counts as the source address when the VPC is looked for; repeatable
    #[arg(
        long = "trust-client-subnet-from",
        value_name = "CIDR",
        value_delimiter = ',',
        value_parser = parse_network,
        env = "ROUTE53D_TRUST_CLIENT_SUBNET_FROM"
    )]
    pub subnet_trusted_senders: Vec<IpNet>,
}

/// A network without bits set after its prefix, as in zone files; an address alone is the network of that address only.
pub fn parse_network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    let network = text
        .parse::<IpNet>()
        .or_else(|_| address())
        .map_err(|_| "expected a network such as 192.0.2.0/24 or 2001:db8::/32".to_owned())?;
    if network.trunc() == network {
        return Ok(network);
    }
    let (whole, address) = (network.trunc(), network.addr());
    Err(format!("it has bits set after its prefix; write {whole} for the network, or {address} for the address alone"))
}
