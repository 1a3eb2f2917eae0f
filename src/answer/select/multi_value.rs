//! Multivalue answer routing (rules §3.7).

use fastrand::Rng;
use smallvec::SmallVec;

use crate::answer::member_set::MemberSet;
use crate::model::limits;

/// MV-2: all of them, or a random eight if there are more.
pub fn select(in_play: MemberSet, rng: &mut Rng) -> MemberSet {
    if in_play.len() <= limits::MULTI_VALUE_ANSWERS {
        return in_play;
    }
    let mut places: SmallVec<[usize; limits::RECORD_SETS_PER_GROUP]> = in_play.iter().collect();
    for drawn in 0..limits::MULTI_VALUE_ANSWERS {
        let other = rng.usize(drawn..places.len());
        places.swap(drawn, other);
    }
    places.truncate(limits::MULTI_VALUE_ANSWERS);
    places.into_iter().collect()
}
