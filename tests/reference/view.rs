//! Who asked decides what exists (PZ-1 to PZ-14, architecture.md invariant 7).

use std::net::IpAddr;

use ipnet::IpNet;
use route53d::model::{Account, DomainName, HostedZone, RecordType, Visibility, VpcId};

use super::Asker;
use super::lookup::{self, Place};

/// From where an asker looks at the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    Internet,
    Vpc(VpcId),
}

/// PZ-4: the listener's VPC, else the VPC with the longest CIDR that holds the source.
pub fn view_of(account: &Account, asker: &Asker) -> View {
    if let Some(vpc) = &asker.listener_vpc {
        return View::Vpc(vpc.clone());
    }
    let source = match asker.subnet {
        // P-16: an option of length 0 says nothing of the client.
        Some(subnet) if asker.trusted && subnet.prefix_len() > 0 => subnet.trunc(),
        _ => host(asker.source),
    };
    let mut longest: Option<(u8, &VpcId)> = None;
    for vpc in account.vpcs().values() {
        for cidr in &vpc.cidrs {
            if cidr.contains(&source) && longest.is_none_or(|(length, _)| length < cidr.prefix_len()) {
                longest = Some((cidr.prefix_len(), &vpc.id));
            }
        }
    }
    longest.map_or(View::Internet, |(_, vpc)| View::Vpc(vpc.clone()))
}

/// The network of this one address.
pub fn host(address: IpAddr) -> IpNet {
    IpNet::from(address.to_canonical())
}

/// The zone that answers for `name`; none when no zone in view holds it.
pub fn zone_for<'a>(
    account: &'a Account,
    view: &View,
    name: &DomainName,
    record_type: Option<RecordType>,
) -> Option<&'a HostedZone> {
    if let View::Vpc(vpc) = view {
        let is_mine = |zone: &HostedZone| matches!(zone.visibility(), Visibility::Private(vpcs) if vpcs.contains(vpc));
        // PZ-10: the longest private zone is final, whatever public zones there are.
        if let Some(zone) = longest(account, is_mine, |zone| name.is_at_or_below(zone.name())) {
            return Some(zone);
        }
    }
    let is_public = |zone: &HostedZone| *zone.visibility() == Visibility::Public;
    let zone = longest(account, is_public, |zone| name.is_at_or_below(zone.name()))?;
    // Z-23: the DS records of a zone are in the zone above, if that one delegates it.
    if record_type == Some(RecordType::Ds) && name == zone.name() {
        let above = |zone: &HostedZone| name.is_at_or_below(zone.name()) && name != zone.name();
        if let Some(parent) = longest(account, is_public, above)
            && matches!(lookup::look_up(parent, name, None), Place::BelowCut(cut) if cut == *name)
        {
            return Some(parent);
        }
    }
    Some(zone)
}

fn longest(
    account: &Account,
    is_visible: impl Fn(&HostedZone) -> bool,
    holds_name: impl Fn(&HostedZone) -> bool,
) -> Option<&HostedZone> {
    let zones = account.hosted_zones().iter().map(|zone| &**zone);
    zones.filter(|zone| is_visible(zone) && holds_name(zone)).max_by_key(|zone| zone.name().labels().count())
}
