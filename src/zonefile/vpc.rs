//! VPCs in a zone file.

use super::diagnostic::Problems;
use super::fields::Fields;
use super::node::Node;
use crate::model::{Vpc, VpcId};

/// The id as far as it can be read, and the VPC if all of it can.
pub(super) fn read(node: &Node<'_>, problems: &mut Problems<'_>) -> (Option<VpcId>, Option<Vpc>) {
    let before = problems.count();
    let Some(fields) = Fields::read(node, "a VPC", &["id", "region", "cidrs"], problems) else { return (None, None) };
    let id: Option<VpcId> = fields.require("id", problems).and_then(|node| node.identifier("id", problems));
    let region = fields.require("region", problems).and_then(|node| node.region("region", problems));
    let cidrs = fields.get("cidrs").map_or(Some(Vec::new()), |node| node.networks("cidrs", problems));
    let vpc = match (&id, region, cidrs) {
        (Some(id), Some(region), Some(cidrs)) if problems.count() == before => {
            Some(Vpc { id: id.clone(), region, cidrs })
        }
        _ => None,
    };
    (id, vpc)
}
