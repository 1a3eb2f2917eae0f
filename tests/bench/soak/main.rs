//! Reloads and flips of health under load, for as long as it is told:
//!
//! ```text
//! cargo bench --bench soak -- [SECONDS [QUERIES_A_SECOND]]    # 600 100000
//! ```
//!
//! Every answer must be one that a version of the zone file or a verdict in force between asking and answering gives. It
//! fails if one is wrong, if one is lost elsewhere than in the receive queue of the client's own sockets, if a saved file
//! takes more than five seconds to be served, or if the server's memory grows.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on tells why by its panic")]

mod answer;
mod client;
mod drops;
mod editor;
#[path = "../health/flapping.rs"]
#[allow(dead_code)]
mod flapping;
#[path = "../health/server.rs"]
#[allow(dead_code)]
mod server;

use std::env;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::client::{Client, Outcome, Shared};
use crate::drops::drops;
use crate::editor::Editor;
use crate::flapping::{Endpoint, Flip, flips, judge};
use crate::server::{Server, get};

const CLIENTS: u32 = 2;
const BETWEEN_FLIPS: Duration = Duration::from_secs(2);
/// What the allocator may take back and forth between the middle and the end.
const MEMORY_GROWTH: f64 = 1.05;

fn main() -> ExitCode {
    let numbers: Vec<u32> = env::args().filter_map(|argument| argument.parse().ok()).collect();
    let seconds = numbers.first().copied().unwrap_or(600);
    let rate = numbers.get(1).copied().unwrap_or(100_000);
    soak(Duration::from_secs(u64::from(seconds)), rate)
}

fn soak(duration: Duration, rate: u32) -> ExitCode {
    let endpoint = Endpoint::start();
    let server = Server::start(&editor::zones(0, endpoint.port));
    let shared = Arc::new(Shared::default());
    let editor = Editor::start(server.editor(), endpoint.port, Arc::clone(&shared));
    let clients: Vec<Client> =
        (0..CLIENTS).map(|_| Client::start(server.dns, rate / CLIENTS, Arc::clone(&shared))).collect();
    let (start, cpu) = (Instant::now(), server.cpu());

    // Until it has reloaded some times, it is not what it will be.
    let mut memory = Vec::new();
    let mut verdicts = Verdicts::default();
    let mut next_flip = start + BETWEEN_FLIPS;
    let mut is_healthy = true;
    while start.elapsed() < duration {
        thread::sleep(Duration::from_millis(100));
        if memory.len() as f64 / 10.0 <= start.elapsed().as_secs_f64() / duration.as_secs_f64() {
            memory.push(server.resident());
        }
        if Instant::now() >= next_flip {
            verdicts.judge(&server, &shared);
            is_healthy = !is_healthy;
            endpoint.set_healthy(is_healthy);
            next_flip += BETWEEN_FLIPS;
        }
    }
    // It waits for answers by what it has saved.
    let saves = editor.finish();
    let (took, cpu) = (start.elapsed(), server.cpu() - cpu);
    let mut outcome = Outcome::default();
    for client in clients {
        outcome.add(client.finish());
    }
    memory.push(server.resident());
    verdicts.judge(&server, &shared);

    let lost = outcome.asked - outcome.answered;
    let elsewhere = (lost as u64).saturating_sub(outcome.dropped_by_client);
    let of_server = drops(|port| port == server.dns.port());
    let middle = memory[memory.len() / 2];
    let end = memory[memory.len() - 1];
    println!("queries           {} in {:.0} s", outcome.asked, took.as_secs_f64());
    println!("answers           {:.0} a second; {}", outcome.answered as f64 / took.as_secs_f64(), outcome.waits());
    println!(
        "lost              {lost}: {} by the client's sockets, {} by the server's, {elsewhere} in all not by the client's",
        outcome.dropped_by_client, of_server
    );
    println!("reloads           {saves}");
    println!("flips             {}", verdicts.flips.len());
    println!("wrong             {} of the zone file, {} of health", outcome.wrong, verdicts.wrong);
    println!(
        "by health         {} right; {} by the verdict before, {:.2} ms after the flip at the most",
        verdicts.right,
        verdicts.stale,
        verdicts.stalest.as_secs_f64() * 1e3
    );
    if let Some(first) = outcome.first_wrong {
        println!("the first wrong   {first}");
    }
    let memory: Vec<String> = memory.iter().map(|resident| format!("{resident:.1}")).collect();
    println!("memory            {} MiB resident, from the start to the end", memory.join(", "));
    println!("CPU               {:.1} % of one core", 100.0 * cpu.as_secs_f64() / took.as_secs_f64());
    let is_good = outcome.wrong == 0
        && verdicts.wrong == 0
        && verdicts.stalest <= Duration::from_millis(10)
        && elsewhere == 0
        && !saves.is_late()
        && !verdicts.flips.is_empty()
        && end <= middle * MEMORY_GROWTH + 1.0;
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What is known of health so far, and how answers stood to it.
#[derive(Default)]
struct Verdicts {
    flips: Vec<Flip>,
    right: usize,
    stale: usize,
    stalest: Duration,
    wrong: usize,
}

impl Verdicts {
    /// Judges the answers that have come since the last time. The server remembers 32 flips, so it must be asked before
    /// there are as many new ones.
    fn judge(&mut self, server: &Server, shared: &Shared) {
        // In this order: a flip of which an answer knows is in the history by now.
        let answers = std::mem::take(&mut *shared.by_health.lock().unwrap());
        let last = self.flips.last().map_or(0, |flip| flip.at);
        let told = flips(&get(server.admin, "/health-checks/app"));
        self.flips.extend(told.into_iter().filter(|flip| flip.at > last));
        let judgement = judge(&answers, &self.flips);
        self.right += judgement.right;
        self.stale += judgement.stale;
        self.stalest = self.stalest.max(judgement.stalest);
        self.wrong += judgement.wrong;
    }
}
