//! What the configuration alone says about health: whether a status can change at all (rules §4.1, §4.2).

use std::collections::HashMap;

use crate::model::{
    Account, CidrLocation, DomainName, GeoLocation, HealthCheck, HealthCheckTarget, HealthStatus, HostedZone,
    HostedZoneId, RecordContent, RecordSet, RecordType, RoutingPolicy, limits,
};

use super::visible_zones::{self, Viewer, VisibleZones};

/// What the health of something can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outlook {
    AlwaysHealthy,
    NeverHealthy,
    /// It depends on what is found.
    Open,
}

/// Who sees it, its zone, its name in wire form and its type.
type GroupKey<'a> = (Viewer<'a>, &'a HostedZoneId, &'a [u8], RecordType);

/// Outlooks of one account; each group's is found once, however many aliases lead to it.
pub(super) struct Outlooks<'a> {
    account: &'a Account,
    visible_zones: &'a VisibleZones<'a>,
    known: HashMap<GroupKey<'a>, Outlook>,
    /// How many groups are being looked at, one because of the other.
    depth: usize,
}

impl<'a> Outlooks<'a> {
    pub fn new(account: &'a Account, visible_zones: &'a VisibleZones<'a>) -> Outlooks<'a> {
        Outlooks { account, visible_zones, known: HashMap::new(), depth: 0 }
    }

    /// H-1 to H-3; open if those who see the zone see different stand-ins.
    pub fn of_record_set(&mut self, zone: &'a HostedZone, set: &RecordSet) -> Outlook {
        agreed(visible_zones::viewers(zone).map(|viewer| self.for_viewer(viewer, zone, set)))
    }

    /// The second half of H-3: what the target adds to an alias; always healthy without EvaluateTargetHealth.
    pub fn of_alias_target(&mut self, zone: &'a HostedZone, set: &RecordSet) -> Outlook {
        agreed(visible_zones::viewers(zone).map(|viewer| self.of_target(viewer, zone, set)))
    }

    fn for_viewer(&mut self, viewer: Viewer<'a>, zone: &'a HostedZone, set: &RecordSet) -> Outlook {
        let check = set.health_check_id().and_then(|id| self.account.health_checks().get(id));
        // H-2, H-5.
        let own = check.map_or(Outlook::AlwaysHealthy, |check| of_health_check(check, self.account));
        match set.content() {
            RecordContent::Values { .. } => own,
            RecordContent::Alias(_) => both(own, self.of_target(viewer, zone, set)),
        }
    }

    fn of_target(&mut self, viewer: Viewer<'a>, zone: &'a HostedZone, set: &RecordSet) -> Outlook {
        let Some(target) = set.alias_target().filter(|target| target.evaluates_target_health()) else {
            return Outlook::AlwaysHealthy;
        };
        if zone.holds_target(target) {
            return self.of_group(viewer, zone, &target.dns_name, set.record_type());
        }
        match self.visible_zones.stand_in(viewer, &target.dns_name, set.record_type()) {
            Some(zone) => self.of_group(viewer, zone, &target.dns_name, set.record_type()),
            None => Outlook::NeverHealthy,
        }
    }

    /// a group is healthy while one candidate is.
    fn of_group(
        &mut self,
        viewer: Viewer<'a>,
        zone: &'a HostedZone,
        name: &DomainName,
        record_type: RecordType,
    ) -> Outlook {
        let Some(records) = zone.name_records(name.wire()) else { return Outlook::NeverHealthy };
        let group = records.group(record_type);
        if group.is_empty() {
            return Outlook::NeverHealthy;
        }
        let key = (viewer, zone.id(), records.name(), record_type);
        if let Some(outlook) = self.known.get(&key) {
            return *outlook;
        }
        // Until it is known: a loop, or an endless chain, through other zones' records finds itself open and ends.
        self.known.insert(key, Outlook::Open);
        if self.depth > limits::ALIAS_DEPTH {
            return Outlook::Open;
        }
        self.depth += 1;
        let mut outlook = Outlook::NeverHealthy;
        for set in &*group {
            match self.for_viewer(viewer, zone, set) {
                Outlook::AlwaysHealthy if is_candidate_for_everybody(set) => outlook = Outlook::AlwaysHealthy,
                Outlook::AlwaysHealthy | Outlook::Open if outlook == Outlook::NeverHealthy => outlook = Outlook::Open,
                Outlook::AlwaysHealthy | Outlook::Open | Outlook::NeverHealthy => {}
            }
        }
        self.depth -= 1;
        self.known.insert(key, outlook);
        outlook
    }
}

/// location policies give a client only what matches it.
fn is_candidate_for_everybody(set: &RecordSet) -> bool {
    match set.routing_policy() {
        RoutingPolicy::Geolocation(location) => *location == GeoLocation::Default,
        RoutingPolicy::IpBased(config) => config.location == CidrLocation::Default,
        RoutingPolicy::Simple
        | RoutingPolicy::Weighted { .. }
        | RoutingPolicy::Failover(_)
        | RoutingPolicy::Latency { .. }
        | RoutingPolicy::Geoproximity(_)
        | RoutingPolicy::MultiValue => true,
    }
}

fn agreed(mut outlooks: impl Iterator<Item = Outlook>) -> Outlook {
    let first = outlooks.next().unwrap_or(Outlook::Open);
    if outlooks.all(|outlook| outlook == first) { first } else { Outlook::Open }
}

fn both(a: Outlook, b: Outlook) -> Outlook {
    match (a, b) {
        (Outlook::NeverHealthy, _) | (_, Outlook::NeverHealthy) => Outlook::NeverHealthy,
        (Outlook::AlwaysHealthy, Outlook::AlwaysHealthy) => Outlook::AlwaysHealthy,
        (Outlook::Open, _) | (_, Outlook::Open) => Outlook::Open,
    }
}

/// HC-33, HC-34, HC-40, and what is forced.
fn of_health_check(check: &HealthCheck, account: &Account) -> Outlook {
    let fixed = |status| match status {
        HealthStatus::Healthy => Outlook::AlwaysHealthy,
        HealthStatus::Unhealthy => Outlook::NeverHealthy,
    };
    if let Some(status) = check.decided_status() {
        return fixed(status);
    }
    let HealthCheckTarget::Calculated(calculated) = &check.target else { return Outlook::Open };
    let children = calculated.children.iter().map(|child| {
        // HC-40: a child is never CALCULATED itself.
        account.health_checks().get(child).map_or(Outlook::AlwaysHealthy, |child| of_health_check(child, account))
    });
    let (mut surely_healthy, mut perhaps_healthy) = (0, 0);
    for child in children {
        surely_healthy += usize::from(child == Outlook::AlwaysHealthy);
        perhaps_healthy += usize::from(child != Outlook::NeverHealthy);
    }
    let threshold = usize::from(calculated.health_threshold);
    if surely_healthy >= threshold {
        fixed(check.final_status(HealthStatus::Healthy))
    } else if perhaps_healthy < threshold {
        fixed(check.final_status(HealthStatus::Unhealthy))
    } else {
        Outlook::Open
    }
}
