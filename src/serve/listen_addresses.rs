//! The addresses that the flags name, looked at together before any of them is bound.

use std::fmt;
use std::net::SocketAddr;

use crate::config::ServeSettings;
use crate::dns::ListenAddress;
use crate::model::{Account, VpcId};

/// An address, and the flag that asks for it.
struct Wanted {
    flag: &'static str,
    listen: ListenAddress,
    transports: Transports,
}

/// What is listened on with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transports {
    Udp,
    Tcp,
    Both,
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.flag, self.listen)
    }
}

fn wanted(settings: &ServeSettings) -> Vec<Wanted> {
    let streams = &settings.streams;
    let [admin, api] = [settings.admin, settings.api.api]
        .map(|at| at.address().map(|address| ListenAddress { address, vpc: None }).into_iter().collect::<Vec<_>>());
    let mut wanted = Vec::new();
    for (flag, addresses, transports) in [
        ("--dns", &settings.dns, Transports::Both),
        ("--dot", &streams.dot, Transports::Tcp),
        ("--doh", &streams.doh, Transports::Tcp),
        ("--doq", &streams.doq, Transports::Udp),
        ("--admin", &admin, Transports::Tcp),
        ("--api", &api, Transports::Tcp),
    ] {
        wanted.extend(addresses.iter().map(|listen| Wanted { flag, listen: listen.clone(), transports }));
    }
    wanted
}

/// # Errors
///
/// Two flags name one address: whichever comes second would be told that somebody listens there.
pub fn check_distinct(settings: &ServeSettings) -> Result<(), String> {
    let wanted = wanted(settings);
    for (number, second) in wanted.iter().enumerate() {
        for first in &wanted[..number] {
            if let Some(transport) = first.transports.common(second.transports)
                && is_one(first.listen.address, second.listen.address)
            {
                return Err(format!(
                    "{first} and {second} are one address over {transport}; leave one out, or give it another port"
                ));
            }
        }
    }
    Ok(())
}

/// Whether nobody can listen on one of these beside the other. A port that the system chooses is free.
fn is_one(first: SocketAddr, second: SocketAddr) -> bool {
    let includes_other = first.is_ipv4() == second.is_ipv4()
        && (first.ip().is_unspecified() || second.ip().is_unspecified() || first.ip() == second.ip());
    first.port() != 0 && first.port() == second.port() && includes_other
}

impl Transports {
    /// As it is told to people.
    fn common(self, other: Transports) -> Option<&'static str> {
        match (self, other) {
            (Transports::Both, Transports::Both) => Some("UDP and TCP"),
            (Transports::Tcp, Transports::Udp) | (Transports::Udp, Transports::Tcp) => None,
            (Transports::Tcp, _) | (_, Transports::Tcp) => Some("TCP"),
            (Transports::Udp, _) | (_, Transports::Udp) => Some("UDP"),
        }
    }
}

/// A listener that is bound to a VPC, as the flags say it.
pub struct BoundListener {
    listener: String,
    vpc: VpcId,
}

impl BoundListener {
    pub fn all(settings: &ServeSettings) -> Vec<BoundListener> {
        let bound = wanted(settings)
            .into_iter()
            .filter_map(|wanted| Some(BoundListener { listener: wanted.to_string(), vpc: wanted.listen.vpc? }));
        bound.collect()
    }

    /// What is wrong with it, if the account does not have its VPC.
    pub fn fault(&self, account: &Account) -> Option<String> {
        let BoundListener { listener, vpc } = self;
        if account.vpcs().contains_key(vpc) {
            return None;
        }
        let known: Vec<_> = account.vpcs().keys().map(|id| id.as_str()).collect();
        let known = if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", known.join(", ")) };
        Some(format!("{listener}: the account has no VPC {vpc:?}; {known}"))
    }
}

/// # Errors
///
/// A listener is bound to a VPC that the account does not have.
pub fn check_vpcs(settings: &ServeSettings, account: &Account) -> Result<(), String> {
    BoundListener::all(settings).iter().find_map(|bound| bound.fault(account)).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_one_where_the_system_would_not_bind_both() {
        for (first, second, expected) in [
            ("127.0.0.1:53", "127.0.0.1:53", true),
            ("127.0.0.1:53", "0.0.0.0:53", true),
            ("0.0.0.0:53", "127.0.0.1:53", true),
            ("[::]:53", "[::1]:53", true),
            ("127.0.0.1:53", "127.0.0.1:54", false),
            ("127.0.0.1:53", "127.0.0.2:53", false),
            // The wildcard of IPv6 takes IPv6 only.
            ("0.0.0.0:53", "[::]:53", false),
            ("127.0.0.1:0", "127.0.0.1:0", false),
        ] {
            assert_eq!(is_one(first.parse().unwrap(), second.parse().unwrap()), expected, "{first} {second}");
        }
    }
}
