//! The name servers of a hosted zone, and the apex records Route 53 makes for it (Z-10 to Z-13).

use super::domain_name::DomainName;
use super::hosted_zone::Visibility;
use super::identifier::HostedZoneId;
use super::record_set::{RecordContent, RecordSet};
use super::record_type::RecordType;
use super::record_value::RecordValue;

/// Four name servers, one in each of com, net, org and co.uk (Z-11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegationSet {
    name_servers: [String; 4],
}

/// Z-10.
const NS_TTL: u32 = 172_800;
/// Z-10.
const SOA_TTL: u32 = 900;

impl DelegationSet {
    /// The set that a public zone of this id is given. Route 53 draws one at random; we derive it from the id, so that
    /// it is the same at every start.
    pub fn of_public_zone(id: &HostedZoneId) -> DelegationSet {
        DelegationSet::derived_from(id.as_str())
    }

    /// The set that follows from a text: that of a zone's id, or of a reusable set's.
    pub fn derived_from(text: &str) -> DelegationSet {
        let mut seed = fnv1a(text.as_bytes());
        // Z-11: 512 server numbers for each top-level domain, two digits behind `awsdns-`.
        let mut draw = |first: u64, top_level: &str| {
            let (server, domain) = (first + seed % 512, seed / 512 % 64);
            seed = fnv1a(&seed.to_be_bytes());
            format!("ns-{server}.awsdns-{domain:02}.{top_level}")
        };
        DelegationSet { name_servers: [draw(0, "com"), draw(512, "net"), draw(1024, "org"), draw(1536, "co.uk")] }
    }

    /// These servers, if they are named so that records can name them.
    pub fn with_name_servers(name_servers: [String; 4]) -> Option<DelegationSet> {
        name_servers.iter().all(|name| DomainName::parse(name).is_ok()).then_some(DelegationSet { name_servers })
    }

    /// Z-13: the set of every private hosted zone, in the API's order.
    pub fn of_private_zones() -> DelegationSet {
        DelegationSet {
            name_servers: [
                "ns-1536.awsdns-00.co.uk".to_owned(),
                "ns-0.awsdns-00.com".to_owned(),
                "ns-1024.awsdns-00.org".to_owned(),
                "ns-512.awsdns-00.net".to_owned(),
            ],
        }
    }

    pub fn of_zone(id: &HostedZoneId, visibility: &Visibility) -> DelegationSet {
        match visibility {
            Visibility::Public => DelegationSet::of_public_zone(id),
            Visibility::Private(_) => DelegationSet::of_private_zones(),
        }
    }

    /// The names of the servers, without a final dot.
    pub fn name_servers(&self) -> &[String; 4] {
        &self.name_servers
    }

    /// Z-10, Z-13: the NS record set of a new zone's apex.
    pub fn ns_record_set(&self, zone: &DomainName) -> RecordSet {
        let values = self.name_servers.iter().map(|server| format!("{server}.")).collect();
        apex_record_set(zone, RecordType::Ns, NS_TTL, values)
    }

    /// Z-12, Z-13: the SOA record set of a new zone.
    pub fn soa_record_set(&self, zone: &DomainName) -> RecordSet {
        let value = format!("{}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400", self.name_servers[0]);
        apex_record_set(zone, RecordType::Soa, SOA_TTL, vec![value])
    }
}

fn apex_record_set(zone: &DomainName, record_type: RecordType, ttl: u32, values: Vec<String>) -> RecordSet {
    let values = values
        .iter()
        .map(|value| RecordValue::parse(record_type, value).expect("the values are formed above"))
        .collect();
    RecordSet::plain(zone.clone(), record_type, RecordContent::Values { ttl, values })
}

/// FNV-1a: the same on every machine and in every version, which a hasher of the standard library does not promise.
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}
