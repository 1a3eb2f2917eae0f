//! Which record set of a group answers (rules §4.3): the policy among the healthy, backing out of branches where
//! nothing is, and the last resort where nothing is at all.

use fastrand::Rng;
use ipnet::IpNet;

use crate::model::{HealthStatus, PolicyKind, RecordType, limits};
use crate::snapshot::{
    AliasDestination, Group, GroupRef, HashedName, HealthSlot, HealthTable, Member, MemberContent, Place, Snapshot,
    View, Zone,
};

use super::answered_values::AnsweredValues;
use super::client::{Client, Scope};
use super::describe;
use super::group_health::KnownGroups;
use super::matching::{self, Match};
use super::member_set::MemberSet;
use super::select::{failover, geolocation, geoproximity, ip_based, latency, multi_value, weighted};
use super::why::{Step, Topic, Why};

/// What a group answers with.
#[derive(Clone, Debug)]
pub struct Choice<'s> {
    /// Seconds.
    pub ttl: u32,
    pub values: AnsweredValues<'s>,
}

/// What choosing in a group came to.
pub(super) enum Pick<'s> {
    Choice(Choice<'s>),
    /// An alias without EvaluateTargetHealth led to nothing, and that is the answer (H-18).
    NoData,
    /// No member has anything for this client.
    Nothing(Certainty),
}

/// Whether choosing again would come to the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Certainty {
    Certain,
    /// A draw led to it.
    Drawn,
}

/// aliases lead too deep, which only a loop through other zones' records can do; or there are so many branches to
/// back out of that the answer is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AliasLimitReached;

/// the TTL of an alias to an AWS resource, in seconds, as of a load balancer.
const AWS_RESOURCE_TTL: u32 = 60;

/// Chooses for one query: the client, its place and the health in force stay the same throughout.
pub(super) struct Chooser<'s, 'q, W> {
    pub snapshot: &'s Snapshot,
    pub health: &'q HealthTable,
    pub rng: &'q mut Rng,
    pub why: &'q mut W,
    pub client: &'q Client,
    /// Found out when a location policy first asks.
    place: Option<Place<'s>>,
    pub scope: Scope,
    pub(super) known: &'q mut KnownGroups<'s>,
    /// Groups that were chosen in so far.
    choices: usize,
}

impl<'s, 'q, W: Why> Chooser<'s, 'q, W> {
    pub fn new(
        snapshot: &'s Snapshot,
        health: &'q HealthTable,
        client: &'q Client,
        known: &'q mut KnownGroups<'s>,
        rng: &'q mut Rng,
        why: &'q mut W,
    ) -> Self {
        Chooser { snapshot, health, rng, why, client, place: None, scope: client.scope, known, choices: 0 }
    }

    /// `answer` of §4.3. What is no choice is no answer for this client.
    #[inline]
    pub fn choose(&mut self, zone: &'s Zone, group: GroupRef<'s>, depth: usize) -> Result<Pick<'s>, AliasLimitReached> {
        match group {
            // S-1.
            GroupRef::Simple(values, _) => {
                self.count_choice(depth)?;
                self.because(Topic::Group, depth, describe::policy_rules(PolicyKind::Simple), || {
                    describe::simple_group(values.record_type)
                });
                Ok(Pick::Choice(Choice { ttl: values.ttl, values: AnsweredValues::of_record_set(values) }))
            }
            GroupRef::Routed(group) => self.choose_among(zone, group, depth),
        }
    }

    fn count_choice(&mut self, depth: usize) -> Result<(), AliasLimitReached> {
        self.choices += 1;
        let is_beyond = depth > limits::ALIAS_DEPTH || self.choices > limits::CHOICES_PER_ANSWER;
        if is_beyond { Err(AliasLimitReached) } else { Ok(()) }
    }

    // Kept out of the way of those with nothing to choose.
    #[inline(never)]
    fn choose_among(&mut self, zone: &'s Zone, group: &'s Group, depth: usize) -> Result<Pick<'s>, AliasLimitReached> {
        if self.known.has_nothing.get(group).is_some() {
            return Ok(Pick::Nothing(Certainty::Certain));
        }
        self.count_choice(depth)?;
        self.explain_group(group, depth);
        let pick = self.pick_by_health(zone, group, depth);
        if let Ok(Pick::Nothing(Certainty::Certain)) = pick {
            self.known.has_nothing.set(group, true);
        }
        pick
    }

    /// Among the healthy; if there are none, or nothing comes of them, among all (H-4).
    fn pick_by_health(
        &mut self,
        zone: &'s Zone,
        group: &'s Group,
        depth: usize,
    ) -> Result<Pick<'s>, AliasLimitReached> {
        let candidates = self.candidates(group);
        if candidates.is_empty() {
            self.because(Topic::Choice, depth, &["R-5"], || "no record is for this client".to_owned());
            return Ok(Pick::Nothing(Certainty::Certain));
        }
        // S-1: health never changes a simple answer.
        if group.policy == PolicyKind::Simple {
            return self.pick(zone, group, candidates, depth);
        }
        // These two rank by place; asking now lets the reasons tell distances.
        if W::KEEPS && matches!(group.policy, PolicyKind::Latency | PolicyKind::Geoproximity) {
            self.place();
        }
        let healthy: MemberSet =
            candidates.iter().filter(|place| self.member_is_healthy(zone, group, *place)).collect();
        self.explain_members(zone, group, candidates, healthy, depth);
        let picked = self.pick(zone, group, healthy, depth);
        if !matches!(picked, Ok(Pick::Nothing(_))) {
            return picked;
        }
        self.because(Topic::Choice, depth, &["H-4"], || "none is healthy: all count as healthy".to_owned());
        self.pick(zone, group, candidates, depth)
    }

    /// `pick` of §4.3: the policy among `in_play`, leaving a branch that has nothing for this client (H-18).
    fn pick(
        &mut self,
        zone: &'s Zone,
        group: &'s Group,
        mut in_play: MemberSet,
        depth: usize,
    ) -> Result<Pick<'s>, AliasLimitReached> {
        if group.policy == PolicyKind::MultiValue && !in_play.is_empty() {
            return Ok(Pick::Choice(self.pick_several(group, in_play, depth)));
        }
        let mut certainty = Certainty::Certain;
        while let Some(place) = self.select(group, in_play, depth) {
            let member = &group.members[place];
            match &member.content {
                MemberContent::Values(values) => {
                    let values = values.get();
                    return Ok(Pick::Choice(Choice { ttl: values.ttl, values: AnsweredValues::of_record_set(values) }));
                }
                MemberContent::Alias { evaluate_target_health, destination } => {
                    match self.follow(zone, group.record_type, destination, depth)? {
                        Pick::Choice(choice) => return Ok(Pick::Choice(choice)),
                        // H-12, H-18: without EvaluateTargetHealth the branch is final even if it has nothing.
                        _ if !evaluate_target_health => return Ok(Pick::NoData),
                        Pick::NoData | Pick::Nothing(Certainty::Drawn) => certainty = Certainty::Drawn,
                        Pick::Nothing(Certainty::Certain) => {}
                    }
                }
            }
            in_play.remove(place);
            self.because(Topic::Choice, depth, &["H-11", "H-18"], || {
                format!("{} has nothing for this client: choose again", describe::label(member, place))
            });
        }
        Ok(Pick::Nothing(certainty))
    }

    fn pick_several(&mut self, group: &'s Group, in_play: MemberSet, depth: usize) -> Choice<'s> {
        let chosen = multi_value::select(in_play, self.rng);
        self.because(Topic::Choice, depth, &["MV-2"], || {
            let labels: Vec<_> = chosen.iter().map(|place| describe::label(&group.members[place], place)).collect();
            format!("{} of {} in play: {}", chosen.len(), in_play.len(), labels.join(", "))
        });
        let values = AnsweredValues::of_members(group, chosen);
        // MV-6: the smallest TTL.
        Choice { ttl: values.iter().map(|values| values.ttl).min().unwrap_or(0), values }
    }

    /// What the target of an alias answers, with the alias's own type.
    fn follow(
        &mut self,
        zone: &'s Zone,
        record_type: RecordType,
        destination: &'s AliasDestination,
        depth: usize,
    ) -> Result<Pick<'s>, AliasLimitReached> {
        match destination {
            AliasDestination::InZone(target) => {
                match zone.find_target(target).and_then(|node| node.group(record_type)) {
                    Some(group) => {
                        self.because(Topic::Alias, depth, &["A-10", "A-13"], || {
                            format!("follow the alias to {} {record_type}", describe::name(&target.name))
                        });
                        self.choose(zone, group, depth + 1)
                    }
                    None => {
                        self.because(Topic::Alias, depth, &["A-19", "R-5"], || {
                            format!("the alias target {} has no {record_type} record", describe::name(&target.name))
                        });
                        Ok(Pick::Nothing(Certainty::Certain))
                    }
                }
            }
            AliasDestination::AwsResource(name) => match self.stand_in(name, record_type) {
                Some((zone, group)) => {
                    self.because(Topic::Alias, depth, &["A-11", "A-13"], || {
                        let name = describe::name(name);
                        format!("the AWS resource {name} is answered from its stand-in in zone {}", zone.domain_name())
                    });
                    Ok(match self.choose(zone, group, depth + 1)? {
                        Pick::Choice(choice) => Pick::Choice(Choice { ttl: AWS_RESOURCE_TTL, ..choice }),
                        none => none,
                    })
                }
                None => {
                    self.because(Topic::Alias, depth, &["A-11"], || {
                        let name = describe::name(name);
                        format!("the AWS resource {name} has no stand-in: no {record_type} record of that name is held")
                    });
                    Ok(Pick::Nothing(Certainty::Certain))
                }
            },
        }
    }

    /// The records that stand for an AWS resource: those of its name and type in a zone this client sees.
    pub(super) fn stand_in(&self, name: &[u8], record_type: RecordType) -> Option<(&'s Zone, GroupRef<'s>)> {
        let snapshot = self.snapshot;
        let name = HashedName::new(name, snapshot.seed());
        snapshot.zones_of(self.client.view, &name).find_map(|found| {
            // Z-24: what lies below a delegation is not this zone's to say.
            let Match::Exact(node) = matching::find(found, &name) else { return None };
            node.group(record_type).map(|group| (found.zone, group))
        })
    }

    /// the members that the policy could give this client.
    pub(super) fn candidates(&mut self, group: &'s Group) -> MemberSet {
        match group.policy {
            PolicyKind::Simple
            | PolicyKind::Weighted
            | PolicyKind::Failover
            | PolicyKind::Latency
            | PolicyKind::Geoproximity
            | PolicyKind::MultiValue => MemberSet::first(group.members.len()),
            PolicyKind::Geolocation => geolocation::candidates(group, &self.place()),
            PolicyKind::IpBased => {
                if let Some((subnet, collection)) = self.locating_subnet().zip(ip_based::collection(group)) {
                    self.scope.narrow(self.snapshot.cidr_prefix_length(collection, subnet));
                }
                ip_based::candidates(group, self.client.network(), self.snapshot)
            }
        }
    }

    /// H-10: the policy's choice among `in_play`.
    fn select(&mut self, group: &'s Group, in_play: MemberSet, depth: usize) -> Option<usize> {
        let chosen = match group.policy {
            PolicyKind::Simple => in_play.nth(0),
            PolicyKind::Weighted => {
                let draw = weighted::select(group, in_play, self.rng)?;
                self.because(Topic::Choice, depth, &["WT-1"], || describe::draw(group, draw));
                return Some(draw.chosen);
            }
            PolicyKind::Failover => failover::select(group, in_play),
            PolicyKind::Latency => latency::select(group, in_play, &self.place()),
            PolicyKind::Geolocation => geolocation::select(group, in_play, &self.place()),
            PolicyKind::Geoproximity => geoproximity::select(group, in_play, &self.place()),
            PolicyKind::IpBased => ip_based::select(group, in_play),
            PolicyKind::MultiValue => None,
        }?;
        if group.policy != PolicyKind::Simple {
            self.because(Topic::Choice, depth, describe::selection_rules(group.policy), || {
                describe::selection(group, chosen)
            });
        }
        Some(chosen)
    }

    /// H-1 to H-3.
    #[inline]
    pub(super) fn member_is_healthy(&mut self, zone: &'s Zone, group: &'s Group, place: usize) -> bool {
        let member = &group.members[place];
        if !self.own_check_is_healthy(member) {
            return false;
        }
        match &member.content {
            // without EvaluateTargetHealth the target is not looked at.
            MemberContent::Values(_) | MemberContent::Alias { evaluate_target_health: false, .. } => true,
            MemberContent::Alias { evaluate_target_health: true, destination } => {
                self.destination_is_healthy(zone, group.record_type, destination)
            }
        }
    }

    /// H-2: what has no check is healthy.
    pub(super) fn check_is_healthy(&self, health_check: Option<HealthSlot>) -> bool {
        health_check.is_none_or(|slot| self.snapshot.health_status(slot, self.health) == HealthStatus::Healthy)
    }

    fn own_check_is_healthy(&self, member: &Member) -> bool {
        self.check_is_healthy(member.health_check)
    }

    /// The client subnet, if it decides on the client's place. Inside a VPC, the VPC's region does (PZ-20).
    fn locating_subnet(&self) -> Option<IpNet> {
        self.client.subnet.filter(|_| self.client.view == View::Internet)
    }

    /// The place of the client. Using it narrows the scope to clients of the same place (P-15).
    pub(super) fn place(&mut self) -> Place<'s> {
        if let Some(place) = self.place {
            return place;
        }
        if let Some(subnet) = self.locating_subnet() {
            self.scope.narrow(self.snapshot.place_prefix_length(subnet));
        }
        let place = self.snapshot.place_of(self.client.view, self.client.network());
        let (client, depth) = (self.client, 0);
        self.because(Topic::Place, depth, place_rules(client.view), || describe::place(client, &place));
        self.place = Some(place);
        place
    }

    pub(super) fn because(
        &mut self,
        topic: Topic,
        depth: usize,
        rules: &'static [&'static str],
        text: impl FnOnce() -> String,
    ) {
        self.why.because(|| Step { topic, depth, text: text(), rules });
    }

    fn explain_group(&mut self, group: &Group, depth: usize) {
        self.because(Topic::Group, depth, describe::policy_rules(group.policy), || describe::group(group));
    }

    fn explain_members(
        &mut self,
        zone: &'s Zone,
        group: &'s Group,
        candidates: MemberSet,
        healthy: MemberSet,
        depth: usize,
    ) {
        if !W::KEEPS {
            return;
        }
        let place = self.place;
        for (index, member) in group.members.iter().enumerate() {
            let standing = if !candidates.contains(index) {
                describe::Standing::NotForThisClient
            } else if healthy.contains(index) {
                describe::Standing::Healthy
            } else if self.own_check_is_healthy(member) {
                describe::Standing::UnhealthyTarget
            } else {
                describe::Standing::UnhealthyCheck
            };
            let known = (self.snapshot, self.health);
            self.because(Topic::Member, depth, standing.rules(), || {
                describe::member(known, zone, group, index, place.as_ref(), standing)
            });
        }
    }
}

fn place_rules(view: View) -> &'static [&'static str] {
    match view {
        View::Internet => &["R-6"],
        View::Vpc(_) => &["PZ-20"],
    }
}
