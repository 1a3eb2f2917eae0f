//! Private zones and the VPCs that see them: associations, and authorizations for VPCs of other accounts (PZ-18).

use std::sync::Arc;

use crate::change::Change;
use crate::model::{HostedZone, HostedZoneId, Visibility, Vpc, VpcId};

use super::error::{ApiError, ErrorCode};
use super::page::{PageSize, read_token, token};
use super::reply::{Outcome, Reply};
use super::request::Request;
use super::xml::Members;
use super::{Situation, change, vpc};

/// Whose zones they all are: there is one account.
const OWNING_ACCOUNT: &str = "000000000000";
/// Items of a page, unless fewer are asked for.
const AUTHORIZATION_PAGE: usize = 50;
const ZONE_PAGE: usize = 100;

pub fn associate(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let (hosted_zone, vpc, comment) = read_association(request, situation)?;
    let reply = Reply::new(request.operation, |xml| change::write_new(xml, &situation.drawn, comment.as_deref()));
    let change = Change::AssociateVpc { hosted_zone, vpc };
    Ok(Outcome::Write(Box::new(situation.drawn.recorded(change, comment.as_deref())), reply))
}

pub fn disassociate(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let (hosted_zone, vpc, comment) = read_association(request, situation)?;
    let reply = Reply::new(request.operation, |xml| change::write_new(xml, &situation.drawn, comment.as_deref()));
    let change = Change::DisassociateVpc { hosted_zone, vpc: vpc.id };
    Ok(Outcome::Write(Box::new(situation.drawn.recorded(change, comment.as_deref())), reply))
}

pub fn authorize(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let (hosted_zone, vpc) = read_authorization(request, situation)?;
    let reply = Reply::new(request.operation, |xml| {
        xml.text("HostedZoneId", hosted_zone.as_str());
        vpc::write(xml, &vpc.id, vpc.region);
    });
    Ok(Outcome::Write(Box::new(Change::AuthorizeVpc { hosted_zone, vpc }), reply))
}

pub fn deauthorize(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let (hosted_zone, vpc) = read_authorization(request, situation)?;
    let change = Change::DeauthorizeVpc { hosted_zone, vpc: vpc.id };
    Ok(Outcome::Write(Box::new(change), Reply::new(request.operation, |_| {})))
}

pub fn list_authorizations(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let size = PageSize::read(request, "maxresults", AUTHORIZATION_PAGE, AUTHORIZATION_PAGE)?;
    let first = read_token(request)?;
    let account = situation.account();
    let zone = request.hosted_zone(account)?;
    let authorized = account.vpc_authorizations(zone.id());
    let page = size.cut(authorized.filter(|(vpc, _)| first.as_deref().is_none_or(|first| vpc.as_str() >= first)));
    let reply = Reply::new(request.operation, |xml| {
        xml.text("HostedZoneId", zone.id().as_str());
        xml.optional_text("NextToken", page.next.map(|(vpc, _)| token(vpc.as_str())).as_deref());
        xml.list("VPCs", "VPC", &page.items, |xml, (vpc, region)| vpc::write_members(xml, vpc, *region));
    });
    Ok(reply.into())
}

/// The zones that a VPC sees, in the order of their ids.
pub fn list_zones(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let size = PageSize::read(request, "maxitems", ZONE_PAGE, ZONE_PAGE)?;
    let first = read_token(request)?;
    let account = situation.account();
    let (vpc_id, region) = (request.query("vpcid")?.unwrap_or_default(), request.query("vpcregion")?);
    let region = region.map(|region| {
        region.parse().map_err(|_| ApiError::constraint("vpcRegion", region, "Member must satisfy enum value set"))
    });
    // This operation has no InvalidVPCId.
    let vpc = vpc::named(vpc_id, region.transpose()?, situation)
        .map_err(|error| ApiError { code: ErrorCode::InvalidInput, ..error })?;
    let zones = account.hosted_zones().iter().filter(|zone| is_seen_by(zone, &vpc.id));
    let page = size.cut(zones.filter(|zone| first.as_deref().is_none_or(|first| zone.id().as_str() >= first)));
    let reply = Reply::new(request.operation, |xml| {
        xml.list("HostedZoneSummaries", "HostedZoneSummary", &page.items, |xml, zone| {
            xml.text("HostedZoneId", zone.id().as_str());
            xml.text("Name", &zone.name().to_api_text());
            xml.element("Owner", |xml| xml.text("OwningAccount", OWNING_ACCOUNT));
        });
        xml.value("MaxItems", size.0);
        xml.optional_text("NextToken", page.next.map(|zone| token(zone.id().as_str())).as_deref());
    });
    Ok(reply.into())
}

fn is_seen_by(zone: &Arc<HostedZone>, vpc: &VpcId) -> bool {
    match zone.visibility() {
        Visibility::Public => false,
        Visibility::Private(vpcs) => vpcs.contains(vpc),
    }
}

fn read_association(
    request: &Request<'_>,
    situation: &Situation<'_>,
) -> Result<(HostedZoneId, Vpc, Option<Box<str>>), ApiError> {
    let root = request.root()?;
    let members = Members::of(&root, &["VPC", "Comment"])?;
    let comment = members.optional("Comment").map(|it| it.text()).transpose()?.map(Box::from);
    let vpc = members.required("VPC")?;
    let zone = request.hosted_zone(situation.account())?;
    Ok((zone.id().clone(), vpc::read(vpc, situation)?, comment))
}

fn read_authorization(request: &Request<'_>, situation: &Situation<'_>) -> Result<(HostedZoneId, Vpc), ApiError> {
    let root = request.root()?;
    let members = Members::of(&root, &["VPC"])?;
    let vpc = members.required("VPC")?;
    let zone = request.hosted_zone(situation.account())?;
    Ok((zone.id().clone(), vpc::read(vpc, situation)?))
}
