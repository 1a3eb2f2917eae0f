//! Advice on quotas: limits that Route 53 raises on request and that are therefore no errors here (rules §2.3).

use crate::model::{Account, HostedZone, Visibility, limits};

use super::{Advice, Subject};

/// L-1, L-4: what Route 53 would refuse until a quota is raised.
pub(super) fn advise(account: &Account, advice: &mut Vec<Advice>) {
    let mut note = |subject: Subject, what: &str, count: usize, quota: usize, rules: &'static [&'static str]| {
        if count > quota {
            advice.push(Advice::new(
                subject,
                rules,
                format!("{count} {what} are more than Route 53's quota of {quota}"),
                "nothing to do here; ask AWS for a higher quota before the same is made there",
            ));
        }
    };
    let account_quotas = [
        ("hosted zones", account.hosted_zones().len(), limits::QUOTA_HOSTED_ZONES),
        ("health checks", account.health_checks().len(), limits::QUOTA_HEALTH_CHECKS),
        ("CIDR collections", account.cidr_collections().len(), limits::QUOTA_CIDR_COLLECTIONS),
    ];
    for (what, count, quota) in account_quotas {
        note(Subject::Account, what, count, quota, &["L-4"]);
    }
    for (id, collection) in account.cidr_collections() {
        let blocks = collection.locations().values().map(Vec::len).sum();
        let quota = limits::QUOTA_BLOCKS_PER_CIDR_COLLECTION;
        note(Subject::CidrCollection(id.clone()), "blocks of a CIDR collection", blocks, quota, &["L-4"]);
    }
    for zone in account.hosted_zones() {
        let subject = || Subject::HostedZone(zone.id().clone());
        let record_sets = zone.record_set_count();
        note(subject(), "record sets of a hosted zone", record_sets, limits::QUOTA_RECORD_SETS_PER_ZONE, &["L-1"]);
        note(subject(), "VPCs of a hosted zone", vpc_count(zone), limits::QUOTA_VPCS_PER_ZONE, &["L-4"]);
    }
}

fn vpc_count(zone: &HostedZone) -> usize {
    match zone.visibility() {
        Visibility::Public => 0,
        Visibility::Private(vpcs) => vpcs.len(),
    }
}
