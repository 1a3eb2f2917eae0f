//! The story the server is for: the primary dies, the answer moves; it comes back, the answer returns.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::client::udp_socket;
use crate::flapping;
use crate::message::{A, Query, Response};
use crate::server::{PATIENCE, Server, eventually, route53d};
use crate::settings::output_of;

const PRIMARY: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const SECONDARY: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);

/// Where the endpoint listens: a loopback address of its own, so that nobody takes the port while it is down.
const ENDPOINT: Ipv4Addr = if cfg!(target_os = "linux") { Ipv4Addr::new(127, 53, 0, 1) } else { Ipv4Addr::LOCALHOST };

/// An HTTP server that says 200 to everything until it is dropped.
struct Endpoint {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Endpoint {
    fn start(port: u16) -> Endpoint {
        let listener = TcpListener::bind((ENDPOINT, port)).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let accepting = thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let mut stream = stream.unwrap();
                thread::spawn(move || {
                    let _ = stream.read(&mut [0; 4096]);
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                });
            }
        });
        Endpoint { address, stop, accepting: Some(accepting) }
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the accepting thread, which takes the listener with it.
        let _ = std::net::TcpStream::connect(self.address);
        self.accepting.take().unwrap().join().unwrap();
    }
}

/// Asks all the time, each query once, and tells every change of the answer.
struct Watcher {
    changes: mpsc::Receiver<Ipv4Addr>,
    stop: Arc<AtomicBool>,
    asking: Option<JoinHandle<usize>>,
}

impl Watcher {
    fn start(server: SocketAddr) -> Watcher {
        let (sender, changes) = mpsc::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let asking = thread::spawn(move || {
            let socket = udp_socket(server, Ipv4Addr::LOCALHOST.into());
            socket.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
            let query = Query::new("app.shop.example", A);
            let (mut asked, mut last) = (0usize, None);
            while !stopped.load(Ordering::SeqCst) {
                let id = asked as u16;
                let started = Instant::now();
                socket.send(&query.bytes(id)).unwrap();
                let mut buffer = [0; 4096];
                let length = socket.recv(&mut buffer).unwrap_or_else(|error| panic!("query {asked} was lost: {error}"));
                let response = Response::read(buffer[..length].to_vec());
                assert_eq!(response.message.metadata.id, id);
                let addresses = response.addresses();
                assert!(addresses == [PRIMARY] || addresses == [SECONDARY], "query {asked}: {addresses:?}");
                if last != Some(addresses[0]) {
                    last = Some(addresses[0]);
                    sender.send(addresses[0]).unwrap();
                }
                asked += 1;
                thread::sleep(Duration::from_millis(2).saturating_sub(started.elapsed()));
            }
            asked
        });
        Watcher { changes, stop, asking: Some(asking) }
    }

    fn next_change(&self) -> Ipv4Addr {
        self.changes.recv_timeout(PATIENCE).expect("the answer changes")
    }

    /// Stops asking; returns the changes nobody has looked at, and how many queries there were.
    fn finish(mut self) -> (Vec<Ipv4Addr>, usize) {
        self.stop.store(true, Ordering::SeqCst);
        let asked = self.asking.take().unwrap().join().unwrap();
        (self.changes.try_iter().collect(), asked)
    }
}

#[test]
fn a_dead_primary_moves_the_answer_and_a_living_one_takes_it_back_without_losing_a_query() {
    let endpoint = Endpoint::start(0);
    let port = endpoint.address.port();
    let server = Server::start(&format!(
        "
health_checks:
  - {{ id: primary, type: HTTP, ip_address: {ENDPOINT}, port: {port}, resource_path: /, request_interval: 1, failure_threshold: 1 }}
hosted_zones:
  - name: shop.example
    records:
      - {{ name: app, type: A, ttl: 5, set_identifier: one, failover: PRIMARY, values: [{PRIMARY}], health_check_id: primary }}
      - {{ name: app, type: A, ttl: 5, set_identifier: two, failover: SECONDARY, values: [{SECONDARY}] }}
"
    ));
    let watcher = Watcher::start(server.address());
    assert_eq!(watcher.next_change(), PRIMARY);

    drop(endpoint);
    assert_eq!(watcher.next_change(), SECONDARY);

    let _endpoint = Endpoint::start(port);
    assert_eq!(watcher.next_change(), PRIMARY);

    let (later, asked) = watcher.finish();
    assert!(later.is_empty(), "the answer changed again: {later:?}");
    assert!(asked > 100, "only {asked} queries");
}

/// Longer than a busy machine keeps a thread waiting. The benchmark `failover` measures, and wants 10 ms.
const SLACK: Duration = Duration::from_secs(2);

#[test]
fn under_load_every_answer_is_right_for_the_verdict_in_force() {
    let endpoint = flapping::Endpoint::start();
    let server = Server::start(&flapping::zones(endpoint.port));
    let asker = flapping::Asker::start(server.address(), 5_000);
    let admin = server.admin();
    let report = || output_of(route53d().env("ROUTE53D_ADMIN", &admin).args(["health", "app", "--json"]));
    let mut is_healthy = true;
    for count in 1..=4 {
        is_healthy = !is_healthy;
        endpoint.set_healthy(is_healthy);
        eventually("the next flip", || (flapping::flips(&report()).len() == count).then_some(()));
    }
    let flapping::Asked { answers, lost } = asker.finish();
    let judgement = flapping::judge(&answers, &flapping::flips(&report()));
    assert!(judgement.wrong == 0 && lost == 0 && judgement.stalest < SLACK, "{lost} lost, {judgement:?}");
    assert!(judgement.right > 1_000 && judgement.delays.len() >= 3, "{judgement:?}");
}
