//! VPCs as requests name them.

use crate::model::{AwsRegion, Vpc, VpcId};

use super::error::{ApiError, ErrorCode};
use super::xml::{Element, Members, XmlWriter};
use super::{Situation, VpcPolicy};

/// A VPC that a request names: the account's, or unless that is refused, one nobody has heard of.
pub fn read(element: &Element, situation: &Situation<'_>) -> Result<Vpc, ApiError> {
    let members = Members::of(element, &["VPCRegion", "VPCId"])?;
    let regions = AwsRegion::ALL.map(|region| (region.name(), region));
    let region = members.optional("VPCRegion").map(|region| region.word(&regions)).transpose()?;
    let id = members.optional("VPCId").map(|id| id.text_of("VPCId", 0..=1024)).transpose()?.unwrap_or_default();
    named(id, region, situation)
}

/// As [`read`], from the parts of a query.
pub fn named(id: &str, region: Option<AwsRegion>, situation: &Situation<'_>) -> Result<Vpc, ApiError> {
    let invalid = || ApiError::new(ErrorCode::InvalidVPCId, "The VPC ID is invalid.");
    let id = VpcId::new(id).map_err(|_| invalid())?;
    let account = situation.account();
    let known = account.vpcs().get(&id).filter(|_| situation.vpcs == VpcPolicy::Any || account.is_described(&id));
    if known.is_none() && !id.as_str().starts_with("vpc-") {
        return Err(invalid());
    }
    if known.is_none() && situation.vpcs == VpcPolicy::Described {
        return Err(ApiError { unknown_vpc: Some(id), ..invalid() });
    }
    match (known, region) {
        // A VPC has one region.
        (Some(known), Some(region)) if known.region != region => Err(invalid()),
        (Some(known), _) => Ok(known.clone()),
        (None, Some(region)) => Ok(Vpc { id, region, cidrs: Vec::new() }),
        (None, None) => Err(invalid()),
    }
}

pub fn write(xml: &mut XmlWriter, id: &VpcId, region: AwsRegion) {
    xml.element("VPC", |xml| write_members(xml, id, region));
}

pub fn write_members(xml: &mut XmlWriter, id: &VpcId, region: AwsRegion) {
    xml.text("VPCRegion", region.name());
    xml.text("VPCId", id.as_str());
}
