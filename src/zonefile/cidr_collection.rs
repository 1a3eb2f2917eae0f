//! CIDR collections in a zone file.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use super::diagnostic::Problems;
use super::fields::Fields;
use super::identity::derived_cidr_collection_id;
use super::network::ipv4_mapped;
use super::node::{Entry, Node};
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
    let name_error = name.as_deref().and_then(|name| CidrCollection::check_name(name).err());
    if let Some(error) = name_error {
        problems.add(fields.position("name"), error.to_string(), error.hint());
    }
    let blocks = fields.get("locations").map(|node| read_locations(node, problems)).unwrap_or_default();
    let collection = match (&id, &name) {
        (Some(id), Some(name)) if problems.count() == before => collection(node, id, name, blocks, problems),
        _ => None,
    };
    Reading { name, id, collection }
}

/// The collection of parts that are in order each for itself.
fn collection(
    node: &Node<'_>,
    id: &CidrCollectionId,
    name: &str,
    blocks: Blocks,
    problems: &mut Problems<'_>,
) -> Option<CidrCollection> {
    match CidrCollection::new(id.clone(), name, blocks) {
        Ok(collection) => Some(collection),
        Err(errors) => {
            for error in errors {
                problems.add(node.at, error.to_string(), error.hint());
            }
            None
        }
    }
}

type Blocks = BTreeMap<CidrLocationName, Vec<IpNet>>;

/// Tells the problems of each block where it stands, those of locations with a wrong name too.
fn read_locations(node: &Node<'_>, problems: &mut Problems<'_>) -> Blocks {
    let mut locations = Blocks::new();
    let mut locations_of_blocks: BTreeMap<IpNet, CidrLocationName> = BTreeMap::new();
    for entry in node.mapping("locations", problems).unwrap_or_default() {
        let name = read_location_name(entry, problems);
        let mut blocks = Vec::new();
        for item in entry.value.list("the blocks of a location", problems).unwrap_or_default() {
            let Some(block) = read_block(item, problems) else { continue };
            // IP-2.
            if let Some(other) = locations_of_blocks.get(&block.trunc()) {
                let error = CidrCollectionError::BlockInUse(block, other.clone());
                problems.add(item.at, error.to_string(), error.hint());
            } else if let Some(name) = &name {
                locations_of_blocks.insert(block.trunc(), name.clone());
            }
            blocks.push(block);
        }
        if let Some(name) = name {
            locations.insert(name, blocks);
        }
    }
    locations
}

fn read_location_name(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<CidrLocationName> {
    let name = CidrLocationName::parse(entry.key.as_str());
    if name.is_none() {
        let message = format!("{:?} cannot be the name of a CIDR location", entry.key.as_str());
        let hint = match entry.key.as_str() {
            "*" => "\"*\" is in every collection already: it stands for all other addresses",
            _ => "use 1 to 16 of the characters 0-9 A-Z a-z _ -",
        };
        problems.add(entry.at, message, hint);
    }
    name
}

/// A block as it is written, even if its problem is told: it can still stand twice.
fn read_block(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<IpNet> {
    let text = node.text("block", problems)?;
    if let Ok(address) = text.parse::<IpAddr>() {
        let address = address.to_canonical();
        let network = IpNet::new_assert(address, CidrCollection::longest_prefix(address)).trunc();
        problems.add(
            node.at,
            format!("block {text} has no prefix length"),
            format!("write {network} or a shorter one"),
        );
        return None;
    }
    let block = node.written_network("block", problems)?;
    if let Err(error) = CidrCollection::check_block(block) {
        // Its prefix is too long for IPv6; the IPv4 network it stands for may be what is meant.
        let ipv4 = ipv4_mapped(block).map(|ipv4| ipv4.trunc()).filter(|it| CidrCollection::check_block(*it).is_ok());
        problems.add(node.at, error.to_string(), ipv4.map_or_else(|| error.hint(), |ipv4| format!("write {ipv4}")));
    }
    Some(block)
}
