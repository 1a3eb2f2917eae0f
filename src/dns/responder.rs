//! What every listener needs to answer: the published values, and what the listener itself says of its clients.

use std::net::SocketAddr;
use std::sync::Arc;

use fastrand::Rng;
use ipnet::IpNet;

use crate::model::VpcId;
use crate::published::Published;
use crate::snapshot::{HealthTable, Snapshot, SubnetTrust};

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
}

impl Responder {
    /// Answers one message into `out`, which is as in [`respond`]; returns how many bytes to send.
    pub fn respond(
        &self,
        message: &[u8],
        source: SocketAddr,
        transport: Transport,
        rng: &mut Rng,
        out: &mut [u8],
    ) -> Option<usize> {
        let source = source.ip().to_canonical();
        let arrival =
            Arrival { transport, source, listener_vpc: self.vpc.as_ref(), subnet_trust: self.subnet_trust(source) };
        match respond(message, &arrival, &self.snapshots.load(), &self.health.load(), rng, out) {
            // There is no upstream to ask yet: what is held here is all there is to say.
            Response::Answered(length) | Response::MustAskUpstream(length) => Some(length),
            Response::Silence => None,
        }
    }

    fn subnet_trust(&self, source: std::net::IpAddr) -> SubnetTrust {
        if self.subnet_trusted_senders.iter().any(|network| network.contains(&source)) {
            SubnetTrust::Trusted
        } else {
            SubnetTrust::Untrusted
        }
    }
}
