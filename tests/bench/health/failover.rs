//! Failover under load: clients ask 20,000 times a second while an endpoint flaps, and every answer is held against the
//! verdict in force when it was given, by the server's own history.

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use crate::flapping::{Asker, Endpoint, flips, judge, zones};
use crate::server::{Server, get};

const CLIENTS: u32 = 2;
/// How long a flip may take to reach the answers.
const LIMIT: Duration = Duration::from_millis(10);

/// QUERIES_A_SECOND and FLIPS, as far as they are given. Fails if an answer was wrong or lost, or a flip took longer than
/// 10 ms to reach the answers.
pub fn run(numbers: &[u32]) -> ExitCode {
    let rate = numbers.first().copied().unwrap_or(20_000);
    let wanted = numbers.get(1).copied().unwrap_or(20) as usize;
    // The server remembers so many.
    assert!((1..=32).contains(&wanted), "1 to 32 flips");

    let endpoint = Endpoint::start();
    let server = Server::start(&zones(endpoint.port));
    let report = || get(server.admin, "/health-checks/app");
    let start = Instant::now();
    let askers: Vec<Asker> = (0..CLIENTS).map(|_| Asker::start(server.dns, rate / CLIENTS)).collect();
    let mut is_healthy = true;
    for count in 1..=wanted {
        thread::sleep(Duration::from_millis(500));
        is_healthy = !is_healthy;
        endpoint.set_healthy(is_healthy);
        while flips(&report()).len() < count {
            thread::sleep(Duration::from_millis(20));
        }
    }
    thread::sleep(Duration::from_millis(500));
    let (took, cpu) = (start.elapsed(), server.cpu());
    let asked: Vec<_> = askers.into_iter().map(Asker::finish).collect();
    let lost: usize = asked.iter().map(|asked| asked.lost).sum();
    let answers: Vec<_> = asked.into_iter().flat_map(|asked| asked.answers).collect();
    let flips = flips(&report());
    let judgement = judge(&answers, &flips);

    let mut delays = judgement.delays.clone();
    delays.sort_unstable();
    let milliseconds = |delay: Duration| delay.as_secs_f64() * 1e3;
    println!(
        "queries           {} in {:.1} s, {:.0} a second",
        answers.len() + lost,
        took.as_secs_f64(),
        answers.len() as f64 / took.as_secs_f64()
    );
    println!("flips             {}", flips.len());
    println!("right             {}", judgement.right);
    println!("wrong             {}", judgement.wrong);
    println!("lost              {lost}");
    println!(
        "stale             {}, asked for {:.2} ms after the flip at the most",
        judgement.stale,
        milliseconds(judgement.stalest)
    );
    println!(
        "flip to answer    median {:.2} ms, longest {:.2} ms",
        milliseconds(delays[delays.len() / 2]),
        milliseconds(delays[delays.len() - 1])
    );
    println!("CPU               {:.1} % of one core", 100.0 * cpu.as_secs_f64() / took.as_secs_f64());
    let is_good = judgement.wrong == 0
        && lost == 0
        && delays.len() == wanted
        && judgement.stalest <= LIMIT
        && delays[delays.len() - 1] <= LIMIT;
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
