//! A map of names that shares what a change leaves alone: a tree of hashes whose leaves are short lists.

use std::sync::Arc;

use super::hashed_name::NameHash;

/// What an index holds: something with a name.
pub trait Named {
    /// Lower-case wire form.
    fn name(&self) -> &[u8];
}

impl<T: Named> Named for Arc<T> {
    fn name(&self) -> &[u8] {
        (**self).name()
    }
}

/// One value a name. Cloning it costs nothing; changing a clone copies the way to what is changed, and no more.
#[derive(Clone, Debug)]
pub struct NameIndex<T>(Tree<T>);

#[derive(Clone, Debug)]
enum Tree<T> {
    Branch(Arc<[Tree<T>; FAN_OUT]>),
    Leaf(Arc<[Slot<T>]>),
}

#[derive(Clone, Debug)]
struct Slot<T> {
    hash: NameHash,
    value: T,
}

const BITS: u32 = 4;
const FAN_OUT: usize = 1 << BITS;
/// A leaf of more is split.
const LEAF: usize = 2 * FAN_OUT;
/// Where the bits of a hash are used up.
const MAX_DEPTH: u32 = u64::BITS / BITS;

impl<T> Default for NameIndex<T> {
    fn default() -> Self {
        NameIndex(Tree::Leaf(Arc::from([])))
    }
}

impl<T: Named + Clone> NameIndex<T> {
    /// Of values whose names all differ, with the hash of each.
    pub fn build(values: Vec<(NameHash, T)>) -> NameIndex<T> {
        NameIndex(Tree::build(values.into_iter().map(|(hash, value)| Slot { hash, value }).collect(), 0))
    }

    pub fn get(&self, name: &[u8], hash: NameHash) -> Option<&T> {
        self.find(hash, |found| found == name)
    }

    /// The value whose name `is_name` recognises.
    pub fn find(&self, hash: NameHash, is_name: impl Fn(&[u8]) -> bool) -> Option<&T> {
        let mut tree = &self.0;
        let mut bits = hash.0;
        loop {
            match tree {
                Tree::Branch(children) => {
                    tree = &children[bits as usize % FAN_OUT];
                    bits >>= BITS;
                }
                Tree::Leaf(slots) => {
                    let found = slots.iter().find(|slot| slot.hash == hash && is_name(slot.value.name()));
                    return found.map(|slot| &slot.value);
                }
            }
        }
    }

    /// Puts a value in the place of the one of its name, which is returned.
    pub fn insert(&mut self, hash: NameHash, value: T) -> Option<T> {
        let (leaf, depth) = self.0.leaf_mut(hash);
        let Tree::Leaf(slots) = &*leaf else { return None };
        let known = slots.iter().position(|slot| slot.hash == hash && slot.value.name() == value.name());
        let mut slots = slots.to_vec();
        let slot = Slot { hash, value };
        let replaced = match known {
            Some(place) => Some(std::mem::replace(&mut slots[place], slot).value),
            None => {
                slots.push(slot);
                None
            }
        };
        *leaf = Tree::build(slots, depth);
        replaced
    }

    /// Takes out the value of a name. Branches stay, to be used again.
    pub fn remove(&mut self, name: &[u8], hash: NameHash) -> Option<T> {
        let found = self.get(name, hash)?.clone();
        let (leaf, _) = self.0.leaf_mut(hash);
        if let Tree::Leaf(slots) = &*leaf {
            let others = slots.iter().filter(|slot| !(slot.hash == hash && slot.value.name() == name));
            *leaf = Tree::Leaf(others.cloned().collect());
        }
        Some(found)
    }

    pub fn values(&self) -> impl Iterator<Item = &T> {
        let mut waiting = vec![&self.0];
        let mut slots: std::slice::Iter<'_, Slot<T>> = [].iter();
        std::iter::from_fn(move || {
            loop {
                if let Some(slot) = slots.next() {
                    return Some(&slot.value);
                }
                match waiting.pop()? {
                    Tree::Branch(children) => waiting.extend(children.iter()),
                    Tree::Leaf(leaf) => slots = leaf.iter(),
                }
            }
        })
    }
}

impl<T: Named + Clone> Tree<T> {
    fn build(slots: Vec<Slot<T>>, depth: u32) -> Tree<T> {
        if slots.len() <= LEAF || depth == MAX_DEPTH {
            return Tree::Leaf(slots.into());
        }
        let mut parts = [const { Vec::new() }; FAN_OUT];
        for slot in slots {
            parts[branch(slot.hash, depth)].push(slot);
        }
        Tree::Branch(Arc::new(parts.map(|part| Tree::build(part, depth + 1))))
    }

    /// The leaf of a hash, on a way that is this tree's own, and how deep it is.
    fn leaf_mut(&mut self, hash: NameHash) -> (&mut Tree<T>, u32) {
        let mut tree = self;
        let mut depth = 0;
        while let Tree::Branch(children) = tree {
            tree = &mut Arc::make_mut(children)[branch(hash, depth)];
            depth += 1;
        }
        (tree, depth)
    }
}

fn branch(NameHash(hash): NameHash, depth: u32) -> usize {
    (hash >> (BITS * depth)) as usize % FAN_OUT
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::hashed_name::Seed;
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    struct Numbered(Vec<u8>, u32);

    impl Named for Numbered {
        fn name(&self) -> &[u8] {
            &self.0
        }
    }

    fn name(number: u16) -> Vec<u8> {
        [&[2][..], &number.to_be_bytes(), &[0]].concat()
    }

    proptest! {
        /// Against a map of the standard library; hashes of few bits make names collide.
        #[test]
        fn it_is_a_map_and_earlier_clones_do_not_change(
            bits in 0u32..64,
            first in prop::collection::vec(0u16..600, 0..600),
            changes in prop::collection::vec((0u16..600, any::<bool>()), 0..600),
        ) {
            let seed = Seed::random();
            let hash = |name: &[u8]| NameHash(seed.hash(name).0 & !(u64::MAX << bits << 1));
            let mut model: BTreeMap<Vec<u8>, u32> = first.iter().map(|number| (name(*number), 0)).collect();
            let values = model.iter().map(|(name, value)| (hash(name), Numbered(name.clone(), *value))).collect();
            let mut index = NameIndex::build(values);
            let (before, model_before) = (index.clone(), model.clone());
            for (round, (number, is_insert)) in changes.into_iter().enumerate() {
                let name = name(number);
                if is_insert {
                    let value = round as u32 + 1;
                    let replaced = index.insert(hash(&name), Numbered(name.clone(), value));
                    prop_assert_eq!(replaced.map(|value| value.1), model.insert(name, value));
                } else {
                    prop_assert_eq!(index.remove(&name, hash(&name)).map(|value| value.1), model.remove(&name));
                }
            }
            for (index, model) in [(before, model_before), (index, model)] {
                for number in 0..600 {
                    let name = name(number);
                    let found = index.get(&name, hash(&name)).map(|value| value.1);
                    prop_assert_eq!(found, model.get(&name).copied());
                }
                prop_assert_eq!(index.values().count(), model.len());
            }
        }
    }
}
