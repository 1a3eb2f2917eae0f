//! Which name of a zone answers a query name (W-1).

use crate::snapshot::{NodeId, Zone};

/// What a zone has for a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// The name is at or below this delegation (Z-20).
    Delegation(NodeId),
    /// The very name (W-2), perhaps an empty non-terminal (W-8).
    Exact(NodeId),
    /// The wildcard of the closest encloser (W-6).
    Wildcard { node: NodeId, closest_encloser: NodeId },
    /// No such name; the longest ancestor that exists.
    NoName { closest_encloser: NodeId },
}

/// Finds a lower-case wire name, which must be at or below the zone's apex.
pub fn find(zone: &Zone, name: &[u8]) -> Match {
    let mut suffix = name;
    let closest = loop {
        if let Some(node) = zone.find(suffix) {
            break node;
        }
        debug_assert!(suffix[0] != 0, "the zone's apex is an ancestor of the name");
        suffix = &suffix[1 + usize::from(suffix[0])..];
    };
    let encloser = zone.node(closest);
    if let Some(cut) = encloser.cut {
        return Match::Delegation(cut);
    }
    if suffix.len() == name.len() {
        return Match::Exact(closest);
    }
    match encloser.wildcard {
        // W-16: a delegation has no wildcard name (W-10), so a wildcard is never a cut itself.
        Some(node) => Match::Wildcard { node, closest_encloser: closest },
        None => Match::NoName { closest_encloser: closest },
    }
}
