//! The real binary: started, asked over its sockets, signalled, and stopped.

#![allow(clippy::unwrap_used)]

mod admin;
mod api_tls;
mod client;
mod defence;
mod doh;
mod doq;
mod dot;
mod edns;
#[path = "../wire/edns_compliance.rs"]
mod edns_compliance;
mod failover;
mod few_descriptors;
#[path = "../bench/health/flapping.rs"]
mod flapping;
mod health_descriptors;
mod health_state;
mod kept_zones;
mod lifecycle;
mod listeners;
mod memory;
mod message;
mod private_zones;
mod reload;
mod server;
mod settings;
mod shop;
mod shutdown;
mod start_errors;
mod tcp;
mod tcp_clients;
