//! The hosted zones of a plan: which zone of the API a zone of the files is, and what is another about it.

use std::collections::BTreeSet;

use crate::model::{RecordSet, Tags};
use crate::zonefile::{hosted_zone_line, record_set_line};

use super::found::ListedZone;
use super::named::NamedZone;
use super::plan::{Draft, Phase};
use super::step::{Step, Tagged, ZoneKey};

impl<'p> Draft<'p> {
    pub(super) fn plan_zones(&mut self) {
        let mut matched = BTreeSet::new();
        let (files, listed) = (self.files, self.listed);
        for zone in &files.hosted_zones {
            match self.zone_there(zone) {
                Ok(Some(there)) if !matched.insert(&there.head.id) => {
                    self.problems.push(format!("two hosted zones of the files are {} of the API", there.head.id));
                }
                Ok(there) => self.plan_zone(zone, there),
                Err(problem) => self.problems.push(problem),
            }
        }
        let others: Vec<&ListedZone> = listed
            .hosted_zones
            .iter()
            .filter(|zone| zone.head.linked_to.is_none() && !matched.contains(&zone.head.id))
            .collect();
        // Without pruning, others are not asked for.
        if self.prunes() {
            others.into_iter().for_each(|zone| self.delete_zone(zone));
        }
    }

    /// The zone that is meant: by the id that the file gives, else by name and by who sees it.
    fn zone_there(&self, zone: &NamedZone) -> Result<Option<&'p ListedZone>, String> {
        let account = self.listed;
        let listed = account.hosted_zones.iter();
        if let Some(given) = &zone.given_id
            && let Some(there) = listed.clone().find(|there| there.head.id == *given)
        {
            if there.head.name == zone.name && there.head.is_private == zone.is_private() {
                return Ok(Some(there));
            }
            let (name, kind) = (&there.head.name, there.head.kind());
            return Err(format!("hosted zone {}: {given} is the {kind} zone {name} of the API", zone.name));
        }
        let of_name: Vec<&ListedZone> =
            listed.filter(|there| there.head.name == zone.name && there.head.is_private == zone.is_private()).collect();
        let sees = |there: &ListedZone| zone.vpcs.keys().any(|vpc| there.vpcs.contains_key(vpc));
        let of_vpcs: Vec<&ListedZone> = of_name.iter().copied().filter(|there| sees(there)).collect();
        let namesakes = self
            .files
            .hosted_zones
            .iter()
            .filter(|other| other.name == zone.name && other.is_private() == zone.is_private());
        match (&of_vpcs[..], &of_name[..]) {
            ([there], _) => Ok(Some(there)),
            // All VPCs are others.
            ([], [there]) if namesakes.count() == 1 => Ok(Some(there)),
            ([], []) => Ok(None),
            ([], _) if zone.is_private() => Ok(None),
            (several, all) => {
                let several = if several.is_empty() { all } else { several };
                let ids: Vec<&str> = several.iter().map(|there| there.head.id.as_str()).collect();
                let (name, ids) = (&zone.name, ids.join(", "));
                Err(format!("hosted zone {name}: the API has several, {ids}; say which with id: in the file"))
            }
        }
    }

    fn plan_zone(&mut self, zone: &NamedZone, there: Option<&ListedZone>) {
        let kind = if zone.is_private() { "private" } else { "public" };
        let key = ZoneKey {
            name: zone.name.clone(),
            in_files: zone.id.clone(),
            of_api: there.map(|there| there.head.id.clone()),
        };
        let steps = self.steps.len();
        match there {
            None => {
                self.diff.section(format!("hosted zone {} ({kind}, new)", zone.name));
                self.diff.added(&zone_line(zone, &zone.tags));
                let (comment, vpcs) = (zone.comment.clone(), zone.vpcs.clone());
                self.add(Phase::HostedZones, Step::CreateHostedZone { zone: key.clone(), comment, vpcs });
                self.change_tags(Phase::HostedZones, &Tagged::HostedZone(key.clone()), &Tags::new(), &zone.tags);
            }
            Some(there) => {
                self.diff.section(format!("hosted zone {} ({kind}, {})", zone.name, there.head.id));
                self.change_zone(zone, there, &key);
                if let Some(dnssec) = there.dnssec_words() {
                    let name = &zone.name;
                    self.notes.push(format!(
                        "hosted zone {name} has {dnssec}, left alone because zone files cannot hold them"
                    ));
                }
            }
        }
        self.plan_record_sets(zone, there, &key);
        if let Some(owner) = there.and_then(|there| there.head.linked_to.as_deref())
            && self.steps.len() > steps
        {
            let name = &zone.name;
            self.problems
                .push(format!("hosted zone {name} is not what the files say, and belongs to {owner}: change it there"));
        }
    }

    fn change_zone(&mut self, zone: &NamedZone, there: &ListedZone, key: &ZoneKey) {
        let before = NamedZone::head_of(there);
        let tags = self.tags_after(&zone.tags, &before.tags);
        for (vpc, region) in &zone.vpcs {
            if let Some(other) = before.vpcs.get(vpc).filter(|other| *other != region) {
                let name = &zone.name;
                self.problems
                    .push(format!("hosted zone {name}: {vpc} is in {region} in the files, and in {other} in the API"));
            }
        }
        if (&before.comment, &before.vpcs, &before.tags) == (&zone.comment, &zone.vpcs, &tags) {
            return;
        }
        self.diff.changed(&zone_line(&before, &before.tags), &zone_line(zone, &tags));
        if before.comment != zone.comment {
            let (zone, comment) = (key.clone(), zone.comment.clone());
            self.add(Phase::HostedZones, Step::CommentHostedZone { zone, comment });
        }
        // PZ-18: a private zone is never without a VPC.
        for (vpc, region) in zone.vpcs.iter().filter(|(vpc, _)| !before.vpcs.contains_key(*vpc)) {
            let (zone, vpc, region) = (key.clone(), vpc.clone(), *region);
            self.add(Phase::HostedZones, Step::AssociateVpc { zone, vpc, region });
        }
        for (vpc, region) in before.vpcs.iter().filter(|(vpc, _)| !zone.vpcs.contains_key(*vpc)) {
            let (zone, vpc, region) = (key.clone(), vpc.clone(), *region);
            self.add(Phase::HostedZones, Step::DisassociateVpc { zone, vpc, region });
        }
        self.change_tags(Phase::HostedZones, &Tagged::HostedZone(key.clone()), &before.tags, &tags);
    }

    fn delete_zone(&mut self, there: &ListedZone) {
        if !there.of_instances.is_empty() {
            let (name, id) = (&there.head.name, &there.head.id);
            self.notes
                .push(format!("hosted zone {name} ({id}) has traffic policy instances, and stays: delete them first"));
            return;
        }
        if there.dnssec.is_some_and(|dnssec| dnssec.key_signing_keys > 0) {
            let (name, id) = (&there.head.name, &there.head.id);
            let dnssec = there.dnssec_words().unwrap_or_default();
            self.notes.push(format!(
                "hosted zone {name} ({id}) has {dnssec}, and stays: disable signing, and deactivate and delete the keys first"
            ));
            return;
        }
        let named = NamedZone::of(there, &self.names);
        self.diff.section(format!("hosted zone {} ({}, {})", there.head.name, there.head.kind(), there.head.id));
        self.diff.deleted(&zone_line(&named, &named.tags));
        let (name, of_api) = (there.head.name.clone(), Some(there.head.id.clone()));
        let key = ZoneKey { name, in_files: named.id.clone(), of_api };
        self.plan_record_sets(&NamedZone { record_sets: Vec::new(), ..named }, Some(there), &key);
        self.add(Phase::DeletedHostedZones, Step::DeleteHostedZone { zone: key });
    }

    /// A record set as files write it.
    pub(super) fn set_line(&self, set: &RecordSet, zone: &NamedZone) -> String {
        record_set_line(set, &zone.name, &zone.id, &self.collections)
    }
}

fn zone_line(zone: &NamedZone, tags: &Tags) -> String {
    hosted_zone_line(&zone.name, &zone.comment, zone.vpcs.keys(), tags)
}
