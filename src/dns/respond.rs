//! Bytes in, bytes out: the one responder behind every transport. Pure, and without an allocation for an ordinary
//! answer.

use std::net::IpAddr;

use fastrand::Rng;
use smallvec::SmallVec;

use crate::answer::{self, AnsweredSet, AuthorityRole, Client, Completeness, Query, QueryType, ResponseCode, Scope};
use crate::model::VpcId;
use crate::model::domain_name::MAX_WIRE_LENGTH;
use crate::snapshot::{Asker, HealthTable, Snapshot, SubnetTrust};

use super::message::{CLASS_ANY, CLASS_IN, Header, Rcode, Request, flag};
use super::writer::{OUR_UDP_PAYLOAD_SIZE, ResponseEdns, ResponseWriter, Section};

/// The largest message any transport carries, in bytes (P-11): what a caller's buffer must hold.
pub const MAX_MESSAGE_LENGTH: usize = 65_535;

/// The largest UDP response to a client that says nothing of itself, in bytes (P-9).
const MIN_UDP_PAYLOAD_SIZE: u16 = 512;

/// How a query came.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    pub transport: Transport,
    /// The address of the sender.
    pub source: IpAddr,
    /// Which of our addresses it came to, if that is known.
    pub destination: Option<IpAddr>,
    /// The VPC that the listener is bound to.
    pub listener_vpc: Option<&'a VpcId>,
    /// Whether the sender may speak for another address through the client subnet option.
    pub subnet_trust: SubnetTrust,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Udp,
    /// TCP and what is built on it.
    Stream,
}

/// What to do with the bytes in the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    /// Send this many.
    Answered(usize),
    /// Inside a VPC, for a name that is held nowhere here: a resolver with an upstream would ask it. Without one,
    /// send this many.
    MustAskUpstream(usize),
    /// Send nothing: the message is no query, or too short to be one.
    Silence,
}

/// Answers one message. `out` bounds the response and must hold at least 4,096 bytes; [`MAX_MESSAGE_LENGTH`] is the
/// most that is used.
pub fn respond(
    message: &[u8],
    arrival: &Arrival<'_>,
    snapshot: &Snapshot,
    health: &HealthTable,
    rng: &mut Rng,
    out: &mut [u8],
) -> Response {
    let Some(header) = Header::read(message) else { return Response::Silence };
    // A reply is never answered, or two servers could talk for ever.
    if header.flags & flag::QR != 0 {
        return Response::Silence;
    }
    const OPCODE_QUERY: u16 = 0;
    if header.opcode() != OPCODE_QUERY {
        // P-17: NOTIFY, UPDATE and every other opcode.
        return bare(&header, Rcode::NotImplemented, out);
    }
    match Request::read(message, header) {
        Ok(request) => answer_request(&request, arrival, snapshot, health, rng, out),
        Err(_) => bare(&header, Rcode::FormatError, out),
    }
}

/// A response of nothing but a header.
fn bare(header: &Header, rcode: Rcode, out: &mut [u8]) -> Response {
    let writer = ResponseWriter::new(out, MAX_MESSAGE_LENGTH, None, None);
    Response::Answered(writer.finish(header.id, reply_flags(header), rcode, None))
}

/// QR, the opcode, and RD as it was asked (P-1).
fn reply_flags(header: &Header) -> u16 {
    const OPCODE: u16 = 0x7800;
    flag::QR | header.flags & (OPCODE | flag::RD)
}

fn answer_request(
    request: &Request<'_>,
    arrival: &Arrival<'_>,
    snapshot: &Snapshot,
    health: &HealthTable,
    rng: &mut Rng,
    out: &mut [u8],
) -> Response {
    let (header, question) = (&request.header, &request.question);
    let limit = match (arrival.transport, request.edns) {
        (Transport::Stream, _) => MAX_MESSAGE_LENGTH,
        (Transport::Udp, None) => usize::from(MIN_UDP_PAYLOAD_SIZE),
        // P-9; RFC 6891 §6.2.3: below 512 counts as 512.
        (Transport::Udp, Some(edns)) => {
            usize::from(edns.udp_payload_size.clamp(MIN_UDP_PAYLOAD_SIZE, OUR_UDP_PAYLOAD_SIZE))
        }
    };
    // P-12.
    if request.edns.is_some_and(|edns| edns.version > 0) {
        let edns = ResponseEdns { dnssec_ok: false, client_subnet: None };
        let writer = ResponseWriter::new(out, limit, Some(question), Some(&edns));
        return Response::Answered(writer.finish(header.id, reply_flags(header), Rcode::BadVersion, Some(&edns)));
    }
    // P-19: other classes. Like every refusal, without OPT (P-7).
    if !matches!(question.class, CLASS_IN | CLASS_ANY) {
        let writer = ResponseWriter::new(out, limit, Some(question), None);
        return Response::Answered(writer.finish(header.id, reply_flags(header), Rcode::Refused, None));
    }
    let subnet = request.edns.and_then(|edns| edns.client_subnet);
    let asker = Asker {
        source: arrival.source,
        destination: arrival.destination,
        listener_vpc: arrival.listener_vpc,
        subnet: subnet.and_then(|subnet| subnet.network()),
        subnet_trust: arrival.subnet_trust,
    };
    let client = Client::identify(&asker, snapshot);
    let mut name = [0; MAX_WIRE_LENGTH];
    let name = &mut name[..question.name_length];
    name.copy_from_slice(question.name());
    name.make_ascii_lowercase();
    let query = Query { name, query_type: QueryType::from_code(question.query_type), client: &client };
    let answer = answer::answer(&query, snapshot, health, rng, &mut ());

    let rcode = match answer.response_code {
        ResponseCode::NoError => Rcode::NoError,
        ResponseCode::NameError => Rcode::NameError,
        ResponseCode::ServerFailure => Rcode::ServerFailure,
        ResponseCode::Refused => Rcode::Refused,
    };
    // P-15.
    let scope = match (answer.scope, client.subnet, subnet) {
        (Scope::Everybody, ..) | (_, None, _) | (_, _, None) => 0,
        (scope, Some(network), Some(subnet)) => scope.prefix_length(network) + subnet.bits_before(network),
    };
    let edns = request
        .edns
        // P-7: a refusal has no OPT.
        .filter(|_| rcode != Rcode::Refused)
        .map(|edns| ResponseEdns { dnssec_ok: edns.dnssec_ok, client_subnet: subnet.map(|subnet| (subnet, scope)) });
    let mut flags = reply_flags(header);
    if answer.authoritative {
        flags |= flag::AA;
    }
    if answer.recursion_available {
        flags |= flag::RA;
    }
    let mut writer = ResponseWriter::new(out, limit, Some(question), edns.as_ref());
    if write_sections(&mut writer, &answer, rng) == Truncation::Truncated {
        flags |= flag::TC;
    }
    let length = writer.finish(header.id, flags, rcode, edns.as_ref());
    match answer.completeness {
        Completeness::Complete => Response::Answered(length),
        Completeness::MustAskUpstream => Response::MustAskUpstream(length),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Truncation {
    Whole,
    Truncated,
}

/// P-10: what the client needs comes first and is sent in whole RRsets; what it can do without never sets TC: the
/// additional section (P-18), and the name servers beside a positive answer (P-2).
fn write_sections(writer: &mut ResponseWriter<'_>, answer: &answer::Answer<'_>, rng: &mut Rng) -> Truncation {
    for set in &answer.answer {
        if writer.add(Section::Answer, set, &shuffled(set, rng)).is_err() {
            return Truncation::Truncated;
        }
    }
    for set in &answer.authority {
        if writer.add(Section::Authority, set, &[]).is_err() {
            return match answer.authority_role {
                AuthorityRole::Courtesy => Truncation::Whole,
                AuthorityRole::Essential => Truncation::Truncated,
            };
        }
    }
    for set in &answer.additional {
        if writer.add(Section::Additional, set, &shuffled(set, rng)).is_err() {
            break;
        }
    }
    Truncation::Whole
}

/// P-4: a random order of the set's values; empty where the stored order holds (P-3).
fn shuffled(set: &AnsweredSet<'_>, rng: &mut Rng) -> SmallVec<[u16; 16]> {
    let count = set.values.count();
    if count < 2 || !set.is_shuffled() {
        return SmallVec::new();
    }
    let mut order: SmallVec<[u16; 16]> = (0..count as u16).collect();
    rng.shuffle(&mut order);
    order
}
