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

/// A process with two crypto providers in it panics when rustls has to choose (dependencies of `rustls` and `reqwest`
/// can bring in a second one by a default feature).
#[test]
fn ring_is_the_only_crypto_provider() {
    let lock = include_str!("../../Cargo.lock");
    assert!(lock.contains("name = \"ring\""));
    assert!(!lock.contains("name = \"aws-lc-rs\""), "aws-lc-rs is in Cargo.lock: `cargo tree -i aws-lc-rs`");
}
