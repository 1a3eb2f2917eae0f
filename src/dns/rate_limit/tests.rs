//! Laws of the limit, on any course of time.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use fastrand::Rng;
use proptest::prelude::*;

use super::*;

fn limiter(per_second: u32, sets: usize) -> RateLimiter {
    RateLimiter::with_sets(RateLimit { per_second, slip: 0, exempt: Vec::new() }, sets)
}

fn sends(limiter: &RateLimiter, client: IpAddr, kind: Kind, at: u64) -> bool {
    let now = limiter.tick(Moment(Duration::from_nanos(at)));
    limiter.judge(client, Standing::Unproven, kind, now, &mut Rng::with_seed(0)) == Verdict::Send
}

fn network(number: u32) -> IpAddr {
    Ipv4Addr::from(number << 8 | 7).into()
}

/// A token bucket as a textbook has it, in billionths of a response.
struct NaiveBucket {
    rate: i128,
    tokens: i128,
    at: u64,
}

const ONE: i128 = 1_000_000_000;

impl NaiveBucket {
    fn new(rate: u32) -> NaiveBucket {
        NaiveBucket { rate: rate.into(), tokens: i128::from(rate) * ONE, at: 0 }
    }

    /// Whether the response passes, if there is no doubt: the limiter counts time in sixteenths of a response.
    fn pass(&mut self, at: u64, passed: bool) -> Option<bool> {
        self.tokens = (self.tokens + i128::from(at - self.at) * self.rate).min(self.rate * ONE);
        self.at = at;
        let expected = match self.tokens {
            tokens if tokens >= ONE + ONE / 8 => Some(true),
            tokens if tokens < ONE - ONE / 8 => Some(false),
            _ => None,
        };
        if passed {
            self.tokens -= ONE;
        }
        expected
    }
}

/// Gaps in nanoseconds: within a batch, about the rate, and long ones.
fn gaps() -> impl Strategy<Value = Vec<(u64, u32)>> {
    let gap = prop_oneof![Just(0), 0_u64..1_000_000, 0_u64..200_000_000, 0_u64..3_000_000_000];
    prop::collection::vec((gap, 0_u32..3), 1..400)
}

proptest! {
    #[test]
    fn it_decides_as_a_token_bucket_does(rate in 1_u32..200, start in 0_u64..1 << 60, gaps in gaps()) {
        let limiter = limiter(rate, 64);
        let mut naive = [(); 3].map(|()| NaiveBucket { at: start, ..NaiveBucket::new(rate) });
        let mut now = start;
        for (gap, client) in gaps {
            now += gap;
            let passed = sends(&limiter, network(client), Kind::Answer, now);
            if let Some(expected) = naive[client as usize].pass(now, passed) {
                prop_assert_eq!(passed, expected, "at {}", now);
            }
        }
    }

    #[test]
    fn over_any_window_no_more_passes_than_the_rate_and_one_burst(
        rate in 1_u32..50, start in 0_u64..1 << 60, gaps in gaps()
    ) {
        let limiter = limiter(rate, 64);
        let mut passed = vec![Vec::new(); 3];
        let mut now = start;
        for (gap, client) in gaps {
            now += gap;
            if sends(&limiter, network(client), Kind::Answer, now) {
                passed[client as usize].push(now);
            }
        }
        for times in passed {
            for (first, from) in times.iter().enumerate() {
                for (last, to) in times.iter().enumerate().skip(first) {
                    let count = (last - first + 1) as i128 * ONE;
                    let earned = i128::from(to - from) * i128::from(rate);
                    // The last sixteenth is the clock's grain.
                    prop_assert!(count <= i128::from(rate) * ONE + earned + ONE / 16);
                }
            }
        }
    }

    #[test]
    fn a_client_below_the_rate_never_loses_a_response_whatever_others_do(
        rate in 1_u32..100, start in 0_u64..1 << 60, slower in prop::collection::vec(0_u64..50_000_000, 1..20)
    ) {
        let limiter = limiter(rate, 64);
        let interval = 1_000_000_000_u64.div_ceil(rate.into());
        let mut now = start;
        for (turn, slower) in (0..).zip(slower) {
            prop_assert!(sends(&limiter, network(1), Kind::Answer, now), "turn {}", turn);
            for flood in 0..2 * rate {
                // Its neighbour floods, and so does its own network with queries of other kinds.
                sends(&limiter, network(2), Kind::Answer, now);
                sends(&limiter, network(1), if flood % 2 == 0 { Kind::NoAnswer } else { Kind::Error }, now);
            }
            now += interval + slower;
        }
    }

    #[test]
    fn a_flood_is_held_while_any_number_of_networks_come_and_go(
        rate in 2_u32..20, others in prop::collection::vec(10_u32..100_000, 0..300)
    ) {
        // One set: everybody wants the same eight buckets.
        let limiter = limiter(rate, 1);
        let mut passed = 0;
        for _ in 0..rate {
            passed += u32::from(sends(&limiter, network(1), Kind::Answer, 0));
        }
        for other in others {
            sends(&limiter, network(other), Kind::Answer, 0);
            passed += u32::from(sends(&limiter, network(1), Kind::Answer, 0));
        }
        prop_assert_eq!(passed, rate);
    }
}

#[test]
fn a_network_is_a_24_of_ipv4_and_a_56_of_ipv6() {
    let first_of: [fn(u32) -> IpAddr; 3] = [
        |host| Ipv4Addr::from(0xc000_0200 | host).into(),
        |host| Ipv4Addr::from(0xc000_0200 | host).to_ipv6_mapped().into(),
        |host| Ipv6Addr::from(0x2001_0db8_0000_0100_u128 << 64 | u128::from(host) << 40).into(),
    ];
    for address in first_of {
        let limiter = limiter(5, 64);
        let passed = (0..256).filter(|host| sends(&limiter, address(*host), Kind::Answer, 0)).count();
        assert_eq!(passed, 5);
        for other in ["192.0.3.0", "192.0.1.255", "2001:db8:0:200::", "2001:db8:0:ff:ffff::"] {
            assert!(sends(&limiter, other.parse().unwrap(), Kind::Answer, 0), "{other}");
        }
    }
}

#[test]
fn threads_share_the_limit() {
    let limiter = limiter(1_000, 64);
    let passed = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let (limiter, passed) = (&limiter, &passed);
            // Their clocks differ by less than a response.
            scope.spawn(move || {
                let count = (0..5_000).filter(|_| sends(limiter, network(1), Kind::Answer, 1_000_000 + thread)).count();
                passed.fetch_add(count, Ordering::Relaxed);
            });
        }
    });
    assert_eq!(passed.into_inner(), 1_000);
}

#[test]
fn a_thread_whose_clock_lags_forgives_nothing() {
    let limiter = limiter(5, 64);
    let second = 1_000_000_000;
    assert_eq!((0..9).filter(|_| sends(&limiter, network(1), Kind::Answer, 20 * second)).count(), 5);
    assert_eq!((0..9).filter(|_| sends(&limiter, network(1), Kind::Answer, 12 * second)).count(), 0);
    assert_eq!((0..9).filter(|_| sends(&limiter, network(1), Kind::Answer, 21 * second)).count(), 5);
}

#[test]
fn a_known_client_and_an_exempt_one_have_no_limit() {
    let exempt = vec!["192.0.2.128/25".parse().unwrap()];
    let limiter = RateLimiter::new(RateLimit { per_second: 1, slip: 0, exempt });
    let (mut rng, now) = (Rng::with_seed(1), limiter.tick(Moment::default()));
    let mut judge =
        |client: &str, standing| limiter.judge(client.parse().unwrap(), standing, Kind::Answer, now, &mut rng);
    for _ in 0..10 {
        assert_eq!(judge("192.0.2.129", Standing::Unproven), Verdict::Send);
        assert_eq!(judge("192.0.2.1", Standing::Verified), Verdict::Send);
    }
    assert_eq!(judge("192.0.2.1", Standing::Unproven), Verdict::Send);
    assert_eq!(judge("192.0.2.1", Standing::Unproven), Verdict::Drop);
}

#[test]
fn one_in_slip_of_what_does_not_pass_is_cut_down() {
    for (slip, kind, least, most) in [
        (0, Kind::Answer, 0, 0),
        (1, Kind::Answer, 10_000, 10_000),
        (2, Kind::NoAnswer, 4_700, 5_300),
        (5, Kind::Answer, 1_800, 2_200),
        (1, Kind::Error, 0, 0),
    ] {
        let limiter = RateLimiter::new(RateLimit { per_second: 3, slip, exempt: Vec::new() });
        let (mut rng, now) = (Rng::with_seed(7), limiter.tick(Moment::default()));
        let verdicts: Vec<_> =
            (0..10_003).map(|_| limiter.judge(network(1), Standing::Unproven, kind, now, &mut rng)).collect();
        assert_eq!(verdicts[..3], [Verdict::Send; 3]);
        assert!(!verdicts[3..].contains(&Verdict::Send));
        let slipped = verdicts.iter().filter(|verdict| **verdict == Verdict::Slip).count();
        assert!((least..=most).contains(&slipped), "slip {slip}: {slipped}");
    }
}

#[test]
fn the_kind_of_a_response_is_told_by_code_and_count() {
    let response = |code: u8, answers: u8| [0, 0, 0x84, code, 0, 1, 0, answers, 0, 0, 0, 0];
    assert_eq!(Kind::of(&response(0, 1)), Kind::Answer);
    assert_eq!(Kind::of(&response(0, 0)), Kind::NoAnswer);
    // A CNAME that leads to a name that is not there.
    assert_eq!(Kind::of(&response(3, 1)), Kind::NoAnswer);
    assert_eq!(Kind::of(&response(5, 0)), Kind::Error);
    assert_eq!(Kind::of(&[]), Kind::Error);
    // The upper bits of the code stand in OPT; the lower ones alone are those of NOERROR.
    let bad_version = [&[0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1], &[0, 0, 41, 16, 0, 1, 0, 0, 0, 0, 0][..]].concat();
    assert_eq!(Kind::of(&bad_version), Kind::Error);
}
