//! Does what a plan says, step by step. A step that fails ends it: what is left is found again by the next plan.

use std::collections::BTreeMap;

use crate::api::operation::Operation;
use crate::change::RecordSetChange;
use crate::model::{CidrCollectionId, HealthCheck, HealthCheckConfig, HealthCheckId, HostedZoneId};

use super::body;
use super::call::Call;
use super::caller::RouteCaller;
use super::check_reference;
use super::error::ClientError;
use super::names::Names;
use super::plan::Plan;
use super::step::{Step, Tagged, ZoneKey};

/// Generations of one health check that are tried: each was made and deleted before.
const GENERATIONS: u32 = 1_000;

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    pub steps: usize,
    /// Of the steps, batches of record sets.
    pub batches: usize,
    /// What was to go, and is the server's own.
    pub notes: Vec<String>,
}

/// # Errors
///
/// What was done until a step failed, and why that did.
pub async fn carry_out(plan: &Plan, caller: &mut RouteCaller) -> Result<Done, (Done, String)> {
    let mut work = Work { caller, names: plan.names.clone(), zones: BTreeMap::new(), done: Done::default() };
    for step in &plan.steps {
        if let Err(error) = work.carry_out(step).await {
            return Err((work.done, format!("{}: {error}", what(step))));
        }
        work.done.steps += 1;
    }
    Ok(work.done)
}

struct Work<'w> {
    caller: &'w mut RouteCaller,
    /// With those that were made on the way.
    names: Names,
    /// Zones that were made on the way, by their ids in files.
    zones: BTreeMap<HostedZoneId, HostedZoneId>,
    done: Done,
}

impl Work<'_> {
    async fn carry_out(&mut self, step: &Step) -> Result<(), ClientError> {
        match step {
            Step::CreateHealthCheck { check, generation } => self.create_check(check, *generation).await,
            Step::UpdateHealthCheck { version, before, check } => self.update_check(*version, before, check).await,
            Step::DeleteHealthCheck { of_api } => self.call(Operation::DeleteHealthCheck, of_api.as_str(), "").await,
            Step::CreateCidrCollection { id, name } => self.create_collection(id, name).await,
            Step::ChangeCidrCollection { id, edits } => {
                let of_api = self.names.collection_of_api(id).unwrap_or(id).clone();
                let body = body::change_cidr_collection(edits);
                self.call(Operation::ChangeCidrCollection, of_api.as_str(), &body).await
            }
            Step::DeleteCidrCollection { of_api, name, edits } => {
                let deleted = self.delete_collection(of_api, edits).await;
                self.unless_of_a_file(&format!("CIDR collection {name}"), deleted)
            }
            Step::CreateHostedZone { zone, comment, vpcs } => {
                let mut vpcs = vpcs.iter().map(|(vpc, region)| (vpc, *region));
                let reference = self.caller.nonce(self.done.steps);
                let body = body::create_hosted_zone(&zone.name.to_api_text(), &reference, comment, vpcs.next());
                let id = self.create(Operation::CreateHostedZone, "HostedZone", body).await?;
                let id = id.strip_prefix("/hostedzone/").unwrap_or(&id).to_owned();
                for (vpc, region) in vpcs {
                    let body = body::vpc_association(Operation::AssociateVPCWithHostedZone, vpc, region);
                    self.call(Operation::AssociateVPCWithHostedZone, &id, &body).await?;
                }
                if let Ok(id) = HostedZoneId::new(&id) {
                    self.zones.insert(zone.in_files.clone(), id);
                }
                Ok(())
            }
            Step::CommentHostedZone { zone, comment } => {
                let body = body::update_hosted_zone_comment(comment);
                self.call(Operation::UpdateHostedZoneComment, self.zone(zone).as_str(), &body).await
            }
            Step::AssociateVpc { zone, vpc, region } => {
                let operation = Operation::AssociateVPCWithHostedZone;
                self.call(operation, self.zone(zone).as_str(), &body::vpc_association(operation, vpc, *region)).await
            }
            Step::DisassociateVpc { zone, vpc, region } => {
                let operation = Operation::DisassociateVPCFromHostedZone;
                self.call(operation, self.zone(zone).as_str(), &body::vpc_association(operation, vpc, *region)).await
            }
            Step::DeleteHostedZone { zone } => {
                self.call(Operation::DeleteHostedZone, self.zone(zone).as_str(), "").await
            }
            Step::ChangeRecordSets { zone, changes } => {
                let of_api = self.zone(zone);
                let changes: Vec<RecordSetChange> = changes
                    .iter()
                    .map(|change| RecordSetChange {
                        action: change.action,
                        record_set: self.names.set_of_api(&change.record_set, &zone.in_files, &of_api),
                    })
                    .collect();
                let body = body::change_record_sets(&changes);
                self.call(Operation::ChangeResourceRecordSets, of_api.as_str(), &body).await?;
                self.done.batches += 1;
                Ok(())
            }
            Step::ChangeTags { of, add, remove } => {
                let (kind, id) = match of {
                    Tagged::HostedZone(zone) => ("hostedzone", self.zone(zone).as_str().to_owned()),
                    Tagged::HealthCheck(id) => ("healthcheck", self.check(id).as_str().to_owned()),
                };
                let add: Vec<(&str, &str)> = add.iter().map(|(key, value)| (&**key, &**value)).collect();
                let remove: Vec<&str> = remove.iter().map(|key| &**key).collect();
                let call = Call::new(Operation::ChangeTagsForResource, &[kind, &id]);
                self.caller.call(&call.with_body(body::change_tags(&add, &remove))).await.map(drop)
            }
        }
    }

    async fn create_check(&mut self, check: &HealthCheck, generation: u32) -> Result<(), ClientError> {
        let config = self.with_children_of_api(HealthCheckConfig::of(check).told());
        let mut result = Ok(String::new());
        for generation in generation..generation.saturating_add(GENERATIONS) {
            let body = body::create_health_check(&check_reference::reference(&check.id, generation), &config);
            result = self.create(Operation::CreateHealthCheck, "HealthCheck", body).await;
            match &result {
                Err(error) if error.code() == Some("HealthCheckAlreadyExists") => {}
                _ => break,
            }
        }
        if let Ok(id) = HealthCheckId::new(&result?) {
            self.names.add_check(check.id.clone(), id);
        }
        Ok(())
    }

    async fn update_check(
        &mut self,
        version: u64,
        before: &HealthCheck,
        after: &HealthCheck,
    ) -> Result<(), ClientError> {
        let (before, config) = (HealthCheckConfig::of(before), HealthCheckConfig::of(after));
        let is_reset = before.fully_qualified_domain_name.is_some() && config.fully_qualified_domain_name.is_none();
        let reset: &[&str] = if is_reset { &["FullyQualifiedDomainName"] } else { &[] };
        let changed = self.with_children_of_api(config.changed_since(&before));
        let id = self.check(&after.id);
        let body = body::update_health_check(version, &changed, reset);
        self.call(Operation::UpdateHealthCheck, id.as_str(), &body).await
    }

    async fn create_collection(&mut self, id: &CidrCollectionId, name: &str) -> Result<(), ClientError> {
        let body = body::create_cidr_collection(name, &self.caller.nonce(self.done.steps));
        let of_api = self.create(Operation::CreateCidrCollection, "Collection", body).await?;
        if let Ok(of_api) = CidrCollectionId::new(&of_api) {
            self.names.add_collection(id.clone(), of_api);
        }
        Ok(())
    }

    async fn delete_collection(&mut self, id: &CidrCollectionId, edits: &[body::CidrEdit]) -> Result<(), ClientError> {
        if !edits.is_empty() {
            let body = body::change_cidr_collection(edits);
            self.call(Operation::ChangeCidrCollection, id.as_str(), &body).await?;
        }
        self.call(Operation::DeleteCidrCollection, id.as_str(), "").await
    }

    /// What a file of the server describes stays, and that is no failure.
    fn unless_of_a_file(&mut self, what: &str, result: Result<(), ClientError>) -> Result<(), ClientError> {
        match result {
            Err(ClientError::Refused { code, message, .. }) if code == "AccessDenied" => {
                self.done.notes.push(format!("{what} stays: {message}"));
                Ok(())
            }
            result => result,
        }
    }

    fn with_children_of_api(&self, config: HealthCheckConfig) -> HealthCheckConfig {
        let children = config.child_health_checks.as_ref();
        let child_health_checks = children.map(|children| children.iter().map(|id| self.check(id)).collect());
        HealthCheckConfig { child_health_checks, ..config }
    }

    fn check(&self, id: &HealthCheckId) -> HealthCheckId {
        self.names.check_of_api(id).unwrap_or(id).clone()
    }

    fn zone(&self, zone: &ZoneKey) -> HostedZoneId {
        zone.of_api.as_ref().or_else(|| self.zones.get(&zone.in_files)).unwrap_or(&zone.in_files).clone()
    }

    async fn call(&mut self, operation: Operation, parameter: &str, body: &str) -> Result<(), ClientError> {
        let call = Call::new(operation, &[parameter]).with_body(body.to_owned());
        self.caller.call(&call).await.map(drop)
    }

    /// The id of what was made, which stands in this element of the answer.
    async fn create(&mut self, operation: Operation, member: &str, body: String) -> Result<String, ClientError> {
        let root = self.caller.call(&Call::new(operation, &[]).with_body(body)).await?;
        let id = root.child(member).and_then(|it| it.child("Id")).and_then(|id| id.text().ok());
        let missing = || ClientError::Unreadable { operation, problem: format!("it has no id of a {member}") };
        id.map(str::to_owned).ok_or_else(missing)
    }
}

/// What a step is about.
fn what(step: &Step) -> String {
    match step {
        Step::CreateHealthCheck { check, .. } | Step::UpdateHealthCheck { check, .. } => {
            format!("health check {}", check.id)
        }
        Step::DeleteHealthCheck { of_api } => format!("health check {of_api}"),
        Step::CreateCidrCollection { name, .. } | Step::DeleteCidrCollection { name, .. } => {
            format!("CIDR collection {name}")
        }
        Step::ChangeCidrCollection { id, .. } => format!("CIDR collection {id}"),
        Step::CreateHostedZone { zone, .. }
        | Step::CommentHostedZone { zone, .. }
        | Step::AssociateVpc { zone, .. }
        | Step::DisassociateVpc { zone, .. }
        | Step::DeleteHostedZone { zone }
        | Step::ChangeRecordSets { zone, .. }
        | Step::ChangeTags { of: Tagged::HostedZone(zone), .. } => format!("hosted zone {}", zone.name),
        Step::ChangeTags { of: Tagged::HealthCheck(id), .. } => format!("health check {id}"),
    }
}
