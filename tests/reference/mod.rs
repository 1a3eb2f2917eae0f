//! A second evaluator, slow and obviously right, to hold the real one against.
//!
//! It reads an [`Account`] with lists and linear scans, follows the pseudo code of rules §4.3 line by line and draws
//! nothing: where Route 53 would draw, it goes every way and says how likely each is. It shares no code with the
//! evaluator but the model.
//!
//! [`possible_answers`] gives every answer a question can have. [`mismatch`] tells whether an answer that
//! was seen is one of them.

#![allow(dead_code, reason = "each test crate uses its own part")]

mod answer;
mod group;
mod health;
mod location;
mod lookup;
mod scope;
pub mod view;

pub mod generator;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use route53d::model::{Account, CountryCode, DomainName, HealthCheckId, HealthStatus, RecordType, RecordValue, VpcId};

pub use self::location::Client;
pub use self::view::View;
use self::view::view_of;

/// QTYPE `*`, which everybody calls ANY (RFC 8482).
pub const ANY: u16 = 255;

/// What is asked, and by whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub name: DomainName,
    /// QTYPE, known or not.
    pub type_code: u16,
    pub asker: Asker,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Asker {
    pub source: IpAddr,
    /// The VPC that the listener is bound to, if it is.
    pub listener_vpc: Option<VpcId>,
    /// The client subnet option (RFC 7871), with the source prefix length.
    pub subnet: Option<IpNet>,
    /// Whether the source is on the list of senders whose client subnet counts as the source (architecture.md).
    pub trusted: bool,
}

impl Asker {
    pub fn from(source: IpAddr) -> Asker {
        Asker { source, listener_vpc: None, subnet: None, trusted: false }
    }
}

/// The final status of health checks; a check that is not in it has its initial status (HC-32).
pub type Statuses = BTreeMap<HealthCheckId, HealthStatus>;

/// Says in which country an address is, as the built-in country data does.
pub type CountryOf<'a> = dyn Fn(IpAddr) -> Option<CountryCode> + 'a;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rcode {
    NoError,
    NxDomain,
    Refused,
}

impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rcode::NoError => "NOERROR",
            Rcode::NxDomain => "NXDOMAIN",
            Rcode::Refused => "REFUSED",
        })
    }
}

/// One resource record of an answer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    pub owner: DomainName,
    pub type_code: u16,
    pub ttl: u32,
    /// Uncompressed RDATA.
    pub rdata: Vec<u8>,
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match RecordType::from_code(self.type_code) {
            Some(record_type) => {
                let value = RecordValue::canonical_text(record_type, &self.rdata);
                write!(f, "{} {} {record_type} {value}", self.owner, self.ttl)
            }
            None => write!(f, "{} {} TYPE{} {:02x?}", self.owner, self.ttl, self.type_code, self.rdata),
        }
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Records without order.
pub type Records = BTreeSet<Record>;

/// Every way something can come out, with its probability. The probabilities sum up to one.
pub type Chances<T> = Vec<(f64, T)>;

/// An answer, as far as it can be compared: sections are sets, because their order is drawn or not looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceAnswer {
    pub rcode: Rcode,
    pub aa: bool,
    pub ra: bool,
    pub answer: Records,
    pub authority: Records,
    /// For each name and type that additional data is looked for: what may come of it. Each is drawn for itself.
    pub additional: Vec<Chances<Records>>,
    /// The scope prefix length of the client subnet option (P-15), when the question had one and is not refused.
    pub scope: Option<Scope>,
}

/// The least scope is the one of the groups on the way to the answer. The most also counts groups that were looked at
/// for health only, or not at all because a sibling was drawn: an answer may be as careful as that. The same
/// goes for countries, of which not all addresses can be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    pub least: u8,
    pub most: u8,
}

/// An answer that was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenAnswer {
    pub rcode: Rcode,
    pub aa: bool,
    pub ra: bool,
    pub answer: Records,
    pub authority: Records,
    pub additional: Records,
    pub scope: Option<u8>,
}

impl ReferenceAnswer {
    /// The first thing in which what was seen is not this answer.
    pub fn difference(&self, seen: &SeenAnswer) -> Option<String> {
        let parts = [
            ("rcode", self.rcode == seen.rcode),
            ("AA", self.aa == seen.aa),
            ("RA", self.ra == seen.ra),
            ("answer", self.answer == seen.answer),
            ("authority", self.authority == seen.authority),
            ("additional", self.allows_additional(&seen.additional)),
            (
                "scope",
                match (self.scope, seen.scope) {
                    (Some(scope), Some(seen)) => (scope.least..=scope.most).contains(&seen),
                    // A refusal may have the option or not.
                    (None, _) => true,
                    (Some(_), None) => false,
                },
            ),
        ];
        parts.into_iter().find(|(_, is_equal)| !is_equal).map(|(part, _)| part.to_owned())
    }

    /// Every way the answer can look with its additional section, and with the least scope.
    pub fn outcomes(&self) -> impl Iterator<Item = (f64, SeenAnswer)> {
        let mut sections: Chances<Records> = vec![(1.0, Records::new())];
        for chances in &self.additional {
            let with = |(probability, section): &(f64, Records)| {
                let section = section.clone();
                let probability = *probability;
                chances
                    .iter()
                    .map(move |(chance, records)| (probability * chance, &section | records))
                    .collect::<Vec<_>>()
            };
            sections = sections.iter().flat_map(with).collect();
        }
        sections.into_iter().map(|(probability, additional)| {
            let seen = SeenAnswer {
                rcode: self.rcode,
                aa: self.aa,
                ra: self.ra,
                answer: self.answer.clone(),
                authority: self.authority.clone(),
                additional,
                scope: self.scope.map(|scope| scope.least),
            };
            (probability, seen)
        })
    }

    /// Whether `seen` is made of one possible outcome of each additional record set.
    pub fn allows_additional(&self, seen: &Records) -> bool {
        let mut unexplained = seen.clone();
        for chances in &self.additional {
            // No two of the lists share an owner and type, so the seen records of this list are told by the outcomes.
            let mine: BTreeSet<_> =
                chances.iter().flat_map(|(_, records)| records).map(|it| (&it.owner, it.type_code)).collect();
            let seen: Records = seen.iter().filter(|it| mine.contains(&(&it.owner, it.type_code))).cloned().collect();
            if !chances.iter().any(|(_, records)| *records == seen) {
                return false;
            }
            unexplained.retain(|it| !seen.contains(it));
        }
        unexplained.is_empty()
    }
}

/// Every answer the question can have, each once, with its probability.
pub fn possible_answers(
    account: &Account,
    question: &Question,
    statuses: &Statuses,
    country_of: &CountryOf<'_>,
) -> Chances<ReferenceAnswer> {
    let view = view_of(account, &question.asker);
    let client = location::locate(account, &view, &question.asker, country_of);
    let world = World { account, statuses, view, client, country_of, place_scope: OnceCell::new() };
    let mut answers: Chances<ReferenceAnswer> = Vec::new();
    let asker = &question.asker;
    let chose_view =
        asker.subnet.filter(|subnet| asker.trusted && asker.listener_vpc.is_none() && subnet.prefix_len() > 0);
    let vpc_networks = account.vpcs().values().flat_map(|vpc| &vpc.cidrs);
    for (probability, mut answer) in answer::answers(&world, question) {
        if let (Some(subnet), Some(scope)) = (asker.subnet, &mut answer.scope) {
            if chose_view.is_some() && vpc_networks.clone().next().is_some() {
                *scope = scope::longest(*scope, scope::of_networks(subnet.network(), vpc_networks.clone()));
            }
            *scope = scope::told(*scope, subnet);
        }
        match answers.iter_mut().find(|(_, known)| *known == answer) {
            Some((sum, _)) => *sum += probability,
            None => answers.push((probability, answer)),
        }
    }
    answers
}

/// Why `seen` cannot be, with everything that could; `None` when it can.
pub fn mismatch(possible: &Chances<ReferenceAnswer>, seen: &SeenAnswer) -> Option<String> {
    let mut report = format!("seen: {seen:#?}\n");
    for (probability, answer) in possible {
        let difference = answer.difference(seen)?;
        report += &format!("possible with {probability}, but {difference} differs: {answer:#?}\n");
    }
    Some(report)
}

/// All that choosing depends on.
struct World<'a> {
    account: &'a Account,
    statuses: &'a Statuses,
    view: View,
    client: Client,
    country_of: &'a CountryOf<'a>,
    /// What the place says of the scope: trying every prefix takes a while.
    place_scope: OnceCell<Scope>,
}
