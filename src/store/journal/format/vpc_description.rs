//! What operators and EC2 say of a VPC.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::model::{AwsRegion, VpcDescription, VpcSource};

use super::Damage;
use super::written::Written;

#[derive(Serialize, Deserialize)]
pub struct VpcDescriptionRow<'r> {
    region: &'r str,
    /// Address and length of the prefix.
    cidrs: Vec<(IpAddr, u8)>,
    is_of_ec2: bool,
}

impl Written for VpcDescription {
    type Row<'r> = VpcDescriptionRow<'r>;

    fn row(&self) -> Self::Row<'_> {
        let VpcDescription { region, cidrs, source } = self;
        VpcDescriptionRow {
            region: region.row(),
            cidrs: cidrs.iter().map(|cidr| (cidr.addr(), cidr.prefix_len())).collect(),
            is_of_ec2: *source == VpcSource::Ec2,
        }
    }

    fn read(row: Self::Row<'_>) -> Result<Self, Damage> {
        let cidrs = row.cidrs.into_iter().map(|(address, length)| IpNet::new(address, length).map_err(Damage::of));
        Ok(VpcDescription {
            region: AwsRegion::read(row.region)?,
            cidrs: cidrs.collect::<Result<_, _>>()?,
            source: if row.is_of_ec2 { VpcSource::Ec2 } else { VpcSource::Operator },
        })
    }
}
