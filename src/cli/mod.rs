//! The command line: what each subcommand takes, and which function it runs.

mod admin_client;
mod api_client;
pub mod apply;
pub mod ask;
mod ask_output;
pub mod check;
pub mod export;
pub mod force;
pub mod health;
pub(crate) mod load;

use std::io::{self, Write};
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
    Serve(Box<ServeSettings>),
    /// Check the zone files of a directory and tell everything that is wrong with them
    Check(check::CheckArguments),
    /// Ask the evaluator one question, without a server
    Ask(Box<ask::AskArguments>),
    Apply(apply::ApplyArguments),
    Export(export::ExportArguments),
    /// Show the health checks of a running server
    Health(health::HealthArguments),
    /// Force a health check of a running server up or down, or let its target decide again
    Force(force::ForceArguments),
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let done = match CommandLine::parse().command {
        Command::Serve(settings) => serve::run(&settings).map(|()| ExitCode::SUCCESS),
        Command::Check(arguments) => check::run(&arguments),
        Command::Ask(arguments) => ask::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Apply(arguments) => apply::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Export(arguments) => export::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Health(arguments) => health::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Force(arguments) => force::run(&arguments).map(|()| ExitCode::SUCCESS),
    };
    match done {
        Ok(code) => code,
        Err(message) => {
            // Where nobody can be told, the exit code is all there is; `eprintln!` would panic.
            let _ = writeln!(io::stderr(), "route53d: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Tells on standard error what is worth knowing beside the output.
fn note(text: &str) {
    let _ = writeln!(io::stderr(), "note: {text}");
}

/// Writes to standard output. A reader that has gone, such as `head`, has seen what it wanted; a full disk is told.
fn print(text: &str) -> Result<(), String> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("could not write the output: {error}")),
        Ok(()) | Err(_) => Ok(()),
    }
}
