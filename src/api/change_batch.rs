//! ChangeResourceRecordSets: a batch that is done whole or not at all (C-1).
//!
//! The order of what is checked: the root, the schema, whether there is the zone, what must stand together in each
//! change, how large the batch is, each record set by itself, and in the end, by the plan, what comes of all together.

use crate::change::{Action, Change, ChangeError, RecordSetChange, RecordSetFinding, plan};
use crate::model::{Account, HostedZone, limits};

use super::error::ApiError;
use super::record_set_input::RecordSetInput;
use super::reply::{Outcome, Reply};
use super::request::Request;
use super::xml::Members;
use super::{Situation, change, change_batch_findings};

pub fn change(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let root = request.root()?;
    let members = Members::of(&root, &["ChangeBatch"])?;
    let members = Members::of(members.required("ChangeBatch")?, &["Comment", "Changes"])?;
    let comment = members
        .optional("Comment")
        .map(|it| it.text_of("ResourceDescription", 0..=limits::COMMENT_CHARACTERS))
        .transpose()?;
    let items = members.required("Changes")?.items("Change", 1)?;
    let inputs = items.iter().map(RecordSetInput::read).collect::<Result<Vec<_>, _>>()?;
    let zone = request.hosted_zone(situation.account())?;
    inputs.iter().try_for_each(RecordSetInput::check_shape)?;
    check_size(&inputs)?;
    let mut findings = Vec::new();
    let mut changes = Vec::with_capacity(inputs.len());
    for input in inputs {
        let action = input.action();
        match input.into_record_set(zone.name(), zone.id()) {
            Ok(record_set) => changes.push(RecordSetChange { action, record_set }),
            Err(found) => findings.extend(found),
        }
    }
    if !findings.is_empty() {
        findings.extend(findings_of_others(zone, situation.account(), changes));
        return Err(ApiError::invalid_change_batch(&findings));
    }
    let reply = Reply::new(request.operation, |xml| change::write_new(xml, &situation.drawn, comment));
    let change = Change::ChangeRecordSets { hosted_zone: zone.id().clone(), changes };
    Ok(Outcome::Write(Box::new(situation.drawn.recorded(change, comment)), reply))
}

/// What is wrong with the other changes of a batch, as far as those that cannot be read make no difference: what comes of
/// all together is not known.
fn findings_of_others(zone: &HostedZone, account: &Account, changes: Vec<RecordSetChange>) -> Vec<String> {
    let change = Change::ChangeRecordSets { hosted_zone: zone.id().clone(), changes };
    let Err(ChangeError::RecordSets(mut findings)) = plan(account, change) else { return Vec::new() };
    findings.retain(|finding| {
        !matches!(finding, RecordSetFinding::BreaksZoneRule(..) | RecordSetFinding::BreaksAccountRule(..))
    });
    change_batch_findings::messages(&findings, zone)
}

/// L-2.
fn check_size(inputs: &[RecordSetInput<'_>]) -> Result<(), ApiError> {
    let (mut records, mut characters) = (0, 0);
    for input in inputs {
        let times = if input.action() == Action::Upsert { 2 } else { 1 };
        let size = input.size();
        records += times * size.0;
        characters += times * size.1;
    }
    let mut findings = Vec::new();
    if records > limits::RECORDS_PER_CHANGE_BATCH {
        findings.push(format!("Number of records limit of {} exceeded.", limits::RECORDS_PER_CHANGE_BATCH));
    }
    if characters > limits::VALUE_CHARACTERS_PER_CHANGE_BATCH {
        let limit = limits::VALUE_CHARACTERS_PER_CHANGE_BATCH;
        findings.push(format!("RDATA character limit of {limit} exceeded."));
    }
    if findings.is_empty() { Ok(()) } else { Err(ApiError::invalid_change_batch(&findings)) }
}
