//! The same case files through real sockets, over UDP and over HTTPS.
//!
//! A test cannot send from any address it likes, so the address a case asks from travels as the client subnet of a
//! trusted sender, which counts as the source; a case with a client subnet of its own sends that one.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use fastrand::Rng;
use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::opt::{ClientSubnet, EdnsOption};
use hickory_proto::rr::{Name, RecordType};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use ipnet::IpNet;
use route53d::connections::{Bounds, Places};
use route53d::dns::stream::Patience;
use route53d::dns::{
    CookieSecret, CookieSecrets, Defence, HttpsServer, ListenAddress, Listener, Responder, TlsListener, TlsProtocol,
    UdpServer, WirePolicy, https,
};
use route53d::model::VpcId;
use route53d::published::Published;
use route53d::snapshot::{HealthTable, Snapshot};
use route53d::time::Clock;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::{TcpStream, UdpSocket};
use tokio_rustls::TlsConnector;

use crate::asking::World;
use crate::case_files::{self, Case, CaseFile};
use crate::reference::{Rcode, SeenAnswer};
use crate::wire_records;

/// How often a case with a drawn answer is asked.
const DRAWS: usize = 10;
/// Loopback loses nothing; a machine with much to do may be slow.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a case's asker is played on a loopback socket.
enum Role {
    /// A client of a listener that is bound to the VPC.
    BoundTo(VpcId),
    /// A sender that may speak for this network.
    TrustedWith(IpNet),
    /// A sender outside every VPC, with a client subnet.
    StrangerWith(IpNet),
}

impl Role {
    fn of(case: &Case) -> Option<Role> {
        let asker = case.question().asker;
        match (asker.listener_vpc, asker.subnet, asker.trusted) {
            (Some(vpc), None, _) => Some(Role::BoundTo(vpc)),
            (None, None, _) => Some(Role::TrustedWith(IpNet::from(asker.source))),
            (None, Some(subnet), true) if subnet.prefix_len() > 0 => Some(Role::TrustedWith(subnet)),
            // Whether the real source is inside a VPC is the pure run's to test.
            (None, Some(subnet), false) if case.expect.flags.as_ref().is_some_and(|flags| flags.contains("aa")) => {
                Some(Role::StrangerWith(subnet))
            }
            _ => None,
        }
    }

    fn subnet(&self) -> Option<IpNet> {
        match self {
            Role::BoundTo(_) => None,
            Role::TrustedWith(subnet) | Role::StrangerWith(subnet) => Some(*subnet),
        }
    }
}

#[tokio::test]
async fn the_wire_answers_the_cases_as_the_evaluator_does() {
    let mut failures = Vec::new();
    let mut count = 0;
    for (path, text) in case_files::all() {
        let file = CaseFile::parse(&text).unwrap();
        let world = World::new(case_files::account(&path, &text));
        for case in &file.cases {
            let Some(role) = Role::of(case) else { continue };
            count += 1;
            if let Err(failure) = check(&world, case, &role).await {
                failures.push(format!("{}: {}\n  {failure}", path.display(), case.name));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} cases:\n{}", failures.len(), failures.join("\n"));
    assert!(count >= 100, "only {count} cases can be asked over sockets");
}

async fn check(world: &World, case: &Case, role: &Role) -> Result<(), String> {
    let snapshot = Snapshot::new(Arc::new(world.account().clone()), Arc::default());
    let server = Server::start(snapshot, world.health_table(&case.statuses()), role);
    for mut asking in [Asking::over_udp(server.udp_address).await, Asking::over_https(server.https_address).await] {
        for _ in 0..DRAWS {
            let mut seen = ask(&mut asking, case, role).await?;
            if case.ask.subnet.is_none() {
                // The client subnet is ours, not the case's.
                seen.scope = None;
            }
            if let Some(part) = case.expect.difference(&seen)? {
                return Err(format!("{part} is not as expected over {}: {seen:#?}", asking.transport()));
            }
        }
    }
    Ok(())
}

/// A certificate for `localhost`, and what a client has to believe it.
static TLS: LazyLock<(Arc<ServerConfig>, Arc<ClientConfig>)> = LazyLock::new(|| {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let provider = || Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let mut server = builder.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    server.alpn_protocols = https::PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let mut client = builder.with_root_certificates(roots).with_no_client_auth();
    client.alpn_protocols = vec![b"h2".to_vec()];
    (Arc::new(server), Arc::new(client))
});

/// A client, and how it asks.
enum Asking {
    Udp(UdpSocket),
    Https(SendRequest<Full<Bytes>>),
}

impl Asking {
    async fn over_udp(server: SocketAddr) -> Asking {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.connect(server).await.unwrap();
        Asking::Udp(socket)
    }

    async fn over_https(server: SocketAddr) -> Asking {
        let stream = TcpStream::connect(server).await.unwrap();
        // Or the body of each query waits until its head is acknowledged.
        stream.set_nodelay(true).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(Arc::clone(&TLS.1)).connect(name, stream).await.unwrap();
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Asking::Https(sender)
    }

    fn transport(&self) -> &'static str {
        match self {
            Asking::Udp(_) => "UDP",
            Asking::Https(_) => "HTTPS",
        }
    }

    async fn exchange(&mut self, message: Vec<u8>) -> Vec<u8> {
        match self {
            Asking::Udp(socket) => {
                socket.send(&message).await.unwrap();
                let mut reply = vec![0; 65_535];
                let length = socket.recv(&mut reply).await.unwrap();
                reply.truncate(length);
                reply
            }
            Asking::Https(sender) => {
                let request =
                    Request::post("https://localhost/dns-query").header("content-type", "application/dns-message");
                let response = sender.send_request(request.body(Full::from(message)).unwrap()).await.unwrap();
                assert_eq!(response.status(), 200);
                response.into_body().collect().await.unwrap().to_bytes().to_vec()
            }
        }
    }
}

struct Server {
    udp_address: SocketAddr,
    https_address: SocketAddr,
    _udp: UdpServer,
    _https: HttpsServer,
}

impl Server {
    fn start(snapshot: Snapshot, health: HealthTable, role: &Role) -> Server {
        let vpc = match role {
            Role::BoundTo(vpc) => Some(vpc.clone()),
            Role::TrustedWith(_) | Role::StrangerWith(_) => None,
        };
        let trusted: Vec<IpNet> = match role {
            Role::TrustedWith(_) => vec!["127.0.0.0/8".parse().unwrap()],
            Role::BoundTo(_) | Role::StrangerWith(_) => Vec::new(),
        };
        let address = "127.0.0.1:0".parse().unwrap();
        let listen = ListenAddress { address, vpc: vpc.clone() };
        let listener = Listener::bind(&listen, 2).unwrap();
        let over_tls = TlsListener::bind(&listen, TlsProtocol::Https).unwrap();
        let responder = Responder {
            snapshots: Arc::new(Published::new(snapshot)),
            health: Arc::new(Published::new(health)),
            subnet_trusted_senders: trusted.into(),
            vpc,
            policy: Arc::new(WirePolicy::new(CookieSecrets { current: CookieSecret([7; 16]), previous: None })),
            clock: Clock::real(),
        };
        let (tls, defence) = (Arc::clone(&TLS.0), Defence::default());
        let places = Places::new(Bounds { connections: 8, per_address: 8 });
        Server {
            udp_address: listener.address,
            https_address: over_tls.address,
            _udp: UdpServer::start(listener.udp, &responder, &defence).unwrap(),
            _https: HttpsServer::start(over_tls.tcp, responder, tls, Patience::default(), places, &defence),
        }
    }
}

async fn ask(asking: &mut Asking, case: &Case, role: &Role) -> Result<SeenAnswer, String> {
    let question = case.question();
    let id = Rng::new().u16(..);
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    let labels: Vec<&[u8]> = question.name.labels().collect();
    let mut name = Name::from_labels(labels).unwrap();
    name.set_fqdn(true);
    message.add_query(Query::query(name, RecordType::from(question.type_code)));
    let mut edns = Edns::new();
    edns.set_max_payload(4096);
    if let Some(subnet) = role.subnet() {
        let option = ClientSubnet::new(subnet.trunc().addr(), subnet.prefix_len(), 0);
        edns.options_mut().insert(EdnsOption::Subnet(option));
    }
    message.set_edns(edns);
    let reply = tokio::time::timeout(PATIENCE, asking.exchange(message.to_vec().unwrap()));
    let reply = &reply.await.map_err(|_| "no reply".to_owned())?[..];
    let decoded = Message::from_vec(reply).map_err(|error| format!("a reply hickory cannot read: {error}"))?;
    if decoded.metadata.id != id || decoded.metadata.truncation {
        return Err(format!("an id or TC that is wrong: {decoded:?}"));
    }
    let scope = decoded.edns.as_ref().and_then(|edns| {
        edns.options().as_ref().iter().find_map(|(_, option)| match option {
            EdnsOption::Subnet(subnet) => Some(subnet.scope_prefix()),
            _ => None,
        })
    });
    let [answer, authority, additional] = wire_records::sections(reply)?;
    Ok(SeenAnswer {
        rcode: match decoded.metadata.response_code {
            ResponseCode::NoError => Rcode::NoError,
            ResponseCode::NXDomain => Rcode::NxDomain,
            ResponseCode::Refused => Rcode::Refused,
            other => return Err(format!("response code {other}")),
        },
        aa: decoded.metadata.authoritative,
        ra: decoded.metadata.recursion_available,
        answer,
        authority,
        additional,
        scope,
    })
}
