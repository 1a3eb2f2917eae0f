//! The command line: what each subcommand takes, and which function it runs.

pub mod ask;
mod ask_output;
pub mod check;
pub(crate) mod load;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::ServeSettings;
use crate::serve;

/// A Route 53 you can run anywhere: authoritative DNS with hosted zones, routing policies and health checks.
#[derive(Debug, Parser)]
#[command(name = "route53d", version, max_term_width = 110)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer DNS queries for the zone files of a directory
    Serve(ServeSettings),
    /// Check the zone files of a directory and tell everything that is wrong with them
    Check(check::CheckArguments),
    /// Ask the evaluator one question, without a server
    Ask(Box<ask::AskArguments>),
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let done = match CommandLine::parse().command {
        Command::Serve(settings) => serve::run(&settings),
        Command::Check(arguments) => return check::run(&arguments),
        Command::Ask(arguments) => ask::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("route53d: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Writes to standard output. A reader that has gone, such as `head`, has seen what it wanted.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
