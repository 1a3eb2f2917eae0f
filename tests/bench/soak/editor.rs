//! Saves one version of the zone file after the other, each as soon as the one before is served.

use std::fmt::{self, Display, Write as _};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::client::Shared;

/// Names beside those that are asked: a reload has something to read.
const BALLAST: u32 = 2_000;
const BETWEEN_SAVES: Duration = Duration::from_millis(250);
const LATE: Duration = Duration::from_secs(5);

/// The two addresses of `www` in a version.
pub fn addresses(version: u32) -> [u32; 2] {
    [0x0a00_0000 | version, 0x0b00_0000 | version]
}

/// A version of the file: `www`, and the TTL of the CNAME that leads there, say which; `app` and `tree` follow the
/// endpoint on this port of 127.0.0.1.
pub fn zones(version: u32, port: u16) -> String {
    let [one, two] = addresses(version).map(Ipv4Addr::from_bits);
    let mut zones = crate::flapping::zones(port);
    let _ = writeln!(zones, "  - {{name: www, type: A, ttl: 60, values: [{one}, {two}]}}");
    let _ = writeln!(zones, "  - {{name: chain, type: CNAME, ttl: {version}, values: [www.shop.example.]}}");
    for name in 0..BALLAST {
        // Other names in every version, so that names come and go.
        let _ = writeln!(zones, "  - {{name: n{}, type: A, ttl: 60, values: [192.0.2.1]}}", version * 7 + name);
    }
    zones
}

pub struct Editor {
    stop: Arc<AtomicBool>,
    saving: JoinHandle<Saves>,
}

/// How long each version took from the file to the first answer.
#[derive(Default)]
pub struct Saves {
    delays: Vec<Duration>,
}

impl Editor {
    pub fn start(save: impl Fn(&str) + Send + 'static, port: u16, shared: Arc<Shared>) -> Editor {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let saving = thread::spawn(move || {
            let mut saves = Saves::default();
            while !stopped.load(Ordering::SeqCst) {
                let version = shared.saved.load(Ordering::SeqCst) + 1;
                let text = zones(version, port);
                // Before it can be seen.
                shared.saved.store(version, Ordering::SeqCst);
                let start = Instant::now();
                save(&text);
                while shared.seen.load(Ordering::SeqCst) < version && start.elapsed() < LATE {
                    thread::sleep(Duration::from_millis(1));
                }
                saves.delays.push(start.elapsed());
                thread::sleep(BETWEEN_SAVES.saturating_sub(start.elapsed()));
            }
            saves
        });
        Editor { stop, saving }
    }

    pub fn finish(self) -> Saves {
        self.stop.store(true, Ordering::SeqCst);
        self.saving.join().unwrap()
    }
}

impl Saves {
    pub fn is_late(&self) -> bool {
        self.delays.iter().any(|delay| *delay >= LATE)
    }
}

impl Display for Saves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut delays = self.delays.clone();
        delays.sort_unstable();
        let milliseconds = |place: usize| delays.get(place).map_or(0, Duration::as_millis);
        let (count, last) = (delays.len(), delays.len().saturating_sub(1));
        write!(
            f,
            "{count}; from the file to the answers {} ms, {} ms at the most",
            milliseconds(count / 2),
            milliseconds(last)
        )
    }
}
