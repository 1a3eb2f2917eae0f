//! How the listeners guard themselves.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use ipnet::IpNet;

use crate::dns::Defence;
use crate::dns::rate_limit::{RateLimit, RateLimiter};

use super::trust::parse_network;

/// How the listeners guard themselves, and whom they believe about a client's address.
#[derive(Args, Clone, Debug, Default)]
pub struct DefenceSettings {
    /// Limit the responses over UDP, to this many a second for each network of clients (an IPv4 /24, an IPv6 /56) and
    /// each kind: answers, responses without an answer, errors. Without it there is no limit
    #[arg(
        long = "rrl",
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=i64::from(RateLimit::MAX_RATE)),
        env = "ROUTE53D_RRL"
    )]
    pub rate_limit: Option<u32>,

    /// One in N of the responses above the rate is sent truncated, so that a client that is real asks again over TCP;
    /// 0: none, 1: all. Without it, 2
    #[arg(
        long = "rrl-slip",
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(0..=100),
        env = "ROUTE53D_RRL_SLIP"
    )]
    pub rate_limit_slip: Option<u32>,

    /// Clients whose responses are not limited; repeatable
    #[arg(
        long = "rrl-allow",
        value_name = "CIDR",
        value_delimiter = ',',
        value_parser = parse_network,
        env = "ROUTE53D_RRL_ALLOW"
    )]
    pub rate_limit_exempt: Vec<IpNet>,

    /// Senders that put a PROXY header (version 2) before each datagram, and at the beginning of each connection: the
    /// client that it names is the one who asks. What they send without one is dropped, but over QUIC,
    /// which has no such header; repeatable
    #[arg(
        long = "proxy-protocol-from",
        value_name = "CIDR",
        value_delimiter = ',',
        value_parser = parse_network,
        env = "ROUTE53D_PROXY_PROTOCOL_FROM"
    )]
    pub proxies: Vec<IpNet>,
}

impl DefenceSettings {
    /// What is set and does nothing, as a warning.
    pub fn without_effect(&self) -> Option<String> {
        let slip = self.rate_limit_slip.map(|_| "--rrl-slip");
        let allow = self.rate_limit_exempt.first().map(|_| "--rrl-allow");
        let set: Vec<_> = slip.into_iter().chain(allow).collect();
        (self.rate_limit.is_none() && !set.is_empty())
            .then(|| format!("{}: no effect, as there is no limit without --rrl N", set.join(" and ")))
    }

    /// The defence of listeners at these addresses.
    pub fn defence(&self, own_addresses: impl IntoIterator<Item = SocketAddr>) -> Defence {
        let limiter = |per_second| {
            let slip = self.rate_limit_slip.unwrap_or(RateLimit::USUAL_SLIP);
            let exempt = self.rate_limit_exempt.clone();
            Arc::new(RateLimiter::new(RateLimit { per_second, slip, exempt }))
        };
        Defence {
            own_addresses: own_addresses.into_iter().collect(),
            proxies: self.proxies.clone().into(),
            rate_limiter: self.rate_limit.map(limiter),
            ..Defence::default()
        }
    }
}
