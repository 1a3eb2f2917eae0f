//! The endpoint zoo behind TLS, up to the end of the handshake: what servers do at their worst, the status text each of
//! them gets, and what it sees of the checker.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use route53d::health::probe::{AddressPolicy, NetworkPath, ProbeEngine, ProbePlan};
use route53d::model::{EndpointAddress, EndpointCheck, ProbeProtocol};
use rustls::SupportedProtocolVersion;
use rustls::pki_types::CertificateDer;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::certificates::{
    COMMON_NAME, EXPIRED, FQDN, NAMELESS, NOT_YET_VALID, OTHER_NAME, SIGNED, VERSION_1, WILDCARD, certificate,
};
use crate::checks::{LocalNames, endpoint, id, ip};
use crate::endpoint::{Endpoint, OK as RESPOND_OK};
use crate::secure_server::{
    ClientCertificate, Configuration, End, Manners, SecureServer, blurts, by_sni, drips_the_handshake, fine, says,
    spells, stammers, wait,
};
use crate::zoo::{BODY_LATE, CLOSED, NO_STATUS, OK};

pub const RESPONSE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
pub const NO_TLS: &str = "Failure: What the endpoint sent is not TLS.";
const HANDSHAKE_FAILURE: &str = "Failure: SSL alert handshake_failure.";
const UNRECOGNIZED_NAME: &str = "Failure: SSL alert unrecognized_name.";
const CERTIFICATE_REQUIRED: &str = "Failure: SSL alert certificate_required.";

/// What servers see: a connection and no client_hello, a client_hello and no request, both.
const NOTHING: &str = "nothing";
pub const NAMED: &str = "SNI www.example.com";
pub const UNNAMED: &str = "no SNI";
pub const NAMED_REQUEST: &str = "SNI www.example.com, Host: www.example.com:PORT";
pub const UNNAMED_REQUEST: &str = "no SNI, Host: www.example.com:PORT";

const V12: &[&SupportedProtocolVersion] = &[&TLS12];
pub const V13: &[&SupportedProtocolVersion] = &[&TLS13];

/// The check that looks at a server.
pub type Check = fn(SocketAddr) -> EndpointCheck;

pub fn named(address: SocketAddr) -> EndpointCheck {
    let name = ip(address.ip(), Some("www.example.com"));
    EndpointCheck { protocol: ProbeProtocol::Https, address: name, ..endpoint(address) }
}

pub fn searching(address: SocketAddr) -> EndpointCheck {
    EndpointCheck { protocol: ProbeProtocol::HttpsStrMatch("alive".into()), ..named(address) }
}

fn without_sni(address: SocketAddr) -> EndpointCheck {
    EndpointCheck { enable_sni: false, ..named(address) }
}

fn without_name(address: SocketAddr) -> EndpointCheck {
    EndpointCheck { address: ip(address.ip(), None), ..named(address) }
}

/// Whose name is an address.
fn numbered(address: SocketAddr) -> EndpointCheck {
    EndpointCheck { address: ip(address.ip(), Some("203.0.113.9")), ..named(address) }
}

fn resolved(address: SocketAddr) -> EndpointCheck {
    EndpointCheck { address: EndpointAddress::DomainName("www.example.com".into()), ..named(address) }
}

fn engine() -> Arc<ProbeEngine> {
    Arc::new(ProbeEngine::new(Arc::new(LocalNames(|_| true)), AddressPolicy::Any))
}

pub struct Animal {
    name: &'static str,
    manners: Manners,
    check: Check,
    text: &'static str,
    sees: &'static [&'static str],
}

pub fn animal(
    name: &'static str,
    manners: Manners,
    check: Check,
    text: &'static str,
    sees: &'static [&'static str],
) -> Animal {
    Animal { name, manners, check, text, sees }
}

/// Probes each once. Those that make a checker wait all do so at the same time; of the others there are few at a time,
/// so that a machine which does little else gets them done in time.
pub async fn visit(zoo: Vec<Animal>) {
    let engine = engine();
    let turns = Arc::new(Semaphore::new(4));
    let mut probes = JoinSet::new();
    for Animal { name, manners, check, text: expected, sees } in zoo {
        let (engine, turns) = (Arc::clone(&engine), Arc::clone(&turns));
        probes.spawn(async move {
            let is_slow = expected == NO_STATUS || expected == BODY_LATE;
            let _turn = if is_slow { None } else { Some(turns.acquire().await.unwrap()) };
            let mut server = SecureServer::start(manners);
            let plan = ProbePlan::new(&id(name), &check(server.address));
            let text = engine.probe(&plan, &NetworkPath::default()).await.unwrap().to_string();
            let saw = server.saw(sees).await;
            let is_right = text == expected && saw.is_ok();
            (!is_right).then(|| format!("one that {name}: {text:?}, not {expected:?}; {saw:?}, not {sees:?}"))
        });
    }
    let wrong: Vec<String> = probes.join_all().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// HC-14, HC-15.
#[tokio::test]
async fn any_certificate_is_fine_and_one_for_another_name_is_asked_for_without_sni() {
    let with = |pem| says(Configuration::of(pem), RESPONSE);
    let unreadable = CertificateDer::from(b"no certificate".to_vec());
    visit(vec![
        animal("has a signed certificate", with(SIGNED), named, OK, &[NAMED_REQUEST]),
        animal("has a self-signed certificate", with(FQDN), named, OK, &[NAMED_REQUEST]),
        animal("has an expired certificate", with(EXPIRED), named, OK, &[NAMED_REQUEST]),
        animal("has a certificate of the future", with(NOT_YET_VALID), named, OK, &[NAMED_REQUEST]),
        animal("has a wildcard certificate", with(WILDCARD), named, OK, &[NAMED_REQUEST]),
        animal("has only a common name", with(COMMON_NAME), named, OK, &[NAMED_REQUEST]),
        animal("has a certificate of version 1", with(VERSION_1), named, OK, &[NAMED_REQUEST]),
        animal("has another name", with(OTHER_NAME), named, OK, &[NAMED, UNNAMED_REQUEST]),
        animal("has no name", with(NAMELESS), named, OK, &[NAMED, UNNAMED_REQUEST]),
        animal(
            "has an unreadable certificate",
            says(Configuration { chain: vec![unreadable], ..Configuration::of(FQDN) }, RESPONSE),
            named,
            OK,
            &[NAMED, UNNAMED_REQUEST],
        ),
        animal(
            "has too many certificates",
            says(Configuration { chain: vec![certificate(FQDN); 200], ..Configuration::of(FQDN) }, RESPONSE),
            named,
            "Failure: TLS failed: received corrupt message of type HandshakePayloadTooLarge.",
            &[NAMED],
        ),
        animal("has another name and is asked by none", with(OTHER_NAME), without_sni, OK, &[UNNAMED_REQUEST]),
        animal("is none", with(OTHER_NAME), without_name, OK, &["no SNI, Host: 127.0.0.1:PORT"]),
        animal("is a number", with(OTHER_NAME), numbered, OK, &["no SNI, Host: 203.0.113.9:PORT"]),
        animal(
            "is found by its name",
            with(FQDN),
            resolved,
            "Success: HTTP Status Code 200, OK. Resolved IP: 127.0.0.1",
            &[NAMED_REQUEST],
        ),
        animal(
            "closes and is found by its name",
            blurts("", End::Close),
            resolved,
            "Failure: Resolved IP: 127.0.0.1. The connection was closed by the endpoint.",
            &[NAMED, UNNAMED],
        ),
        animal(
            "is well only by its name",
            by_sni(with(OTHER_NAME), says(Configuration::of(FQDN), "HTTP/1.1 503 Sorry\r\n\r\n")),
            named,
            "Failure: HTTP Status Code 503, Sorry",
            &[NAMED, UNNAMED_REQUEST],
        ),
    ])
    .await;
}

/// A fatal alert.
fn refuses(code: u8) -> Manners {
    blurts([0x15, 3, 3, 0, 2, 2, code], End::Hang)
}

/// HC-15, HC-51.
#[tokio::test]
async fn servers_may_insist_on_sni_or_on_none() {
    visit(vec![
        animal("needs SNI", by_sni(fine(RESPONSE), refuses(40)), named, OK, &[NAMED_REQUEST]),
        animal(
            "needs SNI and gets none",
            by_sni(fine(RESPONSE), refuses(40)),
            without_sni,
            HANDSHAKE_FAILURE,
            &[UNNAMED],
        ),
        animal(
            "needs SNI, gets none and says so",
            by_sni(fine(RESPONSE), refuses(112)),
            without_sni,
            UNRECOGNIZED_NAME,
            &[UNNAMED],
        ),
        animal("needs another name", refuses(112), named, UNRECOGNIZED_NAME, &[NAMED, UNNAMED]),
        animal("does not know the name", by_sni(refuses(112), fine(RESPONSE)), named, OK, &[NAMED, UNNAMED_REQUEST]),
        animal("fails at the name", by_sni(refuses(40), fine(RESPONSE)), named, OK, &[NAMED, UNNAMED_REQUEST]),
        animal(
            "closes at the name",
            by_sni(blurts("", End::Close), fine(RESPONSE)),
            named,
            OK,
            &[NAMED, UNNAMED_REQUEST],
        ),
        animal(
            "resets at the name",
            by_sni(blurts("", End::Reset), fine(RESPONSE)),
            named,
            OK,
            &[NAMED, UNNAMED_REQUEST],
        ),
        animal(
            "has another name and fails without it",
            by_sni(says(Configuration::of(OTHER_NAME), RESPONSE), refuses(40)),
            named,
            HANDSHAKE_FAILURE,
            &[NAMED, UNNAMED],
        ),
        animal(
            "has another name and hangs without it",
            by_sni(says(Configuration::of(OTHER_NAME), RESPONSE), blurts("", End::Hang)),
            named,
            NO_STATUS,
            &[NAMED, UNNAMED],
        ),
        animal(
            "does not know the name and hangs without it",
            by_sni(refuses(112), blurts("", End::Hang)),
            named,
            NO_STATUS,
            &[NAMED, UNNAMED],
        ),
        animal("does not know the name and goes on", warns(1), named, OK, &[NAMED_REQUEST]),
        animal(
            "does not know the name, again and again",
            warns(100),
            named,
            "Failure: TLS failed: peer misbehaved: TooManyWarningAlertsReceived.",
            &[NAMED],
        ),
        animal("hangs at the name", by_sni(blurts("", End::Hang), fine(RESPONSE)), named, NO_STATUS, &[NAMED]),
    ])
    .await;
}

/// RFC 6066 §3: a warning, and the handshake goes on.
fn warns(times: usize) -> Manners {
    let config = Configuration::of(FQDN).build();
    Box::new(move |caller| {
        let Some(accepted) = caller.hello() else { return };
        let _ = caller.say(&[0x15, 3, 3, 0, 2, 1, 112].repeat(times));
        let mut secured = caller.secure(accepted, &config);
        if caller.request(&mut secured).is_some() {
            let _ = secured.write_all(RESPONSE.as_bytes());
            wait(&mut secured);
        }
    })
}

/// A server_hello of TLS 1.0, which goes no further.
fn old_server_hello() -> Vec<u8> {
    let mut hello = vec![0x16, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    hello.extend([7; 32]);
    hello.extend([0, 0, 0x2f, 0]);
    hello
}

#[tokio::test]
async fn handshakes_may_be_of_any_sort() {
    let client_certificate = |versions, wanted| {
        says(Configuration::of(FQDN).with_versions(versions).with_client_certificate(wanted), RESPONSE)
    };
    let version = |versions| says(Configuration::of(FQDN).with_versions(versions), RESPONSE);
    let at_once = |bytes: Vec<u8>, end| -> Manners {
        Box::new(move |caller| {
            let _ = caller.say(&bytes);
            caller.end(end);
        })
    };
    visit(vec![
        animal("speaks TLS 1.2", version(V12), named, OK, &[NAMED_REQUEST]),
        animal("speaks TLS 1.3", version(V13), named, OK, &[NAMED_REQUEST]),
        animal("asks who is there in 1.2", client_certificate(V12, ClientCertificate::Optional), named, OK, &[NAMED_REQUEST]),
        animal("asks who is there in 1.3", client_certificate(V13, ClientCertificate::Optional), named, OK, &[NAMED_REQUEST]),
        animal("wants to know who is there in 1.2", client_certificate(V12, ClientCertificate::Required), named, CERTIFICATE_REQUIRED, &[NAMED, UNNAMED]),
        animal("wants to know who is there in 1.3", client_certificate(V13, ClientCertificate::Required), named, CERTIFICATE_REQUIRED, &[NAMED]),
        animal("hangs at once", at_once(vec![], End::Hang), named, NO_STATUS, &[NOTHING]),
        animal("closes at once", at_once(vec![], End::Close), named, CLOSED, &[NOTHING, NOTHING]),
        animal(
            "resets and does not listen",
            Box::new(|caller| {
                // Earlier, the reset may come before the checker knows that it is connected.
                caller.is_called();
                caller.end(End::Reset);
            }),
            named,
            CLOSED,
            &[NOTHING, NOTHING],
        ),
        animal("fails at once", at_once(vec![0x15, 3, 3, 0, 2, 2, 40], End::Hang), named, HANDSHAKE_FAILURE, &[NOTHING, NOTHING]),
        animal("hangs after the hello", blurts("", End::Hang), named, NO_STATUS, &[NAMED]),
        animal("closes after the hello", blurts("", End::Close), named, CLOSED, &[NAMED, UNNAMED]),
        animal("resets after the hello", blurts("", End::Reset), named, CLOSED, &[NAMED, UNNAMED]),
        animal("hangs in its hello", stammers(End::Hang), named, NO_STATUS, &[NAMED]),
        animal("closes in its hello", stammers(End::Close), named, CLOSED, &[NAMED, UNNAMED]),
        animal("resets in its hello", stammers(End::Reset), named, CLOSED, &[NAMED, UNNAMED]),
        animal("drips its hello", drips_the_handshake(Duration::from_millis(20)), named, NO_STATUS, &[NAMED]),
        animal("spells its hello", spells(RESPONSE.as_bytes()), named, OK, &[NAMED_REQUEST]),
        // Nobody has signed that yet, so it may be anybody's.
        animal("takes its leave after the hello", blurts([0x15, 3, 3, 0, 2, 1, 0], End::Hang), named, NO_STATUS, &[NAMED]),
        animal("takes its leave and goes", blurts([0x15, 3, 3, 0, 2, 1, 0], End::Close), named, CLOSED, &[NAMED, UNNAMED]),
        animal("speaks TLS 1.0", blurts(old_server_hello(), End::Hang), named, "Failure: The endpoint speaks neither TLS 1.2 nor TLS 1.3.", &[NAMED]),
        animal("wants an older version", refuses(70), named, "Failure: SSL alert protocol_version.", &[NAMED, UNNAMED]),
        animal("has an alert of its own", refuses(200), named, "Failure: SSL alert 200.", &[NAMED, UNNAMED]),
        animal("speaks HTTP", blurts("HTTP/1.1 400 Bad Request\r\n\r\n", End::Hang), named, NO_TLS, &[NAMED]),
        animal("speaks SSL 2", blurts([0x16, 2, 0, 0, 2, 0, 0], End::Hang), named, NO_TLS, &[NAMED]),
        animal("sends zeros", blurts([0; 100], End::Hang), named, NO_TLS, &[NAMED]),
        animal("sends noise", blurts([0x16, 3, 3, 0, 4, 2, 0, 0, 0], End::Hang), named, "Failure: TLS failed: received corrupt message of type MissingData(\"ProtocolVersion\").", &[NAMED]),
        animal("sends an empty record", blurts([0x16, 3, 3, 0, 0], End::Hang), named, "Failure: TLS failed: received corrupt message of type InvalidEmptyPayload.", &[NAMED]),
        animal("sends a record too large", blurts([0x16, 3, 3, 0xff, 0xff], End::Hang), named, "Failure: TLS failed: received corrupt message of type MessageTooLarge.", &[NAMED]),
        animal("announces a message too large", blurts([0x16, 3, 3, 0, 4, 2, 0xff, 0xff, 0xff], End::Hang), named, "Failure: TLS failed: received corrupt message of type HandshakePayloadTooLarge.", &[NAMED]),
        animal("echoes", Box::new(|caller| {
            // Ends with the checker.
            let _ = caller.echo();
        }), named, "Failure: TLS failed: received unexpected handshake message: got ClientHello when expecting ServerHello or HelloRetryRequest.", &[NOTHING]),
    ])
    .await;
}

#[tokio::test]
async fn two_hundred_endless_handshakes_delay_nobody() {
    const HANDSHAKES: usize = 200;
    let engine = engine();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let plan = Arc::new(ProbePlan::new(&id("drips"), &named(listener.local_addr().unwrap())));
    let (said_hello, mut hellos) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let said_hello = said_hello.clone();
            tokio::spawn(async move {
                stream.read_exact(&mut [0; 64]).await.unwrap();
                // A record of 16 KiB, and in it the beginning of a server_hello.
                stream.write_all(&[0x16, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc]).await.unwrap();
                let _ = said_hello.send(());
                while stream.write_all(&[3]).await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            });
        }
    });
    let mut pending = JoinSet::new();
    for _ in 0..HANDSHAKES {
        let (engine, plan) = (Arc::clone(&engine), Arc::clone(&plan));
        pending.spawn(async move { engine.probe(&plan, &NetworkPath::default()).await.unwrap().to_string() });
    }
    for _ in 0..HANDSHAKES {
        hellos.recv().await.unwrap();
    }
    let healthy = Endpoint::https(RESPOND_OK);
    let plan = ProbePlan::new(&id("healthy"), &without_name(healthy.address));
    assert_eq!(engine.probe(&plan, &NetworkPath::default()).await.unwrap().to_string(), OK);
    assert!(pending.try_join_next().is_none(), "all of them still wait");
    assert_eq!(pending.join_all().await, vec![NO_STATUS; HANDSHAKES]);
}
