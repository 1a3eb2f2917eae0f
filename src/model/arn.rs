//! Amazon resource names: `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`.

use std::fmt;

/// Where what Route 53 uses of other services has to be.
const REGION: &str = "us-east-1";
/// Digits of an account's number.
const ACCOUNT_DIGITS: usize = 12;

/// Why a text does not name a resource that Route 53 can use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArnError {
    /// It is not of this form.
    Malformed(&'static str),
    /// It is in this region.
    OtherRegion(Box<str>),
}

impl fmt::Display for ArnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArnError::Malformed(form) => write!(f, "an ARN of the form {form} is expected"),
            ArnError::OtherRegion(region) => write!(f, "it has to be in the region {REGION}, not in {region}"),
        }
    }
}

impl std::error::Error for ArnError {}

/// The resource that a text names of a service.
pub(super) fn resource<'t>(text: &'t str, service: &str, form: &'static str) -> Result<&'t str, ArnError> {
    let mut parts = text.splitn(6, ':');
    let mut next = || parts.next().unwrap_or_default();
    let (arn, partition, its_service, region, account) = (next(), next(), next(), next(), next());
    let is_account = account.len() == ACCOUNT_DIGITS && account.bytes().all(|byte| byte.is_ascii_digit());
    if (arn, partition, its_service) != ("arn", "aws", service) || !is_account {
        return Err(ArnError::Malformed(form));
    }
    if region != REGION {
        return Err(ArnError::OtherRegion(region.into()));
    }
    Ok(next())
}
