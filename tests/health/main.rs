//! Health checks against real sockets on the loopback interface.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

mod certificates;
mod checks;
mod endpoint;
mod monitor;
mod probe;
mod secure_responses;
mod secure_server;
mod secure_zoo;
mod simulation;
mod worker;
mod zoo;
