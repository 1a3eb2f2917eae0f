//! Reading the zone files for a command.

use std::path::Path;

use crate::model::AddressPolicy;
use crate::zonefile::{self, Loaded, OtherNames, PassedOver, ZoneDirectory};

use super::check::counted;

/// The account of a directory, and what in it was not read.
pub struct LoadedDirectory {
    pub loaded: Loaded,
    pub passed_over: Vec<PassedOver>,
    pub other_names: OtherNames,
}

impl LoadedDirectory {
    /// What was not read, a line for each reason, with what `severity` says after the path.
    pub fn unread(&self, severity: &str) -> Vec<String> {
        unread(&self.passed_over, &self.other_names, severity)
    }
}

/// What a directory has that was not read: see [`LoadedDirectory::unread`].
pub fn unread(passed_over: &[PassedOver], other_names: &OtherNames, severity: &str) -> Vec<String> {
    passed_over.iter().map(|passed_over| passed_over.text(severity)).chain(other_names.text(severity)).collect()
}

/// # Errors
///
/// A message that holds every problem, one a line, and what was not read: perhaps that is what is missing.
pub fn load(directory: &Path, addresses: AddressPolicy) -> Result<LoadedDirectory, String> {
    let found = zonefile::read_directory(directory).map_err(|error| error.to_string())?;
    let ZoneDirectory { files, passed_over, other_names } = found;
    let loaded = zonefile::load_under(&files, addresses).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(|problem| problem.to_string()).collect();
        let count = counted(problems.len(), "problem");
        format!("{count} in {}\n{}", zonefile::path_text(directory), lines.join("\n"))
    })?;
    Ok(LoadedDirectory { loaded, passed_over, other_names })
}
