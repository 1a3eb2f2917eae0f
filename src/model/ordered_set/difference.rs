//! What two versions of an ordered set do not have in common.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Edit, Keyed, Node};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference<'s, T> {
    Removed(&'s T),
    Added(&'s T),
    Replaced { old: &'s T, new: &'s T },
}

impl<'s, T> Difference<'s, T> {
    /// The item before and after.
    pub fn versions(&self) -> (Option<&'s T>, Option<&'s T>) {
        match *self {
            Difference::Removed(old) => (Some(old), None),
            Difference::Added(new) => (None, Some(new)),
            Difference::Replaced { old, new } => (Some(old), Some(new)),
        }
    }

    /// The latest version of the item.
    pub fn item(&self) -> &'s T {
        match *self {
            Difference::Removed(item) | Difference::Added(item) | Difference::Replaced { new: item, .. } => item,
        }
    }

    /// What makes the older set the newer one.
    pub fn edit(&self) -> Edit<'s, T> {
        match *self {
            Difference::Removed(old) => Edit::Remove(old),
            Difference::Added(new) | Difference::Replaced { new, .. } => Edit::Put(new),
        }
    }
}

/// Goes through two versions side by side. Nodes that both have are passed over whole.
pub struct Differences<'s, T> {
    old: Ahead<'s, T>,
    new: Ahead<'s, T>,
}

/// What is still to be gone through, the next last.
struct Ahead<'s, T>(Vec<Step<'s, T>>);

enum Step<'s, T> {
    Node(&'s Node<T>),
    Item(&'s T),
}

impl<'s, T: Keyed + PartialEq> Differences<'s, T> {
    pub(super) fn new(old: &'s Node<T>, new: &'s Node<T>) -> Differences<'s, T> {
        Differences { old: Ahead(vec![Step::Node(old)]), new: Ahead(vec![Step::Node(new)]) }
    }
}

impl<'s, T> Ahead<'s, T> {
    /// How many levels of nodes are below the next step: none if it is an item, or there is no next.
    fn level(&self) -> usize {
        match self.0.last() {
            None | Some(Step::Item(_)) => 0,
            Some(Step::Node(node)) => level(node),
        }
    }

    fn expand(&mut self) {
        let Some(Step::Node(node)) = self.0.pop() else { return };
        match node {
            Node::Leaf(items) => self.0.extend(items.iter().rev().map(Step::Item)),
            Node::Branch(children) => self.0.extend(children.iter().rev().map(|child| Step::Node(&child.node))),
        }
    }

    fn item(&self) -> Option<&'s T> {
        match self.0.last() {
            Some(Step::Item(item)) => Some(item),
            None | Some(Step::Node(_)) => None,
        }
    }
}

fn level<T>(node: &Node<T>) -> usize {
    match node {
        Node::Leaf(_) => 1,
        Node::Branch(children) => 1 + children.first().map_or(0, |child| level(&child.node)),
    }
}

fn are_one<T>(one: &Node<T>, other: &Node<T>) -> bool {
    match (one, other) {
        (Node::Leaf(one), Node::Leaf(other)) => Arc::ptr_eq(one, other),
        (Node::Branch(one), Node::Branch(other)) => Arc::ptr_eq(one, other),
        (Node::Leaf(_), Node::Branch(_)) | (Node::Branch(_), Node::Leaf(_)) => false,
    }
}

impl<'s, T: Keyed + PartialEq> Iterator for Differences<'s, T> {
    type Item = Difference<'s, T>;

    fn next(&mut self) -> Option<Difference<'s, T>> {
        loop {
            if let (Some(Step::Node(old)), Some(Step::Node(new))) = (self.old.0.last(), self.new.0.last())
                && are_one(old, new)
            {
                self.old.0.pop();
                self.new.0.pop();
                continue;
            }
            // The higher node may hold, further down, what the other one is.
            let (old_level, new_level) = (self.old.level(), self.new.level());
            if old_level.max(new_level) > 0 {
                if old_level >= new_level {
                    self.old.expand();
                }
                if new_level >= old_level {
                    self.new.expand();
                }
                continue;
            }
            let order = match (self.old.item(), self.new.item()) {
                (None, None) => return None,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => old.compare_to(new.key()),
            };
            let old = self.old.item().filter(|_| order.is_le());
            let new = self.new.item().filter(|_| order.is_ge());
            if old.is_some() {
                self.old.0.pop();
            }
            if new.is_some() {
                self.new.0.pop();
            }
            match (old, new) {
                (Some(old), Some(new)) if old == new => {}
                (Some(old), Some(new)) => return Some(Difference::Replaced { old, new }),
                (Some(old), None) => return Some(Difference::Removed(old)),
                (None, Some(new)) => return Some(Difference::Added(new)),
                (None, None) => return None,
            }
        }
    }
}
