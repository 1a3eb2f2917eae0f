//! Advice on delegations: records below one, which are not answered under their own names.

use std::collections::HashSet;

use crate::model::record_value::target_name;
use crate::model::{DomainName, HostedZone, RecordContent, RecordSet, RecordType};

use super::{Advice, Subject, groups};

/// Z-24: names at or below a delegation are the other zone's to answer. What stays ours: the NS records themselves,
/// DS at the delegation (Z-23), and the addresses of name servers, which are glue (Z-21). An alias can still answer
/// with any of them.
pub(super) fn advise(zone: &HostedZone, advice: &mut Vec<Advice>) {
    let delegations = || groups(zone.record_sets()).filter(|group| is_delegation(zone, &group[0]));
    let glue: HashSet<DomainName> = delegations().flatten().flat_map(name_servers).collect();
    let mut cuts = delegations().map(|group| group[0].name()).peekable();
    let mut cut: Option<&DomainName> = None;
    // Listing order puts a name before the names below it, so the latest cut is the only one that can hold a name.
    for group in groups(zone.record_sets()) {
        let set = &group[0];
        if !cut.is_some_and(|cut| set.name().is_at_or_below(cut)) {
            while cuts.next_if(|next| *next < set.name()).is_some() {}
            cut = cuts.next_if_eq(&set.name());
        }
        let Some(cut) = cut else { continue };
        let is_ours = match set.record_type() {
            RecordType::Ns | RecordType::Ds => set.name() == cut,
            RecordType::A | RecordType::Aaaa => glue.contains(set.name()),
            _ => false,
        };
        if !is_ours {
            advice.push(Advice::new(
                Subject::RecordSet(zone.id().clone(), set.key()),
                &["Z-24"],
                format!(
                    "{} {} is not answered under its own name: {cut} is delegated to other name servers",
                    set.name(),
                    set.record_type()
                ),
                "move this record to the delegated zone, or remove the NS record that delegates it",
            ));
        }
    }
}

/// Z-20.
fn is_delegation(zone: &HostedZone, set: &RecordSet) -> bool {
    set.record_type() == RecordType::Ns && set.name() != zone.name()
}

fn name_servers(set: &RecordSet) -> Vec<DomainName> {
    match set.content() {
        RecordContent::Values { values, .. } => values
            .iter()
            .filter_map(|value| target_name(RecordType::Ns, value.rdata()).and_then(DomainName::from_wire))
            .collect(),
        // T-2: an NS record set is never an alias.
        RecordContent::Alias(_) => Vec::new(),
    }
}
