//! Listening sockets: one address, UDP and TCP on the same port; or one for TLS or QUIC.

use std::fmt;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::str::FromStr;

use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use crate::model::VpcId;

/// Where to listen, and for which VPC: `ADDR:PORT` or `ADDR:PORT@VPC`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenAddress {
    pub address: SocketAddr,
    /// The VPC whose clients come to this listener, wherever they are.
    pub vpc: Option<VpcId>,
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<ListenAddress, String> {
        let (address, vpc) = match text.split_once('@') {
            Some((address, vpc)) => (address, Some(VpcId::new(vpc).map_err(|error| format!("after the @: {error}"))?)),
            None => (text, None),
        };
        let address = address.parse().map_err(|_| {
            "expected ADDR:PORT or ADDR:PORT@VPC, such as 127.0.0.1:1053, [::1]:1053 or 127.0.0.1:1054@vpc-0dev"
                .to_owned()
        })?;
        refuse_unusable(address)?;
        Ok(ListenAddress { address, vpc })
    }
}

/// Addresses that the system would take, or refuse without saying why.
fn refuse_unusable(address: SocketAddr) -> Result<(), String> {
    if address.ip().is_multicast() {
        return Err("it is a multicast address, from which nobody can be answered".to_owned());
    }
    match address.ip().to_canonical() {
        canonical if canonical != address.ip() => {
            Err(format!("write {} for this IPv4 address", SocketAddr::new(canonical, address.port())))
        }
        _ => Ok(()),
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.vpc {
            Some(vpc) => write!(f, "{}@{vpc}", self.address),
            None => write!(f, "{}", self.address),
        }
    }
}

/// UDP sockets and a TCP socket on one address.
#[derive(Debug)]
pub struct Listener {
    /// With the port that the system gave, if 0 was asked for.
    pub address: SocketAddr,
    pub vpc: Option<VpcId>,
    /// One for each thread that serves UDP.
    pub udp: Vec<UdpSocket>,
    pub tcp: TcpListener,
}

/// A socket for DNS over TLS or HTTPS.
#[derive(Debug)]
pub struct TlsListener {
    /// With the port that the system gave, if 0 was asked for.
    pub address: SocketAddr,
    pub vpc: Option<VpcId>,
    pub tcp: TcpListener,
}

/// What is spoken within TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsProtocol {
    Dot,
    Https,
}

/// A UDP socket for QUIC.
#[derive(Debug)]
pub struct QuicListener {
    /// With the port that the system gave, if 0 was asked for.
    pub address: SocketAddr,
    pub vpc: Option<VpcId>,
    pub udp: UdpSocket,
}

/// An address cannot be listened on.
#[derive(Debug)]
pub struct ListenError {
    /// What asked for it.
    flag: &'static str,
    address: SocketAddr,
    protocol: &'static str,
    error: io::Error,
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ListenError { flag, address, protocol, error } = self;
        write!(f, "could not listen on {address} ({protocol}): ")?;
        match error.kind() {
            io::ErrorKind::AddrInUse if *flag == DNS && address.port() == 53 && address.ip().is_unspecified() => f.write_str(
                "port 53 is taken on one of this machine's addresses, often by systemd-resolved on 127.0.0.53; name one address, such as --dns 192.0.2.53:53, or set DNSStubListener=no in /etc/systemd/resolved.conf",
            ),
            io::ErrorKind::AddrInUse => write!(
                f,
                "the port is taken; stop what listens there, or choose another with {flag} ADDR:PORT (port 0 lets the system choose)",
            ),
            io::ErrorKind::PermissionDenied => write!(
                f,
                "ports below 1024 need a privilege; choose a higher one with {flag} ADDR:PORT, or allow it: setcap cap_net_bind_service=+ep on the binary",
            ),
            io::ErrorKind::AddrNotAvailable => f.write_str("this machine has no such address; see `ip address`"),
            _ if error.raw_os_error() == Some(Errno::MFILE.raw_os_error()) => f.write_str(
                "the process may have no more file descriptors; raise the limit with ulimit -n, LimitNOFILE= in a systemd unit, or --ulimit nofile= for a container, or use fewer --udp-threads",
            ),
            _ => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for ListenError {}

impl ListenError {
    /// Of an address that another flag asks for, such as `--admin`.
    pub fn new(flag: &'static str, address: SocketAddr, protocol: &'static str, error: io::Error) -> ListenError {
        ListenError { flag, address, protocol, error }
    }
}

/// The flags that ask for addresses.
const DNS: &str = "--dns";
const DOT: &str = "--dot";
const DOH: &str = "--doh";
const DOQ: &str = "--doq";

/// Room for bursts while the server is busy, in bytes; the system may grant less.
const UDP_RECEIVE_BUFFER: usize = 4 << 20;
/// Connections that wait to be accepted; what systems allow unless told otherwise.
const TCP_BACKLOG: i32 = 4096;
/// How often a port that the system gave to UDP may turn out to be taken on TCP.
const PORT_ATTEMPTS: usize = 16;

impl Listener {
    /// Binds all sockets, as many for UDP as there are to be threads for it. Must be called within a tokio runtime.
    pub fn bind(listen: &ListenAddress, udp_threads: usize) -> Result<Listener, ListenError> {
        let mut attempts = PORT_ATTEMPTS;
        loop {
            let (udp, address) =
                bind_udp(listen.address, udp_threads).map_err(|error| dns_error(listen.address, "UDP", error))?;
            match bind_tcp(address) {
                Ok(tcp) => return Ok(Listener { address, vpc: listen.vpc.clone(), udp, tcp }),
                Err(error) => {
                    attempts -= 1;
                    if listen.address.port() != 0 || attempts == 0 {
                        return Err(dns_error(address, "TCP", error));
                    }
                }
            }
        }
    }
}

impl TlsListener {
    /// Must be called within a tokio runtime.
    pub fn bind(listen: &ListenAddress, protocol: TlsProtocol) -> Result<TlsListener, ListenError> {
        let bind = || {
            let tcp = bind_tcp(listen.address)?;
            Ok(TlsListener { address: tcp.local_addr()?, vpc: listen.vpc.clone(), tcp })
        };
        let (flag, protocol) = match protocol {
            TlsProtocol::Dot => (DOT, "TLS"),
            TlsProtocol::Https => (DOH, "HTTPS"),
        };
        bind().map_err(|error| ListenError { flag, address: listen.address, protocol, error })
    }
}

impl QuicListener {
    pub fn bind(listen: &ListenAddress) -> Result<QuicListener, ListenError> {
        let bind = || {
            let (mut sockets, address) = bind_udp(listen.address, 1)?;
            let udp = sockets.pop().ok_or(io::ErrorKind::Unsupported)?;
            Ok(QuicListener { address, vpc: listen.vpc.clone(), udp })
        };
        bind().map_err(|error| ListenError { flag: DOQ, address: listen.address, protocol: "QUIC", error })
    }
}

fn dns_error(address: SocketAddr, protocol: &'static str, error: io::Error) -> ListenError {
    ListenError { flag: DNS, address, protocol, error }
}

/// SO_REUSEPORT spreads clients over the threads' sockets, but would let a second server on the port take half of them
/// in silence: so the port is tried without it first. Never SO_REUSEADDR, which on UDP is the same without the spreading.
fn bind_udp(address: SocketAddr, count: usize) -> io::Result<(Vec<UdpSocket>, SocketAddr)> {
    let first = udp_socket(address)?;
    first.bind(&address.into())?;
    let address = first.local_addr()?.as_socket().ok_or(io::ErrorKind::Unsupported)?;
    let mut sockets = Vec::with_capacity(count.max(1));
    if !SPREADS_CLIENTS || count <= 1 {
        sockets.push(first.into());
        return Ok((sockets, address));
    }
    drop(first);
    for _ in 0..count {
        let socket = udp_socket(address)?;
        #[cfg(target_os = "linux")]
        socket.set_reuse_port(true)?;
        socket.bind(&address.into())?;
        sockets.push(socket.into());
    }
    Ok((sockets, address))
}

/// Whether SO_REUSEPORT does: elsewhere than on Linux it means something else.
const SPREADS_CLIENTS: bool = cfg!(target_os = "linux");

fn udp_socket(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // Best effort: the system's own limit may be lower.
    let _ = socket.set_recv_buffer_size(UDP_RECEIVE_BUFFER);
    let _ = socket.set_send_buffer_size(UDP_RECEIVE_BUFFER);
    Ok(socket)
}

fn bind_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // On TCP this only lets a restarted server bind while old connections linger.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(TCP_BACKLOG)?;
    TcpListener::from_std(socket.into())
}
