//! Benchmarks of health checks:
//!
//! ```text
//! cargo bench --bench health -- checks [CHECKS [INTERVAL [REGIONS [SECONDS]]]]    # 5000 10 8 60
//! cargo bench --bench health -- failover [QUERIES_A_SECOND [FLIPS]]               # 20000 20
//! ```

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on tells why by its panic")]

mod checks;
mod failover;
mod flapping;
#[allow(dead_code, reason = "the soak uses another part of it")]
mod server;

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let numbers: Vec<u32> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    match arguments.first().map(String::as_str) {
        Some("checks") => checks::run(&numbers),
        Some("failover") => return failover::run(&numbers),
        // The other process of `checks`.
        Some("endpoints") => checks::serve_endpoints(),
        // `cargo bench` runs all benchmarks; these take minutes, so they are asked for.
        None => println!("say which: cargo bench --bench health -- checks, or -- failover"),
        Some(other) => {
            eprintln!("there is no benchmark {other}: cargo bench --bench health -- checks, or -- failover");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
