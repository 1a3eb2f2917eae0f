//! What the API says when it refuses: AWS's codes, their status, their words (api.md §1.6 and §2).

use std::fmt;

use crate::model::{RecordType, VpcId};

use super::xml::XmlWriter;

/// A refused request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    pub code: ErrorCode,
    pub message: String,
    /// Of a request about protections: which failed, each with its reason.
    pub protections: Vec<ProtectionError>,
    /// The undescribed VPC, if that is the reason: EC2 may have it by now.
    pub unknown_vpc: Option<VpcId>,
}

/// A protection that could not be made or taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectionError {
    pub record_name: String,
    pub record_type: RecordType,
    pub code: ProtectionErrorCode,
    pub message: String,
}

/// Why. The name of each is the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtectionErrorCode {
    InvalidInput,
    ProtectionAlreadyExists,
    ProtectionNotFound,
}

/// The codes of errors. The name of each is the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    AccessDenied,
    CidrBlockInUseException,
    CidrCollectionAlreadyExistsException,
    CidrCollectionInUseException,
    CidrCollectionVersionMismatchException,
    ConcurrentModification,
    ConflictingDomainExists,
    ConflictingTypes,
    DNSSECNotFound,
    DelegationSetAlreadyCreated,
    DelegationSetAlreadyReusable,
    DelegationSetInUse,
    HealthCheckAlreadyExists,
    HealthCheckVersionMismatch,
    HostedZoneAlreadyExists,
    HostedZoneNotEmpty,
    HostedZoneNotFound,
    HostedZoneNotPrivate,
    IncompleteSignature,
    InternalFailure,
    InvalidArgument,
    InvalidChangeBatch,
    InvalidClientTokenId,
    InvalidDomainName,
    InvalidInput,
    InvalidKMSArn,
    InvalidKeySigningKeyName,
    InvalidKeySigningKeyStatus,
    InvalidPaginationToken,
    InvalidTrafficPolicyDocument,
    InvalidResourceRecordSetProtectionBatch,
    InvalidVPCId,
    KeySigningKeyAlreadyExists,
    KeySigningKeyInParentDSRecord,
    KeySigningKeyInUse,
    KeySigningKeyWithActiveStatusNotFound,
    LastVPCAssociation,
    MalformedInput,
    MethodNotAllowed,
    MissingAuthenticationToken,
    NoSuchChange,
    NoSuchCidrCollectionException,
    NoSuchCidrLocationException,
    NoSuchDelegationSet,
    NoSuchGeoLocation,
    NoSuchHealthCheck,
    NoSuchHostedZone,
    NoSuchTrafficPolicy,
    NoSuchTrafficPolicyInstance,
    NoSuchKeySigningKey,
    NoSuchQueryLoggingConfig,
    PriorRequestNotComplete,
    ProtectionAlreadyExists,
    PublicZoneVPCAssociation,
    QueryLoggingConfigAlreadyExists,
    RequestEntityTooLarge,
    RequestTimeout,
    ServiceUnavailable,
    SignatureDoesNotMatch,
    Throttling,
    TooManyTrafficPolicyVersionsForCurrentPolicy,
    TrafficPolicyAlreadyExists,
    TrafficPolicyInUse,
    TrafficPolicyInstanceAlreadyExists,
    TooManyKeySigningKeys,
    UnknownOperationException,
    VPCAssociationAuthorizationNotFound,
    VPCAssociationNotFound,
}

impl ErrorCode {
    /// Over HTTP: 400 where the API model says nothing else.
    pub const fn status(self) -> u16 {
        match self {
            ErrorCode::AccessDenied
            | ErrorCode::InvalidClientTokenId
            | ErrorCode::MissingAuthenticationToken
            | ErrorCode::SignatureDoesNotMatch => 403,
            ErrorCode::NoSuchChange
            | ErrorCode::NoSuchCidrCollectionException
            | ErrorCode::NoSuchCidrLocationException
            | ErrorCode::NoSuchGeoLocation
            | ErrorCode::NoSuchHealthCheck
            | ErrorCode::NoSuchHostedZone
            | ErrorCode::NoSuchTrafficPolicy
            | ErrorCode::NoSuchTrafficPolicyInstance
            | ErrorCode::NoSuchKeySigningKey
            | ErrorCode::NoSuchQueryLoggingConfig
            | ErrorCode::UnknownOperationException
            | ErrorCode::VPCAssociationAuthorizationNotFound
            | ErrorCode::VPCAssociationNotFound => 404,
            ErrorCode::MethodNotAllowed => 405,
            ErrorCode::RequestTimeout => 408,
            ErrorCode::CidrCollectionVersionMismatchException
            | ErrorCode::HealthCheckAlreadyExists
            | ErrorCode::HealthCheckVersionMismatch
            | ErrorCode::HostedZoneAlreadyExists
            | ErrorCode::TrafficPolicyAlreadyExists
            | ErrorCode::TrafficPolicyInstanceAlreadyExists
            | ErrorCode::KeySigningKeyAlreadyExists
            | ErrorCode::ProtectionAlreadyExists
            | ErrorCode::QueryLoggingConfigAlreadyExists => 409,
            ErrorCode::RequestEntityTooLarge => 413,
            ErrorCode::InternalFailure => 500,
            ErrorCode::ServiceUnavailable => 503,
            _ => 400,
        }
    }
}

impl fmt::Display for ProtectionErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl ApiError {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> ApiError {
        ApiError { code, message: message.into(), protections: Vec::new(), unknown_vpc: None }
    }

    pub fn invalid_input(message: impl Into<String>) -> ApiError {
        ApiError::new(ErrorCode::InvalidInput, message)
    }

    /// What Xerces, which checks requests at AWS, says about a body that its schema does not allow.
    pub fn invalid_xml(sentence: impl fmt::Display) -> ApiError {
        ApiError::invalid_input(format!("Invalid XML ; {sentence}"))
    }

    /// A member that its own constraint does not allow.
    pub fn constraint(member: &str, value: &str, constraint: impl fmt::Display) -> ApiError {
        ApiError::invalid_input(format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
        ))
    }

    pub fn too_long(member: &str, value: &str, limit: usize) -> ApiError {
        ApiError::constraint(member, value, format_args!("Member must have length less than or equal to {limit}"))
    }

    pub fn no_such_hosted_zone(id: &str) -> ApiError {
        ApiError::new(ErrorCode::NoSuchHostedZone, format!("No hosted zone found with ID: {id}"))
    }

    pub fn no_such_health_check(id: &str) -> ApiError {
        ApiError::new(ErrorCode::NoSuchHealthCheck, format!("A health check with id {id} does not exist."))
    }

    /// Every finding of a batch in one message. The brackets stand round a single one too.
    pub fn invalid_change_batch(findings: &[String]) -> ApiError {
        ApiError::new(ErrorCode::InvalidChangeBatch, format!("[{}]", findings.join(", ")))
    }

    /// Something that is not described by the API, but by a zone file, which the next reload would bring back.
    pub fn described_by_file(what: impl fmt::Display, file: Option<&str>) -> ApiError {
        let place = file.map_or_else(|| "the zone files".to_owned(), |file| format!("the zone file {file}"));
        let message = format!("{what} is described by {place} and cannot be changed through the API; change it there");
        ApiError::new(ErrorCode::AccessDenied, message)
    }

    /// The document, as AWS writes it.
    pub fn document(&self, request_id: &str) -> String {
        // AWS tells whose fault it is.
        let fault = if self.code.status() < 500 { "Sender" } else { "Receiver" };
        XmlWriter::document("ErrorResponse", |xml| {
            xml.element("Error", |xml| {
                xml.text("Type", fault);
                xml.value("Code", self.code);
                xml.text("Message", &self.message);
                if !self.protections.is_empty() {
                    xml.list("Errors", "ProtectionError", &self.protections, |xml, error| {
                        xml.text("RecordName", &error.record_name);
                        xml.value("RecordType", error.record_type);
                        xml.value("Code", error.code);
                        xml.text("Message", &error.message);
                    });
                }
            });
            xml.text("RequestId", request_id);
        })
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for ApiError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_the_one_that_clients_parse() {
        assert_eq!(
            ApiError::no_such_hosted_zone("Z<1>").document("id"),
            "<?xml version=\"1.0\"?>\n<ErrorResponse xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><Error>\
             <Type>Sender</Type><Code>NoSuchHostedZone</Code><Message>No hosted zone found with ID: Z&lt;1&gt;</Message>\
             </Error><RequestId>id</RequestId></ErrorResponse>"
        );
    }

    #[test]
    fn a_single_finding_stands_in_brackets_too() {
        let message = |findings: &[&str]| {
            ApiError::invalid_change_batch(&findings.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()).message
        };
        assert_eq!(message(&["a"]), "[a]");
        assert_eq!(message(&["a", "b"]), "[a, b]");
    }
}
