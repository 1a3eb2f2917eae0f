//! Whether a request means this machine by a name that only this machine can have: a page in a browser here can make a
//! name of its own lead to us (DNS rebinding), but it cannot leave out that name.

use std::net::IpAddr;

/// Of the header `Origin`.
pub fn is_local_origin(origin: &str) -> bool {
    origin.split_once("://").is_some_and(|(_, host)| is_local_host(host))
}

/// Of the header `Host`: an address, `localhost` and the names below it (RFC 6761 §6.3), or LocalStack's name for this
/// machine, which its users have in their settings; with or without a port.
pub fn is_local_host(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let name = name.to_ascii_lowercase();
    let is_at_or_below = |of: &str| name.strip_suffix(of).is_some_and(|start| start.is_empty() || start.ends_with('.'));
    is_at_or_below("localhost") || is_at_or_below("localhost.localstack.cloud") || name.parse::<IpAddr>().is_ok()
}
