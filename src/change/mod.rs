//! Every way an account may change. Pure: a change is planned on a value and gives a new one, whole or not at all.

use crate::model::Account;

/// A change to an account. Identifiers, times and random choices are made before, so that planning it again gives the
/// same account.
#[derive(Clone, Debug)]
pub enum Change {
    /// The account that zone files describe takes the place of the current one.
    ReplaceAccount(Box<Account>),
}

/// What the account is after the change.
pub fn plan(_current: &Account, change: Change) -> Account {
    match change {
        Change::ReplaceAccount(account) => *account,
    }
}
