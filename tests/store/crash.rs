//! A process that is killed while it writes: what it had acknowledged is there, and nothing is half there.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, thread};

use fastrand::Rng;

use crate::world::{Directory, open, pair, put_zone, set_pair};

/// How often it is killed.
const KILLS: u32 = 200;
/// The most changes that are waited for before that.
const WRITES: u32 = 50;
const CALLERS: usize = 4;
/// Names the data directory to the process that writes.
const WRITES_IN: &str = "ROUTE53D_TEST_WRITES_IN";

#[test]
fn a_store_that_is_killed_keeps_what_it_acknowledged() {
    let directory = Directory::new();
    let mut rng = Rng::with_seed(1);
    let mut acknowledged = [0; CALLERS];
    let mut changes = 0;
    open(&directory.0).apply(put_zone()).unwrap();
    for round in 0..KILLS {
        let told = write_until_killed(&directory.0, &mut rng);
        let store = open(&directory.0);
        for (caller, last) in acknowledged.iter_mut().enumerate() {
            let told = told.iter().filter(|(it, _)| *it == caller).map(|(_, number)| *number);
            let told = told.max().unwrap_or(*last);
            changes += told - *last;
            let [a, b] = pair(&store, caller);
            assert_eq!(a, b, "round {round}, caller {caller}: half a change");
            let found = a.unwrap_or(0);
            // The one change that was on its way may be there.
            assert!(
                (told..=told + 1).contains(&found),
                "round {round}, caller {caller}: acknowledged {told}, found {found}"
            );
            *last = found;
        }
    }
    assert!(changes > WRITES / 4 * KILLS, "{changes} changes are no load");
}

/// Starts this test program as a writer and kills it a random time after a random number of changes. Gives all that it
/// told to be done: the caller, and the number.
fn write_until_killed(directory: &Path, rng: &mut Rng) -> Vec<(usize, u32)> {
    let mut writer = Command::new(env::current_exe().unwrap())
        .args(["crash::writes_until_it_is_killed", "--exact", "--nocapture", "--test-threads=1"])
        .env(WRITES_IN, directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(writer.stdout.take().unwrap());
    let mut text = String::new();
    let mut left = rng.u32(1..=WRITES);
    while left > 0 {
        let start = text.len();
        assert!(output.read_line(&mut text).unwrap() > 0, "the writer ended by itself: {text}");
        left -= u32::from(text[start..].contains("done "));
    }
    // What is random here is the moment, between two operations or within one.
    thread::sleep(Duration::from_micros(rng.u64(..2_000)));
    writer.kill().unwrap();
    writer.wait().unwrap();
    output.read_to_string(&mut text).unwrap();
    let told = text.lines().filter(|line| line.ends_with('.')).filter_map(|line| {
        let (_, words) = line.trim_end_matches('.').split_once("done ")?;
        let (caller, number) = words.split_once(' ')?;
        Some((caller.parse().unwrap(), number.parse().unwrap()))
    });
    told.collect()
}

/// Does nothing unless it is run by the test above.
#[test]
fn writes_until_it_is_killed() {
    let Some(directory) = env::var_os(WRITES_IN) else { return };
    let store = open(Path::new(&directory));
    thread::scope(|scope| {
        for caller in 0..CALLERS {
            let store = &store;
            scope.spawn(move || {
                let [first, _] = pair(store, caller);
                for number in first.unwrap_or(0) + 1.. {
                    store.apply(set_pair(caller, number)).unwrap();
                    // One write, so that it is told whole.
                    std::io::stdout().write_all(format!("done {caller} {number}.\n").as_bytes()).unwrap();
                }
            });
        }
    });
}
