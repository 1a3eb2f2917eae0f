//! A small HTTP client on plain sockets: what it sends is what a test says.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than an answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Response {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(its_name, _)| its_name == name).map(|(_, value)| value.as_str())
    }
}

/// One connection, for one request after the other.
pub struct Client(TcpStream);

impl Client {
    pub fn open(api: SocketAddr) -> Client {
        let stream = TcpStream::connect(api).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Client(stream)
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    pub fn ask(&mut self, method: &str, target: &str, body: &str) -> Response {
        let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        self.send(format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n{length}\r\n{body}").as_bytes());
        self.receive()
    }

    pub fn receive(&mut self) -> Response {
        let mut read = Vec::new();
        let head_end = loop {
            if let Some(at) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break at;
            }
            let mut more = [0; 4096];
            let count = self.0.read(&mut more).unwrap();
            assert!(count > 0, "the connection ended before an answer: {:?}", String::from_utf8_lossy(&read));
            read.extend(&more[..count]);
        };
        let head = String::from_utf8(read[..head_end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(':').unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length").unwrap().1.parse().unwrap();
        let mut body = read.split_off(head_end + 4);
        let already = body.len();
        body.resize(length, 0);
        self.0.read_exact(&mut body[already..]).unwrap();
        Response { status, headers, body: String::from_utf8(body).unwrap() }
    }
}
