//! Every text that the model or a change may give a client of the API: no key of a zone file is in it.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;

use ipnet::IpNet;

use super::request::{Request, Target as RequestTarget};
use super::{change_batch_findings, cidr_collection, health_check_refusal, record_set_input, refusal, rule_words};
use crate::change::{
    ChangeError, Described, DescribedPart, DnssecRefusal, Feature, RecordSetFinding, TrafficPolicyRefusal,
};
use crate::model::traffic_policy::{DocumentFault, Place, Target, TreeError};
use crate::model::{
    Account, AccountParts, AccountRule, AliasZoneError, AliasZoneFault, AwsRegion, CallerReference,
    CidrCollectionError, CidrCollectionId, CidrLocation, CidrLocationName, Conflict, Continent, DelegationSet,
    DelegationSetId, DomainName, FailoverRole, GeoLocation, HealthCheckError, HealthCheckId, HealthCheckType,
    HostedZone, HostedZoneId, HostedZoneParts, HostedZoneViolation, KeySigningKeyName, KmsKeyArn, NameError, Parameter,
    PartOfApi, PolicyKind, ProtectionKey, QueryLoggingConfigId, RecordSetError, RecordSetKey, RecordSetProtection,
    RecordType, SetIdentifier, TrafficPolicyId, TrafficPolicyInstanceId, Visibility, VpcId, ZoneRule,
};

fn name() -> DomainName {
    DomainName::parse("a.example.com").unwrap()
}

fn zone_id() -> HostedZoneId {
    HostedZoneId::new("Z1").unwrap()
}

fn zone() -> HostedZone {
    let (id, name, visibility) = (zone_id(), DomainName::parse("example.com").unwrap(), Visibility::Public);
    let made = DelegationSet::of_zone(&id, &visibility);
    let record_sets = vec![made.ns_record_set(&name), made.soa_record_set(&name)];
    HostedZone::new(HostedZoneParts { id, name, comment: "".into(), visibility, record_sets }).unwrap()
}

fn key() -> RecordSetKey {
    RecordSetKey { name: name(), record_type: RecordType::A, set_identifier: Some(set_identifier()) }
}

fn set_identifier() -> SetIdentifier {
    SetIdentifier::new("one").unwrap()
}

fn check_id() -> HealthCheckId {
    HealthCheckId::new("check").unwrap()
}

fn collection_id() -> CidrCollectionId {
    CidrCollectionId::new("collection").unwrap()
}

fn vpc_id() -> VpcId {
    VpcId::new("vpc-1").unwrap()
}

fn network() -> IpNet {
    "192.0.2.0/24".parse().unwrap()
}

fn zone_rules() -> Vec<ZoneRule> {
    let (name, record_type, id) = (name(), RecordType::A, set_identifier());
    vec![
        ZoneRule::WildcardZoneName,
        ZoneRule::TopLevelDomain(name.clone()),
        ZoneRule::PrivateWithoutVpc,
        ZoneRule::NameOutsideZone(name.clone(), name.clone()),
        ZoneRule::NoSoa,
        ZoneRule::NoApexNameServers,
        ZoneRule::SoaBelowApex(name.clone()),
        ZoneRule::DsAtApex(name.clone()),
        ZoneRule::CnameAtApex(name.clone()),
        ZoneRule::CnameConflict { name: name.clone(), other: record_type },
        ZoneRule::MixedPolicies {
            name: name.clone(),
            record_type,
            first: PolicyKind::Weighted,
            second: PolicyKind::MultiValue,
        },
        ZoneRule::DuplicateRecordSet(name.clone(), record_type),
        ZoneRule::DuplicateSetIdentifier(id.clone()),
        ZoneRule::GroupTooLarge { name: name.clone(), record_type, count: 101, limit: 100 },
        ZoneRule::WeightedTtl { name: name.clone(), record_type, set_identifier: id, expected: 1, found: 2 },
        ZoneRule::DuplicateFailoverRole(FailoverRole::Primary),
        ZoneRule::DuplicateRegion(AwsRegion::UsEast1),
        ZoneRule::DuplicateGeoLocation(GeoLocation::Continent(Continent::Europe)),
        ZoneRule::SeveralCidrCollections,
        ZoneRule::DuplicateCidrLocation(CidrLocation::Default),
        ZoneRule::IpBasedInPrivateZone,
        ZoneRule::CloudFrontInPrivateZone,
        ZoneRule::AliasTargetOutsideZone(name.clone()),
        ZoneRule::AliasTargetMissing(name.clone(), record_type),
        ZoneRule::AliasLoop(name.clone(), record_type),
        ZoneRule::AliasTooDeep(name, record_type),
    ]
}

fn account_rules() -> Vec<AccountRule> {
    vec![
        AccountRule::DuplicateId("one".to_owned()),
        AccountRule::DuplicateCidrCollectionName("one".to_owned()),
        AccountRule::DuplicateClientLocation(network()),
        AccountRule::UnknownVpc(vpc_id()),
        AccountRule::UnknownHealthCheck(check_id()),
        AccountRule::CalculatedChild(check_id()),
        AccountRule::UnknownCidrCollection(collection_id()),
        AccountRule::UnknownCidrLocation(collection_id(), "berlin".to_owned()),
        AccountRule::DuplicatePublicZone(name(), zone_id()),
        AccountRule::ConflictingPrivateZone(name(), vpc_id(), zone_id()),
    ]
}

fn record_set_errors() -> Vec<RecordSetError> {
    let (kind, record_type) = (PolicyKind::Weighted, RecordType::A);
    vec![
        RecordSetError::SetIdentifierMissing(kind),
        RecordSetError::SetIdentifierWithoutPolicy,
        RecordSetError::PolicyNotAllowed(kind, record_type),
        RecordSetError::AliasNotAllowed(record_type),
        RecordSetError::MultiValueAlias,
        RecordSetError::AliasTypeOfAwsResource(record_type, zone_id()),
        RecordSetError::NoValues,
        RecordSetError::SeveralValues(record_type),
        RecordSetError::TooManyValues(401),
        RecordSetError::TooManyCharacters(32_001),
        RecordSetError::DuplicateValue("192.0.2.1".to_owned()),
        RecordSetError::TtlTooLarge(u32::MAX),
        RecordSetError::WildcardNameServer,
    ]
}

fn record_set_findings() -> Vec<RecordSetFinding> {
    let protected = ProtectionKey { hosted_zone: zone_id(), name: name(), record_type: RecordType::A };
    let fault = AliasZoneFault::NameInOwnZone;
    let in_wrong_zone = AliasZoneError { hosted_zone_id: zone_id(), dns_name: name(), fault };
    let mut findings = vec![
        RecordSetFinding::AliasInWrongZone(key(), Box::new(in_wrong_zone)),
        RecordSetFinding::AlreadyExists(key()),
        RecordSetFinding::NotFound(key()),
        RecordSetFinding::DoesNotMatch(key()),
        RecordSetFinding::ChangedTwice(key()),
        RecordSetFinding::OfTrafficPolicyInstance(key(), TrafficPolicyInstanceId::new("instance").unwrap()),
        RecordSetFinding::Protected(protected, RecordSetProtection { comment: Some("mine".into()) }),
    ];
    for key in [None, Some(key())] {
        let of_zone = zone_rules().into_iter().map(|rule| RecordSetFinding::BreaksZoneRule(key.clone(), rule));
        findings.extend(of_zone);
        let of_account = account_rules().into_iter().map(|rule| RecordSetFinding::BreaksAccountRule(key.clone(), rule));
        findings.extend(of_account);
    }
    findings
}

fn dnssec_refusals() -> Vec<DnssecRefusal> {
    let key = KeySigningKeyName::parse("key1").unwrap();
    let arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";
    vec![
        DnssecRefusal::PrivateZone,
        DnssecRefusal::KeyNameTaken(key.clone()),
        DnssecRefusal::KmsArnTaken(KmsKeyArn::parse(arn).unwrap()),
        DnssecRefusal::TooManyKeys,
        DnssecRefusal::NoSuchKey(key.clone()),
        DnssecRefusal::KeyIsActive(key.clone()),
        DnssecRefusal::KeyInUse(key.clone()),
        DnssecRefusal::InParentDs(key),
        DnssecRefusal::NoActiveKey,
        DnssecRefusal::NothingToDisable,
    ]
}

fn traffic_policy_refusals() -> Vec<TrafficPolicyRefusal> {
    use TrafficPolicyRefusal as R;
    let (policy, instance) =
        (TrafficPolicyId::new("policy").unwrap(), TrafficPolicyInstanceId::new("instance").unwrap());
    vec![
        R::NoSuchPolicy(policy.clone()),
        R::NoSuchVersion(policy.clone(), 2),
        R::NameTaken("one".into()),
        R::TooManyVersions(policy),
        R::InUse(instance.clone()),
        R::NoSuchInstance(instance.clone()),
        R::InstanceExists(instance),
        R::OtherType(RecordType::A, RecordType::Aaaa),
        R::Tree(TreeError::Name(NameError::NameTooLong)),
        R::Tree(TreeError::RecordSets(record_set_errors())),
        R::RecordSets(zone_id(), record_set_findings()),
    ]
}

fn document_faults() -> Vec<DocumentFault> {
    let place = || Place::Branch("rule".into(), 0);
    let mut faults = vec![
        DocumentFault::TypeNotAllowed(RecordType::Ns),
        DocumentFault::EmptyRule("rule".into()),
        DocumentFault::UnknownTarget(Place::Start, Target::Rule("rule".into())),
    ];
    faults.extend(record_set_errors().into_iter().map(|error| DocumentFault::RecordSet(place(), error)));
    faults.extend(zone_rules().into_iter().map(|rule| DocumentFault::Zone(place(), rule)));
    faults
}

fn health_check_errors() -> Vec<HealthCheckError> {
    let (check_type, parameter) = (HealthCheckType::Calculated, Parameter::FailureThreshold);
    vec![
        HealthCheckError::NotOfType(check_type, parameter),
        HealthCheckError::Missing(check_type, parameter),
        HealthCheckError::NameBesideAddress,
        HealthCheckError::NoEndpoint(HealthCheckType::Http),
        HealthCheckError::OutOfRange(parameter, 11),
        HealthCheckError::TextLength(Parameter::SearchString, 0),
        HealthCheckError::TextLength(Parameter::AlarmIdentifier, 256),
        HealthCheckError::NotADomainName("a b".into()),
        HealthCheckError::AddressNotPublic("127.0.0.1".parse().unwrap()),
        HealthCheckError::RegionCount(2),
        HealthCheckError::NotACheckerRegion(AwsRegion::UsEast1),
        HealthCheckError::TooManyChildren(256),
        HealthCheckError::DuplicateChild(check_id()),
        HealthCheckError::Fixed(parameter),
    ]
}

fn cidr_collection_errors() -> Vec<CidrCollectionError> {
    vec![
        CidrCollectionError::Name("a b".to_owned()),
        CidrCollectionError::BlockLength(network()),
        CidrCollectionError::HostBits(network()),
        CidrCollectionError::BlockInUse(network(), CidrLocationName::parse("berlin").unwrap()),
    ]
}

fn change_errors() -> Vec<ChangeError> {
    let delegation_set = DelegationSetId::new("N1").unwrap();
    let described = Described { what: DescribedPart::HostedZone(zone_id()), file: Some("a.yaml".into()) };
    let protected = || ProtectionKey { hosted_zone: zone_id(), name: name(), record_type: RecordType::A };
    let mut errors = vec![
        ChangeError::NoSuchHostedZone(zone_id()),
        ChangeError::HostedZoneNotEmpty(zone_id()),
        ChangeError::RecordSets(record_set_findings()),
        ChangeError::DescribedByFile(described),
        ChangeError::CallerReferenceTaken(CallerReference::new("one").unwrap()),
        ChangeError::IdTaken,
        ChangeError::OtherVersion,
        ChangeError::NoSuchHealthCheck(check_id()),
        ChangeError::NoSuchCidrCollection(collection_id()),
        ChangeError::CidrCollectionNameTaken("one".into()),
        ChangeError::CidrInUse(collection_id(), None),
        ChangeError::CidrInUse(collection_id(), Some(CidrLocation::Default)),
        ChangeError::NoSuchDelegationSet(delegation_set.clone()),
        ChangeError::DelegationSetInUse(delegation_set.clone()),
        ChangeError::ConflictingDomain(delegation_set, zone_id()),
        ChangeError::DelegationSetAlreadyReusable(zone_id()),
        ChangeError::PublicZone(zone_id(), vpc_id()),
        ChangeError::NotAssociated(zone_id(), vpc_id()),
        ChangeError::LastVpc(zone_id(), vpc_id()),
        ChangeError::NotAuthorized(zone_id(), vpc_id()),
        ChangeError::VpcNotDescribed(vpc_id()),
        ChangeError::CalculatedChild(check_id()),
        ChangeError::TooManyTags(51),
        ChangeError::KeySigningKeysLeft(zone_id()),
        ChangeError::ProtectionsLeft(zone_id()),
        ChangeError::ProtectionsExist(vec![protected()], 1),
        ChangeError::NoSuchProtections(vec![protected()]),
        ChangeError::QueryLoggingConfigExists(zone_id()),
        ChangeError::QueryLoggingOfPrivateZone(zone_id()),
        ChangeError::NoSuchQueryLoggingConfig(QueryLoggingConfigId::new("config").unwrap()),
        ChangeError::NoSuchFeature(zone_id(), Feature::AcceleratedRecovery),
        ChangeError::NoSuchFeature(zone_id(), Feature::PublicDnsFallback),
    ];
    for rule in account_rules() {
        let record_set = Some(key());
        errors.push(ChangeError::HostedZone(vec![HostedZoneViolation { record_set, rule: rule.clone() }]));
        errors.push(ChangeError::Account(vec![Conflict { part: PartOfApi::HostedZone(zone_id(), name()), rule }]));
    }
    errors.extend(traffic_policy_refusals().into_iter().map(ChangeError::TrafficPolicy));
    errors.extend(dnssec_refusals().into_iter().map(|refusal| ChangeError::Dnssec(zone_id(), refusal)));
    errors
}

/// The variants that the enum in `source` has, and those of which there is a sample, are the same.
fn assert_complete<T: Debug>(source: &str, declaration: &str, samples: &[T]) {
    let (_, body) = source.split_once(&format!("{declaration} {{\n")).unwrap();
    let (body, _) = body.split_once("\n}").unwrap();
    let ident = |text: &str| text.split(|it: char| !it.is_ascii_alphanumeric()).next().unwrap_or_default().to_owned();
    let is_variant = |line: &&str| line.chars().next().is_some_and(|first| first.is_ascii_uppercase());
    let declared: BTreeSet<String> =
        body.lines().filter_map(|line| line.strip_prefix("    ")).filter(is_variant).map(ident).collect();
    let sampled: BTreeSet<String> = samples.iter().map(|sample| ident(&format!("{sample:?}"))).collect();
    assert_eq!(declared, sampled, "{declaration}");
}

/// The API has no key of zone files, which are `in_snake_case`, quoted or short, and no hint with a dot behind it.
fn assert_is_of_api(text: &str) {
    let words: Vec<&str> = text.split(|it: char| !it.is_ascii_alphanumeric() && it != '_').collect();
    let is_key = |word: &&str| {
        let is_snake_case = word.chars().all(|it| it == '_' || it.is_ascii_lowercase());
        (is_snake_case && word.trim_matches('_').contains('_')) || ["ttl", "vpcs"].contains(word)
    };
    assert!(!words.iter().any(is_key), "{text}");
    assert!(!text.is_empty() && !text.contains(['`', '\n']) && !text.contains("; ."), "{text}");
    assert!(!text.contains("; ,") && !text.ends_with([';', ' ', ':']), "{text}");
}

#[test]
fn every_error_of_the_model_has_a_sample() {
    assert_complete(include_str!("../model/zone_rules.rs"), "pub enum ZoneRule", &zone_rules());
    assert_complete(include_str!("../model/account_rules.rs"), "pub enum AccountRule", &account_rules());
    assert_complete(include_str!("../model/record_set.rs"), "pub enum RecordSetError", &record_set_errors());
    assert_complete(include_str!("../change/error.rs"), "pub enum RecordSetFinding", &record_set_findings());
    assert_complete(include_str!("../change/error.rs"), "pub enum ChangeError", &change_errors());
    assert_complete(include_str!("../change/dnssec.rs"), "pub enum DnssecRefusal", &dnssec_refusals());
    let source = include_str!("../change/traffic_policy_refusal.rs");
    assert_complete(source, "pub enum TrafficPolicyRefusal", &traffic_policy_refusals());
    let source = include_str!("../model/traffic_policy/document.rs");
    assert_complete(source, "pub enum DocumentFault", &document_faults());
    let source = include_str!("../model/health_check/error.rs");
    assert_complete(source, "pub enum HealthCheckError", &health_check_errors());
    let source = include_str!("../model/cidr_collection.rs");
    assert_complete(source, "pub enum CidrCollectionError", &cidr_collection_errors());
}

#[test]
fn no_text_of_the_api_speaks_of_keys_of_zone_files() {
    let zone = zone();
    for error in record_set_errors() {
        assert_is_of_api(&rule_words::record_set(&error));
        assert_is_of_api(&record_set_input::record_set_error(&error, "a.example.com.", RecordType::A));
    }
    for finding in record_set_findings() {
        change_batch_findings::messages(&[finding], &zone).iter().for_each(|text| assert_is_of_api(text));
    }
    for error in health_check_errors() {
        assert_is_of_api(&health_check_refusal::invalid(HealthCheckType::Http, &[error]).message);
    }
    for fault in document_faults() {
        assert_is_of_api(&rule_words::document_fault(&fault));
    }
    for error in cidr_collection_errors() {
        assert_is_of_api(&cidr_collection::invalid(&[error]).message);
    }
    for rule in zone_rules() {
        assert_is_of_api(&change_batch_findings::zone_rule(&rule));
    }
    let account = Account::new(AccountParts { hosted_zones: vec![Arc::new(zone)], ..AccountParts::default() }).unwrap();
    let targets = [("POST", "/2013-04-01/hostedzone/Z1/rrset"), ("POST", "/2013-04-01/healthcheck")];
    for (method, path) in targets {
        let target = RequestTarget::parse(path, None).unwrap();
        let request: Request<'_> = target.request(method, b"").unwrap();
        // Only a batch has findings, and its path a zone.
        let is_of_batch = |error: &ChangeError| matches!(error, ChangeError::RecordSets(_));
        for error in change_errors().into_iter().filter(|error| path.ends_with("rrset") || !is_of_batch(error)) {
            let refused = refusal::of(error, &request, &account);
            assert_is_of_api(&refused.message);
            refused.protections.iter().for_each(|protection| assert_is_of_api(&protection.message));
        }
    }
}
