//! Protections: names and types of a hosted zone whose record sets nobody changes while they last (C-5).

use super::domain_name::DomainName;
use super::identifier::HostedZoneId;
use super::record_type::RecordType;

/// What is protected: every record set of a name and type, there or not. Those of a zone are in the order of a listing
/// (N-9).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProtectionKey {
    pub hosted_zone: HostedZoneId,
    pub name: DomainName,
    pub record_type: RecordType,
}

impl ProtectionKey {
    /// None of a zone comes before this one.
    pub fn first_of(hosted_zone: HostedZoneId) -> ProtectionKey {
        ProtectionKey { hosted_zone, name: DomainName::root(), record_type: RecordType::ALL[0] }
    }
}

/// What is told of a protection to whoever runs into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordSetProtection {
    pub comment: Option<Box<str>>,
}
