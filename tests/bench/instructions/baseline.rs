//! What queries took when somebody last said that it was well: `baseline.txt`, a kind and its instructions on a line.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::callgrind::Count;

/// How much worse a kind may be, and how much better before it is worth a new baseline.
const TOLERANCE_PERCENT: f64 = 5.0;

#[derive(Default)]
pub struct Baseline(BTreeMap<String, u64>);

impl Baseline {
    pub fn read() -> Baseline {
        let text = fs::read_to_string(path()).unwrap_or_default();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Baseline(
            lines
                .map(|line| line.split_once(' ').unwrap())
                .map(|(kind, count)| (kind.to_owned(), count.trim().parse().unwrap()))
                .collect(),
        )
    }

    pub fn of(&self, kind: &str) -> Option<u64> {
        self.0.get(kind).copied()
    }

    /// Percent more than the baseline.
    pub fn change(&self, count: &Count) -> Option<f64> {
        self.of(&count.kind).map(|before| 100.0 * (count.instructions as f64 / before as f64 - 1.0))
    }

    pub fn with(mut self, counts: &[Count]) -> Baseline {
        self.0.extend(counts.iter().map(|count| (count.kind.clone(), count.instructions)));
        self
    }

    pub fn write(&self) {
        let mut text = "# Instructions a query. Written by: cargo bench --bench instructions -- --save\n".to_owned();
        for (kind, count) in &self.0 {
            let _ = writeln!(text, "{kind} {count}");
        }
        fs::write(path(), text).unwrap();
        println!("\n{} is written", path().display());
    }

    /// Says what differs; false if something got worse.
    pub fn judge(&self, counts: &[Count]) -> bool {
        let changes: Vec<(&Count, Option<f64>)> = counts.iter().map(|count| (count, self.change(count))).collect();
        let worse = changes.iter().filter(|(_, change)| change.is_none_or(|change| change > TOLERANCE_PERCENT));
        let better = changes.iter().filter(|(_, change)| change.is_some_and(|change| change < -TOLERANCE_PERCENT));
        let describe = |(count, change): &(&Count, Option<f64>)| {
            let Count { kind, instructions, .. } = count;
            match (self.of(kind), change) {
                (Some(before), Some(change)) => {
                    println!("{kind}: {instructions} instructions a query, {change:+.1} % of {before}")
                }
                _ => println!("{kind}: {instructions} instructions a query, and not in the baseline"),
            }
        };
        let (worse, better): (Vec<_>, Vec<_>) = (worse.collect(), better.collect());
        if !better.is_empty() {
            println!("\nBetter than the baseline:");
            better.into_iter().for_each(describe);
        }
        if !worse.is_empty() {
            println!("\nWorse than the baseline by more than {TOLERANCE_PERCENT} %:");
            worse.iter().copied().for_each(describe);
        }
        if changes.iter().any(|(_, change)| change.is_none_or(|change| change.abs() > TOLERANCE_PERCENT)) {
            println!(
                "\nIf that is as it should be, commit what this writes: cargo bench --bench instructions -- --save"
            );
        }
        worse.is_empty()
    }
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/instructions/baseline.txt")
}
