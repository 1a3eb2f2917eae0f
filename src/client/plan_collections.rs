//! The CIDR collections of a plan. Blocks come before the record sets that need them, and go after those.

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::model::{CidrCollection, CidrLocationName};
use crate::zonefile::{cidr_collection_line, derived_cidr_collection_id};

use super::body::CidrEdit;
use super::found::ListedCollection;
use super::named::named_collection;
use super::plan::{Draft, Phase};
use super::step::Step;

/// L-4: networks of one change of a collection.
const BLOCKS: usize = 1_000;

type Blocks = BTreeMap<IpNet, CidrLocationName>;

impl Draft<'_> {
    pub(super) fn plan_collections(&mut self) {
        self.diff.section("CIDR collections");
        let (files, listed) = (self.files, self.listed);
        for wanted in files.cidr_collections.values() {
            let there = listed.cidr_collections.iter().find(|it| *it.name == *wanted.name());
            match there.map(named_collection) {
                None => self.create_collection(wanted),
                Some(Ok(before)) => self.change_collection(&before, wanted),
                Some(Err(problem)) => self.problems.push(problem),
            }
        }
        let is_in_files = |name: &str| files.cidr_collections.values().any(|it| it.name() == name);
        // An API draws ids: a derived one is that of a file of the server.
        let is_drawn = |it: &&ListedCollection| it.id != derived_cidr_collection_id(&it.name);
        let others = listed.cidr_collections.iter().filter(|it| !is_in_files(&it.name)).filter(is_drawn);
        let others: Vec<_> = others.collect();
        if !self.prunes() {
            if !others.is_empty() {
                self.notes.push(format!("CIDR collections in no file: {}; --prune deletes them", others.len()));
            }
            return;
        }
        for other in others {
            let line = named_collection(other).map_or_else(|_| other.name.to_string(), |it| cidr_collection_line(&it));
            self.diff.deleted(&line);
            let (of_api, name) = (other.id.clone(), other.name.clone());
            let edits = other.locations.iter().flat_map(|(location, blocks)| edits(location, false, blocks)).collect();
            self.add(Phase::DeletedCidrCollections, Step::DeleteCidrCollection { of_api, name, edits });
        }
    }

    fn create_collection(&mut self, wanted: &CidrCollection) {
        self.diff.added(&cidr_collection_line(wanted));
        let (id, name) = (wanted.id().clone(), wanted.name().into());
        self.add(Phase::CidrCollections, Step::CreateCidrCollection { id, name });
        let puts = wanted.locations().iter().flat_map(|(location, blocks)| edits(location, true, blocks));
        self.edit(Phase::CidrCollections, wanted, puts.collect());
    }

    fn change_collection(&mut self, before: &CidrCollection, wanted: &CidrCollection) {
        let (old, new) = (by_block(before), by_block(wanted));
        if old == new {
            return;
        }
        self.diff.changed(&cidr_collection_line(before), &cidr_collection_line(wanted));
        let moved =
            |block: &IpNet| new.get(block).is_some_and(|location| old.get(block).is_some_and(|it| it != location));
        let gone = |block: &IpNet| !new.contains_key(block);
        let taken = |collection: &CidrCollection, is_taken: &dyn Fn(&IpNet) -> bool, is_put| -> Vec<CidrEdit> {
            let of_location = |(location, blocks): (&CidrLocationName, &Vec<IpNet>)| {
                let blocks: Vec<IpNet> = blocks.iter().copied().filter(|block| is_taken(block)).collect();
                edits(location, is_put, &blocks).collect::<Vec<_>>()
            };
            collection.locations().iter().flat_map(of_location).collect()
        };
        let mut first = taken(before, &moved, false);
        first.extend(taken(wanted, &|block| old.get(block) != new.get(block), true));
        let last = taken(before, &gone, false);
        self.edit(Phase::CidrCollections, wanted, first);
        self.edit(Phase::CidrBlocksThatGo, wanted, last);
    }

    fn edit(&mut self, phase: Phase, collection: &CidrCollection, edits: Vec<CidrEdit>) {
        for some in edits.chunks(BLOCKS) {
            let (id, edits) = (collection.id().clone(), some.to_vec());
            self.add(phase, Step::ChangeCidrCollection { id, edits });
        }
    }
}

fn by_block(collection: &CidrCollection) -> Blocks {
    let locations = collection.locations().iter();
    locations.flat_map(|(location, blocks)| blocks.iter().map(move |block| (*block, location.clone()))).collect()
}

fn edits(location: &CidrLocationName, is_put: bool, blocks: &[IpNet]) -> impl Iterator<Item = CidrEdit> {
    let location: Box<str> = location.as_str().into();
    blocks.chunks(BLOCKS).map(move |some| CidrEdit { location: location.clone(), is_put, blocks: some.to_vec() })
}
