//! Multivalue answer routing (rules §3.7).

use fastrand::Rng;

use crate::answer::member_set::MemberSet;
use crate::model::limits;

/// MV-2: all of them, or a random eight if there are more.
pub fn select(in_play: MemberSet, rng: &mut Rng) -> MemberSet {
    if in_play.len() <= limits::MULTI_VALUE_ANSWERS {
        return in_play;
    }
    // Floyd's way: of those before the last, one that is drawn twice makes room for the last.
    let mut drawn = MemberSet::default();
    for last in in_play.len() - limits::MULTI_VALUE_ANSWERS..in_play.len() {
        let one = rng.usize(..=last);
        drawn.insert(if drawn.contains(one) { last } else { one });
    }
    in_play.iter().enumerate().filter(|(index, _)| drawn.contains(*index)).map(|(_, place)| place).collect()
}
