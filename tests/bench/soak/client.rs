//! A client that asks all the time and holds each answer against the versions that it may be of.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::answer::{self, Answer};
use crate::drops::drops;
use crate::editor;
use crate::flapping;

/// The names that are asked in turn: two that say the version of the file, two that follow the endpoint.
const NAMES: [&str; 4] = ["www.shop.example", "app.shop.example", "chain.shop.example", "tree.shop.example"];
/// Queries under way at a time. The server's queue holds them all, so that a server that is not running loses none.
const WINDOW: usize = 256;
/// When an answer is lost.
const PATIENCE: Duration = Duration::from_secs(3);
const HEALTHY: u32 = Ipv4Addr::new(192, 0, 2, 1).to_bits();
const UNHEALTHY: u32 = Ipv4Addr::new(192, 0, 2, 2).to_bits();

/// What clients and the editor know of each other.
#[derive(Default)]
pub struct Shared {
    /// The newest version that may be served.
    pub saved: AtomicU32,
    /// The newest version that somebody has had an answer of.
    pub seen: AtomicU32,
    /// Answers that nobody has judged yet.
    pub by_health: Mutex<Vec<flapping::Answer>>,
}

/// What became of a client's queries.
#[derive(Default)]
pub struct Outcome {
    pub asked: usize,
    pub answered: usize,
    pub wrong: usize,
    pub first_wrong: Option<String>,
    /// By the client's own socket.
    pub dropped_by_client: u64,
    /// Answers by how long they took: up to 2ⁿ microseconds.
    waits: [usize; 32],
}

pub struct Client {
    stop: Arc<AtomicBool>,
    asking: JoinHandle<Outcome>,
}

/// A query under way.
#[derive(Clone, Copy)]
struct Asked {
    /// Microseconds since the epoch.
    sent: u64,
    /// The newest version that was seen before it was sent: none before that may answer.
    oldest: u32,
    is_under_way: bool,
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64
}

impl Client {
    pub fn start(server: SocketAddr, queries_a_second: u32, shared: Arc<Shared>) -> Client {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let asking = thread::spawn(move || Asking::new(server, shared).run(queries_a_second, &stopped));
        Client { stop, asking }
    }

    pub fn finish(self) -> Outcome {
        self.stop.store(true, Ordering::SeqCst);
        self.asking.join().unwrap()
    }
}

struct Asking {
    socket: UdpSocket,
    shared: Arc<Shared>,
    queries: [Vec<u8>; NAMES.len()],
    /// By the id of the query.
    slots: Vec<Asked>,
    under_way: usize,
    by_health: Vec<flapping::Answer>,
    outcome: Outcome,
}

impl Asking {
    fn new(server: SocketAddr, shared: Arc<Shared>) -> Asking {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.connect(server).unwrap();
        socket.set_nonblocking(true).unwrap();
        // Room for all answers that may be under way, as far as the system lets us.
        let _ = socket2::SockRef::from(&socket).set_recv_buffer_size(4 << 20);
        let slots = vec![Asked { sent: 0, oldest: 0, is_under_way: false }; 1 << 16];
        let (by_health, outcome) = (Vec::new(), Outcome::default());
        Asking { socket, shared, queries: NAMES.map(query), slots, under_way: 0, by_health, outcome }
    }

    fn run(mut self, queries_a_second: u32, stopped: &AtomicBool) -> Outcome {
        let rate = f64::from(queries_a_second);
        let (mut due, mut from) = (0.0, Instant::now());
        while !stopped.load(Ordering::SeqCst) {
            // What is missed for more than a tenth of a second is not made up for: that would be another rate.
            let now = Instant::now();
            due = (due + (now - from).as_secs_f64() * rate).min(rate / 10.0);
            from = now;
            while due >= 1.0 && self.under_way < WINDOW && self.send() {
                due -= 1.0;
            }
            self.receive();
        }
        let deadline = Instant::now() + PATIENCE;
        while self.under_way > 0 && Instant::now() < deadline {
            self.receive();
        }
        self.hand_over();
        let port = self.socket.local_addr().unwrap().port();
        self.outcome.dropped_by_client = drops(|of| of == port);
        self.outcome
    }

    /// Whether there was room for it, and the next id is free or its query lost.
    fn send(&mut self) -> bool {
        let id = self.outcome.asked as u16;
        let slot = &mut self.slots[usize::from(id)];
        let sent = now();
        if slot.is_under_way {
            if sent - slot.sent < PATIENCE.as_micros() as u64 {
                return false;
            }
            self.under_way -= 1;
        }
        let oldest = self.shared.seen.load(Ordering::SeqCst);
        *slot = Asked { sent, oldest, is_under_way: false };
        let query = &mut self.queries[usize::from(id) % NAMES.len()];
        query[..2].copy_from_slice(&id.to_be_bytes());
        match self.socket.send(query) {
            Ok(_) => slot.is_under_way = true,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(error) => panic!("{error}"),
        }
        self.under_way += 1;
        self.outcome.asked += 1;
        true
    }

    /// Takes the answers that are there, and waits a moment if there are none.
    fn receive(&mut self) {
        let mut message = [0; 4_096];
        let before = self.outcome.answered;
        loop {
            match self.socket.recv(&mut message) {
                Ok(length) => self.take(&message[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("{error}"),
            }
        }
        if self.outcome.answered == before {
            // The server may need the processor.
            thread::sleep(Duration::from_micros(20));
        }
        if self.by_health.len() >= 4_096 {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        self.shared.by_health.lock().unwrap().append(&mut self.by_health);
    }

    fn take(&mut self, message: &[u8]) {
        let received = now();
        let id = u16::from_be_bytes([message[0], message[1]]);
        let asked = self.slots[usize::from(id)];
        if !asked.is_under_way {
            return self.is_wrong(id, "nobody waits for it", message);
        }
        self.slots[usize::from(id)].is_under_way = false;
        self.under_way -= 1;
        self.outcome.answered += 1;
        let wait = received.saturating_sub(asked.sent).max(1);
        self.outcome.waits[(wait.ilog2() as usize + 1).min(31)] += 1;
        let Some(answer) = answer::read(message) else { return self.is_wrong(id, "it cannot be read", message) };
        match usize::from(id) % NAMES.len() {
            0 | 2 => self.judge_version(id, &answer, asked, message),
            _ => match (answer.count, answer.addresses[0]) {
                (1, address @ (HEALTHY | UNHEALTHY)) => {
                    let says_healthy = address == HEALTHY;
                    self.by_health.push(flapping::Answer { sent: asked.sent, received, says_healthy });
                }
                _ => self.is_wrong(id, "no such address", message),
            },
        }
    }

    /// All of it is of one version, which was saved, and is not older than one that was seen before the query was sent.
    fn judge_version(&mut self, id: u16, answer: &Answer, asked: Asked, message: &[u8]) {
        let version = answer.addresses[0] & 0x00ff_ffff;
        let mut addresses = answer.addresses;
        addresses.sort_unstable();
        let is_whole = answer.count == 2
            && addresses == editor::addresses(version)
            && answer.cname_ttl == (usize::from(id) % NAMES.len() == 2).then_some(version);
        if !is_whole {
            self.is_wrong(id, "it is of no one version", message);
        } else if version < asked.oldest {
            self.is_wrong(id, &format!("version {version} where {} had been seen", asked.oldest), message);
        } else if version > self.shared.saved.load(Ordering::SeqCst) {
            self.is_wrong(id, "it is not saved yet", message);
        }
        self.shared.seen.fetch_max(version, Ordering::SeqCst);
    }

    fn is_wrong(&mut self, id: u16, why: &str, message: &[u8]) {
        self.outcome.wrong += 1;
        let name = NAMES[usize::from(id) % NAMES.len()];
        self.outcome.first_wrong.get_or_insert_with(|| format!("{name}: {why}: {message:02x?}"));
    }
}

impl Outcome {
    pub fn add(&mut self, other: Outcome) {
        self.asked += other.asked;
        self.answered += other.answered;
        self.wrong += other.wrong;
        self.dropped_by_client += other.dropped_by_client;
        self.first_wrong = self.first_wrong.take().or(other.first_wrong);
        for (waits, more) in self.waits.iter_mut().zip(other.waits) {
            *waits += more;
        }
    }

    /// How long answers took, as far as powers of two tell.
    pub fn waits(&self) -> String {
        let within = |share: f64| {
            let mut sum = 0;
            let wanted = (self.answered as f64 * share).ceil() as usize;
            let place = self.waits.iter().position(|count| {
                sum += count;
                sum >= wanted
            });
            format!("{:.2} ms", f64::from(1_u32 << place.unwrap_or(31)) / 1e3)
        };
        format!("half within {}, 999 of 1000 within {}, all within {}", within(0.5), within(0.999), within(1.0))
    }
}

fn query(name: &str) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        bytes.push(label.len() as u8);
        bytes.extend(label.as_bytes());
    }
    bytes.extend([0, 0, 1, 0, 1]);
    bytes
}
