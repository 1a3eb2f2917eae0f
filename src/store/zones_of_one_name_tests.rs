//! Z-2 and Z-3: several public zones may have one name, and never a name server in common.

use std::collections::BTreeMap;
use std::sync::Arc;

use fastrand::Rng;

use crate::change::{Change, ChangeError, plan};
use crate::model::{
    Account, AccountParts, CallerReference, DelegationSet, DelegationSetId, DomainName, HostedZone, HostedZoneId,
    HostedZoneParts, HostedZoneRegistration, ReusableDelegationSet, Visibility,
};
use crate::snapshot::{CountryData, HashedName, Snapshot};

fn zone_id(id: &str) -> HostedZoneId {
    HostedZoneId::new(id).unwrap()
}

fn zone(id: &str, name: &str) -> HostedZone {
    let (id, name) = (zone_id(id), DomainName::parse(name).unwrap());
    let servers = DelegationSet::of_public_zone(&id);
    let record_sets = vec![servers.ns_record_set(&name), servers.soa_record_set(&name)];
    let parts = HostedZoneParts { id, name, comment: "".into(), visibility: Visibility::Public, record_sets };
    HostedZone::new(parts).unwrap()
}

fn create(id: &str, name: &str, delegation_set: Option<&str>) -> Change {
    let registration = HostedZoneRegistration {
        caller_reference: CallerReference::new(id).unwrap(),
        delegation_set: delegation_set.map(|set| DelegationSetId::new(set).unwrap()),
    };
    Change::CreateHostedZone { zone: Box::new(zone(id, name)), registration, vpc: None }
}

const NAMES: [&str; 3] = ["a.test", "b.a.test", "c.test"];

/// What should be: the zones of the API in the order of their making, and those of the files by name.
#[derive(Default)]
struct Expected {
    of_api: Vec<(String, &'static str)>,
    of_files: BTreeMap<&'static str, String>,
}

impl Expected {
    fn delegated(&self, name: &str) -> Option<&str> {
        let of_files = self.of_files.get(name);
        of_files.or_else(|| self.of_api.iter().find(|(_, its)| *its == name).map(|(id, _)| id)).map(String::as_str)
    }

    fn check(&self, snapshot: &Snapshot) {
        let account = snapshot.account();
        let mut undelegated: Vec<&str> = account.undelegated_zones().map(|(zone, _)| zone.id().as_str()).collect();
        for text in NAMES {
            let name = DomainName::parse(text).unwrap();
            let delegated = self.delegated(text);
            assert_eq!(account.public_zone_named(&name).map(|zone| zone.id().as_str()), delegated);
            let mut hashed = HashedName::default();
            hashed.set(name.wire(), snapshot.seed());
            let found = snapshot.public_zone_of(&hashed, 0).filter(|found| found.labels_below == 0);
            assert_eq!(found.map(|found| found.zone.id().as_str()), delegated);
            let ids = self.of_api.iter().filter(|(_, its)| *its == text).map(|(id, _)| &**id);
            for other in ids.filter(|id| Some(*id) != delegated) {
                let place = undelegated.iter().position(|id| *id == other).expect("it is silent");
                undelegated.remove(place);
            }
        }
        assert_eq!(undelegated, [""; 0], "these are said to be silent");
    }
}

#[test]
fn the_zone_of_the_files_is_asked_else_the_one_made_first() {
    for seed in 0..60 {
        let mut rng = Rng::with_seed(seed);
        let mut expected = Expected::default();
        let mut snapshot = Snapshot::new(Arc::default(), Arc::new(CountryData::default()));
        for step in 0..60 {
            let change = match rng.u8(..5) {
                0 | 1 => {
                    // So that the order of ids is not that of time.
                    let (id, name) = (format!("Z{}X{step}", rng.u8(..)), rng.choice(NAMES).unwrap());
                    expected.of_api.push((id.clone(), name));
                    create(&id, name, None)
                }
                2 | 3 if !expected.of_api.is_empty() => {
                    let (id, name) = expected.of_api.remove(rng.usize(..expected.of_api.len()));
                    let id = zone_id(&id);
                    // Before the registry has forgotten it, too.
                    let without = snapshot.account().without_hosted_zone(&id);
                    let next =
                        without.public_zone_named(&DomainName::parse(name).unwrap()).map(|zone| zone.id().as_str());
                    assert_eq!(next, expected.delegated(name));
                    Change::DeleteHostedZone(id)
                }
                _ => {
                    let of_files = NAMES.into_iter().filter(|_| rng.bool());
                    expected.of_files = of_files.map(|name| (name, format!("ZF{}", name.replace('.', "")))).collect();
                    let hosted_zones = expected.of_files.iter().map(|(name, id)| Arc::new(zone(id, name))).collect();
                    let files = Account::new(AccountParts { hosted_zones, ..AccountParts::default() }).unwrap();
                    Change::ReplaceFiles(Box::new(files))
                }
            };
            let account = plan(snapshot.account(), change).unwrap();
            snapshot = snapshot.next(Arc::new(account));
            expected.check(&snapshot);
            let anew = Snapshot::new(Arc::clone(snapshot.account()), Arc::new(CountryData::default()));
            expected.check(&anew);
        }
    }
}

#[test]
fn zones_of_one_reusable_delegation_set_have_nothing_to_do_with_each_other() {
    let set = ReusableDelegationSet {
        caller_reference: CallerReference::new("set").unwrap(),
        name_servers: DelegationSet::derived_from("set"),
    };
    let id = DelegationSetId::new("N1").unwrap();
    let account = plan(&Account::default(), Change::CreateDelegationSet { id: id.clone(), set, hosted_zone: None });
    let account = plan(&account.unwrap(), create("ZA", "a.b.test", Some("N1"))).unwrap();
    for name in ["a.b.test", "c.a.b.test", "d.c.a.b.test", "b.test"] {
        let conflict = ChangeError::ConflictingDomain(id.clone(), zone_id("ZA"));
        assert_eq!(plan(&account, create("ZB", name, Some("N1"))), Err(conflict), "{name}");
        plan(&account, create("ZB", name, None)).unwrap();
    }
    plan(&account, create("ZB", "ba.b.test", Some("N1"))).unwrap();
}

#[test]
fn an_id_whose_name_servers_another_such_zone_has_is_drawn_anew() {
    let servers = DelegationSet::of_public_zone(&zone_id("ZA"));
    let shares = |id: &String| {
        let theirs = DelegationSet::of_public_zone(&zone_id(id));
        theirs.name_servers().iter().any(|server| servers.name_servers().contains(server))
    };
    let other = (0..).map(|number| format!("ZB{number}")).find(shares).unwrap();
    let account = plan(&Account::default(), create("ZA", "a.b.test", None)).unwrap();
    for name in ["a.b.test", "c.a.b.test", "b.test"] {
        assert_eq!(plan(&account, create(&other, name, None)), Err(ChangeError::IdTaken), "{name}");
    }
    plan(&account, create(&other, "c.test", None)).unwrap();
}
