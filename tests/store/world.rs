//! A data directory, and a zone of pairs of names.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use route53d::change::{Action, Change, RecordSetChange};
use route53d::data_directory::DataDirectory;
use route53d::model::{
    Account, CallerReference, DelegationSet, DomainName, HostedZone, HostedZoneId, HostedZoneParts,
    HostedZoneRegistration, RecordSet, RecordType, RecordValue, Visibility,
};
use route53d::snapshot::CountryData;
use route53d::store::{Embedded, Store};

/// A directory that goes when the test does.
pub struct Directory(pub PathBuf);

impl Directory {
    pub fn new() -> Directory {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("store-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Directory(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn open(path: &Path) -> Store {
    let directory = Arc::new(DataDirectory::open(path).unwrap());
    let journal = Embedded::open(&directory).unwrap();
    Store::open(Account::default(), CountryData::default(), Box::new(journal)).unwrap()
}

pub fn zone_id() -> HostedZoneId {
    HostedZoneId::new("Z1").unwrap()
}

pub fn put_zone() -> Change {
    let (id, name) = (zone_id(), DomainName::parse("example.test").unwrap());
    let servers = DelegationSet::of_public_zone(&id);
    let record_sets = vec![servers.ns_record_set(&name), servers.soa_record_set(&name)];
    let parts = HostedZoneParts { id, name, comment: "".into(), visibility: Visibility::Public, record_sets };
    let zone = Box::new(HostedZone::new(parts).unwrap());
    let caller_reference = CallerReference::new("one").unwrap();
    let registration = HostedZoneRegistration { caller_reference, delegation_set: None };
    Change::CreateHostedZone { zone, registration, vpc: None }
}

/// Both names of a pair say this number, as their TTL.
pub fn set_pair(pair: usize, number: u32) -> Change {
    let changes = ["a", "b"].map(|side| {
        // So large that checkpoints are made every now and then.
        let value = RecordValue::parse(RecordType::Txt, &format!("\"{}\"", "x".repeat(250))).unwrap();
        let record_set = RecordSet::with_values(name(pair, side), RecordType::Txt, number, vec![value]).unwrap();
        RecordSetChange { action: Action::Upsert, record_set }
    });
    Change::ChangeRecordSets { hosted_zone: zone_id(), changes: changes.into() }
}

/// What the names of a pair say.
pub fn pair(store: &Store, pair: usize) -> [Option<u32>; 2] {
    let snapshot = store.snapshots().load();
    let zone = snapshot.account().hosted_zone(&zone_id()).unwrap();
    ["a", "b"].map(|side| zone.group(&name(pair, side), RecordType::Txt).first().and_then(RecordSet::ttl))
}

fn name(pair: usize, side: &str) -> DomainName {
    DomainName::parse(&format!("{side}{pair}.example.test")).unwrap()
}
