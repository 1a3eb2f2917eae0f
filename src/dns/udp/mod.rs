//! Queries over UDP: a thread a socket, which receives a batch, answers it from one snapshot and one health table, and
//! sends the replies.
//!
//! What moves the packets is a `Batch`: many a system call on Linux, one at a time elsewhere. Both do the same. What is
//! said to a datagram is the `answerer`'s to decide.

mod answerer;
#[cfg(target_os = "linux")]
mod mmsg;
#[cfg(any(not(target_os = "linux"), test))]
mod portable;

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::counters::{Count, Event};
use super::defence::Defence;
use super::proxy_protocol::MAX_HEADER_LENGTH;
use super::responder::Responder;

use answerer::Answerer;

#[cfg(target_os = "linux")]
use mmsg::ManyACall as ThisSystem;
#[cfg(not(target_os = "linux"))]
use portable::OneACall as ThisSystem;

/// Queries of one batch, at the most.
const BATCH: usize = 64;
/// What is read of a query, in bytes. One that is longer is cut, and so malformed.
const QUERY_BYTES: usize = 4_096;
/// What is read of a datagram, in bytes: a proxy's header takes nothing from the query behind it.
const DATAGRAM_BYTES: usize = MAX_HEADER_LENGTH + QUERY_BYTES;
/// A reply's largest size, in bytes (P-9).
const REPLY_BYTES: usize = 4_096;
/// Whatever an error is, do not spin on it.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);
/// How long draining a socket may take at the end. A full one takes milliseconds.
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// Serves the sockets of one listener until it is dropped.
#[derive(Debug)]
pub struct UdpServer {
    stop: Arc<AtomicBool>,
    sockets: Vec<UdpSocket>,
    threads: Vec<JoinHandle<()>>,
    /// Wakes the thread that receives from the socket.
    wake: fn(&UdpSocket),
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

    /// Wakes `receive`, unless it never waits for long. Queued datagrams stay in the socket.
    fn wake(socket: &UdpSocket);

    /// From now on, `receive` returns queued datagrams, then `WouldBlock`. Where the system can, the socket queues no
    /// more: senders learn at once that the port is closed.
    fn stop_accepting(&mut self) -> io::Result<()>;

    /// Lets `respond` write the reply to the query at this place, and say how long it is.
    fn answer(&mut self, place: usize, respond: impl FnOnce(&[u8], &Envelope, &mut [u8]) -> Option<usize>);

    /// Sends the replies.
    fn send(&mut self) -> Sent;
}

/// What became of a batch's replies, other than that they were sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sent {
    /// How many went out as one with others.
    joined: u64,
    /// How many could not be sent.
    failed: u64,
}

impl UdpServer {
    /// A thread for each socket, all bound to one address.
    pub fn start(sockets: Vec<UdpSocket>, responder: &Responder, defence: &Defence) -> io::Result<UdpServer> {
        UdpServer::start_with::<ThisSystem>(sockets, responder, defence)
    }

    fn start_with<B: Batch>(
        sockets: Vec<UdpSocket>,
        responder: &Responder,
        defence: &Defence,
    ) -> io::Result<UdpServer> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut server = UdpServer { stop, sockets: Vec::new(), threads: Vec::new(), wake: B::wake };
        for socket in sockets {
            server.sockets.push(socket.try_clone()?);
            let stop = Arc::clone(&server.stop);
            let address = socket.local_addr()?;
            let answerer = Answerer::new(responder.clone(), defence.clone(), address);
            let serve = move || match B::new(socket) {
                Ok(batch) => serve(batch, answerer, &stop),
                Err(error) => tracing::error!(%error, %address, "could not serve UDP"),
            };
            server.threads.push(thread::Builder::new().name("udp".to_owned()).spawn(serve)?);
        }
        Ok(server)
    }
}

impl Drop for UdpServer {
    /// Returns once every queued query is answered.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.sockets.iter().for_each(self.wake);
        // `self.sockets` keeps all sockets of a group open until every thread has ended.
        for thread in self.threads.drain(..) {
            // A panic has been reported by itself.
            let _ = thread.join();
        }
    }
}

fn serve(mut batch: impl Batch, mut answerer: Answerer, stop: &AtomicBool) {
    while !stop.load(Ordering::SeqCst) {
        match batch.receive() {
            Ok(count) => answer(&mut batch, &mut answerer, count),
            Err(error) if is_passing(&error) || stop.load(Ordering::SeqCst) => {}
            Err(error) => {
                tracing::warn!(%error, "could not receive a query over UDP");
                answerer.counts.add(Event::ReceiveError, 1);
                thread::sleep(PAUSE_AFTER_ERROR);
            }
        }
    }
    drain(batch, answerer);
}

fn answer(batch: &mut impl Batch, answerer: &mut Answerer, count: usize) {
    answerer.answer_batch(batch, count);
    let sent = batch.send();
    if sent != Sent::default() {
        answerer.counts.add(Event::Joined, sent.joined);
        answerer.counts.add(Event::SendError, sent.failed);
    }
}

/// Answers the queued queries. Later ones go to the sockets of the group that still accept, and are drained there.
fn drain(mut batch: impl Batch, mut answerer: Answerer) {
    let deadline = Instant::now() + DRAIN_TIME;
    if let Err(error) = batch.stop_accepting() {
        // Later queries are answered too, until the deadline.
        tracing::debug!(%error, "a UDP socket accepts queries until it is closed");
    }
    while Instant::now() < deadline {
        match batch.receive() {
            Ok(count) => answer(&mut batch, &mut answerer, count),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            Err(error) if is_passing(&error) => {}
            Err(error) => return tracing::warn!(%error, "could not receive a query over UDP"),
        }
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
mod tests;
