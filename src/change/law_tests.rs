//! A planned change is what making the whole anew would give, verdicts included.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fastrand::Rng;

use super::{Action, Change, ChangeError, RecordSetChange, RecordSetFinding, plan};
use crate::model::{
    Account, AccountParts, AccountRule, AliasTarget, AwsRegion, CalculatedCheck, CidrCollection, CidrCollectionId,
    CidrLocation, CidrLocationName, CidrRoutingConfig, DelegationSet, Difference, DomainName, FailoverRole,
    ForcedStatus, HealthCheck, HealthCheckId, HealthCheckTarget, HostedZone, HostedZoneId, HostedZoneParts,
    RecordContent, RecordSet, RecordSetKey, RecordSetParts, RecordType, RecordValue, RoutingPolicy, SetIdentifier,
    Visibility, Vpc, VpcId, ZoneRule,
};

/// A zone as a list of its record sets: the simplest thing that has the same rules.
#[derive(Clone, Debug)]
struct PlainZone {
    id: HostedZoneId,
    name: DomainName,
    visibility: Visibility,
    record_sets: Vec<RecordSet>,
}

impl PlainZone {
    fn new(id: &str, name: &str, visibility: Visibility) -> PlainZone {
        let (id, name) = (HostedZoneId::new(id).unwrap(), DomainName::parse(name).unwrap());
        let delegation_set = DelegationSet::of_zone(&id, &visibility);
        let record_sets = vec![delegation_set.ns_record_set(&name), delegation_set.soa_record_set(&name)];
        PlainZone { id, name, visibility, record_sets }
    }

    fn parts(&self) -> HostedZoneParts {
        let PlainZone { id, name, visibility, record_sets } = self.clone();
        HostedZoneParts { id, name, comment: "".into(), visibility, record_sets }
    }

    /// The batch on the list, change by change (C-1): the list after those changes that can be made, and everything that
    /// is wrong with one of them by itself.
    fn after(&self, changes: &[RecordSetChange]) -> (PlainZone, Vec<RecordSetFinding>) {
        let mut next = self.clone();
        next.record_sets.sort_by(RecordSet::listing_order);
        // What a batch upserts is away until its turn.
        next.record_sets.retain(|set| {
            let first = changes.iter().find(|change| change.record_set.key() == set.key());
            first.is_none_or(|change| change.action != Action::Upsert)
        });
        let mut findings = Vec::new();
        let mut done: BTreeMap<RecordSetKey, Vec<Action>> = BTreeMap::new();
        for RecordSetChange { action, record_set } in changes {
            let key = record_set.key();
            let done = done.entry(key.clone()).or_default();
            let is_replaced = *done == [Action::Delete] && *action != Action::Delete;
            if !done.is_empty() && !is_replaced {
                findings.push(RecordSetFinding::ChangedTwice(key));
                continue;
            }
            done.push(*action);
            let found = next.record_sets.iter().position(|set| set.key() == key);
            match (action, found) {
                (Action::Create, Some(_)) => findings.push(RecordSetFinding::AlreadyExists(key)),
                (Action::Delete, None) => findings.push(RecordSetFinding::NotFound(key)),
                (Action::Delete, Some(place)) if next.record_sets[place] != *record_set => {
                    findings.push(RecordSetFinding::DoesNotMatch(key));
                }
                (Action::Delete, Some(place)) => drop(next.record_sets.remove(place)),
                (Action::Create | Action::Upsert, found) => {
                    found.map(|place| next.record_sets.remove(place));
                    let missing = next.missing_target(record_set);
                    let before = next.broken_by_record_sets();
                    next.record_sets.push(record_set.clone());
                    let mut rules = next.broken_by_record_sets();
                    for rule in before {
                        rules.remove(rules.iter().position(|it| *it == rule).unwrap());
                    }
                    rules.extend(missing);
                    if !rules.is_empty() {
                        next.record_sets.pop();
                    }
                    let is_unclear = |it: &RecordSetFinding| !it.is_broken_rule() && it.name() == Some(&key.name);
                    if findings.iter().any(is_unclear) {
                        continue;
                    }
                    findings
                        .extend(rules.into_iter().map(|it| RecordSetFinding::BreaksZoneRule(Some(key.clone()), it)));
                }
            }
        }
        (next, findings)
    }

    /// The rules that single record sets break, but for where walks along aliases lead.
    fn broken_by_record_sets(&self) -> Vec<ZoneRule> {
        let violations = HostedZone::new(self.parts()).err().unwrap_or_default();
        let of_record_sets = violations.into_iter().filter(|it| it.record_set.is_some() && !is_of_walk(&it.rule));
        of_record_sets.map(|it| it.rule).collect()
    }

    fn missing_target(&self, set: &RecordSet) -> Option<ZoneRule> {
        let target = set.alias_target().filter(|target| target.hosted_zone_id == self.id)?;
        let exists =
            self.record_sets.iter().any(|it| *it.name() == target.dns_name && it.record_type() == set.record_type());
        let is_missing = !exists && target.dns_name != *set.name() && target.dns_name.is_at_or_below(&self.name);
        is_missing.then(|| ZoneRule::AliasTargetMissing(target.dns_name.clone(), set.record_type()))
    }
}

fn is_of_walk(rule: &ZoneRule) -> bool {
    matches!(rule, ZoneRule::AliasLoop(..) | ZoneRule::AliasTooDeep(..))
}

const NAMES: &[&str] = &["", "a.", "b.", "c.", "a.b.", "*.", "d.c.", "e."];
const HEALTH_CHECKS: &[&str] = &["known", "unknown"];

fn random_record_set(rng: &mut Rng, zone: &PlainZone) -> RecordSet {
    loop {
        let name = |rng: &mut Rng| {
            let zone = if rng.u32(..40) == 0 { "elsewhere.test.".to_owned() } else { zone.name.to_string() };
            DomainName::parse(&format!("{}{zone}", rng.choice(NAMES).unwrap())).unwrap()
        };
        let record_type = *rng
            .choice([RecordType::A, RecordType::A, RecordType::Txt, RecordType::Cname, RecordType::Ns].iter())
            .unwrap();
        let record_type = if rng.u32(..30) == 0 { RecordType::Soa } else { record_type };
        let text = match record_type {
            RecordType::A => format!("192.0.2.{}", rng.u8(1..4)),
            RecordType::Txt => format!("\"{}\"", rng.u8(..3)),
            RecordType::Soa => "a. b. 1 2 3 4 5".to_owned(),
            _ => format!("n{}.example.net", rng.u8(..3)),
        };
        let is_alias = rng.u32(..3) == 0;
        let content = match is_alias {
            true => RecordContent::Alias(AliasTarget {
                hosted_zone_id: zone.id.clone(),
                dns_name: name(rng),
                evaluate_target_health: rng.bool(),
            }),
            false => {
                let values = vec![RecordValue::parse(record_type, &text).unwrap()];
                RecordContent::Values { ttl: rng.u32(1..3), values }
            }
        };
        let routing_policy = match rng.u32(..12) {
            0..=7 => RoutingPolicy::Simple,
            8 => RoutingPolicy::Failover(*rng.choice([FailoverRole::Primary, FailoverRole::Secondary].iter()).unwrap()),
            9 => RoutingPolicy::IpBased(CidrRoutingConfig {
                collection: CidrCollectionId::new(rng.choice(["known", "unknown"].iter()).unwrap()).unwrap(),
                location: match rng.bool() {
                    true => CidrLocation::Default,
                    false => CidrLocation::Named(CidrLocationName::parse("office").unwrap()),
                },
            }),
            _ => RoutingPolicy::Weighted { weight: rng.u8(..3) },
        };
        let set_identifier = (routing_policy != RoutingPolicy::Simple)
            .then(|| SetIdentifier::new(rng.choice(["x", "y", "z"].iter()).unwrap()).unwrap());
        let health_check_id =
            (rng.u32(..8) == 0).then(|| HealthCheckId::new(rng.choice(HEALTH_CHECKS.iter()).unwrap()).unwrap());
        let parts =
            RecordSetParts { name: name(rng), record_type, set_identifier, routing_policy, content, health_check_id };
        if let Ok(set) = RecordSet::new(parts, &zone.id) {
            return set;
        }
    }
}

fn random_batch(rng: &mut Rng, zone: &PlainZone) -> Vec<RecordSetChange> {
    (0..rng.usize(1..5))
        .map(|_| {
            let action = *rng.choice([Action::Create, Action::Upsert, Action::Upsert, Action::Delete].iter()).unwrap();
            // Most deletions, and some others, are of what is there.
            let record_set = match action {
                Action::Delete if rng.u32(..8) > 0 => rng.choice(zone.record_sets.iter()).unwrap().clone(),
                _ if rng.u32(..8) == 0 => rng.choice(zone.record_sets.iter()).unwrap().clone(),
                _ => random_record_set(rng, zone),
            };
            RecordSetChange { action, record_set }
        })
        .collect()
}

fn vpc(id: &str) -> Vpc {
    Vpc { id: VpcId::new(id).unwrap(), region: AwsRegion::UsEast1, cidrs: Vec::new() }
}

fn parts(zones: &BTreeMap<HostedZoneId, PlainZone>) -> AccountParts {
    let check = HealthCheck {
        id: HealthCheckId::new("known").unwrap(),
        target: HealthCheckTarget::Calculated(CalculatedCheck { health_threshold: 0, children: Vec::new() }),
        inverted: false,
        disabled: false,
        status: ForcedStatus::default(),
    };
    AccountParts {
        vpcs: vec![vpc("one"), vpc("two")],
        health_checks: vec![check],
        cidr_collections: vec![collection()],
        hosted_zones: zones.values().map(|zone| Arc::new(HostedZone::new(zone.parts()).unwrap())).collect(),
        ..AccountParts::default()
    }
}

fn collection() -> CidrCollection {
    let id = CidrCollectionId::new("known").unwrap();
    CidrCollection::new(id, "known", BTreeMap::new()).unwrap()
}

fn sorted<T: std::fmt::Debug>(all: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut texts: Vec<String> = all.into_iter().map(|it| format!("{it:?}")).collect();
    texts.sort();
    texts
}

fn zone_rules(error: &ChangeError) -> Option<Vec<ZoneRule>> {
    let ChangeError::RecordSets(findings) = error else { return None };
    let rule = |finding: &RecordSetFinding| match finding {
        RecordSetFinding::BreaksZoneRule(_, rule) => Some(rule.clone()),
        _ => None,
    };
    findings.iter().map(rule).collect()
}

fn account_rules(error: &ChangeError) -> Option<Vec<AccountRule>> {
    match error {
        ChangeError::HostedZone(violations) => Some(violations.iter().map(|it| it.rule.clone()).collect()),
        ChangeError::RecordSets(findings) => {
            let rule = |finding: &RecordSetFinding| match finding {
                RecordSetFinding::BreaksAccountRule(_, rule) => Some(rule.clone()),
                _ => None,
            };
            findings.iter().map(rule).collect()
        }
        _ => None,
    }
}

/// What a change does to the zones by the rules for whole zones and accounts: the zones after it, or what is wrong.
fn expected(
    zones: &BTreeMap<HostedZoneId, PlainZone>,
    after: PlainZone,
) -> Result<BTreeMap<HostedZoneId, PlainZone>, Verdict> {
    let mut next = zones.clone();
    if let Err(violations) = HostedZone::new(after.parts()) {
        return Err(Verdict::Zone(sorted(violations.into_iter().map(|it| it.rule))));
    }
    next.insert(after.id.clone(), after);
    match Account::new(parts(&next)) {
        Ok(_) => Ok(next),
        Err(violations) => Err(Verdict::Account(sorted(violations.into_iter().map(|it| it.rule)))),
    }
}

/// Where single changes are wrong: what must be reported, and what may be besides.
fn unclear(after: &PlainZone, findings: Vec<RecordSetFinding>) -> Verdict {
    let is_apex_clear = !findings.iter().any(|finding| finding.name() == Some(&after.name));
    let violations = HostedZone::new(after.parts()).err().unwrap_or_default();
    let of_zone = violations.iter().filter(|it| it.record_set.is_none() && is_apex_clear);
    let of_zone = of_zone.map(|it| RecordSetFinding::BreaksZoneRule(None, it.rule.clone()));
    let must = sorted(findings.iter().cloned().chain(of_zone));
    // Of a chain of aliases any may be at fault.
    let may = sorted(violations.into_iter().map(|it| it.rule).filter(is_of_walk));
    Verdict::Findings { must, may }
}

#[derive(Debug)]
enum Verdict {
    Findings { must: Vec<String>, may: Vec<String> },
    Zone(Vec<String>),
    Account(Vec<String>),
}

impl Verdict {
    fn is_of(&self, error: &ChangeError) -> bool {
        match (self, error) {
            (Verdict::Findings { must, may }, ChangeError::RecordSets(told)) => {
                let (walks, others): (Vec<_>, Vec<_>) = told.iter().partition(
                    |finding| matches!(finding, RecordSetFinding::BreaksZoneRule(_, rule) if is_of_walk(rule)),
                );
                let mut walks = walks.into_iter().filter_map(|finding| match finding {
                    RecordSetFinding::BreaksZoneRule(_, rule) => Some(format!("{rule:?}")),
                    _ => None,
                });
                sorted(others) == *must && walks.all(|rule| may.contains(&rule))
            }
            (Verdict::Findings { .. }, _) => false,
            (Verdict::Zone(rules), error) => zone_rules(error).map(sorted).as_ref() == Some(rules),
            (Verdict::Account(rules), error) => account_rules(error).map(sorted).as_ref() == Some(rules),
        }
    }
}

#[test]
fn a_batch_gives_what_making_the_zone_anew_gives() {
    let (mut accepted, mut refused) = (0, BTreeMap::new());
    for seed in 0..400 {
        let mut rng = Rng::with_seed(seed);
        let zone = match rng.bool() {
            true => PlainZone::new("Z1", "example.test", Visibility::Public),
            false => PlainZone::new("Z1", "example.test", Visibility::Private(BTreeSet::from([vpc("one").id]))),
        };
        let mut zones = BTreeMap::from([(zone.id.clone(), zone)]);
        let mut account = Account::new(parts(&zones)).unwrap();
        for _ in 0..60 {
            let zone = zones.values().next().unwrap().clone();
            let changes = random_batch(&mut rng, &zone);
            let (after, findings) = zone.after(&changes);
            let expected = if findings.is_empty() { expected(&zones, after) } else { Err(unclear(&after, findings)) };
            let change = Change::ChangeRecordSets { hosted_zone: zone.id.clone(), changes: changes.clone() };
            match (plan(&account, change), expected) {
                (Ok(next), Ok(next_zones)) => {
                    let whole = Account::new(parts(&next_zones)).unwrap();
                    assert_eq!(next, whole, "seed {seed}: {changes:#?}");
                    check_sharing(&account, &next, seed);
                    (account, zones) = (next, next_zones);
                    accepted += 1;
                }
                (Err(error), Err(expected)) => {
                    assert!(expected.is_of(&error), "seed {seed}: {error:?}, expected {expected:?}: {changes:#?}");
                    let kinds = match &error {
                        ChangeError::RecordSets(findings) => findings.iter().map(kind).collect(),
                        _ => Vec::new(),
                    };
                    for kind in kinds {
                        *refused.entry(kind).or_insert(0) += 1;
                    }
                }
                (planned, expected) => panic!("seed {seed}: {changes:#?}\nplanned {planned:?}\nexpected {expected:?}"),
            }
        }
    }
    assert!(accepted > 2_000, "{accepted}");
    for kind in
        ["AliasLoop", "AliasTargetMissing", "NoSoa", "MixedPolicies", "UnknownHealthCheck", "UnknownCidrCollection"]
    {
        assert!(refused.get(kind).is_some_and(|count| *count > 5), "{kind}: {refused:?}");
    }
}

fn kind(finding: &RecordSetFinding) -> String {
    let text = match finding {
        RecordSetFinding::BreaksZoneRule(_, rule) => format!("{rule:?}"),
        RecordSetFinding::BreaksAccountRule(_, rule) => format!("{rule:?}"),
        other => format!("{other:?}"),
    };
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

/// What differs between two accounts is found, and only that.
fn check_sharing(old: &Account, new: &Account, seed: u64) {
    for difference in old.changed_zones(new) {
        let Difference::Replaced { old, new } = difference else { panic!("seed {seed}") };
        for difference in old.changed_names(new) {
            let (old, new) = difference.versions();
            assert_ne!(old, new, "seed {seed}");
        }
        for records in new.names() {
            if let Some(same) = old.name_records(records.name()).filter(|same| *same == records) {
                assert!(same.is_same(records), "seed {seed}: an equal block is shared");
            }
        }
    }
}

/// Aliases one behind the other, of which single ones are added, taken away and turned.
#[test]
fn chains_of_aliases_end_soon_enough_or_are_refused() {
    let mut refused = BTreeMap::new();
    for seed in 0..60 {
        let mut rng = Rng::with_seed(seed);
        let mut zone = PlainZone::new("Z1", "example.test", Visibility::Public);
        let name = |number: usize| DomainName::parse(&format!("n{number}.example.test")).unwrap();
        let record_set = |number: usize, target: Option<usize>| {
            let content = match target {
                Some(target) => RecordContent::Alias(AliasTarget {
                    hosted_zone_id: HostedZoneId::new("Z1").unwrap(),
                    dns_name: name(target),
                    evaluate_target_health: false,
                }),
                None => RecordContent::Values {
                    ttl: 1,
                    values: vec![RecordValue::parse(RecordType::A, "192.0.2.1").unwrap()],
                },
            };
            let parts = RecordSetParts {
                name: name(number),
                record_type: RecordType::A,
                set_identifier: None,
                routing_policy: RoutingPolicy::Simple,
                content,
                health_check_id: None,
            };
            RecordSet::new(parts, &HostedZoneId::new("Z1").unwrap()).unwrap()
        };
        const COUNT: usize = 30;
        zone.record_sets.extend((0..COUNT).map(|number| record_set(number, None)));
        let mut zones = BTreeMap::from([(zone.id.clone(), zone)]);
        let mut account = Account::new(parts(&zones)).unwrap();
        for _ in 0..120 {
            let zone = zones.values().next().unwrap().clone();
            // Most lead from one number to the next, so that chains grow long.
            let changes: Vec<_> = (0..rng.usize(1..4))
                .map(|_| {
                    let number = rng.usize(..COUNT);
                    let target = match rng.u32(..12) {
                        0 => None,
                        1 => Some(rng.usize(..COUNT)),
                        _ => Some((number + 1) % COUNT),
                    };
                    RecordSetChange { action: Action::Upsert, record_set: record_set(number, target) }
                })
                .collect();
            let (after, findings) = zone.after(&changes);
            let expected = if findings.is_empty() { expected(&zones, after) } else { Err(unclear(&after, findings)) };
            let change = Change::ChangeRecordSets { hosted_zone: zone.id.clone(), changes: changes.clone() };
            match (plan(&account, change), expected) {
                (Ok(next), Ok(next_zones)) => (account, zones) = (next, next_zones),
                (Err(error), Err(expected)) => {
                    assert!(expected.is_of(&error), "seed {seed}: {error:?}, expected {expected:?}: {changes:#?}");
                    for rule in zone_rules(&error).into_iter().flatten() {
                        *refused.entry(kind(&RecordSetFinding::BreaksZoneRule(None, rule))).or_insert(0) += 1;
                    }
                }
                (planned, expected) => panic!("seed {seed}: {changes:#?}\nplanned {planned:?}\nexpected {expected:?}"),
            }
        }
    }
    for kind in ["AliasLoop", "AliasTooDeep"] {
        assert!(refused.get(kind).is_some_and(|count| *count > 20), "{kind}: {refused:?}");
    }
}

#[test]
fn zones_come_and_go_as_in_an_account_made_anew() {
    let mut refused = BTreeMap::new();
    for seed in 0..200 {
        let mut rng = Rng::with_seed(seed);
        let mut zones = BTreeMap::new();
        let mut account = Account::new(parts(&zones)).unwrap();
        for _ in 0..40 {
            let id = HostedZoneId::new(rng.choice(["Z1", "Z2", "Z3", "Z4"].iter()).unwrap()).unwrap();
            if rng.u32(..4) == 0 {
                let planned = plan(&account, Change::DeleteHostedZone(id.clone()));
                match zones.get(&id) {
                    None => assert_eq!(planned, Err(ChangeError::NoSuchHostedZone(id))),
                    Some(PlainZone { record_sets, .. }) if record_sets.len() > 2 => {
                        assert_eq!(planned, Err(ChangeError::HostedZoneNotEmpty(id)));
                    }
                    Some(_) => {
                        zones.remove(&id);
                        account = planned.unwrap();
                    }
                }
            } else {
                let vpcs = ["one", "two", "unknown"].map(|id| vpc(id).id);
                let vpcs: BTreeSet<_> = vpcs.into_iter().filter(|_| rng.u32(..3) == 0).collect();
                let visibility = if vpcs.is_empty() { Visibility::Public } else { Visibility::Private(vpcs) };
                let name = rng.choice(["example.test", "b.test"].iter()).unwrap();
                let mut zone = PlainZone::new(id.as_str(), name, visibility);
                if let (true, Some(known)) = (rng.bool(), zones.get(&id)) {
                    zone = PlainZone::clone(known);
                }
                let set = random_record_set(&mut rng, &zone);
                let has = |key: &RecordSetKey| zone.record_sets.iter().any(|set| set.key() == *key);
                if rng.bool() && !has(&set.key()) {
                    zone.record_sets.push(set);
                }
                let Ok(hosted_zone) = HostedZone::new(zone.parts()) else { continue };
                match (
                    account.with_hosted_zone(hosted_zone).map_err(ChangeError::of_hosted_zone),
                    expected(&zones, zone),
                ) {
                    (Ok(next), Ok(next_zones)) => (account, zones) = (next, next_zones),
                    (Err(error), Err(expected)) => {
                        // The other zone of a pair that do not go together is at fault when the whole is made anew.
                        let kinds = |verdict: Verdict| match verdict {
                            Verdict::Account(rules) => {
                                let kind = |it: &String| it.split('(').next().unwrap_or_default().to_owned();
                                rules.iter().map(kind).collect::<Vec<_>>()
                            }
                            other => panic!("{other:?}"),
                        };
                        let told = Verdict::Account(account_rules(&error).map(sorted).unwrap());
                        assert_eq!(kinds(told), kinds(expected), "seed {seed}");
                        for rule in account_rules(&error).unwrap() {
                            *refused.entry(kind(&RecordSetFinding::BreaksAccountRule(None, rule))).or_insert(0) += 1;
                        }
                    }
                    (planned, expected) => panic!("seed {seed}:\nplanned {planned:?}\nexpected {expected:?}"),
                }
            }
            let whole = Account::new(parts(&zones)).unwrap();
            assert_eq!(account, whole, "seed {seed}");
            let replaced = plan(&account, Change::ReplaceFiles(Box::new(whole))).unwrap();
            assert_eq!(account.changed_zones(&replaced).count(), 0);
            for zone in account.hosted_zones() {
                assert!(Arc::ptr_eq(zone, replaced.hosted_zone(zone.id()).unwrap()), "an equal zone is shared");
            }
        }
    }
    for kind in ["DuplicatePublicZone", "ConflictingPrivateZone", "UnknownVpc", "UnknownHealthCheck"] {
        assert!(refused.get(kind).is_some_and(|count| *count > 5), "{kind}: {refused:?}");
    }
}
