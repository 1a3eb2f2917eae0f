//! Why the store has refused a change, in AWS's words.

use crate::change::{ChangeError, Described};
use crate::model::{Account, AccountRule, HostedZoneViolation};

use super::change_batch_findings;
use super::error::{ApiError, ErrorCode};
use super::operation::Operation;
use super::request::Request;

/// The error that a client sees; `account` is as it was when the change was planned.
pub fn of(error: ChangeError, request: &Request<'_>, account: &Account) -> ApiError {
    use ErrorCode as Code;
    match error {
        ChangeError::NoSuchHostedZone(id) => ApiError::no_such_hosted_zone(id.as_str()),
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
            Operation::CreateHealthCheck => {
                ApiError::invalid_input(format!("Invalid parameter : The health check {id} does not exist."))
            }
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
        ChangeError::DelegationSetAlreadyReusable(_) => ApiError::new(
            Code::DelegationSetAlreadyReusable,
            "The specified delegation set has already been marked as reusable.",
        ),
        ChangeError::PublicZone(id, vpc) => ApiError::new(
            Code::PublicZoneVPCAssociation,
            format!("Attempting to associate public zone: {id} with vpc: {vpc}"),
        ),
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
        ChangeError::TooManyTags(_) => ApiError::invalid_input(error.to_string()),
        // Neither comes here: one is tried again, the other is of zone files.
        ChangeError::OtherVersion | ChangeError::IdTaken | ChangeError::Account(_) => {
            ApiError::new(Code::ConcurrentModification, error.to_string())
        }
    }
}

fn of_zone(violations: &[HostedZoneViolation], account: &Account) -> ApiError {
    let conflict = |message| ApiError::new(ErrorCode::ConflictingDomainExists, message);
    let Some(violation) = violations.first() else { return conflict(String::new()) };
    match &violation.rule {
        AccountRule::DuplicatePublicZone(name, other) => conflict(format!(
            "Cannot create hosted zone with DNSName {} as it conflicts with hosted zone {other}: all zones share the \
             name servers of route53d, so that each name is had by one public zone",
            name.to_api_text()
        )),
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

pub fn no_such_delegation_set(id: &str) -> ApiError {
    ApiError::new(ErrorCode::NoSuchDelegationSet, format!("A reusable delegation set with the ID {id} does not exist."))
}

pub fn no_such_cidr_collection(id: &str) -> ApiError {
    ApiError::new(
        ErrorCode::NoSuchCidrCollectionException,
        format!("The CIDR collection you specified, doesn't exist: {id}"),
    )
}
