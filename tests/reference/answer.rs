//! The message around what was chosen: CNAME chains, referrals, negative answers, authority and additional sections.

use std::collections::BTreeSet;

use route53d::model::{DomainName, HostedZone, RecordContent, RecordSet, RecordType, limits};

use super::group::Choice;
use super::lookup::{Place, group, look_up};
use super::view::zone_for;
use super::{ANY, Chances, Question, Rcode, Record, Records, ReferenceAnswer, Scope, View, World, scope};

const AXFR: u16 = 252;
const IXFR: u16 = 251;

/// What led from the question to the name that is looked at.
#[derive(Clone)]
struct Chain {
    /// The CNAME records so far.
    records: Records,
    /// The names so far, the one that is looked at included.
    names: Vec<DomainName>,
    scope: Scope,
}

/// Every way the question can come out; the same answer may come several times.
pub fn answers(world: &World<'_>, question: &Question) -> Chances<ReferenceAnswer> {
    let record_type = RecordType::from_code(question.type_code);
    let has_option = question.asker.subnet.is_some();
    let zone = zone_for(world.account, &world.view, &question.name, record_type);
    let mut answers = match zone {
        // P-7, P-17.
        _ if question.type_code == AXFR || question.type_code == IXFR => vec![(1.0, refused(world))],
        None => vec![(1.0, refused(world))],
        Some(zone) => {
            let scope = scope::EVERYBODY;
            let chain = Chain { records: Records::new(), names: vec![question.name.clone()], scope };
            world.answers_from(zone, question.type_code, chain)
        }
    };
    for (_, answer) in &mut answers {
        if !has_option || answer.rcode == Rcode::Refused {
            answer.scope = None;
        }
    }
    answers
}

fn refused(world: &World<'_>) -> ReferenceAnswer {
    ReferenceAnswer {
        rcode: Rcode::Refused,
        aa: false,
        ra: world.view != View::Internet,
        answer: Records::new(),
        authority: Records::new(),
        additional: Vec::new(),
        scope: None,
    }
}

impl World<'_> {
    /// The answers for the last name of the chain, which `zone` holds.
    fn answers_from(&self, zone: &HostedZone, type_code: u16, chain: Chain) -> Chances<ReferenceAnswer> {
        let name = chain.names.last().expect("the chain starts with the question").clone();
        let record_type = RecordType::from_code(type_code);
        let node = match look_up(zone, &name, record_type) {
            Place::BelowCut(cut) => return vec![(1.0, self.referral(zone, &cut, chain))],
            Place::NoSuchName => return vec![(1.0, self.negative(zone, Rcode::NxDomain, chain))],
            Place::Node(node) => node,
        };
        let has = |record_type| !group(zone, &node, record_type).is_empty();
        match record_type {
            _ if type_code == ANY && has(RecordType::Cname) => {
                self.records_of(zone, &node, &[RecordType::Cname], chain)
            }
            _ if type_code == ANY => self.records_of(zone, &node, &RecordType::ALL, chain),
            Some(record_type) if has(record_type) => self.records_of(zone, &node, &[record_type], chain),
            // W-15, and P-8: of an unknown type too.
            _ if has(RecordType::Cname) => self.follow_cname(zone, &node, type_code, chain),
            _ => vec![(1.0, self.negative(zone, Rcode::NoError, chain))],
        }
    }

    /// The records of these types at the node, each chosen by its own policy, under the name that was asked for.
    fn records_of(
        &self,
        zone: &HostedZone,
        node: &DomainName,
        types: &[RecordType],
        chain: Chain,
    ) -> Chances<ReferenceAnswer> {
        let owner = chain.names.last().expect("the chain starts with the question").clone();
        let mut sums: Chances<Chain> = vec![(1.0, chain.clone())];
        for &record_type in types {
            let mut next = Vec::new();
            for (probability, sum) in sums {
                for (chance, (choice, of_group)) in self.choose(zone, node, record_type) {
                    let mut sum = sum.clone();
                    sum.scope = scope::longest(sum.scope, of_group);
                    sum.records.extend(records(&owner, record_type, &choice));
                    next.push((probability * chance, sum));
                }
            }
            sums = next;
        }
        let finish = |sum: Chain| {
            if sum.records.len() == chain.records.len() {
                //
                self.negative(zone, Rcode::NoError, sum)
            } else {
                self.positive(zone, sum)
            }
        };
        sums.into_iter().map(|(probability, sum)| (probability, finish(sum))).collect()
    }

    /// Z-32 to Z-36 and PZ-15.
    fn follow_cname(
        &self,
        zone: &HostedZone,
        node: &DomainName,
        type_code: u16,
        chain: Chain,
    ) -> Chances<ReferenceAnswer> {
        let owner = chain.names.last().expect("the chain starts with the question").clone();
        let mut answers = Vec::new();
        for (probability, (choice, of_group)) in self.choose(zone, node, RecordType::Cname) {
            let mut chain = chain.clone();
            chain.scope = scope::longest(chain.scope, of_group);
            let cname = records(&owner, RecordType::Cname, &choice);
            let Some(record) = cname.first() else {
                answers.push((probability, self.negative(zone, Rcode::NoError, chain)));
                continue;
            };
            let target = DomainName::from_wire(&record.rdata).expect("the RDATA of a CNAME is a name");
            chain.records.extend(cname);
            // Z-33: a loop, or eight CNAME records.
            let ends = chain.names.contains(&target) || chain.records.len() == limits::CNAME_CHAIN;
            let next_zone = match self.view {
                // Z-34.
                View::Internet => target.is_at_or_below(zone.name()).then_some(zone),
                View::Vpc(_) => zone_for(self.account, &self.view, &target, RecordType::from_code(type_code)),
            };
            match next_zone {
                Some(next_zone) if !ends => {
                    chain.names.push(target);
                    for (after, answer) in self.answers_from(next_zone, type_code, chain) {
                        answers.push((probability * after, answer));
                    }
                }
                _ => answers.push((probability, self.positive(zone, chain))),
            }
        }
        answers
    }

    /// P-1, P-2, P-5, P-18; PZ-16.
    fn positive(&self, zone: &HostedZone, mut chain: Chain) -> ReferenceAnswer {
        let mut authority = Records::new();
        let mut additional = Vec::new();
        if self.view == View::Internet {
            let name_servers = simple_records(zone, zone.name(), RecordType::Ns);
            if !chain.records.iter().any(|record| name_servers.contains(record)) {
                authority = name_servers;
            }
            additional = self.additional(zone, &chain.records, &authority, &mut chain.scope);
        }
        ReferenceAnswer {
            rcode: Rcode::NoError,
            aa: self.view == View::Internet,
            ra: self.view != View::Internet,
            answer: chain.records,
            authority,
            additional,
            scope: Some(chain.scope),
        }
    }

    /// Z-15 to Z-17, Z-35.
    fn negative(&self, zone: &HostedZone, rcode: Rcode, chain: Chain) -> ReferenceAnswer {
        let mut authority = Records::new();
        for mut soa in simple_records(zone, zone.name(), RecordType::Soa) {
            // Z-16: the minimum is the last field.
            let minimum = u32::from_be_bytes(soa.rdata[soa.rdata.len() - 4..].try_into().expect("four bytes"));
            soa.ttl = soa.ttl.min(minimum);
            authority.insert(soa);
        }
        ReferenceAnswer {
            rcode,
            aa: self.view == View::Internet,
            ra: self.view != View::Internet,
            answer: chain.records,
            authority,
            additional: Vec::new(),
            scope: Some(chain.scope),
        }
    }

    /// Z-20, Z-21. Inside a VPC a delegation would have to be followed, which nobody does yet.
    fn referral(&self, zone: &HostedZone, cut: &DomainName, chain: Chain) -> ReferenceAnswer {
        if self.view != View::Internet {
            return if chain.records.is_empty() { refused(self) } else { self.positive(zone, chain) };
        }
        let authority = simple_records(zone, cut, RecordType::Ns);
        let mut scope = chain.scope;
        let additional = self.additional(zone, &Records::new(), &authority, &mut scope);
        ReferenceAnswer {
            rcode: Rcode::NoError,
            aa: !chain.records.is_empty(),
            ra: false,
            additional,
            answer: chain.records,
            authority,
            scope: Some(scope),
        }
    }

    /// P-18, Z-21: addresses in the zone, of exactly the names that MX, NS and SRV records point to. What stands in the
    /// answer already is not said twice.
    fn additional(
        &self,
        zone: &HostedZone,
        answer: &Records,
        authority: &Records,
        scope: &mut Scope,
    ) -> Vec<Chances<Records>> {
        let targets: BTreeSet<DomainName> = answer.iter().chain(authority).filter_map(target).collect();
        let mut additional = Vec::new();
        for target in targets {
            for record_type in [RecordType::A, RecordType::Aaaa] {
                let is_said =
                    answer.iter().any(|record| record.owner == target && record.type_code == record_type.code());
                if is_said || group(zone, &target, record_type).is_empty() {
                    continue;
                }
                let chances = self.choose(zone, &target, record_type);
                // Addresses that are right for one network only may make the answer so too.
                for (_, (_, of_addresses)) in &chances {
                    scope.most = scope.most.max(of_addresses.most);
                }
                let records_of = |(chance, (choice, _))| (chance, records(&target, record_type, &choice));
                additional.push(chances.into_iter().map(records_of).collect());
            }
        }
        additional
    }
}

fn records(owner: &DomainName, record_type: RecordType, choice: &Choice) -> Records {
    match choice {
        Choice::Values { ttl, rdata } => rdata
            .iter()
            .map(|rdata| Record {
                owner: owner.clone(),
                type_code: record_type.code(),
                ttl: *ttl,
                rdata: rdata.clone(),
            })
            .collect(),
        Choice::NoData | Choice::Nothing => Records::new(),
    }
}

/// The records of a group that is simple and no alias: NS and SOA always are (T-2).
fn simple_records(zone: &HostedZone, name: &DomainName, record_type: RecordType) -> Records {
    let to_records = |set: &RecordSet| match set.content() {
        RecordContent::Values { ttl, values } => {
            let rdata = values.iter().map(|value| value.rdata().to_vec()).collect();
            records(name, record_type, &Choice::Values { ttl: *ttl, rdata })
        }
        RecordContent::Alias(_) => unreachable!("T-2"),
    };
    group(zone, name, record_type).iter().flat_map(to_records).collect()
}

/// The name whose addresses are wanted with a record.
fn target(record: &Record) -> Option<DomainName> {
    let before = match RecordType::from_code(record.type_code)? {
        RecordType::Ns => 0,
        RecordType::Mx => 2,
        RecordType::Srv => 6,
        _ => return None,
    };
    DomainName::from_wire(&record.rdata[before..])
}
