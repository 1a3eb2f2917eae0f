//! Advice on aliases: to missing targets, to targets in another hosted zone than they say, to AWS resources without a
//! stand-in, to targets that are never healthy, and to CloudFront.

use crate::model::{Account, AliasTarget, AliasZoneError, HostedZone, RecordSet, RecordType};

use super::outlook::{Outlook, Outlooks};
use super::visible_zones::{self, VisibleZones};
use super::{Advice, Subject};

pub(super) fn advise<'a>(
    account: &Account,
    zone: &'a HostedZone,
    group: &[RecordSet],
    visible_zones: &VisibleZones<'a>,
    outlooks: &mut Outlooks<'a>,
    advice: &mut Vec<Advice>,
) {
    for set in group {
        let Some(target) = set.alias_target() else { continue };
        let subject = || Subject::RecordSet(zone.id().clone(), set.key());
        if let Some(error) = AliasZoneError::of(target, zone, account) {
            let message = format!("{error}: Route 53 refuses it");
            advice.push(Advice::new(subject(), &["A-11", "A-17"], message, error.hint()));
        }
        if target.is_cloudfront() && target.evaluate_target_health {
            advice.push(Advice::new(
                subject(),
                &["F-8", "A-7"],
                "the health of a CloudFront distribution is not evaluated: it always counts as healthy".to_owned(),
                "write `evaluate_target_health: false`",
            ));
        }
        if zone.holds_target(target) && !zone.has_group(target.dns_name.wire(), set.record_type()) {
            let record_type = set.record_type();
            advice.push(Advice::new(
                subject(),
                &["A-19", "R-5"],
                format!(
                    "the alias target {} has no {record_type} record: clients get no answer, and Route 53 refuses to \
                     create such an alias",
                    target.dns_name
                ),
                format!("add a record of type {record_type} for the target, or correct the target's name"),
            ));
        } else if !zone.holds_target(target)
            && let Some(message) = missing_stand_in(zone, target, set.record_type(), visible_zones)
        {
            advice.push(Advice::new(
                subject(),
                &["A-11", "R-5"],
                message,
                format!(
                    "add a record of type {} and that very name to a zone that the same clients see",
                    set.record_type()
                ),
            ));
        } else if outlooks.of_alias_target(zone, set) == Outlook::NeverHealthy {
            advice.push(Advice::new(
                subject(),
                &["A-1", "H-3"],
                format!("the alias target {} can never be healthy", target.dns_name),
                "see to the health checks of the target's records, or write `evaluate_target_health: false`",
            ));
        }
    }
}

/// an alias to an AWS resource answers with records of the resource's name, if somebody put them here.
fn missing_stand_in<'a>(
    zone: &'a HostedZone,
    target: &AliasTarget,
    record_type: RecordType,
    visible_zones: &VisibleZones<'a>,
) -> Option<String> {
    let lacks = |viewer| visible_zones.stand_in(viewer, &target.dns_name, record_type).is_none();
    let (all, lacking) = (visible_zones::viewers(zone).count(), visible_zones::viewers(zone).filter(|it| lacks(*it)));
    let lacking: Vec<_> = lacking.collect();
    let (first, count) = (*lacking.first()?, lacking.len());
    let whom = match first {
        Some(vpc) if count < all && count == 1 => format!("clients in VPC {vpc} get no answer"),
        Some(vpc) if count < all => format!("clients in VPC {vpc} and {} others get no answer", count - 1),
        _ => "clients get no answer".to_owned(),
    };
    Some(format!("no {record_type} record stands in for the AWS resource {}: {whom}", target.dns_name))
}
