//! The status of every health check, as one worker publishes it and answers read it.

use crate::model::HealthStatus;

/// The place of a health check in the [`HealthTable`]: the same in every snapshot for as long as the check exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HealthSlot(pub u32);

/// What is known of health checks. A check that is not in the table has its initial status (HC-32), which the
/// snapshot knows: so an answer never waits for the first probe, and needs no worker at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HealthTable {
    /// [`BITS`] a slot: known, healthy, overruled.
    words: Vec<u64>,
}

/// A power of two, so that no slot lies across two words.
const BITS: u32 = 4;
const SLOTS_PER_WORD: u32 = u64::BITS / BITS;

/// What the table says of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthEntry {
    /// What was found out. It counts unless the snapshot knows that the check is forced or disabled.
    Found(HealthStatus),
    /// What an operator has decided since the snapshot was made. It counts whatever the snapshot says.
    Overruled(HealthStatus),
}

impl HealthTable {
    /// `None` as long as nothing is known.
    pub fn entry(&self, HealthSlot(slot): HealthSlot) -> Option<HealthEntry> {
        let word = self.words.get((slot / SLOTS_PER_WORD) as usize)?;
        match word >> (BITS * (slot % SLOTS_PER_WORD)) & MASK {
            UNHEALTHY => Some(HealthEntry::Found(HealthStatus::Unhealthy)),
            HEALTHY => Some(HealthEntry::Found(HealthStatus::Healthy)),
            OVERRULED_UNHEALTHY => Some(HealthEntry::Overruled(HealthStatus::Unhealthy)),
            OVERRULED_HEALTHY => Some(HealthEntry::Overruled(HealthStatus::Healthy)),
            _ => None,
        }
    }

    /// Sets what is known of one check; `None` forgets it.
    pub fn set(&mut self, HealthSlot(slot): HealthSlot, entry: Option<HealthEntry>) {
        let (index, shift) = ((slot / SLOTS_PER_WORD) as usize, BITS * (slot % SLOTS_PER_WORD));
        if index >= self.words.len() {
            self.words.resize(index + 1, 0);
        }
        let bits = match entry {
            None => 0,
            Some(HealthEntry::Found(HealthStatus::Unhealthy)) => UNHEALTHY,
            Some(HealthEntry::Found(HealthStatus::Healthy)) => HEALTHY,
            Some(HealthEntry::Overruled(HealthStatus::Unhealthy)) => OVERRULED_UNHEALTHY,
            Some(HealthEntry::Overruled(HealthStatus::Healthy)) => OVERRULED_HEALTHY,
        };
        self.words[index] = self.words[index] & !(MASK << shift) | bits << shift;
    }
}

const MASK: u64 = 0b1111;
const UNHEALTHY: u64 = 0b0001;
const HEALTHY: u64 = 0b0011;
const OVERRULED_UNHEALTHY: u64 = 0b0101;
const OVERRULED_HEALTHY: u64 = 0b0111;

#[cfg(test)]
mod tests {
    use super::*;

    const FOUND_HEALTHY: Option<HealthEntry> = Some(HealthEntry::Found(HealthStatus::Healthy));
    const OVERRULED: Option<HealthEntry> = Some(HealthEntry::Overruled(HealthStatus::Unhealthy));

    #[test]
    fn a_slot_is_unknown_until_it_is_set_and_leaves_its_neighbours_alone() {
        let mut table = HealthTable::default();
        assert_eq!(table.entry(HealthSlot(40)), None);
        table.set(HealthSlot(40), FOUND_HEALTHY);
        table.set(HealthSlot(41), OVERRULED);
        assert_eq!(table.entry(HealthSlot(40)), FOUND_HEALTHY);
        assert_eq!(table.entry(HealthSlot(41)), OVERRULED);
        assert_eq!(table.entry(HealthSlot(39)), None);
        table.set(HealthSlot(40), None);
        assert_eq!(table.entry(HealthSlot(40)), None);
        assert_eq!(table.entry(HealthSlot(41)), OVERRULED);
    }
}
