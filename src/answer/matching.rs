//! Which name of a zone answers a query name (W-1).

use crate::snapshot::{HashedName, Node, Zone, ZoneMatch};

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
#[inline]
pub fn find<'s>(zone: ZoneMatch<'s>, name: &HashedName) -> Match<'s> {
    if zone.zone.has_cuts() && zone.labels_below > 0 {
        return find_below_cuts(zone, name);
    }
    match zone.zone.find(name, 0) {
        Some(node) => Match::Exact(node),
        None => {
            let above = (1..zone.labels_below).find(|labels| zone.zone.find(name, *labels).is_some());
            find_wildcard(zone.zone, name, above.unwrap_or(zone.labels_below))
        }
    }
}

/// From the apex down: the delegation nearest to it counts (Z-24).
fn find_below_cuts<'s>(ZoneMatch { zone, mut labels_below }: ZoneMatch<'s>, name: &HashedName) -> Match<'s> {
    loop {
        match zone.find(name, labels_below - 1) {
            Some(node) if node.is_cut() => return Match::Delegation(node),
            Some(node) if labels_below == 1 => return Match::Exact(node),
            Some(_) => labels_below -= 1,
            None => return find_wildcard(zone, name, labels_below),
        }
    }
}

/// What there is in the place of a name that does not exist.
fn find_wildcard<'s>(zone: &'s Zone, name: &HashedName, labels_below: usize) -> Match<'s> {
    // W-16: a delegation has no wildcard name (W-10), so a wildcard is never a cut itself.
    match zone.find_wildcard(name, labels_below) {
        Some(node) => Match::Wildcard { node, labels_below },
        None => Match::NoName { labels_below },
    }
}
