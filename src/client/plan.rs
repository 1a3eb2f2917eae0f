//! What is to be done so that an account has what files say: pure.

use std::collections::BTreeMap;
use std::fmt;

use crate::model::{CidrCollection, CidrCollectionId, Tags, limits};

use super::found::ListedAccount;
use super::named::{NamedAccount, named_collection};
use super::names::Names;
use super::step::{Step, Tagged};

/// What becomes of what no file describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pruning {
    Keep,
    Delete,
}

/// Steps in the order in which they can be done, and what they come to.
#[derive(Debug)]
pub struct Plan {
    pub steps: Vec<Step>,
    pub diff: Diff,
    /// What is there and in no file, and stays.
    pub notes: Vec<String>,
    pub names: Names,
}

/// For people: items of zone files, each with what becomes of it.
#[derive(Debug, Default)]
pub struct Diff {
    sections: Vec<(String, Vec<String>)>,
    pub added: usize,
    pub changed: usize,
    pub deleted: usize,
}

/// # Errors
///
/// What cannot be done: everything that is known of it, before anything is.
pub fn plan(files: &NamedAccount, account: &ListedAccount, pruning: Pruning) -> Result<Plan, Vec<String>> {
    let listed = account.cidr_collections.iter().filter_map(|it| named_collection(it).ok());
    let of_files = files.cidr_collections.values().cloned();
    let mut draft = Draft {
        files,
        listed: account,
        pruning,
        names: Names::of(account),
        steps: Vec::new(),
        diff: Diff::default(),
        notes: Vec::new(),
        problems: Vec::new(),
        collections: listed.chain(of_files).map(|it| (it.id().clone(), it)).collect(),
    };
    draft.plan_health_checks();
    draft.plan_collections();
    draft.plan_zones();
    if !draft.problems.is_empty() {
        return Err(draft.problems);
    }
    draft.steps.sort_by_key(|(phase, _)| *phase);
    let steps = draft.steps.into_iter().map(|(_, step)| step).collect();
    Ok(Plan { steps, diff: draft.diff, notes: draft.notes, names: draft.names })
}

/// What refers to something comes after it, and goes before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    HealthChecks,
    CalculatedHealthChecks,
    CidrCollections,
    HostedZones,
    RecordSets,
    DeletedHostedZones,
    CidrBlocksThatGo,
    DeletedCidrCollections,
    DeletedCalculatedHealthChecks,
    DeletedHealthChecks,
}

/// A plan that is being made.
pub(super) struct Draft<'p> {
    pub files: &'p NamedAccount,
    pub listed: &'p ListedAccount,
    pub pruning: Pruning,
    pub names: Names,
    pub steps: Vec<(Phase, Step)>,
    pub diff: Diff,
    pub notes: Vec<String>,
    pub problems: Vec<String>,
    /// For people, who know them by name.
    pub collections: BTreeMap<CidrCollectionId, CidrCollection>,
}

impl Draft<'_> {
    pub fn add(&mut self, phase: Phase, step: Step) {
        self.steps.push((phase, step));
    }

    pub fn prunes(&self) -> bool {
        self.pruning == Pruning::Delete
    }

    /// Tags that files give are there afterwards; others go when pruning.
    pub fn tags_after(&self, files: &Tags, before: &Tags) -> Tags {
        let mut after = if self.prunes() { Tags::new() } else { before.clone() };
        after.extend(files.clone());
        after
    }

    pub fn change_tags(&mut self, phase: Phase, of: &Tagged, before: &Tags, after: &Tags) {
        let new = after.iter().filter(|(key, value)| before.get(*key) != Some(*value));
        let add: Vec<_> = new.map(|(key, value)| (key.clone(), value.clone())).collect();
        let remove: Vec<_> = before.keys().filter(|key| !after.contains_key(*key)).cloned().collect();
        for some in remove.chunks(limits::TAGS_PER_REQUEST) {
            self.add(phase, Step::ChangeTags { of: of.clone(), add: Tags::new(), remove: some.to_vec() });
        }
        for some in add.chunks(limits::TAGS_PER_REQUEST) {
            let add = some.iter().cloned().collect();
            self.add(phase, Step::ChangeTags { of: of.clone(), add, remove: Vec::new() });
        }
    }
}

impl Diff {
    pub(super) fn section(&mut self, title: impl Into<String>) {
        self.sections.push((title.into(), Vec::new()));
    }

    pub(super) fn added(&mut self, item: &str) {
        self.added += 1;
        self.line(format!("+ {item}"));
    }

    pub(super) fn deleted(&mut self, item: &str) {
        self.deleted += 1;
        self.line(format!("- {item}"));
    }

    pub(super) fn changed(&mut self, before: &str, after: &str) {
        self.changed += 1;
        self.line(format!("~ {after}"));
        self.line(format!("  was {before}"));
    }

    fn line(&mut self, line: String) {
        if let Some((_, lines)) = self.sections.last_mut() {
            lines.push(line);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.added + self.changed + self.deleted == 0
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (title, lines) in self.sections.iter().filter(|(_, lines)| !lines.is_empty()) {
            writeln!(f, "{title}")?;
            for line in lines {
                writeln!(f, "  {line}")?;
            }
        }
        Ok(())
    }
}
