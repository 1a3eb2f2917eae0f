//! A set of members of one group.

use crate::model::limits;

/// Members by their place in the group. L-1 bounds a group at 100, so a word of 128 bits holds any set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemberSet(u128);

const _: () = assert!(limits::RECORD_SETS_PER_GROUP <= 128);

/// A set of members in half the room that its alignment would ask for.
#[derive(Clone, Copy, Debug)]
pub struct PackedMembers([u64; 2]);

impl PackedMembers {
    pub fn unpack(self) -> MemberSet {
        let PackedMembers([low, high]) = self;
        MemberSet(u128::from(high) << 64 | u128::from(low))
    }
}

impl MemberSet {
    pub fn pack(self) -> PackedMembers {
        PackedMembers([self.0 as u64, (self.0 >> 64) as u64])
    }

    /// The first `count` members.
    pub fn first(count: usize) -> MemberSet {
        MemberSet(if count >= 128 { u128::MAX } else { (1 << count) - 1 })
    }

    pub fn insert(&mut self, place: usize) {
        self.0 |= 1 << place;
    }

    pub fn remove(&mut self, place: usize) {
        self.0 &= !(1 << place);
    }

    pub fn contains(self, place: usize) -> bool {
        self.0 >> place & 1 == 1
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The places from the lowest.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let place = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
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
