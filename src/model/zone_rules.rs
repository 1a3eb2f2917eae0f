//! The rules among the record sets of one hosted zone, in words. `name_rules` and `alias_rules` check them.

use std::fmt;

use super::aws_zone::AwsZone;
use super::domain_name::DomainName;
use super::geography::AwsRegion;
use super::identifier::SetIdentifier;
use super::limits;
use super::record_set::RecordSetKey;
use super::record_type::RecordType;
use super::routing_policy::{CidrLocation, FailoverRole, GeoLocation, PolicyKind};

/// A rule that a list of record sets breaks, and which of them does, so that whoever made the list can say where it
/// came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneViolation {
    /// The place in the list; `None` when the zone as a whole is at fault.
    pub record_set: Option<usize>,
    pub rule: ZoneRule,
}

/// A rule that a change of a zone would break, and which record set would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSetViolation {
    /// `None` when the zone as a whole is at fault.
    pub record_set: Option<RecordSetKey>,
    pub rule: ZoneRule,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ZoneRule {
    /// Z-4: `*` in the leftmost label of the zone's name.
    WildcardZoneName,
    /// Z-4: a top-level domain, or the root, as a public zone.
    TopLevelDomain(DomainName),
    /// PZ-18.
    PrivateWithoutVpc,
    /// err/1: the name does not lie in the zone.
    NameOutsideZone(DomainName, DomainName),
    /// Z-14, err/7.
    NoSoa,
    /// Z-14, err/7.
    NoApexNameServers,
    SoaBelowApex(DomainName),
    /// A DS at the apex belongs to the parent zone.
    DsAtApex(DomainName),
    /// Z-30, err/2.
    CnameAtApex(DomainName),
    /// Z-30, err/3.
    CnameConflict {
        name: DomainName,
        other: RecordType,
    },
    /// R-1, err/4.
    MixedPolicies {
        name: DomainName,
        record_type: RecordType,
        first: PolicyKind,
        second: PolicyKind,
    },
    /// two simple record sets of one name and type.
    DuplicateRecordSet(DomainName, RecordType),
    /// R-2, L-5.
    DuplicateSetIdentifier(SetIdentifier),
    /// L-1.
    GroupTooLarge {
        name: DomainName,
        record_type: RecordType,
        count: usize,
        limit: usize,
    },
    /// WT-6: the group's TTL and this record set's.
    WeightedTtl {
        name: DomainName,
        record_type: RecordType,
        set_identifier: SetIdentifier,
        expected: u32,
        found: u32,
    },
    /// F-1.
    DuplicateFailoverRole(FailoverRole),
    /// LT-1.
    DuplicateRegion(AwsRegion),
    /// G-1.
    DuplicateGeoLocation(GeoLocation),
    /// IP-1.
    SeveralCidrCollections,
    /// IP-1.
    DuplicateCidrLocation(CidrLocation),
    ///
    IpBasedInPrivateZone,
    ///
    CloudFrontInPrivateZone,
    /// A-11, err/5: the alias target is not a name of this zone.
    AliasTargetOutsideZone(DomainName),
    /// err/5.
    AliasTargetMissing(DomainName, RecordType),
    /// following the alias leads back to it.
    AliasLoop(DomainName, RecordType),
    /// following the alias takes more hops than [`limits::ALIAS_DEPTH`].
    AliasTooDeep(DomainName, RecordType),
}

impl fmt::Display for ZoneRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ZoneRule::WildcardZoneName => f.write_str("the name of a hosted zone cannot start with \"*\""),
            ZoneRule::TopLevelDomain(name) => write!(f, "{name} cannot be a public hosted zone"),
            ZoneRule::PrivateWithoutVpc => f.write_str("a private hosted zone needs at least one VPC"),
            ZoneRule::NameOutsideZone(name, zone) => write!(f, "{name} does not lie in zone {zone}"),
            ZoneRule::NoSoa => f.write_str("a hosted zone must contain exactly one SOA record"),
            ZoneRule::NoApexNameServers => {
                f.write_str("a hosted zone must contain at least one NS record for the zone itself")
            }
            ZoneRule::SoaBelowApex(name) => write!(f, "a SOA record at {name} is not at the zone's apex"),
            ZoneRule::DsAtApex(name) => write!(f, "a DS record at the apex {name} belongs to the parent zone"),
            ZoneRule::CnameAtApex(name) => write!(f, "a CNAME record is not permitted at the apex {name}"),
            ZoneRule::CnameConflict { name, other } => {
                write!(f, "{name} has a CNAME record and therefore cannot have {other} records")
            }
            ZoneRule::MixedPolicies { name, record_type, first, second } => {
                write!(f, "the {record_type} records of {name} use {first} routing, this one {second} routing")
            }
            ZoneRule::DuplicateRecordSet(name, record_type) => {
                write!(f, "{name} has a record set of type {record_type} already")
            }
            ZoneRule::DuplicateSetIdentifier(set_identifier) => {
                write!(f, "set_identifier {set_identifier:?} stands twice among the records of this name and type")
            }
            ZoneRule::GroupTooLarge { name, record_type, count, limit } => {
                write!(f, "{count} {record_type} record sets of {name} are more than {limit}")
            }
            ZoneRule::WeightedTtl { name, record_type, set_identifier, expected, found } => write!(
                f,
                "ttl {found} of {set_identifier:?} differs from ttl {expected}: the weighted {record_type} records of {name} must have one TTL"
            ),
            ZoneRule::DuplicateFailoverRole(role) => {
                write!(f, "this name and type has a {role} record already")
            }
            ZoneRule::DuplicateRegion(region) => {
                write!(f, "there is already a latency record for {region} of this name and type")
            }
            ZoneRule::DuplicateGeoLocation(location) => {
                write!(f, "there is already a geolocation record for {location} of this name and type")
            }
            ZoneRule::SeveralCidrCollections => {
                f.write_str("the IP-based records of one name and type must use one CIDR collection")
            }
            ZoneRule::DuplicateCidrLocation(location) => {
                write!(f, "there is already an IP-based record for location \"{location}\" of this name and type")
            }
            ZoneRule::IpBasedInPrivateZone => f.write_str("a private hosted zone cannot use IP-based routing"),
            ZoneRule::CloudFrontInPrivateZone => {
                f.write_str("a private hosted zone cannot have an alias to CloudFront")
            }
            ZoneRule::AliasTargetOutsideZone(target) => {
                write!(f, "the alias target {target} does not lie within the target zone")?;
                match AwsZone::of_name(target) {
                    Some(zone) => write!(f, " but in {}, the zone of {zone}", zone.id()),
                    None => Ok(()),
                }
            }
            ZoneRule::AliasTargetMissing(target, record_type) => {
                write!(f, "the alias target {target} has no {record_type} record in this zone")
            }
            ZoneRule::AliasLoop(name, record_type) => {
                write!(f, "following the alias {name} {record_type} leads back to itself")
            }
            ZoneRule::AliasTooDeep(name, record_type) => {
                write!(
                    f,
                    "following the alias {name} {record_type} leads through more than {} aliases",
                    limits::ALIAS_DEPTH
                )
            }
        }
    }
}

impl ZoneRule {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            ZoneRule::WildcardZoneName => "name the zone without the star and put the wildcard in a record",
            ZoneRule::TopLevelDomain(_) => "use a name of two labels or more, such as example.test",
            ZoneRule::PrivateWithoutVpc => "name a VPC, or leave `vpcs` out to make the zone public",
            ZoneRule::NameOutsideZone(..) => "leave the final dot out to make the name relative to the zone",
            ZoneRule::NoSoa => "give one SOA record at the apex, or none to get Route 53's own",
            ZoneRule::NoApexNameServers => "give an NS record at the apex, or none to get Route 53's own",
            ZoneRule::SoaBelowApex(_) => "remove it, or make a hosted zone of that name",
            ZoneRule::DsAtApex(_) => "put it in the parent zone",
            ZoneRule::CnameAtApex(_) => "use an alias record (`alias_target:`) instead",
            ZoneRule::CnameConflict { .. } => "remove the CNAME or the other records",
            ZoneRule::MixedPolicies { .. } => "use one routing policy for all records of a name and type",
            ZoneRule::DuplicateRecordSet(..) => "put all values in one record, or give both a routing policy",
            ZoneRule::DuplicateSetIdentifier(_) => "give each record its own",
            ZoneRule::GroupTooLarge { .. } => "spread them over aliases to other names",
            ZoneRule::WeightedTtl { .. } => "give all of them the same ttl",
            ZoneRule::DuplicateFailoverRole(_) => "a failover pair has one PRIMARY and one SECONDARY",
            ZoneRule::DuplicateRegion(_) => "use another region, or put a weighted group behind an alias",
            ZoneRule::DuplicateGeoLocation(_) => "use another location, or put a weighted group behind an alias",
            ZoneRule::SeveralCidrCollections => "name the same collection in all of them",
            ZoneRule::DuplicateCidrLocation(_) => "use another location",
            ZoneRule::IpBasedInPrivateZone => "use another policy",
            ZoneRule::CloudFrontInPrivateZone => "use a CNAME to the distribution's name",
            ZoneRule::AliasTargetOutsideZone(_) => {
                "point to a name of this zone, or give the `hosted_zone_id` of an AWS service"
            }
            ZoneRule::AliasTargetMissing(..) => "add the target record, with the type of the alias",
            ZoneRule::AliasTooDeep(..) => "point it closer to the records with values",
            ZoneRule::AliasLoop(..) => "point one alias of the loop to a record with values",
        }
    }
}
