//! Which node of a zone a name means (rules §1.3 and §1.5).

use route53d::model::{DomainName, HostedZone, RecordSet, RecordType};

/// What a name means in a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Z-20: at or below this delegation.
    BelowCut(DomainName),
    /// The records of this name are meant: the name itself, or a wildcard. An empty non-terminal has none (W-8).
    Node(DomainName),
    /// Z-15.
    NoSuchName,
}

/// W-1.
pub fn look_up(zone: &HostedZone, name: &DomainName, record_type: Option<RecordType>) -> Place {
    // (a) A cut on the way from the apex down; the highest counts, what is below is occluded (Z-24).
    let mut way_down: Vec<DomainName> = ancestors_and_self(name);
    way_down.reverse();
    for candidate in way_down {
        let is_below_apex = candidate.is_at_or_below(zone.name()) && candidate != *zone.name();
        if is_below_apex && !group(zone, &candidate, RecordType::Ns).is_empty() {
            // Z-23: DS records exactly at the cut belong to this zone.
            if record_type == Some(RecordType::Ds) && candidate == *name {
                break;
            }
            return Place::BelowCut(candidate);
        }
    }
    // (b) The exact name, (c) an empty non-terminal.
    if exists(zone, name) {
        return Place::Node(name.clone());
    }
    // (d) The wildcard of the closest encloser, W-6.
    let closest_encloser = ancestors_and_self(name)
        .into_iter()
        .find(|ancestor| exists(zone, ancestor))
        .expect("the apex exists, and the name is in the zone");
    if let Ok(wildcard) = closest_encloser.child(b"*")
        && exists(zone, &wildcard)
    {
        return Place::Node(wildcard);
    }
    // (e)
    Place::NoSuchName
}

/// From the name to the root.
fn ancestors_and_self(name: &DomainName) -> Vec<DomainName> {
    let mut names = vec![name.clone()];
    while let Some(parent) = names[names.len() - 1].parent() {
        names.push(parent);
    }
    names
}

/// W-6: it has records, or is an ancestor of a name with records.
fn exists(zone: &HostedZone, name: &DomainName) -> bool {
    zone.names().any(|records| records.domain_name().is_at_or_below(name)) && name.is_at_or_below(zone.name())
}

/// The record sets of exactly this name and type.
pub fn group(zone: &HostedZone, name: &DomainName, record_type: RecordType) -> Vec<RecordSet> {
    let of_name = zone.names().filter(|records| records.name() == name.wire());
    of_name
        .flat_map(|records| records.record_sets().into_owned())
        .filter(|set| set.record_type() == record_type)
        .collect()
}
