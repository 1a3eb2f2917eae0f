//! Advice on delegations: records below one, which are not answered under their own names.

use std::collections::HashSet;

use crate::model::domain_name::wire_is_at_or_below;
use crate::model::record_value::target_name;
use crate::model::{DomainName, HostedZone, NameRecords, RecordContent, RecordSet, RecordType};

use super::{Advice, Subject, groups};

/// Z-24: names at or below a delegation are the other zone's to answer. What stays ours: the NS records themselves,
/// DS at the delegation (Z-23), and the addresses of name servers, which are glue (Z-21). An alias can still answer
/// with any of them.
pub(super) fn advise(zone: &HostedZone, advice: &mut Vec<Advice>) {
    let delegations = || zone.names().filter(|records| is_delegation(zone, records));
    let glue: HashSet<DomainName> = delegations().flat_map(name_servers).collect();
    let mut cut: Option<DomainName> = None;
    // Listing order puts a name before the names below it, so the latest cut is the only one that can hold a name.
    for records in zone.names() {
        if !cut.as_ref().is_some_and(|cut| wire_is_at_or_below(records.name(), cut.wire())) {
            cut = is_delegation(zone, records).then(|| records.domain_name());
        }
        let Some(cut) = &cut else { continue };
        advise_on_name(zone, records, cut, &glue, advice);
    }
}

fn advise_on_name(
    zone: &HostedZone,
    records: &NameRecords,
    cut: &DomainName,
    glue: &HashSet<DomainName>,
    advice: &mut Vec<Advice>,
) {
    for group in groups(&records.record_sets()) {
        let set = &group[0];
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
fn is_delegation(zone: &HostedZone, records: &NameRecords) -> bool {
    records.name() != zone.name().wire() && records.record_types().any(|record_type| record_type == RecordType::Ns)
}

fn name_servers(records: &NameRecords) -> Vec<DomainName> {
    let sets = records.group(RecordType::Ns);
    // T-2, Z-25: there is one NS record set, and it is never an alias.
    let Some(RecordContent::Values { values, .. }) = sets.first().map(RecordSet::content) else { return Vec::new() };
    let names = values.iter().filter_map(|value| target_name(RecordType::Ns, value.rdata()));
    names.filter_map(DomainName::from_wire).collect()
}
