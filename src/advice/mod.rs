//! Advice: what is legal in an account but surely not what its owner means.
//!
//! Route 53 takes all of it; so do we, and say so: `route53d check` and every start print it. Nothing here changes an
//! answer. One file for each thing advice is about; each appends to a list in the order of the account's parts.

mod alias;
mod delegation;
mod health_check;
mod hosted_zone;
mod outlook;
mod quota;
mod routing;
mod tlsa;
mod visible_zones;
mod vpc;

use crate::model::{Account, AlarmId, CidrCollectionId, HealthCheckId, HostedZoneId, RecordSet, RecordSetKey, VpcId};

use outlook::Outlooks;
use visible_zones::VisibleZones;

/// One warning, with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    pub subject: Subject,
    /// What is so, and what comes of it; lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// Ids in the rule book.
    pub rules: &'static [&'static str],
}

/// The part of an account that advice is about. A group is named by its first record set in listing order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// The account as a whole.
    Account,
    Vpc(VpcId),
    HealthCheck(HealthCheckId),
    Alarm(AlarmId),
    /// By its place in the account's metric data.
    MetricData(usize),
    /// By its place in the account's forces.
    Force(usize),
    CidrCollection(CidrCollectionId),
    HostedZone(HostedZoneId),
    RecordSet(HostedZoneId, RecordSetKey),
}

impl Advice {
    fn new(subject: Subject, rules: &'static [&'static str], message: String, hint: impl Into<String>) -> Advice {
        Advice { subject, message, hint: hint.into(), rules }
    }
}

/// Everything that is legal but surely wrong: of the account, its VPCs, its health checks, then zone by zone in listing
/// order. Takes time in proportion to the account.
pub fn advise(account: &Account) -> Vec<Advice> {
    let mut advice = Vec::new();
    hosted_zone::advise(account, &mut advice);
    quota::advise(account, &mut advice);
    vpc::advise(account, &mut advice);
    health_check::advise(account, &mut advice);
    let visible_zones = VisibleZones::new(account);
    let mut outlooks = Outlooks::new(account, &visible_zones);
    for zone in account.hosted_zones().iter() {
        // Plain record sets need none of this advice.
        for records in zone.names().filter(|records| records.plain_sets().is_none()) {
            for group in groups(&records.record_sets()) {
                routing::advise(zone, group, &mut outlooks, &mut advice);
                alias::advise(account, zone, group, &visible_zones, &mut outlooks, &mut advice);
            }
        }
        delegation::advise(zone, &mut advice);
        tlsa::advise(zone, &mut advice);
    }
    advice
}

/// Record sets of one type together; `record_sets` are of one name, in listing order.
fn groups(record_sets: &[RecordSet]) -> impl Iterator<Item = &[RecordSet]> {
    record_sets.chunk_by(|a, b| a.record_type() == b.record_type())
}
