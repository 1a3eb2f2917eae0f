//! Choosing in a group: routing policies, health and alias trees (rules §3 and §4).

use std::collections::BTreeSet;

use route53d::model::{
    AliasTarget, AwsRegion, CidrLocation, CidrRoutingConfig, CountryCode, DomainName, FailoverRole, GeoLocation,
    HostedZone, RecordContent, RecordSet, RecordType, RoutingPolicy, SetIdentifier, Visibility, limits,
};

use super::lookup::{self, group};
use super::{Chances, Scope, View, World, scope};

/// What choosing in a group comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    Values {
        ttl: u32,
        rdata: BTreeSet<Vec<u8>>,
    },
    /// H-18: decided, and nothing there.
    NoData,
    /// No candidate is left.
    Nothing,
}

/// A choice and the scope of the groups on the way to it.
pub type Chosen = (Choice, Scope);

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Strict,
    LastResort,
}

/// The TTL of an alias to what is not in its zone: an AWS resource's.
const RESOURCE_TTL: u32 = 60;

impl World<'_> {
    /// `answer` of §4.3: a strict pick, else a last resort (H-4).
    pub fn choose(&self, zone: &HostedZone, name: &DomainName, record_type: RecordType) -> Chances<Chosen> {
        let most = self.reachable_scope(zone, name, record_type, 0);
        self.choose_at_depth(zone, name, record_type, 0)
            .into_iter()
            .map(|(probability, (choice, scope))| {
                (probability, (choice, Scope { least: scope.least, most: most.max(scope.most) }))
            })
            .collect()
    }

    fn choose_at_depth(
        &self,
        zone: &HostedZone,
        name: &DomainName,
        record_type: RecordType,
        depth: usize,
    ) -> Chances<Chosen> {
        assert!(depth <= limits::ALIAS_DEPTH, "an alias loop at {name}");
        let members = group(zone, name, record_type);
        let members: Vec<&RecordSet> = members.iter().collect();
        let own_scope = self.scope_of(&members);
        let mut chances = Vec::new();
        if members.first().is_some_and(|member| *member.routing_policy() == RoutingPolicy::MultiValue) {
            return self.pick_several(zone, &members);
        }
        for (probability, (choice, scope)) in self.pick(zone, &members, Mode::Strict, depth) {
            if choice == Choice::Nothing {
                for (after, chosen) in self.pick(zone, &members, Mode::LastResort, depth) {
                    chances.push((probability * after, chosen));
                }
            } else {
                chances.push((probability, (choice, scope)));
            }
        }
        for (_, (_, scope)) in &mut chances {
            *scope = scope::longest(*scope, own_scope);
        }
        chances
    }

    /// `pick` of §4.3: the next of the policy, then, where it says `continue`, the rest without it.
    fn pick(&self, zone: &HostedZone, left: &[&RecordSet], mode: Mode, depth: usize) -> Chances<Chosen> {
        let next = self.next_by_policy(left);
        if next.is_empty() {
            return vec![(1.0, (Choice::Nothing, scope::EVERYBODY))];
        }
        let mut chances = Vec::new();
        for (probability, place) in next {
            let member = left[place];
            let mut rest = left.to_vec();
            rest.remove(place);
            let mut add = |chances_after: Chances<Chosen>| {
                chances.extend(chances_after.into_iter().map(|(after, chosen)| (probability * after, chosen)));
            };
            if mode == Mode::Strict && !self.is_healthy(zone, member, depth) {
                add(self.pick(zone, &rest, mode, depth));
                continue;
            }
            match member.content() {
                RecordContent::Values { ttl, values } => {
                    let rdata = values.iter().map(|value| value.rdata().to_vec()).collect();
                    add(vec![(1.0, (Choice::Values { ttl: *ttl, rdata }, scope::EVERYBODY))]);
                }
                RecordContent::Alias(target) => {
                    for (after, (choice, scope)) in self.follow(zone, target, member.record_type(), depth) {
                        match choice {
                            Choice::Values { .. } => add(vec![(after, (choice, scope))]),
                            // H-18: with evaluation, back out; without, stay.
                            Choice::NoData | Choice::Nothing if evaluates_target_health(target) => {
                                let on = self.pick(zone, &rest, mode, depth);
                                add(on
                                    .into_iter()
                                    .map(|(p, (c, s))| (after * p, (c, scope::longest(s, scope))))
                                    .collect());
                            }
                            Choice::NoData | Choice::Nothing => add(vec![(after, (Choice::NoData, scope))]),
                        }
                    }
                }
            }
        }
        chances
    }

    /// MV-2, MV-3: up to eight healthy members, or up to eight of all when none is healthy.
    fn pick_several(&self, zone: &HostedZone, members: &[&RecordSet]) -> Chances<Chosen> {
        let healthy: Vec<&RecordSet> =
            members.iter().copied().filter(|member| self.is_healthy(zone, member, 0)).collect();
        let pool = if healthy.is_empty() { members.to_vec() } else { healthy };
        let hands = hands_of(&pool, limits::MULTI_VALUE_ANSWERS);
        let probability = 1.0 / hands.len() as f64;
        let merge = |hand: Vec<&RecordSet>| {
            // MV-6: one TTL, the smallest.
            let ttl = hand.iter().filter_map(|member| member.ttl()).min().expect("a hand is not empty");
            let rdata = hand.iter().flat_map(|member| rdata_of(member)).collect();
            (probability, (Choice::Values { ttl, rdata }, scope::EVERYBODY))
        };
        hands.into_iter().map(merge).collect()
    }

    /// Where an alias leads: a group of its zone, or a stand-in for an AWS resource.
    fn follow(
        &self,
        zone: &HostedZone,
        target: &AliasTarget,
        record_type: RecordType,
        depth: usize,
    ) -> Chances<Chosen> {
        if target.hosted_zone_id == *zone.id() {
            return self.choose_at_depth(zone, &target.dns_name, record_type, depth + 1);
        }
        let Some(stand_in) = self.stand_in_zone(target, record_type) else {
            return vec![(1.0, (Choice::Nothing, scope::EVERYBODY))];
        };
        let mut chances = self.choose_at_depth(stand_in, &target.dns_name, record_type, depth + 1);
        for (_, (choice, _)) in &mut chances {
            if let Choice::Values { ttl, .. } = choice {
                *ttl = RESOURCE_TTL;
            }
        }
        chances
    }

    /// The records of exactly that name and type, in any zone that the asker sees: private zones first, long names first.
    fn stand_in_zone(&self, target: &AliasTarget, record_type: RecordType) -> Option<&HostedZone> {
        let mut zones: Vec<&HostedZone> = self.account.hosted_zones().iter().map(|zone| &**zone).collect();
        let is_private = |zone: &HostedZone| matches!(zone.visibility(), Visibility::Private(_));
        zones.retain(|zone| match (zone.visibility(), &self.view) {
            (Visibility::Public, _) => true,
            (Visibility::Private(vpcs), View::Vpc(vpc)) => vpcs.contains(vpc),
            (Visibility::Private(_), View::Internet) => false,
        });
        zones.retain(|zone| target.dns_name.is_at_or_below(zone.name()));
        zones.retain(|zone| !group(zone, &target.dns_name, record_type).is_empty());
        zones.retain(|zone| !matches!(lookup::look_up(zone, &target.dns_name, None), lookup::Place::BelowCut(_)));
        zones.into_iter().max_by_key(|zone| (is_private(zone), zone.name().labels().count()))
    }

    /// The members that the policy comes to first, as places in `left` with their probabilities (H-10).
    fn next_by_policy(&self, left: &[&RecordSet]) -> Vec<(f64, usize)> {
        let Some(first) = left.first() else { return Vec::new() };
        let places = 0..left.len();
        let certainly = |place: Option<usize>| place.map(|place| (1.0, place)).into_iter().collect();
        match first.routing_policy() {
            RoutingPolicy::Simple => certainly(Some(0)),
            RoutingPolicy::Weighted { .. } => {
                let weight = |place: usize| match left[place].routing_policy() {
                    RoutingPolicy::Weighted { weight } => f64::from(*weight),
                    other => unreachable!("R-1: {other:?} among weighted"),
                };
                let sum: f64 = places.clone().map(weight).sum();
                if sum > 0.0 {
                    // WT-1, WT-2.
                    places.filter(|place| weight(*place) > 0.0).map(|place| (weight(place) / sum, place)).collect()
                } else {
                    // WT-3, WT-4.
                    places.map(|place| (1.0 / left.len() as f64, place)).collect()
                }
            }
            RoutingPolicy::Failover(_) => {
                let place_of =
                    |role| places.clone().find(|place| *left[*place].routing_policy() == RoutingPolicy::Failover(role));
                certainly(place_of(FailoverRole::Primary).or(place_of(FailoverRole::Secondary)))
            }
            RoutingPolicy::Latency { .. } => certainly(
                places.min_by(|a, b| self.latency_rank(left[*a]).partial_cmp(&self.latency_rank(left[*b])).unwrap()),
            ),
            RoutingPolicy::Geoproximity(_) => certainly(
                places
                    .min_by(|a, b| self.proximity_rank(left[*a]).partial_cmp(&self.proximity_rank(left[*b])).unwrap()),
            ),
            RoutingPolicy::Geolocation(_) | RoutingPolicy::IpBased(_) => {
                let candidates = self.candidates(left);
                let first = candidates.first();
                certainly(first.and_then(|first| places.clone().find(|place| left[*place].key() == first.key())))
            }
            RoutingPolicy::MultiValue => unreachable!("several are picked at once"),
        }
    }

    /// what the policy could return to this client at all, the best first where that is fixed.
    fn candidates<'s>(&self, members: &[&'s RecordSet]) -> Vec<&'s RecordSet> {
        let of_policy = |policy: &RoutingPolicy| members.iter().copied().find(|it| it.routing_policy() == policy);
        match members.first().map(|member| member.routing_policy()) {
            Some(RoutingPolicy::Geolocation(_)) => {
                // G-2, G-3, G-4.
                let mut chain = Vec::new();
                chain.extend(self.client.subdivision.map(GeoLocation::Subdivision));
                chain.extend(self.client.country.map(GeoLocation::Country));
                chain.extend(self.client.country.map(|country| GeoLocation::Continent(country.continent())));
                chain.push(GeoLocation::Default);
                chain.into_iter().filter_map(|location| of_policy(&RoutingPolicy::Geolocation(location))).collect()
            }
            Some(RoutingPolicy::IpBased(config)) => {
                let mut chain = Vec::new();
                // IP-8: the whole collection first.
                chain.extend(self.matching_block(members).map(|(_, location)| location));
                chain.push(CidrLocation::Default);
                let config_of = |location| {
                    RoutingPolicy::IpBased(CidrRoutingConfig { collection: config.collection.clone(), location })
                };
                chain.into_iter().filter_map(|location| of_policy(&config_of(location))).collect()
            }
            _ => members.to_vec(),
        }
    }

    /// IP-3, IP-4: the longest block of the group's collection that the client's network lies in.
    fn matching_block(&self, members: &[&RecordSet]) -> Option<(u8, CidrLocation)> {
        let RoutingPolicy::IpBased(config) = members.first()?.routing_policy() else { return None };
        let network = self.client.network?;
        let collection = &self.account.cidr_collections()[&config.collection];
        let mut longest: Option<(u8, CidrLocation)> = None;
        for (location, blocks) in collection.locations() {
            for block in blocks {
                if block.contains(&network) && longest.as_ref().is_none_or(|(length, _)| *length < block.prefix_len()) {
                    longest = Some((block.prefix_len(), CidrLocation::Named(location.clone())));
                }
            }
        }
        longest
    }

    /// LT-2, LT-4, LT-6: smaller is better. China's own region, then known milliseconds, then the client's region,
    /// then distance, then the order of `AwsRegion::ALL`.
    fn latency_rank(&self, member: &RecordSet) -> LatencyRank {
        let RoutingPolicy::Latency { region } = *member.routing_policy() else { unreachable!("R-1") };
        let is_chinas_own = self.client.country == Some(CountryCode::CHINA) && region == AwsRegion::CnNorth1;
        let milliseconds = self.client.latencies.get(&region).copied();
        let distance = self.client.coordinates.map(|client| client.distance_kilometres(region.coordinates()));
        (
            !is_chinas_own,
            milliseconds.is_none(),
            milliseconds,
            self.client.region != Some(region),
            distance.unwrap_or(0.0),
            region,
        )
    }

    /// GP-2, GP-3, GP-5: smaller is better. Biased distance, else the highest bias; then the set identifier.
    fn proximity_rank(&self, member: &RecordSet) -> (f64, Option<SetIdentifier>) {
        let RoutingPolicy::Geoproximity(location) = member.routing_policy() else { unreachable!("R-1") };
        let bias = f64::from(location.bias.get());
        let rank = match self.client.coordinates {
            Some(client) => {
                let distance = client.distance_kilometres(location.place.coordinates());
                if bias >= 0.0 { distance * (1.0 - bias / 100.0) } else { distance / (1.0 + bias / 100.0) }
            }
            None => -bias,
        };
        (rank, member.set_identifier().cloned())
    }

    /// H-1, H-2, H-3.
    fn is_healthy(&self, zone: &HostedZone, member: &RecordSet, depth: usize) -> bool {
        let own_check_is_healthy = member.health_check_id().is_none_or(|id| self.is_check_healthy(id));
        let target_is_healthy = match member.alias_target() {
            Some(target) if evaluates_target_health(target) => {
                self.is_target_healthy(zone, target, member.record_type(), depth)
            }
            _ => true,
        };
        own_check_is_healthy && target_is_healthy
    }

    /// one healthy candidate is enough, and H-18: no candidate is not.
    fn is_target_healthy(
        &self,
        zone: &HostedZone,
        target: &AliasTarget,
        record_type: RecordType,
        depth: usize,
    ) -> bool {
        assert!(depth <= limits::ALIAS_DEPTH, "an alias loop at {}", target.dns_name);
        let target_zone =
            if target.hosted_zone_id == *zone.id() { Some(zone) } else { self.stand_in_zone(target, record_type) };
        let Some(target_zone) = target_zone else { return false };
        let members = group(target_zone, &target.dns_name, record_type);
        let members: Vec<&RecordSet> = members.iter().collect();
        self.candidates(&members).into_iter().any(|member| self.is_healthy(target_zone, member, depth + 1))
    }

    /// P-15 for one group.
    fn scope_of(&self, members: &[&RecordSet]) -> Scope {
        let (Some(_), Some(network)) = (self.client.option_prefix, self.client.network) else {
            return scope::EVERYBODY;
        };
        match members.first().map(|member| member.routing_policy()) {
            Some(RoutingPolicy::Latency { .. } | RoutingPolicy::Geolocation(_) | RoutingPolicy::Geoproximity(_)) => {
                let of_place = || scope::of_place(self.account, network.network(), self.country_of);
                *self.place_scope.get_or_init(of_place)
            }
            Some(RoutingPolicy::IpBased(config)) => {
                let blocks = self.account.cidr_collections()[&config.collection].locations().values().flatten();
                scope::of_networks(network.network(), blocks)
            }
            _ => scope::EVERYBODY,
        }
    }

    /// The most careful scope: of every group below.
    fn reachable_scope(&self, zone: &HostedZone, name: &DomainName, record_type: RecordType, depth: usize) -> u8 {
        assert!(depth <= limits::ALIAS_DEPTH, "an alias loop at {name}");
        let members = group(zone, name, record_type);
        let members: Vec<&RecordSet> = members.iter().collect();
        let mut most = self.scope_of(&members).most;
        for target in members.iter().filter_map(|member| member.alias_target()) {
            let target_zone =
                if target.hosted_zone_id == *zone.id() { Some(zone) } else { self.stand_in_zone(target, record_type) };
            if let Some(target_zone) = target_zone {
                most = most.max(self.reachable_scope(target_zone, &target.dns_name, record_type, depth + 1));
            }
        }
        most
    }
}

type LatencyRank = (bool, bool, Option<u32>, bool, f64, AwsRegion);

fn rdata_of(member: &RecordSet) -> Vec<Vec<u8>> {
    match member.content() {
        RecordContent::Values { values, .. } => values.iter().map(|value| value.rdata().to_vec()).collect(),
        RecordContent::Alias(_) => unreachable!("MV-1"),
    }
}

/// Every way to take `count` of the pool, or all of a smaller pool.
fn hands_of<'s>(pool: &[&'s RecordSet], count: usize) -> Vec<Vec<&'s RecordSet>> {
    if pool.len() <= count {
        return vec![pool.to_vec()];
    }
    if count == 0 {
        return vec![Vec::new()];
    }
    let with_first = hands_of(&pool[1..], count - 1).into_iter().map(|mut hand| {
        hand.push(pool[0]);
        hand
    });
    with_first.chain(hands_of(&pool[1..], count)).collect()
}

/// F-8, A-7: CloudFront is always healthy.
fn evaluates_target_health(target: &AliasTarget) -> bool {
    target.evaluate_target_health && target.hosted_zone_id.as_str() != CLOUDFRONT_ZONE_ID
}

const CLOUDFRONT_ZONE_ID: &str = "Z2FDTNDATAQYW2";
