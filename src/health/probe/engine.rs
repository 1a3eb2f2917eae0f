//! The engine: takes a plan through its stages, each within its limit.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::client::TlsStream;

use crate::model::is_public;

use super::connection::connect;
use super::descriptors::Descriptors;
use super::outcome::{ProbeFinding, ProbeOutcome, Timings};
use super::plan::{HttpQuestion, Place, ProbePlan, Question, TlsQuestion};
use super::tls::{self, HandshakeFailure};
use super::{AddressPolicy, EndpointResolver, NetworkPath, Pace, ProbeFault, Stop, http};

/// What finding the address of a name may take (HC-18); Route 53 gives no number.
const RESOLVE_LIMIT: Duration = Duration::from_secs(4);
/// HC-10: from the first SYN to a TCP connection.
const HTTP_CONNECT_LIMIT: Duration = Duration::from_secs(4);
/// HC-12.
const TCP_CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// HC-10: from the TCP connection to the status code, the TLS handshake included.
const STATUS_LIMIT: Duration = Duration::from_secs(2);

/// Makes probes. What they all share is in here.
pub struct ProbeEngine {
    resolver: Arc<dyn EndpointResolver>,
    addresses: AddressPolicy,
    descriptors: Descriptors,
    tls: Arc<ClientConfig>,
}

/// A TLS connection that is ready for the request.
struct Secured {
    stream: TlsStream<TcpStream>,
    status_deadline: Instant,
}

impl ProbeEngine {
    /// Raises the process's limit of file descriptors as far as it goes: a probe in flight needs one.
    pub fn new(resolver: Arc<dyn EndpointResolver>, addresses: AddressPolicy) -> ProbeEngine {
        ProbeEngine { resolver, addresses, descriptors: Descriptors::of_process(), tls: Arc::new(tls::client_config()) }
    }

    /// Probes once, within the limits of HC-10 to HC-12 whatever the endpoint does.
    ///
    /// At the most that takes 20 seconds: 4 to resolve the name, 2 to wait for a file descriptor, twice 6 to connect
    /// and shake hands (HC-15), 2 for the body. Memory is bounded by 64 KiB of a handshake message, 16 KiB of header,
    /// 5 KiB of body, and the state of a TLS connection and a decompressor. Dropping the future closes the connection.
    ///
    /// # Errors
    ///
    /// A fault is our own side's failure to probe, and says nothing about the endpoint.
    pub async fn probe(&self, plan: &ProbePlan, path: &NetworkPath) -> Result<ProbeOutcome, ProbeFault> {
        self.probe_at(plan, path, Pace::Brisk).await
    }

    /// As [`probe`](ProbeEngine::probe), of an endpoint of which it is known how it goes about its answers.
    pub async fn probe_at(&self, plan: &ProbePlan, path: &NetworkPath, pace: Pace) -> Result<ProbeOutcome, ProbeFault> {
        let mut timings = Timings::default();
        let (address, resolved_ip) = match &plan.place {
            Place::Address(address) => (*address, None),
            Place::Name(name) => match self.resolve(name).await? {
                Some(address) => (address, Some(address)),
                None => {
                    return Ok(ProbeOutcome { finding: ProbeFinding::DnsResolutionFailed, resolved_ip: None, timings });
                }
            },
        };
        let finding = match self.ask(plan, address, (path, pace), &mut timings).await {
            Ok(finding) | Err(Stop::Finding(finding)) => finding,
            Err(Stop::Fault(fault)) => return Err(fault),
        };
        Ok(ProbeOutcome { finding, resolved_ip, timings })
    }

    /// HC-18: IPv4 only. Of several addresses any, as other clients take them.
    async fn resolve(&self, name: &str) -> Result<Option<IpAddr>, ProbeFault> {
        let Ok(addresses) = timeout(RESOLVE_LIMIT, self.resolver.resolve(name)).await else { return Ok(None) };
        let addresses = addresses?;
        Ok(fastrand::choice(&addresses).copied().map(IpAddr::V4))
    }

    async fn ask(
        &self,
        plan: &ProbePlan,
        address: IpAddr,
        (path, pace): (&NetworkPath, Pace),
        timings: &mut Timings,
    ) -> Result<ProbeFinding, Stop> {
        // HC-19.
        if self.addresses == AddressPolicy::PublicOnly && !is_public(address) {
            return Ok(ProbeFinding::RestrictedAddress);
        }
        let to = SocketAddr::new(address, plan.port);
        let _descriptor = self.descriptors.take(pace).await?;
        match &plan.question {
            Question::Impossible(finding) => Ok(finding.clone()),
            Question::Tcp => {
                let connected = connect(to, path, TCP_CONNECT_LIMIT).await?;
                timings.connection = Some(connected.took);
                Ok(ProbeFinding::TcpConnected)
            }
            Question::Http(question) => {
                let connected = connect(to, path, HTTP_CONNECT_LIMIT).await?;
                timings.connection = Some(connected.took);
                let deadline = connected.at + STATUS_LIMIT;
                Ok(http::exchange(connected.stream, question, deadline, path, timings).await)
            }
            Question::Https(tls, question) => self.ask_securely(to, tls, question, path, timings).await,
        }
    }

    async fn ask_securely(
        &self,
        to: SocketAddr,
        tls: &TlsQuestion,
        question: &HttpQuestion,
        path: &NetworkPath,
        timings: &mut Timings,
    ) -> Result<ProbeFinding, Stop> {
        let with_sni = match &tls.server_name {
            Some(name) => self.secure_with_sni(to, name, path, timings).await?,
            None => None,
        };
        let Secured { stream, status_deadline } = match with_sni {
            Some(secured) => secured,
            // A connection of its own has limits of its own: an endpoint that needs the second try has as long for its
            // answer as any other.
            None => {
                let no_name = ServerName::from(to.ip());
                self.secure(to, no_name, path, timings).await?.map_err(HandshakeFailure::into_finding)?
            }
        };
        Ok(http::exchange(stream, question, status_deadline, path, timings).await)
    }

    /// HC-15: `None` if the handshake is to be tried without SNI, as the certificate does not contain the name, or the
    /// server will not go on with it.
    async fn secure_with_sni(
        &self,
        to: SocketAddr,
        name: &ServerName<'static>,
        path: &NetworkPath,
        timings: &mut Timings,
    ) -> Result<Option<Secured>, Stop> {
        match self.secure(to, name.clone(), path, timings).await? {
            Ok(secured) => Ok(Some(secured).filter(|secured| tls::certificate_contains(&secured.stream, name))),
            Err(HandshakeFailure::ByServer(_)) => Ok(None),
            Err(HandshakeFailure::Other(finding)) => Err(finding.into()),
        }
    }

    async fn secure(
        &self,
        to: SocketAddr,
        name: ServerName<'static>,
        path: &NetworkPath,
        timings: &mut Timings,
    ) -> Result<Result<Secured, HandshakeFailure>, Stop> {
        // Of two tries the second counts, in its timings too.
        *timings = Timings::default();
        let connected = connect(to, path, HTTP_CONNECT_LIMIT).await?;
        timings.connection = Some(connected.took);
        let status_deadline = connected.at + STATUS_LIMIT;
        let handshake = async {
            path.delay().await;
            tls::handshake(&self.tls, name, connected.stream).await
        };
        let Ok(result) = timeout_at(status_deadline, handshake).await else {
            return Err(ProbeFinding::NoStatusInTime.into());
        };
        if result.is_ok() {
            timings.tls_handshake = Some(connected.at.elapsed());
        }
        Ok(result.map(|stream| Secured { stream, status_deadline }))
    }
}
