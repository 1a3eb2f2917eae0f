//! A YAML value and where it stands. A zone of a million records is eleven million of them: they are kept small.

use std::collections::HashSet;

use super::diagnostic::{Position, Problems};
use crate::model::NameRecords;

pub(super) struct Node<'t> {
    pub at: Position,
    pub content: Content<'t>,
}

pub(super) enum Content<'t> {
    /// A text without quotation marks: possibly a number, `true`, `false` or nothing at all.
    Plain(Text<'t>),
    /// A text in quotation marks, or a block of text.
    Quoted(Text<'t>),
    List(Box<[Node<'t>]>),
    Mapping(Box<[Entry<'t>]>),
    /// The list of a zone's records, most of which are read already.
    Records(Box<Records<'t>>),
    /// Something that is not supported; the problem is already told.
    Refused,
}

/// The records of a zone: those that could be read as soon as they stood in full, and the nodes of the others.
#[derive(Default)]
pub(super) struct Records<'t> {
    pub read: Vec<(NameRecords, Position)>,
    /// Each with how many of `read` come before it.
    pub unread: Vec<(usize, Node<'t>)>,
}

/// A key of a mapping and its value.
pub(super) struct Entry<'t> {
    pub key: Text<'t>,
    pub at: Position,
    pub value: Node<'t>,
}

/// A text as it stands in the file, or with its escapes and line breaks resolved.
pub(super) enum Text<'t> {
    Borrowed(&'t str),
    Owned(Box<str>),
}

impl Text<'_> {
    pub fn as_str(&self) -> &str {
        match self {
            Text::Borrowed(text) => text,
            Text::Owned(text) => text,
        }
    }
}

impl<'t> Node<'t> {
    /// Whether this is YAML's way to write no value.
    pub fn is_nothing(&self) -> bool {
        matches!(&self.content, Content::Plain(text) if is_nothing(text.as_str()))
    }

    /// The records under `key`, so that each can be let go once it is taken over.
    pub fn into_records(self, key: &str) -> Records<'t> {
        let Content::Mapping(entries) = self.content else { return Records::default() };
        match entries.into_vec().into_iter().find(|entry| entry.key.as_str() == key).map(|entry| entry.value.content) {
            Some(Content::List(items)) => {
                Records { read: Vec::new(), unread: items.into_vec().into_iter().map(|item| (0, item)).collect() }
            }
            Some(Content::Records(records)) => *records,
            _ => Records::default(),
        }
    }

    /// The items of the list under `key`, so that each can be let go once it is read.
    pub fn into_items(self, key: &str) -> Vec<Node<'t>> {
        let Content::Mapping(entries) = self.content else { return Vec::new() };
        match entries.into_vec().into_iter().find(|entry| entry.key.as_str() == key).map(|entry| entry.value.content) {
            Some(Content::List(items)) => items.into_vec(),
            _ => Vec::new(),
        }
    }

    /// What stands here, in the words of an error.
    pub fn kind(&self) -> &'static str {
        match &self.content {
            Content::Plain(text) => match text.as_str() {
                text if is_nothing(text) => "nothing",
                "true" | "false" => "true or false",
                text if text.parse::<f64>().is_ok() => "a number",
                _ => "a text",
            },
            Content::Quoted(_) => "a text",
            Content::List(_) | Content::Records(_) => "a list",
            Content::Mapping(_) => "a mapping",
            Content::Refused => "something else",
        }
    }

    /// Tells that `label` is not `expected`, unless its problem is already told.
    pub fn refuse(&self, label: &str, expected: &str, hint: &str, problems: &mut Problems<'_>) {
        if !matches!(self.content, Content::Refused) {
            problems.add(self.at, format!("{label}: expected {expected}, found {}", self.kind()), hint);
        }
    }

    /// The items of a list. Nothing, as in `records:` with no item, is an empty list.
    pub fn list<'n>(&'n self, label: &str, problems: &mut Problems<'_>) -> Option<&'n [Node<'t>]> {
        match &self.content {
            Content::List(items) => Some(items),
            // Their reader takes them by `into_records`.
            Content::Records(_) => Some(&[]),
            _ if self.is_nothing() => Some(&[]),
            _ => {
                self.refuse(
                    label,
                    "a list",
                    "write the items as [first, second] or each on a line after `- `",
                    problems,
                );
                None
            }
        }
    }

    /// The entries of a mapping; keys that stand twice are told.
    pub fn mapping<'n>(&'n self, label: &str, problems: &mut Problems<'_>) -> Option<&'n [Entry<'t>]> {
        let Content::Mapping(entries) = &self.content else {
            self.refuse(label, "a mapping", "write `key: value` lines, or { key: value }", problems);
            return None;
        };
        let mut seen = HashSet::new();
        for (place, entry) in entries.iter().enumerate() {
            let key = entry.key.as_str();
            // The mappings of a record are short; only long ones are worth a hash set.
            let is_new = match entries.len() {
                0..=24 => !entries[..place].iter().any(|earlier| earlier.key.as_str() == key),
                _ => seen.insert(key),
            };
            if !is_new {
                problems.add(entry.at, format!("the key {key:?} stands twice in {label}"), "keep one of them");
            }
        }
        Some(entries)
    }
}

/// YAML's ways to write no value.
pub(super) fn is_nothing(plain: &str) -> bool {
    matches!(plain, "" | "~" | "null" | "Null" | "NULL")
}
