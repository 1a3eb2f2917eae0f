//! One connection to an API, in plain text or over TLS, for one request after the other.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::small_file;

use super::endpoint::Endpoint;

/// How long a connection may take to be made.
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// How long an answer may take to come whole.
const ANSWER_TIME: Duration = Duration::from_secs(60);
/// The largest answer: a page of record sets stays far below.
const ANSWER_BYTES: usize = 64 << 20;
/// The largest file of root certificates.
const ROOTS_BYTES: usize = 16 << 20;
/// Where systems keep the root certificates that they trust.
const ROOTS: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// An open connection, or one to be.
pub struct Connection {
    endpoint: Endpoint,
    tls: Option<TlsConnector>,
    open: Option<SendRequest<Full<Bytes>>>,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub body: Bytes,
}

/// Why nothing came back.
pub enum Failure {
    /// The request was not sent.
    NotSent(String),
    /// It was sent, or a part of it.
    NoAnswer(String),
}

impl Connection {
    /// `roots` is a file of root certificates in PEM; without it, an endpoint over HTTPS is held against those that the
    /// system trusts.
    ///
    /// # Errors
    ///
    /// There are no root certificates.
    pub fn new(endpoint: Endpoint, roots: Option<&Path>) -> Result<Connection, String> {
        let tls = if endpoint.is_https { Some(tls(roots)?) } else { None };
        Ok(Connection { endpoint, tls, open: None })
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Answer, Failure> {
        let mut sender = self.ready().await?;
        let answer = async {
            let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
            let status = response.status();
            let body = Limited::new(response.into_body(), ANSWER_BYTES).collect().await;
            let body = body.map_err(|error| error.to_string())?.to_bytes();
            Ok::<_, String>(Answer { status, body })
        };
        let answer = timeout(ANSWER_TIME, answer).await.unwrap_or_else(|_| Err("it takes too long".to_owned()));
        let answer = answer.map_err(Failure::NoAnswer)?;
        self.open = Some(sender);
        Ok(answer)
    }

    /// The connection that is open, if the other side has not ended it, or a new one.
    async fn ready(&mut self) -> Result<SendRequest<Full<Bytes>>, Failure> {
        if let Some(mut open) = self.open.take()
            && open.ready().await.is_ok()
        {
            return Ok(open);
        }
        let connecting = timeout(CONNECT_TIME, self.connect()).await;
        connecting.unwrap_or_else(|_| Err("it does not answer".to_owned())).map_err(Failure::NotSent)
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, String> {
        let Endpoint { host, port, .. } = &self.endpoint;
        let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(reason)?;
        // A request is written at once: nothing is gained by waiting for more of it.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else { return handshake(stream).await };
        let name = ServerName::try_from(host.clone()).map_err(|_| format!("{host} is no name of a server"))?;
        handshake(tls.connect(name, stream).await.map_err(|error| format!("TLS: {error}"))?).await
    }
}

async fn handshake<S>(stream: S) -> Result<SendRequest<Full<Bytes>>, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    // It ends with the sender; what goes wrong, the sender tells.
    tokio::spawn(connection);
    Ok(sender)
}

fn reason(error: io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        _ => error.to_string(),
    }
}

fn tls(roots: Option<&Path>) -> Result<TlsConnector, String> {
    let known = ROOTS.iter().map(Path::new).find(|path| path.exists());
    let path = roots.or(known).ok_or("there are no root certificates here; name a file of them in AWS_CA_BUNDLE")?;
    let unreadable =
        |error: &dyn std::fmt::Display| format!("could not read root certificates {}: {error}", path.display());
    let text = small_file::read(path, ROOTS_BYTES).map_err(|error| unreadable(&error))?;
    let mut store = RootCertStore::empty();
    let certificates = CertificateDer::pem_slice_iter(&text).filter_map(Result::ok);
    store.add_parsable_certificates(certificates);
    if store.is_empty() {
        return Err(unreadable(&"there are none in it"));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring's provider has suites for TLS 1.2 and 1.3")
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
