//! A map of names that shares what a change leaves alone: a tree of hashes whose leaves are short lists.

use std::sync::Arc;

use triomphe::ThinArc;

use super::hashed_name::{NameHash, ShortHash};

/// What an index holds: something with a name.
pub trait Named {
    /// Lower-case wire form.
    fn name(&self) -> &[u8];

    /// That of the name. It stands in the value itself, as there may be room for it.
    fn hash(&self) -> ShortHash;
}

/// One value a name. Cloning it costs nothing; changing a clone copies the way to what is changed, and no more.
#[derive(Clone, Debug)]
pub struct NameIndex<T>(Tree<T>);

#[derive(Clone, Debug)]
enum Tree<T> {
    Branch(Arc<[Tree<T>; FAN_OUT]>),
    Leaf(ThinArc<(), T>),
}

const BITS: u32 = 4;
const FAN_OUT: usize = 1 << BITS;
/// A leaf of more is split.
const LEAF: usize = 2 * FAN_OUT;
/// Where the bits of a hash are used up.
const MAX_DEPTH: u32 = u32::BITS / BITS;

impl<T> Default for NameIndex<T> {
    fn default() -> Self {
        NameIndex(Tree::leaf(Vec::new()))
    }
}

impl<T: Named + Clone> NameIndex<T> {
    /// Of values whose names all differ.
    pub fn build(values: Vec<T>) -> NameIndex<T> {
        NameIndex(Tree::build(values, 0))
    }

    pub fn get(&self, name: &[u8], hash: NameHash) -> Option<&T> {
        self.find(hash, |found| found == name)
    }

    /// The value whose name `is_name` recognises.
    pub fn find(&self, hash: NameHash, is_name: impl Fn(&[u8]) -> bool) -> Option<&T> {
        let mut tree = &self.0;
        let hash = hash.short();
        let mut bits = hash.0;
        loop {
            match tree {
                Tree::Branch(children) => {
                    tree = &children[bits as usize % FAN_OUT];
                    bits >>= BITS;
                }
                Tree::Leaf(values) => {
                    return values.slice.iter().find(|value| value.hash() == hash && is_name(value.name()));
                }
            }
        }
    }

    /// Puts a value in the place of the one of its name, which is returned.
    pub fn insert(&mut self, value: T) -> Option<T> {
        let (leaf, depth) = self.0.leaf_mut(value.hash());
        let Tree::Leaf(values) = &*leaf else { return None };
        let known = values.slice.iter().position(|it| it.hash() == value.hash() && it.name() == value.name());
        let mut values = values.slice.to_vec();
        let replaced = match known {
            Some(place) => Some(std::mem::replace(&mut values[place], value)),
            None => {
                values.push(value);
                None
            }
        };
        *leaf = Tree::build(values, depth);
        replaced
    }

    /// Takes out the value of a name. Branches stay, to be used again.
    pub fn remove(&mut self, name: &[u8], hash: NameHash) -> Option<T> {
        let found = self.get(name, hash)?.clone();
        let (leaf, _) = self.0.leaf_mut(hash.short());
        if let Tree::Leaf(values) = &*leaf {
            let others = values.slice.iter().filter(|value| !(value.hash() == hash.short() && value.name() == name));
            *leaf = Tree::leaf(others.cloned().collect());
        }
        Some(found)
    }

    pub fn values(&self) -> impl Iterator<Item = &T> {
        let mut waiting = vec![&self.0];
        let mut values: std::slice::Iter<'_, T> = [].iter();
        std::iter::from_fn(move || {
            loop {
                if let Some(value) = values.next() {
                    return Some(value);
                }
                match waiting.pop()? {
                    Tree::Branch(children) => waiting.extend(children.iter()),
                    Tree::Leaf(leaf) => values = leaf.slice.iter(),
                }
            }
        })
    }
}

impl<T> Tree<T> {
    fn leaf(values: Vec<T>) -> Tree<T> {
        Tree::Leaf(ThinArc::from_header_and_iter((), values.into_iter()))
    }
}

impl<T: Named + Clone> Tree<T> {
    fn build(values: Vec<T>, depth: u32) -> Tree<T> {
        if values.len() <= LEAF || depth == MAX_DEPTH {
            return Tree::leaf(values);
        }
        let mut parts = [const { Vec::new() }; FAN_OUT];
        for value in values {
            parts[branch(value.hash(), depth)].push(value);
        }
        Tree::Branch(Arc::new(parts.map(|part| Tree::build(part, depth + 1))))
    }

    /// The leaf of a hash, on a way that is this tree's own, and how deep it is.
    fn leaf_mut(&mut self, hash: ShortHash) -> (&mut Tree<T>, u32) {
        let mut tree = self;
        let mut depth = 0;
        while let Tree::Branch(children) = tree {
            tree = &mut Arc::make_mut(children)[branch(hash, depth)];
            depth += 1;
        }
        (tree, depth)
    }
}

fn branch(ShortHash(hash): ShortHash, depth: u32) -> usize {
    (hash >> (BITS * depth)) as usize % FAN_OUT
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::hashed_name::Seed;
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    struct Numbered(Vec<u8>, NameHash, u32);

    impl Named for Numbered {
        fn name(&self) -> &[u8] {
            &self.0
        }

        fn hash(&self) -> ShortHash {
            self.1.short()
        }
    }

    fn name(number: u16) -> Vec<u8> {
        [&[2][..], &number.to_be_bytes(), &[0]].concat()
    }

    proptest! {
        /// Against a map of the standard library; hashes of few bits make names collide.
        #[test]
        fn it_is_a_map_and_earlier_clones_do_not_change(
            bits in 0u32..u32::BITS,
            first in prop::collection::vec(0u16..600, 0..600),
            changes in prop::collection::vec((0u16..600, any::<bool>()), 0..600),
        ) {
            let seed = Seed::random();
            let hash = |name: &[u8]| NameHash(seed.hash(name).0 & !(u64::MAX << bits << 1));
            let mut model: BTreeMap<Vec<u8>, u32> = first.iter().map(|number| (name(*number), 0)).collect();
            let values = model.iter().map(|(name, value)| Numbered(name.clone(), hash(name), *value)).collect();
            let mut index = NameIndex::build(values);
            let (before, model_before) = (index.clone(), model.clone());
            for (round, (number, is_insert)) in changes.into_iter().enumerate() {
                let name = name(number);
                if is_insert {
                    let value = round as u32 + 1;
                    let replaced = index.insert(Numbered(name.clone(), hash(&name), value));
                    prop_assert_eq!(replaced.map(|value| value.2), model.insert(name, value));
                } else {
                    prop_assert_eq!(index.remove(&name, hash(&name)).map(|value| value.2), model.remove(&name));
                }
            }
            for (index, model) in [(before, model_before), (index, model)] {
                for number in 0..600 {
                    let name = name(number);
                    let found = index.get(&name, hash(&name)).map(|value| value.2);
                    prop_assert_eq!(found, model.get(&name).copied());
                }
                prop_assert_eq!(index.values().count(), model.len());
            }
        }
    }
}
