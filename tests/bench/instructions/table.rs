//! Counts, for people.

use crate::baseline::Baseline;
use crate::callgrind::Count;

/// Prints the rows of a table in Markdown.
pub fn print(counts: &[Count], baseline: &Baseline) {
    println!("| kind of query | instructions | target | | baseline | change |");
    println!("|---|---|---|---|---|---|");
    for count in counts {
        let Count { kind, target, instructions } = count;
        let met = if instructions <= target { "met" } else { "missed" };
        let before = baseline.of(kind).map_or(String::new(), |before| before.to_string());
        let change = baseline.change(count).map_or(String::new(), |change| format!("{change:+.1} %"));
        println!("| {kind} | {instructions} | {target} | {met} | {before} | {change} |");
    }
}
