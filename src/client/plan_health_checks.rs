//! The health checks of a plan. What a check is made of may partly not be changed (§5.1): then another takes its place, under
//! the next caller reference, and record sets are pointed to that.

use std::collections::HashMap;

use crate::model::{HealthCheck, HealthCheckConfig, HealthCheckId, HealthCheckTarget, Tags};
use crate::zonefile::health_check_line;

use super::check_reference;
use super::found::ListedCheck;
use super::named::NamedCheck;
use super::named_files::take_interval_of_route53;
use super::plan::{Draft, Phase};
use super::step::{Step, Tagged};

impl Draft<'_> {
    pub(super) fn plan_health_checks(&mut self) {
        self.diff.section("health checks");
        let files = self.files;
        // Calculated ones last: by then it is known which of their children are made anew.
        let (calculated, others): (Vec<_>, Vec<_>) =
            files.health_checks.iter().partition(|(_, it)| is_calculated(&it.check));
        let by_id: HashMap<&HealthCheckId, &ListedCheck> =
            self.listed.health_checks.iter().map(|check| (&check.id, check)).collect();
        for (id, wanted) in others.into_iter().chain(calculated) {
            let there = self.names.check_of_api(id).and_then(|of_api| by_id.get(of_api)).copied();
            self.plan_health_check(id, wanted, there);
        }
        self.plan_checks_in_no_file();
    }

    fn plan_health_check(&mut self, id: &HealthCheckId, wanted: &NamedCheck, there: Option<&ListedCheck>) {
        let phase = match is_calculated(&wanted.check) {
            true => Phase::CalculatedHealthChecks,
            false => Phase::HealthChecks,
        };
        let Some(there) = there else {
            self.diff.added(&health_check_line(&wanted.check, &wanted.tags));
            return self.create(phase, wanted, 1);
        };
        let before = match NamedCheck::of(there, id.clone(), &self.names) {
            Ok(before) => before,
            Err(problem) => return self.problems.push(problem),
        };
        let tags = self.tags_after(&wanted.tags, &before.tags);
        if before.check == wanted.check && before.tags == tags {
            return;
        }
        if let Some(owner) = &there.linked_to {
            // The server's own files may have more than Route 53 allows, and so may these, which could be the same.
            let mut as_pushed = before.check.clone();
            take_interval_of_route53(&mut as_pushed);
            if as_pushed == wanted.check && before.tags == tags {
                return;
            }
            let problem =
                format!("health check {id} is not what the files say, and belongs to {owner}: change it there");
            return self.problems.push(problem);
        }
        let lines =
            [(&before.check, &before.tags), (&wanted.check, &tags)].map(|(check, tags)| health_check_line(check, tags));
        self.diff.changed(&lines[0], &lines[1]);
        let (old, new) = (HealthCheckConfig::of(&before.check), HealthCheckConfig::of(&wanted.check));
        if old.check_type != new.check_type || !old.forbidden_changes(&new).is_empty() {
            self.names.forget_check(id);
            let generation = check_reference::named(&there.caller_reference).map_or(1, |(_, generation)| generation);
            let anew = NamedCheck { check: wanted.check.clone(), tags };
            return self.create(phase, &anew, generation.saturating_add(1));
        }
        if before.check != wanted.check {
            let (version, check) = (there.version, wanted.check.clone());
            self.add(phase, Step::UpdateHealthCheck { version, before: Box::new(before.check), check });
        }
        self.change_tags(phase, &Tagged::HealthCheck(id.clone()), &before.tags, &tags);
    }

    fn create(&mut self, phase: Phase, wanted: &NamedCheck, generation: u32) {
        self.add(phase, Step::CreateHealthCheck { check: wanted.check.clone(), generation });
        self.change_tags(phase, &Tagged::HealthCheck(wanted.check.id.clone()), &Tags::new(), &wanted.tags);
    }

    fn plan_checks_in_no_file(&mut self) {
        let is_in_files = |check: &ListedCheck, draft: &Draft<'_>| {
            draft.names.check_in_files(&check.id).is_some_and(|id| draft.files.health_checks.contains_key(id))
        };
        let listed = self.listed;
        let others: Vec<&ListedCheck> =
            listed.health_checks.iter().filter(|it| it.linked_to.is_none() && !is_in_files(it, self)).collect();
        if !self.prunes() {
            if !others.is_empty() {
                self.notes.push(format!("health checks in no file: {}; --prune deletes them", others.len()));
            }
            return;
        }
        for check in others {
            let id = self.names.check_in_files(&check.id).unwrap_or(&check.id).clone();
            let named = NamedCheck::of(check, id, &self.names);
            let line = named
                .as_ref()
                .map(|it| health_check_line(&it.check, &it.tags))
                .unwrap_or_else(|_| check.id.to_string());
            self.diff.deleted(&line);
            let phase = match named {
                Ok(named) if is_calculated(&named.check) => Phase::DeletedCalculatedHealthChecks,
                _ => Phase::DeletedHealthChecks,
            };
            self.add(phase, Step::DeleteHealthCheck { of_api: check.id.clone() });
        }
    }
}

fn is_calculated(check: &HealthCheck) -> bool {
    matches!(check.target, HealthCheckTarget::Calculated(_))
}
