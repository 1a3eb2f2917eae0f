//! Reusable delegation sets (Z-3). Here all zones share one address, so that the names of the servers are all that
//! differs.

use crate::change::Change;
use crate::model::{DelegationSet, ReusableDelegationSet, Visibility};

use super::Situation;
use super::error::{ApiError, ErrorCode};
use super::hosted_zone::{caller_reference_of, known_delegation_set, write_delegation_set};
use super::id::Prefix;
use super::page::PageSize;
use super::refusal::no_zone_of_delegation_set;
use super::reply::{Outcome, Reply};
use super::request::Request;
use super::xml::Members;

/// Items of a page, unless fewer are asked for.
const PAGE: usize = 100;

pub fn create(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let root = request.root()?;
    let members = Members::of(&root, &["CallerReference", "HostedZoneId"])?;
    let caller_reference = caller_reference_of(members.required("CallerReference")?.text_of("Nonce", 1..=128)?)?;
    let account = situation.account();
    let zone = match members.optional("HostedZoneId").map(|it| it.text()).transpose()? {
        None | Some("") => None,
        Some(given) => {
            let id = Prefix::HostedZone.read(given)?.ok_or_else(no_zone_of_delegation_set)?;
            Some(account.hosted_zone(&id).ok_or_else(no_zone_of_delegation_set)?)
        }
    };
    if zone.is_some_and(|zone| *zone.visibility() != Visibility::Public) {
        return Err(ApiError::new(ErrorCode::InvalidArgument, "A private hosted zone has no delegation set."));
    }
    let id = situation.drawn.delegation_set_id();
    let name_servers = match zone {
        Some(zone) => account.delegation_set(zone),
        None => DelegationSet::derived_from(id.as_str()),
    };
    let set = ReusableDelegationSet { caller_reference, name_servers };
    let reply = Reply::new(request.operation, |xml| {
        write_delegation_set(xml, Some((&id, Some(set.caller_reference.as_str()))), &set.name_servers);
    });
    let reply = reply.at(format!("delegationset/{id}"));
    let hosted_zone = zone.map(|zone| zone.id().clone());
    Ok(Outcome::Write(Box::new(Change::CreateDelegationSet { id, set, hosted_zone }), reply))
}

pub fn get(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let account = situation.account();
    let (id, servers) = known_delegation_set(request.parameter(), account)?;
    let reference = account.registry().delegation_sets.get(&id).map(|set| set.caller_reference.as_str());
    Ok(Reply::new(request.operation, |xml| write_delegation_set(xml, Some((&id, reference)), &servers)).into())
}

pub fn delete(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let (id, _) = known_delegation_set(request.parameter(), situation.account())?;
    Ok(Outcome::Write(Box::new(Change::DeleteDelegationSet(id)), Reply::new(request.operation, |_| {})))
}

pub fn list(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let size = PageSize::read(request, "maxitems", PAGE, PAGE)?;
    let marker = request.query("marker")?;
    let first = Prefix::DelegationSet.stripped(marker.unwrap_or_default());
    let sets = situation.account().registry().delegation_sets.iter();
    let page = size.cut(sets.filter(|(id, _)| id.as_str() >= first));
    let reply = Reply::new(request.operation, |xml| {
        xml.element("DelegationSets", |xml| {
            for (id, set) in &page.items {
                write_delegation_set(xml, Some((id, Some(set.caller_reference.as_str()))), &set.name_servers);
            }
        });
        xml.optional_text("Marker", marker);
        xml.value("IsTruncated", page.next.is_some());
        xml.optional_text("NextMarker", page.next.map(|(id, _)| id.as_str()));
        xml.value("MaxItems", size.0);
    });
    Ok(reply.into())
}
