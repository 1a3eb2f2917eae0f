//! The way from a question to its records: view, zone, name, group, and on along CNAME records (rules §1).

use fastrand::Rng;

use crate::model::{RecordType, limits};
use crate::snapshot::{GroupRef, HashedName, HealthTable, Node, Snapshot, View, Zone, ZoneMatch};

use super::choose::{AliasLimitReached, Choice, Chooser, Pick};
use super::describe;
use super::group_health::KnownGroups;
use super::matching::{self, Match};
use super::why::{Topic, Why};
use super::{Answer, AnsweredSet, Completeness, Owner, Query, QueryType};

/// Decides. Equal arguments give equal answers; `why` learns the reasons and changes nothing but how the addresses of
/// name servers are given: one by one, where each has its reason.
pub fn answer<'s, W: Why>(
    query: &Query<'_>,
    snapshot: &'s Snapshot,
    health: &HealthTable,
    rng: &mut Rng,
    why: &mut W,
) -> Answer<'s> {
    let mut answer = Answer::begin(query.client);
    answer_into(&mut answer, query, snapshot, health, rng, why);
    answer
}

/// [`answer()`] as the name servers of one zone give it at Route 53: they never see data of another (Z-2).
pub fn answer_of_zone<'s>(
    query: &Query<'_>,
    zone: &'s Zone,
    snapshot: &'s Snapshot,
    health: &HealthTable,
    rng: &mut Rng,
) -> Answer<'s> {
    let mut answer = Answer::begin(query.client);
    decide(&mut answer, query, Some(zone), snapshot, health, rng, &mut ());
    answer
}

/// [`answer()`], in place: an answer is of some size, and copying one takes longer than making it.
#[inline]
pub fn answer_into<'s, W: Why>(
    answer: &mut Answer<'s>,
    query: &Query<'_>,
    snapshot: &'s Snapshot,
    health: &HealthTable,
    rng: &mut Rng,
    why: &mut W,
) {
    decide(answer, query, None, snapshot, health, rng, why);
}

fn decide<'s, W: Why>(
    answer: &mut Answer<'s>,
    query: &Query<'_>,
    only_zone: Option<&'s Zone>,
    snapshot: &'s Snapshot,
    health: &HealthTable,
    rng: &mut Rng,
    why: &mut W,
) {
    let mut query_name = HashedName::default();
    query_name.set(query.name, snapshot.seed());
    let mut known = KnownGroups::default();
    let mut walk = Walk {
        chooser: Chooser::new(snapshot, health, query.client, &mut known, rng, why),
        view: query.client.view,
        query_name: &query_name,
        query_type: query.query_type,
        only_zone,
        answer,
    };
    walk.because(Topic::View, &["PZ-1", "PZ-4"], || describe::view(snapshot, query.client));
    let end = walk.follow_names().unwrap_or(End::AliasLimitReached);
    walk.finish(end);
}

pub(super) struct Walk<'s, 'q, W> {
    pub(super) chooser: Chooser<'s, 'q, W>,
    pub(super) view: View,
    pub(super) query_name: &'q HashedName,
    pub(super) query_type: QueryType,
    /// The one that is asked, where it is not for the name to say.
    only_zone: Option<&'s Zone>,
    /// What there is to say so far.
    pub(super) answer: &'q mut Answer<'s>,
}

/// Where a walk ended.
pub(super) enum End<'s> {
    /// The records asked for.
    Found(&'s Zone),
    /// Z-34, PZ-15: a CNAME leads out of what is held here, or too far.
    LeftByCname(&'s Zone, Completeness),
    /// Z-15: the name exists without the type.
    NoData(&'s Zone),
    /// Z-15.
    NoName(&'s Zone),
    /// Z-20.
    Delegation(&'s Zone, &'s Node),
    /// P-7.
    NotHeld,
    /// P-17.
    Refused,
    ///
    AliasLimitReached,
}

/// One step along the names.
enum Next<'s> {
    End(End<'s>),
    /// The target of a CNAME, as it stands in its value.
    Target(&'s [u8]),
}

/// What a group has added to the answer.
enum Added {
    Values,
    Nothing,
}

impl<'s, W: Why> Walk<'s, '_, W> {
    fn follow_names(&mut self) -> Result<End<'s>, AliasLimitReached> {
        let query_name = self.query_name;
        if self.query_type == QueryType::ZoneTransfer {
            self.because(Topic::Result, &["P-17"], || "zones are not transferred".to_owned());
            return Ok(End::Refused);
        }
        let Some(zone) = self.zone_for(query_name) else {
            self.because(Topic::Zone, &["P-7"], || "no zone of this view holds the name".to_owned());
            return Ok(End::NotHeld);
        };
        self.explain_zone(zone.zone);
        match self.at_name(zone, Owner::QueryName, query_name)? {
            Next::End(end) => Ok(end),
            Next::Target(target) => self.follow_targets(zone, target),
        }
    }

    /// On along CNAME records.
    fn follow_targets(&mut self, mut zone: ZoneMatch<'s>, mut target: &'s [u8]) -> Result<End<'s>, AliasLimitReached> {
        let mut target_name = HashedName::default();
        loop {
            target_name.set(target, self.chooser.snapshot.seed());
            self.because(Topic::Cname, &["Z-32"], || format!("CNAME to {}", describe::name(target)));
            // Z-33: a loop, or too long a chain, ends where it is.
            if self.has_answered(target_name.wire()) || self.answer.answer.len() >= limits::CNAME_CHAIN {
                self.because(Topic::Cname, &["Z-33"], || "the chain loops or is too long: it ends here".to_owned());
                return Ok(End::LeftByCname(zone.zone, Completeness::Complete));
            }
            match self.view {
                // Z-34: never from one public zone into another.
                View::Internet => match zone.zone.holding(&target_name) {
                    Some(same) => zone = same,
                    None => {
                        self.because(Topic::Cname, &["Z-34"], || "the target is not in this zone".to_owned());
                        return Ok(End::LeftByCname(zone.zone, Completeness::Complete));
                    }
                },
                // PZ-15: a resolver follows it through all that this VPC sees.
                View::Vpc(_) => match self.chooser.snapshot.zone_of(self.view, &target_name) {
                    Some(next) => {
                        if !std::ptr::eq(next.zone, zone.zone) {
                            self.explain_zone(next.zone);
                        }
                        zone = next;
                    }
                    None => {
                        self.because(Topic::Cname, &["PZ-15"], || "no zone of this view holds the target".to_owned());
                        return Ok(End::LeftByCname(zone.zone, Completeness::MustAskUpstream));
                    }
                },
            }
            target = match self.at_name(zone, Owner::Name(target), &target_name)? {
                Next::End(end) => return Ok(end),
                Next::Target(next) => next,
            };
        }
    }

    /// The zone that answers; for DS at the apex of a public zone that another zone here delegates, that one (Z-23).
    fn zone_for(&self, name: &HashedName) -> Option<ZoneMatch<'s>> {
        if let Some(zone) = self.only_zone {
            return zone.holding(name);
        }
        let snapshot = self.chooser.snapshot;
        let found = snapshot.zone_of(self.view, name)?;
        let is_at_apex = found.labels_below == 0 && name.label_count() > 1;
        if self.query_type == QueryType::Record(RecordType::Ds) && is_at_apex && !found.zone.is_private() {
            let parent = snapshot.public_zone_of(name, 1);
            let delegates = |parent: &ZoneMatch<'_>| match matching::find(*parent, name) {
                Match::Delegation(cut) => *cut.name() == *name.wire(),
                Match::Exact(_) | Match::Wildcard { .. } | Match::NoName { .. } => false,
            };
            return parent.filter(delegates).or(Some(found));
        }
        Some(found)
    }

    fn at_name(
        &mut self,
        zone: ZoneMatch<'s>,
        owner: Owner<'s>,
        name: &HashedName,
    ) -> Result<Next<'s>, AliasLimitReached> {
        let node = match matching::find(zone, name) {
            Match::Exact(node) => {
                self.because(Topic::Name, &["W-2"], || {
                    format!("{} is a name of the zone", describe::name(name.wire()))
                });
                node
            }
            Match::Wildcard { node, labels_below } => {
                self.because(Topic::Name, &["W-6"], || {
                    let encloser = describe::name(name.without(labels_below).0);
                    format!("{} comes from the wildcard *.{encloser}", describe::name(name.wire()))
                });
                node
            }
            // Z-23: DS at the cut is the parent's.
            Match::Delegation(cut)
                if self.query_type == QueryType::Record(RecordType::Ds) && *cut.name() == *name.wire() =>
            {
                self.because(Topic::Name, &["Z-23"], || "DS at a delegation is the parent's to answer".to_owned());
                cut
            }
            Match::Delegation(cut) => {
                self.because(Topic::Name, &["Z-20"], || {
                    format!("the name is at or below the delegation of {}", describe::name(cut.name()))
                });
                return Ok(Next::End(End::Delegation(zone.zone, cut)));
            }
            Match::NoName { labels_below } => {
                self.because(Topic::Name, &["W-6", "Z-15"], || {
                    let encloser = describe::name(name.without(labels_below).0);
                    format!("no such name; its closest ancestor is {encloser}, which has no wildcard")
                });
                return Ok(Next::End(End::NoName(zone.zone)));
            }
        };
        self.at_node(zone.zone, node, owner)
    }

    fn at_node(&mut self, zone: &'s Zone, node: &'s Node, owner: Owner<'s>) -> Result<Next<'s>, AliasLimitReached> {
        if let QueryType::Record(record_type) = self.query_type
            && let Some(group) = node.group(record_type)
        {
            return self.end_at_group(zone, group, owner);
        }
        match (node.group(RecordType::Cname), self.query_type) {
            // P-6: at a CNAME, ANY is answered with the CNAME.
            (Some(group), QueryType::Any) => self.end_at_group(zone, group, owner),
            (None, QueryType::Any) => self.all_groups(zone, node, owner),
            // W-15, Z-32.
            (Some(group), _) => match self.add_group(zone, group, owner)? {
                Added::Values => Ok(self.last_target().map_or(Next::End(End::NoData(zone)), Next::Target)),
                Added::Nothing => Ok(Next::End(End::NoData(zone))),
            },
            (None, _) => {
                let is_empty = node.is_empty_non_terminal();
                self.because(Topic::Name, if is_empty { &["W-8", "Z-15"] } else { &["Z-15"] }, || {
                    if is_empty { "an empty non-terminal: it has no records" } else { "it has no record of this type" }
                        .to_owned()
                });
                Ok(Next::End(End::NoData(zone)))
            }
        }
    }

    fn end_at_group(
        &mut self,
        zone: &'s Zone,
        group: GroupRef<'s>,
        owner: Owner<'s>,
    ) -> Result<Next<'s>, AliasLimitReached> {
        Ok(Next::End(match self.add_group(zone, group, owner)? {
            Added::Values => End::Found(zone),
            Added::Nothing => End::NoData(zone),
        }))
    }

    /// P-6: every group at the name, each by its policy.
    fn all_groups(&mut self, zone: &'s Zone, node: &'s Node, owner: Owner<'s>) -> Result<Next<'s>, AliasLimitReached> {
        for group in node.groups() {
            self.add_group(zone, group, owner)?;
        }
        Ok(Next::End(if self.answer.answer.is_empty() { End::NoData(zone) } else { End::Found(zone) }))
    }

    /// Adds what a group answers.
    fn add_group(&mut self, zone: &'s Zone, group: GroupRef<'s>, owner: Owner<'s>) -> Result<Added, AliasLimitReached> {
        let record_type = group.record_type();
        let Pick::Choice(Choice { ttl, values }) = self.chooser.choose(zone, group, 0)? else {
            return Ok(Added::Nothing);
        };
        self.because(Topic::Result, &["T-11", "A-13"], || {
            let count: usize = values.iter().map(|values| values.len()).sum();
            format!("{count} {record_type} value{}, TTL {ttl}", if count == 1 { "" } else { "s" })
        });
        self.answer.answer.push(AnsweredSet { owner, record_type, ttl, values });
        Ok(Added::Values)
    }

    /// Where the CNAME record that was added last leads to.
    fn last_target(&self) -> Option<&'s [u8]> {
        self.answer.answer.last()?.values.first()?.rdata().next()
    }

    /// Whether a CNAME's target, in lower case, was answered for before.
    fn has_answered(&self, name: &[u8]) -> bool {
        self.answer.answer.iter().any(|set| self.is_owner(set, name))
    }

    pub(super) fn is_owner(&self, set: &AnsweredSet<'s>, name: &[u8]) -> bool {
        match set.owner {
            Owner::QueryName => self.query_name.wire() == name,
            Owner::Name(owner) => owner.eq_ignore_ascii_case(name),
        }
    }

    pub(super) fn because(&mut self, topic: Topic, rules: &'static [&'static str], text: impl FnOnce() -> String) {
        self.chooser.because(topic, 0, rules, text);
    }

    fn explain_zone(&mut self, zone: &'s Zone) {
        let snapshot = self.chooser.snapshot;
        let rules: &[&str] = if zone.is_private() { &["PZ-10", "PZ-13"] } else { &["Z-3"] };
        self.because(Topic::Zone, rules, || describe::zone(snapshot, zone));
    }
}
