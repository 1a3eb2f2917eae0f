//! The overrides against a naive model, which remembers everything that was ever set.

use proptest::prelude::*;

use crate::model::{AccountParts, HealthCheckId, HealthCheckTarget};

use super::*;

const CHECKS: [&str; 4] = ["web-1", "web-2", "db", "ab"];
const PATTERNS: [&str; 7] = ["web-*", "?b", "web-1", "db", "*", "web-?", "none"];
const ARNS: [&str; 3] = ["arn:a", "arn:b", "arn:c"];

/// What operators do, a number of seconds after they did something before.
#[derive(Clone, Debug)]
enum Deed {
    Force(Force),
    Release(&'static str),
    SetControl(&'static str, RoutingControlState),
    ReleaseControl(&'static str),
    Wait,
}

fn at(second: u32) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + i64::from(second)).unwrap()
}

fn statuses() -> impl Strategy<Value = ForcedStatus> {
    prop_oneof![Just(ForcedStatus::Up), Just(ForcedStatus::Down), Just(ForcedStatus::Obey)]
}

fn states() -> impl Strategy<Value = RoutingControlState> {
    prop_oneof![Just(RoutingControlState::On), Just(RoutingControlState::Off)]
}

/// Some end before they are set.
fn forces() -> impl Strategy<Value = Force> {
    let until = prop::option::weighted(0.7, 0_u32..60);
    (prop::sample::select(&PATTERNS), statuses(), until).prop_map(|(pattern, status, until)| Force {
        checks: HealthCheckPattern::new(pattern),
        status,
        reason: None,
        owner: None,
        until: until.map(at),
    })
}

fn deeds() -> impl Strategy<Value = Vec<(u32, Deed)>> {
    let deed = prop_oneof![
        6 => forces().prop_map(Deed::Force),
        2 => prop::sample::select(&PATTERNS).prop_map(Deed::Release),
        1 => (prop::sample::select(&ARNS), states()).prop_map(|(arn, state)| Deed::SetControl(arn, state)),
        1 => prop::sample::select(&ARNS).prop_map(Deed::ReleaseControl),
        2 => Just(Deed::Wait),
    ];
    prop::collection::vec((0_u32..6, deed), 1..24)
}

fn accounts() -> impl Strategy<Value = Account> {
    let own = prop::collection::vec(prop_oneof![2 => Just(ForcedStatus::Obey), 1 => statuses()], CHECKS.len());
    let controls = prop::collection::btree_map(prop::sample::select(&ARNS), states(), 0..ARNS.len());
    (own, prop::collection::vec(forces(), 0..4), controls).prop_map(|(own, forces, controls)| {
        let check = |(id, status): (&&str, ForcedStatus)| HealthCheck {
            id: HealthCheckId::new(id).unwrap(),
            target: HealthCheckTarget::RecoveryControl { routing_control_arn: ARNS[0].into() },
            inverted: false,
            disabled: false,
            status,
        };
        let health_checks = CHECKS.iter().zip(own).map(check).collect();
        let routing_controls = controls.into_iter().map(|(arn, state)| (arn.into(), state)).collect();
        Account::new(AccountParts { health_checks, forces, routing_controls, ..AccountParts::default() }).unwrap()
    })
}

/// `*` is any text, `?` any one character.
fn naive_matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=text.len()).any(|from| naive_matches(rest, &text[from..])),
        ([b'?', rest @ ..], [_, behind @ ..]) => naive_matches(rest, behind),
        ([one, rest @ ..], [other, behind @ ..]) => one == other && naive_matches(rest, behind),
        _ => false,
    }
}

/// Every force that was ever set and not taken back, those that obey included.
#[derive(Default)]
struct Model {
    forces: Vec<Force>,
    controls: BTreeMap<&'static str, RoutingControlState>,
}

impl Model {
    fn take_back(&mut self, pattern: &str) {
        self.forces.retain(|force| force.checks.as_str() != pattern);
    }

    fn in_force(&self, id: &str, account: &Account, now: Timestamp) -> (ForcedStatus, Option<ForceOrigin>) {
        let latest = |forces: &[Force]| {
            let holds = |force: &&Force| {
                force.until.is_none_or(|until| until > now)
                    && naive_matches(force.checks.as_str().as_bytes(), id.as_bytes())
            };
            forces.iter().rfind(holds).map(|force| force.status)
        };
        let own = account.health_checks()[&HealthCheckId::new(id).unwrap()].status;
        match (latest(&self.forces), latest(account.forces())) {
            (Some(status), _) => (status, Some(ForceOrigin::Operator)),
            (None, Some(status)) => (status, Some(ForceOrigin::ZoneFiles)),
            (None, None) => (own, Some(ForceOrigin::HealthCheck)),
        }
    }
}

/// What is in force for every check, as far as it decides anything: to obey and not to be forced are one.
fn decided(overrides: &Overrides, account: &Account, now: Timestamp) -> Vec<Option<ForceInForce>> {
    let in_force = |check| overrides.in_force(check, account, now);
    let decides = |force: &ForceInForce| force.force.status != ForcedStatus::Obey;
    account.health_checks().values().map(|check| in_force(check).filter(decides)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_latest_force_of_the_strongest_origin_decides(account in accounts(), deeds in deeds()) {
        let (mut overrides, mut model) = (Overrides::default(), Model::default());
        let mut second = 0;
        for (later, deed) in deeds {
            second += later;
            let now = at(second);
            match deed {
                Deed::Force(force) => {
                    model.take_back(force.checks.as_str());
                    model.forces.push(force.clone());
                    overrides.force(force, &account, now);
                }
                Deed::Release(pattern) => {
                    let held = overrides.forces.iter().any(|force| force.checks.as_str() == pattern && force.holds_at(now));
                    model.take_back(pattern);
                    prop_assert_eq!(overrides.release(&HealthCheckPattern::new(pattern), now), held);
                }
                Deed::SetControl(arn, state) => {
                    model.controls.insert(arn, state);
                    overrides.routing_controls.insert(arn.into(), state);
                }
                Deed::ReleaseControl(arn) => {
                    model.controls.remove(arn);
                    overrides.routing_controls.remove(arn);
                }
                Deed::Wait => {}
            }

            // Now, and at all times to come if nobody does anything more.
            for now in (second..second + 62).map(at) {
                for (id, check) in account.health_checks() {
                    let (status, origin) = model.in_force(id.as_str(), &account, now);
                    let found = overrides.in_force(check, &account, now);
                    let shown = found.as_ref().map_or(ForcedStatus::Obey, |found| found.force.status);
                    prop_assert_eq!(shown, status, "{} at {}", id, now);
                    if status != ForcedStatus::Obey {
                        prop_assert_eq!(found.map(|found| found.origin), origin, "{} at {}", id, now);
                    }
                }
            }
            for arn in ARNS {
                let expected = model.controls.get(arn).or_else(|| account.routing_controls().get(arn)).copied();
                prop_assert_eq!(overrides.routing_control(arn, &account), expected);
            }
            // One a pattern, and of those that end only such as have not ended.
            let mut patterns: Vec<_> = overrides.forces.iter().map(|force| force.checks.as_str()).collect();
            patterns.sort_unstable();
            prop_assert!(patterns.windows(2).all(|pair| pair[0] != pair[1]), "{:?}", overrides.forces);
        }
    }

    #[test]
    fn between_two_expiries_the_passing_of_time_changes_nothing(account in accounts(), deeds in deeds()) {
        let mut overrides = Overrides::default();
        let mut second = 0;
        for (later, deed) in deeds {
            second += later;
            if let Deed::Force(force) = deed {
                overrides.force(force, &account, at(second));
            }
        }
        let ends = |now| {
            let known = overrides.forces.iter().chain(account.forces());
            known.filter_map(|force| force.until).filter(|until| *until > now).min()
        };
        for second in second..second + 62 {
            let now = at(second);
            let next = overrides.next_expiry(&account, now);
            prop_assert_eq!(next, ends(now));
            let next_second = at(second + 1);
            if next.is_none_or(|next| next > next_second) {
                prop_assert_eq!(decided(&overrides, &account, now), decided(&overrides, &account, next_second));
            }
            // To the nanosecond: it holds before its end and not from then on.
            if let Some(next) = next {
                let before = next - jiff::SignedDuration::from_nanos(1);
                prop_assert_eq!(decided(&overrides, &account, now), decided(&overrides, &account, before));
                prop_assert!(overrides.next_expiry(&account, next).is_none_or(|later| later > next));
            }
        }
    }
}

fn force(pattern: &str, status: ForcedStatus, until: Option<u32>) -> Force {
    Force { checks: HealthCheckPattern::new(pattern), status, reason: None, owner: None, until: until.map(at) }
}

fn account_of(check: &str) -> Account {
    let check = HealthCheck {
        id: HealthCheckId::new(check).unwrap(),
        target: HealthCheckTarget::RecoveryControl { routing_control_arn: ARNS[0].into() },
        inverted: false,
        disabled: false,
        status: ForcedStatus::Obey,
    };
    Account::new(AccountParts { health_checks: vec![check], ..AccountParts::default() }).unwrap()
}

#[test]
fn one_that_obeys_and_overrules_nothing_is_not_kept() {
    let account = account_of("web-1");
    let mut overrides = Overrides::default();
    overrides.force(force("web-*", ForcedStatus::Obey, None), &account, at(0));
    assert_eq!(overrides, Overrides::default());
    overrides.force(force("web-1", ForcedStatus::Down, None), &account, at(0));
    overrides.force(force("web-1", ForcedStatus::Obey, None), &account, at(0));
    assert_eq!(overrides, Overrides::default());
}

#[test]
fn one_that_obeys_outlasts_another_that_hides_what_it_overrules() {
    let account = account_of("web-1");
    let mut overrides = Overrides::default();
    overrides.force(force("web-*", ForcedStatus::Down, None), &account, at(0));
    overrides.force(force("*", ForcedStatus::Obey, Some(10)), &account, at(0));
    overrides.force(force("web-1", ForcedStatus::Obey, None), &account, at(0));
    assert_eq!(decided(&overrides, &account, at(5)), [None]);
    assert_eq!(decided(&overrides, &account, at(10)), [None]);
}
