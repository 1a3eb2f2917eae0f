//! CIDR collections in a zone file.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::diagnostic::{Position, Problems};
use super::fields::Fields;
use super::identity::derived_cidr_collection_id;
use super::node::Node;
use crate::model::{CidrCollection, CidrCollectionError, CidrCollectionId, CidrLocationName};

/// The name and the id as far as they can be read, and the collection if all of it can.
pub(super) struct Reading {
    pub name: Option<String>,
    pub id: Option<CidrCollectionId>,
    pub collection: Option<CidrCollection>,
}

pub(super) fn read(node: &Node<'_>, problems: &mut Problems<'_>) -> Reading {
    let before = problems.count();
    let Some(fields) = Fields::read(node, "a CIDR collection", &["name", "id", "locations"], problems) else {
        return Reading { name: None, id: None, collection: None };
    };
    let name = fields.require("name", problems).and_then(|node| node.text("name", problems)).map(str::to_owned);
    let id: Option<CidrCollectionId> = match (fields.get("id"), &name) {
        (Some(node), _) => node.identifier("id", problems),
        (None, Some(name)) => Some(derived_cidr_collection_id(name)),
        (None, None) => None,
    };
    let locations = fields.get("locations").map(|node| Locations::read(node, problems)).unwrap_or_default();
    if problems.count() > before {
        return Reading { name, id, collection: None };
    }
    let (Some(name), Some(id)) = (name, id) else { return Reading { name: None, id: None, collection: None } };
    let collection = match CidrCollection::new(id.clone(), &name, locations.blocks) {
        Ok(collection) => Some(collection),
        Err(errors) => {
            for error in errors {
                let at = match &error {
                    CidrCollectionError::Name(_) => fields.position("name"),
                    CidrCollectionError::BlockLength(block)
                    | CidrCollectionError::HostBits(block)
                    | CidrCollectionError::BlockInUse(block, _) => {
                        locations.positions.get(block).copied().unwrap_or(node.at)
                    }
                };
                problems.add(at, error.to_string(), error.hint());
            }
            None
        }
    };
    Reading { name: Some(name), id: Some(id), collection }
}

#[derive(Default)]
struct Locations {
    blocks: BTreeMap<CidrLocationName, Vec<IpNet>>,
    /// Where each block stands; the last place of one that stands twice.
    positions: BTreeMap<IpNet, Position>,
}

impl Locations {
    fn read(node: &Node<'_>, problems: &mut Problems<'_>) -> Locations {
        let mut locations = Locations::default();
        for entry in node.mapping("locations", problems).unwrap_or_default() {
            let name = CidrLocationName::parse(entry.key.as_str());
            if name.is_none() {
                let message = format!("{:?} cannot be the name of a CIDR location", entry.key.as_str());
                let hint = match entry.key.as_str() {
                    "*" => "\"*\" is in every collection already: it stands for all other addresses",
                    _ => "use 1 to 16 of the characters 0-9 A-Z a-z _ -",
                };
                problems.add(entry.at, message, hint);
            }
            let mut blocks = Vec::new();
            for item in entry.value.list("the blocks of a location", problems).unwrap_or_default() {
                if let Some(block) = item.network("block", problems) {
                    locations.positions.insert(block, item.at);
                    blocks.push(block);
                }
            }
            if let Some(name) = name {
                locations.blocks.insert(name, blocks);
            }
        }
        locations
    }
}
