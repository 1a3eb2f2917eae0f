//! One probe of one endpoint: what is asked, over what, and what was found. The next one is the worker's affair.
//!
//! Read in this order: [`ProbePlan`] is what one check asks at every probe; [`ProbeEngine`] asks it; `connection`,
//! `tls` (with `certificate`), `http` and `body` are the stages, each with the limit Route 53 gives it; [`ProbeOutcome`] words what was found.

mod engine;
mod outcome;
mod plan;

mod connection;
mod descriptors;
mod fault;

mod body;
mod http;
mod tls;

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use async_trait::async_trait;

pub use crate::model::AddressPolicy;

pub use engine::ProbeEngine;
pub use fault::ProbeFault;
pub use outcome::{ProbeFinding, ProbeOutcome, Timings};
pub use plan::ProbePlan;

/// Finds the addresses of endpoints that are given by name (HC-18).
#[async_trait]
pub trait EndpointResolver: Send + Sync {
    /// The IPv4 addresses of `name`; none if it has none, or if nobody could tell in time. A fault is our own side's
    /// failure to ask.
    async fn resolve(&self, name: &str) -> Result<Vec<Ipv4Addr>, ProbeFault>;
}

/// How the checkers of one region reach endpoints: as the network is, or as a drill wants it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkPath {
    /// The local address that connections come from.
    pub source: Option<IpAddr>,
    /// How many of a hundred probes are lost on their way: to their checker they time out.
    pub loss_percent: u8,
    /// Is added to a round trip: to the connection, the handshake and the response, within the limit of each.
    pub latency: Duration,
}

/// What a probe is expected to be, by the one before it: endpoints that let wait must not hold up the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    #[default]
    Brisk,
    /// The endpoint took all the time there is.
    Slow,
}

/// What keeps a probe from an outcome as usual.
enum Stop {
    /// The endpoint's doing: an outcome early.
    Finding(ProbeFinding),
    /// Ours: no outcome.
    Fault(ProbeFault),
}

impl From<ProbeFinding> for Stop {
    fn from(finding: ProbeFinding) -> Stop {
        Stop::Finding(finding)
    }
}

impl From<ProbeFault> for Stop {
    fn from(fault: ProbeFault) -> Stop {
        Stop::Fault(fault)
    }
}
