//! Advice on hosted zones: that there is none at all.

use crate::model::Account;

use super::{Advice, Subject};

/// P-7: names outside every zone are refused.
pub(super) fn advise(account: &Account, advice: &mut Vec<Advice>) {
    if account.hosted_zones().is_empty() {
        advice.push(Advice::new(
            Subject::Account,
            &["P-7"],
            "there is no hosted zone: every query is refused".to_owned(),
            "add one under `hosted_zones:`",
        ));
    }
}
