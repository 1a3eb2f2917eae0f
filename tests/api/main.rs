//! The Route 53 API of the real binary, over its sockets: what is sent and what comes back, byte by byte.

#![allow(clippy::unwrap_used)]

mod anything;
mod at_the_door;
#[path = "../serve/client.rs"]
#[allow(dead_code, reason = "shared with the tests of `serve`")]
mod client;
mod crash;
mod damaged;
mod ec2;
#[cfg(target_os = "linux")]
mod full_disk;
mod golden;
mod http;
mod kept;
mod listings;
mod load;
#[path = "../serve/message.rs"]
#[allow(dead_code, reason = "shared with the tests of `serve`")]
mod message;
mod pace;
mod real_clients;
mod record_sets;
mod robustness;
#[path = "../serve/server.rs"]
#[allow(dead_code, reason = "shared with the tests of `serve`")]
mod server;
mod side_by_side;
mod texts;
mod traffic_policies;
mod vpcs;

use std::fs;
use std::net::SocketAddr;

use server::Server;

/// A server with an API and these zone files.
fn serve(files: &[(&str, &str)]) -> (Server, SocketAddr) {
    serve_with(files, &[])
}

fn serve_with(files: &[(&str, &str)], flags: &[&str]) -> (Server, SocketAddr) {
    let flags = [&["--api", "127.0.0.1:0"], flags].concat();
    let server = Server::with(files, &["127.0.0.1:0"], &flags);
    let api = api_of(&server);
    (server, api)
}

fn api_of(server: &Server) -> SocketAddr {
    let ready: serde_json::Value = serde_json::from_str(&fs::read_to_string(server.ready_file()).unwrap()).unwrap();
    ready["api"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap()
}
