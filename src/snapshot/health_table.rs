//! The status of every health check, as one worker publishes it and answers read it.

use crate::model::HealthStatus;

/// The place of a health check in the [`HealthTable`]: the same in every snapshot for as long as the check exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HealthSlot(pub u32);

/// What is known of health checks. A check that is not in the table has its initial status (HC-32), which the
/// snapshot knows: so an answer never waits for the first probe, and needs no worker at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HealthTable {
    /// Two bits a slot, 32 slots a word: known, healthy.
    words: Vec<u64>,
}

const SLOTS_PER_WORD: u32 = 32;

impl HealthTable {
    pub fn status(&self, HealthSlot(slot): HealthSlot) -> Option<HealthStatus> {
        let word = self.words.get((slot / SLOTS_PER_WORD) as usize)?;
        match word >> (2 * (slot % SLOTS_PER_WORD)) & 0b11 {
            0b01 => Some(HealthStatus::Unhealthy),
            0b11 => Some(HealthStatus::Healthy),
            _ => None,
        }
    }

    /// Sets what is known of one check; `None` forgets it.
    pub fn set(&mut self, HealthSlot(slot): HealthSlot, status: Option<HealthStatus>) {
        let (index, shift) = ((slot / SLOTS_PER_WORD) as usize, 2 * (slot % SLOTS_PER_WORD));
        if index >= self.words.len() {
            self.words.resize(index + 1, 0);
        }
        let bits = match status {
            None => 0b00,
            Some(HealthStatus::Unhealthy) => 0b01,
            Some(HealthStatus::Healthy) => 0b11,
        };
        self.words[index] = self.words[index] & !(0b11 << shift) | bits << shift;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_unknown_until_it_is_set_and_leaves_its_neighbours_alone() {
        let mut table = HealthTable::default();
        assert_eq!(table.status(HealthSlot(40)), None);
        table.set(HealthSlot(40), Some(HealthStatus::Healthy));
        table.set(HealthSlot(41), Some(HealthStatus::Unhealthy));
        assert_eq!(table.status(HealthSlot(40)), Some(HealthStatus::Healthy));
        assert_eq!(table.status(HealthSlot(41)), Some(HealthStatus::Unhealthy));
        assert_eq!(table.status(HealthSlot(39)), None);
        table.set(HealthSlot(40), None);
        assert_eq!(table.status(HealthSlot(40)), None);
    }
}
