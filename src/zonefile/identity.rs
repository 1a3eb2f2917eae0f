//! Identifiers in a zone file, and those that are derived when the file gives none.

use std::collections::BTreeSet;

use super::diagnostic::Problems;
use super::node::Node;
use crate::model::delegation_set::fnv1a;
use crate::model::identifier::Identifier;
use crate::model::{CidrCollectionId, DomainName, HostedZoneId, VpcId};

impl Node<'_> {
    pub fn identifier<Kind>(&self, label: &str, problems: &mut Problems<'_>) -> Option<Identifier<Kind>> {
        self.parsed(label, problems, Identifier::new)
    }
}

/// The id of a hosted zone that is given none: the same at every start, as long as name and VPCs are.
pub fn derived_hosted_zone_id(name: &DomainName, vpcs: &BTreeSet<VpcId>) -> HostedZoneId {
    let mut seed = name.wire().to_vec();
    for vpc in vpcs {
        seed.extend_from_slice(vpc.as_str().as_bytes());
        seed.push(0);
    }
    let mut rest = fnv1a(&seed);
    let mut digits = Vec::new();
    while rest > 0 || digits.is_empty() {
        let digit = (rest % 36) as u8;
        digits.push(char::from(if digit < 10 { b'0' + digit } else { b'A' + digit - 10 }));
        rest /= 36;
    }
    let text: String = std::iter::once('Z').chain(digits.into_iter().rev()).collect();
    HostedZoneId::new(&text).expect("a letter and at most 13 digits are an identifier")
}

/// The id of a CIDR collection that is given none, in the form of Route 53's: a UUID.
pub fn derived_cidr_collection_id(name: &str) -> CidrCollectionId {
    let first = fnv1a(name.as_bytes());
    let hex = format!("{first:016x}{:016x}", fnv1a(&first.to_be_bytes()));
    let text = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
    CidrCollectionId::new(&text).expect("36 hexadecimal digits and dashes are an identifier")
}
