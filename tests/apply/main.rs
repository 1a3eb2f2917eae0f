//! `route53d apply` and `route53d export` of the real binary, against the API of a running server.

#![allow(clippy::unwrap_used)]

mod changes;
#[path = "../serve/client.rs"]
#[allow(dead_code, reason = "shared with the tests of `serve`")]
mod client;
mod example;
mod formats;
#[path = "../api/http.rs"]
#[allow(dead_code, reason = "shared with the tests of the API")]
mod http;
mod laws;
mod left_alone;
#[path = "../serve/message.rs"]
#[allow(dead_code, reason = "shared with the tests of `serve`")]
mod message;
mod random;
mod refusals;
#[path = "../serve/server.rs"]
#[allow(dead_code, reason = "shared with the tests of `serve`")]
mod server;
mod tool;
mod without_words;
