//! Why the store has refused a change, in AWS's words.

use crate::change::{ChangeError, Described, Feature, TrafficPolicyRefusal};
use crate::model::traffic_policy::TreeError;
use crate::model::{Account, AccountRule, HostedZoneViolation};

use super::error::{ApiError, ErrorCode};
use super::health_check_refusal::no_such_child;
use super::operation::Operation;
use super::operation_errors::contention_code;
use super::request::Request;
use super::{change_batch_findings, dnssec, key_signing_key, record_set_protection, rule_words};

/// The error that a client sees; `account` is as it was when the change was planned.
pub fn of(error: ChangeError, request: &Request<'_>, account: &Account) -> ApiError {
    use ErrorCode as Code;
    match error {
        ChangeError::NoSuchHostedZone(id) => no_such_hosted_zone(id.as_str(), request),
        ChangeError::HostedZoneNotEmpty(_) => ApiError::new(
            Code::HostedZoneNotEmpty,
            "The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
        ),
        ChangeError::HostedZone(violations) => of_zone(&violations, account),
        ChangeError::RecordSets(findings) => match request.hosted_zone(account) {
            Ok(zone) => change_batch_findings::error(&findings, zone),
            Err(error) => error,
        },
        ChangeError::DescribedByFile(Described { what, file }) => ApiError::described_by_file(what, file.as_deref()),
        ChangeError::CallerReferenceTaken(_) => caller_reference_taken(request.operation),
        ChangeError::NoSuchHealthCheck(id) => match request.operation {
            // It is a child that is missing.
            Operation::CreateHealthCheck => no_such_child(id.as_str()),
            _ => ApiError::no_such_health_check(id.as_str()),
        },
        ChangeError::CalculatedChild(id) => ApiError::invalid_input(format!(
            "Invalid parameter : The health check {id} is CALCULATED and cannot be a child of another."
        )),
        ChangeError::NoSuchCidrCollection(id) => no_such_cidr_collection(id.as_str()),
        ChangeError::CidrCollectionNameTaken(_) => ApiError::new(
            Code::CidrCollectionAlreadyExistsException,
            "A CIDR collection with this name and a different caller reference already exists in this account.",
        ),
        ChangeError::CidrInUse(_, None) => {
            ApiError::new(Code::CidrCollectionInUseException, "This CIDR collection is in use, and isn't empty.")
        }
        ChangeError::CidrInUse(_, Some(_)) => {
            ApiError::new(Code::CidrBlockInUseException, "This CIDR block is already in use.")
        }
        ChangeError::NoSuchDelegationSet(id) => no_such_delegation_set(id.as_str()),
        ChangeError::DelegationSetInUse(_) => {
            ApiError::new(Code::DelegationSetInUse, "The specified delegation set contains associated hosted zones.")
        }
        ChangeError::ConflictingDomain(..) => ApiError::new(
            Code::ConflictingDomainExists,
            "A conflicting domain is already associated with the given VPC or Delegation Set.",
        ),
        ChangeError::DelegationSetAlreadyReusable(_) => ApiError::new(
            Code::DelegationSetAlreadyReusable,
            "The specified delegation set has already been marked as reusable.",
        ),
        ChangeError::PublicZone(id, vpc) => {
            let code = match request.operation {
                Operation::AssociateVPCWithHostedZone => Code::PublicZoneVPCAssociation,
                _ => Code::InvalidInput,
            };
            ApiError::new(code, format!("Attempting to associate public zone: {id} with vpc: {vpc}"))
        }
        ChangeError::NotAssociated(..) => ApiError::new(
            Code::VPCAssociationNotFound,
            "The specified VPC and hosted zone are not currently associated.",
        ),
        ChangeError::LastVpc(..) => ApiError::new(
            Code::LastVPCAssociation,
            "The VPC that you're trying to disassociate from the private hosted zone is the last VPC that is \
             associated with the hosted zone. Amazon Route 53 doesn't support disassociating the last VPC from a \
             hosted zone.",
        ),
        ChangeError::NotAuthorized(..) => ApiError::new(
            Code::VPCAssociationAuthorizationNotFound,
            "The VPC that you specified is not authorized to be associated with the hosted zone.",
        ),
        ChangeError::TrafficPolicy(refusal) => of_traffic_policy(&refusal, request, account),
        ChangeError::TooManyTags(_) => ApiError::invalid_input(error.to_string()),
        ChangeError::Dnssec(id, refusal) => dnssec::refused(&id, &refusal),
        ChangeError::KeySigningKeysLeft(_) => ApiError::new(
            Code::HostedZoneNotEmpty,
            "The specified hosted zone contains DNSSEC Key Signing Keys and so cannot be deleted.",
        ),
        ChangeError::ProtectionsLeft(_) => ApiError::new(
            Code::HostedZoneNotEmpty,
            "The specified hosted zone contains resource record set protections and so cannot be deleted.",
        ),
        ChangeError::ProtectionsExist(keys, of) => record_set_protection::existing(&keys, of),
        ChangeError::NoSuchProtections(keys) => record_set_protection::missing(&keys),
        ChangeError::QueryLoggingConfigExists(_) => ApiError::new(
            Code::QueryLoggingConfigAlreadyExists,
            "A query logging configuration already exists for this hosted zone.",
        ),
        ChangeError::QueryLoggingOfPrivateZone(id) => ApiError::invalid_input(format!(
            "The hosted zone {id} is private. You can log queries only for public hosted zones."
        )),
        ChangeError::NoSuchQueryLoggingConfig(_) => no_such_query_logging_config(),
        ChangeError::NoSuchFeature(_, Feature::AcceleratedRecovery) => {
            ApiError::invalid_input("Accelerated recovery is supported only for public hosted zones.")
        }
        ChangeError::NoSuchFeature(_, Feature::PublicDnsFallback) => {
            ApiError::invalid_input("Public DNS fallback is supported only for private hosted zones.")
        }
        // None comes here: some are tried again, the others are of zone files and operators.
        ChangeError::OtherVersion
        | ChangeError::IdTaken
        | ChangeError::Account(_)
        | ChangeError::VpcNotDescribed(_) => ApiError::new(contention_code(request.operation), error.to_string()),
    }
}

fn of_zone(violations: &[HostedZoneViolation], account: &Account) -> ApiError {
    let conflict = |message| ApiError::new(ErrorCode::ConflictingDomainExists, message);
    let Some(violation) = violations.first() else { return conflict(String::new()) };
    match &violation.rule {
        AccountRule::ConflictingPrivateZone(name, vpc, _) => {
            let region = account.vpcs().get(vpc).map_or("its region", |vpc| vpc.region.name());
            conflict(format!(
                "The VPC that you chose, {vpc} in region {region}, is already associated with another private hosted \
                 zone that has an overlapping name space, {}.",
                name.to_api_text()
            ))
        }
        other => ApiError::invalid_input(other.to_string()),
    }
}

fn of_traffic_policy(refusal: &TrafficPolicyRefusal, request: &Request<'_>, account: &Account) -> ApiError {
    use ErrorCode as Code;
    use TrafficPolicyRefusal as R;
    match refusal {
        R::NoSuchPolicy(_) | R::NoSuchVersion(..) => no_such_traffic_policy(),
        R::NoSuchInstance(_) => no_such_traffic_policy_instance(),
        R::NameTaken(_) => ApiError::new(
            Code::TrafficPolicyAlreadyExists,
            "A traffic policy that has the same value for Name already exists.",
        ),
        R::TooManyVersions(_) => ApiError::new(
            Code::TooManyTrafficPolicyVersionsForCurrentPolicy,
            "This traffic policy version can't be created because you've reached the limit of 1000 on the number of \
             versions that you can create for the current traffic policy.",
        ),
        R::InUse(_) => ApiError::new(
            Code::TrafficPolicyInUse,
            "One or more traffic policy instances were created by using the specified traffic policy.",
        ),
        R::InstanceExists(id) => ApiError::new(
            Code::TrafficPolicyInstanceAlreadyExists,
            format!("There is already a traffic policy instance with the specified name and type: {id}"),
        ),
        R::OtherType(is, other) => ApiError::new(
            Code::ConflictingTypes,
            format!(
                "You tried to update a traffic policy instance by using a traffic policy version that has a different \
                 DNS type ({other}) than the current type for the instance ({is})."
            ),
        ),
        R::RecordSets(zone, findings) => match account.hosted_zone(zone) {
            Some(zone) => {
                let messages = change_batch_findings::messages(findings, zone);
                ApiError::invalid_input(format!("[{}]", messages.join(", ")))
            }
            None => no_such_hosted_zone(zone.as_str(), request),
        },
        R::Tree(TreeError::Name(error)) => ApiError::invalid_input(format!(
            "A name below that of the traffic policy instance is not possible: {error}"
        )),
        R::Tree(TreeError::RecordSets(errors)) => {
            let words: Vec<_> = errors.iter().map(rule_words::record_set).collect();
            ApiError::invalid_input(format!("[{}]", words.join(", ")))
        }
    }
}

/// The zone was there when the request was looked at, and has gone since.
fn no_such_hosted_zone(id: &str, request: &Request<'_>) -> ApiError {
    match request.operation {
        Operation::ActivateKeySigningKey | Operation::DeactivateKeySigningKey | Operation::DeleteKeySigningKey => {
            key_signing_key::missing(request.second_parameter())
        }
        Operation::CreateReusableDelegationSet => no_zone_of_delegation_set(),
        Operation::UpdateTrafficPolicyInstance | Operation::DeleteTrafficPolicyInstance => {
            no_such_traffic_policy_instance()
        }
        _ => ApiError::no_such_hosted_zone(id),
    }
}

fn caller_reference_taken(operation: Operation) -> ApiError {
    match operation {
        Operation::CreateHealthCheck => ApiError::new(
            ErrorCode::HealthCheckAlreadyExists,
            "A different health check has already been created with the specified caller reference.",
        ),
        Operation::CreateReusableDelegationSet => ApiError::new(
            ErrorCode::DelegationSetAlreadyCreated,
            "A delegation set with the same owner and caller reference combination has already been created.",
        ),
        _ => ApiError::new(
            ErrorCode::HostedZoneAlreadyExists,
            "A hosted zone has already been created with the specified caller reference.",
        ),
    }
}

pub fn no_zone_of_delegation_set() -> ApiError {
    ApiError::new(ErrorCode::HostedZoneNotFound, "The specified HostedZone can't be found.")
}

pub fn no_such_delegation_set(id: &str) -> ApiError {
    ApiError::new(ErrorCode::NoSuchDelegationSet, format!("A reusable delegation set with the ID {id} does not exist."))
}

pub fn no_such_traffic_policy() -> ApiError {
    ApiError::new(ErrorCode::NoSuchTrafficPolicy, "No traffic policy exists with the specified ID.")
}

pub fn no_such_traffic_policy_instance() -> ApiError {
    let message = "No traffic policy instance exists with the specified ID.";
    ApiError::new(ErrorCode::NoSuchTrafficPolicyInstance, message)
}

pub fn no_such_cidr_collection(id: &str) -> ApiError {
    ApiError::new(
        ErrorCode::NoSuchCidrCollectionException,
        format!("The CIDR collection you specified, doesn't exist: {id}"),
    )
}

pub fn no_such_query_logging_config() -> ApiError {
    ApiError::new(ErrorCode::NoSuchQueryLoggingConfig, "The query logging configuration does not exist")
}
