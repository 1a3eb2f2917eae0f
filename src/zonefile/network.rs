//! Networks in CIDR notation.

use std::net::IpAddr;

use ipnet::IpNet;

use super::diagnostic::Problems;
use super::node::Node;

impl Node<'_> {
    /// A network with its prefix length and no bits set after it.
    pub fn network(&self, label: &str, problems: &mut Problems<'_>) -> Option<IpNet> {
        let network = self.written_network(label, problems)?;
        if let Some(ipv4) = ipv4_mapped(network) {
            let message =
                format!("{label} {network} is an IPv4 network in the notation of IPv6, and no client is in it");
            problems.add(self.at, message, format!("write {}", ipv4.trunc()));
            return None;
        }
        if network.trunc() == network {
            return Some(network);
        }
        let message = format!("{label} {network} has bits set after its prefix");
        problems.add(self.at, message, format!("write {}", network.trunc()));
        None
    }

    /// A network as it is written: bits may be set after its prefix.
    pub fn written_network(&self, label: &str, problems: &mut Problems<'_>) -> Option<IpNet> {
        let text = self.text(label, problems)?;
        let (message, hint) = match (text.parse::<IpNet>(), text.parse::<IpAddr>()) {
            (Ok(network), _) => return Some(network),
            (Err(_), Ok(address)) => (
                format!("{label} {text} has no prefix length"),
                format!("write {}", IpNet::from(address.to_canonical())),
            ),
            (Err(_), Err(_)) => (
                format!("{label} {text:?} is not a network"),
                "write one such as 192.0.2.0/24 or \"2001:db8::/32\"".to_owned(),
            ),
        };
        problems.add(self.at, message, hint);
        None
    }

    /// A list of networks. `None` if one of them is wrong.
    pub fn networks(&self, label: &str, problems: &mut Problems<'_>) -> Option<Vec<IpNet>> {
        let items = self.list(label, problems)?;
        let networks: Vec<IpNet> = items.iter().filter_map(|item| item.network(label, problems)).collect();
        (networks.len() == items.len()).then_some(networks)
    }
}

/// The IPv4 network that an IPv4-mapped IPv6 network (RFC 4291 §2.5.5.2) stands for. Clients are known by their IPv4
/// addresses, so nobody is ever in the mapped one.
pub(super) fn ipv4_mapped(network: IpNet) -> Option<IpNet> {
    let IpNet::V6(network) = network else { return None };
    let prefix_len = network.prefix_len().checked_sub(96)?;
    IpNet::new(network.addr().to_ipv4_mapped()?.into(), prefix_len).ok()
}
