//! Which name of a zone answers a query name (W-1).

use crate::snapshot::{HashedName, Node, ZoneMatch};

/// What a zone has for a name.
#[derive(Clone, Copy, Debug)]
pub enum Match<'s> {
    /// The name is at or below this delegation (Z-20).
    Delegation(&'s Node),
    /// The very name (W-2), perhaps an empty non-terminal (W-8).
    Exact(&'s Node),
    /// The wildcard of the closest encloser (W-6), which has so many labels less than the name.
    Wildcard { node: &'s Node, labels_below: usize },
    /// No such name; the longest ancestor that exists has so many labels less.
    NoName { labels_below: usize },
}

/// Finds a name that is at or below the zone's apex.
pub fn find<'s>(zone: ZoneMatch<'s>, name: &HashedName) -> Match<'s> {
    let ZoneMatch { zone, labels_below: labels_below_apex } = zone;
    // Z-24: the delegation nearest to the apex counts.
    if zone.has_cuts() {
        let below_apex = (0..labels_below_apex).rev();
        let path = below_apex.map_while(|labels| zone.find(name, labels));
        if let Some(cut) = path.into_iter().find(|node| node.is_cut()) {
            return Match::Delegation(cut);
        }
    }
    if let Some(node) = zone.find(name, 0) {
        return Match::Exact(node);
    }
    let labels_below =
        (1..labels_below_apex).find(|labels| zone.find(name, *labels).is_some()).unwrap_or(labels_below_apex);
    // W-16: a delegation has no wildcard name (W-10), so a wildcard is never a cut itself.
    match zone.find_wildcard(name, labels_below) {
        Some(node) => Match::Wildcard { node, labels_below },
        None => Match::NoName { labels_below },
    }
}
