//! Response rate limiting: a bound on what forged queries can make us send to those whose addresses they bear.
//!
//! There is a bucket for each network of clients and each [`Kind`] of response, and for nothing finer. BIND, NSD and
//! Knot before 3.4 also tell apart the names that are asked, so that a resolver may ask a thousand names but not one
//! name a thousand times; but who forges queries chooses the names, and of zones with a million names, or of a
//! wildcard, never needs one twice. Here, as in Knot since 3.4, the limit holds whatever is asked. So it must be
//! chosen by what the busiest real network asks over UDP without a cookie; and what is above it may come again over
//! TCP.
//!
//! All threads share the buckets: SO_REUSEPORT spreads a network's clients over them, and a limit for each thread would
//! be as many times the limit. A bucket is one word, changed by compare and exchange, and not at all while it lets
//! nothing through: so a flood does not make the threads wait for each other.

use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use foldhash::fast::RandomState;
use ipnet::IpNet;

use crate::time::Moment;

use super::response_kind::ResponseKind;

/// How many responses pass, and what becomes of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Responses a second, and also how many pass at once after a silence. From 1 to [`RateLimit::MAX_RATE`].
    pub per_second: u32,
    /// One in so many of those above the rate is sent truncated; none if 0.
    pub slip: u32,
    /// Clients without a limit.
    pub exempt: Vec<IpNet>,
}

impl RateLimit {
    pub const MAX_RATE: u32 = 100_000;
    /// What BIND and NSD have without a setting.
    pub const USUAL_SLIP: u32 = 2;
}

/// What kinds of response do not share a limit: a flood of one leaves the others alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Answer,
    /// NXDOMAIN, NODATA, a referral: what a flood of random names gets.
    NoAnswer,
    Error,
}

impl Kind {
    /// Of a whole response.
    pub fn of(response: &[u8]) -> Kind {
        let has_answers = matches!(response, [_, _, _, _, _, _, high, low, ..] if (*high, *low) != (0, 0));
        match ResponseKind::of(response) {
            ResponseKind::NoError if has_answers => Kind::Answer,
            ResponseKind::NoError | ResponseKind::NxDomain => Kind::NoAnswer,
            ResponseKind::FormErr
            | ResponseKind::ServFail
            | ResponseKind::NotImp
            | ResponseKind::Refused
            | ResponseKind::BadVers
            | ResponseKind::BadCookie
            | ResponseKind::Other => Kind::Error,
        }
    }
}

/// Whether it is known that the client is at the address that the query bears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may be forged.
    Unproven,
    /// It has shown a server cookie that we gave to this address (RFC 7873): what it gets, it has asked for.
    Verified,
}

/// What to do with a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Send,
    /// Send it cut down to its question, with TC.
    Slip,
    Drop,
}

/// A reading of the clock, by this limiter's own measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick(u64);

/// The buckets.
#[derive(Debug)]
pub struct RateLimiter {
    limit: RateLimit,
    sets: Box<[BucketSet]>,
    /// Seeded anew in every process: attackers choose the addresses.
    hasher: RandomState,
}

/// A cache line of buckets, in which those of equal hash find a place.
///
/// A bucket is a tag, which tells networks apart, and the time at which all that has passed will be earned again, in
/// ticks (the "theoretical arrival time" of the generic cell rate algorithm, which decides as a token bucket does).
#[derive(Debug, Default)]
#[repr(align(64))]
struct BucketSet([AtomicU64; 8]);

/// 131,072 buckets in a megabyte.
const SETS: usize = 1 << 14;
/// A tick is the time in which this part of a response is earned.
const TICKS_A_RESPONSE: u64 = 16;
/// Times have 40 bits and wrap: after some days at the highest rate, after years at any that is used.
const TIME_BITS: u32 = 40;
const TIME_MASK: u64 = (1 << TIME_BITS) - 1;
/// By how much the clocks of two threads may differ that look at one bucket: each reads it once a batch.
const SKEW_SECONDS: u64 = 10;

impl RateLimiter {
    pub fn new(limit: RateLimit) -> RateLimiter {
        RateLimiter::with_sets(limit, SETS)
    }

    /// `sets` is a power of two.
    fn with_sets(mut limit: RateLimit, sets: usize) -> RateLimiter {
        limit.per_second = limit.per_second.clamp(1, RateLimit::MAX_RATE);
        let sets = (0..sets).map(|_| BucketSet::default()).collect();
        RateLimiter { limit, sets, hasher: RandomState::default() }
    }

    pub fn tick(&self, now: Moment) -> Tick {
        const NANOSECONDS: u128 = 1_000_000_000;
        let responses_a_second = u128::from(self.limit.per_second);
        Tick((now.0.as_nanos() * responses_a_second * u128::from(TICKS_A_RESPONSE) / NANOSECONDS) as u64 & TIME_MASK)
    }

    /// Decides about a response to this client.
    pub fn judge(&self, client: IpAddr, standing: Standing, kind: Kind, now: Tick, rng: &mut Rng) -> Verdict {
        if standing == Standing::Verified
            || self.limit.exempt.iter().any(|network| network.contains(&client))
            || self.pass(self.hash(client, kind), now)
        {
            return Verdict::Send;
        }
        // An error leads to nothing better over TCP. By chance, not by counting: else a flood could arrange that the
        // turn is never somebody else's.
        if kind == Kind::Error || self.limit.slip == 0 || rng.u32(0..self.limit.slip) != 0 {
            Verdict::Drop
        } else {
            Verdict::Slip
        }
    }

    /// Of what has a bucket of its own: a /24 of IPv4, a /56 of IPv6, which is what one customer of a provider may hold.
    fn hash(&self, client: IpAddr, kind: Kind) -> u64 {
        let network = match client.to_canonical() {
            IpAddr::V4(address) => u64::from(u32::from(address) >> 8),
            // With a bit that no network of IPv4 has.
            IpAddr::V6(address) => (u128::from(address) >> 72) as u64 | 1 << 63,
        };
        self.hasher.hash_one((network, kind as u8))
    }

    /// Whether one more response passes; if so, it is paid for.
    fn pass(&self, hash: u64, now: Tick) -> bool {
        let BucketSet(buckets) = &self.sets[hash as usize & (self.sets.len() - 1)];
        let tag = hash >> TIME_BITS;
        loop {
            // The network's own bucket, or the one that owes least: a bucket that owes nothing is as good as none, and
            // of those that do, a flood's own is the last to be given up.
            let (mut place, mut least) = (0, u64::MAX);
            for (candidate, bucket) in buckets.iter().enumerate() {
                let word = bucket.load(Ordering::Relaxed);
                if word >> TIME_BITS == tag {
                    place = candidate;
                    break;
                }
                let debt = self.debt(word, now);
                if debt < least {
                    (place, least) = (candidate, debt);
                }
            }
            let bucket = &buckets[place];
            let word = bucket.load(Ordering::Relaxed);
            let debt = if word >> TIME_BITS == tag { self.debt(word, now) } else { 0 };
            let capacity = u64::from(self.limit.per_second) * TICKS_A_RESPONSE;
            if debt + TICKS_A_RESPONSE > capacity {
                return false;
            }
            let paid = tag << TIME_BITS | now.0.wrapping_add(debt + TICKS_A_RESPONSE) & TIME_MASK;
            if bucket.compare_exchange_weak(word, paid, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                return true;
            }
        }
    }

    /// The ticks until all that this bucket let through is earned again.
    fn debt(&self, word: u64, now: Tick) -> u64 {
        let ahead = (word & TIME_MASK).wrapping_sub(now.0) & TIME_MASK;
        // What is further ahead than it could be lies behind us.
        let most = u64::from(self.limit.per_second) * TICKS_A_RESPONSE * (1 + SKEW_SECONDS);
        if ahead <= most { ahead } else { 0 }
    }
}

#[cfg(test)]
mod tests;
