//! What is said of VPCs while the server runs: by operators, and by EC2. What zone files say of one comes first, then
//! what operators say.

use std::collections::BTreeSet;

use crate::model::{Account, Vpc, VpcDescription, VpcId, VpcSource};

use super::error::{ChangeError, Described, DescribedPart};

/// # Errors
///
/// A zone file describes the VPC.
pub(super) fn describe(current: &Account, vpc: Vpc) -> Result<Account, ChangeError> {
    if let Some(file) = current.source_files().vpcs.get(&vpc.id) {
        let (what, file) = (DescribedPart::Vpc(vpc.id), Some(Box::from(&**file)));
        return Err(ChangeError::DescribedByFile(Described { what, file }));
    }
    Ok(described(current.clone(), vpc, VpcSource::Operator))
}

/// # Errors
///
/// No operator has described the VPC.
pub(super) fn forget(current: &Account, id: &VpcId) -> Result<Account, ChangeError> {
    match current.registry().vpc_descriptions.get(id) {
        Some(VpcDescription { source: VpcSource::Operator, .. }) => Ok(forgotten(current.clone(), id)),
        _ => Err(ChangeError::VpcNotDescribed(id.clone())),
    }
}

/// Takes what EC2 says for what files and operators leave unsaid.
pub(super) fn synchronize(current: &Account, vpcs: Vec<Vpc>) -> Result<Account, ChangeError> {
    let there: BTreeSet<&VpcId> = vpcs.iter().map(|vpc| &vpc.id).collect();
    let descriptions = &current.registry().vpc_descriptions;
    let of_ec2 = descriptions.iter().filter(|(_, description)| description.source == VpcSource::Ec2);
    let gone: Vec<&VpcId> = of_ec2.map(|(id, _)| id).filter(|id| !there.contains(id)).collect();
    let mut account = gone.into_iter().fold(current.clone(), forgotten);
    for vpc in vpcs {
        let descriptions = &account.registry().vpc_descriptions;
        let is_said = descriptions.get(&vpc.id).is_some_and(|description| match description.source {
            VpcSource::Operator => true,
            VpcSource::Ec2 => description.region == vpc.region && description.cidrs == vpc.cidrs,
        });
        if !is_said {
            account = described(account, vpc, VpcSource::Ec2);
        }
    }
    Ok(account)
}

fn described(account: Account, vpc: Vpc, source: VpcSource) -> Account {
    let mut registry = account.registry().clone();
    let description = VpcDescription { region: vpc.region, cidrs: vpc.cidrs.clone(), source };
    registry.vpc_descriptions = registry.vpc_descriptions.with(vpc.id.clone(), description);
    let account = account.with_registry(registry);
    if account.source_files().vpcs.contains_key(&vpc.id) { account } else { account.with_vpc(vpc) }
}

/// A VPC that zones are associated with stays known by its name.
fn forgotten(account: Account, id: &VpcId) -> Account {
    let mut registry = account.registry().clone();
    registry.vpc_descriptions = registry.vpc_descriptions.without(id);
    let named = registry.vpcs.get(id).copied();
    let account = account.with_registry(registry);
    match named {
        _ if account.source_files().vpcs.contains_key(id) => account,
        Some(region) => account.with_vpc(Vpc { id: id.clone(), region, cidrs: Vec::new() }),
        None => account.without_vpc(id),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::change::{Change, plan};
    use crate::model::{AccountParts, AwsRegion, SourceFiles};

    use super::*;

    fn vpc(id: &str, cidr: &str) -> Vpc {
        Vpc { id: VpcId::new(id).unwrap(), region: AwsRegion::EuWest1, cidrs: vec![cidr.parse().unwrap()] }
    }

    fn files(vpcs: Vec<Vpc>) -> Account {
        let places = vpcs.iter().map(|vpc| (vpc.id.clone(), Arc::from("zones/a.yaml"))).collect();
        let source_files = SourceFiles { vpcs: places, ..SourceFiles::default() };
        Account::new(AccountParts { vpcs, source_files, ..AccountParts::default() }).unwrap()
    }

    /// Each with its only network.
    fn seen(account: &Account) -> Vec<String> {
        let vpcs = account.vpcs().values();
        vpcs.map(|vpc| format!("{} {}", vpc.id, vpc.cidrs.first().map_or_else(String::new, ToString::to_string)))
            .collect()
    }

    #[test]
    fn files_come_before_operators_and_operators_before_ec2() {
        let account = files(vec![vpc("a", "10.1.0.0/16")]);
        let ec2 = ["a", "b", "c"].map(|id| vpc(id, "10.3.0.0/16"));
        let account = plan(&account, Change::SynchronizeVpcs(ec2.to_vec())).unwrap();
        assert_eq!(seen(&account), ["a 10.1.0.0/16", "b 10.3.0.0/16", "c 10.3.0.0/16"]);
        let account = plan(&account, Change::DescribeVpc(vpc("b", "10.2.0.0/16"))).unwrap();
        let account = plan(&account, Change::SynchronizeVpcs(ec2.to_vec())).unwrap();
        assert_eq!(seen(&account), ["a 10.1.0.0/16", "b 10.2.0.0/16", "c 10.3.0.0/16"]);
        let refused = plan(&account, Change::DescribeVpc(vpc("a", "10.2.0.0/16"))).unwrap_err();
        assert_eq!(refused.to_string(), "VPC a is described by the zone file zones/a.yaml; change it there");
        // The file goes: EC2 has told of it too.
        let account = plan(&account, Change::ReplaceFiles(Box::new(files(Vec::new())))).unwrap();
        assert_eq!(seen(&account), ["a 10.3.0.0/16", "b 10.2.0.0/16", "c 10.3.0.0/16"]);
        // And what EC2 has no more goes, but not what an operator says.
        let account = plan(&account, Change::SynchronizeVpcs(vec![vpc("c", "10.4.0.0/16")])).unwrap();
        assert_eq!(seen(&account), ["b 10.2.0.0/16", "c 10.4.0.0/16"]);
        let account = plan(&account, Change::ForgetVpc(VpcId::new("b").unwrap())).unwrap();
        assert_eq!(seen(&account), ["c 10.4.0.0/16"]);
        let not_said = plan(&account, Change::ForgetVpc(VpcId::new("c").unwrap())).unwrap_err();
        assert_eq!(not_said.to_string(), "no operator has described VPC c");
    }
}
