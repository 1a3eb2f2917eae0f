//! Whether an alias names the hosted zone that its target is in, as far as that can be known (A-11, A-17, err/5).
//!
//! AWS refuses an alias whose target is not in the hosted zone it names. The API does the same. Zone files may have such
//! aliases, because a stand-in can have any name: there it is advice.

use std::fmt;

use super::account::Account;
use super::aws_zone::AwsZone;
use super::domain_name::DomainName;
use super::hosted_zone::HostedZone;
use super::identifier::HostedZoneId;
use super::record_set::AliasTarget;

/// An alias target that is not in the hosted zone it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasZoneError {
    pub hosted_zone_id: HostedZoneId,
    pub dns_name: DomainName,
    pub fault: AliasZoneFault,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AliasZoneFault {
    /// The id has a dot: name and id were swapped.
    IdIsName,
    /// The id is of another hosted zone of the account, which has this name.
    OtherHostedZone(DomainName),
    /// The name is of a resource in this zone of AWS's, which has another id.
    NameInAwsZone(AwsZone),
    /// The id is of this zone of AWS's, and the name is not in it.
    IdOfAwsZone(AwsZone),
    /// The name is in the alias's own hosted zone, and the id is unknown.
    NameInOwnZone,
}

/// What AWS's documentation, and emulators that follow it, end ids with that mean nothing.
const PLACEHOLDER: &str = "EXAMPLE";

impl AliasZoneError {
    /// Check the target of an alias in `zone`. An alias into `zone` itself is left to the rules of that zone, and a name
    /// and an id that are both unknown are taken to belong together.
    pub fn of(target: &AliasTarget, zone: &HostedZone, account: &Account) -> Option<AliasZoneError> {
        let AliasTarget { hosted_zone_id: id, dns_name: name, .. } = target;
        if id == zone.id() {
            return None;
        }
        let zone_of_name = AwsZone::of_name(name);
        if zone_of_name.is_some_and(|zone| zone.has_id(id)) {
            return None;
        }
        let fault = if let Some(other) = account.hosted_zone(id) {
            AliasZoneFault::OtherHostedZone(other.name().clone())
        } else if id.as_str().contains('.') {
            AliasZoneFault::IdIsName
        } else if let Some(zone_of_name) = zone_of_name {
            if id.as_str().ends_with(PLACEHOLDER) {
                return None;
            }
            AliasZoneFault::NameInAwsZone(zone_of_name)
        } else if let Some(zone_of_id) = AwsZone::of_id(id) {
            AliasZoneFault::IdOfAwsZone(zone_of_id)
        } else if name.is_at_or_below(zone.name()) {
            AliasZoneFault::NameInOwnZone
        } else {
            return None;
        };
        Some(AliasZoneError { hosted_zone_id: id.clone(), dns_name: name.clone(), fault })
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match (&self.fault, AwsZone::of_name(&self.dns_name)) {
            (AliasZoneFault::IdIsName, _) => {
                "write the name as `dns_name` and the id of its hosted zone as `hosted_zone_id`".to_owned()
            }
            (_, Some(zone)) => format!("write `hosted_zone_id: {}`, the zone of {zone}", zone.id()),
            (AliasZoneFault::NameInOwnZone, _) => "leave `hosted_zone_id` out: it is this zone's".to_owned(),
            (AliasZoneFault::OtherHostedZone(_), _) => "use a CNAME record, or repeat the values here".to_owned(),
            (AliasZoneFault::NameInAwsZone(_) | AliasZoneFault::IdOfAwsZone(_), None) => {
                "give the id of the zone that holds the name; leave it out for a name of this zone".to_owned()
            }
        }
    }
}

impl fmt::Display for AliasZoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AliasZoneError { hosted_zone_id: id, dns_name: name, fault } = self;
        match fault {
            AliasZoneFault::IdIsName => write!(f, "the alias target's hosted zone id {id} is a name"),
            AliasZoneFault::OtherHostedZone(other) => {
                write!(f, "the alias leads to another hosted zone of this account, {other} ({id})")
            }
            AliasZoneFault::NameInAwsZone(_) => write!(f, "the alias target {name} is not in hosted zone {id}"),
            AliasZoneFault::IdOfAwsZone(zone) => {
                write!(f, "the alias target {name} is not in hosted zone {id}, which is that of {zone}")
            }
            AliasZoneFault::NameInOwnZone => {
                write!(f, "the alias target {name} is in this hosted zone, not in hosted zone {id}")
            }
        }
    }
}
