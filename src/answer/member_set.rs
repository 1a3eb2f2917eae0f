//! A set of members of one group.

use crate::model::limits;

/// Members by their place in the group. L-1 bounds a group at 100, so 128 bits hold any set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemberSet([u64; 2]);

const _: () = assert!(limits::RECORD_SETS_PER_GROUP <= 128);

const WORD: usize = u64::BITS as usize;

impl MemberSet {
    /// The first `count` members.
    pub fn first(count: usize) -> MemberSet {
        let ones = |count| if count >= WORD { u64::MAX } else { (1u64 << count) - 1 };
        MemberSet([ones(count), ones(count.saturating_sub(WORD))])
    }

    pub fn insert(&mut self, place: usize) {
        self.0[place / WORD] |= 1 << (place % WORD);
    }

    pub fn remove(&mut self, place: usize) {
        self.0[place / WORD] &= !(1 << (place % WORD));
    }

    pub fn contains(self, place: usize) -> bool {
        self.0[place / WORD] >> (place % WORD) & 1 == 1
    }

    pub fn is_empty(self) -> bool {
        self.0 == [0; 2]
    }

    pub fn len(self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The places from the lowest.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let [mut low, mut high] = self.0;
        std::iter::from_fn(move || {
            let (word, start) = if low != 0 { (&mut low, 0) } else { (&mut high, WORD) };
            let place = (*word != 0).then(|| start + word.trailing_zeros() as usize)?;
            *word &= *word - 1;
            Some(place)
        })
    }

    /// The `index`th member in the set.
    pub fn nth(self, index: usize) -> Option<usize> {
        self.iter().nth(index)
    }
}

impl FromIterator<usize> for MemberSet {
    fn from_iter<I: IntoIterator<Item = usize>>(places: I) -> MemberSet {
        let mut set = MemberSet::default();
        places.into_iter().for_each(|place| set.insert(place));
        set
    }
}
