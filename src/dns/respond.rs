//! Bytes in, bytes out: the one responder behind every transport. Pure, and without an allocation for an ordinary
//! answer.

use fastrand::Rng;

use crate::answer::{
    self, Additional, Answer, AnsweredSet, Authority, Client, Completeness, Query, QueryType, ResponseCode,
};
use crate::snapshot::{Asker, CompiledGlue, HealthTable, Snapshot};

use super::edns::{ClientSubnet, CookieState, Edns, ExtendedError, Keepalive, Padding, ResponseEdns};
use super::message::{CLASS_ANY, CLASS_IN, Header, OPCODE_QUERY, Question, Rcode, Request, Unreadable, flag};
use super::policy::WirePolicy;
use super::writer::{NoRoom, ResponseWriter, Section};

/// The largest message any transport carries, in bytes (P-11): what a caller's buffer must hold.
pub const MAX_MESSAGE_LENGTH: usize = 65_535;

/// The largest UDP response to a client that says nothing of itself, in bytes (P-9).
const MIN_UDP_PAYLOAD_SIZE: u16 = 512;

/// How a query came.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    pub transport: Transport,
    /// Its sender; the client subnet is the message's to tell.
    pub asker: Asker<'a>,
    /// When it came: seconds since 1970, modulo 2³² (RFC 9018 §4.3).
    pub at_seconds: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Udp,
    Tcp {
        /// How long the connection may be idle, in tenths of a second: told to clients that ask (RFC 7828).
        idle_timeout_deciseconds: u16,
    },
    /// DNS over TLS.
    Tls {
        /// As over TCP.
        idle_timeout_deciseconds: u16,
    },
    /// DNS over HTTPS. How long a connection lives is HTTP's to say.
    Https,
    /// DNS over QUIC. How long a connection lives is QUIC's to say.
    Quic,
}

impl Transport {
    /// What a client that asks is told of its connection.
    fn idle_timeout_deciseconds(self) -> Option<u16> {
        match self {
            Transport::Tcp { idle_timeout_deciseconds } | Transport::Tls { idle_timeout_deciseconds } => {
                Some(idle_timeout_deciseconds)
            }
            // RFC 7828 §3.2.1: over UDP the question is ignored.
            Transport::Udp | Transport::Https | Transport::Quic => None,
        }
    }

    /// How responses to padded queries are padded: only where the length is all that others see (RFC 7830 §6).
    fn padding(self) -> Option<Padding> {
        match self {
            Transport::Udp | Transport::Tcp { .. } => None,
            Transport::Tls { .. } | Transport::Https | Transport::Quic => Some(Padding::Blocks),
        }
    }
}

/// What came of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Responded {
    pub response: Response,
    /// Whether its sender is known to be where it says it is.
    pub cookie: CookieState,
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
#[inline]
pub fn respond(
    message: &[u8],
    arrival: &Arrival<'_>,
    snapshot: &Snapshot,
    health: &HealthTable,
    policy: &WirePolicy,
    rng: &mut Rng,
    out: &mut [u8],
) -> Responded {
    let without_cookie = |response| Responded { response, cookie: CookieState::None };
    let Some(header) = Header::read(message) else { return without_cookie(Response::Silence) };
    // A reply is never answered, or two servers could talk for ever.
    if header.flags & flag::QR != 0 {
        return without_cookie(Response::Silence);
    }
    match Request::read(message, header) {
        Ok(request) => answer_request(&request, arrival, snapshot, health, policy, rng, out),
        Err(Unreadable::Message) => without_cookie(Reply::new(&header, None).without_records(malformed(&header), out)),
        Err(Unreadable::Edns { question, dnssec_ok }) => {
            let mut reply = Reply::new(&header, question.as_ref());
            reply.edns = Some(ResponseEdns::bare(policy.max_udp_payload_size, dnssec_ok));
            without_cookie(reply.without_records(malformed(&header), out))
        }
    }
}

/// What a message gets that does not have the form it should. P-17: that of another opcode is not ours to judge.
fn malformed(header: &Header) -> Rcode {
    if header.opcode() == OPCODE_QUERY { Rcode::FormatError } else { Rcode::NotImplemented }
}

/// What stands around a response's records.
struct Reply<'r> {
    id: u16,
    flags: u16,
    question: Option<&'r Question<'r>>,
    edns: Option<ResponseEdns>,
    /// In bytes.
    limit: usize,
}

impl<'r> Reply<'r> {
    /// QR, the opcode, and RD as it was asked (P-1). What another opcode than QUERY has for a question is not said
    /// back.
    fn new(header: &Header, question: Option<&'r Question<'r>>) -> Reply<'r> {
        const OPCODE: u16 = 0x7800;
        let question = question.filter(|_| header.opcode() == OPCODE_QUERY);
        let flags = flag::QR | header.flags & (OPCODE | flag::RD);
        Reply { id: header.id, flags, question, edns: None, limit: usize::from(MIN_UDP_PAYLOAD_SIZE) }
    }

    fn without_records(&self, rcode: Rcode, out: &mut [u8]) -> Response {
        let mut writer = ResponseWriter::new(out, self.limit, self.question, self.edns.as_ref());
        Response::Answered(writer.finish(self.id, self.flags, rcode, self.edns.as_ref()))
    }

    /// P-7: a refusal has no OPT, unless there is something to say in it. What there is to say is not where the client
    /// is; but a client that shows a cookie discards what comes without one (RFC 7873 §5.3).
    fn keep_opt_if_it_says_something(&mut self) {
        if self.edns.as_ref().is_some_and(|edns| !edns.has_options()) {
            self.edns = None;
        }
    }

    fn explain(&mut self, policy: &WirePolicy, reason: ExtendedError) {
        if let Some(edns) = self.edns.as_mut().filter(|_| policy.sends_extended_errors) {
            edns.add_extended_error(reason);
        }
    }
}

/// What is said in EDNS whatever the answer is: where the client is, is not known yet.
fn say_who_we_are(response: &mut ResponseEdns, edns: &Edns<'_>, transport: Transport, policy: &WirePolicy) {
    if let Some(nsid) = policy.nsid.as_deref().filter(|_| edns.asks_for_nsid) {
        response.add_nsid(nsid);
    }
    if let Some(deciseconds) = transport.idle_timeout_deciseconds().filter(|_| edns.keepalive.is_some()) {
        response.add_idle_timeout(deciseconds);
    }
    if let Some(padding) = transport.padding().filter(|_| edns.has_padding) {
        response.pad(padding);
    }
}

fn answer_request(
    request: &Request<'_>,
    arrival: &Arrival<'_>,
    snapshot: &Snapshot,
    health: &HealthTable,
    policy: &WirePolicy,
    rng: &mut Rng,
    out: &mut [u8],
) -> Responded {
    let mut reply = Reply::new(&request.header, request.question.as_ref());
    if arrival.transport != Transport::Udp {
        reply.limit = MAX_MESSAGE_LENGTH;
    }
    let mut cookie_state = CookieState::None;
    if let Some(edns) = &request.edns {
        if arrival.transport == Transport::Udp {
            // P-9; RFC 6891 §6.2.3: below 512 counts as 512.
            let size = edns.udp_payload_size.min(policy.max_udp_payload_size).max(MIN_UDP_PAYLOAD_SIZE);
            reply.limit = usize::from(size);
        }
        // P-12; RFC 7828 §3.2.1. RFC 6891 §6.1.3: the version comes before what is asked, the opcode included.
        let refusal = match (edns.version, edns.keepalive, arrival.transport.idle_timeout_deciseconds()) {
            (1.., ..) => Some(Rcode::BadVersion),
            (0, Some(Keepalive::WithTime), Some(_)) => Some(malformed(&request.header)),
            (0, ..) => None,
        };
        if let Some(rcode) = refusal {
            // BADVERS has no cookie, no NSID and no padding: RFC 6891 §6.1.3 keeps a response to the format of the
            // version that was asked in, and what the options of that one mean is not known.
            reply.edns = Some(ResponseEdns::bare(policy.max_udp_payload_size, edns.dnssec_ok));
            return Responded { response: reply.without_records(rcode, out), cookie: cookie_state };
        }
        let response = reply.edns.insert(ResponseEdns::bare(policy.max_udp_payload_size, edns.dnssec_ok));
        if edns.has_options {
            say_who_we_are(response, edns, arrival.transport, policy);
        }
        if let Some(cookie) = &edns.cookie {
            let (state, whole) = policy.cookies.judge(cookie, arrival.asker.source, arrival.at_seconds);
            cookie_state = state;
            response.add_cookie(&whole);
        }
    }
    let response = match &request.question {
        // P-17: NOTIFY, UPDATE and every other opcode.
        _ if request.header.opcode() != OPCODE_QUERY => reply.without_records(Rcode::NotImplemented, out),
        // P-19; RFC 7873 §5.4: without a question there is nothing to ask but for a cookie.
        None if cookie_state == CookieState::None => reply.without_records(Rcode::FormatError, out),
        None if cookie_state == CookieState::Bad => reply.without_records(Rcode::BadCookie, out),
        None => reply.without_records(Rcode::NoError, out),
        Some(question) if !matches!(question.class, CLASS_IN | CLASS_ANY) => {
            // P-19.
            reply.explain(policy, ExtendedError::NO_OTHER_CLASS);
            reply.keep_opt_if_it_says_something();
            reply.without_records(Rcode::Refused, out)
        }
        Some(question) => {
            let asked = Asked { question, edns: request.edns.as_ref(), arrival };
            answer_question(&asked, &mut reply, snapshot, health, policy, rng, out)
        }
    };
    Responded { response, cookie: cookie_state }
}

/// A question, and who asks it.
struct Asked<'a> {
    question: &'a Question<'a>,
    edns: Option<&'a Edns<'a>>,
    arrival: &'a Arrival<'a>,
}

fn answer_question(
    asked: &Asked<'_>,
    reply: &mut Reply<'_>,
    snapshot: &Snapshot,
    health: &HealthTable,
    policy: &WirePolicy,
    rng: &mut Rng,
    out: &mut [u8],
) -> Response {
    let &Asked { question, edns, arrival } = asked;
    let subnet = edns.and_then(|edns| edns.client_subnet.as_ref());
    let client = match subnet.and_then(ClientSubnet::network) {
        None => Client::identify(&arrival.asker, snapshot),
        network => Client::identify(&Asker { subnet: network, ..arrival.asker }, snapshot),
    };
    let query_type = QueryType::from_code(question.query_type);
    let query = Query { name: question.name(), query_type, client: &client };
    let mut answer = Answer::begin(&client);
    answer::answer_into(&mut answer, &query, snapshot, health, rng, &mut ());

    if let (Some(edns), Some(subnet)) = (&mut reply.edns, subnet)
        && answer.response_code != ResponseCode::Refused
    {
        // P-15.
        let scope = match client.subnet.map(|network| (network, answer.scope.prefix_length(network))) {
            None | Some((_, 0)) => 0,
            Some((network, length)) => length + subnet.bits_before(network),
        };
        edns.add_client_subnet(subnet, scope);
    }
    if let Some(reason) = reason(&answer, query_type) {
        reply.explain(policy, reason);
    }
    let rcode = match answer.response_code {
        ResponseCode::NoError => Rcode::NoError,
        ResponseCode::NameError => Rcode::NameError,
        ResponseCode::ServerFailure => Rcode::ServerFailure,
        ResponseCode::Refused => Rcode::Refused,
    };
    if rcode == Rcode::Refused {
        reply.keep_opt_if_it_says_something();
    }
    if answer.authoritative {
        reply.flags |= flag::AA;
    }
    if answer.recursion_available {
        reply.flags |= flag::RA;
    }
    let mut writer = ResponseWriter::new(out, reply.limit, reply.question, reply.edns.as_ref());
    if write_sections(&mut writer, &answer, rng) == Truncation::Truncated {
        reply.flags |= flag::TC;
    }
    let length = writer.finish(reply.id, reply.flags, rcode, reply.edns.as_ref());
    match answer.completeness {
        Completeness::Complete => Response::Answered(length),
        Completeness::MustAskUpstream => Response::MustAskUpstream(length),
    }
}

/// Why an answer is less than was asked for.
fn reason(answer: &Answer<'_>, query_type: QueryType) -> Option<ExtendedError> {
    match (answer.response_code, answer.completeness) {
        (ResponseCode::ServerFailure, _) => Some(ExtendedError::ALIAS_LIMIT),
        (ResponseCode::Refused, _) if query_type == QueryType::ZoneTransfer => Some(ExtendedError::NO_ZONE_TRANSFER),
        (_, Completeness::MustAskUpstream) => Some(ExtendedError::NO_UPSTREAM),
        (ResponseCode::Refused, Completeness::Complete) => Some(ExtendedError::NOT_AUTHORITATIVE),
        (ResponseCode::NoError | ResponseCode::NameError, Completeness::Complete) => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Truncation {
    Whole,
    Truncated,
}

/// P-10: what the client needs comes first and is sent in whole RRsets; what it can do without never sets TC: the
/// additional section (P-18), and the name servers beside a positive answer (P-2).
fn write_sections(writer: &mut ResponseWriter<'_>, answer: &Answer<'_>, rng: &mut Rng) -> Truncation {
    for set in &answer.answer {
        if writer.add(Section::Answer, set, rng).is_err() {
            return Truncation::Truncated;
        }
    }
    let authority = match &answer.authority {
        Authority::Nothing => Ok(()),
        Authority::NameServers(zone) => writer.add_compiled(Section::Authority, zone.compiled_ns()),
        Authority::NegativeSoa(zone) => writer.add_compiled(Section::Authority, zone.compiled_negative_soa()),
        Authority::Set(set) => writer.add(Section::Authority, set, rng),
    };
    match (authority, &answer.authority) {
        (Ok(()), _) => {}
        (Err(NoRoom), Authority::NameServers(_)) => return Truncation::Whole,
        (Err(NoRoom), _) => return Truncation::Truncated,
    }
    match &answer.additional {
        Additional::OfNameServers(zone) => {
            let is_written = match zone.compiled_glue() {
                CompiledGlue::Ready(glue) => writer.add_compiled(Section::Additional, glue).is_ok(),
                CompiledGlue::Nothing | CompiledGlue::Varies => false,
            };
            if !is_written {
                add_additional(writer, &answer.additional.sets(), rng);
            }
        }
        Additional::Sets(sets) => add_additional(writer, sets, rng),
    }
    Truncation::Whole
}

/// As many as there is room for.
fn add_additional(writer: &mut ResponseWriter<'_>, sets: &[AnsweredSet<'_>], rng: &mut Rng) {
    for set in sets {
        if writer.add(Section::Additional, set, rng).is_err() {
            break;
        }
    }
}
