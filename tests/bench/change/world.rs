//! Accounts of any size: zones, each with an apex and names of one address.

use std::net::Ipv4Addr;

use route53d::model::{
    DomainName, HostedZone, HostedZoneId, HostedZoneParts, RecordContent, RecordSet, RecordSetParts, RecordType,
    RecordValue, RoutingPolicy, Visibility,
};

pub fn zone_id(zone: usize) -> HostedZoneId {
    HostedZoneId::new(&format!("Z{zone}")).unwrap()
}

fn apex(zone: usize) -> DomainName {
    DomainName::parse(&format!("zone{zone}.example")).unwrap()
}

pub fn host(zone: usize, number: usize) -> DomainName {
    apex(zone).child(format!("host{number}").as_bytes()).unwrap()
}

pub fn hosted_zone(zone: usize, names: usize) -> HostedZone {
    let simple = |record_type, text| set(zone, apex(zone), record_type, RecordValue::parse(record_type, text).unwrap());
    let mut record_sets = vec![
        simple(RecordType::Soa, "ns.example.net. admin.example.net. 1 7200 900 1209600 86400"),
        simple(RecordType::Ns, "ns.example.net."),
    ];
    record_sets.extend((0..names).map(|number| record_set(zone, &host(zone, number), 0x0a00_0000 + number as u32)));
    let (comment, visibility) = (Box::default(), Visibility::Public);
    HostedZone::new(HostedZoneParts { id: zone_id(zone), name: apex(zone), comment, visibility, record_sets }).unwrap()
}

pub fn record_set(zone: usize, name: &DomainName, address: u32) -> RecordSet {
    let value = RecordValue::parse(RecordType::A, &Ipv4Addr::from(address).to_string()).unwrap();
    set(zone, name.clone(), RecordType::A, value)
}

fn set(zone: usize, name: DomainName, record_type: RecordType, value: RecordValue) -> RecordSet {
    let parts = RecordSetParts {
        name,
        record_type,
        set_identifier: None,
        routing_policy: RoutingPolicy::Simple,
        content: RecordContent::Values { ttl: 60, values: vec![value] },
        health_check_id: None,
    };
    RecordSet::new(parts, &zone_id(zone)).unwrap()
}
