//! A set in order, of which each version shares with the one before what the change between them left alone.
//!
//! A B+ tree whose nodes never change: an edit copies the nodes on the way to what it touches. Unlike `imbl::OrdSet`
//! it fills its leaves when it is made whole, which is how a zone of a million names comes, looks up by a part of the
//! item, tells an item that was replaced, and makes all edits of a batch in one pass.

mod difference;
#[cfg(test)]
mod law_tests;

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

pub use difference::{Difference, Differences};

/// What an [`OrderedSet`] holds: each item has a key that no other has. Cheap to clone.
pub trait Keyed: Clone {
    type Key<'k>: Copy
    where
        Self: 'k;

    fn key(&self) -> Self::Key<'_>;

    fn compare<'k, 'l>(one: Self::Key<'k>, other: Self::Key<'l>) -> Ordering
    where
        Self: 'k + 'l;

    /// How this item's key compares to another.
    fn compare_to(&self, key: Self::Key<'_>) -> Ordering {
        Self::compare(self.key(), key)
    }
}

#[derive(Clone)]
pub struct OrderedSet<T> {
    root: Node<T>,
    length: usize,
}

/// One step from a version of a set to the next.
#[derive(Clone, Copy, Debug)]
pub enum Edit<'e, T> {
    /// Adds an item, in the place of the one with its key if there is one.
    Put(&'e T),
    /// Takes out the item with the key of this one, if there is one.
    Remove(&'e T),
}

/// The most items of a leaf, and children of a branch.
const MOST: usize = 32;
/// A node with fewer is joined with its neighbour when an edit comes past.
const LEAST: usize = MOST / 4;

#[derive(Clone)]
enum Node<T> {
    Leaf(Arc<[T]>),
    Branch(Arc<[Child<T>]>),
}

#[derive(Clone)]
struct Child<T> {
    /// The first item below.
    first: T,
    node: Node<T>,
}

impl<T: Keyed> OrderedSet<T> {
    /// The set of `items`, which are in order.
    pub fn from_ordered(items: Vec<T>) -> OrderedSet<T> {
        debug_assert!(items.is_sorted_by(|one, next| one.compare_to(next.key()).is_lt()), "each key once, in order");
        let length = items.len();
        let mut nodes = Vec::new();
        push_leaves(items, &mut nodes);
        OrderedSet { root: root_over(nodes), length }
    }

    /// The set of `items`, each of which has another key.
    pub fn from_items(mut items: Vec<T>) -> OrderedSet<T> {
        items.sort_by(|one, other| one.compare_to(other.key()));
        OrderedSet::from_ordered(items)
    }

    pub fn len(&self) -> usize {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The item with this key.
    pub fn get(&self, key: T::Key<'_>) -> Option<&T> {
        let mut node = &self.root;
        loop {
            match node {
                Node::Leaf(items) => {
                    return items.binary_search_by(|item| item.compare_to(key)).ok().map(|found| &items[found]);
                }
                Node::Branch(children) => node = &children[child_of(children, key)].node,
            }
        }
    }

    /// Every item, in order.
    pub fn iter(&self) -> Iter<'_, T> {
        let mut iter = Iter { branches: Vec::new(), items: [].iter() };
        iter.enter(&self.root);
        iter
    }

    /// The items from the first that is not before `key`, in order.
    pub fn iter_from(&self, key: T::Key<'_>) -> Iter<'_, T> {
        let mut branches = Vec::new();
        let mut node = &self.root;
        loop {
            match node {
                Node::Leaf(items) => {
                    let first = items.partition_point(|item| item.compare_to(key).is_lt());
                    return Iter { branches, items: items[first..].iter() };
                }
                Node::Branch(children) => {
                    let mut rest = children[child_of(children, key)..].iter();
                    let Some(child) = rest.next() else { return Iter { branches, items: [].iter() } };
                    node = &child.node;
                    branches.push(rest);
                }
            }
        }
    }

    /// The set after `edits`, which are in the order of their keys, each key once. Copies what they touch.
    pub fn edited(&self, edits: &[Edit<'_, T>]) -> OrderedSet<T> {
        if edits.is_empty() {
            return self.clone();
        }
        debug_assert!(
            edits.is_sorted_by(|one, next| one.item().compare_to(next.item().key()).is_lt()),
            "one edit a key, in order"
        );
        let mut length = self.length;
        let mut nodes = Vec::new();
        edit_node(&self.root, edits, &mut length, &mut nodes);
        OrderedSet { root: root_over(nodes), length }
    }

    /// What is not the same in `newer`, in order. Passes over what the two share.
    pub fn differences<'s>(&'s self, newer: &'s OrderedSet<T>) -> Differences<'s, T>
    where
        T: PartialEq,
    {
        Differences::new(&self.root, &newer.root)
    }
}

impl<'e, T> Edit<'e, T> {
    pub fn item(&self) -> &'e T {
        match self {
            Edit::Put(item) | Edit::Remove(item) => item,
        }
    }
}

impl<T> Node<T> {
    fn len(&self) -> usize {
        match self {
            Node::Leaf(items) => items.len(),
            Node::Branch(children) => children.len(),
        }
    }
}

/// The child that holds `key` if any does.
fn child_of<T: Keyed>(children: &[Child<T>], key: T::Key<'_>) -> usize {
    children.partition_point(|child| child.first.compare_to(key).is_le()).saturating_sub(1)
}

/// Appends the nodes, on the level of `node`, that take its place.
fn edit_node<T: Keyed>(node: &Node<T>, edits: &[Edit<'_, T>], length: &mut usize, nodes: &mut Vec<Child<T>>) {
    match node {
        Node::Leaf(old) => {
            let mut items = Vec::with_capacity(old.len() + edits.len());
            let mut rest = old.iter().peekable();
            for edit in edits {
                let key = edit.item().key();
                while let Some(item) = rest.next_if(|item| item.compare_to(key).is_lt()) {
                    items.push(item.clone());
                }
                rest.next_if(|item| item.compare_to(key).is_eq());
                if let Edit::Put(item) = edit {
                    items.push(T::clone(item));
                }
            }
            items.extend(rest.cloned());
            *length = *length - old.len() + items.len();
            push_leaves(items, nodes);
        }
        Node::Branch(old) => {
            let mut children = Vec::with_capacity(old.len() + 1);
            let mut edits = edits;
            for (place, child) in old.iter().enumerate() {
                let count = match old.get(place + 1) {
                    Some(next) => edits.partition_point(|edit| edit.item().compare_to(next.first.key()).is_lt()),
                    None => edits.len(),
                };
                let (of_child, after) = edits.split_at(count);
                edits = after;
                if of_child.is_empty() {
                    children.push(child.clone());
                } else {
                    edit_node(&child.node, of_child, length, &mut children);
                }
            }
            push_branches(join_small(children), nodes);
        }
    }
}

/// Joins each node that has become small with one beside it.
fn join_small<T: Keyed>(children: Vec<Child<T>>) -> Vec<Child<T>> {
    let mut joined: Vec<Child<T>> = Vec::with_capacity(children.len());
    for child in children {
        match joined.pop() {
            Some(before) if before.node.len() < LEAST || child.node.len() < LEAST => match (before.node, child.node) {
                (Node::Leaf(one), Node::Leaf(other)) => {
                    push_leaves(one.iter().chain(other.iter()).cloned().collect(), &mut joined);
                }
                (Node::Branch(one), Node::Branch(other)) => {
                    push_branches(one.iter().chain(other.iter()).cloned().collect(), &mut joined);
                }
                (Node::Leaf(_), Node::Branch(_)) | (Node::Branch(_), Node::Leaf(_)) => {
                    unreachable!("the children of a branch are on one level")
                }
            },
            before => {
                joined.extend(before);
                joined.push(child);
            }
        }
    }
    joined
}

fn push_leaves<T: Keyed>(items: Vec<T>, nodes: &mut Vec<Child<T>>) {
    for part in even_parts(items) {
        if let Some(first) = part.first().cloned() {
            nodes.push(Child { first, node: Node::Leaf(part.into()) });
        }
    }
}

fn push_branches<T: Keyed>(children: Vec<Child<T>>, nodes: &mut Vec<Child<T>>) {
    for part in even_parts(children) {
        if let Some(first) = part.first().map(|child| child.first.clone()) {
            nodes.push(Child { first, node: Node::Branch(part.into()) });
        }
    }
}

/// As few parts as hold everything, all of about the same length.
fn even_parts<T>(all: Vec<T>) -> impl Iterator<Item = Vec<T>> {
    let (count, length) = (all.len().div_ceil(MOST), all.len());
    let mut rest = all.into_iter();
    (0..count).map(move |place| {
        let (start, end) = (place * length / count, (place + 1) * length / count);
        rest.by_ref().take(end - start).collect()
    })
}

fn root_over<T: Keyed>(mut nodes: Vec<Child<T>>) -> Node<T> {
    while nodes.len() > 1 {
        let below = std::mem::take(&mut nodes);
        push_branches(below, &mut nodes);
    }
    let mut root = nodes.pop().map_or_else(|| Node::Leaf(Arc::default()), |child| child.node);
    while let Node::Branch(children) = &root
        && let [only] = &**children
    {
        root = only.node.clone();
    }
    root
}

/// Goes through the items of a set in order.
#[derive(Clone)]
pub struct Iter<'s, T> {
    branches: Vec<std::slice::Iter<'s, Child<T>>>,
    items: std::slice::Iter<'s, T>,
}

impl<'s, T> Iter<'s, T> {
    /// Goes to the first leaf below.
    fn enter(&mut self, mut node: &'s Node<T>) {
        loop {
            match node {
                Node::Leaf(items) => {
                    self.items = items.iter();
                    return;
                }
                Node::Branch(children) => {
                    let mut rest = children.iter();
                    let Some(child) = rest.next() else { return };
                    node = &child.node;
                    self.branches.push(rest);
                }
            }
        }
    }
}

impl<'s, T> Iterator for Iter<'s, T> {
    type Item = &'s T;

    fn next(&mut self) -> Option<&'s T> {
        loop {
            if let Some(item) = self.items.next() {
                return Some(item);
            }
            match self.branches.last_mut()?.next() {
                Some(child) => self.enter(&child.node),
                None => drop(self.branches.pop()),
            }
        }
    }
}

impl<'s, T: Keyed> IntoIterator for &'s OrderedSet<T> {
    type Item = &'s T;
    type IntoIter = Iter<'s, T>;

    fn into_iter(self) -> Iter<'s, T> {
        self.iter()
    }
}

impl<T: Keyed> Default for OrderedSet<T> {
    fn default() -> Self {
        OrderedSet::from_ordered(Vec::new())
    }
}

/// Takes as long as the two differ.
impl<T: Keyed + PartialEq> PartialEq for OrderedSet<T> {
    fn eq(&self, other: &Self) -> bool {
        self.length == other.length && self.differences(other).next().is_none()
    }
}

impl<T: Keyed + Eq> Eq for OrderedSet<T> {}

impl<T: Keyed + fmt::Debug> fmt::Debug for OrderedSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self).finish()
    }
}
