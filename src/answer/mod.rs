//! **The decision.** One question, one snapshot, one health table, one source of randomness: one answer.
//!
//! Read in this order: [`answer`] walks from the view to the zone to the name, and along CNAME records; `matching`
//! finds the name; `choose` finds the record set of a group, with the policies of `select` and the health of
//! `group_health`; `sections` makes the whole answer of it. Everything is pure. The wire, the API, the command line and
//! the console all call [`answer`].

mod answered_values;
mod choose;
pub mod client;
mod describe;
mod group_health;
mod matching;
mod member_set;
mod sections;
pub mod select;
mod walk;
pub mod why;

use smallvec::SmallVec;

use crate::model::RecordType;
use crate::snapshot::{Values, View, Zone};

pub use answered_values::AnsweredValues;
pub use client::{Client, Scope};
pub use walk::{answer, answer_into, answer_of_zone};
pub use why::{Step, Topic, Why};

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Query<'q> {
    /// Uncompressed wire form.
    pub name: &'q [u8],
    pub query_type: QueryType,
    pub client: &'q Client,
}

/// The type a query asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryType {
    Record(RecordType),
    /// P-6.
    Any,
    /// AXFR and IXFR (P-17).
    ZoneTransfer,
    /// P-8: a type that no zone can hold.
    Other(u16),
}

impl QueryType {
    pub fn from_code(code: u16) -> QueryType {
        const IXFR: u16 = 251;
        const AXFR: u16 = 252;
        const ANY: u16 = 255;
        match code {
            ANY => QueryType::Any,
            IXFR | AXFR => QueryType::ZoneTransfer,
            code => RecordType::from_code(code).map_or(QueryType::Other(code), QueryType::Record),
        }
    }
}

/// The response code, as far as a decision goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseCode {
    NoError,
    NameError,
    ServerFailure,
    Refused,
}

/// What is answered: sections that borrow their values from the snapshot. Those of an ordinary answer stay off the heap:
/// a short chain of CNAME records, and the addresses of a few hosts.
#[derive(Clone, Debug)]
pub struct Answer<'s> {
    pub response_code: ResponseCode,
    /// AA.
    pub authoritative: bool,
    /// RA: inside a VPC we are its resolver (PZ-16).
    pub recursion_available: bool,
    pub answer: SmallVec<[AnsweredSet<'s>; 4]>,
    pub authority: Authority<'s>,
    pub additional: Additional<'s>,
    pub scope: Scope,
    pub completeness: Completeness,
}

impl Answer<'_> {
    /// What is known before the name is looked at.
    pub fn begin(client: &Client) -> Self {
        Answer {
            response_code: ResponseCode::NoError,
            authoritative: client.view == View::Internet,
            recursion_available: client.view != View::Internet,
            answer: SmallVec::new(),
            authority: Authority::Nothing,
            additional: Additional::Sets(SmallVec::new()),
            scope: client.scope,
            completeness: Completeness::Complete,
        }
    }
}

/// What stands in the authority section: mostly what is the same for every answer of a zone.
#[derive(Clone, Debug)]
pub enum Authority<'s> {
    Nothing,
    /// P-2: the zone's name servers beside a positive answer, which a client can do without.
    NameServers(&'s Zone),
    /// Z-16: the SOA of a negative answer.
    NegativeSoa(&'s Zone),
    /// Any other: the name servers of a referral, or the SOA of a zone that a CNAME led to from another.
    Set(AnsweredSet<'s>),
}

impl<'s> Authority<'s> {
    /// The record set.
    pub fn set(&self) -> Option<AnsweredSet<'s>> {
        let of_apex = |zone: &'s Zone, values: Values<'s>, ttl| AnsweredSet {
            owner: Owner::Name(zone.name()),
            record_type: values.record_type,
            ttl,
            values: AnsweredValues::of_record_set(values),
        };
        match self {
            Authority::Nothing => None,
            Authority::NameServers(zone) => Some(of_apex(zone, zone.apex_ns(), zone.apex_ns().ttl)),
            Authority::NegativeSoa(zone) => Some(of_apex(zone, zone.apex_soa(), zone.negative_ttl())),
            Authority::Set(set) => Some(set.clone()),
        }
    }
}

/// P-18: the addresses of the names in the other sections.
#[expect(clippy::large_enum_variant, reason = "an answer is made in place, and needs the heap for no ordinary one")]
#[derive(Clone, Debug)]
pub enum Additional<'s> {
    /// Chosen for this answer.
    Sets(SmallVec<[AnsweredSet<'s>; 4]>),
    /// Those of the zone's name servers, which are the same for all answers.
    OfNameServers(&'s Zone),
}

impl<'s> Additional<'s> {
    /// The record sets, one by one.
    pub fn sets(&self) -> SmallVec<[AnsweredSet<'s>; 4]> {
        match self {
            Additional::Sets(sets) => sets.clone(),
            Additional::OfNameServers(zone) => {
                let addresses = zone.glue().map(|(node, values)| AnsweredSet {
                    owner: Owner::Name(node.name()),
                    record_type: values.record_type,
                    ttl: values.ttl,
                    values: AnsweredValues::of_record_set(values),
                });
                addresses.collect()
            }
        }
    }
}

/// Whether all that can be known was known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    Complete,
    /// Inside a VPC: the name, or the last CNAME's target, is held nowhere here; a resolver would ask upstream. The
    /// answer is what to say if there is no upstream.
    MustAskUpstream,
}

/// One RRset of an answer.
#[derive(Clone, Debug)]
pub struct AnsweredSet<'s> {
    pub owner: Owner<'s>,
    pub record_type: RecordType,
    /// Seconds.
    pub ttl: u32,
    pub values: AnsweredValues<'s>,
}

/// The owner name of an RRset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner<'s> {
    /// N-8: the query's name, spelt as it was asked.
    QueryName,
    /// Uncompressed wire form, in the case it is stored in.
    Name(&'s [u8]),
}

impl<'s> AnsweredSet<'s> {
    /// Every value as its record without the owner, with the TTL as it is stored, in stored order.
    pub fn records(&self) -> impl Iterator<Item = &'s [u8]> {
        self.values.iter().flat_map(|values| values.records())
    }

    /// The RDATA of every value, in stored order.
    pub fn rdata(&self) -> impl Iterator<Item = &'s [u8]> {
        self.values.iter().flat_map(|values| values.rdata())
    }

    /// P-3, P-4: name servers go out in their stored order, everything else shuffled.
    pub fn is_shuffled(&self) -> bool {
        self.record_type != RecordType::Ns
    }
}
