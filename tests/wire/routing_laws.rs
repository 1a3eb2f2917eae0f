//! Health never takes an answer away (H-4), and never gives an unhealthy one while a healthy one is there.

use proptest::collection::vec;
use proptest::prelude::*;
use route53d::model::{AwsRegion, HealthStatus, PolicyKind};

use crate::asking::{Query, Server, query};
use crate::written_account::WrittenAccount;

/// The policies that give every client something.
const POLICIES: [PolicyKind; 6] = [
    PolicyKind::Simple,
    PolicyKind::Weighted,
    PolicyKind::Failover,
    PolicyKind::Latency,
    PolicyKind::Geoproximity,
    PolicyKind::MultiValue,
];

/// One member of a group: its weight if weights count, and its health; `None` is without a check.
#[derive(Clone, Copy, Debug)]
struct Member {
    weight: u8,
    health: Option<HealthStatus>,
}

impl Member {
    fn is_healthy(self) -> bool {
        self.health != Some(HealthStatus::Unhealthy)
    }
}

fn any_member() -> impl Strategy<Value = Member> {
    let health = prop_oneof![
        1 => Just(None),
        2 => Just(Some(HealthStatus::Healthy)),
        4 => Just(Some(HealthStatus::Unhealthy)),
    ];
    (prop_oneof![Just(0u8), 1u8..4], health).prop_map(|(weight, health)| Member { weight, health })
}

fn any_group() -> impl Strategy<Value = (PolicyKind, Vec<Member>)> {
    (proptest::sample::select(POLICIES.to_vec()), vec(any_member(), 1..12)).prop_map(|(policy, mut members)| {
        match policy {
            PolicyKind::Simple => members.truncate(1),
            PolicyKind::Failover => members.truncate(2),
            _ => {}
        }
        (policy, members)
    })
}

fn settings(policy: PolicyKind, place: usize, member: Member) -> String {
    let setting = match policy {
        PolicyKind::Simple => return String::new(),
        PolicyKind::Weighted => format!("weight={}", member.weight),
        PolicyKind::Failover => format!("failover={}", if place == 0 { "PRIMARY" } else { "SECONDARY" }),
        PolicyKind::Latency => format!("region={}", AwsRegion::ALL[place]),
        PolicyKind::Geoproximity => format!("near={}.0,{}.0", 3 * place, 7 * place),
        PolicyKind::MultiValue => "multi=yes".to_owned(),
        PolicyKind::Geolocation | PolicyKind::IpBased => unreachable!("not among POLICIES"),
    };
    format!("id=m{place:02} {setting} ")
}

/// The records of one group whose members answer `192.0.{group}.{place}` and have checks of their own.
fn write_group(
    account: &mut WrittenAccount,
    records: &mut Vec<String>,
    (group, name): (usize, &str),
    policy: PolicyKind,
    members: &[Member],
) {
    for (place, member) in members.iter().enumerate() {
        let check = member.health.map(|_| {
            account.http_check(&format!("check-{group}-{place}"));
            format!("check=check-{group}-{place} ")
        });
        let settings = settings(policy, place, *member);
        records.push(format!("{name} A {settings}{}192.0.{group}.{place}", check.unwrap_or_default()));
    }
}

fn server(mut account: WrittenAccount, records: &[String], groups: &[(PolicyKind, Vec<Member>)]) -> Server {
    account.public_zone("example.com", &records.iter().map(String::as_str).collect::<Vec<_>>());
    let mut server = Server::new(&account);
    for (group, (_, members)) in groups.iter().enumerate() {
        for (place, member) in members.iter().enumerate() {
            if let Some(status) = member.health {
                server.set_health(&format!("check-{group}-{place}"), status);
            }
        }
    }
    server
}

/// The group and place of every address in an answer.
fn places(server: &Server, name: &str, seed: u64) -> Vec<(usize, usize)> {
    let reply = server.ask(&Query { seed, ..query(name, "A") });
    reply
        .message
        .answers
        .iter()
        .map(|record| {
            let text = record.data.to_string();
            let mut octets = text.split('.').skip(2).map(|octet| octet.parse().unwrap());
            (octets.next().unwrap(), octets.next().unwrap())
        })
        .collect()
}

proptest! {
    #[test]
    fn a_group_answers_and_with_the_unhealthy_only_if_nobody_is_healthy((policy, members) in any_group(), seed: u64) {
        let (mut account, mut records) = (WrittenAccount::default(), Vec::new());
        write_group(&mut account, &mut records, (0, "www"), policy, &members);
        let server = server(account, &records, &[(policy, members.clone())]);
        let found = places(&server, "www.example.com", seed);
        prop_assert!(!found.is_empty(), "H-4");
        let healthy = members.iter().filter(|member| member.is_healthy()).count();
        for (_, place) in &found {
            prop_assert!(healthy == 0 || members[*place].is_healthy() || policy == PolicyKind::Simple);
        }
        match policy {
            // MV-2, MV-3, MV-5.
            PolicyKind::MultiValue => {
                let expected = if healthy == 0 { members.len() } else { healthy };
                prop_assert_eq!(found.len(), expected.min(8));
            }
            // F-2, F-5.
            PolicyKind::Failover => {
                let expected = usize::from(!members[0].is_healthy() && members.get(1).is_some_and(|it| it.is_healthy()));
                prop_assert_eq!(found, [(0, expected)]);
            }
            // WT-2, WT-4: weight 0 only if no other that is as healthy is there.
            PolicyKind::Weighted if members[found[0].1].weight == 0 => {
                prop_assert!(!members.iter().any(|it| it.weight > 0 && (healthy == 0 || it.is_healthy())));
            }
            _ => prop_assert_eq!(found.len(), 1),
        }
    }

    /// H-11, H-15: with EvaluateTargetHealth on every alias, one healthy leaf anywhere keeps the unhealthy out.
    #[test]
    fn a_tree_of_aliases_answers_with_a_healthy_leaf_if_there_is_one(
        groups in vec(any_group(), 1..5),
        root_weights in vec(0u8..3, 5),
        seed: u64,
    ) {
        let (mut account, mut records) = (WrittenAccount::default(), Vec::new());
        for (group, (policy, members)) in groups.iter().enumerate() {
            write_group(&mut account, &mut records, (group, &format!("g{group}")), *policy, members);
            let weight = root_weights[group];
            records.push(format!("middle{group} A alias=g{group} eth"));
            records.push(format!("root A id=m{group} weight={weight} alias=middle{group} eth"));
        }
        let server = server(account, &records, &groups);
        let found = places(&server, "root.example.com", seed);
        prop_assert!(!found.is_empty(), "H-4");
        let any_healthy = groups.iter().any(|(_, members)| members.iter().any(|member| member.is_healthy()));
        for (group, place) in found {
            prop_assert!(!any_healthy || groups[group].1[place].is_healthy());
        }
    }
}

/// How often each address answers, over many seeds; "" is NODATA.
fn counts(server: &Server, name: &str) -> std::collections::BTreeMap<String, usize> {
    let mut counts = std::collections::BTreeMap::new();
    for seed in 0..2_000 {
        let reply = server.ask(&Query { seed, ..query(name, "A") });
        assert_eq!(reply.rcode(), hickory_proto::op::ResponseCode::NoError);
        let value = reply.message.answers.first().map(|record| record.data.to_string()).unwrap_or_default();
        *counts.entry(value).or_default() += 1;
    }
    counts
}

/// H-12, H-18: without EvaluateTargetHealth a branch that has nothing for the client is final; it is not drawn again as
/// if nobody were healthy.
#[test]
fn a_branch_that_has_nothing_is_final_without_evaluate_target_health_and_left_with_it() {
    let mut account = WrittenAccount::default();
    account.client_location("203.0.113.0/24", "US");
    account.public_zone(
        "example.com",
        &[
            "de A id=de geo=DE 192.0.2.1",
            "final A id=a weight=1 alias=de",
            "final A id=b weight=1 192.0.2.2",
            "left A id=a weight=1 alias=de eth",
            "left A id=b weight=1 192.0.2.2",
            "above A id=a weight=1 alias=final eth",
            "above A id=b weight=1 192.0.2.3",
        ],
    );
    let server = Server::new(&account);
    let drawn = counts(&server, "final.example.com");
    assert!((900..1_100).contains(&drawn[""]), "{drawn:?}");
    assert_eq!(counts(&server, "left.example.com").into_keys().collect::<Vec<_>>(), ["192.0.2.2"]);
    // The alias above backs out of what is final below.
    assert_eq!(counts(&server, "above.example.com").into_keys().collect::<Vec<_>>(), ["192.0.2.2", "192.0.2.3"]);
    assert_eq!(server.ask(&query("de.example.com", "A")).counts(), (0, 1, 0), "R-5");
}

/// backing out again and again (H-18) must not go on for ever, whatever the account.
#[test]
fn a_tree_that_has_nothing_for_the_client_is_walked_once() {
    let mut account = WrittenAccount::default();
    let mut records = vec!["g16 A id=de geo=DE 192.0.2.1".to_owned()];
    for level in 0..16 {
        for member in 0..20 {
            records.push(format!("g{level} A id=m{member} weight=1 alias=g{} eth", level + 1));
        }
    }
    account.public_zone("example.com", &records.iter().map(String::as_str).collect::<Vec<_>>());
    let server = Server::new(&account);
    // NODATA, from the top of the tree and from its bottom.
    for name in ["g0.example.com", "g15.example.com"] {
        let reply = server.ask(&query(name, "A"));
        assert_eq!((reply.rcode(), reply.counts()), (hickory_proto::op::ResponseCode::NoError, (0, 1, 0)));
    }
}
