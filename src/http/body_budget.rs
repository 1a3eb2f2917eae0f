//! The memory that request bodies may take together before their requests are known to be a client's own.
//!
//! A small body takes nothing from the budget. A larger one reserves all that it needs before it is read, first come,
//! first served, so that each one that has begun can end. One that takes longer than [`GRACE`] is refused as soon as
//! another waits, so that slow senders do not starve the others.

use std::fmt::Display;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::body::{BodyError, pass_over};
use super::request_body::Turn;

/// What a body may have without taking it from the budget, in bytes: most changes of records have less.
const FREE_BYTES: usize = 16 << 10;
/// How long a body may take to come while others wait for its bytes.
const GRACE: Duration = Duration::from_millis(250);
/// How long a body may wait for a reservation.
const WAIT: Duration = Duration::from_secs(10);

/// The bytes of all bodies on their way. Clones share them.
#[derive(Clone, Debug)]
pub struct BodyBudget {
    free: Arc<Semaphore>,
    /// How many bodies wait for a reservation.
    waiting: watch::Sender<usize>,
}

/// Why a body could not be read within a budget.
#[derive(Debug)]
pub enum BudgetError<E> {
    /// Other bodies have reserved all of it, or wait for it.
    Exhausted,
    Body(BodyError<E>),
}

impl<E> From<BodyError<E>> for BudgetError<E> {
    fn from(error: BodyError<E>) -> BudgetError<E> {
        BudgetError::Body(error)
    }
}

/// The bytes that one body may have, given back when this is dropped.
#[derive(Debug)]
pub struct Reservation {
    _bytes: OwnedSemaphorePermit,
    waiting: watch::Receiver<usize>,
    since: Instant,
}

impl BodyBudget {
    /// `bytes` must be enough for the largest body.
    pub fn new(bytes: usize) -> BodyBudget {
        BodyBudget { free: Arc::new(Semaphore::new(bytes)), waiting: watch::Sender::new(0) }
    }

    /// Read all of a body that has `limit` bytes at the most. Keep the reservation for as long as the bytes, or until
    /// they are known to come from a client who may have them.
    ///
    /// The bytes are copied as they come: each part keeps the whole buffer that it was read into, 8 KiB and more, and a
    /// client may send one byte at a time.
    ///
    /// # Errors
    ///
    /// [`BudgetError::Exhausted`] if there was no reservation in time, or if the body was slow while others waited.
    pub async fn read<B>(
        &self,
        body: B,
        limit: usize,
        turn: Option<&Turn>,
    ) -> Result<(Vec<u8>, Option<Reservation>), BudgetError<B::Error>>
    where
        B: Body<Data = Bytes, Error: Display>,
    {
        let mut body = pin!(body);
        let read = self.read_whole(body.as_mut(), limit, turn).await;
        if matches!(read, Err(BudgetError::Exhausted)) {
            // The client hears the answer once it has sent all it has.
            pass_over(body, limit).await;
        }
        read
    }

    async fn read_whole<B>(
        &self,
        mut body: Pin<&mut B>,
        limit: usize,
        turn: Option<&Turn>,
    ) -> Result<(Vec<u8>, Option<Reservation>), BudgetError<B::Error>>
    where
        B: Body<Data = Bytes, Error: Display>,
    {
        let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        if announced > limit {
            pass_over(body, limit).await;
            return Err(BodyError::TooLong.into());
        }
        let (mut bytes, mut reservation) = (Vec::new(), None);
        if announced > FREE_BYTES {
            reservation = Some(self.reserve(announced, turn).await?);
            bytes.reserve_exact(announced);
        }
        loop {
            let frame = tokio::select! {
                biased;
                frame = body.frame() => frame,
                () = is_due(reservation.as_mut()) => return Err(BudgetError::Exhausted),
            };
            let Some(frame) = frame else { return Ok((bytes, reservation)) };
            // Trailers say nothing that is asked for.
            let Ok(part) = frame.map_err(BodyError::Broken)?.into_data() else { continue };
            if part.len() > limit - bytes.len() {
                return Err(BodyError::TooLong.into());
            }
            // It did not say how long it is.
            if reservation.is_none() && bytes.len() + part.len() > FREE_BYTES {
                reservation = Some(self.reserve(limit, turn).await?);
            }
            bytes.extend_from_slice(&part);
        }
    }

    async fn reserve<E>(&self, bytes: usize, turn: Option<&Turn>) -> Result<Reservation, BudgetError<E>> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let taken = match Arc::clone(&self.free).try_acquire_many_owned(bytes) {
            Ok(taken) => taken,
            Err(_) => {
                let _waiting = Waiting::new(&self.waiting);
                // Meanwhile its connection may make room for another, as that of a slow client may.
                turn.inspect(|turn| turn.client_moves());
                let taken = timeout(WAIT, Arc::clone(&self.free).acquire_many_owned(bytes)).await;
                turn.inspect(|turn| turn.server_moves());
                taken.ok().and_then(Result::ok).ok_or(BudgetError::Exhausted)?
            }
        };
        Ok(Reservation { _bytes: taken, waiting: self.waiting.subscribe(), since: Instant::now() })
    }
}

/// Return once the reservation must be given up; never without one.
async fn is_due(reservation: Option<&mut Reservation>) {
    let Some(reservation) = reservation else { return std::future::pending().await };
    sleep_until(reservation.since + GRACE).await;
    if reservation.waiting.wait_for(|waiting| *waiting > 0).await.is_err() {
        // The budget is gone, and with it everything that waits.
        std::future::pending().await
    }
}

/// One body that waits for a reservation.
struct Waiting<'b>(&'b watch::Sender<usize>);

impl Waiting<'_> {
    fn new(waiting: &watch::Sender<usize>) -> Waiting<'_> {
        waiting.send_modify(|waiting| *waiting += 1);
        Waiting(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}

#[cfg(test)]
#[path = "body_budget_tests.rs"]
mod tests;
