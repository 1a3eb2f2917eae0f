//! Traffic policies: documents that say how to route, in versions (TP-1).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::change::{Change, TrafficPolicyChange};
use crate::model::{Account, TrafficPolicy, TrafficPolicyId, TrafficPolicyVersion, limits};

use super::error::ApiError;
use super::page::PageSize;
use super::query_parameter::check_length;
use super::refusal;
use super::reply::{Outcome, Reply};
use super::request::Request;
use super::xml::{Members, XmlWriter};
use super::{Situation, traffic_policy_document};

/// Items of a page, unless fewer are asked for.
pub const PAGE: usize = 100;
const COMMENT: std::ops::RangeInclusive<usize> = 0..=1_024;

pub fn create(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let root = request.root()?;
    let members = Members::of(&root, &["Name", "Document", "Comment"])?;
    let name = members.required("Name")?.text_of("TrafficPolicyName", 1..=512)?;
    let version = read_version(&members)?;
    let id = situation.drawn.uuid();
    let policy = TrafficPolicy {
        name: name.into(),
        created_at: situation.drawn.now,
        latest_number: 1,
        versions: BTreeMap::from([(1, Arc::new(version))]),
    };
    let reply = Reply::new(request.operation, |xml| write(xml, &id, &policy, 1, &policy.versions[&1]));
    let reply = reply.at(format!("trafficpolicy/{id}/1"));
    Ok(change(TrafficPolicyChange::Create { id, policy }, reply))
}

pub fn create_version(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let root = request.root()?;
    let version = read_version(&Members::of(&root, &["Document", "Comment"])?)?;
    let (id, policy) = named(request.parameter(), situation.account())?;
    let number = policy.latest_number + 1;
    let reply = Reply::new(request.operation, |xml| write(xml, &id, policy, number, &version));
    let reply = reply.at(format!("trafficpolicy/{id}/{number}"));
    Ok(change(TrafficPolicyChange::AddVersion { id, number, version }, reply))
}

pub fn get(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let (id, policy, number, version) = of_path(request, situation.account())?;
    Ok(Reply::new(request.operation, |xml| write(xml, &id, policy, number, version)).into())
}

pub fn comment(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let root = request.root()?;
    let comment = Members::of(&root, &["Comment"])?.required("Comment")?.text_of("TrafficPolicyComment", COMMENT)?;
    let (id, policy, number, version) = of_path(request, situation.account())?;
    let comment: Box<str> = comment.into();
    let commented = TrafficPolicyVersion { comment: kept_comment(&comment), ..version.clone() };
    let reply = Reply::new(request.operation, |xml| write(xml, &id, policy, number, &commented));
    Ok(change(TrafficPolicyChange::Comment { id, version: number, comment }, reply))
}

pub fn delete(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let (id, _, version, _) = of_path(request, situation.account())?;
    Ok(change(TrafficPolicyChange::DeleteVersion { id, version }, Reply::new(request.operation, |_| {})))
}

/// In the order they were made.
pub fn list(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let size = PageSize::read(request, "maxitems", PAGE, PAGE)?;
    let account = situation.account();
    let mut policies: Vec<_> = account.registry().traffic_policies.iter().collect();
    policies.sort_by_key(|(id, policy)| (policy.created_at, *id));
    let first = match request.query("trafficpolicyid")? {
        Some(marker) => {
            let unknown = || ApiError::invalid_input(format!("There is no traffic policy with the ID {marker}"));
            policies.iter().position(|(id, _)| id.as_str() == marker).ok_or_else(unknown)?
        }
        None => 0,
    };
    let page = size.cut(policies.drain(first..));
    let reply = Reply::new(request.operation, |xml| {
        xml.list("TrafficPolicySummaries", "TrafficPolicySummary", &page.items, |xml, (id, policy)| {
            let latest = policy.versions.last_key_value();
            xml.text("Id", id.as_str());
            xml.text("Name", &policy.name);
            xml.optional_text("Type", latest.map(|(_, version)| version.record_type.name()));
            xml.optional_value("LatestVersion", latest.map(|(number, _)| number));
            xml.value("TrafficPolicyCount", policy.versions.len());
        });
        xml.value("IsTruncated", page.next.is_some());
        xml.optional_text("TrafficPolicyIdMarker", page.next.map(|(id, _)| id.as_str()));
        xml.value("MaxItems", size.0);
    });
    Ok(reply.into())
}

pub fn list_versions(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let size = PageSize::read(request, "maxitems", PAGE, PAGE)?;
    let marker = request.query("trafficpolicyversion")?;
    let first = marker.map(|marker| read_number("trafficPolicyVersionMarker", marker)).transpose()?.unwrap_or(1);
    let (id, policy) = named(request.parameter(), situation.account())?;
    let page = size.cut(policy.versions.range(first..));
    let reply = Reply::new(request.operation, |xml| {
        xml.list("TrafficPolicies", "TrafficPolicy", &page.items, |xml, (number, version)| {
            write_members(xml, &id, policy, **number, version);
        });
        xml.value("IsTruncated", page.next.is_some());
        xml.optional_value("TrafficPolicyVersionMarker", page.next.map(|(number, _)| number));
        xml.value("MaxItems", size.0);
    });
    Ok(reply.into())
}

/// The policy with an id.
pub fn named<'a>(id: &str, account: &'a Account) -> Result<(TrafficPolicyId, &'a TrafficPolicy), ApiError> {
    let id = check_length("id", id, 0..=36)?;
    let policies = &account.registry().traffic_policies;
    let found = TrafficPolicyId::new(id).ok().and_then(|id| policies.get(&id).map(|policy| (id, policy)));
    found.ok_or_else(refusal::no_such_traffic_policy)
}

/// A number from 1 to the largest that a version can have.
pub fn read_number(member: &str, text: &str) -> Result<u32, ApiError> {
    let range = 1..=limits::TRAFFIC_POLICY_VERSIONS;
    text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
        ApiError::constraint(member, text, format_args!("Member must be a number from 1 to {}", range.end()))
    })
}

/// The version that the path names.
fn of_path<'a>(
    request: &Request<'_>,
    account: &'a Account,
) -> Result<(TrafficPolicyId, &'a TrafficPolicy, u32, &'a TrafficPolicyVersion), ApiError> {
    let number = read_number("version", request.second_parameter())?;
    let (id, policy) = named(request.parameter(), account)?;
    let version = policy.versions.get(&number).ok_or_else(refusal::no_such_traffic_policy)?;
    Ok((id, policy, number, version))
}

/// What a request says a new version is.
fn read_version(members: &Members<'_>) -> Result<TrafficPolicyVersion, ApiError> {
    let document = members.required("Document")?;
    let document = document.text_of("TrafficPolicyDocument", 0..=limits::TRAFFIC_POLICY_DOCUMENT_CHARACTERS)?;
    let comment = members.optional("Comment").map(|it| it.text_of("TrafficPolicyComment", COMMENT)).transpose()?;
    let record_type = traffic_policy_document::read(document)?.record_type();
    Ok(TrafficPolicyVersion { record_type, document: document.into(), comment: comment.and_then(kept_comment) })
}

/// An empty comment is none.
fn kept_comment(comment: &str) -> Option<Box<str>> {
    Some(comment).filter(|comment| !comment.is_empty()).map(Box::from)
}

fn change(change: TrafficPolicyChange, reply: Reply) -> Outcome {
    Outcome::Write(Box::new(Change::TrafficPolicy(change)), reply)
}

fn write(
    xml: &mut XmlWriter,
    id: &TrafficPolicyId,
    policy: &TrafficPolicy,
    number: u32,
    version: &TrafficPolicyVersion,
) {
    xml.element("TrafficPolicy", |xml| write_members(xml, id, policy, number, version));
}

fn write_members(
    xml: &mut XmlWriter,
    id: &TrafficPolicyId,
    policy: &TrafficPolicy,
    number: u32,
    version: &TrafficPolicyVersion,
) {
    xml.text("Id", id.as_str());
    xml.value("Version", number);
    xml.text("Name", &policy.name);
    xml.text("Type", version.record_type.name());
    xml.text("Document", &version.document);
    xml.optional_text("Comment", version.comment.as_deref());
}
