//! Counting by valgrind's callgrind: this program runs again under it, and each kind's count comes in a file of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{env, fs, process};

/// The word by which this program, run again, knows that it is counted.
pub const COUNTED: &str = "counted";

/// The function that is counted; what it has taken is written whenever it returns.
const WORK: &str = "instructions::counting::work";

/// What one kind of query takes.
pub struct Count {
    pub kind: String,
    /// The project's target, in instructions a query.
    pub target: u64,
    /// Instructions a query.
    pub instructions: u64,
}

/// Counts these kinds; all, if none is named.
pub fn counts(kinds: &[&str]) -> Vec<Count> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("callgrind-{}", process::id()));
    fs::create_dir_all(&directory).unwrap();
    let mut counted = start(kinds, &directory);
    let announced = BufReader::new(counted.stdout.take().unwrap()).lines().map(Result::unwrap);
    let announced: Vec<String> = announced.take_while(|line| line != "ready").collect();
    // Until here valgrind has only run it: to build a million records under the counter would take minutes.
    let on = Command::new("callgrind_control").args(["--instr=on", &counted.id().to_string()]).output().unwrap();
    assert!(on.status.success(), "callgrind_control: {}", String::from_utf8_lossy(&on.stderr));
    // If it has ended, it has said why.
    let _ = counted.stdin.take().unwrap().write_all(b"go\n");
    assert!(counted.wait().unwrap().success(), "the counted process has failed");
    let counts = announced.iter().enumerate().map(|(place, line)| read(line, &dump(&directory, place))).collect();
    fs::remove_dir_all(directory).unwrap();
    counts
}

fn start(kinds: &[&str], directory: &Path) -> Child {
    let started = Command::new("valgrind")
        .args(["--quiet", "--tool=callgrind", "--instr-atstart=no"])
        .args([format!("--toggle-collect={WORK}"), format!("--dump-after={WORK}")])
        .arg(format!("--callgrind-out-file={}", directory.join("count").display()))
        .arg(env::current_exe().unwrap())
        .arg(COUNTED)
        .args(kinds)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    started.unwrap_or_else(|error| {
        eprintln!(
            "valgrind, which counts the instructions, does not start: {error}. Install it: apt-get install valgrind"
        );
        process::exit(2);
    })
}

/// Where the second count of a kind is.
fn dump(directory: &Path, place: usize) -> PathBuf {
    directory.join(format!("count.{}", 2 * place + 2))
}

/// What was counted for a kind that was announced so.
fn read(announced: &str, dump: &Path) -> Count {
    let words: Vec<&str> = announced.split(' ').collect();
    let [kind, target, queries] = words[..] else { panic!("{announced} is no kind") };
    let text = fs::read_to_string(dump).unwrap();
    let total = text.lines().find_map(|line| line.strip_prefix("totals: ")).unwrap();
    let (total, queries): (u64, u64) = (total.trim().parse().unwrap(), queries.parse().unwrap());
    Count { kind: kind.to_owned(), target: target.parse().unwrap(), instructions: total / queries }
}
