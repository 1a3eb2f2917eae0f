//! The responder from bytes to bytes: its laws on random input, and examples of every rule of the wire.
//!
//! Replies are decoded by `hickory-proto`, which shares no code with us.

#![allow(clippy::unwrap_used)]

#[path = "../written_account/mod.rs"]
mod written_account;

mod asking;
mod compression;
mod shop;

mod contents;
mod edns;
mod edns_compliance;
mod laws;
mod pointers;
mod protocol;
mod routing_laws;
mod secrecy;
