//! TLS servers with manners of their own. Each keeps a diary of its callers: whom they called in their client_hello, and
//! whom in their request.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{Accepted, Acceptor, WebPkiClientVerifier};
use rustls::{DEFAULT_VERSIONS, RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::certificates::{CA, FQDN, OneCertificate, certificate};
use crate::endpoint::PATIENCE;

/// What a server does with a caller.
pub type Manners = Box<dyn Fn(&mut Caller) + Send + Sync>;

/// A connection whose handshake is done, or will be by the way.
pub type Secured = StreamOwned<ServerConnection, Wire>;

pub struct SecureServer {
    pub address: SocketAddr,
    diary: watch::Receiver<Vec<String>>,
}

impl SecureServer {
    pub fn start(manners: Manners) -> SecureServer {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (kept, diary) = watch::channel(Vec::new());
        let manners = Arc::new(manners);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let (diary, manners, stream) = (kept.clone(), Arc::clone(&manners), stream.unwrap());
                stream.set_nodelay(true).unwrap();
                diary.send_modify(|diary| diary.push("nothing".to_owned()));
                let mut caller =
                    Caller { wire: Wire { stream, piece: usize::MAX }, diary, number, port: address.port() };
                thread::spawn(move || manners(&mut caller));
            }
        });
        SecureServer { address, diary }
    }

    /// Waits for these lines, one a connection, in which the server's port is `PORT`.
    ///
    /// # Errors
    ///
    /// The lines there are instead.
    pub async fn saw(&mut self, lines: &[&str]) -> Result<(), Vec<String>> {
        let seen = timeout(PATIENCE, self.diary.wait_for(|diary| *diary == lines)).await.is_ok();
        if seen { Ok(()) } else { Err(self.diary.borrow().clone()) }
    }
}

/// The TCP connection, written to in pieces.
pub struct Wire {
    stream: TcpStream,
    piece: usize,
}

impl Read for Wire {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stream.read(into)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(&bytes[..bytes.len().min(self.piece)])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How a server that has had enough goes on. Nobody listens any more once the checker has gone.
#[derive(Clone, Copy, Debug)]
pub enum End {
    Hang,
    Close,
    Reset,
}

pub struct Caller {
    wire: Wire,
    diary: watch::Sender<Vec<String>>,
    number: usize,
    port: u16,
}

impl Caller {
    /// Reads the client_hello and notes whom it calls. `None` is a caller who has gone.
    pub fn hello(&mut self) -> Option<Accepted> {
        let mut acceptor = Acceptor::default();
        loop {
            if acceptor.read_tls(&mut self.wire).ok()? == 0 {
                return None;
            }
            let Ok(accepted) = acceptor.accept() else { panic!("a checker says a proper client_hello") };
            if let Some(accepted) = accepted {
                let name = accepted.client_hello().server_name().map(|name| format!("SNI {name}"));
                self.note(name.unwrap_or_else(|| "no SNI".to_owned()));
                return Some(accepted);
            }
        }
    }

    pub fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.wire.write_all(bytes)
    }

    /// Waits for the client_hello and leaves it where it is.
    pub fn is_called(&self) {
        let _ = self.wire.stream.peek(&mut [0]);
    }

    /// Says what it hears.
    pub fn echo(&mut self) -> io::Result<u64> {
        io::copy(&mut self.wire.stream.try_clone()?, &mut self.wire)
    }

    pub fn end(&mut self, end: End) {
        match end {
            End::Hang => wait(&mut self.wire),
            // Dropping the connection closes it.
            End::Close => {}
            End::Reset => {
                let socket = socket2::SockRef::from(&self.wire.stream);
                socket.set_linger(Some(Duration::ZERO)).unwrap();
            }
        }
    }

    /// From the hello on, with this configuration. The handshake goes on as the connection is read from.
    pub fn secure(&mut self, accepted: Accepted, config: &Arc<ServerConfig>) -> Secured {
        let Ok(connection) = accepted.into_connection(Arc::clone(config)) else { panic!("a checker speaks our TLS") };
        let wire = Wire { stream: self.wire.stream.try_clone().unwrap(), piece: self.wire.piece };
        StreamOwned::new(connection, wire)
    }

    /// Reads the request and notes whom it calls. `None` is a caller who has gone, or may not come in.
    pub fn request(&mut self, secured: &mut Secured) -> Option<()> {
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") {
            match secured.read(&mut byte) {
                Ok(1) => request.push(byte[0]),
                Ok(_) => return None,
                Err(_) => {
                    // What there is to say about it has been said.
                    wait(&mut secured.sock);
                    return None;
                }
            }
        }
        let request = String::from_utf8(request).unwrap();
        let hosts: Vec<&str> = request.lines().filter(|line| line.to_ascii_lowercase().starts_with("host:")).collect();
        let host = hosts.join(", ").replace(&format!(":{}", self.port), ":PORT");
        let hello = self.diary.borrow()[self.number].clone();
        self.note(format!("{hello}, {host}"));
        Some(())
    }

    fn note(&self, line: String) {
        self.diary.send_modify(|diary| diary[self.number] = line);
    }
}

pub fn wait(stream: &mut impl Read) {
    let mut bytes = [0; 4_096];
    while matches!(stream.read(&mut bytes), Ok(1..)) {}
}

/// Whether clients are to show a certificate.
#[derive(Clone, Copy, Debug)]
pub enum ClientCertificate {
    Optional,
    Required,
}

/// How a server speaks TLS.
pub struct Configuration {
    pub chain: Vec<rustls::pki_types::CertificateDer<'static>>,
    pub versions: &'static [&'static SupportedProtocolVersion],
    pub client_certificate: Option<ClientCertificate>,
}

impl Configuration {
    pub fn of(pem: &str) -> Configuration {
        Configuration { chain: vec![certificate(pem)], versions: DEFAULT_VERSIONS, client_certificate: None }
    }

    pub fn with_versions(self, versions: &'static [&'static SupportedProtocolVersion]) -> Configuration {
        Configuration { versions, ..self }
    }

    pub fn with_client_certificate(self, client_certificate: ClientCertificate) -> Configuration {
        Configuration { client_certificate: Some(client_certificate), ..self }
    }

    pub fn build(self) -> Arc<ServerConfig> {
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(self.versions)
            .unwrap();
        let builder = match self.client_certificate {
            None => builder.with_no_client_auth(),
            Some(wanted) => builder.with_client_cert_verifier(client_verifier(wanted)),
        };
        let mut config = builder.with_cert_resolver(OneCertificate::new(self.chain));
        // What is written before the handshake is over goes out with it.
        config.send_half_rtt_data = true;
        Arc::new(config)
    }
}

fn client_verifier(wanted: ClientCertificate) -> Arc<dyn ClientCertVerifier> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate(CA)).unwrap();
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(ring::default_provider()));
    match wanted {
        ClientCertificate::Optional => builder.allow_unauthenticated().build().unwrap(),
        ClientCertificate::Required => builder.build().unwrap(),
    }
}

/// Takes the request, then does this with the connection.
pub fn serving(
    configuration: Configuration,
    respond: impl Fn(&mut Secured) -> io::Result<()> + Send + Sync + 'static,
) -> Manners {
    let config = configuration.build();
    Box::new(move |caller| {
        let Some(accepted) = caller.hello() else { return };
        let mut secured = caller.secure(accepted, &config);
        if caller.request(&mut secured).is_some() {
            let _ = respond(&mut secured);
        }
    })
}

/// Answers with these bytes, ends TLS as one should, and waits for the checker to go.
pub fn says(configuration: Configuration, bytes: impl Into<Vec<u8>>) -> Manners {
    let bytes = bytes.into();
    serving(configuration, move |secured| {
        secured.write_all(&bytes)?;
        secured.conn.send_close_notify();
        secured.flush()?;
        wait(&mut secured.sock);
        Ok(())
    })
}

/// As [`says`] with a certificate for the name.
pub fn fine(bytes: impl Into<Vec<u8>>) -> Manners {
    says(Configuration::of(FQDN), bytes)
}

/// Reads the client_hello and answers with these bytes as they are.
pub fn blurts(bytes: impl Into<Vec<u8>>, end: End) -> Manners {
    let bytes = bytes.into();
    Box::new(move |caller| {
        if caller.hello().is_some() {
            let _ = caller.say(&bytes);
            caller.end(end);
        }
    })
}

/// Says only the beginning of its server_hello.
pub fn stammers(end: End) -> Manners {
    let config = Configuration::of(FQDN).build();
    Box::new(move |caller| {
        let Some(accepted) = caller.hello() else { return };
        let flight = first_flight(caller, accepted, &config);
        let _ = caller.say(&flight[..40]);
        caller.end(end);
    })
}

/// Says its part of the handshake byte by byte, with a pause after each.
pub fn drips_the_handshake(pause: Duration) -> Manners {
    let config = Configuration::of(FQDN).build();
    Box::new(move |caller| {
        let Some(accepted) = caller.hello() else { return };
        for byte in first_flight(caller, accepted, &config) {
            if caller.say(&[byte]).is_err() {
                break;
            }
            thread::sleep(pause);
        }
    })
}

/// All that a server says before the client's second word.
fn first_flight(caller: &mut Caller, accepted: Accepted, config: &Arc<ServerConfig>) -> Vec<u8> {
    let mut connection = caller.secure(accepted, config).conn;
    let mut flight = Vec::new();
    while connection.wants_write() {
        connection.write_tls(&mut flight).unwrap();
    }
    flight
}

/// Every byte is a TCP segment of its own, if the network lets it.
pub fn spells(bytes: &'static [u8]) -> Manners {
    let manners = fine(bytes);
    Box::new(move |caller| {
        caller.wire.piece = 1;
        manners(caller);
    })
}

/// What servers do that have several names: one way for those who call them by a name, another for those who do not.
pub fn by_sni(named: Manners, nameless: Manners) -> Manners {
    Box::new(move |caller| {
        let mut hello = [0; 4_096];
        // Peeked at, it is still there for whoever serves. One segment holds it all.
        let Ok(length) = caller.wire.stream.peek(&mut hello) else { return };
        let mut acceptor = Acceptor::default();
        acceptor.read_tls(&mut &hello[..length]).unwrap();
        let Ok(Some(accepted)) = acceptor.accept() else { panic!("a client_hello is one segment") };
        let is_named = accepted.client_hello().server_name().is_some();
        if is_named { named(caller) } else { nameless(caller) }
    })
}
