//! Limits and how near an account is to them. They are told as Route 53's, and not held against anybody: here nobody
//! can have them raised.

use crate::model::{Visibility, limits};

use super::Situation;
use super::error::{ApiError, ErrorCode};
use super::hosted_zone::known_delegation_set;
use super::reply::{Outcome, Reply};
use super::request::Request;

pub fn account(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let account = situation.account();
    let (limit, count) = match request.parameter() {
        "MAX_HEALTH_CHECKS_BY_OWNER" => (limits::QUOTA_HEALTH_CHECKS, account.health_checks().len()),
        "MAX_HOSTED_ZONES_BY_OWNER" => (limits::QUOTA_HOSTED_ZONES, account.hosted_zones().len()),
        "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER" => {
            (limits::QUOTA_DELEGATION_SETS, account.registry().delegation_sets.len())
        }
        // There are none yet.
        "MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER" => (limits::QUOTA_TRAFFIC_POLICY_INSTANCES, 0),
        "MAX_TRAFFIC_POLICIES_BY_OWNER" => (limits::QUOTA_TRAFFIC_POLICIES, 0),
        other => {
            return Err(unknown(
                other,
                "MAX_HEALTH_CHECKS_BY_OWNER, MAX_HOSTED_ZONES_BY_OWNER, MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER, \
                 MAX_REUSABLE_DELEGATION_SETS_BY_OWNER, MAX_TRAFFIC_POLICIES_BY_OWNER",
            ));
        }
    };
    Ok(reply(request, request.parameter(), limit, count))
}

pub fn hosted_zone(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let zone = request.hosted_zone(situation.account())?;
    let limit_type = request.second_parameter();
    let (limit, count) = match (limit_type, zone.visibility()) {
        ("MAX_RRSETS_BY_ZONE", _) => (limits::QUOTA_RECORD_SETS_PER_ZONE, zone.record_set_count()),
        ("MAX_VPCS_ASSOCIATED_BY_ZONE", Visibility::Private(vpcs)) => (limits::QUOTA_VPCS_PER_ZONE, vpcs.len()),
        ("MAX_VPCS_ASSOCIATED_BY_ZONE", Visibility::Public) => {
            return Err(ApiError::new(
                ErrorCode::HostedZoneNotPrivate,
                "The specified hosted zone is a public hosted zone, not a private hosted zone.",
            ));
        }
        (other, _) => return Err(unknown(other, "MAX_RRSETS_BY_ZONE, MAX_VPCS_ASSOCIATED_BY_ZONE")),
    };
    Ok(reply(request, limit_type, limit, count))
}

pub fn delegation_set(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let account = situation.account();
    let limit_type = request.second_parameter();
    if limit_type != "MAX_ZONES_BY_REUSABLE_DELEGATION_SET" {
        return Err(unknown(limit_type, "MAX_ZONES_BY_REUSABLE_DELEGATION_SET"));
    }
    let (id, _) = known_delegation_set(request.parameter(), account)?;
    let zones = account.registry().hosted_zones.iter();
    let count = zones.filter(|(_, zone)| zone.delegation_set.as_ref() == Some(&id)).count();
    Ok(reply(request, limit_type, limits::QUOTA_ZONES_PER_DELEGATION_SET, count))
}

fn reply(request: &Request<'_>, limit_type: &str, limit: usize, count: usize) -> Outcome {
    let reply = Reply::new(request.operation, |xml| {
        xml.element("Limit", |xml| {
            xml.text("Type", limit_type);
            xml.value("Value", limit);
        });
        xml.value("Count", count);
    });
    reply.into()
}

fn unknown(limit_type: &str, known: &str) -> ApiError {
    ApiError::constraint("type", limit_type, format_args!("Member must satisfy enum value set: [{known}]"))
}
