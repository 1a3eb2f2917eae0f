//! Advice on VPCs: those that hold every client, and two that hold the same.

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::model::{Account, VpcId};

use super::{Advice, Subject};

pub(super) fn advise(account: &Account, advice: &mut Vec<Advice>) {
    advise_on_whole_address_space(account, advice);
    advise_on_shared_networks(account, advice);
}

/// PZ-2: who is inside some VPC is not on the Internet, which may be meant, but not of everybody.
fn advise_on_whole_address_space(account: &Account, advice: &mut Vec<Advice>) {
    for vpc in account.vpcs().values() {
        for cidr in vpc.cidrs.iter().filter(|cidr| cidr.prefix_len() == 0) {
            let family = match cidr {
                IpNet::V4(_) => "IPv4",
                IpNet::V6(_) => "IPv6",
            };
            advice.push(Advice::new(
                Subject::Vpc(vpc.id.clone()),
                &["PZ-2", "PZ-4"],
                format!("{cidr} puts every {family} client inside a VPC: none of them has the Internet's view"),
                "give the VPC only its own networks, or bind a listener to it",
            ));
        }
    }
}

/// PZ-4: of two VPCs with one network only one can be told from the source address. A network inside another is
/// meant: the longer one wins.
fn advise_on_shared_networks(account: &Account, advice: &mut Vec<Advice>) {
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
