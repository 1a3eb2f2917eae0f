//! DNS over TLS (RFC 7858): what TCP says, secured; and who the server proves to be.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::BASE64;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, HandshakeKind, SignatureScheme, StreamOwned,
    SupportedProtocolVersion,
};

use crate::client::{ANSWER_TIME, Over, ask};
use crate::message::{A, Query, Response};
use crate::server::{Directory, Server, eventually, route53d, run_to_the_end};

pub const ZONES: &str = r#"
vpcs:
  - { id: vpc-0dev, region: eu-central-1, cidrs: [10.20.0.0/16] }
hosted_zones:
  - name: shop.example
    records:
      - { name: www, type: A, ttl: 60, values: [192.0.2.1] }
  - name: shop.example
    id: Z0PRIVATE
    vpcs: [vpc-0dev]
    records:
      - { name: www, type: A, ttl: 60, values: [10.20.0.1] }
"#;

/// Made with openssl for these tests, for `one.example` and `two.example`, both of the same key, and for `rsa.example`.
const ONE: &str = include_str!("certificates/one.pem");
const TWO: &str = include_str!("certificates/two.pem");
const RSA: &str = include_str!("certificates/rsa.pem");
const SEC1_KEY: &str = include_str!("certificates/ec_sec1.key");
const PKCS8_KEY: &str = include_str!("certificates/ec_pkcs8.key");
const PKCS1_KEY: &str = include_str!("certificates/rsa_pkcs1.key");
/// All of one key.
const VALID: &str = include_str!("../health/certificates/fqdn.pem");
const EXPIRED: &str = include_str!("../health/certificates/expired.pem");
const NOT_YET_VALID: &str = include_str!("../health/certificates/not_yet_valid.pem");
const VALID_KEY: &str = include_str!("../health/certificates/key.pem");

/// Of PKCS#8, and in the form that openssl had before.
const ENCRYPTED_KEY: &str = include_str!("certificates/encrypted.key");
const ENCRYPTED_PKCS1_KEY: &str = include_str!("certificates/encrypted_pkcs1.key");
/// Keys of kinds that are not taken.
const P521_KEY: &str = include_str!("certificates/ec_p521.key");
const RSA1024_KEY: &str = include_str!("certificates/rsa_1024.key");

/// Takes any certificate for good: the tests look at it themselves.
#[derive(Debug)]
struct AnyCertificate;

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = ring::default_provider().signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = ring::default_provider().signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// A client that takes any certificate.
pub fn client(version: &'static SupportedProtocolVersion, protocols: &[&str]) -> Arc<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_protocol_versions(&[version]).unwrap().dangerous();
    let mut config = builder.with_custom_certificate_verifier(Arc::new(AnyCertificate)).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    Arc::new(config)
}

pub fn any_client() -> Arc<ClientConfig> {
    client(&TLS13, &["dot"])
}

pub struct Secured(StreamOwned<ClientConnection, TcpStream>);

impl Secured {
    pub fn open(server: SocketAddr, config: &Arc<ClientConfig>) -> Secured {
        Secured::try_open(server, config).unwrap()
    }

    fn try_open(server: SocketAddr, config: &Arc<ClientConfig>) -> std::io::Result<Secured> {
        let stream = TcpStream::connect(server)?;
        stream.set_read_timeout(Some(ANSWER_TIME))?;
        let name = ServerName::try_from("localhost").unwrap();
        let mut secured = StreamOwned::new(ClientConnection::new(Arc::clone(config), name).unwrap(), stream);
        while secured.conn.is_handshaking() {
            secured.conn.complete_io(&mut secured.sock)?;
        }
        Ok(Secured(secured))
    }

    fn certificate(&self) -> CertificateDer<'static> {
        self.0.conn.peer_certificates().unwrap()[0].clone().into_owned()
    }

    fn send(&mut self, message: &[u8]) {
        self.0.write_all(&[&(message.len() as u16).to_be_bytes(), message].concat()).unwrap();
    }

    fn receive(&mut self) -> Response {
        let mut length = [0; 2];
        self.0.read_exact(&mut length).unwrap();
        let mut message = vec![0; u16::from_be_bytes(length).into()];
        self.0.read_exact(&mut message).unwrap();
        Response::read(message)
    }

    pub fn ask(&mut self) -> Vec<Ipv4Addr> {
        self.send(&www(1));
        self.receive().addresses()
    }
}

fn www(id: u16) -> Vec<u8> {
    Query::new("www.shop.example", A).bytes(id)
}

const OUTSIDE: [Ipv4Addr; 1] = [Ipv4Addr::new(192, 0, 2, 1)];
const INSIDE: [Ipv4Addr; 1] = [Ipv4Addr::new(10, 20, 0, 1)];

fn start(flags: &[&str]) -> Server {
    Server::with(&[("zones.yaml", ZONES)], &["127.0.0.1:0"], flags)
}

fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

#[test]
fn both_versions_of_tls_are_spoken_and_the_view_is_the_listeners() {
    let server = start(&["--dot", "127.0.0.1:0", "--dot", "127.0.0.1:0@vpc-0dev"]);
    for (number, inside) in [(0, ""), (1, ", inside vpc-0dev")] {
        let line = format!("Listening on {} (TLS){inside}\n", server.dot[number]);
        assert!(server.output().contains(&line), "{}", server.output());
    }
    for version in [&TLS12, &TLS13] {
        for protocols in [&["dot"][..], &[], &["h2", "dot"]] {
            let config = client(version, protocols);
            let mut connection = Secured::open(server.dot[0], &config);
            assert_eq!(connection.ask(), OUTSIDE);
            let spoken = connection.0.conn.alpn_protocol();
            assert_eq!(spoken, (!protocols.is_empty()).then_some(&b"dot"[..]));
            assert_eq!(Secured::open(server.dot[1], &config).ask(), INSIDE);
        }
        // Somebody who came for another protocol is told so.
        assert!(Secured::try_open(server.dot[0], &client(version, &["h2"])).is_err());
    }
    // The same bytes as over TCP.
    let mut connection = Secured::open(server.dot[0], &any_client());
    let query = Query::new("none.shop.example", A).edns(1232);
    connection.send(&query.bytes(0x5a17));
    assert_eq!(connection.receive().bytes, ask(Over::Tcp, server.address(), &query).bytes);
}

#[test]
fn a_certificate_made_at_start_is_for_this_machine_and_its_fingerprint_is_told() {
    let server = start(&["--dot", "127.0.0.1:0"]);
    let made = Secured::open(server.dot[0], &any_client()).certificate();
    let parsed = webpki::EndEntityCert::try_from(&made).unwrap();
    for name in ["localhost", "127.0.0.1"] {
        parsed.verify_is_valid_for_subject_name(&ServerName::try_from(name).unwrap()).unwrap();
    }
    let digest = ring_digest(&made);
    server.logs(&format!("a self-signed TLS certificate for development was made, SHA-256 {digest}"));
}

fn ring_digest(certificate: &CertificateDer<'_>) -> String {
    let digest = ::ring::digest::digest(&::ring::digest::SHA256, certificate);
    digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

#[test]
fn a_client_that_comes_again_resumes() {
    let server = start(&["--dot", "127.0.0.1:0"]);
    for version in [&TLS12, &TLS13] {
        let config = client(version, &["dot"]);
        for expected in [HandshakeKind::Full, HandshakeKind::Resumed, HandshakeKind::Resumed] {
            let mut connection = Secured::open(server.dot[0], &config);
            // With the answer, if not before, comes the ticket.
            assert_eq!(connection.ask(), OUTSIDE);
            let kind = connection.0.conn.handshake_kind();
            let is_resumed = !matches!(kind, Some(HandshakeKind::Full | HandshakeKind::FullWithHelloRetryRequest));
            assert_eq!(is_resumed, expected == HandshakeKind::Resumed, "{version:?}: {kind:?}");
        }
    }
}

#[test]
fn a_thousand_questions_at_once_are_all_answered_over_tls() {
    let server = start(&["--dot", "127.0.0.1:0"]);
    let mut connection = Secured::open(server.dot[0], &any_client());
    (0..1_000).for_each(|id| connection.send(&www(id)));
    let mut ids: Vec<u16> = (0..1_000)
        .map(|_| {
            let response = connection.receive();
            assert_eq!(response.addresses(), OUTSIDE);
            response.message.metadata.id
        })
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..1_000).collect::<Vec<u16>>());
}

#[test]
fn handshakes_that_stay_open_and_garbage_keep_nobody_out() {
    let mut server = start(&["--dot", "127.0.0.1:0", "--tcp-connections-per-address", "64"]);
    let mut hello = Vec::new();
    let name = ServerName::try_from("localhost").unwrap();
    ClientConnection::new(any_client(), name).unwrap().write_tls(&mut hello).unwrap();
    let half_open: Vec<TcpStream> = (0..200)
        .map(|number| {
            let mut stream = TcpStream::connect(server.dot[0]).unwrap();
            // Nothing, a part of the client_hello, or all of it and no answer to what comes back. It may be closed
            // already, to make room.
            let _ = stream.write_all(&hello[..[0, 20, hello.len()][number % 3]]);
            stream
        })
        .collect();
    assert_eq!(Secured::open(server.dot[0], &any_client()).ask(), OUTSIDE);
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0; 100], &[0xff; 5_000], &www(1), b"\x16\x03\x01\xff\xff"] {
        let mut stream = TcpStream::connect(server.dot[0]).unwrap();
        stream.set_read_timeout(Some(ANSWER_TIME)).unwrap();
        let _ = stream.write_all(garbage);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        // An alert at the most, and the end.
        let mut alert = Vec::new();
        match stream.read_to_end(&mut alert) {
            Ok(_) => assert!(alert.len() < 20, "{alert:?}"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{garbage:?}"),
        }
    }
    assert_eq!(Secured::open(server.dot[0], &any_client()).ask(), OUTSIDE);
    assert_eq!(ask(Over::Tcp, server.address(), &Query::new("www.shop.example", A)).addresses(), OUTSIDE);
    server.signal("TERM");
    assert_eq!(server.wait_for_end().code(), Some(0));
    assert!(!server.log().contains("panicked"), "{}", server.log());
    drop(half_open);
}

#[test]
fn a_connection_open_at_the_end_is_closed_as_tls_closes() {
    let mut server = start(&["--dot", "127.0.0.1:0"]);
    let mut connection = Secured::open(server.dot[0], &any_client());
    connection.ask();
    server.signal("TERM");
    // Without close_notify this is an error.
    assert_eq!(connection.0.read(&mut [0]).unwrap(), 0);
    assert_eq!(server.wait_for_end().code(), Some(0));
}

/// A server with a certificate and key from files, which stand in its directory.
struct Certified {
    server: Server,
    certificate: PathBuf,
    key: PathBuf,
}

impl Certified {
    fn start(certificate: &str, key: &str) -> Certified {
        let directory = Directory::with_zones(&[("zones.yaml", ZONES)]);
        let paths = [directory.path("tls.pem"), directory.path("tls.key")];
        fs::write(&paths[0], certificate).unwrap();
        fs::write(&paths[1], key).unwrap();
        Certified::run(directory, paths)
    }

    fn run(directory: Directory, [certificate, key]: [PathBuf; 2]) -> Certified {
        let mut command = route53d();
        command.args(["serve", "--dns", "127.0.0.1:0", "--dot", "127.0.0.1:0", "--zones"]);
        command.arg(directory.path("zones")).arg("--ready-file").arg(directory.path("ready.json"));
        command.env("ROUTE53D_TLS_CERT", &certificate).env("ROUTE53D_TLS_KEY", &key);
        Certified { server: Server::run(command, directory), certificate, key }
    }

    fn shows(&self, expected: &str) -> bool {
        let mut connection = Secured::open(self.server.dot[0], &any_client());
        assert_eq!(connection.ask(), OUTSIDE);
        connection.certificate() == certificate(expected)
    }

    fn comes_to_show(&self, expected: &str) {
        eventually("the new certificate", || self.shows(expected).then_some(()));
    }
}

#[test]
fn keys_of_every_form_are_read() {
    for (pem, key) in [(ONE, SEC1_KEY), (ONE, PKCS8_KEY), (RSA, PKCS1_KEY)] {
        // openssl writes the parameters of a curve first if it is asked to.
        let key = format!("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n{key}");
        let certified = Certified::start(pem, &key);
        assert!(certified.shows(pem));
        certified.server.logs(&format!("TLS certificate, SHA-256 {}", ring_digest(&certificate(pem))));
    }
}

#[test]
fn a_new_certificate_is_used_without_a_restart_and_a_bad_one_is_not() {
    let certified = Certified::start(ONE, PKCS8_KEY);
    let mut connection = Secured::open(certified.server.dot[0], &any_client());
    connection.ask();
    // Renamed over the old one, as careful programs write.
    let beside = certified.server.directory.path("new.pem");
    fs::write(&beside, TWO).unwrap();
    fs::rename(&beside, &certified.certificate).unwrap();
    certified.comes_to_show(TWO);
    certified.server.logs(&format!("new TLS certificate, SHA-256 {}", ring_digest(&certificate(TWO))));
    // Written in place, with a key that is not its own, and then with it.
    fs::write(&certified.certificate, RSA).unwrap();
    certified.server.logs("the last good TLS certificate stays in use: --tls-key ");
    certified.server.logs("the key does not match the first certificate of --tls-cert ");
    assert!(certified.shows(TWO));
    fs::write(&certified.key, PKCS1_KEY).unwrap();
    certified.comes_to_show(RSA);
    fs::remove_file(&certified.certificate).unwrap();
    certified.server.logs("the last good TLS certificate stays in use: could not read --tls-cert ");
    assert!(certified.shows(RSA));
    // Who was there before notices nothing of all this.
    assert_eq!(connection.ask(), OUTSIDE);
}

#[test]
fn a_certificate_that_is_not_valid_now_is_used_and_told_at_the_start_and_when_it_is_new() {
    let expired = "expired on 2020-01-02T00:00:00Z: clients that verify it will refuse it";
    let not_yet_valid = "is not valid before 2120-01-01T00:00:00Z: clients that verify it will refuse it";
    let certified = Certified::start(&[VALID, EXPIRED].concat(), VALID_KEY);
    certified.server.logs(&format!("TLS certificate 2 of 2 {expired}"));
    assert!(!certified.server.log().contains("TLS certificate 1 of 2"));
    fs::write(&certified.certificate, NOT_YET_VALID).unwrap();
    certified.comes_to_show(NOT_YET_VALID);
    certified.server.logs(&format!("TLS certificate 1 of 1 {not_yet_valid}"));
    let log = Certified::start(VALID, VALID_KEY).server.log();
    assert!(!log.contains("clients that verify it"), "{log}");
}

#[test]
fn a_certificate_that_expires_while_it_is_in_use_is_told() {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    parameters.not_before = rcgen::date_time_ymd(2026, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(1970, 1, 1) + start + Duration::from_secs(3);
    let pem =
        |label: &str, der: &[u8]| format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64.encode(der));
    let certificate = pem("CERTIFICATE", parameters.self_signed(&key).unwrap().der());
    let certified = Certified::start(&certificate, &pem("PRIVATE KEY", &key.serialize_der()));
    certified.server.logs("TLS certificate 1 of 1 expired on ");
    assert!(SystemTime::now().duration_since(UNIX_EPOCH).unwrap() > start + Duration::from_secs(3));
    // It is used all the same.
    assert!(certified.shows(&certificate));
}

/// Kubernetes has a link to a link to a directory, and swaps the one in the middle.
#[test]
fn a_certificate_behind_links_is_followed() {
    let directory = Directory::with_zones(&[("zones.yaml", ZONES)]);
    let at = |name: &str| directory.path(name);
    for (name, pem) in [("..first", ONE), ("..second", TWO)] {
        fs::create_dir(at(name)).unwrap();
        fs::write(at(name).join("tls.pem"), pem).unwrap();
        fs::write(at(name).join("tls.key"), SEC1_KEY).unwrap();
    }
    symlink("..first", at("..current")).unwrap();
    let paths = ["tls.pem", "tls.key"].map(|name| {
        symlink(format!("..current/{name}"), at(name)).unwrap();
        at(name)
    });
    let (next, current) = (at("..next"), at("..current"));
    let certified = Certified::run(directory, paths);
    assert!(certified.shows(ONE));
    symlink("..second", &next).unwrap();
    fs::rename(&next, &current).unwrap();
    certified.comes_to_show(TWO);
}

#[test]
fn a_certificate_that_no_listener_shows_is_told() {
    let told = "--tls-cert and --tls-key: no effect, as there is no listener over TLS without --dot, --doh, --doq or --api-tls";
    for listener in [&[][..], &["--dot", "127.0.0.1:0"], &["--doh", "127.0.0.1:0"], &["--doq", "127.0.0.1:0"]] {
        let directory = Directory::with_zones(&[("zones.yaml", ZONES)]);
        let mut command = route53d();
        command.args(["serve", "--dns", "127.0.0.1:0", "--zones"]).arg(directory.path("zones")).args(listener);
        command.arg("--ready-file").arg(directory.path("ready.json"));
        for (flag, name, text) in [("--tls-cert", "one.pem", ONE), ("--tls-key", "one.key", PKCS8_KEY)] {
            fs::write(directory.path(name), text).unwrap();
            command.arg(flag).arg(directory.path(name));
        }
        let server = Server::run(command, directory);
        if listener.is_empty() {
            server.logs(told);
        } else {
            assert!(!server.log().contains("no effect"), "{listener:?}: {}", server.log());
        }
    }
}

#[test]
fn files_that_cannot_be_used_are_told() {
    let directory = Directory::with_zones(&[("zones.yaml", ZONES)]);
    let files = [
        ("one.pem", ONE),
        ("one.key", PKCS8_KEY),
        ("other.key", PKCS1_KEY),
        ("encrypted.key", ENCRYPTED_KEY),
        ("old_encrypted.key", ENCRYPTED_PKCS1_KEY),
        ("p521.key", P521_KEY),
        ("rsa1024.key", RSA1024_KEY),
        ("cut.key", &PKCS8_KEY[..100]),
        ("marred.key", &PKCS8_KEY.replace("MI", "M*")),
        ("started.pem", "-----BEGIN CERTIFICATE\n"),
        ("text", "no PEM\n"),
        ("cut.pem", &ONE[..200]),
        ("wrong.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    ];
    for (name, text) in files {
        fs::write(directory.path(name), text).unwrap();
    }
    let no_key = "there is no private key in it: expected PEM of PKCS#8, PKCS#1 or SEC1, without a password";
    let has_password = |file: &str| {
        format!(
            "the key is protected by a password, for which nobody is asked; write it without one: openssl pkey -in DIR/{file} -out NEW_FILE\n"
        )
    };
    let no_file = "it is no ordinary file, but a device, a pipe or a socket";
    let no_match =
        "the key does not match the first certificate of --tls-cert DIR/one.pem; the server's own must come first";
    let cases = [
        ("none.pem", "one.key", "could not read --tls-cert DIR/none.pem: No such file or directory".to_owned()),
        ("one.pem", "none.key", "could not read --tls-key DIR/none.key: No such file or directory".to_owned()),
        (
            "text",
            "one.key",
            "--tls-cert DIR/text: there is no certificate in it (-----BEGIN CERTIFICATE-----)\n".to_owned(),
        ),
        ("one.key", "one.key", "--tls-cert DIR/one.key: there is no certificate in it".to_owned()),
        (
            "cut.pem",
            "one.key",
            "--tls-cert DIR/cut.pem: cut short: the line -----END CERTIFICATE----- is missing\n".to_owned(),
        ),
        (
            "started.pem",
            "one.key",
            "--tls-cert DIR/started.pem: not in PEM: \"-----BEGIN CERTIFICATE\" is no line that a part of it begins with\n"
                .to_owned(),
        ),
        ("/dev/zero", "one.key", format!("could not read --tls-cert /dev/zero: {no_file}\n")),
        ("one.pem", "/dev/zero", format!("could not read --tls-key /dev/zero: {no_file}\n")),
        (
            "one.pem",
            "cut.key",
            "--tls-key DIR/cut.key: cut short: the line -----END PRIVATE KEY----- is missing\n".to_owned(),
        ),
        ("one.pem", "marred.key", "--tls-key DIR/marred.key: not in PEM: base64 decode error: ".to_owned()),
        ("wrong.pem", "one.key", "--tls-cert DIR/wrong.pem: not a certificate that can be used: ".to_owned()),
        ("one.pem", "text", format!("--tls-key DIR/text: {no_key}\n")),
        ("one.pem", "one.pem", format!("--tls-key DIR/one.pem: {no_key}\n")),
        ("one.pem", "encrypted.key", format!("--tls-key DIR/encrypted.key: {}", has_password("encrypted.key"))),
        (
            "one.pem",
            "old_encrypted.key",
            format!("--tls-key DIR/old_encrypted.key: {}", has_password("old_encrypted.key")),
        ),
        ("one.pem", "other.key", format!("--tls-key DIR/other.key: {no_match}\n")),
        ("one.pem", "p521.key", "--tls-key DIR/p521.key: not a key that can be used: ".to_owned()),
        ("one.pem", "rsa1024.key", "--tls-key DIR/rsa1024.key: not a key that can be used: ".to_owned()),
    ];
    let error_of = |command: &mut std::process::Command| {
        let output = run_to_the_end(command);
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap().replace(directory.path("").to_str().unwrap(), "DIR/")
    };
    let serve = || {
        let mut command = route53d();
        command.args(["serve", "--dns", "127.0.0.1:0", "--zones"]).arg(directory.path("zones"));
        command
    };
    for (certificate, key, expected) in cases {
        let mut command = serve();
        command.args(["--dot", "127.0.0.1:0", "--tls-cert"]).arg(directory.path(certificate));
        let error = error_of(command.arg("--tls-key").arg(directory.path(key)));
        assert!(error.starts_with(&format!("route53d: {expected}")), "{certificate}, {key}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        let taken = "; those that can are RSA of 2,048 to 4,096 bits, ECDSA on P-256 or P-384, and Ed25519\n";
        assert_eq!(error.ends_with(taken), error.contains("not a key that can be used"), "{error}");
    }
    let error = error_of(serve().args(["--dot", "127.0.0.1:0", "--tls-cert"]).arg(directory.path("one.pem")));
    let no_use = "a certificate is of no use without its key; give that too, with --tls-key FILE";
    assert_eq!(error, format!("route53d: --tls-cert DIR/one.pem: {no_use}\n"));
    let error = error_of(serve().args(["--dot", "127.0.0.1:0"]).env("ROUTE53D_TLS_KEY", directory.path("one.key")));
    let no_use = "a key is of no use without its certificate; give that too, with --tls-cert FILE";
    assert_eq!(error, format!("route53d: --tls-key DIR/one.key: {no_use}\n"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_eq!(
        error_of(serve().args(["--dot", &address])),
        format!(
            "route53d: could not listen on {address} (TLS): the port is taken; stop what listens there, or choose another with --dot ADDR:PORT (port 0 lets the system choose)\n"
        )
    );
    let error = error_of(serve().args(["--dot", "127.0.0.1:0@vpc-0prod"]));
    assert_eq!(error, "route53d: --dot 127.0.0.1:0@vpc-0prod: the account has no VPC \"vpc-0prod\"; it has vpc-0dev\n");
}

#[test]
fn a_query_that_came_before_the_signal_is_answered() {
    let mut server = start(&["--dot", "127.0.0.1:0"]);
    let mut connections: Vec<Secured> = (0..10).map(|_| Secured::open(server.dot[0], &any_client())).collect();
    connections.iter_mut().for_each(|connection| assert_eq!(connection.ask(), OUTSIDE));
    server.pause();
    connections.iter_mut().for_each(|connection| connection.send(&www(2)));
    server.signal("TERM");
    server.signal("CONT");
    connections.iter_mut().for_each(|connection| assert_eq!(connection.receive().addresses(), OUTSIDE));
    assert_eq!(server.wait_for_end().code(), Some(0), "{}", server.log());
}
