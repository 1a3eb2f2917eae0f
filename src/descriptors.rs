//! The process's limit of file descriptors, and how many of them each kind of client may hold.
//!
//! The shares leave enough for the rest: sockets, files, the journal, and health probes, which have a bound of their own.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The most connections of one kind: a fixed number, or a part of the descriptors if that is less.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    most: usize,
    /// No more than one in so many of the descriptors.
    divisor: u64,
    /// Even where the limit is very low.
    least: usize,
}

/// DNS over TCP, TLS, HTTPS and QUIC, all listeners together. It is seven times what BIND allows, at 2 KiB each, 9 KiB
/// over TLS or 36 KiB over HTTP/2; clients that do not read their answers can make it 80 MiB more.
pub const DNS: Share = Share { most: 1024, divisor: 8, least: 16 };
/// The same if the operator asks for more: half of the descriptors.
pub const DNS_AT_MOST: Share = Share { most: usize::MAX, divisor: 2, least: 16 };
/// The Route 53 API.
pub const API: Share = Share { most: 256, divisor: 16, least: 8 };
/// The admin listener.
pub const ADMIN: Share = Share { most: 64, divisor: 32, least: 4 };

impl Share {
    /// The share of this limit; `None` is no limit.
    pub fn of(self, limit: Option<u64>) -> usize {
        let part = limit.and_then(|limit| usize::try_from(limit / self.divisor).ok()).unwrap_or(usize::MAX);
        self.most.min(part.max(self.least))
    }

    /// The share of the process's limit.
    pub fn of_process(self) -> usize {
        self.of(limit())
    }
}

/// As many as a server has open with a listener of each kind and a data directory: sockets, files and the runtime's.
const OWN: usize = 32;

/// How many of this limit probes must leave to connections and to the server itself.
pub fn reserve(limit: Option<u64>) -> usize {
    [DNS, API, ADMIN].map(|share| share.of(limit)).iter().sum::<usize>() + OWN
}

/// Raise the soft limit to the hard one. Where that fails it stays as it is, and is reported when it is reached.
pub fn raise_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    }
}

/// The soft limit; `None` if there is none.
pub fn limit() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_a_share_of_the_descriptors() {
        for (limit, dns, api, admin) in [
            (Some(0), 16, 8, 4),
            (Some(64), 16, 8, 4),
            (Some(256), 32, 16, 8),
            (Some(1_024), 128, 64, 32),
            (Some(4_096), 512, 256, 64),
            (Some(u64::MAX), 1_024, 256, 64),
            (None, 1_024, 256, 64),
        ] {
            assert_eq!([DNS, API, ADMIN].map(|share| share.of(limit)), [dns, api, admin], "{limit:?}");
        }
    }

    #[test]
    fn all_connections_together_leave_the_server_its_own() {
        for limit in 64..10_000 {
            assert!(reserve(Some(limit)) <= limit as usize, "{limit}");
        }
    }
}
