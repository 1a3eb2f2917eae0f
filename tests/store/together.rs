//! Changes of many callers at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use route53d::change::{Action, Change, ChangeError, RecordSetChange};
use route53d::model::{DomainName, RecordSet, RecordType, RecordValue};
use route53d::store::StoreError;

use crate::world::{Directory, open, pair, put_zone, set_pair, zone_id};

const CALLERS: usize = 24;
const ROUNDS: u32 = 40;

#[test]
fn each_caller_has_its_change_and_readers_see_whole_ones() {
    let directory = Directory::new();
    let store = open(&directory.0);
    store.apply(put_zone()).unwrap();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                for number in 0..CALLERS {
                    let [a, b] = pair(&store, number);
                    assert_eq!(a, b, "half a change was seen");
                }
            }
        });
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let store = &store;
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        let generation = store.apply(set_pair(caller, round)).unwrap();
                        assert!(store.snapshots().load().generation() >= generation);
                        assert_eq!(pair(store, caller), [Some(round); 2], "it is answered when it is told");
                    }
                })
            })
            .collect();
        callers.into_iter().for_each(|caller| caller.join().unwrap());
        is_over.store(true, Ordering::Relaxed);
    });
    drop(store);
    let store = open(&directory.0);
    assert!((0..CALLERS).all(|caller| pair(&store, caller) == [Some(ROUNDS - 1); 2]));
}

/// Each creates the same record set: one caller does, the others learn that it is there.
#[test]
fn a_refused_change_does_not_disturb_those_it_came_with() {
    let directory = Directory::new();
    let store = open(&directory.0);
    store.apply(put_zone()).unwrap();
    for round in 0..20 {
        let name = DomainName::parse(&format!("n{round}.example.test")).unwrap();
        let outcomes: Vec<_> = thread::scope(|scope| {
            let callers: Vec<_> = (0..CALLERS)
                .map(|caller| {
                    let (store, name) = (&store, name.clone());
                    scope.spawn(move || {
                        // So that each is another record set.
                        store.apply(set_pair(caller, round)).unwrap();
                        let value = RecordValue::parse(RecordType::A, &format!("192.0.2.{caller}")).unwrap();
                        let record_set = RecordSet::with_values(name, RecordType::A, 1, vec![value]).unwrap();
                        let changes = vec![RecordSetChange { action: Action::Create, record_set }];
                        store.apply(Change::ChangeRecordSets { hosted_zone: zone_id(), changes })
                    })
                })
                .collect();
            callers.into_iter().map(|caller| caller.join().unwrap()).collect()
        });
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        let refused = |error: &StoreError| matches!(error, StoreError::Change(ChangeError::RecordSets(_)));
        assert!(outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).all(refused), "{outcomes:?}");
    }
    let account = store.snapshots().load().account().clone();
    drop(store);
    assert_eq!(*open(&directory.0).snapshots().load().account(), account);
}
