//! Every way an account may change. Pure: a change is planned on a value and gives a new one, whole or not at all.

use std::fmt;

use crate::model::{Account, ForcedStatus, HealthCheckId};

/// A change to an account. Identifiers, times and random choices are made before, so that planning it again gives the
/// same account.
#[derive(Clone, Debug)]
pub enum Change {
    /// The account that zone files describe takes the place of the current one.
    ReplaceAccount(Box<Account>),
    /// A health check's status is decided by hand, or is left to its target again.
    ForceHealthCheck { id: HealthCheckId, status: ForcedStatus },
}

/// Why a change cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeError {
    UnknownHealthCheck(HealthCheckId),
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChangeError::UnknownHealthCheck(id) => write!(f, "there is no health check {id:?}"),
        }
    }
}

impl std::error::Error for ChangeError {}

/// What the account is after the change.
pub fn plan(current: &Account, change: Change) -> Result<Account, ChangeError> {
    match change {
        Change::ReplaceAccount(account) => Ok(*account),
        Change::ForceHealthCheck { id, status } => {
            current.with_forced_health_check(&id, status).ok_or(ChangeError::UnknownHealthCheck(id))
        }
    }
}
