//! Protections of record sets (C-5): made, listed, taken away, all of a request or none.

use std::collections::BTreeSet;

use crate::change::Change;
use crate::model::{DomainName, HostedZone, ProtectionKey, RecordSetProtection, RecordType, limits};

use super::Situation;
use super::error::{ApiError, ErrorCode, ProtectionError, ProtectionErrorCode};
use super::page::{PageSize, read_token, token};
use super::record_set::known_type;
use super::reply::{Outcome, Reply};
use super::request::Request;
use super::xml::{Element, Members};

/// Items of a page, unless fewer are asked for.
const PAGE: usize = 300;

/// An entry of a request, as the schema allows it.
struct Entry<'e> {
    name: &'e str,
    record_type: RecordType,
    comment: Option<&'e str>,
}

pub fn create(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let root = request.root()?;
    let entries = read_entries(&root, "ResourceRecordSetProtectionConfig", |element| {
        let members = Members::of(element, &["RecordName", "RecordType", "Comment"])?;
        let comment = members
            .optional("Comment")
            .map(|it| it.text_of("ResourceDescription", 0..=limits::COMMENT_CHARACTERS))
            .transpose()?;
        Ok(Entry { comment, ..Entry::of(&members)? })
    })?;
    let zone = request.hosted_zone(situation.account())?;
    let keys = keys(&entries, zone)?;
    // An empty comment is none.
    let comments = entries.iter().map(|entry| entry.comment.filter(|comment| !comment.is_empty()).map(Box::from));
    let protections = keys.into_iter().zip(comments.map(|comment| RecordSetProtection { comment })).collect();
    let change = Change::Protect { hosted_zone: zone.id().clone(), protections };
    Ok(Outcome::Write(Box::new(change), Reply::new(request.operation, |_| {})))
}

pub fn delete(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let root = request.root()?;
    let entries = read_entries(&root, "ResourceRecordSetProtectionKey", |element| {
        Entry::of(&Members::of(element, &["RecordName", "RecordType"])?)
    })?;
    let zone = request.hosted_zone(situation.account())?;
    let change = Change::Unprotect { hosted_zone: zone.id().clone(), protections: keys(&entries, zone)? };
    Ok(Outcome::Write(Box::new(change), Reply::new(request.operation, |_| {})))
}

/// In the order of a listing (N-9).
pub fn list(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let size = PageSize::read(request, "maxresults", PAGE, PAGE)?;
    let zone = request.hosted_zone(situation.account())?;
    let first = read_start(request, zone)?;
    let page = size.cut(situation.account().registry().protections_from(&first));
    let next = page.next.map(|(key, _)| token(&format!("{} {}", key.name.to_api_text(), key.record_type)));
    let reply = Reply::new(request.operation, |xml| {
        xml.list(
            "ResourceRecordSetProtections",
            "ResourceRecordSetProtection",
            &page.items,
            |xml, (key, protection)| {
                xml.text("RecordName", &key.name.to_api_text());
                xml.value("RecordType", key.record_type);
                xml.optional_text("Comment", protection.comment.as_deref());
            },
        );
        xml.optional_text("NextToken", next.as_deref());
    });
    Ok(reply.into())
}

/// With a token, nothing else counts.
fn read_start(request: &Request<'_>, zone: &HostedZone) -> Result<ProtectionKey, ApiError> {
    let mut first = ProtectionKey::first_of(zone.id().clone());
    if let Some(token) = read_token(request)? {
        let place = token.split_once(' ').and_then(|(name, record_type)| {
            Some((DomainName::parse(name).ok()?, record_type.parse::<RecordType>().ok()?))
        });
        let invalid = "The value that you specified to get the second or subsequent page of results is invalid.";
        let place = place.ok_or_else(|| ApiError::new(ErrorCode::InvalidPaginationToken, invalid))?;
        (first.name, first.record_type) = place;
        return Ok(first);
    }
    let record_type = request.query("type")?.map(known_type).transpose()?;
    match request.query("name")? {
        Some(name) => {
            let parsed = DomainName::parse(name);
            first.name = parsed.map_err(|error| ApiError::invalid_input(error.route53_message(name)))?;
            first.record_type = record_type.unwrap_or(first.record_type);
        }
        None if record_type.is_some() => {
            return Err(ApiError::invalid_input("When you specify the type, you must also specify the name."));
        }
        None => {}
    }
    Ok(first)
}

impl<'e> Entry<'e> {
    fn of(members: &Members<'e>) -> Result<Entry<'e>, ApiError> {
        let types = RecordType::ALL.map(|record_type| (record_type.name(), record_type));
        Ok(Entry {
            name: members.required("RecordName")?.text_of("DNSName", 0..=1024)?,
            record_type: members.required("RecordType")?.word(&types)?,
            comment: None,
        })
    }

    /// What it names in a zone, or what is wrong with it.
    fn key(&self, zone: &HostedZone) -> Result<ProtectionKey, String> {
        let name = DomainName::parse(self.name).map_err(|error| error.route53_message(self.name))?;
        if !name.is_at_or_below(zone.name()) {
            let (name, zone) = (name.to_api_text(), zone.name().to_api_text());
            return Err(format!("RRSet with DNS name {name} is not permitted in zone {zone}"));
        }
        Ok(ProtectionKey { hosted_zone: zone.id().clone(), name, record_type: self.record_type })
    }
}

fn read_entries<'e>(
    root: &'e Element,
    item_name: &'static str,
    read: impl Fn(&'e Element) -> Result<Entry<'e>, ApiError>,
) -> Result<Vec<Entry<'e>>, ApiError> {
    let items = Members::of(root, &["Protections"])?.required("Protections")?.items(item_name, 1)?;
    if items.len() > limits::PROTECTIONS_PER_REQUEST {
        let length = format!("{} items", items.len());
        return Err(ApiError::too_long("protections", &length, limits::PROTECTIONS_PER_REQUEST));
    }
    items.iter().map(read).collect()
}

/// What the entries name, in their order; or everything that is wrong with them, which is told before any is looked for.
fn keys(entries: &[Entry<'_>], zone: &HostedZone) -> Result<Vec<ProtectionKey>, ApiError> {
    let (mut keys, mut seen, mut invalid) = (Vec::new(), BTreeSet::new(), Vec::new());
    for entry in entries {
        let checked = entry.key(zone).and_then(|key| match seen.insert(key.clone()) {
            true => Ok(key),
            false => Err("The same name and type appear more than once in the request".to_owned()),
        });
        match checked {
            Ok(key) => keys.push(key),
            Err(message) => invalid.push(ProtectionError {
                record_name: entry.name.to_owned(),
                record_type: entry.record_type,
                code: ProtectionErrorCode::InvalidInput,
                message,
            }),
        }
    }
    if invalid.is_empty() { Ok(keys) } else { Err(failed(ErrorCode::InvalidResourceRecordSetProtectionBatch, invalid)) }
}

/// These are there already, of so many that were to be made.
pub fn existing(keys: &[ProtectionKey], of: usize) -> ApiError {
    // Only if there is nothing else to say.
    let code = match keys.len() == of {
        true => ErrorCode::ProtectionAlreadyExists,
        false => ErrorCode::InvalidResourceRecordSetProtectionBatch,
    };
    let message = "A protection already exists for the name and type";
    failed(code, errors(keys, ProtectionErrorCode::ProtectionAlreadyExists, message))
}

pub fn missing(keys: &[ProtectionKey]) -> ApiError {
    let errors = errors(keys, ProtectionErrorCode::ProtectionNotFound, "No protection exists for the name and type");
    failed(ErrorCode::InvalidResourceRecordSetProtectionBatch, errors)
}

fn errors(keys: &[ProtectionKey], code: ProtectionErrorCode, message: &str) -> Vec<ProtectionError> {
    let error = |key: &ProtectionKey| ProtectionError {
        record_name: key.name.to_api_text(),
        record_type: key.record_type,
        code,
        message: message.to_owned(),
    };
    keys.iter().map(error).collect()
}

fn failed(code: ErrorCode, errors: Vec<ProtectionError>) -> ApiError {
    let message = match code {
        ErrorCode::ProtectionAlreadyExists => {
            "A protection already exists for every name and type in the request, so no protections were created."
        }
        _ => {
            "One or more entries in the request couldn't be processed, so none of the protections was created or \
             deleted."
        }
    };
    ApiError { protections: errors, ..ApiError::new(code, message) }
}
