//! `route53d check`: every problem of the zone files, and what is legal but surely wrong.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::advice::{Advice, Subject, advise};
use crate::config::AddressSettings;
use crate::model::Account;
use crate::zonefile::{self, Loaded, Place, ZoneDirectory};

use super::load::unread;
use super::print;

#[derive(Args, Debug)]
pub struct CheckArguments {
    /// The directory of the zone files
    #[arg(value_name = "DIR", default_value = "zones", env = "ROUTE53D_ZONES")]
    zones: PathBuf,

    #[command(flatten)]
    addresses: AddressSettings,
}

/// Exit code 1 if there is any problem; warnings alone leave it at 0.
///
/// # Errors
///
/// The directory cannot be read, or the output cannot be written.
pub fn run(arguments: &CheckArguments) -> Result<ExitCode, String> {
    let directory = &arguments.zones;
    let found = zonefile::read_directory(directory).map_err(|error| error.to_string())?;
    let ZoneDirectory { files, passed_over, other_names } = found;
    let mut lines = unread(&passed_over, &other_names, "warning: ");
    let unread = lines.len();
    let (told, summary, code) = match zonefile::load_under(&files, arguments.addresses.policy()) {
        Ok(loaded) => {
            let mut advice = advise(&loaded.account);
            advice.sort_by_key(|advice| place_of(&advice.subject, &loaded));
            let told: Vec<String> = advice.iter().map(|advice| advice_text(advice, &loaded, "warning: ")).collect();
            (told, summary(&loaded.account, unread + advice.len()), ExitCode::SUCCESS)
        }
        Err(problems) => {
            let told: Vec<String> = problems.iter().map(|problem| problem.to_string()).collect();
            let summary = format!("{} in {}", counted(problems.len(), "problem"), counted(files.len(), "file"));
            (told, summary, ExitCode::FAILURE)
        }
    };
    lines.extend(told);
    lines.push(format!("{}: {summary}\n", zonefile::path_text(directory)));
    print(&lines.join("\n"))?;
    Ok(code)
}

/// `zones/shop.yaml:14:9: weights are …; hint (RULE)`, with what `severity` says after the place.
pub fn advice_text(advice: &Advice, loaded: &Loaded, severity: &str) -> String {
    let place = place_of(&advice.subject, loaded).map(|place| format!("{place}: ")).unwrap_or_default();
    let rules = if advice.rules.is_empty() { String::new() } else { format!(" ({})", advice.rules.join(", ")) };
    let hint = if advice.hint.is_empty() { String::new() } else { format!("; {}", advice.hint) };
    format!("{place}{severity}{}{hint}{rules}", advice.message)
}

/// Where in the zone files the subject of an advice stands.
fn place_of<'l>(subject: &Subject, loaded: &'l Loaded) -> Option<Place<'l>> {
    let Loaded { account, sources } = loaded;
    match subject {
        Subject::Account => None,
        Subject::HostedZone(id) => sources.hosted_zone(id),
        Subject::RecordSet(id, key) => sources.record_set(account.hosted_zone(id)?, key),
        Subject::HealthCheck(id) => sources.health_check(id),
        Subject::Alarm(id) => sources.alarm(id),
        Subject::MetricData(place) => sources.metric_data(*place),
        Subject::Force(place) => sources.force(*place),
        Subject::Vpc(id) => sources.vpc(id),
        Subject::CidrCollection(id) => sources.cidr_collection(id),
    }
}

/// What an account holds, in a sentence.
pub fn summary(account: &Account, warnings: usize) -> String {
    let record_sets: usize = account.hosted_zones().iter().map(|zone| zone.record_set_count()).sum();
    let mut parts = vec![
        counted(account.hosted_zones().len(), "hosted zone"),
        counted(record_sets, "record set"),
        counted(account.health_checks().len(), "health check"),
        counted(account.vpcs().len(), "VPC"),
    ];
    if warnings > 0 {
        parts.push(counted(warnings, "warning"));
    }
    parts.join(", ")
}

/// `1 problem`, `2 problems`.
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
