//! Case files: an account and questions with the answers they must get, `tests/cases/<topic>/*.yaml`.
//!
//! The part under `account:` is exactly a zone file, indented by two blanks. A case says what it knows: what it leaves
//! out of `expect` is not compared.

#![allow(dead_code, reason = "each test crate uses its own part")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use route53d::model::{Account, DomainName, HealthCheckId, HealthStatus, RecordType, RecordValue, VpcId};
use route53d::zonefile::{self, ZoneFile};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::reference::{ANY, Asker, Question, Rcode, Record, Records, SeenAnswer, Statuses};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    pub about: String,
    /// Read by the loader of zone files, see [`account`].
    pub account: IgnoredAny,
    pub cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// A sentence.
    pub name: String,
    /// What is tested, by ids of the rule book.
    pub rules: Vec<String>,
    pub ask: Ask,
    #[serde(default)]
    pub health: BTreeMap<String, UpOrDown>,
    #[serde(default)]
    pub expect: Expect,
    /// How often to ask for `shares`.
    pub times: Option<u32>,
    /// Which share of the answers holds a value.
    #[serde(default)]
    pub shares: BTreeMap<String, f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    pub name: String,
    /// A type's name, `ANY`, or `TYPE` and a number (RFC 3597).
    #[serde(rename = "type")]
    pub record_type: String,
    pub from: IpAddr,
    /// The client subnet option.
    pub subnet: Option<IpNet>,
    /// The VPC that the listener is bound to.
    pub vpc: Option<String>,
    /// Whether `from` is on the list of senders whose client subnet counts as the source.
    #[serde(default)]
    pub trusted: bool,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UpOrDown {
    Up,
    Down,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// NOERROR unless given.
    pub rcode: Option<String>,
    /// Exactly those of `aa` and `ra` that are set.
    pub flags: Option<BTreeSet<String>>,
    /// `owner TTL TYPE value`, in any order.
    pub answer: Option<Vec<String>>,
    /// Any one of these, each as `answer`.
    pub answer_one_of: Option<Vec<Vec<String>>>,
    pub authority: Option<Vec<String>>,
    pub additional: Option<Vec<String>>,
    /// The scope prefix length of the client subnet option in the reply.
    pub scope: Option<u8>,
}

impl CaseFile {
    pub fn parse(text: &str) -> Result<CaseFile, String> {
        serde_saphyr::from_str(text).map_err(|error| error.to_string())
    }
}

impl Case {
    pub fn question(&self) -> Question {
        let ask = &self.ask;
        let type_code = match ask.record_type.as_str() {
            "ANY" => ANY,
            name => match name.parse::<RecordType>() {
                Ok(record_type) => record_type.code(),
                Err(_) => name.strip_prefix("TYPE").and_then(|number| number.parse().ok()).expect("a type"),
            },
        };
        Question {
            name: DomainName::parse(&ask.name).expect("a domain name"),
            type_code,
            asker: Asker {
                source: ask.from,
                listener_vpc: ask.vpc.as_deref().map(|vpc| VpcId::new(vpc).expect("a VPC id")),
                subnet: ask.subnet,
                trusted: ask.trusted,
            },
        }
    }

    pub fn statuses(&self) -> Statuses {
        let status = |up_or_down| match up_or_down {
            UpOrDown::Up => HealthStatus::Healthy,
            UpOrDown::Down => HealthStatus::Unhealthy,
        };
        let id = |text: &str| HealthCheckId::new(text).expect("a health check id");
        self.health.iter().map(|(check, up_or_down)| (id(check), status(*up_or_down))).collect()
    }
}

impl Expect {
    /// The first part in which an answer is not as expected.
    ///
    /// # Errors
    ///
    /// What cannot be read in the case itself.
    pub fn difference(&self, seen: &SeenAnswer) -> Result<Option<&'static str>, String> {
        let rcode = match self.rcode.as_deref() {
            None | Some("NOERROR") => Rcode::NoError,
            Some("NXDOMAIN") => Rcode::NxDomain,
            Some("REFUSED") => Rcode::Refused,
            Some(other) => return Err(format!("rcode {other}")),
        };
        if seen.rcode != rcode {
            return Ok(Some("rcode"));
        }
        if let Some(flags) = &self.flags {
            if let Some(unknown) = flags.iter().find(|flag| !["aa", "ra"].contains(&flag.as_str())) {
                return Err(format!("flag {unknown}"));
            }
            if (seen.aa, seen.ra) != (flags.contains("aa"), flags.contains("ra")) {
                return Ok(Some("flags"));
            }
        }
        if let Some(alternatives) = &self.answer_one_of {
            let alternatives = alternatives.iter().map(|lines| records(lines)).collect::<Result<Vec<_>, _>>()?;
            if !alternatives.contains(&seen.answer) {
                return Ok(Some("answer_one_of"));
            }
        }
        let sections = [
            ("answer", &self.answer, &seen.answer),
            ("authority", &self.authority, &seen.authority),
            ("additional", &self.additional, &seen.additional),
        ];
        for (section, expected, seen) in sections {
            if let Some(lines) = expected
                && records(lines)? != *seen
            {
                return Ok(Some(section));
            }
        }
        let scope_differs = self.scope.is_some() && self.scope != seen.scope;
        Ok(scope_differs.then_some("scope"))
    }
}

/// Whether the answer section holds a value, for `shares`.
pub fn holds(seen: &SeenAnswer, value: &str) -> bool {
    seen.answer.iter().any(|record| {
        RecordType::from_code(record.type_code)
            .and_then(|record_type| RecordValue::parse(record_type, value).ok())
            .is_some_and(|value| value.rdata() == record.rdata)
    })
}

/// The records of `owner TTL TYPE value` lines.
pub fn records(lines: &[String]) -> Result<Records, String> {
    lines.iter().map(|line| record(line).ok_or_else(|| format!("not a record: {line}"))).collect()
}

fn record(line: &str) -> Option<Record> {
    let mut parts = line.splitn(4, ' ');
    let owner = DomainName::parse(parts.next()?).ok()?;
    let ttl = parts.next()?.parse().ok()?;
    let record_type: RecordType = parts.next()?.parse().ok()?;
    let value = RecordValue::parse(record_type, parts.next()?).ok()?;
    Some(Record { owner, type_code: record_type.code(), ttl, rdata: value.rdata().to_vec() })
}

/// The account of a case file.
pub fn account(path: &Path, text: &str) -> Account {
    let file = ZoneFile { path: path.display().to_string(), text: account_text(text).into_bytes() };
    match zonefile::load(&[file]) {
        Ok(loaded) => loaded.account,
        Err(problems) => {
            let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
            panic!("the account of {}:\n{}", path.display(), problems.join("\n"));
        }
    }
}

/// The zone file inside a case file. Lines stay where they are, so that problems are told with the case file's lines.
fn account_text(text: &str) -> String {
    let start = text.lines().take_while(|line| *line != "account:").count() + 1;
    let is_inside = |line: &&str| line.is_empty() || line.starts_with(' ') || line.starts_with('#');
    let inside = text.lines().skip(start).take_while(is_inside);
    "\n".repeat(start)
        + &inside.map(|line| line.strip_prefix("  ").unwrap_or(line).to_owned() + "\n").collect::<String>()
}

/// Every case file with its text, by path.
pub fn all() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases"), &mut files);
    files.sort();
    files.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).expect("a readable file"))).collect()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for found in std::fs::read_dir(directory).expect("a readable directory") {
        let path = found.expect("a readable directory").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
}
