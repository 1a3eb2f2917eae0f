//! Records that are read as soon as they stand in full: a zone of a million is never held as a million mappings.
//!
//! Only what `record_set` reads without a word is read here, and in the same way; it reads everything else, when the
//! whole file is known.

use super::node::{Content, Entry, Node};
use super::record_set::name_in_zone;
use crate::model::{DomainName, NameRecords, RecordSet, RecordType, RecordValue, limits};

/// The name of a zone of which these entries are read; `None` if it does not stand among them.
pub(super) fn zone_name(entries: &[Entry<'_>]) -> Option<DomainName> {
    let mut names = entries.iter().filter(|entry| entry.key.as_str() == "name");
    DomainName::parse(text(&names.next()?.value)?).ok().filter(|_| names.next().is_none())
}

/// A record with `name`, `type`, `ttl` and `values` that breaks no rule of its own; `None` for any other.
pub(super) fn read(node: &Node<'_>, zone: &DomainName) -> Option<NameRecords> {
    let Content::Mapping(entries) = &node.content else { return None };
    // Four keys, none of which is left out: none stands twice.
    if entries.len() != 4 {
        return None;
    }
    let value = |key: &str| entries.iter().find(|entry| entry.key.as_str() == key).map(|entry| &entry.value);
    let name = name_in_zone(text(value("name")?)?, zone).ok()?;
    let record_type: RecordType = text(value("type")?)?.parse().ok()?;
    let ttl = ttl(value("ttl")?)?;
    let Content::List(items) = &value("values")?.content else { return None };
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        values.push(RecordValue::parse(record_type, text(item)?).ok()?);
    }
    NameRecords::new(vec![RecordSet::with_values(name, record_type, ttl, values).ok()?])
}

fn text<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    match &node.content {
        Content::Plain(text) if !node.is_nothing() => Some(text.as_str()),
        Content::Quoted(text) => Some(text.as_str()),
        _ => None,
    }
}

/// A number without a zero in front.
fn ttl(node: &Node<'_>) -> Option<u32> {
    let Content::Plain(text) = &node.content else { return None };
    let digits = text.as_str();
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'));
    digits.parse().ok().filter(|ttl| is_number && *ttl <= limits::MAX_TTL)
}
