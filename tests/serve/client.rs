//! A small DNS client on plain sockets. It never asks twice: a lost query is a failure.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::message::{Query, Response};

/// How long an answer may take.
pub const ANSWER_TIME: Duration = Duration::from_secs(5);
/// How long to listen for an answer that must not come.
const SILENCE: Duration = Duration::from_millis(300);
const ID: u16 = 0x5a17;

fn loopback(server: SocketAddr) -> IpAddr {
    if server.is_ipv6() { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() }
}

pub fn udp_socket(server: SocketAddr, source: IpAddr) -> UdpSocket {
    let socket = UdpSocket::bind((source, 0)).unwrap();
    socket.connect(server).unwrap();
    socket.set_read_timeout(Some(ANSWER_TIME)).unwrap();
    socket
}

/// A connection of queries, each with its length before it.
pub struct Connection(TcpStream);

impl Connection {
    pub fn open(server: SocketAddr) -> Connection {
        Connection::open_from(server, loopback(server))
    }

    pub fn open_from(server: SocketAddr, source: IpAddr) -> Connection {
        let socket = Socket::new(Domain::for_address(server), Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::new(source, 0).into()).unwrap();
        socket.connect(&server.into()).unwrap();
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(ANSWER_TIME)).unwrap();
        Connection(stream)
    }

    /// The same connection, to send on another thread.
    pub fn another(&self) -> Connection {
        Connection(self.0.try_clone().unwrap())
    }

    pub fn send(&mut self, message: &[u8]) {
        let length = (message.len() as u16).to_be_bytes();
        self.0.write_all(&[&length, message].concat()).unwrap();
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    /// Says that nothing more will be asked.
    pub fn close_sending(&mut self) {
        self.0.shutdown(std::net::Shutdown::Write).unwrap();
    }

    pub fn receive(&mut self) -> Vec<u8> {
        self.try_receive().expect("an answer over TCP")
    }

    /// `None` if nothing comes or the server closes.
    fn try_receive(&mut self) -> Option<Vec<u8>> {
        let mut length = [0; 2];
        self.0.read_exact(&mut length).ok()?;
        let mut message = vec![0; u16::from_be_bytes(length).into()];
        self.0.read_exact(&mut message).ok()?;
        Some(message)
    }

    /// Whether the server has closed, which it may do with bytes of ours unread.
    pub fn is_ended(&mut self) -> bool {
        match self.0.read(&mut [0]) {
            Ok(length) => length == 0,
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        }
    }

    /// Whether the server has closed, once it has sent what it had to send.
    pub fn is_at_end(&mut self) -> bool {
        matches!(self.0.read(&mut [0]), Ok(0))
    }
}

/// How to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    Udp,
    Tcp,
}

pub const BOTH: [Over; 2] = [Over::Udp, Over::Tcp];

/// Asks once, from the loopback address.
pub fn ask(over: Over, server: SocketAddr, query: &Query) -> Response {
    ask_from(over, server, loopback(server), query)
}

/// Asks once, from this address.
pub fn ask_from(over: Over, server: SocketAddr, source: IpAddr, query: &Query) -> Response {
    let bytes = exchange(over, server, source, &query.bytes(ID)).unwrap_or_else(|| panic!("no answer to {query:?}"));
    let response = Response::read(bytes);
    assert_eq!(response.message.metadata.id, ID);
    response
}

/// Sends any bytes as one message; `None` if no answer comes.
pub fn send(over: Over, server: SocketAddr, message: &[u8]) -> Option<Vec<u8>> {
    exchange(over, server, loopback(server), message)
}

/// The same over both, to find out that nothing answers.
pub fn is_met_with_silence(over: Over, server: SocketAddr, message: &[u8]) -> bool {
    match over {
        Over::Udp => {
            let socket = udp_socket(server, loopback(server));
            socket.set_read_timeout(Some(SILENCE)).unwrap();
            socket.send(message).unwrap();
            socket.recv(&mut [0; 1]).is_err()
        }
        Over::Tcp => {
            let mut connection = Connection::open(server);
            connection.0.set_read_timeout(Some(SILENCE)).unwrap();
            connection.send(message);
            connection.try_receive().is_none()
        }
    }
}

fn exchange(over: Over, server: SocketAddr, source: IpAddr, message: &[u8]) -> Option<Vec<u8>> {
    match over {
        Over::Udp => {
            let socket = udp_socket(server, source);
            socket.send(message).unwrap();
            let mut buffer = vec![0; 65_535];
            match socket.recv(&mut buffer) {
                Ok(length) => buffer.truncate(length),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return None,
                Err(error) => panic!("{error}"),
            }
            Some(buffer)
        }
        Over::Tcp => {
            let mut connection = Connection::open_from(server, source);
            connection.send(message);
            connection.try_receive()
        }
    }
}
