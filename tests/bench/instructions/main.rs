//! How many instructions of ours a query takes, kind by kind: the same on a busy machine as on an idle one.
//!
//! ```text
//! cargo bench --bench instructions                         # count, compare with the baseline; 5 % worse fails
//! cargo bench --bench instructions -- --save               # count, and make it the baseline
//! cargo bench --bench instructions -- exact weighted       # these kinds only
//! cargo bench --bench instructions -- run weighted 1000    # no counting: answer the queries of a kind 1,000 times, for perf
//! ```
//!
//! Counted is what the loop of a UDP socket calls (`Responder::current` for each batch of 64, `Current::respond` for
//! each message), from the message's bytes to the reply's, without the system calls around it. valgrind counts, and
//! is needed.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on tells why by its panic")]

mod baseline;
mod callgrind;
mod counting;
mod kind;
mod table;
mod worlds;
#[path = "../../written_account/mod.rs"]
mod written_account;

use std::process::ExitCode;
use std::{env, process};

use baseline::Baseline;

fn main() -> ExitCode {
    // Cargo says `--bench` to every benchmark.
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        // The process under valgrind.
        [callgrind::COUNTED, ref kinds @ ..] => {
            counting::count(kinds);
            ExitCode::SUCCESS
        }
        ["run", kind, rounds] if rounds.parse::<u32>().is_ok() => {
            refuse_unknown(&[kind]);
            counting::run(kind, rounds.parse().unwrap());
            ExitCode::SUCCESS
        }
        ["run", ..] => {
            eprintln!("say which and how often: cargo bench --bench instructions -- run KIND ROUNDS");
            ExitCode::from(2)
        }
        ["--save", ref kinds @ ..] => {
            refuse_unknown(kinds);
            let counts = callgrind::counts(kinds);
            table::print(&counts, &Baseline::default());
            Baseline::read().with(&counts).write();
            ExitCode::SUCCESS
        }
        ref kinds => {
            refuse_unknown(kinds);
            let counts = callgrind::counts(kinds);
            let baseline = Baseline::read();
            table::print(&counts, &baseline);
            if baseline.judge(&counts) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}

fn refuse_unknown(kinds: &[&str]) {
    let known: Vec<_> = worlds::all_kinds().collect();
    if let Some(unknown) = kinds.iter().find(|kind| !known.contains(kind)) {
        eprintln!("there is no kind of query {unknown}; there are: {}", known.join(", "));
        process::exit(2);
    }
}
