//! The Route 53 API: XML over HTTP, as AWS speaks it.
//!
//! A request becomes an answer in four steps, each a module: [`listener`] reads head and body within bounds; `route` finds
//! the [operation]; the operation's function, in the file of its noun, looks at the request and at the account, and
//! gives a reply and perhaps a [`Change`](crate::change::Change), but changes nothing itself; [`Api`] applies the change
//! through the store, or says in AWS's words why it is refused (`refusal`).

pub mod access;
pub(crate) mod canonical_request;
#[cfg(test)]
mod coverage;
mod drawn;
pub mod error;
mod id;
pub mod listener;
pub mod operation;
mod operation_errors;
mod page;
mod query_parameter;
mod refusal;
mod reply;
pub(crate) mod request;
mod route;
mod rule_words;
#[cfg(test)]
mod rule_words_tests;
pub(crate) mod signature;
mod throttle;
pub(crate) mod xml;

mod hosted_zone;
mod hosted_zone_list;

mod change;
mod change_batch;
mod change_batch_findings;
pub(crate) mod record_set;
pub(crate) mod record_set_input;
mod routing_policy;
mod test_dns_answer;

mod checker_ip_range;
mod health_check;
pub(crate) mod health_check_config;
mod health_check_refusal;

mod cidr_collection;
mod delegation_set;
mod geo_location;
mod limit;
mod tag;
mod traffic_policy;
mod traffic_policy_document;
mod traffic_policy_instance;
mod vpc;
mod vpc_association;
mod vpc_lookup;

mod dnssec;
mod hosted_zone_feature;
mod key_signing_key;
mod query_logging_config;
mod record_set_protection;

use std::sync::Arc;

use crate::change::ChangeError;
use crate::health::HealthHandle;
use crate::health::report::CheckReport;
use crate::model::{Account, AddressPolicy};
use crate::published::Published;
use crate::snapshot::{HealthTable, Snapshot};
use crate::store::{Store, StoreError};
use crate::time::Clock;

use drawn::Drawn;
use error::{ApiError, ErrorCode};
use operation::Operation as O;
use operation_errors::{checked_against_model, contention_code};
use reply::{Outcome, Reply};
use request::{Request, Target};

pub use listener::ApiListener;
pub use throttle::Throttle;
pub use vpc_lookup::{VpcLooks, VpcLookup, vpc_lookup};

/// What the operations work on. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    pub store: Arc<Store>,
    pub health: HealthHandle,
    pub health_table: Arc<Published<HealthTable>>,
    pub clock: Clock,
    /// HC-19: which endpoints may be checked.
    pub addresses: AddressPolicy,
    /// What front ends answer from: perhaps not yet by the newest changes (C-3).
    pub served: Arc<Published<Snapshot>>,
    /// Which VPCs may be named.
    pub vpcs: VpcPolicy,
    /// Asks EC2 again before an undescribed VPC is refused (`--ec2-endpoint`).
    pub vpc_lookup: Option<VpcLookup>,
    /// L-3.
    pub throttle: Option<Throttle>,
}

/// Which VPCs requests may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VpcPolicy {
    /// Whatever looks like one: VPCs are EC2's, and nobody may have told of this one.
    Any,
    /// Those that zone files, operators or EC2 describe (`--strict-vpcs`).
    Described,
}

/// When front ends answer by a change (C-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Propagation {
    AtOnce,
    /// `--change-delay`.
    Delayed,
}

/// What an operation may look at beside its request: one moment of everything, and what was drawn for it.
pub(crate) struct Situation<'s> {
    snapshot: &'s Snapshot,
    health_table: &'s HealthTable,
    addresses: AddressPolicy,
    vpcs: VpcPolicy,
    served: Arc<Snapshot>,
    propagation: Propagation,
    /// What the worker says of the health check that is asked for, where it is.
    report: Option<&'s CheckReport>,
    drawn: Drawn,
}

/// How often a change is planned anew that was made for what is no longer there.
const ATTEMPTS: usize = 8;

impl Api {
    /// Answers a request. Changes take as long as indexing what they change, so this is not for a thread that serves
    /// queries.
    fn answer(&self, request: &Request<'_>, report: Option<&CheckReport>) -> Result<Reply, ApiError> {
        let Api { store, health_table, clock, addresses, served, vpcs, .. } = self;
        let desk = Desk { store, health_table, clock, addresses: *addresses, served, vpcs: *vpcs };
        desk.answer(request, report)
    }
}

/// What a request to a store is answered without a listener, and without anybody who watches its health checks: the status,
/// and the document. For fuzzers.
pub fn answer_without_listener(
    store: &Store,
    method: &str,
    path: &str,
    query: Option<&str>,
    body: &[u8],
) -> (u16, String) {
    let health_table = Published::new(HealthTable::default());
    let (clock, addresses, vpcs) = (Clock::real(), AddressPolicy::Any, VpcPolicy::Any);
    let served = store.snapshots();
    let desk = Desk { store, health_table: &health_table, clock: &clock, addresses, served, vpcs };
    let answered = Target::parse(path, query).and_then(|target| {
        let request = target.request(method, body)?;
        checked_against_model(request.operation, desk.answer(&request, None))
    });
    match answered {
        Ok(reply) => (reply.status, reply.body),
        Err(error) => (error.code.status(), error.document("request")),
    }
}

/// What requests are answered from, and where their changes go.
struct Desk<'a> {
    store: &'a Store,
    health_table: &'a Published<HealthTable>,
    clock: &'a Clock,
    addresses: AddressPolicy,
    served: &'a Published<Snapshot>,
    vpcs: VpcPolicy,
}

impl Desk<'_> {
    fn answer(&self, request: &Request<'_>, report: Option<&CheckReport>) -> Result<Reply, ApiError> {
        for _ in 0..ATTEMPTS {
            let snapshot = self.store.snapshots().load_full();
            let drawn = Drawn::new(self.clock.timestamp())?;
            let drawn = if request.operation == O::CreateKeySigningKey { drawn.with_key_pair()? } else { drawn };
            let health_table = self.health_table.load_full();
            let Desk { addresses, vpcs, .. } = *self;
            // After the newest: what that has is served, unless it waits to be.
            let served = self.served.load_full();
            let propagation = match std::ptr::eq(self.served, &**self.store.snapshots()) {
                true => Propagation::AtOnce,
                false => Propagation::Delayed,
            };
            let health_table = &*health_table;
            let snapshot = &*snapshot;
            let situation = Situation { snapshot, health_table, addresses, vpcs, served, propagation, report, drawn };
            let (change, reply) = match perform(request, &situation)? {
                Outcome::Read(reply) => return Ok(reply),
                Outcome::Write(change, reply) => (*change, reply),
            };
            let notice = hosted_zone::delegation_notice(&change, snapshot.account());
            match self.store.apply(change) {
                Ok(_) => {
                    if let Some(notice) = notice {
                        tracing::warn!("{notice}");
                    }
                    return Ok(reply);
                }
                // Somebody else was quicker.
                Err(StoreError::Change(ChangeError::OtherVersion | ChangeError::IdTaken)) => {}
                Err(StoreError::Change(error)) => return Err(refusal::of(error, request, snapshot.account())),
                Err(error @ (StoreError::Journal(_) | StoreError::Interrupted)) => {
                    tracing::error!("a change through the API was refused: {error}");
                    return Err(ApiError::new(ErrorCode::ServiceUnavailable, error.to_string()));
                }
            }
        }
        let message = "The resource you are trying to access is changed by others all the time; try again.";
        Err(ApiError::new(contention_code(request.operation), message))
    }
}

impl Situation<'_> {
    fn account(&self) -> &Account {
        self.snapshot.account()
    }
}

/// Pure: the same request and situation give the same outcome.
fn perform(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    match request.operation {
        O::CreateHostedZone => hosted_zone::create(request, situation),
        O::GetHostedZone => hosted_zone::get(request, situation),
        O::DeleteHostedZone => hosted_zone::delete(request, situation),
        O::UpdateHostedZoneComment => hosted_zone::comment(request, situation),
        O::ListHostedZones => hosted_zone_list::list(request, situation),
        O::ListHostedZonesByName => hosted_zone_list::list_by_name(request, situation),
        O::GetHostedZoneCount => hosted_zone::count(request, situation),
        O::GetChange => change::get(request, situation),
        O::ListResourceRecordSets => record_set::list(request, situation),
        O::ChangeResourceRecordSets => change_batch::change(request, situation),
        O::TestDNSAnswer => test_dns_answer::test(request, situation),
        O::AssociateVPCWithHostedZone => vpc_association::associate(request, situation),
        O::DisassociateVPCFromHostedZone => vpc_association::disassociate(request, situation),
        O::CreateVPCAssociationAuthorization => vpc_association::authorize(request, situation),
        O::DeleteVPCAssociationAuthorization => vpc_association::deauthorize(request, situation),
        O::ListVPCAssociationAuthorizations => vpc_association::list_authorizations(request, situation),
        O::ListHostedZonesByVPC => vpc_association::list_zones(request, situation),
        O::CreateHealthCheck => health_check::create(request, situation),
        O::UpdateHealthCheck => health_check::update(request, situation),
        O::GetHealthCheck => health_check::get(request, situation),
        O::DeleteHealthCheck => health_check::delete(request, situation),
        O::ListHealthChecks => health_check::list(request, situation),
        O::GetHealthCheckCount => health_check::count(request, situation),
        O::GetHealthCheckStatus => health_check::status(request, situation),
        O::GetHealthCheckLastFailureReason => health_check::last_failure(request, situation),
        O::GetCheckerIpRanges => checker_ip_range::get(request),
        O::ChangeTagsForResource => tag::change(request, situation),
        O::ListTagsForResource => tag::list(request, situation),
        O::ListTagsForResources => tag::list_several(request, situation),
        O::GetGeoLocation => geo_location::get(request),
        O::ListGeoLocations => geo_location::list(request),
        O::GetAccountLimit => limit::account(request, situation),
        O::GetHostedZoneLimit => limit::hosted_zone(request, situation),
        O::GetReusableDelegationSetLimit => limit::delegation_set(request, situation),
        O::CreateCidrCollection => cidr_collection::create(request, situation),
        O::ChangeCidrCollection => cidr_collection::change(request, situation),
        O::DeleteCidrCollection => cidr_collection::delete(request, situation),
        O::ListCidrCollections => cidr_collection::list(request, situation),
        O::ListCidrLocations => cidr_collection::list_locations(request, situation),
        O::ListCidrBlocks => cidr_collection::list_blocks(request, situation),
        O::CreateReusableDelegationSet => delegation_set::create(request, situation),
        O::GetReusableDelegationSet => delegation_set::get(request, situation),
        O::DeleteReusableDelegationSet => delegation_set::delete(request, situation),
        O::ListReusableDelegationSets => delegation_set::list(request, situation),
        O::CreateTrafficPolicy => traffic_policy::create(request, situation),
        O::CreateTrafficPolicyVersion => traffic_policy::create_version(request, situation),
        O::GetTrafficPolicy => traffic_policy::get(request, situation),
        O::DeleteTrafficPolicy => traffic_policy::delete(request, situation),
        O::UpdateTrafficPolicyComment => traffic_policy::comment(request, situation),
        O::ListTrafficPolicies => traffic_policy::list(request, situation),
        O::ListTrafficPolicyVersions => traffic_policy::list_versions(request, situation),
        O::CreateTrafficPolicyInstance => traffic_policy_instance::create(request, situation),
        O::GetTrafficPolicyInstance => traffic_policy_instance::get(request, situation),
        O::UpdateTrafficPolicyInstance => traffic_policy_instance::update(request, situation),
        O::DeleteTrafficPolicyInstance => traffic_policy_instance::delete(request, situation),
        O::GetTrafficPolicyInstanceCount => traffic_policy_instance::count(request, situation),
        O::ListTrafficPolicyInstances => traffic_policy_instance::list(request, situation),
        O::ListTrafficPolicyInstancesByHostedZone => traffic_policy_instance::list_by_hosted_zone(request, situation),
        O::ListTrafficPolicyInstancesByPolicy => traffic_policy_instance::list_by_policy(request, situation),
        O::CreateKeySigningKey => key_signing_key::create(request, situation),
        O::ActivateKeySigningKey => key_signing_key::activate(request, situation),
        O::DeactivateKeySigningKey => key_signing_key::deactivate(request, situation),
        O::DeleteKeySigningKey => key_signing_key::delete(request, situation),
        O::GetDNSSEC => dnssec::get(request, situation),
        O::EnableHostedZoneDNSSEC => dnssec::enable(request, situation),
        O::DisableHostedZoneDNSSEC => dnssec::disable(request, situation),
        O::CreateQueryLoggingConfig => query_logging_config::create(request, situation),
        O::GetQueryLoggingConfig => query_logging_config::get(request, situation),
        O::ListQueryLoggingConfigs => query_logging_config::list(request, situation),
        O::DeleteQueryLoggingConfig => query_logging_config::delete(request, situation),
        O::CreateResourceRecordSetProtections => record_set_protection::create(request, situation),
        O::DeleteResourceRecordSetProtections => record_set_protection::delete(request, situation),
        O::ListResourceRecordSetProtections => record_set_protection::list(request, situation),
        O::UpdateHostedZoneFeatures => hosted_zone_feature::update(request, situation),
    }
}
