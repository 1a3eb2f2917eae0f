//! Lists of hosted zones: by id, by name, by VPC.

use std::sync::Arc;

use crate::model::{Account, DelegationSetId, DomainName, HostedZone, HostedZoneId, Visibility};

use super::error::{ApiError, ErrorCode};
use super::hosted_zone::{caller_reference_text, file_of, known_delegation_set, write_members};
use super::id::Prefix;
use super::page::{Page, PageSize};
use super::reply::{Outcome, Reply};
use super::request::Request;
use super::xml::XmlWriter;
use super::{Situation, hosted_zone_feature};

/// Items of a page, unless fewer are asked for.
const PAGE: usize = 100;

pub fn list(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let account = situation.account();
    let size = PageSize::read(request, "maxitems", PAGE, PAGE)?;
    let set = request.query("delegationsetid")?.map(|id| known_delegation_set(id, account)).transpose()?;
    let is_private_only = match request.query("hostedzonetype")? {
        None => false,
        Some("PrivateHostedZone") => true,
        Some(other) => {
            let constraint = "Member must satisfy enum value set: [PrivateHostedZone]";
            return Err(ApiError::constraint("hostedZoneType", other, constraint));
        }
    };
    let is_listed = |zone: &&Arc<HostedZone>| {
        (!is_private_only || *zone.visibility() != Visibility::Public)
            && set.as_ref().is_none_or(|(id, _)| reusable_set(account, zone) == Some(id))
    };
    let marker = request.query("marker")?;
    // A PageMarker, which may be longer than an id.
    let first = marker.and_then(|marker| HostedZoneId::new(Prefix::HostedZone.stripped(marker)).ok());
    let zones = match &first {
        Some(first) => account.hosted_zones().iter_from(first),
        None => account.hosted_zones().iter(),
    };
    let page = size.cut(zones.filter(is_listed));
    let reply = Reply::new(request.operation, |xml| {
        write_zones(xml, account, &page);
        xml.optional_text("Marker", marker);
        xml.value("IsTruncated", page.next.is_some());
        xml.optional_text("NextMarker", page.next.map(|zone| zone.id().as_str()));
        xml.value("MaxItems", size.0);
    });
    Ok(reply.into())
}

/// From a name on, which need not be that of a zone.
pub fn list_by_name(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let account = situation.account();
    let size = PageSize::read(request, "maxitems", PAGE, PAGE)?;
    let (dns_name, hosted_zone_id) = (request.query("dnsname")?, request.query("hostedzoneid")?);
    if dns_name.is_none() && hosted_zone_id.is_some() {
        return Err(ApiError::invalid_input("When you specify HostedZoneId, you must also specify DNSName."));
    }
    let invalid = |error: crate::model::NameError, name: &str| {
        ApiError::new(ErrorCode::InvalidDomainName, error.route53_message(name))
    };
    let name = dns_name.map(|name| DomainName::parse(name).map_err(|error| invalid(error, name))).transpose()?;
    let id: Option<HostedZoneId> = hosted_zone_id.map(|id| Prefix::HostedZone.read(id)).transpose()?.flatten();
    let mut zones: Vec<&Arc<HostedZone>> = account.hosted_zones().iter().collect();
    zones.sort_by(|one, other| (one.name(), one.id()).cmp(&(other.name(), other.id())));
    let first = match (&name, &id) {
        (Some(name), Some(id)) => zones.partition_point(|zone| (zone.name(), zone.id()) < (name, id)),
        (Some(name), None) => zones.partition_point(|zone| zone.name() < name),
        (None, _) => 0,
    };
    let page = size.cut(zones.into_iter().skip(first));
    let reply = Reply::new(request.operation, |xml| {
        write_zones(xml, account, &page);
        xml.optional_text("DNSName", name.map(|name| name.to_api_text()).as_deref());
        xml.optional_text("HostedZoneId", hosted_zone_id);
        xml.value("IsTruncated", page.next.is_some());
        if let Some(next) = page.next {
            xml.text("NextDNSName", &next.name().to_api_text());
            xml.text("NextHostedZoneId", next.id().as_str());
        }
        xml.value("MaxItems", size.0);
    });
    Ok(reply.into())
}

fn write_zones(xml: &mut XmlWriter, account: &Account, page: &Page<&Arc<HostedZone>>) {
    xml.list("HostedZones", "HostedZone", &page.items, |xml, zone| {
        write_members(xml, zone, caller_reference_text(account, zone), file_of(account, zone));
        hosted_zone_feature::write(xml, account, zone.id());
    });
}

fn reusable_set<'a>(account: &'a Account, zone: &HostedZone) -> Option<&'a DelegationSetId> {
    account.registry().hosted_zones.get(zone.id())?.delegation_set.as_ref()
}
