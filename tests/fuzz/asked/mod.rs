//! The account that is asked, and what every reply of it must be, whatever was asked.

// It is written for the laws under tests/wire, which need more of it.
#![allow(dead_code)]

use hickory_proto::op::Message;
use route53d::dns::message::{Header, Request, Unreadable};
use route53d::dns::{CookieState, Transport};
use route53d::model::HealthStatus;

use crate::asking::{Query, Server};
use crate::compression::check_pointers;
use crate::shop::{self, SECRET_IPV4, SECRET_IPV6, SECRET_TEXT, SECRET_TTL};
use route53d::dns::response_kind::ResponseKind;
use route53d::dns::slip::cut_down;

/// A server that says the least, and others that say all they can, small and large, with what there is of bad health.
pub fn servers() -> [Server; 3] {
    let plain = shop::server();
    let mut talkative = shop::server();
    talkative.policy.nsid = Some(vec![b'n'; 64].into());
    talkative.policy.sends_extended_errors = true;
    talkative.set_health("web", HealthStatus::Unhealthy);
    let mut small = shop::server();
    small.policy.nsid = Some(vec![b'n'; 64].into());
    small.policy.max_udp_payload_size = 512;
    small.set_health("web", HealthStatus::Unhealthy);
    small.set_health("web2", HealthStatus::Unhealthy);
    [plain, talkative, small]
}

/// A reply, and what is known of the sender by the cookie it answers.
pub struct Checked {
    pub bytes: Vec<u8>,
    pub message: Message,
    pub cookie: CookieState,
}

/// Asks, and holds the reply against all that must be true of one; `None` is silence.
pub fn ask(server: &Server, message: &[u8], like: &Query) -> Option<Checked> {
    let (reply, cookie) = server.respond_and_judge(message, like);
    let Some(header) = Header::read(message).filter(|header| header.flags & 0x8000 == 0) else {
        assert!(reply.is_none(), "a reply to what is no query: {reply:02x?}");
        return None;
    };
    let reply = reply.expect("silence towards a query");
    let request = Request::read(message, header);
    let (question, shows_opt, udp_limit) = match &request {
        Ok(Request { question, edns, .. }) => {
            let size = edns.map_or(512, |edns| edns.udp_payload_size.clamp(512, server.policy.max_udp_payload_size));
            (*question, edns.is_some(), usize::from(size))
        }
        Err(Unreadable::Edns { question, .. }) => (*question, true, 512),
        Err(Unreadable::Message) => (None, false, 512),
    };

    // P-9, P-11.
    let limit = if like.transport == Transport::Udp { udp_limit } else { 65_535 };
    assert!(reply.len() <= limit, "{} bytes, of {limit}", reply.len());
    let decoded = decode(&reply);
    assert_eq!(reply[..2], message[..2], "the id");
    // QR set; opcode and RD as asked; no bit that is reserved or speaks of DNSSEC (P-13).
    assert_eq!(reply[2] & 0xf9, 0x80 | message[2] & 0x79);
    assert_eq!(reply[3] & 0x70, 0);
    assert!(like.transport == Transport::Udp || !decoded.metadata.truncation, "TC over {:?}", like.transport);
    // RFC 6891 §6.1.1.
    assert!(shows_opt || decoded.edns.is_none(), "OPT to a client without EDNS");
    // A question is said back as it was asked, its case too (N-8), if it is one.
    let said_back = question.filter(|_| header.opcode() == 0).map_or(&[][..], |question| question.bytes);
    assert_eq!(usize::from(reply[5]), usize::from(!said_back.is_empty()));
    assert!(reply[12..].starts_with(said_back));

    check_cut_down(&reply, said_back);
    assert!(server.respond(&reply, like).is_none(), "a reply to our own reply");
    if !may_see_private_zones(like) {
        assert!(!tells_a_secret(&reply[12 + said_back.len()..]), "a private zone on the Internet");
    }
    Some(Checked { bytes: reply, message: decoded, cookie })
}

/// By a decoder that shares no code with ours; the counts are right, and no pointer leads astray.
fn decode(reply: &[u8]) -> Message {
    let decoded = match Message::from_vec(reply) {
        Ok(decoded) => decoded,
        Err(error) => panic!("{error}: {reply:02x?}"),
    };
    check_pointers(reply);
    // Hickory's 16 is BADVERS.
    let code = u16::from(decoded.metadata.response_code);
    let counted = match ResponseKind::of(reply) {
        ResponseKind::NoError => 0,
        ResponseKind::FormErr => 1,
        ResponseKind::ServFail => 2,
        ResponseKind::NxDomain => 3,
        ResponseKind::NotImp => 4,
        ResponseKind::Refused => 5,
        ResponseKind::BadVers => 16,
        ResponseKind::BadCookie => 23,
        ResponseKind::Other => u16::MAX,
    };
    assert_eq!(counted, code, "it is counted as another code: {reply:02x?}");
    decoded
}

/// What is left of a reply that is above the rate.
fn check_cut_down(reply: &[u8], question: &[u8]) {
    let mut cut = reply.to_vec();
    let length = cut_down(&mut cut, reply.len()).expect("it is a response of ours");
    assert!(length <= reply.len());
    let (cut, whole) = (decode_only(&cut[..length]), decode_only(reply));
    assert!(cut.metadata.truncation && cut.metadata.id == whole.metadata.id);
    assert_eq!(cut.answers.len() + cut.authorities.len() + cut.additionals.len(), 0);
    assert_eq!((cut.queries.len(), cut.edns), (usize::from(!question.is_empty()), whole.edns));
}

fn decode_only(reply: &[u8]) -> Message {
    Message::from_vec(reply).expect("it can be decoded")
}

fn may_see_private_zones(like: &Query) -> bool {
    use route53d::snapshot::SubnetTrust;
    use std::net::IpAddr;
    let is_inside = match like.source.to_canonical() {
        IpAddr::V4(address) => address.octets().starts_with(&[10, 20]),
        IpAddr::V6(address) => address.segments().starts_with(&[0xfd00, 0x20, 0]),
    };
    is_inside || like.listener_vpc.is_some() || matches!(like.subnet_trust, SubnetTrust::Trusted)
}

fn tells_a_secret(behind_question: &[u8]) -> bool {
    let lower = behind_question.to_ascii_lowercase();
    let holds = |secret: &[u8]| behind_question.windows(secret.len()).any(|window| window == secret);
    lower.windows(SECRET_TEXT.len()).any(|window| window == SECRET_TEXT.as_bytes())
        || holds(&SECRET_IPV4)
        || holds(&SECRET_IPV6)
        || holds(&SECRET_TTL.to_be_bytes())
}
