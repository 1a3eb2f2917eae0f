//! Queries over UDP: a thread a socket, which receives a batch, answers it from one snapshot and one health table, and
//! sends the replies.
//!
//! What moves the packets is a [`Batch`]: many a system call on Linux, one at a time elsewhere. Both do the same.

#[cfg(target_os = "linux")]
mod mmsg;
#[cfg(any(not(target_os = "linux"), test))]
mod portable;

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use fastrand::Rng;

use super::respond::Transport;
use super::responder::{Origin, Responder};

#[cfg(target_os = "linux")]
use mmsg::ManyACall as ThisSystem;
#[cfg(not(target_os = "linux"))]
use portable::OneACall as ThisSystem;

/// Queries of one batch, at the most.
const BATCH: usize = 64;
/// What is read of a query, in bytes. One that is longer is cut, and so malformed.
const QUERY_BYTES: usize = 4_096;
/// A reply's largest size, in bytes (P-9).
const REPLY_BYTES: usize = 4_096;
/// Whatever an error is, do not spin on it.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);

/// Serves the sockets of one listener until it is dropped.
#[derive(Debug)]
pub struct UdpServer {
    stop: Arc<AtomicBool>,
    sockets: Vec<UdpSocket>,
    threads: Vec<JoinHandle<()>>,
}

/// Where a datagram came from, and which of our addresses it came to, as far as the system tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Envelope {
    source: SocketAddr,
    destination: Option<IpAddr>,
}

/// Queries that come together from one socket, and their replies.
trait Batch: Sized {
    fn new(socket: UdpSocket) -> io::Result<Self>;

    /// Waits for queries; returns how many there are.
    fn receive(&mut self) -> io::Result<usize>;

    /// Lets `respond` write the reply to the query at this place, and say how long it is.
    fn answer(&mut self, place: usize, respond: impl FnOnce(&[u8], &Envelope, &mut [u8]) -> Option<usize>);

    /// Sends the replies.
    fn send(&mut self);
}

impl UdpServer {
    /// A thread for each socket, all bound to one address.
    pub fn start(sockets: Vec<UdpSocket>, responder: &Responder) -> io::Result<UdpServer> {
        UdpServer::start_with::<ThisSystem>(sockets, responder)
    }

    fn start_with<B: Batch>(sockets: Vec<UdpSocket>, responder: &Responder) -> io::Result<UdpServer> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut server = UdpServer { stop, sockets: Vec::new(), threads: Vec::new() };
        for socket in sockets {
            server.sockets.push(socket.try_clone()?);
            let (responder, stop) = (responder.clone(), Arc::clone(&server.stop));
            let address = socket.local_addr()?;
            let serve = move || match B::new(socket) {
                Ok(batch) => serve(batch, &responder, address, &stop),
                Err(error) => tracing::error!(%error, %address, "could not serve UDP"),
            };
            server.threads.push(thread::Builder::new().name("udp".to_owned()).spawn(serve)?);
        }
        Ok(server)
    }
}

impl Drop for UdpServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        for socket in &self.sockets {
            // Wakes the thread that receives. The socket has no peer, so the system says that it is not connected.
            let _ = socket2::SockRef::from(socket).shutdown(std::net::Shutdown::Both);
        }
        for thread in self.threads.drain(..) {
            // A panic has been reported by itself.
            let _ = thread.join();
        }
    }
}

fn serve(mut batch: impl Batch, responder: &Responder, address: SocketAddr, stop: &AtomicBool) {
    let mut rng = Rng::new();
    let bound = Some(address.ip()).filter(|address| !address.is_unspecified());
    while !stop.load(Ordering::SeqCst) {
        let count = match batch.receive() {
            Ok(count) => count,
            Err(error) if is_passing(&error) => continue,
            Err(error) => {
                tracing::warn!(%error, "could not receive a query over UDP");
                thread::sleep(PAUSE_AFTER_ERROR);
                continue;
            }
        };
        let current = responder.current();
        for place in 0..count {
            batch.answer(place, |query, envelope, out| {
                // Nobody can be answered at port 0, and we do not talk to ourselves.
                if envelope.source.port() == 0 || envelope.source == address {
                    return None;
                }
                let destination = envelope.destination.or(bound);
                let origin = Origin { source: envelope.source.ip(), destination, transport: Transport::Udp };
                current.respond(query, &origin, &mut rng, out)
            });
        }
        drop(current);
        batch.send();
    }
}

/// Not this socket's fault, and over: an earlier reply met a closed port, a signal came, a time-out.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionRefused, ConnectionReset, HostUnreachable, Interrupted, NetworkUnreachable, TimedOut, WouldBlock,
    };
    matches!(
        error.kind(),
        ConnectionRefused
            | ConnectionReset
            | HostUnreachable
            | NetworkUnreachable
            | Interrupted
            | TimedOut
            | WouldBlock
    )
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use crate::dns::listener::{ListenAddress, Listener};
    use crate::dns::{CookieSecret, CookieSecrets, WirePolicy};
    use crate::published::Published;
    use crate::snapshot::{HealthTable, Snapshot};
    use crate::time::Clock;

    use super::*;

    /// Longer than anything here takes on a busy machine.
    const PATIENCE: Duration = Duration::from_secs(30);

    fn responder() -> Responder {
        let snapshot = Snapshot::new(Arc::default(), Arc::default());
        Responder {
            snapshots: Arc::new(Published::new(snapshot)),
            health: Arc::new(Published::new(HealthTable::default())),
            subnet_trusted_senders: Arc::from([]),
            vpc: None,
            policy: Arc::new(WirePolicy::new(CookieSecrets { current: CookieSecret([7; 16]), previous: None })),
            clock: Clock::real(),
        }
    }

    /// SOA of `example.`, which nobody holds here: REFUSED.
    fn query(id: u16) -> Vec<u8> {
        let mut bytes = id.to_be_bytes().to_vec();
        bytes.extend(*b"\x01\0\0\x01\0\0\0\0\0\0\x07example\0\0\x06\0\x01");
        bytes
    }

    fn ask(client: &UdpSocket, ids: std::ops::Range<u16>) {
        for id in ids.clone() {
            client.send(&query(id)).unwrap();
        }
        let mut missing: std::collections::BTreeSet<u16> = ids.collect();
        while !missing.is_empty() {
            let mut reply = [0; 512];
            let length = client.recv(&mut reply).unwrap_or_else(|error| panic!("{error}, no reply to {missing:?}"));
            assert_eq!((length, reply[2] & 0x80, reply[3] & 0x0f), (query(0).len(), 0x80, 5));
            assert!(missing.remove(&u16::from_be_bytes([reply[0], reply[1]])));
        }
    }

    async fn serves_and_ends<B: Batch>(bind: &str) {
        let listen: ListenAddress = bind.parse().unwrap();
        let listener = Listener::bind(&listen, 3).unwrap();
        let server = UdpServer::start_with::<B>(listener.udp, &responder()).unwrap();
        let loopback: IpAddr =
            if listener.address.is_ipv6() { std::net::Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() };
        for round in 0..4 {
            // A socket that is connected takes replies from the address it has asked only.
            let client = UdpSocket::bind((loopback, 0)).unwrap();
            client.connect((loopback, listener.address.port())).unwrap();
            client.set_read_timeout(Some(PATIENCE)).unwrap();
            ask(&client, round * 50..(round + 1) * 50);
        }
        drop(server);
    }

    #[tokio::test]
    async fn every_query_of_a_burst_is_answered_and_the_server_ends() {
        for bind in ["127.0.0.1:0", "0.0.0.0:0", "[::1]:0", "[::]:0"] {
            serves_and_ends::<ThisSystem>(bind).await;
            serves_and_ends::<portable::OneACall>(bind).await;
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_reply_comes_from_the_address_that_was_asked() {
        let listener = Listener::bind(&"0.0.0.0:0".parse().unwrap(), 2).unwrap();
        let _server = UdpServer::start(listener.udp, &responder()).unwrap();
        for last in 2..20 {
            let client = UdpSocket::bind((Ipv4Addr::new(127, 0, 9, 1), 0)).unwrap();
            client.connect((Ipv4Addr::new(127, 0, 9, last), listener.address.port())).unwrap();
            client.set_read_timeout(Some(PATIENCE)).unwrap();
            ask(&client, 0..10);
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_second_server_on_the_port_is_refused() {
        let first = Listener::bind(&"127.0.0.1:0".parse().unwrap(), 2).unwrap();
        let second = Listener::bind(&ListenAddress { address: first.address, vpc: None }, 2);
        assert!(second.unwrap_err().to_string().contains("the port is taken"));
    }
}
