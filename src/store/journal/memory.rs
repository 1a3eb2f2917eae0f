//! A journal that keeps nothing: all is forgotten at the end.

use super::{Entry, Journal, JournalError, TakeRows};

#[derive(Debug)]
pub struct Memory;

impl Journal for Memory {
    fn is_durable(&self) -> bool {
        false
    }

    fn rows(&self, _taker: &mut dyn TakeRows) -> Result<(), JournalError> {
        Ok(())
    }

    fn append(&mut self, _entries: &[Entry]) -> Result<(), JournalError> {
        Ok(())
    }
}
