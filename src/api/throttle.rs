//! `--throttle`: the rates at which Route 53 refuses requests, for clients that want to see how they back off (L-3).

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::model::HostedZoneId;

use super::error::{ApiError, ErrorCode};

/// Requests a second, of the account; as many may come at once.
const REQUESTS: f64 = 5.0;
/// How long a change of a zone is being processed, about as long as Route 53 takes.
pub const PROCESSING: Duration = Duration::from_millis(200);

/// What the account has asked for lately. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Throttle(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// How many requests may come now.
    left: f64,
    at: Instant,
    /// The zones of which a change is being processed.
    busy: HashSet<HostedZoneId>,
}

/// A change of a zone is being processed for as long as there is this.
#[derive(Debug)]
pub struct Processing {
    throttle: Throttle,
    zone: HostedZoneId,
}

impl Throttle {
    pub fn new(now: Instant) -> Throttle {
        Throttle(Arc::new(Mutex::new(State { left: REQUESTS, at: now, busy: HashSet::new() })))
    }

    /// Lets a request in.
    ///
    /// # Errors
    ///
    /// Too many came before it.
    pub fn admit(&self, now: Instant) -> Result<(), ApiError> {
        let mut state = self.state();
        let passed = now.saturating_duration_since(state.at);
        state.left = (state.left + passed.as_secs_f64() * REQUESTS).min(REQUESTS);
        state.at = now;
        if state.left < 1.0 {
            return Err(ApiError::new(ErrorCode::Throttling, "Rate exceeded"));
        }
        state.left -= 1.0;
        Ok(())
    }

    /// Begins a change of a zone.
    ///
    /// # Errors
    ///
    /// Another is being processed.
    pub fn begin(&self, zone: &HostedZoneId) -> Result<Processing, ApiError> {
        if !self.state().busy.insert(zone.clone()) {
            let message = "The request was rejected because Route 53 was still processing a prior request.";
            return Err(ApiError::new(ErrorCode::PriorRequestNotComplete, message));
        }
        Ok(Processing { throttle: self.clone(), zone: zone.clone() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Processing {
    fn drop(&mut self) {
        self.throttle.state().busy.remove(&self.zone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_requests_come_at_once_and_then_one_every_fifth_of_a_second() {
        let start = Instant::now();
        let throttle = Throttle::new(start);
        let admitted = |milliseconds| throttle.admit(start + Duration::from_millis(milliseconds)).is_ok();
        let first = [0, 0, 0, 0, 0, 0].map(admitted);
        assert_eq!(first, [true, true, true, true, true, false]);
        assert_eq!([199, 201, 201, 399, 401].map(admitted), [false, true, false, false, true]);
        let refused = throttle.admit(start + Duration::from_millis(402)).unwrap_err();
        assert_eq!((refused.code, refused.code.status()), (ErrorCode::Throttling, 400));
        // What was not used up does not add up.
        assert_eq!([9_000; 6].map(admitted), [true, true, true, true, true, false]);
    }

    #[test]
    fn one_change_of_a_zone_is_processed_at_a_time() {
        let throttle = Throttle::new(Instant::now());
        let [one, other] = ["Z1", "Z2"].map(|id| HostedZoneId::new(id).unwrap());
        let processing = throttle.begin(&one).unwrap();
        let refused = throttle.begin(&one).unwrap_err();
        assert_eq!((refused.code, refused.code.status()), (ErrorCode::PriorRequestNotComplete, 400));
        drop(throttle.begin(&other).unwrap());
        drop(processing);
        throttle.begin(&one).unwrap();
    }
}
