//! What zone files describe and what was made through the API, in one account.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Action, Change, ChangeError, Described, RecordSetChange, RecordSetFinding, plan};
use crate::model::{
    Account, AccountParts, AccountRule, AddressPolicy, AwsRegion, CallerReference, ChangeId, ChangeRecord, Conflict,
    DelegationSet, DomainName, FailoverRole, ForcedStatus, HealthCheck, HealthCheckConfig, HealthCheckId,
    HealthCheckRegistration, HealthCheckType, HostedZone, HostedZoneId, HostedZoneParts, HostedZoneRegistration,
    RecordContent, RecordSet, RecordSetParts, RecordType, RecordValue, RoutingPolicy, SetIdentifier, SourceFiles,
    TaggedResource, Tags, Visibility, Vpc, VpcId, limits,
};

fn zone_id(id: &str) -> HostedZoneId {
    HostedZoneId::new(id).unwrap()
}

fn reference(text: &str) -> CallerReference {
    CallerReference::new(text).unwrap()
}

fn name(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

fn zone(id: &str, zone_name: &str, visibility: Visibility) -> HostedZone {
    let (id, name) = (zone_id(id), name(zone_name));
    let servers = DelegationSet::of_zone(&id, &visibility);
    let record_sets = vec![servers.ns_record_set(&name), servers.soa_record_set(&name)];
    HostedZone::new(HostedZoneParts { id, name, comment: "".into(), visibility, record_sets }).unwrap()
}

fn vpc(id: &str) -> Vpc {
    Vpc { id: VpcId::new(id).unwrap(), region: AwsRegion::EuWest1, cidrs: Vec::new() }
}

fn private(ids: &[&str]) -> Visibility {
    Visibility::Private(ids.iter().map(|id| VpcId::new(id).unwrap()).collect())
}

fn files(zones: Vec<HostedZone>, vpcs: Vec<Vpc>) -> Account {
    let source_files = SourceFiles {
        hosted_zones: zones.iter().map(|zone| (zone.id().clone(), Arc::from("zones/a.yaml"))).collect(),
        ..SourceFiles::default()
    };
    let hosted_zones = zones.into_iter().map(Arc::new).collect();
    Account::new(AccountParts { hosted_zones, vpcs, source_files, ..AccountParts::default() }).unwrap()
}

fn reload(account: &Account, files: Account) -> Result<Account, ChangeError> {
    plan(account, Change::ReplaceFiles(Box::new(files)))
}

fn create_zone(zone: HostedZone, caller_reference: &str, vpc: Option<Vpc>) -> Change {
    let registration = HostedZoneRegistration { caller_reference: reference(caller_reference), delegation_set: None };
    Change::CreateHostedZone { zone: Box::new(zone), registration, vpc }
}

fn recorded(change: Change, id: &str) -> Change {
    let record = ChangeRecord { submitted_at: Timestamp::UNIX_EPOCH, comment: None };
    Change::Recorded { change: Box::new(change), id: ChangeId::new(id).unwrap(), record }
}

fn create_record(zone: &str, set: RecordSet) -> Change {
    let changes = vec![RecordSetChange { action: Action::Create, record_set: set }];
    Change::ChangeRecordSets { hosted_zone: zone_id(zone), changes }
}

fn failover(role: FailoverRole, check: Option<&str>) -> RecordSet {
    let parts = RecordSetParts {
        name: name("www.api.example"),
        record_type: RecordType::A,
        set_identifier: Some(SetIdentifier::new(&role.to_string()).unwrap()),
        routing_policy: RoutingPolicy::Failover(role),
        content: RecordContent::Values {
            ttl: 1,
            values: vec![RecordValue::parse(RecordType::A, "192.0.2.1").unwrap()],
        },
        health_check_id: check.map(|id| HealthCheckId::new(id).unwrap()),
    };
    RecordSet::new(parts, &zone_id("ZAPI")).unwrap()
}

fn health_check(id: &str, port: u32, version: u64) -> (HealthCheck, HealthCheckRegistration) {
    let config = HealthCheckConfig {
        ip_address: Some([127, 0, 0, 1].into()),
        port: Some(port),
        ..HealthCheckConfig::new(HealthCheckType::Tcp)
    };
    let check = config.health_check(HealthCheckId::new(id).unwrap(), ForcedStatus::Obey, AddressPolicy::Any).unwrap();
    (check, HealthCheckRegistration { caller_reference: reference(id), version, config })
}

fn ids(account: &Account) -> Vec<&str> {
    account.hosted_zones().iter().map(|zone| zone.id().as_str()).collect()
}

#[test]
fn a_reload_leaves_what_the_api_made() {
    let account = files(vec![zone("ZFILE", "file.example", Visibility::Public)], Vec::new());
    let account = plan(&account, create_zone(zone("ZAPI", "api.example", Visibility::Public), "a", None)).unwrap();
    assert_eq!(ids(&account), ["ZAPI", "ZFILE"]);
    let next = reload(&account, files(vec![zone("ZOTHER", "other.example", Visibility::Public)], Vec::new())).unwrap();
    assert_eq!(ids(&next), ["ZAPI", "ZOTHER"]);
    assert_eq!(next.registry(), account.registry());
    let same = reload(&next, files(vec![zone("ZOTHER", "other.example", Visibility::Public)], Vec::new())).unwrap();
    assert_eq!(same, next);
    let taken = files(vec![zone("ZAPI", "new.example", Visibility::Public)], Vec::new());
    let Err(ChangeError::Account(conflicts)) = reload(&account, taken) else { panic!() };
    assert!(matches!(conflicts[..], [Conflict { rule: AccountRule::DuplicateId(_), .. }]), "{conflicts:?}");
}

#[test]
fn a_vpc_that_the_api_named_stays() {
    let account = files(Vec::new(), vec![vpc("vpc-file"), vpc("vpc-unused")]);
    let created = create_zone(zone("ZAPI", "api.example", private(&["vpc-file"])), "a", Some(vpc("vpc-file")));
    let account = plan(&account, created).unwrap();
    assert!(account.registry().vpcs.contains_key(&vpc("vpc-file").id), "the file may go");
    let associate = Change::AssociateVpc { hosted_zone: zone_id("ZAPI"), vpc: vpc("vpc-new") };
    let account = plan(&account, associate).unwrap();
    let next = reload(&account, files(Vec::new(), Vec::new())).unwrap();
    assert_eq!(next.vpcs().keys().map(|id| id.as_str()).collect::<Vec<_>>(), ["vpc-file", "vpc-new"]);
    let disassociate =
        |vpc: &str| Change::DisassociateVpc { hosted_zone: zone_id("ZAPI"), vpc: VpcId::new(vpc).unwrap() };
    let one = plan(&next, disassociate("vpc-file")).unwrap();
    assert_eq!(*one.hosted_zone(&zone_id("ZAPI")).unwrap().visibility(), private(&["vpc-new"]));
    assert!(matches!(plan(&one, disassociate("vpc-new")), Err(ChangeError::LastVpc(..))));
    assert!(matches!(plan(&one, disassociate("vpc-file")), Err(ChangeError::NotAssociated(..))));
}

#[test]
fn what_a_file_describes_cannot_be_changed_through_the_api() {
    let account = files(vec![zone("ZFILE", "file.example", Visibility::Public)], Vec::new());
    let www = RecordSet::with_values(
        name("www.file.example"),
        RecordType::A,
        1,
        vec![RecordValue::parse(RecordType::A, "192.0.2.1").unwrap()],
    );
    for change in [
        recorded(Change::DeleteHostedZone(zone_id("ZFILE")), "C1"),
        recorded(create_record("ZFILE", www.unwrap()), "C1"),
        Change::CommentHostedZone { hosted_zone: zone_id("ZFILE"), comment: "x".into() },
        Change::ChangeTags {
            resource: TaggedResource::HostedZone(zone_id("ZFILE")),
            add: Tags::new(),
            remove: Vec::new(),
        },
    ] {
        match plan(&account, change) {
            Err(ChangeError::DescribedByFile(Described { file, .. })) => {
                assert_eq!(file.as_deref(), Some("zones/a.yaml"));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_caller_reference_is_taken_for_good() {
    let account = plan(
        &Account::default(),
        recorded(create_zone(zone("ZAPI", "api.example", Visibility::Public), "a", None), "C1"),
    );
    let tags = Change::ChangeTags {
        resource: TaggedResource::HostedZone(zone_id("ZAPI")),
        add: [("a".into(), "1".into())].into(),
        remove: Vec::new(),
    };
    let account = plan(&account.unwrap(), tags).unwrap();
    let account = plan(&account, recorded(Change::DeleteHostedZone(zone_id("ZAPI")), "C2")).unwrap();
    assert!(account.registry().tags.is_empty() && account.registry().hosted_zones.is_empty());
    let again = create_zone(zone("ZNEW", "api.example", Visibility::Public), "a", None);
    assert!(matches!(plan(&account, again), Err(ChangeError::CallerReferenceTaken(_))));
    let known: Vec<_> = account.registry().changes.iter().map(|(id, _)| id.as_str().to_owned()).collect();
    assert_eq!(known, ["C1", "C2"]);
}

#[test]
fn a_refused_change_is_not_recorded_and_the_oldest_is_forgotten() {
    let account = Account::default();
    let missing = recorded(Change::DeleteHostedZone(zone_id("ZNONE")), "C1");
    assert!(matches!(plan(&account, missing), Err(ChangeError::NoSuchHostedZone(_))));
    let mut account = plan(&account, create_zone(zone("ZAPI", "api.example", Visibility::Public), "a", None)).unwrap();
    for number in 0..=limits::CHANGES {
        let changes = Change::ChangeRecordSets { hosted_zone: zone_id("ZAPI"), changes: Vec::new() };
        account = plan(&account, recorded(changes, &format!("C{number:06}"))).unwrap();
    }
    let changes = &account.registry().changes;
    assert_eq!(changes.len(), limits::CHANGES);
    assert_eq!(changes.iter().next().unwrap().0.as_str(), "C000001");
}

#[test]
fn an_update_of_another_version_changes_nothing() {
    let (check, registration) = health_check("h", 1, 1);
    let account = plan(&Account::default(), Change::CreateHealthCheck { check, registration }).unwrap();
    let (check, registration) = health_check("h", 2, 2);
    let update = Change::UpdateHealthCheck { check, registration };
    let account = plan(&account, update.clone()).unwrap();
    assert_eq!(plan(&account, update), Err(ChangeError::OtherVersion));
}

#[test]
fn record_sets_outlive_their_health_check() {
    let (check, registration) = health_check("h", 1, 1);
    let account = plan(&Account::default(), Change::CreateHealthCheck { check, registration }).unwrap();
    let account = plan(&account, create_zone(zone("ZAPI", "api.example", Visibility::Public), "a", None)).unwrap();
    let primary = create_record("ZAPI", failover(FailoverRole::Primary, Some("h")));
    let account = plan(&account, primary).unwrap();
    let account = plan(&account, Change::DeleteHealthCheck(HealthCheckId::new("h").unwrap())).unwrap();
    // H-5: what is there does not keep others from coming, but no other may name it.
    let with_missing = create_record("ZAPI", failover(FailoverRole::Secondary, Some("h")));
    match plan(&account, with_missing) {
        Err(ChangeError::RecordSets(findings)) => assert!(matches!(
            findings[..],
            [RecordSetFinding::BreaksAccountRule(_, AccountRule::UnknownHealthCheck(_))]
        )),
        other => panic!("{other:?}"),
    }
    let account = plan(&account, create_record("ZAPI", failover(FailoverRole::Secondary, None))).unwrap();
    let account = reload(&account, files(vec![zone("ZFILE", "file.example", Visibility::Public)], Vec::new())).unwrap();
    assert_eq!(account.hosted_zone(&zone_id("ZAPI")).unwrap().record_set_count(), 4);
}

#[test]
fn a_calculated_check_outlives_its_children() {
    let (child, registration) = health_check("h", 1, 1);
    let account = plan(&Account::default(), Change::CreateHealthCheck { check: child, registration }).unwrap();
    let config = HealthCheckConfig {
        health_threshold: Some(1),
        child_health_checks: Some(vec![HealthCheckId::new("h").unwrap()]),
        ..HealthCheckConfig::new(HealthCheckType::Calculated)
    };
    let of_version = |id: &str, version| {
        let id = HealthCheckId::new(id).unwrap();
        let check = config.health_check(id.clone(), ForcedStatus::Obey, AddressPolicy::Any).unwrap();
        let caller_reference = reference(id.as_str());
        (check, HealthCheckRegistration { caller_reference, version, config: config.clone() })
    };
    let (check, registration) = of_version("c", 1);
    let account = plan(&account, Change::CreateHealthCheck { check, registration }).unwrap();
    let account = plan(&account, Change::DeleteHealthCheck(HealthCheckId::new("h").unwrap())).unwrap();
    let account = reload(&account, files(vec![zone("ZFILE", "file.example", Visibility::Public)], Vec::new())).unwrap();
    let (check, registration) = of_version("c", 2);
    let account = plan(&account, Change::UpdateHealthCheck { check, registration }).unwrap();
    // But no other may name it.
    let (check, registration) = of_version("d", 1);
    let create = Change::CreateHealthCheck { check, registration };
    assert!(matches!(plan(&account, create), Err(ChangeError::NoSuchHealthCheck(_))));
}

#[test]
fn authorizations_belong_to_their_zone() {
    let mut account = Account::default();
    for (id, zone_name) in [("ZA", "a.example"), ("ZB", "b.example")] {
        let zone = zone(id, zone_name, private(&["vpc-1"]));
        account = plan(&account, create_zone(zone, id, Some(vpc("vpc-1")))).unwrap();
        for authorized in ["vpc-2", "vpc-3"] {
            let change = Change::AuthorizeVpc { hosted_zone: zone_id(id), vpc: vpc(authorized) };
            account = plan(&account, change).unwrap();
        }
    }
    account = plan(&account, Change::DeleteHostedZone(zone_id("ZA"))).unwrap();
    let of = |id: &str| account.vpc_authorizations(&zone_id(id)).map(|(vpc, _)| vpc.clone()).collect::<BTreeSet<_>>();
    assert!(of("ZA").is_empty());
    assert_eq!(of("ZB").iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["vpc-2", "vpc-3"]);
}
