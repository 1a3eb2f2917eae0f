//! Advice on TLSA records: digests that no certificate has. Route 53 stores them (api.md §5).

use crate::model::{HostedZone, RecordContent, RecordSet, RecordType};

use super::{Advice, Subject};

/// RFC 6698 §2.1.3.
pub(super) fn advise(zone: &HostedZone, advice: &mut Vec<Advice>) {
    for records in zone.names().filter(|records| records.record_types().any(|it| it == RecordType::Tlsa)) {
        for set in records.group(RecordType::Tlsa).iter() {
            for (matching_type, expected, actual) in wrong_digests(set) {
                advice.push(Advice::new(
                    Subject::RecordSet(zone.id().clone(), set.key()),
                    &["T-5"],
                    format!(
                        "a digest of matching type {matching_type} has {} hexadecimal digits instead of {}: \
                         it matches no certificate",
                        2 * actual,
                        2 * expected
                    ),
                    "copy the whole digest",
                ));
            }
        }
    }
}

/// The matching type, the length it needs and the length it has, in bytes.
fn wrong_digests(set: &RecordSet) -> impl Iterator<Item = (u8, usize, usize)> {
    let values = match set.content() {
        RecordContent::Values { values, .. } => values.as_slice(),
        RecordContent::Alias(_) => &[],
    };
    values.iter().filter_map(|value| {
        let [_usage, _selector, matching_type, data @ ..] = value.rdata() else { return None };
        let expected = match matching_type {
            1 => 32,
            2 => 64,
            // Type 0 is a whole certificate or key.
            _ => return None,
        };
        (data.len() != expected).then_some((*matching_type, expected, data.len()))
    })
}
