//! Names with the hashes of all their ancestors, found in one pass from the root.

use std::hash::BuildHasher;

use arrayvec::ArrayVec;
use smallvec::SmallVec;

use crate::model::domain_name::MAX_WIRE_LENGTH;

/// What the hashes of one process start from, so that nobody can choose names that collide.
#[derive(Clone, Copy, Debug)]
pub struct Seed {
    start: u64,
    factor: u64,
}

/// The hash of a name: of its parent's hash and its first label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameHash(pub(super) u64);

/// What an index keeps of a hash: enough to tell names apart, but for some hundred pairs of a million.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortHash(pub(super) u32);

/// A lower-case wire name that is looked for: where its labels begin, and the hash of what begins there.
pub struct HashedName {
    /// The name, and as many zeros after it that it ends inside a word, and that one can be read from any place in it.
    bytes: ArrayVec<u8, { MAX_WIRE_LENGTH + PADDING }>,
    /// Of the name, in bytes.
    length: usize,
    /// Where the labels begin, the root's included.
    starts: ArrayVec<u8, MAX_LABELS>,
    /// The hashes of the root, of the name of one label, and so on.
    hashes: ArrayVec<NameHash, MAX_LABELS>,
}

/// Labels of a name, the root's included.
const MAX_LABELS: usize = MAX_WIRE_LENGTH / 2 + 1;

/// A name that is ready to be looked up again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Lower-case wire form.
    pub name: Box<[u8]>,
    pub(super) hash: NameHash,
}

impl NameHash {
    pub(super) fn short(self) -> ShortHash {
        ShortHash(self.0 as u32)
    }
}

/// Bytes that are hashed, and made lower case, at once.
const WORD: usize = 8;
const PADDING: usize = 2 * WORD;

impl Seed {
    /// Differs from process to process.
    pub fn random() -> Seed {
        let state = foldhash::quality::RandomState::default();
        // An odd factor loses no bit of what it is multiplied with.
        Seed { start: state.hash_one(0), factor: state.hash_one(1) | 1 }
    }

    fn mix(self, hash: u64, word: u64) -> u64 {
        let product = u128::from(hash ^ word) * u128::from(self.factor);
        product as u64 ^ (product >> 64) as u64
    }

    /// The hash of `label`, its length byte included, before the name that `parent` is the hash of.
    pub(super) fn extend(self, NameHash(parent): NameHash, label: &[u8]) -> NameHash {
        let words = label.chunks(WORD).map(|chunk| {
            let mut word = [0; WORD];
            word[..chunk.len()].copy_from_slice(chunk);
            u64::from_le_bytes(word)
        });
        NameHash(words.fold(parent.rotate_left(ROTATION), |hash, word| self.mix(hash, word)))
    }

    /// The hash of bytes that are no name.
    pub(super) fn hash_text(self, text: &str) -> NameHash {
        self.extend(NameHash(self.start), text.as_bytes())
    }

    /// The hash of a lower-case wire name.
    pub(super) fn hash(self, name: &[u8]) -> NameHash {
        let mut starts: SmallVec<[usize; 16]> = SmallVec::new();
        let mut at = 0;
        while name[at] != 0 {
            starts.push(at);
            at += 1 + usize::from(name[at]);
        }
        let root = NameHash(self.start);
        starts
            .iter()
            .rev()
            .fold(root, |parent, &start| self.extend(parent, &name[start..start + 1 + usize::from(name[start])]))
    }
}

/// So that labels that give zero do not make all the names above them alike.
const ROTATION: u32 = 23;

impl HashedName {
    /// Takes over a name in wire form, in whatever case.
    pub fn new(name: &[u8], seed: Seed) -> HashedName {
        let mut hashed = HashedName::default();
        hashed.set(name, seed);
        hashed
    }

    /// Takes over another name: in place, as it is of some size.
    pub fn set(&mut self, name: &[u8], seed: Seed) {
        debug_assert!(name.len() <= MAX_WIRE_LENGTH, "no name is longer");
        let name = name.get(..MAX_WIRE_LENGTH).unwrap_or(name);
        let HashedName { bytes, length, starts, hashes } = self;
        *length = name.len();
        bytes.clear();
        for part in [name, &[0; PADDING]] {
            bytes.try_extend_from_slice(part).expect("there is room for the longest name");
        }
        for word in &mut bytes.as_chunks_mut().0[..=name.len() / WORD] {
            *word = lower_case(u64::from_le_bytes(*word)).to_le_bytes();
        }
        starts.clear();
        hashes.clear();
        let mut start = 0;
        while let Some(length @ 1..) = bytes.get(start) {
            if starts.try_push(start as u8).is_err() {
                break;
            }
            start += 1 + usize::from(*length);
        }
        let mut hash = seed.start;
        // There are as many as starts.
        let _ = hashes.try_push(NameHash(hash));
        let mut end = start;
        for start in starts.iter().rev().map(|start| usize::from(*start)) {
            hash = hash.rotate_left(ROTATION);
            let mut at = start;
            while end - at > WORD {
                hash = seed.mix(hash, word_at(bytes, at));
                at += WORD;
            }
            hash = seed.mix(hash, word_at(bytes, at) & u64::MAX >> (8 * (WORD - (end - at))));
            let _ = hashes.try_push(NameHash(hash));
            end = start;
        }
        let is_pushed = starts.try_push(start as u8);
        debug_assert!(is_pushed.is_ok(), "no name has more labels");
    }

    /// Lower case.
    pub fn wire(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// How many labels the name has, the root's included.
    pub fn label_count(&self) -> usize {
        self.hashes.len()
    }

    /// The name without its first `labels` labels, of which it has more.
    pub fn without(&self, labels: usize) -> (&[u8], NameHash) {
        let start = usize::from(self.starts[labels]);
        (&self.bytes[start..self.length], self.hashes[self.hashes.len() - 1 - labels])
    }
}

impl Default for HashedName {
    fn default() -> HashedName {
        HashedName {
            bytes: ArrayVec::new_const(),
            length: 0,
            starts: ArrayVec::new_const(),
            hashes: ArrayVec::new_const(),
        }
    }
}

impl Target {
    /// Takes over a name in lower-case wire form.
    pub(super) fn new(name: &[u8], seed: Seed) -> Target {
        Target { name: name.into(), hash: seed.hash(name) }
    }
}

fn word_at(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk().map_or(0, |word| u64::from_le_bytes(*word))
}

/// Eight bytes at once: what is an ASCII capital gets the bit that makes it small.
fn lower_case(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let low = word & (0x7f * EACH);
    let from_a = low + (0x80 - b'A' as u64) * EACH;
    let after_z = low + (0x7f - b'Z' as u64) * EACH;
    let capitals = !word & (from_a ^ after_z) & (0x80 * EACH);
    word | capitals >> 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_suffix_has_the_hash_it_has_alone(labels in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..=63), 0..12)) {
            let mut wire: Vec<u8> = Vec::new();
            for label in labels {
                if wire.len() + label.len() + 2 <= MAX_WIRE_LENGTH {
                    wire.push(label.len() as u8);
                    wire.extend(label);
                }
            }
            wire.push(0);
            let seed = Seed::random();
            let name = HashedName::new(&wire, seed);
            let lower = wire.to_ascii_lowercase();
            prop_assert_eq!(name.wire(), &lower[..]);
            let mut rest = &lower[..];
            for labels in 0..name.label_count() {
                prop_assert_eq!(name.without(labels), (rest, seed.hash(rest)));
                rest = rest.get(1 + usize::from(rest[0])..).unwrap_or_default();
            }
            prop_assert!(rest.is_empty());
        }
    }

    #[test]
    fn names_with_the_same_labels_otherwise_put_differ() {
        let seed = Seed::random();
        let names: [&[u8]; 5] = [b"\x01a\x01b\0", b"\x01b\x01a\0", b"\x03a\x01b\0", b"\x01a\0", b"\0"];
        let mut hashes: Vec<u64> = names.iter().map(|name| seed.hash(name).0).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), names.len());
    }
}
