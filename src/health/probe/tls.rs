//! TLS as health checkers speak it: any certificate will do, nothing is remembered between probes.

use std::io;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::certificate;

use super::outcome::ProbeFinding;

/// Why a handshake failed.
pub(super) enum HandshakeFailure {
    /// The server refused to go on, as one does that has nothing for the name it was called by.
    ByServer(ProbeFinding),
    Other(ProbeFinding),
}

impl HandshakeFailure {
    pub(super) fn into_finding(self) -> ProbeFinding {
        match self {
            HandshakeFailure::ByServer(finding) | HandshakeFailure::Other(finding) => finding,
        }
    }
}

/// The configuration all probes share: TLS 1.2 and 1.3 (rustls speaks nothing older, so of HC-14's versions 1.0 and
/// 1.1 are missing), every handshake a full one.
pub(super) fn client_config() -> ClientConfig {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring's provider has suites for TLS 1.2 and 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate))
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    config
}

/// Shakes hands with a server called `name`; an address in its place sends no SNI (RFC 6066 §3).
pub(super) async fn handshake(
    config: &Arc<ClientConfig>,
    name: ServerName<'static>,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, HandshakeFailure> {
    let connecting = TlsConnector::from(Arc::clone(config)).connect(name, stream);
    connecting.await.map_err(|error| {
        let finding = ProbeFinding::of_error(&error);
        let is_refusal = finding == ProbeFinding::ConnectionClosed || is_alert(&error);
        if is_refusal { HandshakeFailure::ByServer(finding) } else { HandshakeFailure::Other(finding) }
    })
}

fn is_alert(error: &io::Error) -> bool {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<Error>());
    matches!(cause, Some(Error::AlertReceived(_)))
}

/// HC-15: whether the server is the one that was called by this name, going by its certificate.
pub(super) fn certificate_contains(stream: &TlsStream<TcpStream>, name: &ServerName<'_>) -> bool {
    let (_, connection) = stream.get_ref();
    let Some(certificate) = connection.peer_certificates().and_then(<[_]>::first) else { return false };
    matches!(name, ServerName::DnsName(name) if certificate::contains(certificate, name))
}

/// HC-14: expired, self-signed, for another name, not even a certificate: all fine.
#[derive(Debug)]
struct AnyCertificate;

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    /// All there are: nobody looks at a signature.
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![
            SignatureScheme::ECDSA_NISTP256_SHA256,
            SignatureScheme::ECDSA_NISTP384_SHA384,
            SignatureScheme::ECDSA_NISTP521_SHA512,
            SignatureScheme::ED25519,
            SignatureScheme::ED448,
            SignatureScheme::RSA_PSS_SHA256,
            SignatureScheme::RSA_PSS_SHA384,
            SignatureScheme::RSA_PSS_SHA512,
            SignatureScheme::RSA_PKCS1_SHA256,
            SignatureScheme::RSA_PKCS1_SHA384,
            SignatureScheme::RSA_PKCS1_SHA512,
            SignatureScheme::RSA_PKCS1_SHA1,
            SignatureScheme::ECDSA_SHA1_Legacy,
        ]
    }
}
