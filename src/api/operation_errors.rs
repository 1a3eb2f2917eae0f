//! The errors of each operation in the API model: SDKs have an exception for these, and for no others.

use super::error::{ApiError, ErrorCode};
use super::operation::Operation;

impl Operation {
    /// The codes that the model lists (api.md §1.1), including those that never arise here.
    pub const fn errors(self) -> &'static [&'static str] {
        match self {
            Operation::ActivateKeySigningKey => &[
                "ConcurrentModification",
                "InvalidInput",
                "InvalidKMSArn",
                "InvalidKeySigningKeyStatus",
                "InvalidSigningStatus",
                "NoSuchKeySigningKey",
            ],
            Operation::AssociateVPCWithHostedZone => &[
                "ConflictingDomainExists",
                "InvalidInput",
                "InvalidVPCId",
                "LimitsExceeded",
                "NoSuchHostedZone",
                "NotAuthorizedException",
                "PriorRequestNotComplete",
                "PublicZoneVPCAssociation",
            ],
            Operation::ChangeCidrCollection => &[
                "CidrBlockInUseException",
                "CidrCollectionVersionMismatchException",
                "ConcurrentModification",
                "InvalidInput",
                "LimitsExceeded",
                "NoSuchCidrCollectionException",
            ],
            Operation::ChangeResourceRecordSets => &[
                "InvalidChangeBatch",
                "InvalidInput",
                "NoSuchHealthCheck",
                "NoSuchHostedZone",
                "PriorRequestNotComplete",
            ],
            Operation::ChangeTagsForResource => &[
                "InvalidInput",
                "NoSuchHealthCheck",
                "NoSuchHealthCheckSource",
                "NoSuchHostedZone",
                "PriorRequestNotComplete",
                "ThrottlingException",
            ],
            Operation::CreateCidrCollection => {
                &["CidrCollectionAlreadyExistsException", "ConcurrentModification", "InvalidInput", "LimitsExceeded"]
            }
            Operation::CreateHealthCheck => &["HealthCheckAlreadyExists", "InvalidInput", "TooManyHealthChecks"],
            Operation::CreateHostedZone => &[
                "ConflictingDomainExists",
                "DelegationSetNotAvailable",
                "DelegationSetNotReusable",
                "HostedZoneAlreadyExists",
                "InvalidDomainName",
                "InvalidInput",
                "InvalidVPCId",
                "NoSuchDelegationSet",
                "TooManyHostedZones",
            ],
            Operation::CreateKeySigningKey => &[
                "ConcurrentModification",
                "InvalidArgument",
                "InvalidInput",
                "InvalidKMSArn",
                "InvalidKeySigningKeyName",
                "InvalidKeySigningKeyStatus",
                "InvalidSigningStatus",
                "KeySigningKeyAlreadyExists",
                "NoSuchHostedZone",
                "TooManyKeySigningKeys",
            ],
            Operation::CreateQueryLoggingConfig => &[
                "ConcurrentModification",
                "InsufficientCloudWatchLogsResourcePolicy",
                "InvalidInput",
                "NoSuchCloudWatchLogsLogGroup",
                "NoSuchHostedZone",
                "QueryLoggingConfigAlreadyExists",
            ],
            Operation::CreateResourceRecordSetProtections => &[
                "InvalidInput",
                "InvalidResourceRecordSetProtectionBatch",
                "LimitsExceeded",
                "NoSuchHostedZone",
                "PriorRequestNotComplete",
                "ProtectionAlreadyExists",
            ],
            Operation::CreateReusableDelegationSet => &[
                "DelegationSetAlreadyCreated",
                "DelegationSetAlreadyReusable",
                "DelegationSetNotAvailable",
                "HostedZoneNotFound",
                "InvalidArgument",
                "InvalidInput",
                "LimitsExceeded",
            ],
            Operation::CreateTrafficPolicy => &[
                "InvalidInput",
                "InvalidTrafficPolicyDocument",
                "TooManyTrafficPolicies",
                "TrafficPolicyAlreadyExists",
            ],
            Operation::CreateTrafficPolicyInstance => &[
                "InvalidInput",
                "NoSuchHostedZone",
                "NoSuchTrafficPolicy",
                "TooManyTrafficPolicyInstances",
                "TrafficPolicyInstanceAlreadyExists",
            ],
            Operation::CreateTrafficPolicyVersion => &[
                "ConcurrentModification",
                "InvalidInput",
                "InvalidTrafficPolicyDocument",
                "NoSuchTrafficPolicy",
                "TooManyTrafficPolicyVersionsForCurrentPolicy",
            ],
            Operation::CreateVPCAssociationAuthorization => &[
                "ConcurrentModification",
                "InvalidInput",
                "InvalidVPCId",
                "NoSuchHostedZone",
                "TooManyVPCAssociationAuthorizations",
            ],
            Operation::DeactivateKeySigningKey => &[
                "ConcurrentModification",
                "InvalidInput",
                "InvalidKeySigningKeyStatus",
                "InvalidSigningStatus",
                "KeySigningKeyInParentDSRecord",
                "KeySigningKeyInUse",
                "NoSuchKeySigningKey",
            ],
            Operation::DeleteCidrCollection => &[
                "CidrCollectionInUseException",
                "ConcurrentModification",
                "InvalidInput",
                "NoSuchCidrCollectionException",
            ],
            Operation::DeleteHealthCheck => &["HealthCheckInUse", "InvalidInput", "NoSuchHealthCheck"],
            Operation::DeleteHostedZone => &[
                "HostedZoneNotEmpty",
                "InvalidDomainName",
                "InvalidInput",
                "NoSuchHostedZone",
                "PriorRequestNotComplete",
            ],
            Operation::DeleteKeySigningKey => &[
                "ConcurrentModification",
                "InvalidInput",
                "InvalidKMSArn",
                "InvalidKeySigningKeyStatus",
                "InvalidSigningStatus",
                "NoSuchKeySigningKey",
            ],
            Operation::DeleteQueryLoggingConfig => {
                &["ConcurrentModification", "InvalidInput", "NoSuchQueryLoggingConfig"]
            }
            Operation::DeleteResourceRecordSetProtections => &[
                "InvalidInput",
                "InvalidResourceRecordSetProtectionBatch",
                "NoSuchHostedZone",
                "PriorRequestNotComplete",
            ],
            Operation::DeleteReusableDelegationSet => {
                &["DelegationSetInUse", "DelegationSetNotReusable", "InvalidInput", "NoSuchDelegationSet"]
            }
            Operation::DeleteTrafficPolicy => {
                &["ConcurrentModification", "InvalidInput", "NoSuchTrafficPolicy", "TrafficPolicyInUse"]
            }
            Operation::DeleteTrafficPolicyInstance => {
                &["InvalidInput", "NoSuchTrafficPolicyInstance", "PriorRequestNotComplete"]
            }
            Operation::DeleteVPCAssociationAuthorization => &[
                "ConcurrentModification",
                "InvalidInput",
                "InvalidVPCId",
                "NoSuchHostedZone",
                "VPCAssociationAuthorizationNotFound",
            ],
            Operation::DisableHostedZoneDNSSEC => &[
                "ConcurrentModification",
                "DNSSECNotFound",
                "InvalidArgument",
                "InvalidInput",
                "InvalidKMSArn",
                "InvalidKeySigningKeyStatus",
                "KeySigningKeyInParentDSRecord",
                "NoSuchHostedZone",
            ],
            Operation::DisassociateVPCFromHostedZone => {
                &["InvalidInput", "InvalidVPCId", "LastVPCAssociation", "NoSuchHostedZone", "VPCAssociationNotFound"]
            }
            Operation::EnableHostedZoneDNSSEC => &[
                "ConcurrentModification",
                "DNSSECNotFound",
                "HostedZonePartiallyDelegated",
                "InvalidArgument",
                "InvalidInput",
                "InvalidKMSArn",
                "InvalidKeySigningKeyStatus",
                "KeySigningKeyWithActiveStatusNotFound",
                "NoSuchHostedZone",
            ],
            Operation::GetAccountLimit => &["InvalidInput"],
            Operation::GetChange => &["InvalidInput", "NoSuchChange"],
            Operation::GetCheckerIpRanges => &[],
            Operation::GetDNSSEC => &["InvalidArgument", "InvalidInput", "NoSuchHostedZone"],
            Operation::GetGeoLocation => &["InvalidInput", "NoSuchGeoLocation"],
            Operation::GetHealthCheck => &["IncompatibleVersion", "InvalidInput", "NoSuchHealthCheck"],
            Operation::GetHealthCheckCount => &[],
            Operation::GetHealthCheckLastFailureReason => &["InvalidInput", "NoSuchHealthCheck"],
            Operation::GetHealthCheckStatus => &["InvalidInput", "NoSuchHealthCheck"],
            Operation::GetHostedZone => &["InvalidInput", "NoSuchHostedZone"],
            Operation::GetHostedZoneCount => &["InvalidInput"],
            Operation::GetHostedZoneLimit => &["HostedZoneNotPrivate", "InvalidInput", "NoSuchHostedZone"],
            Operation::GetQueryLoggingConfig => &["InvalidInput", "NoSuchQueryLoggingConfig"],
            Operation::GetReusableDelegationSet => &["DelegationSetNotReusable", "InvalidInput", "NoSuchDelegationSet"],
            Operation::GetReusableDelegationSetLimit => &["InvalidInput", "NoSuchDelegationSet"],
            Operation::GetTrafficPolicy => &["InvalidInput", "NoSuchTrafficPolicy"],
            Operation::GetTrafficPolicyInstance => &["InvalidInput", "NoSuchTrafficPolicyInstance"],
            Operation::GetTrafficPolicyInstanceCount => &[],
            Operation::ListCidrBlocks => {
                &["InvalidInput", "NoSuchCidrCollectionException", "NoSuchCidrLocationException"]
            }
            Operation::ListCidrCollections => &["InvalidInput"],
            Operation::ListCidrLocations => &["InvalidInput", "NoSuchCidrCollectionException"],
            Operation::ListGeoLocations => &["InvalidInput"],
            Operation::ListHealthChecks => &["IncompatibleVersion", "InvalidInput"],
            Operation::ListHostedZones => &["DelegationSetNotReusable", "InvalidInput", "NoSuchDelegationSet"],
            Operation::ListHostedZonesByName => &["InvalidDomainName", "InvalidInput"],
            Operation::ListHostedZonesByVPC => &["InvalidInput", "InvalidPaginationToken"],
            Operation::ListQueryLoggingConfigs => &["InvalidInput", "InvalidPaginationToken", "NoSuchHostedZone"],
            Operation::ListResourceRecordSetProtections => {
                &["InvalidInput", "InvalidPaginationToken", "NoSuchHostedZone"]
            }
            Operation::ListResourceRecordSets => &["InvalidInput", "NoSuchHostedZone"],
            Operation::ListReusableDelegationSets => &["InvalidInput"],
            Operation::ListTagsForResource => &[
                "InvalidInput",
                "NoSuchHealthCheck",
                "NoSuchHealthCheckSource",
                "NoSuchHostedZone",
                "PriorRequestNotComplete",
                "ThrottlingException",
            ],
            Operation::ListTagsForResources => &[
                "InvalidInput",
                "NoSuchHealthCheck",
                "NoSuchHealthCheckSource",
                "NoSuchHostedZone",
                "PriorRequestNotComplete",
                "ThrottlingException",
            ],
            Operation::ListTrafficPolicies => &["InvalidInput"],
            Operation::ListTrafficPolicyInstances => &["InvalidInput", "NoSuchTrafficPolicyInstance"],
            Operation::ListTrafficPolicyInstancesByHostedZone => {
                &["InvalidInput", "NoSuchHostedZone", "NoSuchTrafficPolicyInstance"]
            }
            Operation::ListTrafficPolicyInstancesByPolicy => {
                &["InvalidInput", "NoSuchTrafficPolicy", "NoSuchTrafficPolicyInstance"]
            }
            Operation::ListTrafficPolicyVersions => &["InvalidInput", "NoSuchTrafficPolicy"],
            Operation::ListVPCAssociationAuthorizations => {
                &["InvalidInput", "InvalidPaginationToken", "NoSuchHostedZone"]
            }
            Operation::TestDNSAnswer => &["InvalidInput", "NoSuchHostedZone"],
            Operation::UpdateHealthCheck => &["HealthCheckVersionMismatch", "InvalidInput", "NoSuchHealthCheck"],
            Operation::UpdateHostedZoneComment => &["InvalidInput", "NoSuchHostedZone", "PriorRequestNotComplete"],
            Operation::UpdateHostedZoneFeatures => {
                &["InvalidInput", "LimitsExceeded", "NoSuchHostedZone", "PriorRequestNotComplete"]
            }
            Operation::UpdateTrafficPolicyComment => &["ConcurrentModification", "InvalidInput", "NoSuchTrafficPolicy"],
            Operation::UpdateTrafficPolicyInstance => &[
                "ConflictingTypes",
                "InvalidInput",
                "NoSuchTrafficPolicy",
                "NoSuchTrafficPolicyInstance",
                "PriorRequestNotComplete",
            ],
        }
    }
}

/// AWS's common errors, and those that a request is refused with before its operation is looked at.
const COMMON: [ErrorCode; 13] = [
    ErrorCode::AccessDenied,
    ErrorCode::IncompleteSignature,
    ErrorCode::InternalFailure,
    ErrorCode::InvalidClientTokenId,
    ErrorCode::MalformedInput,
    ErrorCode::MethodNotAllowed,
    ErrorCode::MissingAuthenticationToken,
    ErrorCode::RequestEntityTooLarge,
    ErrorCode::RequestTimeout,
    ErrorCode::ServiceUnavailable,
    ErrorCode::SignatureDoesNotMatch,
    ErrorCode::Throttling,
    ErrorCode::UnknownOperationException,
];

impl ErrorCode {
    /// Whether every operation may answer it.
    fn is_common(self) -> bool {
        COMMON.contains(&self)
    }

    /// Whether an operation may answer it.
    pub fn is_of(self, operation: Operation) -> bool {
        self.is_common() || operation.errors().contains(&self.to_string().as_str())
    }
}

/// Check an error before it becomes a reply: a code that the operation's model lacks is a defect, and a panic in debug
/// builds.
pub fn checked_against_model<T>(operation: Operation, result: Result<T, ApiError>) -> Result<T, ApiError> {
    if let Err(error) = &result {
        debug_assert!(error.code.is_of(operation), "{operation} has no such error: {error}");
    }
    result
}

/// The code for an operation that kept losing to concurrent changes: one of its model that SDKs retry, or else the common
/// one.
pub fn contention_code(operation: Operation) -> ErrorCode {
    let retried = [ErrorCode::ConcurrentModification, ErrorCode::PriorRequestNotComplete];
    retried.into_iter().find(|code| code.is_of(operation)).unwrap_or(ErrorCode::ServiceUnavailable)
}

#[cfg(test)]
mod tests {
    use super::super::operation::OPERATIONS;
    use super::*;

    #[test]
    fn every_code_is_of_an_operation_or_common_and_not_both() {
        let source = include_str!("error.rs").split_once("pub enum ErrorCode {").unwrap().1;
        let codes = source.split('}').next().unwrap().split(',').map(str::trim).filter(|code| !code.is_empty());
        for code in codes {
            let listed = OPERATIONS.iter().filter(|row| row.operation.errors().contains(&code)).count();
            let is_common = COMMON.iter().any(|common| common.to_string() == code);
            assert!((listed > 0) != is_common, "{code} is listed {listed} times");
        }
    }

    #[test]
    fn the_codes_of_an_operation_are_its_own() {
        assert!(ErrorCode::InvalidInput.is_of(Operation::ListCidrBlocks));
        assert!(!ErrorCode::InvalidPaginationToken.is_of(Operation::ListCidrBlocks));
        assert!(!ErrorCode::InvalidInput.is_of(Operation::GetHealthCheckCount));
        assert!(ErrorCode::ServiceUnavailable.is_of(Operation::GetHealthCheckCount));
        assert_eq!(contention_code(Operation::ChangeCidrCollection), ErrorCode::ConcurrentModification);
        assert_eq!(contention_code(Operation::ChangeResourceRecordSets), ErrorCode::PriorRequestNotComplete);
        assert_eq!(contention_code(Operation::UpdateHealthCheck), ErrorCode::ServiceUnavailable);
    }

    #[test]
    #[should_panic(expected = "ListCidrBlocks has no such error: InvalidVPCId")]
    #[cfg(debug_assertions)]
    fn an_error_of_another_operation_panics_in_debug_builds() {
        let error = ApiError::new(ErrorCode::InvalidVPCId, "The VPC ID is invalid.");
        let _ = checked_against_model::<()>(Operation::ListCidrBlocks, Err(error));
    }
}
