//! The values of one RRset of an answer: a handful of words, so that no answer needs the heap for them.

use crate::snapshot::{Group, MemberContent, Values};

use super::member_set::MemberSet;

/// The values of one record set (T-11), or of the up to eight of a multivalue answer (T-12).
#[derive(Clone, Copy, Debug)]
pub struct AnsweredValues<'s>(Source<'s>);

#[derive(Clone, Copy, Debug)]
enum Source<'s> {
    RecordSet(Values<'s>),
    Members(&'s Group, MemberSet),
}

impl<'s> AnsweredValues<'s> {
    pub fn of_record_set(values: Values<'s>) -> AnsweredValues<'s> {
        AnsweredValues(Source::RecordSet(values))
    }

    /// Aliases among the members are passed over: a multivalue answer has none (MV-1).
    pub(super) fn of_members(group: &'s Group, members: MemberSet) -> AnsweredValues<'s> {
        AnsweredValues(Source::Members(group, members))
    }

    /// The one record set, unless there may be several.
    pub fn only(self) -> Option<Values<'s>> {
        match self.0 {
            Source::RecordSet(values) => Some(values),
            Source::Members(..) => None,
        }
    }

    /// How many values there are.
    pub fn count(self) -> usize {
        match self.0 {
            Source::RecordSet(values) => values.len(),
            Source::Members(..) => self.iter().map(|values| values.len()).sum(),
        }
    }

    /// The values of each record set, in the group's order.
    pub fn iter(self) -> impl Iterator<Item = Values<'s>> {
        let (one, several) = match self.0 {
            Source::RecordSet(values) => (Some(values), None),
            Source::Members(group, members) => (None, Some((group, members))),
        };
        let several = several.into_iter().flat_map(|(group, members)| {
            members.iter().filter_map(|place| match &group.members[place].content {
                MemberContent::Values(values) => Some(values.get()),
                MemberContent::Alias { .. } => None,
            })
        });
        one.into_iter().chain(several)
    }

    pub fn first(self) -> Option<Values<'s>> {
        self.only().or_else(|| self.iter().next())
    }
}
