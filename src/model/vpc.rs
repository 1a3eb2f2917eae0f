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

/// What is said of a VPC while the server runs. What zone files say of one comes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcDescription {
    pub region: AwsRegion,
    pub cidrs: Vec<IpNet>,
    pub source: VpcSource,
}

/// Who says it. An operator's word comes before that of EC2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VpcSource {
    Operator,
    Ec2,
}
