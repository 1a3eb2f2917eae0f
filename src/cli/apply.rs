//! `route53d apply`: makes an account have, through the API, what zone files say.

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

use crate::client::{FromFiles, Plan, Pruning, RouteCaller, carry_out, from_files, list_account, plan};
use crate::model::AddressPolicy;

use super::admin_client::converse;
use super::api_client::ApiClientSettings;
use super::check::counted;
use super::load::load;
use super::{note, print};

/// Push zone files through the Route 53 API.
///
/// Prints what is another there, as items of zone files: `+` comes, `~` changes, `-` goes. Then it is done: the record sets
/// of a zone in as few batches as Route 53's limits allow, each of which is done whole or not at all, and what refers to
/// something after it. To do it again is to do nothing.
///
/// A hosted zone is known by the id in the file if the API has that, else by its name, by whether it is private, and by its
/// VPCs; a health check by its caller reference, which is its id in the file; a CIDR collection by its name. What is there and
/// in no file stays unless --prune is given, but for record sets that cannot stand beside those of the files. Apex NS and SOA
/// are never deleted.
///
/// The exit code is 0 if all is done, if there is nothing to do, and after --dry-run; 1 if something fails.
#[derive(Args, Debug)]
pub struct ApplyArguments {
    /// The directory of the zone files
    #[arg(value_name = "DIR")]
    zones: PathBuf,

    /// Print what would be done, and do nothing
    #[arg(long, value_parser = BoolishValueParser::new(), env = "ROUTE53D_APPLY_DRY_RUN")]
    dry_run: bool,

    /// Delete what is in no file: record sets, hosted zones, health checks, CIDR collections, tags. What belongs to zone files
    /// of the server, or to another AWS service, stays
    #[arg(long, value_parser = BoolishValueParser::new(), env = "ROUTE53D_APPLY_PRUNE")]
    prune: bool,

    #[command(flatten)]
    api: ApiClientSettings,
}

/// # Errors
///
/// Why not all is done.
pub fn run(arguments: &ApplyArguments) -> Result<(), String> {
    let read = load(&arguments.zones, AddressPolicy::Any)?;
    read.unread("").iter().for_each(|it| note(it));
    let unread = read.passed_over.len() + read.other_names.count();
    let FromFiles { account: files, notes, problems } = from_files(&read.loaded.account);
    told(&problems)?;
    if arguments.prune && files.hosted_zones.is_empty() && files.health_checks.is_empty() {
        let zones = arguments.zones.display();
        return Err(format!(
            "{zones} describes nothing, and --prune would delete everything; is it the right directory?"
        ));
    }
    notes.iter().for_each(|it| note(it));
    let mut caller = arguments.api.caller()?;
    converse(async {
        let listed = list_account(&mut caller, |head| {
            arguments.prune
                || files
                    .hosted_zones
                    .iter()
                    .any(|zone| zone.name == head.name || zone.given_id.as_ref() == Some(&head.id))
        });
        let listed = listed.await.map_err(|error| error.to_string())?;
        let pruning = if arguments.prune { Pruning::Delete } else { Pruning::Keep };
        let plan = plan(&files, &listed, pruning).or_else(|problems| {
            told(&problems)?;
            Err("nothing can be done".to_owned())
        })?;
        apply(arguments, &plan, unread, &mut caller).await
    })
}

/// `unread` files of the directory are no zone files; every summary says so.
async fn apply(arguments: &ApplyArguments, plan: &Plan, unread: usize, caller: &mut RouteCaller) -> Result<(), String> {
    plan.notes.iter().for_each(|it| note(it));
    let unread = match unread {
        0 => String::new(),
        count => format!("; not read: {}", counted(count, "file")),
    };
    if plan.steps.is_empty() {
        return print(&format!("nothing to do{unread}\n"));
    }
    let diff = &plan.diff;
    print(&diff.to_string())?;
    let counts = format!("{} to add, {} to change, {} to delete", diff.added, diff.changed, diff.deleted);
    if arguments.dry_run {
        return print(&format!("dry run: {counts}; nothing is done{unread}\n"));
    }
    match carry_out(plan, caller).await {
        Ok(done) => {
            done.notes.iter().for_each(|it| note(it));
            let requests = counted(done.steps, "step");
            let batches = batches(done.batches);
            print(&format!("done: {counts}, in {requests}, of which {batches} of record sets{unread}\n"))
        }
        Err((done, problem)) => {
            done.notes.iter().for_each(|it| note(it));
            let (before, all) = (done.steps, counted(plan.steps.len(), "step"));
            Err(format!("{problem}\n{before} of {all} were done before that, and stay; apply again does what is left"))
        }
    }
}

fn batches(count: usize) -> String {
    if count == 1 { "1 batch".to_owned() } else { format!("{count} batches") }
}

/// All problems at once.
fn told(problems: &[String]) -> Result<(), String> {
    match problems {
        [] => Ok(()),
        problems => Err(format!("{}; nothing is done\n{}", counted(problems.len(), "problem"), problems.join("\n"))),
    }
}
