//! A CIDR collection with its blocks.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::model::{CidrCollection, CidrCollectionId, CidrLocationName};

use super::Damage;

#[derive(Serialize, Deserialize)]
pub struct CidrCollectionRow<'r> {
    name: &'r str,
    /// Each with its blocks: address and length of the prefix.
    #[serde(borrow)]
    locations: Vec<(&'r str, Vec<(IpAddr, u8)>)>,
}

impl<'r> CidrCollectionRow<'r> {
    pub fn of(collection: &'r CidrCollection) -> CidrCollectionRow<'r> {
        let locations = collection.locations().iter().map(|(location, blocks)| {
            (location.as_str(), blocks.iter().map(|block| (block.addr(), block.prefix_len())).collect())
        });
        CidrCollectionRow { name: collection.name(), locations: locations.collect() }
    }

    pub fn cidr_collection(self, id: CidrCollectionId) -> Result<CidrCollection, Damage> {
        let locations = self.locations.into_iter().map(|(location, blocks)| {
            let name =
                CidrLocationName::parse(location).ok_or_else(|| Damage(format!("{location:?} is no CIDR location")))?;
            let blocks = blocks.into_iter().map(|(address, length)| IpNet::new(address, length).map_err(Damage::of));
            Ok((name, blocks.collect::<Result<Vec<IpNet>, Damage>>()?))
        });
        let locations = locations.collect::<Result<_, Damage>>()?;
        CidrCollection::new(id, self.name, locations).map_err(|errors| {
            let errors: Vec<String> = errors.iter().map(|error| error.to_string()).collect();
            Damage(errors.join(", "))
        })
    }
}
