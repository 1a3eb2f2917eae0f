//! Advice on the routing of one group: policies with a gap that some client, or some failure, falls into.

use crate::model::{
    AliasTarget, CidrLocation, FailoverRole, GeoLocation, HostedZone, PolicyKind, RecordSet, RoutingPolicy,
};

use super::outlook::{Outlook, Outlooks};
use super::{Advice, Subject};

/// `group` is not empty.
pub(super) fn advise<'a>(
    zone: &'a HostedZone,
    group: &[RecordSet],
    outlooks: &mut Outlooks<'a>,
    advice: &mut Vec<Advice>,
) {
    let [first, ..] = group else { return };
    // Told only when asked: most groups need no advice, and a zone may have a million.
    let subject = || Subject::RecordSet(zone.id().clone(), first.key());
    let group_name = || format!("{} {}", first.name(), first.record_type());
    // all members have the policy of the first.
    match first.routing_policy().kind() {
        PolicyKind::Weighted if group.iter().all(|set| *set.routing_policy() == ZERO_WEIGHT) => {
            advice.push(Advice::new(
                subject(),
                &["WT-3"],
                format!("every weight of {} is 0: all are equally likely", group_name()),
                "give a weight above 0 to those that should answer",
            ));
        }
        PolicyKind::Geolocation if !has(group, |policy| *policy == DEFAULT_LOCATION) => {
            advice.push(Advice::new(
                subject(),
                &["G-4", "R-5"],
                format!("the geolocation records of {} have no default: clients elsewhere get no answer", group_name()),
                "add a record with `geo_location: { country_code: \"*\" }`",
            ));
        }
        PolicyKind::IpBased if !has(group, is_default_network) => {
            advice.push(Advice::new(
                subject(),
                &["IP-6"],
                format!("the IP-based records of {} have no default: clients elsewhere get no answer", group_name()),
                "add a record with `location_name: \"*\"`",
            ));
        }
        PolicyKind::Failover => advise_on_failover(zone, group, outlooks, subject(), &group_name(), advice),
        PolicyKind::Simple
        | PolicyKind::Weighted
        | PolicyKind::Latency
        | PolicyKind::Geolocation
        | PolicyKind::Geoproximity
        | PolicyKind::MultiValue
        | PolicyKind::IpBased => {}
    }
}

const ZERO_WEIGHT: RoutingPolicy = RoutingPolicy::Weighted { weight: 0 };
const DEFAULT_LOCATION: RoutingPolicy = RoutingPolicy::Geolocation(GeoLocation::Default);

fn is_default_network(policy: &RoutingPolicy) -> bool {
    matches!(policy, RoutingPolicy::IpBased(config) if config.location == CidrLocation::Default)
}

fn has(group: &[RecordSet], is_it: impl Fn(&RoutingPolicy) -> bool) -> bool {
    group.iter().any(|set| is_it(set.routing_policy()))
}

fn advise_on_failover<'a>(
    zone: &'a HostedZone,
    group: &[RecordSet],
    outlooks: &mut Outlooks<'a>,
    subject: Subject,
    group_name: &str,
    advice: &mut Vec<Advice>,
) {
    let with_role = |role| group.iter().find(|set| *set.routing_policy() == RoutingPolicy::Failover(role));
    let (primary, secondary) = match (with_role(FailoverRole::Primary), with_role(FailoverRole::Secondary)) {
        (Some(primary), Some(secondary)) => (primary, secondary),
        (primary, _) => {
            let missing = if primary.is_some() { FailoverRole::Secondary } else { FailoverRole::Primary };
            advice.push(Advice::new(
                subject,
                &["F-1", "F-6"],
                format!("the failover pair {group_name} has no {missing}: the other answers whatever its health"),
                format!("add a record with `failover: {missing}`"),
            ));
            return;
        }
    };
    let subject = || Subject::RecordSet(zone.id().clone(), primary.key());
    let is_cloudfront = |set: &RecordSet| set.alias_target().is_some_and(AliasTarget::is_cloudfront);
    if is_cloudfront(primary) && is_cloudfront(secondary) {
        advice.push(Advice::new(
            subject(),
            &["F-8"],
            format!("both records of {group_name} lead to CloudFront, where only one distribution can have the name"),
            "point one of them to another service",
        ));
    }
    let is_checked =
        primary.health_check_id().is_some() || primary.alias_target().is_some_and(AliasTarget::evaluates_target_health);
    if !is_checked {
        let hint = match primary.alias_target() {
            Some(target) if !target.is_cloudfront() => {
                "give the primary `health_check_id:` or `evaluate_target_health: true`"
            }
            Some(_) | None => "give the primary `health_check_id:`",
        };
        advice.push(Advice::new(
            subject(),
            &["F-4", "H-2"],
            format!("the PRIMARY of {group_name} has no health check: the SECONDARY is never used"),
            hint,
        ));
    } else if outlooks.of_record_set(zone, primary) == Outlook::AlwaysHealthy {
        advice.push(Advice::new(
            subject(),
            &["F-4", "A-3"],
            format!("the PRIMARY of {group_name} can never be unhealthy: the SECONDARY is never used"),
            "give every record behind the primary a health check that can fail",
        ));
    }
}
