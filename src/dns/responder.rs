//! What every listener needs to answer: the published values, and what the listener itself says of its clients.

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::Guard;
use fastrand::Rng;
use ipnet::IpNet;

use crate::model::VpcId;
use crate::published::Published;
use crate::snapshot::{Asker, HealthTable, Snapshot, SubnetTrust};
use crate::time::Clock;

use super::edns::CookieState;
use super::policy::WirePolicy;
use super::respond::{Arrival, Response, Transport, respond};

/// Answers for one listener.
#[derive(Clone, Debug)]
pub struct Responder {
    pub snapshots: Arc<Published<Snapshot>>,
    pub health: Arc<Published<HealthTable>>,
    /// Senders whose client subnet option counts as the source address when the VPC is looked for.
    pub subnet_trusted_senders: Arc<[IpNet]>,
    /// The VPC the listener is bound to.
    pub vpc: Option<VpcId>,
    pub policy: Arc<WirePolicy>,
    /// Tells how old cookies are.
    pub clock: Clock,
}

/// Where a message came from, and how.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    pub source: IpAddr,
    /// Which of our addresses it came to, if that is known.
    pub destination: Option<IpAddr>,
    pub transport: Transport,
}

/// The snapshot, the health table and the time of one batch of messages.
pub struct Current<'r> {
    responder: &'r Responder,
    snapshot: Guard<Arc<Snapshot>>,
    health: Guard<Arc<HealthTable>>,
    seconds: u32,
}

impl Responder {
    /// What there is to answer from now. Short-lived: it keeps replaced values alive.
    pub fn current(&self) -> Current<'_> {
        // Modulo 2³²: the time as cookies have it.
        let seconds = self.clock.timestamp().as_second() as u32;
        Current { responder: self, snapshot: self.snapshots.load(), health: self.health.load(), seconds }
    }

    fn subnet_trust(&self, source: IpAddr) -> SubnetTrust {
        if self.subnet_trusted_senders.iter().any(|network| network.contains(&source)) {
            SubnetTrust::Trusted
        } else {
            SubnetTrust::Untrusted
        }
    }
}

/// A reply that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Bytes to send.
    pub length: usize,
    /// What the query's cookie says of the client.
    pub cookie: CookieState,
}

impl Current<'_> {
    /// Answers one message into `out`, which is as in [`respond`].
    pub fn respond(&self, message: &[u8], origin: &Origin, rng: &mut Rng, out: &mut [u8]) -> Option<Reply> {
        let source = origin.source.to_canonical();
        let asker = Asker {
            source,
            destination: origin.destination,
            listener_vpc: self.responder.vpc.as_ref(),
            subnet: None,
            subnet_trust: self.responder.subnet_trust(source),
        };
        let arrival = Arrival { transport: origin.transport, asker, at_seconds: self.seconds };
        let policy = &self.responder.policy;
        let responded = respond(message, &arrival, &self.snapshot, &self.health, policy, rng, out);
        match responded.response {
            // There is no upstream to ask yet: what is held here is all there is to say.
            Response::Answered(length) | Response::MustAskUpstream(length) => {
                Some(Reply { length, cookie: responded.cookie })
            }
            Response::Silence => None,
        }
    }
}
