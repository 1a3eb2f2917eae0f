//! The case files under `tests/cases`, asked of the reference evaluator.

#![allow(clippy::unwrap_used, reason = "clippy knows test functions, but not what they call")]

mod case_files;
mod reference;

use std::collections::BTreeSet;

use route53d::model::{Account, CountryCode};

use case_files::{Case, CaseFile};
use reference::{Chances, SeenAnswer, possible_answers};

/// How far a share in a case may be from the exact one: two decimals are written.
const SHARE_PRECISION: f64 = 0.005;

#[test]
fn the_reference_answers_every_case_as_expected() {
    let mut failures = Vec::new();
    let mut count = 0;
    for (path, text) in case_files::all() {
        let file = CaseFile::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let account = case_files::account(&path, &text);
        for case in &file.cases {
            count += 1;
            if let Err(failure) = check(&account, case) {
                failures.push(format!("{}: {}\n  {failure}", path.display(), case.name));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} cases:\n{}", failures.len(), failures.join("\n"));
    assert!(count >= 170, "only {count} cases were found");
}

#[test]
fn every_case_has_a_sentence_of_its_own_and_rules() {
    let mut sentences = BTreeSet::new();
    for (path, text) in case_files::all() {
        let file = CaseFile::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for case in file.cases {
            let place = format!("{}: {}", path.display(), case.name);
            assert!(case.name.contains(' ') && !case.rules.is_empty(), "{place}");
            let is_rule = |rule: &String| {
                rule.split_once('-').is_some_and(|(topic, number)| {
                    topic.bytes().all(|byte| byte.is_ascii_uppercase()) && number.parse::<u8>().is_ok()
                })
            };
            assert!(case.rules.iter().all(is_rule), "{place}: {:?}", case.rules);
            assert_eq!(case.times.is_some(), !case.shares.is_empty(), "{place}: times and shares go together");
            assert!(sentences.insert((path.clone(), case.name)), "{place} stands twice");
        }
    }
}

fn check(account: &Account, case: &Case) -> Result<(), String> {
    let country_of = |address| iptocc::country_code(address).and_then(CountryCode::from_ascii);
    let possible = possible_answers(account, &case.question(), &case.statuses(), &country_of);
    let seen: Chances<SeenAnswer> = possible
        .iter()
        .flat_map(|(share, answer)| answer.outcomes().map(move |(part, it)| (share * part, it)))
        .collect();
    for (_, answer) in &seen {
        if let Some(part) = case.expect.difference(answer)? {
            return Err(format!("{part} is not as expected: {answer:#?}"));
        }
    }
    for (value, expected) in &case.shares {
        let share: f64 =
            seen.iter().filter(|(_, answer)| case_files::holds(answer, value)).map(|(share, _)| share).sum();
        if (share - expected).abs() > SHARE_PRECISION {
            return Err(format!("the share of {value} is {share}, not {expected}"));
        }
    }
    // Every answer that a case allows can come.
    for lines in case.expect.answer_one_of.iter().flatten() {
        let records = case_files::records(lines)?;
        if !seen.iter().any(|(_, answer)| answer.answer == records) {
            return Err(format!("{lines:?} never comes"));
        }
    }
    Ok(())
}
