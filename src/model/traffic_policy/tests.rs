//! Laws of documents and of the trees they make.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;

use super::document::{Branch, DocumentFault, Endpoint, Target, TrafficPolicyDocument};
use crate::model::{
    AwsRegion, Bias, Continent, CountryCode, DelegationSet, DomainName, FailoverRole, GeoLocation,
    GeoProximityLocation, GeoProximityPlace, HostedZone, HostedZoneId, HostedZoneParts, PolicyKind, RecordContent,
    RecordSet, RecordType, RecordValue, RoutingPolicy, Visibility, ZoneRule,
};

const KINDS: [PolicyKind; 6] = [
    PolicyKind::Failover,
    PolicyKind::Geolocation,
    PolicyKind::Latency,
    PolicyKind::Geoproximity,
    PolicyKind::Weighted,
    PolicyKind::MultiValue,
];

type Rules = BTreeMap<Box<str>, Vec<Branch>>;

/// Endpoint `e7` has the address 192.0.2.7.
fn endpoints(count: u8) -> BTreeMap<Box<str>, Endpoint> {
    let value = |number| RecordValue::parse(RecordType::A, &format!("192.0.2.{number}")).unwrap();
    (0..count).map(|number| (format!("e{number}").into(), Endpoint::Value(value(number)))).collect()
}

/// Some policies of a kind that can stand side by side.
fn policies(rng: &mut Rng, kind: PolicyKind) -> Vec<RoutingPolicy> {
    let count = rng.usize(1..5);
    let place = |rng: &mut Rng| *rng.choice(AwsRegion::ALL.iter()).unwrap();
    match kind {
        PolicyKind::Failover => [FailoverRole::Primary, FailoverRole::Secondary].map(RoutingPolicy::Failover).to_vec(),
        PolicyKind::Geolocation => {
            let locations = [
                GeoLocation::Default,
                GeoLocation::Continent(Continent::Europe),
                GeoLocation::Country(CountryCode::CHINA),
                GeoLocation::Country(CountryCode::UNITED_STATES),
            ];
            locations[..count].iter().copied().map(RoutingPolicy::Geolocation).collect()
        }
        PolicyKind::Latency => {
            AwsRegion::ALL[..count].iter().map(|region| RoutingPolicy::Latency { region: *region }).collect()
        }
        PolicyKind::Geoproximity => {
            let location = |rng: &mut Rng| {
                let bias = Bias::new(rng.i64(-99..=99)).unwrap();
                GeoProximityLocation { place: GeoProximityPlace::Region(place(rng)), bias }
            };
            (0..count).map(|_| RoutingPolicy::Geoproximity(location(rng))).collect()
        }
        PolicyKind::MultiValue => vec![RoutingPolicy::MultiValue; count],
        _ => (0..count).map(|_| RoutingPolicy::Weighted { weight: rng.u8(..) }).collect(),
    }
}

/// A document of which most are valid: now and then a rule leads back, or to nothing.
fn random(rng: &mut Rng) -> (Target, BTreeMap<Box<str>, Endpoint>, Rules) {
    let (endpoint_count, rule_count) = (rng.u8(1..8), rng.u8(..8));
    let mut rules = BTreeMap::new();
    for number in 0..rule_count {
        let kind = *rng.choice(KINDS.iter()).unwrap();
        let branch = |rng: &mut Rng, policy| {
            let later = if rng.u32(..60) == 0 { 0 } else { number + 1 };
            let is_to_rule = kind != PolicyKind::MultiValue && later < rule_count && rng.bool();
            let endpoint = if rng.u32(..60) == 0 { endpoint_count } else { rng.u8(..endpoint_count) };
            let target = match is_to_rule {
                true => Target::Rule(format!("r{}", rng.u8(later..rule_count)).into()),
                false => Target::Endpoint(format!("e{endpoint}").into()),
            };
            Branch { policy, target, evaluate_target_health: rng.bool(), health_check_id: None }
        };
        let branches: Vec<Branch> = policies(rng, kind).into_iter().map(|policy| branch(rng, policy)).collect();
        rules.insert(format!("r{number}").into(), branches);
    }
    let start = match rule_count {
        0 => Target::Endpoint("e0".into()),
        _ => Target::Rule("r0".into()),
    };
    (start, endpoints(endpoint_count), rules)
}

/// Follows the references as they stand: the endpoints that are reached, or `None` if something is not there or leads
/// back to itself.
fn walk(target: &Target, rules: &Rules, endpoint_count: usize, above: &mut Vec<Target>) -> Option<BTreeSet<Box<str>>> {
    match target {
        Target::Endpoint(id) => {
            (id[1..].parse::<usize>().unwrap() < endpoint_count).then(|| BTreeSet::from([id.clone()]))
        }
        Target::Rule(_) if above.contains(target) => None,
        Target::Rule(id) => {
            above.push(target.clone());
            let mut reached = BTreeSet::new();
            for branch in rules.get(id)? {
                reached.extend(walk(&branch.target, rules, endpoint_count, above)?);
            }
            above.pop();
            Some(reached)
        }
    }
}

fn zone_of(record_sets: &[RecordSet]) -> HostedZone {
    let (id, name) = (HostedZoneId::new("Z1").unwrap(), DomainName::parse("example.test").unwrap());
    let delegation_set = DelegationSet::of_zone(&id, &Visibility::Public);
    let mut record_sets = record_sets.to_vec();
    record_sets.extend([delegation_set.ns_record_set(&name), delegation_set.soa_record_set(&name)]);
    HostedZone::new(HostedZoneParts { id, name, comment: "".into(), visibility: Visibility::Public, record_sets })
        .unwrap()
}

/// The values that following aliases from a name leads to.
fn values_from(zone: &HostedZone, name: &DomainName) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for set in zone.group(name, RecordType::A).iter() {
        match set.content() {
            RecordContent::Values { values, .. } => {
                found.extend(values.iter().map(|value| value.text(RecordType::A).into_owned()));
            }
            RecordContent::Alias(target) => found.extend(values_from(zone, &target.dns_name)),
        }
    }
    found
}

#[test]
fn a_valid_document_makes_a_tree_that_leads_to_every_endpoint() {
    let mut rng = Rng::with_seed(20_151_001);
    let name = DomainName::parse("www.example.test").unwrap();
    let (mut valid, mut refused) = (0, 0);
    for _ in 0..2_000 {
        let (start, endpoints, rules) = random(&mut rng);
        let walks: Option<Vec<_>> = std::iter::once(&start)
            .cloned()
            .chain(rules.keys().cloned().map(Target::Rule))
            .map(|target| walk(&target, &rules, endpoints.len(), &mut Vec::new()))
            .collect();
        let document = TrafficPolicyDocument::new(RecordType::A, start, endpoints, rules);
        let (document, reached) = match (document, walks) {
            (Ok(document), Some(walks)) => (document, walks[0].clone()),
            (Err(faults), None) => {
                assert!(!faults.is_empty());
                refused += 1;
                continue;
            }
            (document, walks) => panic!("{document:?}, but {walks:?}"),
        };
        valid += 1;
        let sets = document.record_sets(&name, 60, &HostedZoneId::new("Z1").unwrap()).unwrap();
        assert!(sets.iter().all(|set| set.name().is_at_or_below(&name) && set.ttl().is_none_or(|ttl| ttl == 60)));
        let zone = zone_of(&sets);
        let expected = reached.iter().map(|id| format!("192.0.2.{}", &id[1..])).collect();
        assert_eq!(values_from(&zone, &name), expected, "{document:?}");
        // Nothing stands there that no query comes to.
        let named: BTreeSet<&DomainName> = sets.iter().map(RecordSet::name).collect();
        let led_to = sets.iter().filter_map(|set| Some(&set.alias_target()?.dns_name));
        assert_eq!(led_to.chain([&name]).collect::<BTreeSet<_>>(), named);
    }
    assert!(valid > 500 && refused > 100, "{valid} valid, {refused} refused");
}

fn branch(policy: RoutingPolicy, target: Target) -> Branch {
    Branch { policy, target, evaluate_target_health: true, health_check_id: None }
}

fn weighted(target: Target) -> Branch {
    branch(RoutingPolicy::Weighted { weight: 1 }, target)
}

#[test]
fn all_faults_are_told_at_once() {
    let latency =
        |target: &str| branch(RoutingPolicy::Latency { region: AwsRegion::EuWest1 }, Target::Endpoint(target.into()));
    let rules = BTreeMap::from([
        ("empty".into(), vec![]),
        ("loop".into(), vec![weighted(Target::Rule("loop".into()))]),
        ("twice".into(), vec![latency("e0"), latency("e0")]),
    ]);
    let start = Target::Rule("missing".into());
    let faults = TrafficPolicyDocument::new(RecordType::A, start, endpoints(1), rules).unwrap_err();
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "rule 'empty' has no branches",
            "the start leads to rule 'missing', which is not in the document",
            "branch 1 of rule 'loop': following the rule leads back to it",
            "branch 2 of rule 'twice': there is already a latency record for eu-west-1 of this name and type",
        ]
    );
}

#[test]
fn a_rule_can_be_as_deep_and_as_wide_as_aliases_and_groups() {
    let chain = |depth: usize| {
        let mut rules: Rules = (0..depth)
            .map(|number| {
                (format!("r{number}").into(), vec![weighted(Target::Rule(format!("r{}", number + 1).into()))])
            })
            .collect();
        rules.insert(format!("r{depth}").into(), vec![weighted(Target::Endpoint("e0".into()))]);
        TrafficPolicyDocument::new(RecordType::A, Target::Rule("r0".into()), endpoints(1), rules)
    };
    assert!(chain(16).is_ok());
    let too_deep = chain(17).unwrap_err();
    assert!(matches!(too_deep[..], [DocumentFault::Zone(_, ZoneRule::AliasTooDeep(..))]), "{too_deep:?}");
    let wide = |width| {
        let rules = BTreeMap::from([("r".into(), vec![weighted(Target::Endpoint("e0".into())); width])]);
        TrafficPolicyDocument::new(RecordType::A, Target::Rule("r".into()), endpoints(1), rules)
    };
    assert!(wide(100).is_ok());
    assert_eq!(
        wide(101).unwrap_err()[0].to_string(),
        "branch 101 of rule 'r': the rule has 101 branches, which is more than 100"
    );
}

#[test]
fn a_start_can_be_an_endpoint() {
    let start = Target::Endpoint("e3".into());
    let document = TrafficPolicyDocument::new(RecordType::A, start, endpoints(4), BTreeMap::new()).unwrap();
    let name = DomainName::parse("example.test").unwrap();
    let sets = document.record_sets(&name, 5, &HostedZoneId::new("Z1").unwrap()).unwrap();
    assert_eq!(values_from(&zone_of(&sets), &name), BTreeSet::from(["192.0.2.3".to_owned()]));
    assert_eq!((sets.len(), sets[0].ttl()), (1, Some(5)));
}
