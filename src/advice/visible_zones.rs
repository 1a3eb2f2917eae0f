//! Which zones a client sees, as far as advice needs it: where the stand-in of an AWS resource would be found.

use std::collections::HashMap;

use crate::model::{Account, DomainName, HostedZone, RecordType, Visibility, VpcId};

/// The zones of an account by who sees them.
pub(super) struct VisibleZones<'a> {
    public: HashMap<&'a DomainName, &'a HostedZone>,
    private: HashMap<(&'a VpcId, &'a DomainName), &'a HostedZone>,
}

/// Who asks: a VPC's client, or `None` for the Internet's.
pub(super) type Viewer<'a> = Option<&'a VpcId>;

impl<'a> VisibleZones<'a> {
    pub fn new(account: &'a Account) -> VisibleZones<'a> {
        let (mut public, mut private) = (HashMap::new(), HashMap::new());
        for zone in account.hosted_zones().iter() {
            match zone.visibility() {
                Visibility::Public => drop(public.insert(zone.name(), &**zone)),
                Visibility::Private(vpcs) => {
                    for vpc in vpcs {
                        private.insert((vpc, zone.name()), &**zone);
                    }
                }
            }
        }
        VisibleZones { public, private }
    }

    /// the zone whose records answer for an AWS resource to a viewer, as `answer` finds them: in the longest
    /// private match, else in the longest public one, by the very name, and not below a delegation (Z-24).
    pub fn stand_in(&self, viewer: Viewer<'a>, name: &DomainName, record_type: RecordType) -> Option<&'a HostedZone> {
        let private = viewer.and_then(|vpc| longest_match(name, |suffix| self.private.get(&(vpc, suffix)).copied()));
        let public = longest_match(name, |suffix| self.public.get(suffix).copied());
        let mut zones = private.into_iter().chain(public);
        zones.find(|zone| zone.has_group(name.wire(), record_type) && !is_delegated(zone, name))
    }
}

/// Everybody who is answered from a zone, as far as the zone's own visibility goes.
pub(super) fn viewers(zone: &HostedZone) -> impl Iterator<Item = Viewer<'_>> {
    let (internet, vpcs) = match zone.visibility() {
        Visibility::Public => (Some(None), None),
        Visibility::Private(vpcs) => (None, Some(vpcs.iter().map(Some))),
    };
    internet.into_iter().chain(vpcs.into_iter().flatten())
}

fn longest_match<'a>(
    name: &DomainName,
    zone_of: impl Fn(&DomainName) -> Option<&'a HostedZone>,
) -> Option<&'a HostedZone> {
    std::iter::successors(Some(name.clone()), DomainName::parent).find_map(|suffix| zone_of(&suffix))
}

/// Z-20: whether a name of the zone is at or below a delegation.
fn is_delegated(zone: &HostedZone, name: &DomainName) -> bool {
    std::iter::successors(Some(name.clone()), DomainName::parent)
        .take_while(|suffix| suffix != zone.name())
        .any(|suffix| zone.has_group(suffix.wire(), RecordType::Ns))
}
