//! A VPC: which clients are inside it.

use ipnet::IpNet;

use super::geography::AwsRegion;
use super::identifier::VpcId;

/// A virtual private cloud. VPCs belong to EC2; here they say which clients are where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vpc {
    pub id: VpcId,
    /// PZ-20: what location policies take a client inside to be in.
    pub region: AwsRegion,
    /// The networks whose clients are inside. May be empty: a listener can be bound to the VPC instead.
    pub cidrs: Vec<IpNet>,
}
