//! The reference evaluator against the examples of the rule book, and against laws on random accounts.

#![allow(clippy::unwrap_used, reason = "clippy knows test functions, but not what they call")]

mod reference;

use std::collections::BTreeMap;
use std::sync::Arc;

use fastrand::Rng;
use route53d::model::{
    Account, AccountParts, DomainName, HealthCheckId, HealthStatus, HostedZone, RecordType, RoutingPolicy, Visibility,
};
use route53d::zonefile::{self, ZoneFile};

use reference::{Asker, Chances, Question, Rcode, ReferenceAnswer, Statuses, View, generator, possible_answers};

const CHECKS: &str = "
health_checks:
  - { id: a, type: TCP, ip_address: 192.0.2.250, port: 80 }
  - { id: b, type: TCP, ip_address: 192.0.2.250, port: 80 }
  - { id: c, type: TCP, ip_address: 192.0.2.250, port: 80 }
  - { id: d, type: TCP, ip_address: 192.0.2.250, port: 80 }
";

/// An account with one public zone example.com of these records and the checks a, b, c and d.
fn zone(records: &str) -> Account {
    let text = format!("{CHECKS}\nhosted_zones:\n  - name: example.com\n    records:\n{records}");
    let file = ZoneFile { path: "test.yaml".to_owned(), text: text.into_bytes() };
    zonefile::load(&[file]).unwrap().account
}

fn ask(account: &Account, name: &str, record_type: RecordType, unhealthy: &[&str]) -> Chances<ReferenceAnswer> {
    let question = Question {
        name: DomainName::parse(name).unwrap(),
        type_code: record_type.code(),
        asker: Asker::from("198.51.100.1".parse().unwrap()),
    };
    let status = |check: &&str| (HealthCheckId::new(check).unwrap(), HealthStatus::Unhealthy);
    possible_answers(account, &question, &unhealthy.iter().map(status).collect(), &|_| None)
}

/// The probability of each last byte of an address in the answers for A of `w.example.com`.
fn shares(account: &Account, unhealthy: &[&str]) -> BTreeMap<u8, f64> {
    let mut shares = BTreeMap::new();
    for (probability, answer) in ask(account, "w.example.com", RecordType::A, unhealthy) {
        for record in &answer.answer {
            *shares.entry(record.rdata[3]).or_default() += probability;
        }
    }
    shares
}

fn assert_shares(found: &BTreeMap<u8, f64>, expected: &[(u8, f64)]) {
    let same = found.len() == expected.len()
        && expected.iter().all(|(byte, share)| found.get(byte).is_some_and(|it| (it - share).abs() < 1e-12));
    assert!(same, "{found:?} is not {expected:?}");
}

const WEIGHTED: &str = r#"
      - { name: w, type: A, ttl: 60, set_identifier: a, weight: 10, values: ["192.0.2.1"], health_check_id: a }
      - { name: w, type: A, ttl: 60, set_identifier: b, weight: 20, values: ["192.0.2.2"], health_check_id: b }
      - { name: w, type: A, ttl: 60, set_identifier: c, weight: 20, values: ["192.0.2.3"], health_check_id: c }
      - { name: w, type: A, ttl: 60, set_identifier: d, weight: 0, values: ["192.0.2.4"], health_check_id: d }
"#;

#[test]
fn weights_are_shares_of_their_sum() {
    // WT-1, WT-2.
    assert_shares(&shares(&zone(WEIGHTED), &[]), &[(1, 0.2), (2, 0.4), (3, 0.4)]);
}

#[test]
fn an_unhealthy_member_leaves_the_sum() {
    // WT-4's own example.
    assert_shares(&shares(&zone(WEIGHTED), &["c"]), &[(1, 1.0 / 3.0), (2, 2.0 / 3.0)]);
    assert_shares(&shares(&zone(WEIGHTED), &["a", "b", "c"]), &[(4, 1.0)]);
    // WT-5.
    assert_shares(&shares(&zone(WEIGHTED), &["a", "b", "c", "d"]), &[(1, 0.2), (2, 0.4), (3, 0.4)]);
}

#[test]
fn choosing_again_while_unhealthy_is_choosing_among_the_healthy() {
    // H-9, for every health of the group: the pseudo code draws again, this filters and draws once.
    let account = zone(WEIGHTED);
    for bits in 0..16u8 {
        let unhealthy: Vec<&str> = ["a", "b", "c", "d"]
            .into_iter()
            .enumerate()
            .filter(|(bit, _)| bits >> bit & 1 == 1)
            .map(|it| it.1)
            .collect();
        let is_left = |place: usize| bits == 0b1111 || bits >> place & 1 == 0;
        let weights = [10.0, 20.0, 20.0, 0.0];
        let sum: f64 = (0..4).filter(|place| is_left(*place)).map(|place| weights[place]).sum();
        let expected: Vec<(u8, f64)> = if sum > 0.0 {
            (0..3u8).filter(|it| is_left(usize::from(*it))).map(|it| (it + 1, weights[usize::from(it)] / sum)).collect()
        } else {
            vec![(4, 1.0)]
        };
        assert_shares(&shares(&account, &unhealthy), &expected);
    }
}

#[test]
fn failover_follows_its_table() {
    // F-2.
    let account = zone(
        r#"
      - { name: w, type: A, ttl: 60, set_identifier: p, failover: PRIMARY, values: ["192.0.2.1"], health_check_id: a }
      - { name: w, type: A, ttl: 60, set_identifier: s, failover: SECONDARY, values: ["192.0.2.2"], health_check_id: b }
"#,
    );
    for (unhealthy, expected) in [(&[][..], 1), (&["b"][..], 1), (&["a"][..], 2), (&["a", "b"][..], 1)] {
        assert_shares(&shares(&account, unhealthy), &[(expected, 1.0)]);
    }
}

#[test]
fn branches_are_backed_out_of_and_weighted_again() {
    // H-11, H-16: branch `low` of weight 3 has nobody healthy, so `high` and the leaf share its part.
    let account = zone(
        r#"
      - { name: low, type: A, ttl: 60, set_identifier: a, weight: 1, values: ["192.0.2.1"], health_check_id: a }
      - { name: high, type: A, ttl: 60, set_identifier: b, weight: 1, values: ["192.0.2.2"], health_check_id: b }
      - { name: high, type: A, ttl: 60, set_identifier: c, weight: 1, values: ["192.0.2.3"], health_check_id: c }
      - { name: w, type: A, set_identifier: low, weight: 3, alias_target: { dns_name: low, evaluate_target_health: true } }
      - { name: w, type: A, set_identifier: high, weight: 2, alias_target: { dns_name: high, evaluate_target_health: true } }
      - { name: w, type: A, ttl: 60, set_identifier: leaf, weight: 1, values: ["192.0.2.4"], health_check_id: d }
"#,
    );
    assert_shares(&shares(&account, &[]), &[(1, 0.5), (2, 1.0 / 6.0), (3, 1.0 / 6.0), (4, 1.0 / 6.0)]);
    assert_shares(&shares(&account, &["a"]), &[(2, 1.0 / 3.0), (3, 1.0 / 3.0), (4, 1.0 / 3.0)]);
    assert_shares(&shares(&account, &["a", "b"]), &[(3, 2.0 / 3.0), (4, 1.0 / 3.0)]);
    // H-14.
    let all = [(1, 0.5), (2, 1.0 / 6.0), (3, 1.0 / 6.0), (4, 1.0 / 6.0)];
    assert_shares(&shares(&account, &["a", "b", "c", "d"]), &all);
}

#[test]
fn eight_of_nine_are_drawn_equally_often() {
    // MV-2.
    let member = |n: u8| {
        format!(
            "      - {{ name: w, type: A, ttl: 60, set_identifier: m{n}, multi_value_answer: true, values: [192.0.2.{n}] }}\n"
        )
    };
    let account = zone(&(1..=9).map(member).collect::<String>());
    assert_eq!(ask(&account, "w.example.com", RecordType::A, &[]).len(), 9);
    let expected: Vec<(u8, f64)> = (1..=9).map(|n| (n, 8.0 / 9.0)).collect();
    assert_shares(&shares(&account, &[]), &expected);
}

#[test]
fn a_wildcard_stops_at_the_closest_encloser() {
    // W-6's own example.
    let account = zone(
        r#"
      - { name: "*", type: A, ttl: 60, values: ["192.0.2.1"] }
      - { name: zenith, type: TXT, ttl: 60, values: ['"z"'] }
"#,
    );
    let rcode = |name| ask(&account, name, RecordType::A, &[])[0].1.rcode;
    assert_eq!(rcode("acme.zenith.example.com"), Rcode::NxDomain);
    assert_eq!(rcode("zenith.example.com"), Rcode::NoError);
    assert_eq!(ask(&account, "acme.other.example.com", RecordType::A, &[])[0].1.answer.len(), 1);
}

#[test]
fn what_was_not_possible_is_told() {
    let account = zone("      - { name: w, type: A, ttl: 60, values: [192.0.2.1] }\n");
    let possible = ask(&account, "w.example.com", RecordType::A, &[]);
    let (_, mut seen) = possible[0].1.outcomes().next().unwrap();
    assert_eq!(reference::mismatch(&possible, &seen), None);
    seen.answer.clear();
    assert!(reference::mismatch(&possible, &seen).is_some_and(|report| report.contains("answer differs")));
}

/// Random accounts, questions and statuses, each with the seed that makes it again.
fn random(count: u64) -> impl Iterator<Item = (u64, Account, Question, Statuses)> {
    (0..count).flat_map(|seed| {
        let mut rng = Rng::with_seed(seed);
        let account = generator::account(&mut rng);
        (0..20)
            .map(|_| {
                let question = generator::question(&mut rng, &account);
                let statuses = generator::statuses(&mut rng, &account);
                (seed, account.clone(), question, statuses)
            })
            .collect::<Vec<_>>()
    })
}

#[test]
fn probabilities_sum_up_to_one_and_every_kind_of_answer_comes() {
    let mut kinds: BTreeMap<&str, u32> = BTreeMap::new();
    let mut most = 0;
    for (seed, account, question, statuses) in random(200) {
        let possible = possible_answers(&account, &question, &statuses, &|_| None);
        let sum: f64 = possible.iter().map(|(probability, _)| probability).sum();
        assert!((sum - 1.0).abs() < 1e-9, "seed {seed}: {sum} for {question:?}");
        most = most.max(possible.len());
        for (_, answer) in &possible {
            let is_cname = |record: &reference::Record| record.type_code == RecordType::Cname.code();
            let kind = match answer.rcode {
                Rcode::Refused => "refused",
                Rcode::NxDomain => "no such name",
                Rcode::NoError if answer.ra => "inside a VPC",
                Rcode::NoError if !answer.aa => "referral",
                Rcode::NoError if answer.answer.is_empty() => "no data",
                Rcode::NoError if answer.answer.iter().filter(|it| is_cname(it)).count() > 1 => "chain",
                Rcode::NoError if !answer.additional.is_empty() => "positive with additional",
                Rcode::NoError => "positive",
            };
            *kinds.entry(kind).or_default() += 1;
        }
    }
    assert!(kinds.len() == 8 && kinds.values().all(|count| *count >= 10), "{kinds:?}");
    assert!(most > 10, "no answer had more than {most} ways");
}

#[test]
fn health_never_makes_an_answer_empty() {
    // H-4. Only what H-18 lets health decide is left out: which branch is entered when some lead nowhere.
    for (seed, account, question, statuses) in random(100) {
        let is_plain = account
            .hosted_zones()
            .iter()
            .flat_map(|zone| zone.record_sets())
            .all(|set| set.alias_target().is_none() || question.type_code != set.record_type().code());
        if !is_plain {
            continue;
        }
        let is_empty = |statuses: &Statuses| {
            let possible = possible_answers(&account, &question, statuses, &|_| None);
            possible.iter().any(|(_, answer)| answer.answer.is_empty())
        };
        let all_healthy = account.health_checks().keys().map(|id| (id.clone(), HealthStatus::Healthy)).collect();
        assert_eq!(is_empty(&statuses), is_empty(&all_healthy), "seed {seed}: {question:?}");
    }
}

#[test]
fn a_private_zone_changes_nothing_on_the_internet() {
    // PZ-1, PZ-2.
    for (seed, account, question, statuses) in random(100) {
        if reference::view::view_of(&account, &question.asker) != View::Internet {
            continue;
        }
        let is_public = |zone: &&Arc<HostedZone>| *zone.visibility() == Visibility::Public;
        let parts = AccountParts {
            vpcs: account.vpcs().values().cloned().collect(),
            health_checks: account.health_checks().values().cloned().collect(),
            cidr_collections: account.cidr_collections().values().cloned().collect(),
            client_locations: account.client_locations().to_vec(),
            hosted_zones: account.hosted_zones().iter().filter(is_public).cloned().collect(),
            ..AccountParts::default()
        };
        let without = Account::new(parts).unwrap();
        let answers = |account| possible_answers(account, &question, &statuses, &|_| None);
        assert_eq!(answers(&account), answers(&without), "seed {seed}: {question:?}");
    }
}

#[test]
fn a_simple_alias_answers_what_its_target_answers() {
    // A-10, A-13: the same values and TTLs as often, under the alias's name.
    let mut count = 0;
    for seed in 0..200 {
        let mut rng = Rng::with_seed(seed);
        let account = generator::account(&mut rng);
        let statuses = generator::statuses(&mut rng, &account);
        for zone in account.hosted_zones().iter().filter(|zone| *zone.visibility() == Visibility::Public) {
            for set in zone.record_sets().filter(|set| *set.routing_policy() == RoutingPolicy::Simple) {
                let Some(target) = set.alias_target().filter(|target| target.hosted_zone_id == *zone.id()) else {
                    continue;
                };
                let values = |name: &DomainName| {
                    let asker = Asker::from("198.51.100.1".parse().unwrap());
                    let question = Question { name: name.clone(), type_code: set.record_type().code(), asker };
                    let mut shares: BTreeMap<_, u64> = BTreeMap::new();
                    let possible = possible_answers(&account, &question, &statuses, &|_| None);
                    for (probability, answer) in &possible {
                        // A delegation above the name, or a zone below: no alias is answered there.
                        if !answer.aa || answer.rcode != Rcode::NoError {
                            return None;
                        }
                        let values: Vec<_> = answer.answer.iter().map(|it| (it.ttl, it.rdata.clone())).collect();
                        *shares.entry(values).or_default() += (probability * 1e6).round() as u64;
                    }
                    Some(shares)
                };
                // What another zone holds is asked there.
                let is_elsewhere = |name: &DomainName| {
                    account.hosted_zones().iter().any(|other| {
                        name.is_at_or_below(other.name())
                            && other.name() != zone.name()
                            && other.name().is_at_or_below(zone.name())
                    })
                };
                if set.record_type() == RecordType::Cname || is_elsewhere(set.name()) || is_elsewhere(&target.dns_name)
                {
                    continue;
                }
                // A-19: an alias without its target answers nothing.
                let target_values = match zone.group(&target.dns_name, set.record_type()).is_empty() {
                    true => Some(BTreeMap::from([(Vec::new(), 1_000_000)])),
                    false => values(&target.dns_name),
                };
                if let (Some(alias), Some(target)) = (values(set.name()), target_values) {
                    count += 1;
                    assert_eq!(alias, target, "seed {seed}: {set:?}");
                }
            }
        }
    }
    assert!(count > 100, "only {count} aliases");
}

#[test]
fn health_decides_many_of_the_random_answers() {
    let mut differing = 0;
    for (_, account, question, statuses) in random(100) {
        let all_healthy = account.health_checks().keys().map(|id| (id.clone(), HealthStatus::Healthy)).collect();
        let answers = |statuses| possible_answers(&account, &question, statuses, &|_| None);
        differing += u32::from(answers(&statuses) != answers(&all_healthy));
    }
    assert!(differing > 150, "health mattered only {differing} times of 2000");
}
