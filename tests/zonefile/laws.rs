//! Laws of zone files on random accounts and random bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use route53d::model::*;

use super::operations::operations;
use super::{file, loaded};
use route53d::zonefile::{load, write};

/// Texts that YAML is apt to misread.
pub(crate) fn awkward_text(longest: usize) -> impl Strategy<Value = String> {
    let words = ["null", "~", "true", "no", "1", "0x1", "1e3", "-", "- a", "a: b", "a #b", "@", "*", "'\"", "\\", "é"];
    prop_oneof![
        select(words.to_vec()).prop_map(str::to_owned),
        "[a-z][a-z0-9-]{0,7}",
        "[ -~]{1,12}",
        proptest::collection::vec(any::<char>(), 1..6).prop_map(String::from_iter),
    ]
    .prop_filter("within the limit", move |text| (1..=longest).contains(&text.chars().count()))
}

fn identifier<Kind>() -> impl Strategy<Value = identifier::Identifier<Kind>>
where
    identifier::Identifier<Kind>: std::fmt::Debug,
{
    awkward_text(128).prop_filter_map("an identifier", |text| identifier::Identifier::new(&text).ok())
}

pub(crate) fn region() -> impl Strategy<Value = AwsRegion> {
    select(AwsRegion::ALL.to_vec())
}

fn network() -> impl Strategy<Value = ipnet::IpNet> {
    prop_oneof![
        (any::<u32>(), 0..=32u8).prop_map(|(bits, prefix)| ipnet::Ipv4Net::new(bits.into(), prefix).unwrap().into()),
        (any::<u128>(), 0..=128u8).prop_map(|(bits, prefix)| ipnet::Ipv6Net::new(bits.into(), prefix).unwrap().into()),
    ]
    .prop_map(|network: ipnet::IpNet| network.trunc())
}

fn coordinates() -> impl Strategy<Value = Coordinates> {
    (-9000i16..=9000, -18000i16..=18000).prop_map(|(lat, long)| Coordinates::from_hundredths(lat, long))
}

fn name_below(zone: DomainName) -> impl Strategy<Value = DomainName> {
    let label = prop_oneof![
        4 => "[a-z0-9_*@-]{1,5}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 1..4),
        1 => select(vec!["example", "com", "1", "null", "*", "@"]).prop_map(|label| label.as_bytes().to_vec()),
    ];
    proptest::collection::vec(label, 0..4)
        .prop_map(move |labels| labels.iter().fold(zone.clone(), |name, label| name.child(label).unwrap_or(name)))
}

fn values(record_type: RecordType) -> Vec<&'static str> {
    match record_type {
        RecordType::A => vec!["192.0.2.1", "192.0.2.2"],
        RecordType::Aaaa => vec!["2001:db8::1", "2001:DB8:0::2"],
        RecordType::Caa => vec!["0 issue \"ca.example.net\""],
        RecordType::Cname => vec!["Target.example.net"],
        RecordType::Ds => vec!["12345 13 1 abababababababababababababababababababab"],
        RecordType::Https => vec!["1 . alpn=\"h2,h3\"", "0 a.example.net."],
        RecordType::Mx => vec!["10 mail.example.net.", "20 b.example.net"],
        RecordType::Naptr => vec!["100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:a@example.com!\" ."],
        RecordType::Ns => vec!["ns1.example.net.", "ns2.example.net"],
        RecordType::Ptr => vec!["host.example.net."],
        RecordType::Soa => vec!["a.example.net. b.example.net. 1 2 3 4 5"],
        RecordType::Spf => vec!["\"v=spf1 -all\""],
        RecordType::Srv => vec!["1 2 3 host.example.net."],
        RecordType::Sshfp => vec!["4 2 abababababababababababababababababababababababababababababababab"],
        RecordType::Svcb => vec!["1 a.example.net. port=53"],
        RecordType::Tlsa => vec!["3 1 1 abababababababababababababababababababababababababababababababab"],
        RecordType::Txt => vec!["\"it's \\\"quoted\\\" \\303\\251\"", "\"a: b\" \"# c\"", "\"\""],
    }
}

fn content(record_type: RecordType, ttl: u32) -> impl Strategy<Value = RecordContent> {
    let all = values(record_type);
    let most = if record_type.allows_several_values() { all.len() } else { 1 };
    subsequence(all, 1..=most).prop_map(move |texts| RecordContent::Values {
        ttl,
        values: texts.iter().map(|text| RecordValue::parse(record_type, text).unwrap()).collect(),
    })
}

fn policy(kind: PolicyKind, collection: CidrCollectionId) -> BoxedStrategy<RoutingPolicy> {
    let countries: Vec<CountryCode> = CountryCode::all().collect();
    let states: Vec<UsState> = UsState::all().collect();
    match kind {
        PolicyKind::Simple => Just(RoutingPolicy::Simple).boxed(),
        PolicyKind::Weighted => any::<u8>().prop_map(|weight| RoutingPolicy::Weighted { weight }).boxed(),
        PolicyKind::Failover => {
            select(vec![FailoverRole::Primary, FailoverRole::Secondary]).prop_map(RoutingPolicy::Failover).boxed()
        }
        PolicyKind::Latency => region()
            .prop_filter("for latency", |region| region.takes_latency_records())
            .prop_map(|region| RoutingPolicy::Latency { region })
            .boxed(),
        PolicyKind::Geolocation => prop_oneof![
            Just(GeoLocation::Default),
            select(Continent::ALL.to_vec()).prop_map(GeoLocation::Continent),
            select(countries).prop_map(GeoLocation::Country),
            select(states).prop_map(GeoLocation::Subdivision),
        ]
        .prop_map(RoutingPolicy::Geolocation)
        .boxed(),
        PolicyKind::Geoproximity => {
            let place = prop_oneof![
                region().prop_map(GeoProximityPlace::Region),
                region().prop_map(|region| {
                    GeoProximityPlace::LocalZoneGroup(LocalZoneGroup::parse(&format!("{region}-lax-1")).unwrap())
                }),
                coordinates().prop_map(GeoProximityPlace::Coordinates),
            ];
            (place, -99..=99i64)
                .prop_map(|(place, bias)| {
                    RoutingPolicy::Geoproximity(GeoProximityLocation { place, bias: Bias::new(bias).unwrap() })
                })
                .boxed()
        }
        PolicyKind::MultiValue => Just(RoutingPolicy::MultiValue).boxed(),
        PolicyKind::IpBased => select(vec!["*", "berlin", "1"])
            .prop_map(move |location| {
                let location = CidrLocationName::parse(location).map_or(CidrLocation::Default, CidrLocation::Named);
                RoutingPolicy::IpBased(CidrRoutingConfig { collection: collection.clone(), location })
            })
            .boxed(),
    }
}

/// The record sets of one name and type, as many as the rules let stand together.
fn group(zone: DomainName, id: HostedZoneId, references: References) -> impl Strategy<Value = Vec<RecordSet>> {
    let kinds = vec![
        PolicyKind::Simple,
        PolicyKind::Weighted,
        PolicyKind::Failover,
        PolicyKind::Latency,
        PolicyKind::Geolocation,
        PolicyKind::Geoproximity,
        PolicyKind::MultiValue,
        PolicyKind::IpBased,
    ];
    let ttl = prop_oneof![Just(0), Just(60), Just(limits::MAX_TTL)];
    (name_below(zone), select(RecordType::ALL.to_vec()), select(kinds), ttl).prop_flat_map(
        move |(name, record_type, kind, ttl)| {
            let (id, references) = (id.clone(), references.clone());
            let health_check_id = proptest::option::of(select(references.health_checks.clone()));
            let aws = (any::<bool>(), select(vec!["Z2FDTNDATAQYW2", "Z32O12XQLNTSW2"])).prop_map(|(evaluate, zone)| {
                RecordContent::Alias(AliasTarget {
                    hosted_zone_id: HostedZoneId::new(zone).unwrap(),
                    dns_name: DomainName::parse("lb.example.net").unwrap(),
                    evaluate_target_health: evaluate,
                })
            });
            let content = prop_oneof![4 => content(record_type, ttl), 1 => aws];
            let set = (policy(kind, references.collection), identifier(), content, health_check_id).prop_map(
                move |(routing_policy, set_identifier, content, health_check_id)| {
                    let set_identifier = (kind != PolicyKind::Simple).then_some(set_identifier);
                    let name = name.clone();
                    let parts =
                        RecordSetParts { name, record_type, set_identifier, routing_policy, content, health_check_id };
                    RecordSet::new(parts, &id).ok()
                },
            );
            proptest::collection::vec(set, 1..4).prop_map(|sets| sets.into_iter().flatten().collect())
        },
    )
}

#[derive(Clone, Debug)]
struct References {
    health_checks: Vec<HealthCheckId>,
    collection: CidrCollectionId,
}

fn endpoint() -> impl Strategy<Value = HealthCheckTarget> {
    let protocol = prop_oneof![
        Just(ProbeProtocol::Http),
        Just(ProbeProtocol::Https),
        Just(ProbeProtocol::Tcp),
        awkward_text(255).prop_map(|text| ProbeProtocol::HttpStrMatch(text.into())),
        awkward_text(255).prop_map(|text| ProbeProtocol::HttpsStrMatch(text.into())),
    ];
    let address = prop_oneof![
        (any::<std::net::IpAddr>(), proptest::option::of("[a-z]{1,5}(\\.[a-z0-9-]{1,5}){0,2}\\.?")).prop_map(
            |(ip_address, name)| {
                EndpointAddress::Ip { ip_address, fully_qualified_domain_name: name.map(Into::into) }
            }
        ),
        "[a-z]{1,9}".prop_map(|name| EndpointAddress::DomainName(name.into())),
    ];
    let regions = subsequence(health_check::CHECKER_REGIONS.to_vec(), 3..=8);
    let port = prop_oneof![Just(80), Just(443), 1..=u16::MAX];
    let flags = (any::<bool>(), any::<bool>());
    (protocol, address, port, awkward_text(200), 1..=3600u32, 1..=10u8, flags, regions).prop_map(
        |(protocol, address, port, path, request_interval_seconds, failure_threshold, flags, regions)| {
            // TCP has no path, and no name beside an address.
            let (address, resource_path) = match (&protocol, address) {
                (ProbeProtocol::Tcp, EndpointAddress::Ip { ip_address, .. }) => {
                    (EndpointAddress::Ip { ip_address, fully_qualified_domain_name: None }, "/".into())
                }
                (ProbeProtocol::Tcp, address) => (address, "/".into()),
                (_, address) => (address, format!("/{path}").into()),
            };
            HealthCheckTarget::Endpoint(EndpointCheck {
                protocol,
                address,
                port,
                resource_path,
                request_interval_seconds,
                failure_threshold,
                measure_latency: flags.0,
                enable_sni: flags.1,
                regions: regions.into_iter().collect(),
            })
        },
    )
}

fn health_checks() -> impl Strategy<Value = Vec<HealthCheck>> {
    use InsufficientDataHealthStatus::{Healthy, LastKnownStatus, Unhealthy};
    let target = prop_oneof![
        4 => endpoint(),
        1 => (region(), awkward_text(200), select(vec![Healthy, Unhealthy, LastKnownStatus])).prop_map(
            |(alarm_region, alarm_name, insufficient_data)| HealthCheckTarget::CloudWatchMetric {
                alarm_region,
                alarm_name: alarm_name.into(),
                insufficient_data,
            }
        ),
        1 => awkward_text(200).prop_map(|arn| HealthCheckTarget::RecoveryControl { routing_control_arn: arn.into() }),
    ];
    let status = select(vec![ForcedStatus::Obey, ForcedStatus::Up, ForcedStatus::Down]);
    let check = (identifier(), target, any::<bool>(), any::<bool>(), status)
        .prop_map(|(id, target, inverted, disabled, status)| HealthCheck { id, target, inverted, disabled, status });
    (proptest::collection::vec(check, 1..4), 0..=256u16).prop_map(|(mut checks, health_threshold)| {
        let mut ids = BTreeSet::new();
        checks.retain(|check| ids.insert(check.id.clone()));
        let children: Vec<HealthCheckId> = checks.iter().map(|check| check.id.clone()).collect();
        let target = HealthCheckTarget::Calculated(CalculatedCheck { health_threshold, children });
        let id = HealthCheckId::new("all of them").unwrap();
        checks.push(HealthCheck { id, target, inverted: false, disabled: false, status: ForcedStatus::Obey });
        checks
    })
}

fn client_locations() -> impl Strategy<Value = Vec<ClientLocation>> {
    let states: Vec<UsState> = UsState::all().collect();
    let countries: Vec<CountryCode> = CountryCode::all().collect();
    let place = prop_oneof![
        Just((None, None)),
        select(countries).prop_map(|country| (Some(country), None)),
        select(states).prop_map(|state| (CountryCode::from_ascii("US"), Some(state))),
    ];
    let latencies = proptest::collection::btree_map(region(), any::<u32>(), 0..3);
    let location = (network(), place, proptest::option::of(region()), proptest::option::of(coordinates()), latencies)
        .prop_map(|(cidr, (country, subdivision), region, coordinates, latencies)| ClientLocation {
            cidr,
            country,
            subdivision,
            region,
            coordinates,
            latencies,
        });
    proptest::collection::vec(location, 0..3)
}

fn cidr_collection() -> impl Strategy<Value = CidrCollection> {
    (proptest::option::of(identifier()), select(vec!["offices", "null", "1"])).prop_map(|(id, name)| {
        let blocks = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        let locations = BTreeMap::from([
            (CidrLocationName::parse("berlin").unwrap(), blocks(&["203.0.113.0/24", "2001:db8:113::/48"])),
            (CidrLocationName::parse("1").unwrap(), blocks(&["198.51.0.0/16"])),
            (CidrLocationName::parse("none").unwrap(), Vec::new()),
        ]);
        // What a file without an id gives, as it is read.
        let id = id.unwrap_or_else(|| {
            let read = loaded(&format!("cidr_collections:\n  - name: \"{name}\"\n")).account;
            read.cidr_collections().keys().next().unwrap().clone()
        });
        CidrCollection::new(id, name, locations).unwrap()
    })
}

fn tags() -> impl Strategy<Value = Tags> {
    let text = |longest| awkward_text(longest).prop_map(Box::from);
    proptest::collection::btree_map(text(128), text(256), 0..3)
}

fn account() -> impl Strategy<Value = Account> {
    let vpc = (identifier(), region(), proptest::collection::vec(network(), 0..3))
        .prop_map(|(id, region, cidrs)| Vpc { id, region, cidrs });
    (proptest::collection::vec(vpc, 1..3), health_checks(), cidr_collection(), client_locations(), operations())
        .prop_flat_map(|(mut vpcs, health_checks, collection, client_locations, operations)| {
            let mut ids = BTreeSet::new();
            vpcs.retain(|vpc| ids.insert(vpc.id.clone()));
            let references = References {
                health_checks: health_checks.iter().map(|check| check.id.clone()).collect(),
                collection: collection.id().clone(),
            };
            let zones = ["example.com", "com", "sub.example.com", "."].map(|name| {
                let name = DomainName::parse(name).unwrap();
                let (vpcs, references) = (ids.clone(), references.clone());
                let apex = select(vec![Apex::Made, Apex::Given]);
                (proptest::option::of(identifier()), any::<bool>(), awkward_text(20), apex).prop_flat_map(
                    move |(id, is_private, comment, apex)| {
                        // A public zone cannot be a top-level domain.
                        let visibility = match is_private || name.labels().count() < 2 {
                            true => Visibility::Private(vpcs.clone()),
                            false => Visibility::Public,
                        };
                        let id = id.unwrap_or_else(|| derived_id(&name, &visibility));
                        let groups =
                            proptest::collection::vec(group(name.clone(), id.clone(), references.clone()), 0..6);
                        let name = name.clone();
                        groups.prop_map(move |groups| zone(&id, &name, &comment, &visibility, groups, apex))
                    },
                )
            });
            let cidr_collections = vec![collection];
            let parts = AccountParts { vpcs, health_checks, cidr_collections, client_locations, ..operations };
            (zones, Just(parts))
        })
        .prop_flat_map(|(zones, parts)| {
            let zones: Vec<Arc<HostedZone>> = zones.into_iter().flatten().map(Arc::new).collect();
            let checks = parts.health_checks.iter().map(|check| TaggedResource::HealthCheck(check.id.clone()));
            let resources = checks.chain(zones.iter().map(|zone| TaggedResource::HostedZone(zone.id().clone())));
            let resources: Vec<TaggedResource> = resources.collect();
            (proptest::collection::vec(tags(), resources.len()), Just((resources, zones, parts)))
        })
        .prop_filter_map("distinct ids and networks", |(tags, (resources, hosted_zones, parts))| {
            let tags = resources.into_iter().zip(tags).filter(|(_, tags)| !tags.is_empty()).collect();
            Account::new(AccountParts { hosted_zones, tags, ..parts }).ok()
        })
}

/// Whether a zone has Route 53's own apex records or the user's.
#[derive(Clone, Copy, Debug)]
enum Apex {
    Made,
    Given,
}

fn apex_record_set(name: &DomainName, id: &HostedZoneId, record_type: RecordType) -> RecordSet {
    let values = values(record_type).iter().map(|text| RecordValue::parse(record_type, text).unwrap()).collect();
    let parts = RecordSetParts {
        name: name.clone(),
        record_type,
        set_identifier: None,
        routing_policy: RoutingPolicy::Simple,
        content: RecordContent::Values { ttl: 60, values },
        health_check_id: None,
    };
    RecordSet::new(parts, id).unwrap()
}

/// What a file without an id gives, as it is read. A private zone's depends on its VPCs, so there it is just some id.
fn derived_id(name: &DomainName, visibility: &Visibility) -> HostedZoneId {
    let text = match visibility {
        Visibility::Public => format!("hosted_zones: [{{ name: {name} }}]"),
        Visibility::Private(_) => {
            format!("vpcs: [{{ id: v, region: us-east-1 }}]\nhosted_zones: [{{ name: \"{name}\", vpcs: [v] }}]")
        }
    };
    loaded(&text).account.hosted_zones().iter().next().unwrap().id().clone()
}

/// The zone with as many of the groups as keep its rules.
fn zone(
    id: &HostedZoneId,
    name: &DomainName,
    comment: &str,
    visibility: &Visibility,
    groups: Vec<Vec<RecordSet>>,
    apex: Apex,
) -> Option<HostedZone> {
    let servers = DelegationSet::of_zone(id, visibility);
    let mut record_sets = match apex {
        Apex::Made => vec![servers.ns_record_set(name), servers.soa_record_set(name)],
        Apex::Given => vec![apex_record_set(name, id, RecordType::Ns), apex_record_set(name, id, RecordType::Soa)],
    };
    let build = |record_sets: Vec<RecordSet>| {
        let (id, name, visibility) = (id.clone(), name.clone(), visibility.clone());
        HostedZone::new(HostedZoneParts { id, name, comment: comment.into(), visibility, record_sets })
    };
    for mut group in groups {
        // Some aliases into the zone, to whatever stands there already.
        if let (Some(first), Some(target)) = (group.first(), record_sets.last())
            && first.alias_target().is_some()
            && let Ok(alias) = RecordSet::new(
                RecordSetParts {
                    name: first.name().clone(),
                    record_type: target.record_type(),
                    set_identifier: first.set_identifier().cloned(),
                    routing_policy: first.routing_policy().clone(),
                    content: RecordContent::Alias(AliasTarget {
                        hosted_zone_id: id.clone(),
                        dns_name: target.name().clone(),
                        evaluate_target_health: true,
                    }),
                    health_check_id: None,
                },
                id,
            )
        {
            group = vec![alias];
        }
        let candidate: Vec<RecordSet> = record_sets.iter().cloned().chain(group).collect();
        if build(candidate.clone()).is_ok() {
            record_sets = candidate;
        }
    }
    build(record_sets).ok()
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(account in account()) {
        let text = write(&account);
        let read = loaded(&text).account;
        prop_assert_eq!(&read, &account, "{}", text);
        prop_assert_eq!(write(&read), text);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = load(&[file("a.yaml", bytes)]);
    }

    #[test]
    fn any_yaml_is_read_or_refused(pieces in proptest::collection::vec(select(PIECES.to_vec()), 0..60)) {
        let _ = load(&[file("a.yaml", pieces.concat())]);
    }

    #[test]
    fn a_damaged_file_is_read_or_refused(at in 0..super::EXAMPLE.len(), piece in select(PIECES.to_vec())) {
        let at = (at..).find(|at| super::EXAMPLE.is_char_boundary(*at)).unwrap();
        let _ = load(&[file("a.yaml", [&super::EXAMPLE[..at], piece, &super::EXAMPLE[at..]].concat())]);
        let _ = load(&[file("a.yaml", &super::EXAMPLE[..at])]);
    }
}

const PIECES: [&str; 48] = [
    "cloudwatch_alarms",
    "cloudwatch_metrics",
    "routing_controls",
    "forced_health_checks",
    "dimensions",
    "datapoints",
    "threshold",
    "1e999",
    "hosted_zones",
    "records",
    "name",
    "type",
    "A",
    "values",
    "vpcs",
    "id",
    "ttl",
    "alias_target",
    ": ",
    ":\n",
    "\n",
    "\n  ",
    "\n    ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "\"",
    "'",
    "\\",
    "|\n",
    ">\n",
    "#",
    "&a ",
    "*a",
    "!t ",
    "? ",
    "---\n",
    "...\n",
    "%",
    "@",
    "`",
    "\t",
    "1",
    "example.com",
    "\u{feff}",
];
