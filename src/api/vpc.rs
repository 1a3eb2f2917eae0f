//! VPCs as requests name them.

use crate::model::{Account, AwsRegion, Vpc, VpcId};

use super::error::{ApiError, ErrorCode};
use super::xml::{Element, Members, XmlWriter};

/// A VPC that a request names: the account's, or one nobody has heard of, for VPCs are EC2's.
pub fn read(element: &Element, account: &Account) -> Result<Vpc, ApiError> {
    let members = Members::of(element, &["VPCRegion", "VPCId"])?;
    let regions = AwsRegion::ALL.map(|region| (region.name(), region));
    let region = members.optional("VPCRegion").map(|region| region.word(&regions)).transpose()?;
    let id = members.optional("VPCId").map(|id| id.text_of("VPCId", 0..=1024)).transpose()?.unwrap_or_default();
    named(id, region, account)
}

/// As [`read`], from the parts of a query.
pub fn named(id: &str, region: Option<AwsRegion>, account: &Account) -> Result<Vpc, ApiError> {
    let invalid = || ApiError::new(ErrorCode::InvalidVPCId, "The VPC ID is invalid.");
    let id = VpcId::new(id).map_err(|_| invalid())?;
    let known = account.vpcs().get(&id);
    if known.is_none() && !id.as_str().starts_with("vpc-") {
        return Err(invalid());
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
