//! One datagram a system call: what every system can.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use super::{Batch, DATAGRAM_BYTES, Envelope, REPLY_BYTES, Sent};

/// How long `receive` waits before the thread checks whether it must stop. No portable call wakes it and keeps the queue.
const WAIT: Duration = Duration::from_millis(100);
/// The same while draining: the shortest time that every system takes.
const NO_WAIT: Duration = Duration::from_millis(1);

/// One query and its reply.
pub(super) struct OneACall {
    socket: UdpSocket,
    query: Box<[u8; DATAGRAM_BYTES]>,
    reply: Box<[u8; REPLY_BYTES]>,
    received: Option<(usize, SocketAddr)>,
    to_send: Option<(usize, SocketAddr)>,
}

impl Batch for OneACall {
    fn new(socket: UdpSocket) -> io::Result<OneACall> {
        socket.set_nonblocking(false)?;
        socket.set_read_timeout(Some(WAIT))?;
        Ok(OneACall {
            socket,
            query: Box::new([0; DATAGRAM_BYTES]),
            reply: Box::new([0; REPLY_BYTES]),
            received: None,
            to_send: None,
        })
    }

    fn receive(&mut self) -> io::Result<usize> {
        self.received = Some(self.socket.recv_from(&mut self.query[..])?);
        Ok(1)
    }

    fn wake(_: &UdpSocket) {}

    /// No portable call refuses new datagrams.
    fn stop_accepting(&mut self) -> io::Result<()> {
        self.socket.set_read_timeout(Some(NO_WAIT))
    }

    fn answer(&mut self, _place: usize, respond: impl FnOnce(&[u8], &Envelope, &mut [u8]) -> Option<usize>) {
        let Some((length, source)) = self.received.take() else { return };
        let envelope = Envelope { source, destination: None };
        let reply = respond(&self.query[..length], &envelope, &mut self.reply[..]);
        self.to_send = reply.map(|length| (length, source));
    }

    fn send(&mut self) -> Sent {
        let mut sent = Sent::default();
        if let Some((length, to)) = self.to_send.take()
            && let Err(error) = self.socket.send_to(&self.reply[..length], to)
        {
            tracing::debug!(%error, %to, "could not send a response over UDP");
            sent.failed = 1;
        }
        sent
    }
}
