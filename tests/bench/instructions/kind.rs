//! A kind of query: which are asked, and what they may cost.

use std::net::IpAddr;
use std::sync::Arc;

use route53d::dns::{CookieSecret, CookieSecrets, Origin, Responder, Transport, WirePolicy};
use route53d::model::domain_name::parse_name_into;
use route53d::model::{Account, HealthStatus, RecordType};
use route53d::published::Published;
use route53d::snapshot::{CountryData, HealthEntry, HealthTable, Snapshot};
use route53d::time::Clock;

use crate::written_account::health_check_id;

/// The most instructions for an address record that stands in the zone under the name asked for.
pub const EXACT: u64 = 600;
/// For anything else.
pub const OTHER: u64 = 800;
/// On top, for each alias that is followed.
pub const A_HOP: u64 = 200;

pub struct Kind {
    pub name: &'static str,
    /// The project's target, in instructions a query.
    pub target: u64,
    pub work: Work,
    pub queries: Vec<Query>,
    /// What comes back, so that no kind measures something else: the rcode and the number of answer records.
    pub reply: (u8, u8),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Reads the message and does nothing with it.
    Decode,
    Answer,
}

#[derive(Clone)]
pub struct Query {
    pub message: Vec<u8>,
    pub origin: Origin,
}

/// Servers that all hold one account, and what they are asked.
pub struct World {
    pub responders: Vec<Responder>,
    pub kinds: Vec<Kind>,
}

/// Health checks that are known to be healthy, and unhealthy.
pub struct Health<'a> {
    pub up: &'a [String],
    pub down: &'a [String],
}

/// So many, each of which hashes names from a start of its own.
pub fn responders(count: usize, account: &Arc<Account>, health: &Health<'_>) -> Vec<Responder> {
    (0..count).map(|_| responder(account, health)).collect()
}

fn responder(account: &Arc<Account>, health: &Health<'_>) -> Responder {
    let snapshot = Snapshot::new(Arc::clone(account), Arc::new(CountryData::default()));
    let mut table = HealthTable::default();
    for (checks, status) in [(health.up, HealthStatus::Healthy), (health.down, HealthStatus::Unhealthy)] {
        for check in checks {
            let slot = snapshot.health_slot(&health_check_id(check)).unwrap();
            table.set(slot, Some(HealthEntry::Found(status)));
        }
    }
    Responder {
        snapshots: Arc::new(Published::new(snapshot)),
        health: Arc::new(Published::new(table)),
        subnet_trusted_senders: Arc::from([]),
        vpc: None,
        policy: Arc::new(WirePolicy::new(CookieSecrets { current: CookieSecret([7; 16]), previous: None })),
        clock: Clock::manual().0,
    }
}

impl Query {
    /// As most resolvers ask: EDNS of 1,232 bytes, no options.
    pub fn new(name: &str, query_type: &str) -> Query {
        let query = Query::without_edns(name, query_type);
        query.with_options(&[])
    }

    pub fn without_edns(name: &str, query_type: &str) -> Query {
        let mut message = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        parse_name_into(name, &mut message).unwrap();
        message.extend(query_type.parse::<RecordType>().unwrap().code().to_be_bytes());
        message.extend([0, 1]);
        Query { message, origin: origin([203, 0, 113, 9]) }
    }

    /// Adds an OPT record with these options, in wire form.
    fn with_options(mut self, options: &[u8]) -> Query {
        self.message[11] = 1;
        self.message.extend([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0]);
        self.message.extend((options.len() as u16).to_be_bytes());
        self.message.extend(options);
        self
    }

    /// Asks for clients in a /24.
    pub fn for_subnet(name: &str, query_type: &str, [a, b, c]: [u8; 3]) -> Query {
        Query::without_edns(name, query_type).with_options(&[0, 8, 0, 7, 0, 1, 24, 0, a, b, c])
    }

    /// Shows a cookie: the client's eight bytes, and behind them perhaps what the server has made of them.
    pub fn with_cookie(name: &str, query_type: &str, cookie: &[u8]) -> Query {
        let option = [&[0, 10, 0, cookie.len() as u8], cookie].concat();
        Query::without_edns(name, query_type).with_options(&option)
    }

    pub fn from(mut self, address: [u8; 4]) -> Query {
        self.origin = origin(address);
        self
    }
}

fn origin(address: [u8; 4]) -> Origin {
    Origin {
        source: IpAddr::from(address),
        destination: Some(IpAddr::from([192, 0, 2, 53])),
        transport: Transport::Udp,
    }
}
