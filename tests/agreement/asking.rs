//! Asks the evaluator, and writes its answer in the reference's terms.

use std::net::IpAddr;
use std::sync::Arc;

use fastrand::Rng;
use ipnet::IpNet;
use route53d::answer::{Answer, AnsweredSet, Client, Owner, Query, QueryType, ResponseCode, Step, answer};
use route53d::model::{Account, CountryCode, DomainName};
use route53d::snapshot::{Asker, CountryData, HealthEntry, HealthTable, Snapshot, SubnetTrust};

use crate::reference::{Question, Rcode, Record, Records, SeenAnswer, Statuses};

/// An account, indexed.
pub struct World {
    snapshot: Snapshot,
}

/// The built-in country data, for the reference.
pub fn country_of(address: IpAddr) -> Option<CountryCode> {
    CountryData::BuiltIn.place_of(address).country
}

impl World {
    pub fn new(account: Account) -> World {
        World { snapshot: Snapshot::new(Arc::new(account), Arc::default()) }
    }

    pub fn with_country_data(account: Account, country_data: CountryData) -> World {
        World { snapshot: Snapshot::new(Arc::new(account), Arc::new(country_data)) }
    }

    /// What the world becomes: indexed as a change of this one.
    pub fn next(&self, account: Account) -> World {
        World { snapshot: self.snapshot.next(Arc::new(account)) }
    }

    pub fn account(&self) -> &Account {
        self.snapshot.account()
    }

    pub fn health_table(&self, statuses: &Statuses) -> HealthTable {
        let mut table = HealthTable::default();
        for (id, status) in statuses {
            table.set(self.snapshot.health_slot(id).unwrap(), Some(HealthEntry::Found(*status)));
        }
        table
    }

    pub fn ask(&self, question: &Question, statuses: &Statuses, rng: &mut Rng) -> SeenAnswer {
        let client = self.client(question);
        let query = query(question, &client);
        let answer = answer(&query, &self.snapshot, &self.health_table(statuses), rng, &mut ());
        seen(&question.name, question.asker.subnet, &client, &answer)
    }

    /// The reasons for one answer, a line each.
    pub fn why(&self, question: &Question, statuses: &Statuses) -> String {
        let client = self.client(question);
        let mut steps: Vec<Step> = Vec::new();
        answer(
            &query(question, &client),
            &self.snapshot,
            &self.health_table(statuses),
            &mut Rng::with_seed(0),
            &mut steps,
        );
        steps.iter().map(|step| format!("{}{}\n", "  ".repeat(step.depth), step.text)).collect()
    }

    fn client(&self, question: &Question) -> Client {
        let asker = Asker {
            destination: None,
            source: question.asker.source,
            listener_vpc: question.asker.listener_vpc.as_ref(),
            subnet: question.asker.subnet.filter(|subnet| subnet.prefix_len() > 0),
            subnet_trust: if question.asker.trusted { SubnetTrust::Trusted } else { SubnetTrust::Untrusted },
        };
        Client::identify(&asker, &self.snapshot)
    }
}

fn query<'q>(question: &'q Question, client: &'q Client) -> Query<'q> {
    Query { name: question.name.wire(), query_type: QueryType::from_code(question.type_code), client }
}

fn seen(name: &DomainName, subnet: Option<IpNet>, client: &Client, answer: &Answer<'_>) -> SeenAnswer {
    SeenAnswer {
        rcode: match answer.response_code {
            ResponseCode::NoError => Rcode::NoError,
            ResponseCode::NameError => Rcode::NxDomain,
            ResponseCode::Refused => Rcode::Refused,
            ResponseCode::ServerFailure => panic!("SERVFAIL"),
        },
        aa: answer.authoritative,
        ra: answer.recursion_available,
        answer: records(name, &answer.answer),
        authority: records(name, answer.authority.set().as_slice()),
        additional: records(name, &answer.additional.sets()),
        scope: subnet.map(|_| client.subnet.map_or(0, |subnet| answer.scope.prefix_length(subnet))),
    }
}

fn records(query_name: &DomainName, sets: &[AnsweredSet<'_>]) -> Records {
    let of_set = |set: &AnsweredSet<'_>| {
        let owner = match set.owner {
            Owner::QueryName => query_name.clone(),
            Owner::Name(wire) => DomainName::from_wire(wire).unwrap(),
        };
        let record = |rdata: &[u8]| Record {
            owner: owner.clone(),
            type_code: set.record_type.code(),
            ttl: set.ttl,
            rdata: rdata.to_vec(),
        };
        set.rdata().map(record).collect::<Vec<_>>()
    };
    sets.iter().flat_map(of_set).collect()
}
