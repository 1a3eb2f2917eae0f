//! The networks that health checkers come from.

use super::error::ApiError;
use super::reply::{Outcome, Reply};
use super::request::Request;

/// HC-50: where the addresses of our checkers lie, as those of Route 53's. What is sent to endpoints comes from this
/// host.
const RANGES: [&str; 1] = ["15.177.0.0/18"];

pub fn get(request: &Request<'_>) -> Result<Outcome, ApiError> {
    Ok(Reply::new(request.operation, |xml| xml.texts("CheckerIpRanges", "member", RANGES)).into())
}
