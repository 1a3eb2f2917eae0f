//! How the listeners guard themselves and others, the same for all of them.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;

use crate::connections::Holder;
use crate::time::Clock;

use super::counters::Counters;
use super::rate_limit::RateLimiter;

/// What every listener shares. The default has no limits and trusts nobody.
#[derive(Clone, Debug)]
pub struct Defence {
    /// Where all listeners are.
    pub own_addresses: Arc<[SocketAddr]>,
    /// Senders that begin with a PROXY header, and must.
    pub proxies: Arc<[IpNet]>,
    /// Of responses over UDP, whose queries may be forged.
    pub rate_limiter: Option<Arc<RateLimiter>>,
    /// By which the rate is limited.
    pub clock: Clock,
    pub counters: Arc<Counters>,
}

impl Default for Defence {
    fn default() -> Defence {
        Defence {
            own_addresses: Arc::from([]),
            proxies: Arc::from([]),
            rate_limiter: None,
            clock: Clock::real(),
            counters: Arc::default(),
        }
    }
}

impl Defence {
    pub fn is_proxy(&self, sender: IpAddr) -> bool {
        let sender = sender.to_canonical();
        self.proxies.iter().any(|network| network.contains(&sender))
    }

    /// Whose address it is that a connection comes from.
    pub(super) fn holders(&self) -> impl Fn(IpAddr) -> Holder + Send + Sync + 'static {
        let defence = self.clone();
        move |sender| if defence.is_proxy(sender) { Holder::Proxy } else { Holder::Client }
    }

    /// Whether a message that came to this destination, if that is known, came from one of our listeners: two servers
    /// of one process could talk for ever, and so could one with itself.
    ///
    /// A listener on all addresses is at the loopback ones, and at the one that the message came to. A system lets no
    /// other address of its own in from outside.
    pub fn is_ourselves(&self, sender: SocketAddr, destination: Option<IpAddr>) -> bool {
        self.own_addresses.iter().any(|own| {
            own.port() == sender.port()
                && (own.ip() == sender.ip()
                    || own.ip().is_unspecified()
                        && own.is_ipv4() == sender.is_ipv4()
                        && (sender.ip().is_loopback() || destination == Some(sender.ip())))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_listeners_are_known_by_all_their_addresses() {
        let own = ["192.0.2.53:53", "[2001:db8::53]:53", "0.0.0.0:1053"].map(|own| own.parse().unwrap());
        let defence = Defence { own_addresses: Arc::from(own), ..Defence::default() };
        for (sender, destination, ourselves) in [
            ("192.0.2.53:53", None, true),
            ("[2001:db8::53]:53", None, true),
            // A resolver beside us.
            ("192.0.2.53:5353", Some("192.0.2.53"), false),
            ("192.0.2.54:53", Some("192.0.2.53"), false),
            ("127.0.0.1:1053", Some("192.0.2.53"), true),
            ("0.0.0.0:1053", None, true),
            ("198.51.100.1:1053", Some("198.51.100.1"), true),
            ("198.51.100.1:1053", Some("198.51.100.2"), false),
            ("198.51.100.1:1053", None, false),
            // Nothing of ours is on IPv6 there.
            ("[::1]:1053", None, false),
        ] {
            let destination = destination.map(|address| address.parse().unwrap());
            assert_eq!(
                defence.is_ourselves(sender.parse().unwrap(), destination),
                ourselves,
                "{sender} {destination:?}"
            );
        }
    }

    #[test]
    fn a_proxy_is_known_however_its_address_is_written() {
        let defence = Defence { proxies: Arc::from(["192.0.2.0/24".parse().unwrap()]), ..Defence::default() };
        assert!(defence.is_proxy("192.0.2.1".parse().unwrap()));
        assert!(defence.is_proxy("::ffff:192.0.2.1".parse().unwrap()));
        assert!(!defence.is_proxy("192.0.3.1".parse().unwrap()));
        assert!(!Defence::default().is_proxy("127.0.0.1".parse().unwrap()));
    }
}
