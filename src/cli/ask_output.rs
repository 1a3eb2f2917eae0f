//! How `route53d ask` prints what was answered, for people and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::answer::{Answer, AnsweredSet, Client, Owner, ResponseCode, Step};
use crate::model::domain_name::{is_plain_for_people, wire_to_text};
use crate::model::{DomainName, RecordValue};

/// An answer in texts.
#[derive(Debug, Serialize)]
pub struct Reply {
    name: String,
    #[serde(rename = "type")]
    query_type: String,
    status: &'static str,
    flags: Vec<&'static str>,
    answer: Vec<ReplyRecord>,
    authority: Vec<ReplyRecord>,
    additional: Vec<ReplyRecord>,
    /// The client subnet's scope prefix length, if the query carried one.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<u8>,
}

#[derive(Debug, Serialize)]
struct ReplyRecord {
    name: String,
    ttl: u32,
    #[serde(rename = "type")]
    record_type: &'static str,
    value: String,
}

#[derive(Serialize)]
struct ExplainedReply<'a> {
    #[serde(flatten)]
    reply: &'a Reply,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Vec<Reason<'a>>>,
}

#[derive(Serialize)]
struct Reason<'a> {
    topic: &'static str,
    depth: usize,
    text: &'a str,
    rules: &'static [&'static str],
}

impl Reply {
    pub fn new(name: &DomainName, query_type: &str, client: &Client, answer: &Answer<'_>) -> Reply {
        let section = |sets: &[AnsweredSet<'_>]| sets.iter().flat_map(|set| records(name, set)).collect();
        let mut flags = Vec::new();
        if answer.authoritative {
            flags.push("aa");
        }
        if answer.recursion_available {
            flags.push("ra");
        }
        Reply {
            name: name.to_string(),
            query_type: query_type.to_ascii_uppercase(),
            status: match answer.response_code {
                ResponseCode::NoError => "NOERROR",
                ResponseCode::NameError => "NXDOMAIN",
                ResponseCode::ServerFailure => "SERVFAIL",
                ResponseCode::Refused => "REFUSED",
            },
            flags,
            answer: section(&answer.answer),
            authority: section(answer.authority.set().as_slice()),
            additional: section(&answer.additional.sets()),
            scope: client.subnet.map(|subnet| answer.scope.prefix_length(subnet)),
        }
    }

    /// The records as `dig` shows them, then the reasons.
    pub fn to_text(&self, why: Option<&[Step]>) -> String {
        let mut text = format!(";; {} {}: {}", self.name, self.query_type, self.status);
        if !self.flags.is_empty() {
            write_to(&mut text, format_args!(", flags: {}", self.flags.join(" ")));
        }
        if let Some(scope) = self.scope {
            write_to(&mut text, format_args!(", client subnet scope: /{scope}"));
        }
        text.push('\n');
        let sections = [("answer", &self.answer), ("authority", &self.authority), ("additional", &self.additional)];
        for (title, records) in sections.into_iter().filter(|(_, records)| !records.is_empty()) {
            write_to(&mut text, format_args!(";; {title}\n"));
            for record in records {
                let ReplyRecord { name, ttl, record_type, value } = record;
                write_to(&mut text, format_args!("{name}\t{ttl}\tIN\t{record_type}\t{value}\n"));
            }
        }
        if let Some(why) = why {
            text.push_str(";; why\n");
            for (number, step) in (1..).zip(why) {
                let indent = "  ".repeat(step.depth);
                let rules = step.rules.join(" ");
                let topic = step.topic.name();
                write_to(&mut text, format_args!("{number:>3}. {topic:<7}{indent}{} [{rules}]\n", step.text));
            }
        }
        text
    }

    pub fn to_json(&self, why: Option<&[Step]>) -> String {
        let why = why.map(|steps| {
            steps
                .iter()
                .map(|step| Reason { topic: step.topic.name(), depth: step.depth, text: &step.text, rules: step.rules })
                .collect()
        });
        json(&ExplainedReply { reply: self, why })
    }

    /// What tells one answer from another: status and values, in a fixed order.
    fn outcome(&self) -> String {
        if self.answer.is_empty() {
            return format!("({})", self.status);
        }
        let mut values: Vec<_> =
            self.answer.iter().map(|record| format!("{} {}", record.record_type, record.value)).collect();
        values.sort();
        values.join(", ")
    }
}

/// How often each answer came.
#[derive(Debug, Default)]
pub struct Distribution {
    counts: BTreeMap<String, u32>,
    total: u32,
}

#[derive(Serialize)]
struct Share<'a> {
    answer: &'a str,
    count: u32,
    share: f64,
}

impl Distribution {
    pub fn count(&mut self, reply: &Reply) {
        *self.counts.entry(reply.outcome()).or_default() += 1;
        self.total += 1;
    }

    /// From the most frequent to the least.
    fn shares(&self) -> Vec<Share<'_>> {
        let mut shares: Vec<_> = self
            .counts
            .iter()
            .map(|(answer, &count)| Share { answer, count, share: f64::from(count) / f64::from(self.total) })
            .collect();
        shares.sort_by_key(|share| std::cmp::Reverse(share.count));
        shares
    }

    pub fn to_text(&self) -> String {
        let mut text = format!(";; {} queries\n", self.total);
        for Share { answer, count, share } in self.shares() {
            write_to(&mut text, format_args!("{:7.2} %  {count:>8}  {answer}\n", share * 100.0));
        }
        text
    }

    pub fn to_json(&self) -> String {
        json(&serde_json::json!({ "times": self.total, "answers": self.shares() }))
    }
}

fn records(query_name: &DomainName, set: &AnsweredSet<'_>) -> Vec<ReplyRecord> {
    let name = match set.owner {
        Owner::QueryName => query_name.to_string(),
        Owner::Name(wire) => wire_to_text(wire, is_plain_for_people),
    };
    set.rdata()
        .map(|rdata| ReplyRecord {
            name: name.clone(),
            ttl: set.ttl,
            record_type: set.record_type.name(),
            value: RecordValue::canonical_text(set.record_type, rdata),
        })
        .collect()
}

fn json(value: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(value).expect("texts and numbers are always JSON");
    text + "\n"
}

fn write_to(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("writing to a String cannot fail");
}
