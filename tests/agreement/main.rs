//! The evaluator against what it must say: the case files, and on random accounts the reference evaluator.

#![allow(clippy::unwrap_used)]

#[path = "../case_files/mod.rs"]
mod case_files;
#[path = "../reference/mod.rs"]
mod reference;

mod asking;
mod over_sockets;
mod scope_law;
mod wire_records;

use fastrand::Rng;
use route53d::model::{Account, HealthCheckId};

use asking::{World, country_of};
use case_files::{Case, CaseFile};
use reference::{Statuses, generator, mismatch, possible_answers};

/// How often a case with a drawn answer is asked when it says nothing of shares.
const DRAWS: u64 = 40;

#[test]
fn the_evaluator_answers_every_case_as_expected() {
    let mut failures = Vec::new();
    let mut count = 0;
    for (path, text) in case_files::all() {
        let file = CaseFile::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let world = World::new(case_files::account(&path, &text));
        for case in &file.cases {
            count += 1;
            if let Err(failure) = check(&world, case) {
                failures.push(format!("{}: {}\n  {failure}", path.display(), case.name));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} cases:\n{}", failures.len(), failures.join("\n"));
    assert!(count >= 150, "only {count} cases were found");
}

fn check(world: &World, case: &Case) -> Result<(), String> {
    let (question, statuses) = (case.question(), case.statuses());
    for seed in 0..DRAWS {
        let seen = world.ask(&question, &statuses, &mut Rng::with_seed(seed));
        if let Some(part) = case.expect.difference(&seen)? {
            return Err(format!("{part} is not as expected (seed {seed}): {seen:#?}"));
        }
    }
    let Some(times) = case.times else { return Ok(()) };
    let mut rng = Rng::with_seed(53);
    let seen: Vec<_> = (0..times).map(|_| world.ask(&question, &statuses, &mut rng)).collect();
    for (value, &expected) in &case.shares {
        let held = seen.iter().filter(|answer| case_files::holds(answer, value)).count();
        let share = held as f64 / f64::from(times);
        // Five standard deviations: with this fixed seed, a pass stays a pass. Shares are written with two decimals.
        let tolerance = 0.005 + 5.0 * (expected * (1.0 - expected) / f64::from(times)).sqrt();
        if (share - expected).abs() > tolerance {
            return Err(format!("the share of {value} is {share}, not {expected} ± {tolerance}"));
        }
    }
    Ok(())
}

#[test]
fn the_evaluator_and_the_reference_agree_on_random_accounts() {
    let accounts: u64 = std::env::var("ROUTE53D_TEST_ACCOUNTS").ok().map_or(600, |count| count.parse().unwrap());
    let mut world = World::new(Account::default());
    for seed in 0..accounts {
        let mut rng = Rng::with_seed(seed);
        // Each follows the one before, so that what is left of it would show.
        world = world.next(generator::account(&mut rng));
        for number in 0..40 {
            let question = generator::question(&mut rng, world.account());
            let statuses = undecided(&world, generator::statuses(&mut rng, world.account()));
            let possible = possible_answers(world.account(), &question, &statuses, &country_of);
            for _ in 0..3 {
                let seen = world.ask(&question, &statuses, &mut rng);
                if let Some(report) = mismatch(&possible, &seen) {
                    let why = world.why(&question, &statuses);
                    panic!("seed {seed}, question {number}: {question:#?}\nhealth {statuses:?}\n{report}\n{why}");
                }
            }
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_answer() {
    for seed in 0..200 {
        let mut rng = Rng::with_seed(seed);
        let world = World::new(generator::account(&mut rng));
        for _ in 0..20 {
            let question = generator::question(&mut rng, world.account());
            let statuses = generator::statuses(&mut rng, world.account());
            let ask = || world.ask(&question, &statuses, &mut Rng::with_seed(seed));
            assert_eq!(ask(), ask(), "seed {seed}: {question:?}");
        }
    }
}

/// What is stated of checks that nobody has decided: a forced or disabled check has its status from the account.
fn undecided(world: &World, statuses: Statuses) -> Statuses {
    let is_decided = |id: &HealthCheckId| world.account().health_checks()[id].decided_status().is_some();
    statuses.into_iter().filter(|(id, _)| !is_decided(id)).collect()
}
