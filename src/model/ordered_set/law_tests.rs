//! An ordered set is a `BTreeMap` that shares.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::{Difference, Edit, Keyed, LEAST, MOST, Node, OrderedSet};

/// An item: its key, and what else it says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Item(Arc<(u16, u8)>);

impl Keyed for Item {
    type Key<'k> = u16;

    fn key(&self) -> u16 {
        self.0.0
    }

    fn compare<'k, 'l>(one: u16, other: u16) -> Ordering
    where
        Self: 'k + 'l,
    {
        one.cmp(&other)
    }
}

fn item(key: u16, rest: u8) -> Item {
    Item(Arc::new((key, rest)))
}

fn set(items: &BTreeMap<u16, u8>) -> OrderedSet<Item> {
    OrderedSet::from_ordered(items.iter().map(|(key, rest)| item(*key, *rest)).collect())
}

fn contents(set: &OrderedSet<Item>) -> Vec<(u16, u8)> {
    set.iter().map(|item| *item.0).collect()
}

/// `None` takes out.
fn edits() -> impl Strategy<Value = BTreeMap<u16, Option<u8>>> {
    let few = prop::collection::btree_map(0..2_000u16, any::<Option<u8>>(), 0..6);
    let many = prop::collection::btree_map(0..2_000u16, any::<Option<u8>>(), 0..600);
    // What makes nodes small.
    let run =
        (0..2_000u16, 0..600u16).prop_map(|(start, length)| (start..start + length).map(|key| (key, None)).collect());
    prop_oneof![few, many, run]
}

fn edited(set: &OrderedSet<Item>, edits: &BTreeMap<u16, Option<u8>>) -> OrderedSet<Item> {
    let items: Vec<(Item, bool)> =
        edits.iter().map(|(key, rest)| (item(*key, rest.unwrap_or(0)), rest.is_some())).collect();
    let edits: Vec<_> =
        items.iter().map(|(item, put)| if *put { Edit::Put(item) } else { Edit::Remove(item) }).collect();
    set.edited(&edits)
}

fn check_nodes(node: &Node<Item>, is_root: bool) {
    assert!(node.len() <= MOST);
    if let Node::Branch(children) = node {
        assert!(!is_root || children.len() > 1);
        for child in children.iter() {
            assert!(child.node.len() > 0);
            match &child.node {
                Node::Leaf(items) => assert_eq!(items[0], child.first),
                Node::Branch(children) => assert_eq!(children[0].first, child.first),
            }
            check_nodes(&child.node, false);
        }
    }
}

proptest! {
    #[test]
    fn edits_do_what_they_do_to_a_map(
        start in prop::collection::btree_map(0..2_000u16, any::<u8>(), 0..1_500),
        rounds in prop::collection::vec(edits(), 1..6),
        asked in prop::collection::vec(0..2_000u16, 20),
    ) {
        let (mut map, mut set) = (start.clone(), set(&start));
        for round in rounds {
            let (map_before, set_before) = (map.clone(), set.clone());
            for (key, rest) in &round {
                match rest {
                    Some(rest) => drop(map.insert(*key, *rest)),
                    None => drop(map.remove(key)),
                }
            }
            set = edited(&set, &round);
            check_nodes(&set.root, true);
            prop_assert_eq!(set.len(), map.len());
            prop_assert_eq!(contents(&set), map.iter().map(|(key, rest)| (*key, *rest)).collect::<Vec<_>>());
            prop_assert_eq!(contents(&set_before), map_before.iter().map(|(key, rest)| (*key, *rest)).collect::<Vec<_>>());
            let differences: Vec<_> = set_before.differences(&set).map(|difference| match difference {
                Difference::Removed(old) => (old.key(), Some(old.0.1), None),
                Difference::Added(new) => (new.key(), None, Some(new.0.1)),
                Difference::Replaced { old, new } => (old.key(), Some(old.0.1), Some(new.0.1)),
            }).collect();
            let expected: Vec<_> = round.keys()
                .map(|key| (*key, map_before.get(key).copied(), map.get(key).copied()))
                .filter(|(_, before, after)| before != after)
                .collect();
            prop_assert_eq!(differences, expected);
            for key in &asked {
                prop_assert_eq!(set.get(*key).map(|item| item.0.1), map.get(key).copied());
                let from: Vec<_> = set.iter_from(*key).take(3).map(Keyed::key).collect();
                prop_assert_eq!(from, map.range(key..).take(3).map(|(key, _)| *key).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn sets_of_the_same_items_are_equal_however_they_were_made(
        start in prop::collection::btree_map(0..2_000u16, any::<u8>(), 0..300),
        change in edits(),
    ) {
        let changed = edited(&set(&start), &change);
        let map: BTreeMap<_, _> = contents(&changed).into_iter().collect();
        prop_assert_eq!(&changed, &set(&map));
        prop_assert_eq!(changed == set(&start), map == start);
    }
}

#[test]
fn an_edit_of_a_large_set_copies_few_nodes() {
    let large = OrderedSet::from_ordered((0..60_000).map(|key| item(key, 0)).collect());
    let one = item(30_000, 1);
    let next = large.edited(&[Edit::Put(&one)]);
    let mut leaves = std::collections::HashSet::new();
    collect_leaves(&large.root, &mut leaves);
    let before = leaves.len();
    collect_leaves(&next.root, &mut leaves);
    assert_eq!(leaves.len(), before + 1);
    assert_eq!(large.differences(&next).count(), 1);
    const { assert!(LEAST > 1) };
}

fn collect_leaves(node: &Node<Item>, leaves: &mut std::collections::HashSet<*const Item>) {
    match node {
        Node::Leaf(items) => drop(leaves.insert(items.as_ptr())),
        Node::Branch(children) => children.iter().for_each(|child| collect_leaves(&child.node, leaves)),
    }
}
