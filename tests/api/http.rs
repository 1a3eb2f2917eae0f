//! A small HTTP client on plain sockets: what it sends is what a test says.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than an answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
pub const NAMESPACE: &str = "https://route53.amazonaws.com/doc/2013-04-01/";

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(its_name, _)| its_name == name).map(|(_, value)| value.as_str())
    }

    /// The texts of all elements with this name, as they stand there.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        let (start, end) = (format!("<{name}>"), format!("</{name}>"));
        self.body.split(&start).skip(1).map(|rest| rest.split(&end).next().unwrap()).collect()
    }

    /// The text of the only element with this name, or of the first.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts(name).first().copied()
    }

    /// The last segment of the place of what was made.
    pub fn made(&self) -> &str {
        self.header("location").unwrap_or_else(|| panic!("{self:?}")).rsplit('/').next().unwrap()
    }
}

/// One connection, for one request after the other.
pub struct Client(TcpStream);

impl Client {
    pub fn open(api: SocketAddr) -> Client {
        Client::try_open(api).unwrap()
    }

    /// Fails where there is no server any more.
    pub fn try_open(api: SocketAddr) -> io::Result<Client> {
        let stream = TcpStream::connect(api)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Client(stream))
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    /// As much as the server takes: it may have closed.
    pub fn try_send(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes);
    }

    /// Says that nothing more will come.
    pub fn close_sending(&mut self) {
        let _ = self.0.shutdown(Shutdown::Write);
    }

    pub fn ask(&mut self, method: &str, target: &str, body: &str) -> Response {
        self.ask_with(method, target, "", body)
    }

    /// With more headers, each with its line's end.
    pub fn ask_with(&mut self, method: &str, target: &str, headers: &str, body: &str) -> Response {
        self.try_ask_with(method, target, headers, body).unwrap()
    }

    /// Fails if the server goes before it has answered.
    pub fn try_ask(&mut self, method: &str, target: &str, body: &str) -> io::Result<Response> {
        self.try_ask_with(method, target, "", body)
    }

    fn try_ask_with(&mut self, method: &str, target: &str, headers: &str, body: &str) -> io::Result<Response> {
        let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let head = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n{length}{headers}\r\n");
        self.0.write_all(format!("{head}{body}").as_bytes())?;
        self.try_receive()
    }

    /// Posts a request of an operation with these members; whatever comes back.
    pub fn post(&mut self, target: &str, operation: &str, members: &str) -> Response {
        self.ask("POST", &format!("/2013-04-01/{target}"), &request(operation, members))
    }

    /// As [`post`](Client::post), and it must succeed.
    pub fn done(&mut self, target: &str, operation: &str, members: &str) -> Response {
        let response = self.post(target, operation, members);
        assert!(matches!(response.status, 200 | 201), "{operation}: {response:?}");
        response
    }

    /// Gets what must be there.
    pub fn get(&mut self, target: &str) -> Response {
        let response = self.ask("GET", &format!("/2013-04-01/{target}"), "");
        assert_eq!(response.status, 200, "{target}: {response:?}");
        response
    }

    pub fn receive(&mut self) -> Response {
        self.try_receive().unwrap()
    }

    /// Fails if the connection ends before a whole answer.
    pub fn try_receive(&mut self) -> io::Result<Response> {
        let (status, headers) = self.receive_head()?;
        let length = headers.iter().find(|(name, _)| name == "content-length").map_or("0", |(_, length)| length);
        let mut body = vec![0; length.parse().unwrap()];
        self.0.read_exact(&mut body)?;
        Ok(Response { status, headers, body: String::from_utf8(body).unwrap() })
    }

    /// The head of an answer alone, and not a byte more.
    pub fn receive_head(&mut self) -> io::Result<(u16, Vec<(String, String)>)> {
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if self.0.read(&mut byte)? == 0 {
                return Err(io::Error::new(ErrorKind::UnexpectedEof, String::from_utf8_lossy(&read)));
            }
            read.push(byte[0]);
        }
        let head = String::from_utf8(read).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .map(|line| line.split_once(':').unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Ok((status, headers))
    }

    /// Whether the server has closed, which it may do with bytes of ours unread.
    pub fn is_ended(&mut self) -> bool {
        match self.0.read(&mut [0]) {
            Ok(length) => length == 0,
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        }
    }
}

/// The body of a request with these members.
pub fn request(operation: &str, members: &str) -> String {
    format!("<{operation}Request xmlns=\"{NAMESPACE}\">{members}</{operation}Request>")
}
