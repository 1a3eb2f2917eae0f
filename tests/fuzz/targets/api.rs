//! The API: the requests of the conversations, as they are and damaged, one after the other; and any bytes as a body.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;

#[path = "../../api/damaged.rs"]
mod damaged;

use damaged::{Asked, Asker, World};

/// How many requests an account lives through.
const REQUESTS: u32 = 2_000;

thread_local! {
    static WORLD: RefCell<(World, u32)> = RefCell::new((World::new(), 0));
}

fuzz_target!(|input: &[u8]| {
    WORLD.with_borrow_mut(|(world, requests)| {
        *requests += 1;
        if *requests > REQUESTS {
            (*world, *requests) = (World::new(), 0);
        }
        let mut input = Unstructured::new(input);
        let mut choose = |below: usize| input.int_in_range(0..=below.max(1) - 1).unwrap_or_default();
        let asked = Asker { choose: &mut choose }.request(&world.ids);
        let is_raw = choose(4) == 0;
        let body = if is_raw { input.take_rest().to_vec() } else { asked.body.clone() };
        world.ask(&Asked { body, ..asked });
    });
});
