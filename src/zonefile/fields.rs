//! A mapping with a closed set of keys, such as a record.

use super::diagnostic::{Position, Problems};
use super::node::{Entry, Node};

/// The entries of a mapping whose keys are all known; what is not is already told.
pub(super) struct Fields<'n, 't> {
    pub at: Position,
    /// `a record`, `a VPC`: for messages.
    noun: &'static str,
    entries: &'n [Entry<'t>],
    /// Known keys that an unknown key probably meant. They are not missing.
    meant: Vec<&'static str>,
}

impl<'n, 't> Fields<'n, 't> {
    pub fn read(
        node: &'n Node<'t>,
        noun: &'static str,
        known: &'static [&'static str],
        problems: &mut Problems<'_>,
    ) -> Option<Fields<'n, 't>> {
        let entries = node.mapping(noun, problems)?;
        let mut meant = Vec::new();
        // A key that is there already was not meant again.
        let is_absent = |known: &&&str| !entries.iter().any(|entry| entry.key.as_str() == **known);
        let absent: Vec<&'static str> = known.iter().filter(is_absent).copied().collect();
        for entry in entries {
            let key = entry.key.as_str();
            if known.contains(&key) {
                continue;
            }
            let nearest = nearest(key, &absent, problems);
            let hint = match nearest {
                _ if key == "<<" => "YAML merges are not supported: write the keys out".to_owned(),
                Some(nearest) => format!("did you mean {nearest:?}?"),
                None => format!("it has {}", known.join(", ")),
            };
            meant.extend(nearest);
            problems.add(entry.at, format!("{noun} has no key {key:?}"), hint);
        }
        Some(Fields { at: node.at, noun, entries, meant })
    }

    pub fn get(&self, key: &str) -> Option<&'n Node<'t>> {
        self.entries.iter().find(|entry| entry.key.as_str() == key).map(|entry| &entry.value)
    }

    /// Where the key stands, or the mapping if it does not.
    pub fn position(&self, key: &str) -> Position {
        self.entries.iter().find(|entry| entry.key.as_str() == key).map_or(self.at, |entry| entry.at)
    }

    /// Tells when the key is missing.
    pub fn require(&self, key: &'static str, problems: &mut Problems<'_>) -> Option<&'n Node<'t>> {
        let found = self.get(key);
        if found.is_none() && !self.meant.contains(&key) {
            problems.add(self.at, format!("{} needs the key {key:?}", self.noun), "");
        }
        found
    }

    /// Whether an unknown key probably meant this one.
    pub fn is_meant(&self, key: &str) -> bool {
        self.meant.contains(&key)
    }
}

/// The candidate a text was probably meant to be.
pub(super) fn nearest(text: &str, candidates: &[&'static str], problems: &Problems<'_>) -> Option<&'static str> {
    // Edit distance is slow, no key or name is that long, and nobody would be told.
    if text.len() > 64 || problems.is_full() {
        return None;
    }
    let text = text.to_lowercase();
    let distance = |candidate: &'static str| {
        let candidate = candidate.to_lowercase();
        let distance = strsim::damerau_levenshtein(&text, &candidate);
        // Whoever writes the start of a word probably means it.
        let is_start = text.len() >= 2 && candidate.starts_with(&text);
        (is_start || distance <= (candidate.len() / 3).max(1)).then_some(distance)
    };
    candidates
        .iter()
        .filter_map(|candidate| Some((distance(candidate)?, *candidate)))
        .min()
        .map(|(_, candidate)| candidate)
}
