//! Finds the endpoints that health checks give by name (HC-18): in our own zones, by the system's resolver, or both.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use async_trait::async_trait;
use clap::ValueEnum;
use fastrand::Rng;

use crate::answer::{Client, Query, QueryType, ResponseCode, answer};
use crate::health::probe::{EndpointResolver, ProbeFault};
use crate::model::domain_name::{is_plain_for_people, wire_to_text};
use crate::model::{DomainName, RecordType};
use crate::published::Published;
use crate::snapshot::{Asker, HealthTable, Snapshot, SubnetTrust};

use super::system_lookup::{NameSource, SharedLookups, System};

/// Names on the way from one to its address.
const MAX_NAMES: usize = 8;
/// Where our checkers are, to our own zones: on the Internet.
const CHECKER: IpAddr = IpAddr::V4(Ipv4Addr::new(15, 177, 0, 1));

/// Who finds the endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum HealthResolver {
    /// Our zones as the Internet sees them; for names that are in none of them, the system's resolver
    #[default]
    OwnFirst,
    /// Our zones only
    Own,
    /// The system's resolver only
    System,
}

/// Resolves as [`HealthResolver`] says.
pub struct EndpointNames {
    resolver: HealthResolver,
    snapshots: Arc<Published<Snapshot>>,
    health: Arc<Published<HealthTable>>,
    system: SharedLookups,
}

/// What our own zones know.
enum Found {
    Addresses(Vec<Ipv4Addr>),
    /// The name, or what it is an alias of, is not ours to answer.
    Elsewhere(String),
}

impl EndpointNames {
    pub fn new(
        resolver: HealthResolver,
        snapshots: Arc<Published<Snapshot>>,
        health: Arc<Published<HealthTable>>,
    ) -> EndpointNames {
        EndpointNames::with_source(resolver, snapshots, health, Arc::new(System))
    }

    fn with_source(
        resolver: HealthResolver,
        snapshots: Arc<Published<Snapshot>>,
        health: Arc<Published<HealthTable>>,
        source: Arc<dyn NameSource>,
    ) -> EndpointNames {
        EndpointNames { resolver, snapshots, health, system: SharedLookups::new(source) }
    }

    /// Follows CNAME records through our zones. An own answer is final, and be it that there is no such name.
    fn find(&self, name: &str) -> Found {
        let (snapshot, health) = (self.snapshots.load_full(), self.health.load_full());
        let asker = Asker {
            source: CHECKER,
            destination: None,
            listener_vpc: None,
            subnet: None,
            subnet_trust: SubnetTrust::Untrusted,
        };
        let client = Client::identify(&asker, &snapshot);
        let mut name = name.to_owned();
        for _ in 0..MAX_NAMES {
            let Ok(parsed) = DomainName::parse(&name) else { return Found::Elsewhere(name) };
            let query = Query { name: parsed.wire(), query_type: QueryType::Record(RecordType::A), client: &client };
            let answer = answer(&query, &snapshot, &health, &mut Rng::new(), &mut ());
            if answer.response_code == ResponseCode::Refused || !answer.authoritative {
                return Found::Elsewhere(name);
            }
            let of_type = |record_type| {
                answer.answer.iter().filter(move |set| set.record_type == record_type).flat_map(|set| set.rdata())
            };
            let addresses: Vec<Ipv4Addr> = of_type(RecordType::A)
                .filter_map(|rdata| <[u8; 4]>::try_from(rdata).ok())
                .map(Ipv4Addr::from)
                .collect();
            match of_type(RecordType::Cname).last() {
                Some(target) if addresses.is_empty() => name = wire_to_text(target, is_plain_for_people),
                _ => return Found::Addresses(addresses),
            }
        }
        Found::Addresses(Vec::new())
    }
}

#[async_trait]
impl EndpointResolver for EndpointNames {
    async fn resolve(&self, name: &str) -> Result<Vec<Ipv4Addr>, ProbeFault> {
        let elsewhere = match self.resolver {
            HealthResolver::System => name.to_owned(),
            HealthResolver::Own | HealthResolver::OwnFirst => match self.find(name) {
                Found::Addresses(addresses) => return Ok(addresses),
                Found::Elsewhere(name) => name,
            },
        };
        match self.resolver {
            HealthResolver::Own => Ok(Vec::new()),
            // The names of a hosts file have no final dot, and do not match with one.
            HealthResolver::OwnFirst | HealthResolver::System => {
                self.system.addresses(elsewhere.strip_suffix('.').unwrap_or(&elsewhere)).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zonefile::{self, ZoneFile};

    const ZONES: &str = "
hosted_zones:
- name: example.com
  id: Z1
  records:
  - {name: www, type: A, ttl: 60, values: [192.0.2.7]}
  - {name: alias, type: CNAME, ttl: 60, values: [www.example.com]}
  - {name: loop, type: CNAME, ttl: 60, values: [loop.example.com]}
  - {name: elsewhere, type: CNAME, ttl: 60, values: [host.elsewhere.invalid]}
  - {name: sub, type: NS, ttl: 60, values: [ns.elsewhere.invalid]}
";

    /// The system of these tests: every name has this address, written as in a hosts file.
    const SYSTEM: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

    struct KnowsAll;

    #[async_trait]
    impl NameSource for KnowsAll {
        async fn addresses(&self, name: &str) -> Result<Vec<Ipv4Addr>, ProbeFault> {
            Ok(if name.ends_with('.') { Vec::new() } else { vec![SYSTEM] })
        }
    }

    async fn resolve(resolver: HealthResolver, name: &str) -> Vec<Ipv4Addr> {
        let files = [ZoneFile { path: "zones.yaml".into(), text: ZONES.into() }];
        let account = zonefile::load(&files).unwrap_or_else(|problems| panic!("{}", problems[0])).account;
        let snapshot = Snapshot::new(Arc::new(account), Arc::default());
        let (snapshots, health) =
            (Arc::new(Published::new(snapshot)), Arc::new(Published::new(HealthTable::default())));
        EndpointNames::with_source(resolver, snapshots, health, Arc::new(KnowsAll)).resolve(name).await.unwrap()
    }

    #[tokio::test]
    async fn our_own_zones_are_followed_and_nothing_else() {
        for name in ["WWW.example.com", "alias.example.com."] {
            assert_eq!(resolve(HealthResolver::Own, name).await, [Ipv4Addr::new(192, 0, 2, 7)], "{name}");
        }
        for name in ["loop.example.com", "none.example.com", "host.sub.example.com", "localhost", "not a name"] {
            assert_eq!(resolve(HealthResolver::Own, name).await, Vec::<Ipv4Addr>::new(), "{name}");
        }
    }

    #[tokio::test]
    async fn the_system_knows_what_our_zones_leave_to_others() {
        for name in ["host.sub.example.com", "localhost", "localhost.", "elsewhere.example.com"] {
            assert_eq!(resolve(HealthResolver::OwnFirst, name).await, [SYSTEM], "{name}");
        }
        for (name, expected) in [("www.example.com", vec![Ipv4Addr::new(192, 0, 2, 7)]), ("none.example.com", vec![])] {
            assert_eq!(resolve(HealthResolver::OwnFirst, name).await, expected, "{name}");
            assert_eq!(resolve(HealthResolver::System, name).await, [SYSTEM], "{name}");
        }
    }
}
