//! The nouns of Route 53, valid by construction: no I/O, no serde, no clock.
//!
//! From the small to the large: names, types and values make a [`RecordSet`]; record sets make a [`HostedZone`];
//! zones, health checks, VPCs and client networks make an [`Account`].

pub mod domain_name;
pub mod record_type;
pub mod record_value;

pub mod geography;
pub mod identifier;
pub mod limits;

pub mod cloudwatch;
pub mod credential;
pub mod force;
pub mod health_check;
pub mod public_address;
pub mod routing_control;

pub mod aws_zone;
pub mod record_set;
pub mod routing_policy;

mod alias_rules;
pub mod alias_zone;
pub mod delegation_set;
pub mod hosted_zone;
pub mod name_records;
mod name_rules;
pub mod ordered_set;
pub mod zone_draft;
pub mod zone_rules;

pub mod cidr_collection;
pub mod client_location;
pub mod vpc;

pub mod arn;
pub mod dnssec;
pub mod hosted_zone_feature;
pub mod query_logging_config;
pub mod record_set_protection;
pub mod signing_key_pair;

pub mod registry;
pub mod table;
pub mod traffic_policy;

pub mod account;
pub mod account_rules;
pub mod files_part;

pub use account::{Account, AccountParts};
pub use account_rules::{AccountPart, AccountRule, AccountViolation, HostedZoneViolation};
pub use alias_zone::{AliasZoneError, AliasZoneFault};
pub use arn::ArnError;
pub use aws_zone::AwsZone;
pub use cidr_collection::{CidrCollection, CidrCollectionError};
pub use client_location::ClientLocation;
pub use cloudwatch::{
    AlarmId, CloudWatchAlarm, ComparisonOperator, Datapoint, Metric, MetricData, MetricValue, MetricValues, Statistic,
    StatisticSet,
};
pub use credential::{Access, AccessKeyId, Credential, CredentialError, HostedZonePattern, SecretAccessKey};
pub use delegation_set::DelegationSet;
pub use dnssec::{Dnssec, KeySigningKey, KeySigningKeyName, KeySigningKeyStatus, KmsKeyArn, ServeSignature};
pub use domain_name::{DomainName, NameError};
pub use files_part::{Conflict, PartOfApi, SourceFiles};
pub use force::{Force, HealthCheckPattern};
pub use geography::{AwsRegion, Continent, Coordinates, CountryCode, Distance, UsState};
pub use health_check::{
    CalculatedCheck, EndpointAddress, EndpointCheck, ForcedStatus, HealthCheck, HealthCheckConfig, HealthCheckError,
    HealthCheckTarget, HealthCheckType, HealthStatus, InsufficientDataHealthStatus, Parameter, ProbeProtocol,
};
pub use hosted_zone::{HostedZone, HostedZoneParts, Visibility};
pub use hosted_zone_feature::{FeatureStatus, HostedZoneFeatures};
pub use identifier::{
    CallerReference, ChangeId, CidrCollectionId, DelegationSetId, HealthCheckId, HostedZoneId, QueryLoggingConfigId,
    SetIdentifier, TrafficPolicyId, TrafficPolicyInstanceId, VpcId,
};
pub use name_records::{NameRecords, PlainSet, PlainSets};
pub use ordered_set::{Difference, Edit, Keyed, OrderedSet};
pub use public_address::{AddressPolicy, is_public};
pub use query_logging_config::{LogGroupArn, QueryLoggingConfig};
pub use record_set::{AliasTarget, RecordContent, RecordSet, RecordSetError, RecordSetKey, RecordSetParts};
pub use record_set_protection::{ProtectionKey, RecordSetProtection};
pub use record_type::{RecordType, UnknownRecordType};
pub use record_value::{RecordValue, ValueError, ValueProblem};
pub use registry::{
    ChangeRecord, CidrCollectionRegistration, HealthCheckRegistration, HostedZoneRegistration, Registry,
    ReusableDelegationSet, TaggedResource, Tags,
};
pub use routing_control::{RoutingControlArn, RoutingControlState};
pub use routing_policy::{
    Bias, CidrLocation, CidrLocationName, CidrRoutingConfig, FailoverRole, GeoLocation, GeoProximityLocation,
    GeoProximityPlace, LocalZoneGroup, PolicyKind, RoutingPolicy,
};
pub use signing_key_pair::SigningKeyPair;
pub use table::Table;
pub use traffic_policy::{TrafficPolicy, TrafficPolicyDocument, TrafficPolicyInstance, TrafficPolicyVersion};
pub use vpc::{Vpc, VpcDescription, VpcSource};
pub use zone_draft::{RefusedZone, ZoneDraft};
pub use zone_rules::{RecordSetViolation, ZoneRule, ZoneViolation};
