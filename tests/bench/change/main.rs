//! How long a change takes to be answered, by the size of what it is a small part of:
//!
//! ```text
//! cargo bench --bench change [-- ROUNDS]    # 1000
//! ```
//!
//! Nothing is written to disk here: `cargo bench --bench store` measures with a journal.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on tells why by its panic")]

mod delay;
mod world;

use std::env;
use std::sync::Arc;

use route53d::model::{Account, AccountParts};
use route53d::snapshot::CountryData;
use route53d::store::Store;

/// Zones, and names of each.
const WORLDS: [(usize, usize); 6] = [(1, 1_000), (1, 10_000), (1, 100_000), (1, 1_000_000), (1_000, 10), (100_000, 10)];

fn main() {
    let rounds = env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_000);
    println!("| zones × names | median | 99 % | longest | longest answer meanwhile | ratio to the first |");
    println!("|---|---|---|---|---|---|");
    let mut first = None;
    for (zones, names) in WORLDS {
        let store = Store::new(account(zones, names), CountryData::default());
        delay::measure(&store, zones, names, rounds).print_row(zones, names, &mut first);
    }
}

fn account(zones: usize, names: usize) -> Account {
    let hosted_zones = (0..zones).map(|zone| Arc::new(world::hosted_zone(zone, names))).collect();
    Account::new(AccountParts { hosted_zones, ..AccountParts::default() }).unwrap()
}
