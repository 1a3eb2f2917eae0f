//! Asking a server: queries as bytes, replies as `hickory-proto` reads them.

use std::net::IpAddr;
use std::sync::Arc;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::Record;
use route53d::dns::{
    Arrival, CookieSecret, CookieSecrets, CookieState, MAX_MESSAGE_LENGTH, Responded, Response, Transport, WirePolicy,
    respond,
};
use route53d::model::domain_name::parse_name_into;
use route53d::model::{HealthStatus, RecordType, VpcId};
use route53d::snapshot::{Asker, CountryData, HealthEntry, HealthTable, Snapshot, SubnetTrust};

use crate::written_account::{WrittenAccount, health_check_id};

/// A snapshot and what is known of health.
pub struct Server {
    snapshot: Snapshot,
    health: HealthTable,
    pub policy: WirePolicy,
}

/// One query and how it comes. Change what differs from an ordinary one: `Query { seed: 7, ..query("www.a.test", "A") }`.
#[derive(Clone, Debug)]
pub struct Query {
    pub id: u16,
    /// The second word of the header.
    pub flags: u16,
    /// Wire form, in any case.
    pub name: Vec<u8>,
    pub query_type: u16,
    pub class: u16,
    pub edns: Option<Edns>,
    pub source: IpAddr,
    pub subnet_trust: SubnetTrust,
    pub listener_vpc: Option<VpcId>,
    pub transport: Transport,
    pub seed: u64,
}

#[derive(Clone, Debug)]
pub struct Edns {
    pub size: u16,
    pub version: u8,
    /// The two bytes of flags.
    pub flags: u16,
    pub options: Vec<(u16, Vec<u8>)>,
}

/// TCP, or another transport that carries whole messages and says nothing else.
pub const TCP: Transport = Transport::Tcp { idle_timeout_deciseconds: 100 };

pub const TLS: Transport = Transport::Tls { idle_timeout_deciseconds: 100 };

/// When all queries come.
pub const NOW: u32 = 1_767_225_600;

pub const RD: u16 = 0x0100;
pub const DO: u16 = 0x8000;
pub const NSID: u16 = 3;
pub const CLIENT_SUBNET: u16 = 8;
pub const COOKIE: u16 = 10;
pub const KEEPALIVE: u16 = 11;
pub const PADDING: u16 = 12;
pub const EXTENDED_ERROR: u16 = 15;

/// A reply, whole and decoded.
#[derive(Clone, Debug)]
pub struct Reply {
    pub bytes: Vec<u8>,
    pub message: Message,
}

/// A client on the Internet asks over UDP, without EDNS.
pub fn query(name: &str, query_type: &str) -> Query {
    let query_type = match query_type {
        "ANY" => 255,
        "AXFR" => 252,
        "IXFR" => 251,
        other => other.parse::<RecordType>().unwrap().code(),
    };
    Query {
        id: 0x1234,
        flags: RD,
        name: wire_name(name),
        query_type,
        class: 1,
        edns: None,
        source: "203.0.113.9".parse().unwrap(),
        subnet_trust: SubnetTrust::Untrusted,
        listener_vpc: None,
        transport: Transport::Udp,
        seed: 1,
    }
}

/// EDNS version 0 without options.
pub fn edns(size: u16) -> Option<Edns> {
    Some(Edns { size, version: 0, flags: 0, options: Vec::new() })
}

/// EDNS with a client subnet: family, source prefix length, address bytes.
pub fn subnet(family: u16, source_prefix_length: u8, address: &[u8]) -> Option<Edns> {
    let options = vec![(CLIENT_SUBNET, subnet_option(family, source_prefix_length, 0, address))];
    Some(Edns { size: 1232, version: 0, flags: 0, options })
}

pub fn subnet_option(family: u16, source_prefix_length: u8, scope: u8, address: &[u8]) -> Vec<u8> {
    let mut option = family.to_be_bytes().to_vec();
    option.extend([source_prefix_length, scope]);
    option.extend(address);
    option
}

/// The case is kept.
pub fn wire_name(text: &str) -> Vec<u8> {
    let mut wire = Vec::new();
    parse_name_into(text, &mut wire).unwrap();
    wire
}

impl Query {
    pub fn question(&self) -> Vec<u8> {
        [&self.name, &self.query_type.to_be_bytes()[..], &self.class.to_be_bytes()].concat()
    }

    pub fn bytes(&self) -> Vec<u8> {
        let opt = self.edns.as_ref().map(Edns::record);
        let mut bytes = header(self.id, self.flags, [1, 0, 0, u16::from(opt.is_some())]);
        bytes.extend(self.question());
        bytes.extend(opt.unwrap_or_default());
        bytes
    }

    /// P-9: the most bytes the reply may have.
    pub fn limit(&self) -> usize {
        match (self.transport, &self.edns) {
            (Transport::Udp, None) => 512,
            (Transport::Udp, Some(edns)) => usize::from(edns.size.clamp(512, 4096)),
            _ => 65_535,
        }
    }
}

impl Edns {
    pub fn record(&self) -> Vec<u8> {
        let mut options = Vec::new();
        for (code, value) in &self.options {
            options.extend(code.to_be_bytes());
            options.extend((value.len() as u16).to_be_bytes());
            options.extend(value);
        }
        let mut record = vec![0, 0, 41];
        record.extend(self.size.to_be_bytes());
        record.extend([0, self.version]);
        record.extend(self.flags.to_be_bytes());
        record.extend((options.len() as u16).to_be_bytes());
        record.extend(options);
        record
    }
}

pub fn header(id: u16, flags: u16, counts: [u16; 4]) -> Vec<u8> {
    [id, flags].iter().chain(&counts).flat_map(|word| word.to_be_bytes()).collect()
}

impl Server {
    pub fn new(account: &WrittenAccount) -> Server {
        let snapshot = Snapshot::new(account.account(), Arc::new(CountryData::default()));
        let policy = WirePolicy::new(CookieSecrets { current: CookieSecret([7; 16]), previous: None });
        Server { snapshot, health: HealthTable::default(), policy }
    }

    pub fn set_health(&mut self, check: &str, status: HealthStatus) {
        let slot = self.snapshot.health_slot(&health_check_id(check)).unwrap();
        self.health.set(slot, Some(HealthEntry::Found(status)));
    }

    /// What comes of any bytes; `None` is silence. How they come is as in `like`.
    pub fn respond(&self, message: &[u8], like: &Query) -> Option<Vec<u8>> {
        self.respond_and_judge(message, like).0
    }

    /// And what is known of the sender by its cookie.
    pub fn respond_and_judge(&self, message: &[u8], like: &Query) -> (Option<Vec<u8>>, CookieState) {
        let asker = Asker {
            source: like.source,
            destination: None,
            listener_vpc: like.listener_vpc.as_ref(),
            subnet: None,
            subnet_trust: like.subnet_trust,
        };
        let arrival = Arrival { transport: like.transport, asker, at_seconds: NOW };
        let mut rng = fastrand::Rng::with_seed(like.seed);
        // Old bytes in the buffer must not reach a reply.
        let mut out = vec![0xa5; MAX_MESSAGE_LENGTH];
        let Responded { response, cookie } =
            respond(message, &arrival, &self.snapshot, &self.health, &self.policy, &mut rng, &mut out);
        let reply = match response {
            Response::Answered(length) | Response::MustAskUpstream(length) => {
                out.truncate(length);
                Some(out)
            }
            Response::Silence => None,
        };
        (reply, cookie)
    }

    /// Asks and decodes the reply.
    pub fn ask(&self, query: &Query) -> Reply {
        let bytes = self.respond(&query.bytes(), query).unwrap();
        let message = Message::from_vec(&bytes).unwrap();
        Reply { bytes, message }
    }

    /// The values that an ordinary query is answered with, sorted.
    pub fn values(&self, name: &str, query_type: &str) -> Vec<String> {
        let reply = self.ask(&query(name, query_type));
        let mut values: Vec<_> = reply.message.answers.iter().map(|record| record.data.to_string()).collect();
        values.sort();
        values
    }
}

impl Reply {
    pub fn flags(&self) -> u16 {
        u16::from_be_bytes([self.bytes[2], self.bytes[3]])
    }

    pub fn is_truncated(&self) -> bool {
        self.message.metadata.truncation
    }

    pub fn rcode(&self) -> ResponseCode {
        self.message.metadata.response_code
    }

    pub fn has_opt(&self) -> bool {
        self.message.edns.is_some()
    }

    pub fn answers(&self) -> Vec<String> {
        lines(&self.message.answers)
    }

    pub fn authorities(&self) -> Vec<String> {
        lines(&self.message.authorities)
    }

    pub fn additionals(&self) -> Vec<String> {
        lines(&self.message.additionals)
    }

    /// The sizes of the sections behind the question, without OPT.
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.message.answers.len(), self.message.authorities.len(), self.message.additionals.len())
    }
}

/// `owner TTL type value`, sorted: values go out in random order (P-4).
fn lines(records: &[Record]) -> Vec<String> {
    let line = |record: &Record| format!("{} {} {} {}", record.name, record.ttl, record.record_type(), record.data);
    let mut lines: Vec<_> = records.iter().map(line).collect();
    lines.sort();
    lines
}
