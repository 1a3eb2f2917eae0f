//! An endpoint to probe: a small server on a port the system picked, which tells what it saw.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::certificates::{EXPIRED_OTHER_NAME, OneCertificate, certificate};

pub const OK: Behaviour = Behaviour::Respond("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
pub const UNAVAILABLE: Behaviour =
    Behaviour::Respond("HTTP/1.1 503 Service Temporarily Unavailable\r\nContent-Length: 0\r\n\r\n");

/// Longer than anything here takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug)]
pub enum Behaviour {
    /// Reads the request, writes this, waits for the client to go.
    Respond(&'static str),
    /// Reads the request and says nothing.
    Hang,
    /// Reads the request and goes.
    Close,
    /// Does not even speak TLS.
    HangInHandshake,
}

#[derive(Debug)]
pub enum Seen {
    Request {
        text: String,
        server_name: Option<String>,
    },
    /// The client has closed the connection.
    Closed,
}

pub struct Endpoint {
    pub address: SocketAddr,
    behaviour: Arc<Mutex<Behaviour>>,
    seen: mpsc::UnboundedReceiver<Seen>,
}

impl Endpoint {
    pub fn http(behaviour: Behaviour) -> Endpoint {
        Endpoint::start(behaviour, None)
    }

    /// With a certificate that is self-signed, expired since 2020, and for `expired.invalid`.
    pub fn https(behaviour: Behaviour) -> Endpoint {
        Endpoint::start(behaviour, Some(server_config()))
    }

    fn start(behaviour: Behaviour, tls: Option<Arc<ServerConfig>>) -> Endpoint {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let behaviour = Arc::new(Mutex::new(behaviour));
        let (sender, seen) = mpsc::unbounded_channel();
        let current = Arc::clone(&behaviour);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (sender, tls, behaviour) = (sender.clone(), tls.clone(), *current.lock().unwrap());
                thread::spawn(move || serve(stream.unwrap(), tls, behaviour, &sender));
            }
        });
        Endpoint { address, behaviour, seen }
    }

    pub fn behave(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    pub async fn next_seen(&mut self) -> Seen {
        timeout(PATIENCE, self.seen.recv()).await.expect("the endpoint sees something").unwrap()
    }

    pub async fn next_request(&mut self) -> String {
        loop {
            if let Seen::Request { text, .. } = self.next_seen().await {
                return text;
            }
        }
    }

    /// How many requests came since this or the like was last asked.
    pub fn requests(&mut self) -> usize {
        std::iter::from_fn(|| self.seen.try_recv().ok()).filter(|seen| matches!(seen, Seen::Request { .. })).count()
    }
}

/// A port nobody listens on.
pub fn closed_port() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

fn serve(
    mut stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    behaviour: Behaviour,
    seen: &mpsc::UnboundedSender<Seen>,
) {
    if let Behaviour::HangInHandshake = behaviour {
        return wait_for_end(&mut stream, seen);
    }
    match tls {
        None => converse(&mut stream, |_| None, behaviour, seen),
        Some(config) => {
            let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
            converse(&mut stream, |stream| stream.conn.server_name().map(str::to_owned), behaviour, seen);
        }
    }
}

fn converse<S: Read + Write>(
    stream: &mut S,
    server_name: impl Fn(&S) -> Option<String>,
    behaviour: Behaviour,
    seen: &mpsc::UnboundedSender<Seen>,
) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        match stream.read(&mut byte) {
            Ok(1) => request.push(byte[0]),
            Ok(_) | Err(_) => return,
        }
    }
    // Nobody listens any more once the test is over.
    let text = String::from_utf8(request).unwrap();
    let _ = seen.send(Seen::Request { text, server_name: server_name(stream) });
    match behaviour {
        Behaviour::Close => return,
        Behaviour::Hang | Behaviour::HangInHandshake => {}
        Behaviour::Respond(response) => {
            let _ = stream.write_all(response.as_bytes());
            let _ = stream.flush();
        }
    }
    wait_for_end(stream, seen);
}

fn wait_for_end(stream: &mut impl Read, seen: &mpsc::UnboundedSender<Seen>) {
    let _ = stream.read_to_end(&mut Vec::new());
    let _ = seen.send(Seen::Closed);
}

fn server_config() -> Arc<ServerConfig> {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(OneCertificate::new(vec![certificate(EXPIRED_OTHER_NAME)]));
    Arc::new(config)
}
