//! An endpoint that flaps, clients that ask all the time, and the judge of their answers: each must be right for the
//! verdict in force.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const HEALTHY_ANSWER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const UNHEALTHY_ANSWER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);

/// The names that are asked: both follow the endpoint.
const NAMES: [&str; 2] = ["app.shop.example", "tree.shop.example"];

/// A failover pair that follows an endpoint on this port of 127.0.0.1, and an alias to it.
pub fn zones(port: u16) -> String {
    format!(
        "
health_checks:
- {{id: app, type: HTTP, ip_address: 127.0.0.1, port: {port}, request_interval: 1, failure_threshold: 1}}
hosted_zones:
- name: shop.example
  records:
  - {{name: app, type: A, ttl: 0, set_identifier: one, failover: PRIMARY, values: [{HEALTHY_ANSWER}], health_check_id: app}}
  - {{name: app, type: A, ttl: 0, set_identifier: two, failover: SECONDARY, values: [{UNHEALTHY_ANSWER}]}}
  - {{name: tree, type: A, alias_target: {{dns_name: app.shop.example, evaluate_target_health: true}}}}
"
    )
}

/// Microseconds since the epoch.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64
}

/// Answers 200 or 503, for as long as the process lives.
pub struct Endpoint {
    pub port: u16,
    is_healthy: Arc<AtomicBool>,
}

impl Endpoint {
    pub fn start() -> Endpoint {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let is_healthy = Arc::new(AtomicBool::new(true));
        let told = Arc::clone(&is_healthy);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let told = Arc::clone(&told);
                thread::spawn(move || respond(&mut stream?, &told));
            }
        });
        Endpoint { port, is_healthy }
    }

    pub fn set_healthy(&self, is_healthy: bool) {
        self.is_healthy.store(is_healthy, Ordering::SeqCst);
    }
}

fn respond(stream: &mut TcpStream, is_healthy: &AtomicBool) -> std::io::Result<()> {
    let length = stream.read(&mut [0; 4096])?;
    let status = if is_healthy.load(Ordering::SeqCst) { "200 OK" } else { "503 Service Unavailable" };
    match length {
        0 => Ok(()),
        _ => stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes()),
    }
}

/// One answer, with the times in microseconds since the epoch.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    pub sent: u64,
    pub received: u64,
    pub says_healthy: bool,
}

/// What a client has seen.
pub struct Asked {
    pub answers: Vec<Answer>,
    /// Queries without an answer.
    pub lost: usize,
}

/// Asks all the time.
pub struct Asker {
    stop: Arc<AtomicBool>,
    asking: JoinHandle<Asked>,
}

impl Asker {
    /// Asks this often a second; as long as answers are missing for so many queries, it waits.
    pub fn start(server: SocketAddr, queries_a_second: u32) -> Asker {
        const WINDOW: u64 = 1_024;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let asking = thread::spawn(move || {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            socket.connect(server).unwrap();
            socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
            let mut queries = NAMES.map(query);
            let mut sent = vec![0; 1 << 16];
            let mut answers = Vec::new();
            let (start, mut asked) = (Instant::now(), 0_u64);
            while !stopped.load(Ordering::SeqCst) {
                let due = (start.elapsed().as_secs_f64() * f64::from(queries_a_second)) as u64;
                while asked < due && asked - (answers.len() as u64) < WINDOW {
                    let query = &mut queries[asked as usize % NAMES.len()];
                    let id = asked as u16;
                    query[..2].copy_from_slice(&id.to_be_bytes());
                    sent[usize::from(id)] = now();
                    socket.send(query).unwrap();
                    asked += 1;
                }
                receive(&socket, &sent, asked, &mut answers);
            }
            let deadline = Instant::now() + Duration::from_secs(5);
            while (answers.len() as u64) < asked && Instant::now() < deadline {
                receive(&socket, &sent, asked, &mut answers);
            }
            let lost = asked as usize - answers.len();
            Asked { answers, lost }
        });
        Asker { stop, asking }
    }

    pub fn finish(self) -> Asked {
        self.stop.store(true, Ordering::SeqCst);
        self.asking.join().unwrap()
    }
}

/// Takes the answers that are there, and waits a moment for the first.
fn receive(socket: &UdpSocket, sent: &[u64], asked: u64, answers: &mut Vec<Answer>) {
    let mut response = [0; 512];
    while (answers.len() as u64) < asked {
        match socket.recv(&mut response) {
            Ok(length) => {
                let id = u16::from_be_bytes([response[0], response[1]]);
                let says_healthy = says_healthy(&response[..length]);
                answers.push(Answer { sent: sent[usize::from(id)], received: now(), says_healthy });
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return,
            Err(error) => panic!("{error}"),
        }
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

/// Of a response with one A record, whose name is a pointer to the question.
fn says_healthy(response: &[u8]) -> bool {
    assert_eq!(response[6..8], [0, 1], "one record");
    let question = 12 + response[12..].iter().position(|byte| *byte == 0).unwrap() + 5;
    let address = <[u8; 4]>::try_from(&response[question + 12..question + 16]).unwrap();
    match Ipv4Addr::from(address) {
        HEALTHY_ANSWER => true,
        UNHEALTHY_ANSWER => false,
        other => panic!("answered {other}"),
    }
}

/// A flip of the verdict, at a time in microseconds since the epoch.
#[derive(Clone, Copy, Debug)]
pub struct Flip {
    pub at: u64,
    pub is_healthy: bool,
}

/// Reads the history of `GET /health-checks/app`. A check begins healthy (HC-32).
pub fn flips(report: &str) -> Vec<Flip> {
    let report: serde_json::Value = serde_json::from_str(report).unwrap();
    let flip = |flip: &serde_json::Value| {
        let at: jiff::Timestamp = flip["at"].as_str().unwrap().parse().unwrap();
        Flip { at: at.as_microsecond() as u64, is_healthy: flip["status"] == "healthy" }
    };
    report["history"].as_array().unwrap().iter().map(flip).collect()
}

/// How answers stand to the verdicts.
#[derive(Debug, Default)]
pub struct Judgement {
    /// Answers that the verdict in force gives.
    pub right: usize,
    /// Answers by a verdict that was over when they were asked for.
    pub stale: usize,
    /// The longest that such a verdict was over, at the time of asking.
    pub stalest: Duration,
    /// Answers that no verdict so far gives.
    pub wrong: usize,
    /// For each flip, how long after it the first answer by it came.
    pub delays: Vec<Duration>,
}

/// Times of flips are known to the millisecond.
const RESOLUTION: u64 = 1_000;

pub fn judge(answers: &[Answer], flips: &[Flip]) -> Judgement {
    let mut judgement = Judgement::default();
    let mut first = vec![None; flips.len()];
    for answer in answers {
        // Those up to now, and those while the answer was on its way.
        let before = flips.partition_point(|flip| flip.at + RESOLUTION <= answer.sent);
        let until = flips.partition_point(|flip| flip.at <= answer.received + RESOLUTION);
        let in_force = before.checked_sub(1).is_none_or(|last| flips[last].is_healthy);
        let meanwhile = flips[before..until].iter().any(|flip| flip.is_healthy == answer.says_healthy);
        if in_force == answer.says_healthy || meanwhile {
            judgement.right += 1;
        } else if let Some(last) = before.checked_sub(1) {
            judgement.stale += 1;
            let over = Duration::from_micros(answer.sent - flips[last].at);
            judgement.stalest = judgement.stalest.max(over);
        } else {
            judgement.wrong += 1;
        }
        if let Some(last) = until.checked_sub(1).filter(|last| flips[*last].is_healthy == answer.says_healthy) {
            let earliest: &mut Option<u64> = &mut first[last];
            *earliest = Some(earliest.map_or(answer.received, |known| known.min(answer.received)));
        }
    }
    let delay =
        |(first, flip): (&Option<u64>, &Flip)| Some(Duration::from_micros(first.as_ref()?.saturating_sub(flip.at)));
    judgement.delays = first.iter().zip(flips).filter_map(delay).collect();
    judgement
}
