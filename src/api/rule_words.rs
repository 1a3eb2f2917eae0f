//! The rules of the model in the words of the API: its members' names, never the keys of zone files.
//!
//! The texts of the model, with their hints, are for people who write zone files. Where AWS's own text is known, the
//! module that answers the operation has it; this one has the rest. No match here has a wildcard, so that a new rule
//! gets its words.

use crate::model::traffic_policy::DocumentFault;
use crate::model::{RecordSetError, ZoneRule, limits};

/// What one record set breaks by itself.
pub fn record_set(error: &RecordSetError) -> String {
    match error {
        RecordSetError::SetIdentifierMissing(kind) => format!("{kind} routing needs a SetIdentifier"),
        RecordSetError::SetIdentifierWithoutPolicy => "SetIdentifier is given without a routing policy".to_owned(),
        RecordSetError::NoValues => "ResourceRecords has no items".to_owned(),
        RecordSetError::TooManyValues(count) => {
            format!("{count} resource records are more than {}", limits::VALUES_PER_RECORD_SET)
        }
        RecordSetError::TooManyCharacters(_) => {
            format!("RDATA character limit of {} exceeded.", limits::VALUE_CHARACTERS_PER_CHANGE_BATCH)
        }
        RecordSetError::TtlTooLarge(ttl) => format!("TTL {ttl} is above {}", limits::MAX_TTL),
        RecordSetError::PolicyNotAllowed(..)
        | RecordSetError::AliasNotAllowed(_)
        | RecordSetError::MultiValueAlias
        | RecordSetError::AliasTypeOfAwsResource(..)
        | RecordSetError::SeveralValues(_)
        | RecordSetError::DuplicateValue(_)
        | RecordSetError::WildcardNameServer => error.to_string(),
    }
}

/// What a record set breaks in its zone.
pub fn zone_rule(rule: &ZoneRule) -> String {
    match rule {
        ZoneRule::DuplicateSetIdentifier(set_identifier) => {
            format!("there is already a record set with SetIdentifier {set_identifier} of this name and type")
        }
        ZoneRule::WeightedTtl { set_identifier, expected, found, .. } => {
            format!("TTL {found} of {set_identifier} differs from TTL {expected} of the other weighted record sets")
        }
        ZoneRule::WildcardZoneName
        | ZoneRule::TopLevelDomain(_)
        | ZoneRule::PrivateWithoutVpc
        | ZoneRule::NameOutsideZone(..)
        | ZoneRule::NoSoa
        | ZoneRule::NoApexNameServers
        | ZoneRule::SoaBelowApex(_)
        | ZoneRule::DsAtApex(_)
        | ZoneRule::CnameAtApex(_)
        | ZoneRule::CnameConflict { .. }
        | ZoneRule::MixedPolicies { .. }
        | ZoneRule::DuplicateRecordSet(..)
        | ZoneRule::GroupTooLarge { .. }
        | ZoneRule::DuplicateFailoverRole(_)
        | ZoneRule::DuplicateRegion(_)
        | ZoneRule::DuplicateGeoLocation(_)
        | ZoneRule::SeveralCidrCollections
        | ZoneRule::DuplicateCidrLocation(_)
        | ZoneRule::IpBasedInPrivateZone
        | ZoneRule::CloudFrontInPrivateZone
        | ZoneRule::AliasTargetOutsideZone(_)
        | ZoneRule::AliasTargetMissing(..)
        | ZoneRule::AliasLoop(..)
        | ZoneRule::AliasTooDeep(..) => rule.to_string(),
    }
}

/// What a traffic policy document breaks.
pub fn document_fault(fault: &DocumentFault) -> String {
    match fault {
        DocumentFault::RecordSet(place, error) => format!("{place}: {}", record_set(error)),
        // These three are about rules of the document, not about record sets.
        DocumentFault::Zone(
            _,
            ZoneRule::AliasLoop(..) | ZoneRule::AliasTooDeep(..) | ZoneRule::GroupTooLarge { .. },
        )
        | DocumentFault::TypeNotAllowed(_)
        | DocumentFault::EmptyRule(_)
        | DocumentFault::UnknownTarget(..) => fault.to_string(),
        DocumentFault::Zone(place, rule) => format!("{place}: {}", zone_rule(rule)),
    }
}
