//! The parts of an account that are read so far, and what is known of those that cannot be read.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::hash::Hash;

use super::diagnostic::{Origin, Problems};
use super::node::Node;
use crate::model::{AccountRule, CidrCollection, CidrCollectionId};

/// The parts of one kind that can be read, where they stand, and the names of those that cannot.
pub(super) struct Drafted<Part> {
    pub parts: Vec<Part>,
    pub origins: Vec<Origin>,
    pub unread: Unread,
    /// The ids or names that the files give, those of parts that cannot be read too.
    given_names: HashSet<String>,
}

impl<Part> Default for Drafted<Part> {
    fn default() -> Self {
        Drafted { parts: Vec::new(), origins: Vec::new(), unread: Unread::default(), given_names: HashSet::new() }
    }
}

impl<Part> Drafted<Part> {
    pub fn sources<Id: Hash + Eq>(&self, id: impl Fn(&Part) -> Id) -> HashMap<Id, Origin> {
        self.parts.iter().map(id).zip(self.origins.iter().copied()).collect()
    }

    /// Adds a part that has an id. One that stands twice is told here: the account knows only parts that can be read.
    pub fn add_with_id<Id: Display>(
        &mut self,
        node: &Node<'_>,
        part: Option<Part>,
        id: Option<Id>,
        problems: &mut Problems<'_>,
    ) {
        let id = id.map(|id| id.to_string());
        self.add_once(node, part, id, problems, |id| {
            let rule = AccountRule::DuplicateId(id.to_owned());
            (rule.to_string(), rule.hint())
        });
    }

    /// Adds a part whose name no other may have; `duplicate` says in a message and a hint that one has.
    pub fn add_once(
        &mut self,
        node: &Node<'_>,
        part: Option<Part>,
        name: Option<String>,
        problems: &mut Problems<'_>,
        duplicate: impl FnOnce(&str) -> (String, &'static str),
    ) {
        if let Some(name) = &name
            && !self.given_names.insert(name.clone())
        {
            let (message, hint) = duplicate(name);
            problems.add(node.at, message, hint);
        }
        self.add(node, part, name, problems);
    }

    pub fn add(&mut self, node: &Node<'_>, part: Option<Part>, name: Option<String>, problems: &Problems<'_>) {
        match part {
            Some(part) => {
                self.parts.push(part);
                self.origins.push(Origin { file: problems.file(), at: node.at });
            }
            None => self.unread.add(name),
        }
    }
}

/// Parts whose problems are told. Whoever refers to one of them is not told that it does not exist.
#[derive(Default)]
pub(super) struct Unread {
    names: HashSet<String>,
    /// Some part could not be read so far as to know its name.
    has_nameless: bool,
}

impl Unread {
    pub fn may_hold(&self, name: &str) -> bool {
        self.has_nameless || self.names.contains(name)
    }

    pub fn add(&mut self, name: Option<String>) {
        match name {
            Some(name) => {
                self.names.insert(name);
            }
            None => self.has_nameless = true,
        }
    }
}

/// CIDR collections as records name them.
#[derive(Default)]
pub(super) struct CollectionNames {
    ids: HashMap<String, CidrCollectionId>,
    names: HashMap<CidrCollectionId, String>,
    pub unread: Unread,
}

impl CollectionNames {
    pub fn add(&mut self, collection: &CidrCollection) {
        self.ids.insert(collection.name().to_owned(), collection.id().clone());
        self.names.insert(collection.id().clone(), collection.name().to_owned());
    }

    /// The collection of this name, or else of this id.
    pub fn id_of(&self, name_or_id: &str) -> Option<CidrCollectionId> {
        self.ids.get(name_or_id).or_else(|| Some(self.names.get_key_value(name_or_id)?.0)).cloned()
    }

    /// The name of the collection with this id.
    pub fn name_of(&self, id: &CidrCollectionId) -> Option<&str> {
        self.names.get(id).map(String::as_str)
    }

    /// Whether there may be such a collection among those that could not be read.
    pub fn may_hold(&self, name_or_id: &str) -> bool {
        self.unread.may_hold(name_or_id)
    }
}
