//! Whether a request means this machine by a name that only this machine can have: a page in a browser here can make a
//! name of its own lead to us (DNS rebinding), but it cannot leave out that name.

use std::net::IpAddr;

/// Of the header `Origin`.
pub fn is_local_origin(origin: &str) -> bool {
    origin.split_once("://").is_some_and(|(_, host)| is_local_host(host))
}

/// Of the header `Host`: an address or `localhost`, with or without a port.
pub fn is_local_host(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}
