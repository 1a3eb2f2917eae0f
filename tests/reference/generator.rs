//! Accounts, questions and statuses at random: small pools of names and addresses, so that everything meets everything.
//!
//! All of it comes from one seed; a test prints the seed of what it found.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use fastrand::Rng;
use ipnet::IpNet;
use route53d::model::identifier::Identifier;
use route53d::model::*;

use super::view::view_of;
use super::{ANY, Asker, Question, Statuses, View};

/// The zone with the stand-ins of AWS resources: simple records without health checks.
const RESOURCES: &str = "aws.test";
/// An alias to this id is an alias to an AWS resource.
const RESOURCE_ZONE_ID: &str = "Z35SXDOTRQ7X7K";
const CLOUDFRONT_ZONE_ID: &str = "Z2FDTNDATAQYW2";
const CHECKS: usize = 6;
/// Every region here is in a place of its own, so that no two distances are equal.
const REGIONS: [AwsRegion; 6] = [
    AwsRegion::UsEast1,
    AwsRegion::UsWest2,
    AwsRegion::EuCentral1,
    AwsRegion::ApNortheast1,
    AwsRegion::ApSoutheast2,
    AwsRegion::CnNorth1,
];
const VPC_REGIONS: [AwsRegion; 3] = [AwsRegion::UsEast1, AwsRegion::EuWest1, AwsRegion::ApNortheast1];
const CIDR_LOCATIONS: [&str; 3] = ["office", "home", "abroad"];
const COLLECTION: &str = "networks";
/// Record types in proportion to how often they are made.
const TYPES: [RecordType; 12] = [
    RecordType::A,
    RecordType::A,
    RecordType::A,
    RecordType::A,
    RecordType::A,
    RecordType::Aaaa,
    RecordType::Txt,
    RecordType::Mx,
    RecordType::Srv,
    RecordType::Cname,
    RecordType::Ns,
    RecordType::Ds,
];
/// Names in a zone: of different depths, wildcards, below a wildcard, and the apex.
const NAMES: [&str; 16] =
    ["", "a", "b", "c", "d", "a.b", "b.b", "a.a.b", "c.d", "*", "*.b", "*.c.d", "a.*.b", "ns.a", "ns.b", "sub"];

/// An account that keeps every rule.
pub fn account(rng: &mut Rng) -> Account {
    let vpcs = vpcs(rng);
    let mut hosted_zones = vec![Arc::new(resources(rng, None))];
    if rng.bool() {
        hosted_zones.push(Arc::new(resources(rng, Some(vpcs[0].id.clone()))));
    }
    let mut names = vec!["example.com", "sub.example.com", "example.net", "a.b.example.com"];
    rng.shuffle(&mut names);
    for name in names.iter().take(rng.usize(1..=3)) {
        hosted_zones.push(Arc::new(hosted_zone(rng, name, Visibility::Public)));
    }
    let mut taken: BTreeSet<(&str, VpcId)> = BTreeSet::new();
    for _ in 0..rng.usize(0..=3) {
        let name = names[rng.usize(..names.len())];
        // PZ-14.
        let free = |vpc: &&Vpc| !taken.contains(&(name, vpc.id.clone()));
        let mut mine: BTreeSet<VpcId> = vpcs.iter().filter(free).map(|vpc| vpc.id.clone()).collect();
        mine.retain(|_| rng.bool());
        if mine.is_empty() {
            continue;
        }
        taken.extend(mine.iter().map(|vpc| (name, vpc.clone())));
        hosted_zones.push(Arc::new(hosted_zone(rng, name, Visibility::Private(mine))));
    }
    let parts = AccountParts {
        vpcs,
        health_checks: (0..CHECKS + 2).map(|number| health_check(rng, number)).collect(),
        cidr_collections: vec![cidr_collection()],
        client_locations: client_locations(rng),
        hosted_zones,
        ..AccountParts::default()
    };
    Account::new(parts).expect("the parts are made to fit")
}

/// A question about the account: about names in it, near it and out of it.
pub fn question(rng: &mut Rng, account: &Account) -> Question {
    let zones: Vec<_> = account.hosted_zones().iter().collect();
    let zone = zones[rng.usize(..zones.len())];
    // Most about what has something to choose.
    let sets: Vec<RecordSet> = zone.record_sets().map(Cow::into_owned).collect();
    let sets: Vec<&RecordSet> = sets.iter().collect();
    let has_choice = |set: &&&RecordSet| set.set_identifier().is_some() || set.alias_target().is_some();
    let with_choice: Vec<&RecordSet> = sets.iter().filter(has_choice).copied().collect();
    let pool = if with_choice.is_empty() || rng.u32(..3) == 0 { &sets } else { &with_choice };
    let set = pool[rng.usize(..pool.len())];
    let name = match rng.u32(..16) {
        0..=9 => set.name().clone(),
        10..=11 => name_in(zone.name(), NAMES[rng.usize(..NAMES.len())]),
        12..=13 => below(set.name(), "q"),
        14 => below(&below(set.name(), "b"), "q"),
        _ => parse("www.elsewhere.test"),
    };
    let mut asker = asker(rng, account);
    if let Visibility::Private(vpcs) = zone.visibility()
        && rng.u32(..4) != 0
    {
        asker.listener_vpc = vpcs.iter().nth(rng.usize(..vpcs.len())).cloned();
    }
    let mut type_code = match rng.u32(..20) {
        0 => ANY,
        1 => 65280,
        2 => RecordType::Ds.code(),
        3 => RecordType::ALL[rng.usize(..RecordType::ALL.len())].code(),
        4 => RecordType::Cname.code(),
        5..=6 => RecordType::A.code(),
        _ => set.record_type().code(),
    };
    // Whose DS it is inside a VPC is not settled.
    if type_code == RecordType::Ds.code() && view_of(account, &asker) != View::Internet {
        type_code = RecordType::A.code();
    }
    Question { name, type_code, asker }
}

/// A status for every check; calculated ones have what follows from their children.
pub fn statuses(rng: &mut Rng, account: &Account) -> Statuses {
    let share_healthy = [0.0, 0.3, 0.5, 0.8][rng.usize(..4)];
    let mut statuses = Statuses::new();
    for check in account.health_checks().values() {
        if !matches!(check.target, HealthCheckTarget::Calculated(_)) {
            let found = if rng.f64() < share_healthy { HealthStatus::Healthy } else { HealthStatus::Unhealthy };
            statuses.insert(check.id.clone(), check.decided_status().unwrap_or(found));
        }
    }
    for check in account.health_checks().values() {
        if let HealthCheckTarget::Calculated(calculated) = &check.target {
            let healthy = calculated.children.iter().filter(|child| statuses[*child] == HealthStatus::Healthy).count();
            let found = if healthy >= usize::from(calculated.health_threshold) {
                HealthStatus::Healthy
            } else {
                HealthStatus::Unhealthy
            };
            statuses.insert(check.id.clone(), check.decided_status().unwrap_or(check.final_status(found)));
        }
    }
    statuses
}

fn asker(rng: &mut Rng, account: &Account) -> Asker {
    let bound = account.vpcs().keys().nth(rng.usize(..account.vpcs().len())).cloned();
    Asker {
        source: address(rng),
        listener_vpc: bound.filter(|_| rng.u32(..8) == 0),
        subnet: match rng.u32(..6) {
            0 => Some("0.0.0.0/0".parse().unwrap()),
            1..=3 => Some(subnet(rng)),
            _ => None,
        },
        trusted: rng.u32(..4) == 0,
    }
}

fn address(rng: &mut Rng) -> IpAddr {
    match rng.u32(..8) {
        0..=2 => Ipv4Addr::new(198, 51, 100, rng.u8(..)).into(),
        3 => Ipv4Addr::new(203, 0, rng.u8(112..=113), rng.u8(..)).into(),
        4 => Ipv4Addr::new(10, rng.u8(..3), rng.u8(..3), rng.u8(..)).into(),
        5..=6 => Ipv6Addr::new(0x2001, 0xdb8, rng.u16(..3), 0, 0, 0, 0, 1).into(),
        _ => Ipv6Addr::new(0xfd00, 0x20, rng.u16(..2), 0, 0, 0, 0, 1).into(),
    }
}

fn subnet(rng: &mut Rng) -> IpNet {
    let address = address(rng);
    let prefix = match address {
        IpAddr::V4(_) => [8, 12, 15, 16, 20, 23, 24, 25, 28, 32][rng.usize(..10)],
        IpAddr::V6(_) => [16, 31, 32, 40, 47, 48, 56, 64, 128][rng.usize(..9)],
    };
    IpNet::new(address, prefix).unwrap().trunc()
}

/// Overlapping, but no CIDR stands twice.
fn vpcs(rng: &mut Rng) -> Vec<Vpc> {
    let cidrs: [&[&str]; 3] =
        [&["10.0.0.0/8", "fd00:20::/32"], &["10.1.0.0/16", "fd00:20:1::/48"], &["10.1.1.0/24", "10.2.0.0/16"]];
    let vpc = |(number, cidrs): (usize, &&[&str])| Vpc {
        id: id(&format!("vpc-{number}")),
        region: VPC_REGIONS[rng.usize(..VPC_REGIONS.len())],
        cidrs: cidrs.iter().map(|cidr| cidr.parse().unwrap()).collect(),
    };
    cidrs.iter().enumerate().map(vpc).collect()
}

/// The last two are calculated from the others.
fn health_check(rng: &mut Rng, number: usize) -> HealthCheck {
    let target = if number < CHECKS {
        HealthCheckTarget::Endpoint(EndpointCheck {
            protocol: ProbeProtocol::Tcp,
            address: EndpointAddress::Ip {
                ip_address: Ipv4Addr::new(192, 0, 2, 1).into(),
                fully_qualified_domain_name: None,
            },
            port: 80,
            resource_path: "/".into(),
            request_interval_seconds: 30,
            failure_threshold: 3,
            measure_latency: false,
            enable_sni: false,
            regions: health_check::CHECKER_REGIONS.into_iter().collect(),
        })
    } else {
        let mut children: Vec<_> = (0..CHECKS).map(check_id).collect();
        children.retain(|_| rng.bool());
        HealthCheckTarget::Calculated(CalculatedCheck { health_threshold: rng.u16(..4), children })
    };
    HealthCheck {
        id: check_id(number),
        target,
        inverted: rng.u32(..4) == 0,
        disabled: rng.u32(..8) == 0,
        status: match rng.u32(..12) {
            0 => ForcedStatus::Up,
            1 => ForcedStatus::Down,
            _ => ForcedStatus::Obey,
        },
    }
}

fn check_id(number: usize) -> HealthCheckId {
    id(&format!("check-{number}"))
}

fn cidr_collection() -> CidrCollection {
    let blocks: [&[&str]; 3] = [
        &["198.51.100.0/24", "2001:db8:1::/48"],
        &["198.51.0.0/16", "203.0.113.0/24"],
        &["203.0.0.0/12", "2001:db8::/32"],
    ];
    let locations = CIDR_LOCATIONS.iter().zip(blocks).map(|(name, blocks)| {
        let blocks = blocks.iter().map(|block| block.parse().unwrap()).collect();
        (CidrLocationName::parse(name).unwrap(), blocks)
    });
    CidrCollection::new(id(COLLECTION), COLLECTION, locations.collect()).unwrap()
}

fn client_locations(rng: &mut Rng) -> Vec<ClientLocation> {
    let cidrs =
        ["198.51.100.0/25", "198.51.100.0/28", "198.51.100.128/25", "203.0.113.0/24", "10.0.0.0/8", "2001:db8:1::/48"];
    let mut locations = Vec::new();
    for cidr in cidrs {
        if rng.u32(..5) == 0 {
            continue;
        }
        let country = [None, Some("US"), Some("US"), Some("DE"), Some("JP"), Some("CN")][rng.usize(..6)];
        let state = ["CA", "VA", "NY"][rng.usize(..3)];
        let mut latencies = BTreeMap::new();
        if rng.u32(..3) == 0 {
            for region in REGIONS {
                if rng.bool() {
                    latencies.insert(region, rng.u32(..1000));
                }
            }
        }
        let coordinates = Coordinates::from_hundredths(rng.i16(-8000..8000), rng.i16(-17000..17000));
        locations.push(ClientLocation {
            cidr: cidr.parse().unwrap(),
            country: country.map(|country| country.parse().unwrap()),
            subdivision: (country == Some("US") && rng.bool()).then(|| state.parse().unwrap()),
            region: (rng.u32(..3) == 0).then(|| REGIONS[rng.usize(..REGIONS.len())]),
            coordinates: (rng.u32(..3) == 0).then_some(coordinates),
            latencies,
        });
    }
    locations
}

/// Stand-ins for AWS resources: public ones, or those that one VPC sees instead.
fn resources(rng: &mut Rng, vpc: Option<VpcId>) -> HostedZone {
    let name = parse(RESOURCES);
    let visibility = vpc.map_or(Visibility::Public, |vpc| Visibility::Private([vpc].into()));
    let id: HostedZoneId = id(if visibility == Visibility::Public { "Z0RESOURCES" } else { "Z0PRIVATERESOURCES" });
    let mut draft = Draft::new(id, name, visibility);
    for (label, record_type) in [("lb1", RecordType::A), ("lb1", RecordType::Aaaa), ("lb2", RecordType::A)] {
        if rng.u32(..4) != 0 {
            let content = values(rng, &draft.name, record_type, 600);
            draft.add_simple(label, record_type, content);
        }
    }
    draft.finish()
}

fn hosted_zone(rng: &mut Rng, name: &str, visibility: Visibility) -> HostedZone {
    let kind = match &visibility {
        Visibility::Public => "PUBLIC".to_owned(),
        Visibility::Private(vpcs) => vpcs.iter().map(VpcId::as_str).collect::<Vec<_>>().join("-"),
    };
    let mut draft = Draft::new(id(&format!("Z-{name}-{kind}")), parse(name), visibility);
    if rng.bool() {
        // Name servers inside the zone, for glue.
        draft.replace_apex_name_servers(rng);
    }
    for _ in 0..rng.usize(3..30) {
        add_group(rng, &mut draft);
    }
    add_alias_tree(rng, &mut draft);
    if rng.bool() {
        add_cname_web(rng, &mut draft);
    }
    draft.finish()
}

/// A group of one policy, values and aliases mixed.
fn add_group(rng: &mut Rng, draft: &mut Draft) {
    let label = NAMES[rng.usize(..NAMES.len())];
    let record_type = TYPES[rng.usize(..TYPES.len())];
    let ttl = rng.u32(1..5) * 100;
    let weighted_ttl = ttl;
    let kind = rng.u32(..10);
    if kind >= 7 || matches!(record_type, RecordType::Ns | RecordType::Ds) {
        let content = content(rng, draft, record_type, ttl);
        let check = check(rng);
        draft.add(label, record_type, None, RoutingPolicy::Simple, content, check);
        return;
    }
    let several = if kind == 6 && rng.u32(..3) == 0 { 9..=10 } else { 2..=4 };
    for member in 0..rng.usize(several) {
        let policy = match kind {
            0 => RoutingPolicy::Weighted { weight: [0, 0, 1, 2, 255][rng.usize(..5)] },
            1 => RoutingPolicy::Failover([FailoverRole::Primary, FailoverRole::Secondary][rng.usize(..2)]),
            2 => RoutingPolicy::Latency { region: REGIONS[rng.usize(..REGIONS.len())] },
            3 => RoutingPolicy::Geolocation(geo_location(rng)),
            4 => RoutingPolicy::Geoproximity(geo_proximity_location(rng)),
            5 => RoutingPolicy::IpBased(CidrRoutingConfig { collection: id(COLLECTION), location: cidr_location(rng) }),
            _ => RoutingPolicy::MultiValue,
        };
        let ttl = if kind == 0 { weighted_ttl } else { ttl + rng.u32(..3) };
        let content =
            if kind == 6 { values(rng, &draft.name, record_type, ttl) } else { content(rng, draft, record_type, ttl) };
        let check = check(rng);
        draft.add(label, record_type, Some(&format!("m{member}")), policy, content, check);
    }
}

/// Up to four levels of aliases over a group, which chance alone seldom makes.
fn add_alias_tree(rng: &mut Rng, draft: &mut Draft) {
    let label = |level: usize, branch: usize| format!("tree{level}-{branch}");
    let depth = rng.usize(2..=4);
    for level in 0..=depth {
        let branches = if level == depth { 1 } else { 2 };
        for branch in 0..branches {
            let policy = rng.u32(..4);
            for member in 0..2 {
                let (set_identifier, policy) = match policy {
                    0 => (true, RoutingPolicy::Weighted { weight: [0, 1, 3][rng.usize(..3)] }),
                    1 => (true, RoutingPolicy::Failover([FailoverRole::Primary, FailoverRole::Secondary][member])),
                    2 => (true, RoutingPolicy::Geolocation(geo_location(rng))),
                    _ => (false, RoutingPolicy::Simple),
                };
                let content = if level == 0 {
                    values(rng, &draft.name, RecordType::A, 300)
                } else {
                    let target = name_in(&draft.name, &label(level - 1, rng.usize(..2)));
                    alias(rng, target, draft.id.clone())
                };
                let set_identifier = set_identifier.then(|| format!("m{member}"));
                let check = check(rng);
                draft.add(&label(level, branch), RecordType::A, set_identifier.as_deref(), policy, content, check);
            }
        }
    }
}

/// CNAMEs that point to each other, into the zone and out of it: chains, loops, and chains longer than the limit.
fn add_cname_web(rng: &mut Rng, draft: &mut Draft) {
    let label = |number: usize| if number == 0 { "*.web".to_owned() } else { format!("web{number}") };
    let is_long = rng.u32(..4) == 0;
    for number in 0..12 {
        let target = match rng.u32(..6) {
            _ if is_long => name_in(&draft.name, &label(number + 1)),
            0 => parse("www.example.org"),
            1..=2 => name_in(&draft.name, NAMES[rng.usize(..NAMES.len())]),
            3 => name_in(&parse("example.com"), NAMES[rng.usize(..NAMES.len())]),
            4 => name_in(&draft.name, "q.web"),
            _ => name_in(&draft.name, &label(rng.usize(..12))),
        };
        let value = RecordValue::parse(RecordType::Cname, &target.to_api_text()).unwrap();
        let content = RecordContent::Values { ttl: 500, values: vec![value] };
        if rng.u32(..4) == 0 {
            let policy = RoutingPolicy::Weighted { weight: rng.u8(..3) };
            draft.add(&label(number), RecordType::Cname, Some("m0"), policy.clone(), content, check(rng));
            let content = values(rng, &draft.name, RecordType::Cname, 500);
            draft.add(&label(number), RecordType::Cname, Some("m1"), policy, content, check(rng));
        } else {
            draft.add_simple(&label(number), RecordType::Cname, content);
        }
    }
}

fn check(rng: &mut Rng) -> Option<HealthCheckId> {
    (rng.u32(..4) != 0).then(|| check_id(rng.usize(..CHECKS + 2)))
}

fn geo_location(rng: &mut Rng) -> GeoLocation {
    let country = |code: &str| GeoLocation::Country(code.parse().unwrap());
    match rng.u32(..8) {
        0..=1 => GeoLocation::Default,
        2 => GeoLocation::Continent(Continent::NorthAmerica),
        3 => GeoLocation::Continent(Continent::Asia),
        4 => country("US"),
        5 => country("DE"),
        6 => country("JP"),
        _ => GeoLocation::Subdivision(["CA", "VA"][rng.usize(..2)].parse().unwrap()),
    }
}

fn geo_proximity_location(rng: &mut Rng) -> GeoProximityLocation {
    let place = match rng.u32(..3) {
        0 => GeoProximityPlace::Coordinates(Coordinates::from_hundredths(rng.i16(-8000..8000), rng.i16(-17000..17000))),
        1 => GeoProximityPlace::LocalZoneGroup(LocalZoneGroup::parse("us-west-2-lax-1").unwrap()),
        _ => GeoProximityPlace::Region(REGIONS[rng.usize(..REGIONS.len())]),
    };
    GeoProximityLocation { place, bias: Bias::new([-99, -50, 0, 0, 10, 50, 99][rng.usize(..7)]).unwrap() }
}

fn cidr_location(rng: &mut Rng) -> CidrLocation {
    match rng.usize(..4) {
        3 => CidrLocation::Default,
        number => CidrLocation::Named(CidrLocationName::parse(CIDR_LOCATIONS[number]).unwrap()),
    }
}

/// Values, or an alias into the zone, or to an AWS resource with or without a stand-in.
fn content(rng: &mut Rng, draft: &Draft, record_type: RecordType, ttl: u32) -> RecordContent {
    match rng.u32(..10) {
        0..=2 => {
            let name = name_in(&draft.name, NAMES[rng.usize(..NAMES.len())]);
            alias(rng, name, draft.id.clone())
        }
        3 => {
            let resource = ["lb1", "lb2", "lb9"][rng.usize(..3)];
            //
            let is_cloudfront = resource != "lb1" && draft.visibility == Visibility::Public;
            let zone = if is_cloudfront { CLOUDFRONT_ZONE_ID } else { RESOURCE_ZONE_ID };
            alias(rng, name_in(&parse(RESOURCES), resource), id(zone))
        }
        _ => values(rng, &draft.name, record_type, ttl),
    }
}

fn alias(rng: &mut Rng, dns_name: DomainName, hosted_zone_id: HostedZoneId) -> RecordContent {
    RecordContent::Alias(AliasTarget { hosted_zone_id, dns_name, evaluate_target_health: rng.u32(..3) != 0 })
}

fn values(rng: &mut Rng, zone: &DomainName, record_type: RecordType, ttl: u32) -> RecordContent {
    let count = if record_type.allows_several_values() { rng.usize(1..=3) } else { 1 };
    let values: BTreeSet<String> = (0..count).map(|_| value(rng, zone, record_type)).collect();
    let parse = |text: &String| RecordValue::parse(record_type, text).expect("the value is well formed");
    RecordContent::Values { ttl, values: values.iter().map(parse).collect() }
}

fn value(rng: &mut Rng, zone: &DomainName, record_type: RecordType) -> String {
    let target = match rng.u32(..8) {
        0 => parse("www.example.org"),
        1 => parse("b.example.com"),
        2 => parse("a.sub.example.com"),
        _ => name_in(zone, NAMES[rng.usize(..NAMES.len())]),
    };
    let target = target.to_api_text();
    match record_type {
        RecordType::A => format!("192.0.2.{}", rng.u8(..)),
        RecordType::Aaaa => format!("2001:db8::{:x}", rng.u16(1..)),
        RecordType::Txt => format!("\"text {}\"", rng.u16(..)),
        RecordType::Mx => format!("{} {target}", rng.u8(..3)),
        RecordType::Srv => format!("1 {} 53 {target}", rng.u8(..3)),
        RecordType::Cname | RecordType::Ns => target,
        RecordType::Ds => format!("{} 13 2 {}", rng.u16(..), "AB".repeat(32)),
        other => unreachable!("{other} is not made"),
    }
}

/// A zone on the way; what breaks a rule is left out.
struct Draft {
    id: HostedZoneId,
    name: DomainName,
    visibility: Visibility,
    record_sets: Vec<RecordSet>,
}

impl Draft {
    fn new(id: HostedZoneId, name: DomainName, visibility: Visibility) -> Draft {
        let default = DelegationSet::of_zone(&id, &visibility);
        let record_sets = vec![default.ns_record_set(&name), default.soa_record_set(&name)];
        Draft { id, name, visibility, record_sets }
    }

    fn replace_apex_name_servers(&mut self, rng: &mut Rng) {
        self.record_sets.remove(0);
        let text = |label: &str| name_in(&self.name, label).to_api_text();
        let servers = [text("ns.a"), text("b"), "ns.example.org.".to_owned()];
        let parse = |text: &String| RecordValue::parse(RecordType::Ns, text).unwrap();
        let values = servers[rng.usize(..2)..].iter().map(parse).collect();
        self.add_simple("", RecordType::Ns, RecordContent::Values { ttl: 1000, values });
        // Before all else, so that nothing pushes it out.
        self.record_sets.rotate_right(1);
    }

    fn add_simple(&mut self, label: &str, record_type: RecordType, content: RecordContent) {
        self.add(label, record_type, None, RoutingPolicy::Simple, content, None);
    }

    fn add(
        &mut self,
        label: &str,
        record_type: RecordType,
        set_identifier: Option<&str>,
        routing_policy: RoutingPolicy,
        content: RecordContent,
        health_check_id: Option<HealthCheckId>,
    ) {
        let parts = RecordSetParts {
            name: name_in(&self.name, label),
            record_type,
            set_identifier: set_identifier.map(id),
            routing_policy,
            content,
            health_check_id,
        };
        self.record_sets.extend(RecordSet::new(parts, &self.id));
    }

    fn finish(mut self) -> HostedZone {
        loop {
            let parts = HostedZoneParts {
                id: self.id.clone(),
                name: self.name.clone(),
                comment: "".into(),
                visibility: self.visibility.clone(),
                record_sets: self.record_sets.clone(),
            };
            let violations = match HostedZone::new(parts) {
                Ok(zone) => return zone,
                Err(violations) => violations,
            };
            let at_fault: BTreeSet<usize> = violations.iter().filter_map(|violation| violation.record_set).collect();
            assert!(!at_fault.is_empty(), "no record set to leave out: {violations:?}");
            for place in at_fault.into_iter().rev() {
                self.record_sets.remove(place);
            }
        }
    }
}

fn id<Kind>(text: &str) -> Identifier<Kind> {
    Identifier::new(text).unwrap()
}

fn parse(name: &str) -> DomainName {
    DomainName::parse(name).unwrap()
}

fn name_in(zone: &DomainName, label: &str) -> DomainName {
    if label.is_empty() { zone.clone() } else { parse(label).join(zone).unwrap() }
}

fn below(name: &DomainName, label: &str) -> DomainName {
    name.child(label.as_bytes()).unwrap()
}
