//! Advice on VPCs: two that hold the same clients.

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::model::{Account, VpcId};

use super::{Advice, Subject};

/// PZ-4: of two VPCs with one network only one can be told from the source address. A network inside another is
/// meant: the longer one wins.
pub(super) fn advise(account: &Account, advice: &mut Vec<Advice>) {
    let mut holders: BTreeMap<IpNet, &VpcId> = BTreeMap::new();
    for vpc in account.vpcs().values() {
        for cidr in &vpc.cidrs {
            let holder = *holders.entry(cidr.trunc()).or_insert(&vpc.id);
            if *holder != vpc.id {
                advice.push(Advice::new(
                    Subject::Vpc(vpc.id.clone()),
                    &["PZ-4"],
                    format!("{cidr} is also a network of VPC {holder}: its clients are taken to be in {holder}"),
                    "give each VPC networks of its own, or bind a listener to each VPC",
                ));
            }
        }
    }
}
