//! The work that is counted.

use std::hint::black_box;
use std::io;
use std::time::Instant;

use fastrand::Rng;
use route53d::dns::message::{Header, Request};
use route53d::dns::{MAX_MESSAGE_LENGTH, Responder};

use crate::kind::{Kind, Query, Work, World};
use crate::worlds::worlds;

/// Messages that are answered from one snapshot, as from a busy socket.
const BATCH: usize = 64;

/// Builds what is needed, tells each kind on a line of `name target queries` and then `ready`, waits for a line, and
/// does each kind's [`work`] twice.
pub fn count(kinds: &[&str]) {
    let worlds = worlds(kinds);
    let mut out = vec![0; MAX_MESSAGE_LENGTH];
    for World { responders, kinds } in &worlds {
        for kind in kinds {
            check(responders, kind, &mut out);
            println!("{} {} {}", kind.name, kind.target, kind.queries.len());
        }
    }
    println!("ready");
    io::stdin().read_line(&mut String::new()).unwrap();
    for World { responders, kinds } in &worlds {
        for kind in kinds {
            let mut rng = Rng::with_seed(1);
            // What happens once a process must not count: only the second time does.
            work(responders, kind, &mut rng, &mut out);
            work(responders, kind, &mut rng, &mut out);
        }
    }
}

/// Does a kind's work so many times, and says how long a query took.
pub fn run(kind: &str, rounds: u32) {
    let worlds = worlds(&[kind]);
    let World { responders, kinds } = &worlds[0];
    let mut out = vec![0; MAX_MESSAGE_LENGTH];
    let mut rng = Rng::with_seed(1);
    check(responders, &kinds[0], &mut out);
    let start = Instant::now();
    for _ in 0..rounds {
        work(responders, &kinds[0], &mut rng, &mut out);
    }
    let queries = rounds as usize * kinds[0].queries.len();
    println!("{kind}: {:.1} ns a query", start.elapsed().as_nanos() as f64 / queries as f64);
}

/// Panics unless every query of a kind is answered as it says.
fn check(responders: &[Responder], kind: &Kind, out: &mut [u8]) {
    let mut rng = Rng::with_seed(1);
    for responder in responders {
        let current = responder.current();
        for Query { message, origin } in &kind.queries {
            current.respond(message, origin, &mut rng, out).unwrap();
            assert_eq!((out[3] & 0xf, out[7]), kind.reply, "{}: {message:02x?}", kind.name);
        }
    }
}

/// Asks a kind's queries once. valgrind knows it by its name.
#[inline(never)]
fn work(responders: &[Responder], kind: &Kind, rng: &mut Rng, out: &mut [u8]) {
    for (responder, batch) in responders.iter().cycle().zip(kind.queries.chunks(BATCH)) {
        let current = responder.current();
        for Query { message, origin } in batch {
            match kind.work {
                Work::Decode => {
                    let header = Header::read(black_box(message)).unwrap();
                    black_box(Request::read(message, header).unwrap());
                }
                Work::Answer => {
                    black_box(current.respond(black_box(message), origin, rng, out));
                }
            }
        }
    }
}
