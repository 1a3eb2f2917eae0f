//! Many datagrams a system call: recvmmsg, sendmmsg, IP_PKTINFO, and UDP GSO for the replies of one client.
//!
//! This is the one file with unsafe code: neither the standard library nor `rustix` has these calls.

#![allow(unsafe_code, reason = "recvmmsg, sendmmsg and their control messages are C")]

use std::io;
use std::mem;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, SocketAddrV4, SocketAddrV6, UdpSocket};
use std::os::fd::AsRawFd;
use std::ptr;

use libc::{c_int, c_uint, cmsghdr, in_pktinfo, in6_pktinfo, iovec, mmsghdr, msghdr, sockaddr_in, sockaddr_in6};

use super::{BATCH, Batch, DATAGRAM_BYTES, Envelope, REPLY_BYTES, Sent};

/// Replies that the kernel takes as one (UDP_MAX_SEGMENTS), and their bytes.
const MAX_SEGMENTS: usize = 64;
const MAX_SEGMENTED_BYTES: usize = 65_000;
/// A segment must fit into a packet, on any path.
const MAX_SEGMENT_BYTES: usize = 1_232;

/// Control messages of one datagram: a destination address, and on sending a segment size.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Control([u8; CONTROL_BYTES]);

const CONTROL_BYTES: usize = 80;

/// An address as the kernel writes it, IPv4 or IPv6.
#[derive(Clone, Copy)]
#[repr(C)]
union RawAddress {
    family: libc::sa_family_t,
    v4: sockaddr_in,
    v6: sockaddr_in6,
}

/// Room for a message. Each begins at another cache line of its page: if all began at the same one, as sizes of 4,096
/// bytes would have it, the processor's cache would hold the beginnings of a few only.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Buffer<const BYTES: usize> {
    bytes: [u8; BYTES],
    _offset: [u8; 64],
}

impl<const BYTES: usize> Buffer<BYTES> {
    const EMPTY: Buffer<BYTES> = Buffer { bytes: [0; BYTES], _offset: [0; 64] };
}

/// Queries that came together, and their replies.
pub(super) struct ManyACall {
    socket: UdpSocket,
    /// Whether the socket is bound to all addresses, and so must say from which of them it sends. Costs a few percent.
    is_wildcard: bool,
    joins_replies: bool,
    /// MSG_WAITFORONE, or MSG_DONTWAIT while draining.
    wait: c_int,
    queries: Box<[Buffer<DATAGRAM_BYTES>]>,
    replies: Box<[Buffer<REPLY_BYTES>]>,
    /// Where queries came from, and replies go.
    addresses: Box<[RawAddress]>,
    arriving: Messages,
    /// How many of the arriving headers the kernel has written to.
    arrived: usize,
    leaving: Messages,
    pending: Vec<Reply>,
}

/// What the kernel is told of the messages of one call, or tells of them.
struct Messages {
    controls: Box<[Control]>,
    vectors: Box<[iovec]>,
    headers: Box<[mmsghdr]>,
}

impl Messages {
    fn new() -> Messages {
        // SAFETY: both are plain old data for which zeros are a value: null pointers and no length.
        let (vector, header) = unsafe { (mem::zeroed(), mem::zeroed()) };
        Messages {
            controls: vec![Control([0; CONTROL_BYTES]); BATCH].into(),
            vectors: vec![vector; BATCH].into(),
            headers: vec![header; BATCH].into(),
        }
    }
}

/// A reply to be sent.
#[derive(Clone, Copy)]
struct Reply {
    place: usize,
    length: usize,
    envelope: Envelope,
}

impl Batch for ManyACall {
    fn new(socket: UdpSocket) -> io::Result<ManyACall> {
        let address = socket.local_addr()?;
        socket.set_nonblocking(false)?;
        let is_wildcard = address.ip().is_unspecified();
        if is_wildcard {
            match address {
                SocketAddr::V4(_) => switch_on(&socket, libc::IPPROTO_IP, libc::IP_PKTINFO)?,
                SocketAddr::V6(_) => switch_on(&socket, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO)?,
            }
        }
        // SAFETY: plain old data for which zeros are a value.
        let address = unsafe { mem::zeroed() };
        Ok(ManyACall {
            socket,
            is_wildcard,
            joins_replies: true,
            wait: libc::MSG_WAITFORONE,
            queries: vec![Buffer::EMPTY; BATCH].into(),
            replies: vec![Buffer::EMPTY; BATCH].into(),
            addresses: vec![address; BATCH].into(),
            arriving: Messages::new(),
            // So that all are made ready at first.
            arrived: BATCH,
            leaving: Messages::new(),
            pending: Vec::with_capacity(BATCH),
        })
    }

    fn receive(&mut self) -> io::Result<usize> {
        self.pending.clear();
        let Messages { controls, vectors, headers } = &mut self.arriving;
        for place in 0..self.arrived {
            let vector = &mut vectors[place];
            *vector = iovec { iov_base: self.queries[place].bytes.as_mut_ptr().cast(), iov_len: DATAGRAM_BYTES };
            let header = &mut headers[place].msg_hdr;
            header.msg_name = ptr::from_mut(&mut self.addresses[place]).cast();
            header.msg_namelen = size_of::<RawAddress>() as u32;
            header.msg_iov = vector;
            header.msg_iovlen = 1;
            if self.is_wildcard {
                header.msg_control = controls[place].0.as_mut_ptr().cast();
                header.msg_controllen = CONTROL_BYTES;
            } else {
                header.msg_control = ptr::null_mut();
                header.msg_controllen = 0;
            }
            header.msg_flags = 0;
        }
        let (headers, count) = (headers.as_mut_ptr(), BATCH as c_uint);
        // SAFETY: `headers` are BATCH headers, whose pointers lead to buffers of this value of the stated lengths, one
        // each, and nobody else uses them before the call returns. Its own time-out is broken and stays unused.
        let received = unsafe { libc::recvmmsg(self.socket.as_raw_fd(), headers, count, self.wait, ptr::null_mut()) };
        // A call that fails may have written to any of them.
        self.arrived = BATCH;
        let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
        self.arrived = received;
        if received == 1 && self.arriving.headers[0].msg_hdr.msg_namelen == 0 {
            // A socket that is shut down and empty returns a message without a sender.
            return Err(io::ErrorKind::Interrupted.into());
        }
        Ok(received)
    }

    /// Returns ENOTCONN, as the socket has no peer, but wakes all the same. Queued datagrams can still be read, and replies
    /// sent, which `Shutdown::Both` would forbid.
    fn wake(socket: &UdpSocket) {
        let _ = socket2::SockRef::from(socket).shutdown(Shutdown::Read);
    }

    /// Connects the socket to itself. The kernel then queues only datagrams from the socket itself, of which there are none,
    /// and passes others to the rest of the group or refuses them. Queued datagrams can still be read, and replies sent to
    /// any address.
    fn stop_accepting(&mut self) -> io::Result<()> {
        // Not O_NONBLOCK: sending must still wait for room.
        self.wait = libc::MSG_DONTWAIT;
        self.socket.connect(self.socket.local_addr()?)
    }

    fn answer(&mut self, place: usize, respond: impl FnOnce(&[u8], &Envelope, &mut [u8]) -> Option<usize>) {
        let header = &self.arriving.headers[place];
        let Some(source) = socket_address(&self.addresses[place], header.msg_hdr.msg_namelen) else { return };
        let destination = if self.is_wildcard { destination(&header.msg_hdr) } else { None };
        let envelope = Envelope { source, destination };
        let length = (header.msg_len as usize).min(DATAGRAM_BYTES);
        if let Some(length) = respond(&self.queries[place].bytes[..length], &envelope, &mut self.replies[place].bytes) {
            self.pending.push(Reply { place, length, envelope });
        }
    }

    fn send(&mut self) -> Sent {
        let mut outcome = Sent::default();
        if self.pending.is_empty() {
            return outcome;
        }
        if self.joins_replies && self.is_burst() {
            // Replies to one client that are equally long stand together.
            self.pending
                .sort_unstable_by_key(|reply| (reply.envelope.source, reply.envelope.destination, reply.length));
        }
        let mut sent = 0;
        while sent < self.pending.len() {
            sent += self.send_from(sent, &mut outcome);
        }
        outcome
    }
}

impl ManyACall {
    /// Whether one client asked for much of this batch: only then are there replies to join.
    fn is_burst(&self) -> bool {
        let [first, .., last] = &self.pending[..] else { return false };
        self.pending.len() >= 8 && first.envelope.source == last.envelope.source
    }

    /// Sends the replies from this one on, as far as one call goes; returns how many need no further care.
    fn send_from(&mut self, start: usize, outcome: &mut Sent) -> usize {
        for (reply, vector) in self.pending[start..].iter().zip(&mut self.leaving.vectors) {
            let bytes = &mut self.replies[reply.place].bytes[..reply.length];
            *vector = iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: reply.length };
        }
        // The first reply of each message, as many messages as there are.
        let (mut messages, mut at) = (0, start);
        let mut firsts = [0; BATCH];
        while at < self.pending.len() {
            let count = if self.joins_replies { self.joinable(at) } else { 1 };
            firsts[messages] = at;
            self.prepare(messages, at, at - start, count);
            messages += 1;
            at += count;
        }
        let end = |message: usize| if message + 1 < messages { firsts[message + 1] } else { at };
        let headers = self.leaving.headers.as_mut_ptr();
        // SAFETY: the first `messages` headers are prepared: their pointers lead to addresses, control messages and
        // vectors of this value of the stated lengths, which are only read, and live longer than the call.
        let result = unsafe { libc::sendmmsg(self.socket.as_raw_fd(), headers, messages as c_uint, 0) };
        match usize::try_from(result) {
            // It stops at the first message that it cannot send, and tells why only when that one comes first.
            Ok(sent) if sent > 0 => {
                let replies = end(sent - 1) - start;
                if replies > sent {
                    outcome.joined += joined_replies(&firsts[..sent], start + replies);
                }
                replies
            }
            _ => {
                let error = io::Error::last_os_error();
                let joined = end(0) - start;
                let code = error.raw_os_error().unwrap_or(0);
                if joined > 1 && matches!(code, libc::EIO | libc::EINVAL | libc::EOPNOTSUPP | libc::EMSGSIZE) {
                    // No GSO on this kernel or device: each on its own from now on.
                    self.joins_replies = false;
                    return 0;
                }
                let to = self.pending[start].envelope.source;
                tracing::debug!(%error, %to, "could not send a response over UDP");
                if error.kind() == io::ErrorKind::Interrupted {
                    return 0;
                }
                outcome.failed += joined as u64;
                joined
            }
        }
    }

    /// How many replies from this one on go into one message: to the same client, from the same address, all as long
    /// as the first.
    fn joinable(&self, first: usize) -> usize {
        let Reply { length, envelope, .. } = self.pending[first];
        if length > MAX_SEGMENT_BYTES {
            return 1;
        }
        let most = MAX_SEGMENTS.min(MAX_SEGMENTED_BYTES / length.max(1));
        let alike = self.pending[first..].iter().take(most);
        alike.take_while(|reply| reply.envelope == envelope && reply.length == length).count()
    }

    /// Makes header `message` send `count` replies from `first` on, whose vectors begin at `vector`.
    fn prepare(&mut self, message: usize, first: usize, vector: usize, count: usize) {
        let Reply { place, length, envelope } = self.pending[first];
        let Messages { controls, vectors, headers } = &mut self.leaving;
        let header = &mut headers[message].msg_hdr;
        header.msg_name = ptr::from_mut(&mut self.addresses[place]).cast();
        header.msg_namelen = match envelope.source {
            SocketAddr::V4(_) => size_of::<sockaddr_in>(),
            SocketAddr::V6(_) => size_of::<sockaddr_in6>(),
        } as u32;
        header.msg_iov = &mut vectors[vector];
        header.msg_iovlen = count;
        header.msg_flags = 0;
        if count == 1 && envelope.destination.is_none() {
            (header.msg_control, header.msg_controllen) = (ptr::null_mut(), 0);
            return;
        }
        header.msg_control = controls[message].0.as_mut_ptr().cast();
        header.msg_controllen = CONTROL_BYTES;
        let mut writer = ControlWriter { header, length: 0 };
        match envelope.destination {
            None => {}
            Some(IpAddr::V4(address)) => {
                let info = in_pktinfo {
                    // The route decides on the interface.
                    ipi_ifindex: 0,
                    ipi_spec_dst: libc::in_addr { s_addr: u32::from(address).to_be() },
                    ipi_addr: libc::in_addr { s_addr: 0 },
                };
                writer.put(libc::IPPROTO_IP, libc::IP_PKTINFO, info);
            }
            Some(IpAddr::V6(address)) => {
                let info = in6_pktinfo { ipi6_addr: libc::in6_addr { s6_addr: address.octets() }, ipi6_ifindex: 0 };
                writer.put(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, info);
            }
        }
        if count > 1 {
            writer.put(libc::SOL_UDP, libc::UDP_SEGMENT, length as u16);
        }
        let length = writer.length;
        header.msg_controllen = length;
    }
}

/// How many replies stand in messages of more than one, by where each message begins and where the last one ends.
fn joined_replies(firsts: &[usize], end: usize) -> u64 {
    let ends = firsts[1..].iter().chain([&end]);
    firsts.iter().zip(ends).map(|(first, end)| end - first).filter(|count| *count > 1).sum::<usize>() as u64
}

/// Writes control messages one after the other.
struct ControlWriter<'h> {
    /// Its control buffer has CONTROL_BYTES, which all that is ever written fits in.
    header: &'h mut msghdr,
    length: usize,
}

impl ControlWriter<'_> {
    fn put<T>(&mut self, level: c_int, kind: c_int, value: T) {
        let data_length = size_of::<T>() as c_uint;
        // SAFETY: CMSG_SPACE and CMSG_LEN only compute.
        let (space, length) = unsafe { (libc::CMSG_SPACE(data_length) as usize, libc::CMSG_LEN(data_length) as usize) };
        assert!(self.length + space <= CONTROL_BYTES, "room for every control message there is");
        let message = self.header.msg_control.cast::<u8>().wrapping_add(self.length).cast::<cmsghdr>();
        // SAFETY: the buffer has room for `space` bytes from here (asserted), is aligned for a cmsghdr, and CMSG_SPACE
        // keeps what follows aligned; the data may not be, so it is written unaligned.
        unsafe {
            (*message).cmsg_level = level;
            (*message).cmsg_type = kind;
            (*message).cmsg_len = length;
            ptr::write_unaligned(libc::CMSG_DATA(message).cast::<T>(), value);
        }
        self.length += space;
    }
}

fn switch_on(socket: &UdpSocket, level: c_int, option: c_int) -> io::Result<()> {
    let on: c_int = 1;
    // SAFETY: the option takes a c_int, which outlives the call.
    let result = unsafe {
        libc::setsockopt(socket.as_raw_fd(), level, option, ptr::from_ref(&on).cast(), size_of::<c_int>() as u32)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// What the kernel wrote; `None` for what is neither IPv4 nor IPv6.
fn socket_address(raw: &RawAddress, length: u32) -> Option<SocketAddr> {
    // SAFETY: every bit pattern is a value of each field, and the buffer was initialized.
    let family = c_int::from(unsafe { raw.family });
    if family == libc::AF_INET && length as usize >= size_of::<sockaddr_in>() {
        // SAFETY: as above, and the family says that it is this one.
        let v4 = unsafe { raw.v4 };
        let address = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
        Some(SocketAddrV4::new(address, u16::from_be(v4.sin_port)).into())
    } else if family == libc::AF_INET6 && length as usize >= size_of::<sockaddr_in6>() {
        // SAFETY: as above.
        let v6 = unsafe { raw.v6 };
        let address = Ipv6Addr::from(v6.sin6_addr.s6_addr);
        Some(SocketAddrV6::new(address, u16::from_be(v6.sin6_port), v6.sin6_flowinfo, v6.sin6_scope_id).into())
    } else {
        None
    }
}

/// The address a datagram was sent to, by the control message that says so.
fn destination(header: &msghdr) -> Option<IpAddr> {
    // SAFETY: the kernel wrote `msg_controllen` bytes of control messages into the buffer that the header names, and
    // CMSG_FIRSTHDR and CMSG_NXTHDR stay within them; data may be unaligned, so it is read so.
    unsafe {
        let mut message = libc::CMSG_FIRSTHDR(header);
        while !message.is_null() {
            match ((*message).cmsg_level, (*message).cmsg_type) {
                (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                    let info = ptr::read_unaligned(libc::CMSG_DATA(message).cast::<in_pktinfo>());
                    return Some(Ipv4Addr::from(u32::from_be(info.ipi_addr.s_addr)).into());
                }
                (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                    let info = ptr::read_unaligned(libc::CMSG_DATA(message).cast::<in6_pktinfo>());
                    return Some(Ipv6Addr::from(info.ipi6_addr.s6_addr).into());
                }
                _ => message = libc::CMSG_NXTHDR(header, message),
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn write_address(raw: &mut RawAddress, address: SocketAddr) {
        let SocketAddr::V4(address) = address else { panic!("{address}") };
        raw.v4 = sockaddr_in {
            sin_family: libc::AF_INET as libc::sa_family_t,
            sin_port: address.port().to_be(),
            sin_addr: libc::in_addr { s_addr: u32::from(*address.ip()).to_be() },
            sin_zero: [0; 8],
        };
    }

    #[test]
    fn replies_are_joined_and_one_that_cannot_be_sent_holds_up_nobody() {
        let mut batch = ManyACall::new(UdpSocket::bind("127.0.0.1:0").unwrap()).unwrap();
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        client.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let source = client.local_addr().unwrap();
        // Broadcasting takes a permission that the socket does not have.
        let nobody = "255.255.255.255:9".parse().unwrap();
        let lengths = [9, 9, 9, 9, 9, 20, 20, 31];
        let mut replies = vec![(source, 9)];
        replies.extend(lengths.map(|length| (source, length)));
        replies.insert(4, (nobody, 9));
        for (place, (source, length)) in replies.into_iter().enumerate() {
            write_address(&mut batch.addresses[place], source);
            batch.pending.push(Reply { place, length, envelope: Envelope { source, destination: None } });
        }
        let sent = batch.send();
        assert_eq!(sent.failed, 1);
        // Six of 9 bytes and two of 20, unless the system joins nothing.
        assert!(sent.joined == 8 || !batch.joins_replies, "{sent:?}");
        let mut received: Vec<_> = (0..9).map(|_| client.recv(&mut [0; 64]).unwrap()).collect();
        received.sort_unstable();
        assert_eq!(received, [9, 9, 9, 9, 9, 9, 20, 20, 31]);
    }
}
