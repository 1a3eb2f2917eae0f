//! A hosted zone without its record sets.

use serde::{Deserialize, Serialize};

use crate::model::{DomainName, HostedZone, HostedZoneId, HostedZoneParts, Visibility, VpcId};

use super::Damage;

#[derive(Serialize, Deserialize)]
pub struct HostedZoneRow<'r> {
    /// In wire form.
    #[serde(borrow)]
    name: &'r [u8],
    comment: &'r str,
    visibility: VisibilityRow<'r>,
}

#[derive(Serialize, Deserialize)]
enum VisibilityRow<'r> {
    Public,
    Private(#[serde(borrow)] Vec<&'r str>),
}

impl<'r> HostedZoneRow<'r> {
    pub fn of(zone: &'r HostedZone) -> HostedZoneRow<'r> {
        let visibility = match zone.visibility() {
            Visibility::Public => VisibilityRow::Public,
            Visibility::Private(vpcs) => VisibilityRow::Private(vpcs.iter().map(|vpc| vpc.as_str()).collect()),
        };
        HostedZoneRow { name: zone.name().wire(), comment: zone.comment(), visibility }
    }

    /// Without record sets.
    pub fn parts(self, id: HostedZoneId) -> Result<HostedZoneParts, Damage> {
        let visibility = match self.visibility {
            VisibilityRow::Public => Visibility::Public,
            VisibilityRow::Private(vpcs) => {
                Visibility::Private(vpcs.into_iter().map(VpcId::new).collect::<Result<_, _>>().map_err(Damage::of)?)
            }
        };
        let name = DomainName::from_wire(self.name).ok_or_else(|| Damage::of("it has no domain name"))?;
        Ok(HostedZoneParts { id, name, comment: self.comment.into(), visibility, record_sets: Vec::new() })
    }
}
