//! A hosted zone that is being put together: its record sets as they come, before the rules among them are checked.

use std::collections::BTreeSet;

use super::domain_name::ListedName;
use super::hosted_zone::{HostedZone, HostedZoneParts, ZoneHead};
use super::name_records::NameRecords;
use super::ordered_set::{Keyed, OrderedSet};
use super::record_set::RecordSet;
use super::zone_rules::{ZoneRule, ZoneViolation};
use super::{alias_rules, name_rules};

/// Record sets of a zone in the order they came, each with where it came from. They are kept as the zone will keep
/// them: a million take no more room than in the zone, and most are taken over as they are.
#[derive(Debug)]
pub struct ZoneDraft<Origin> {
    head: ZoneHead,
    /// Each is one record set.
    record_sets: Vec<NameRecords>,
    /// One for each of `record_sets`.
    origins: Vec<Origin>,
}

/// A draft that breaks rules.
#[derive(Debug)]
pub struct RefusedZone<Origin> {
    pub draft: ZoneDraft<Origin>,
    pub violations: Vec<ZoneViolation>,
}

impl<Origin: Copy> ZoneDraft<Origin> {
    /// Begins with no record set; those of `parts` come with an origin each.
    pub fn new(parts: HostedZoneParts, origins: Vec<Origin>) -> ZoneDraft<Origin> {
        let HostedZoneParts { id, name, comment, visibility, record_sets } = parts;
        let head = ZoneHead { id, name, comment, visibility };
        let record_sets = record_sets.into_iter().filter_map(|set| NameRecords::new(vec![set])).collect();
        ZoneDraft { head, record_sets, origins }
    }

    pub fn add(&mut self, set: RecordSet, origin: Origin) {
        if let Some(records) = NameRecords::new(vec![set]) {
            self.add_read(records, origin);
        }
    }

    /// As [`add`](ZoneDraft::add), for a record set that was made into the form it is kept in.
    pub fn add_read(&mut self, set: NameRecords, origin: Origin) {
        debug_assert_eq!(set.len(), 1, "one record set has one origin");
        self.record_sets.push(set);
        self.origins.push(origin);
    }

    /// Where a record set came from, by its place in the order they came.
    pub fn origin(&self, place: usize) -> Option<Origin> {
        self.origins.get(place).copied()
    }

    /// The draft without the record sets at these places.
    pub fn without(self, places: &BTreeSet<usize>) -> ZoneDraft<Origin> {
        let kept = self.record_sets.into_iter().zip(self.origins).enumerate();
        let kept = kept.filter(|(place, _)| !places.contains(place)).map(|(_, together)| together);
        let (record_sets, origins) = kept.unzip();
        ZoneDraft { head: self.head, record_sets, origins }
    }

    /// Checks every rule among the record sets and tells all that are broken, each with the place of the record set
    /// at fault. Gives the origins back in listing order, or everything as it was.
    pub fn finish(self) -> Result<(HostedZone, Vec<Origin>), Box<RefusedZone<Origin>>> {
        let mut violations = Vec::new();
        let mut places: Vec<usize> = (0..self.record_sets.len()).collect();
        // Those of one name stay in the order they came, so that the later one is at fault.
        places.sort_by(|one, other| self.record_sets[*one].compare_to(self.record_sets[*other].key()));
        let mut names = Vec::with_capacity(places.len());
        for of_name in places.chunk_by_mut(|one, next| self.record_sets[*one].name() == self.record_sets[*next].name())
        {
            let mut add = |place, rule| violations.push(ZoneViolation { record_set: Some(place), rule });
            names.extend(self.check_name(of_name, &mut add));
        }
        let names = OrderedSet::from_ordered(names);
        let mut add_for_zone = |rule| violations.push(ZoneViolation { record_set: None, rule });
        name_rules::check_zone(&self.head, names.get(ListedName(self.head.name.wire())), &mut add_for_zone);
        let ZoneDraft { head, record_sets, origins } = self;
        let zone = HostedZone::assembled(head, names);
        alias_rules::check_zone(&zone, record_sets.iter(), &mut |place, rule| {
            violations.push(ZoneViolation { record_set: Some(place), rule });
        });
        if violations.is_empty() {
            return Ok((zone, places.into_iter().map(|place| origins[place]).collect()));
        }
        violations.sort_by_key(|violation| violation.record_set);
        let draft = ZoneDraft { head: zone.into_head(), record_sets, origins };
        Err(Box::new(RefusedZone { draft, violations }))
    }

    /// Checks what stands at the places of one name, puts the places in listing order and the record sets together.
    fn check_name(&self, places: &mut [usize], add: &mut impl FnMut(usize, ZoneRule)) -> Option<NameRecords> {
        if let [place] = *places {
            let only = &self.record_sets[place];
            let mut add = |_, rule| add(place, rule);
            match only.plain_sets() {
                Some(sets) => {
                    let types = sets.map(|set| set.record_type);
                    name_rules::check_types(&self.head, only.name(), types, &mut add);
                }
                None => name_rules::check_name(&self.head, &only.record_sets(), &mut add),
            }
            return Some(only.clone());
        }
        let of_place = |place: &usize| self.record_sets[*place].record_sets().into_owned();
        let sets: Vec<RecordSet> = places.iter().flat_map(of_place).collect();
        name_rules::check_name(&self.head, &sets, &mut |place, rule| add(places[place], rule));
        let mut together: Vec<(usize, RecordSet)> = places.iter().copied().zip(sets).collect();
        together.sort_by(|(_, one), (_, other)| one.listing_order(other));
        places.iter_mut().zip(&together).for_each(|(place, (listed, _))| *place = *listed);
        NameRecords::new(together.into_iter().map(|(_, set)| set).collect())
    }
}
