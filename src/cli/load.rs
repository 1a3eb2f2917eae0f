//! Reading the zone files for a command.

use std::path::Path;

use crate::model::AddressPolicy;
use crate::zonefile::{self, Loaded, PassedOver, ZoneDirectory};

use super::check::counted;

/// The account of a directory, and what in it was passed over; else a message that holds every problem, one a line.
pub fn load(directory: &Path, addresses: AddressPolicy) -> Result<(Loaded, Vec<PassedOver>), String> {
    let found = zonefile::read_directory(directory).map_err(|error| error.to_string())?;
    let ZoneDirectory { files, passed_over } = found;
    let loaded = zonefile::load_under(&files, addresses).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(|problem| problem.to_string()).collect();
        let count = counted(problems.len(), "problem");
        format!("{count} in {}\n{}", zonefile::path_text(directory), lines.join("\n"))
    })?;
    Ok((loaded, passed_over))
}
