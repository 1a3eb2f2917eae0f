//! Callers who take turns: those who come while one is served are served together by the next.

use std::sync::mpsc::{self, SyncSender};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where callers wait for their turn, each with something to be done.
#[derive(Debug)]
pub struct Turns<T, R>(Mutex<State<T, R>>);

#[derive(Debug)]
struct State<T, R> {
    waiting: Vec<Waiting<T, R>>,
    /// Whether somebody has the turn.
    is_taken: bool,
}

#[derive(Debug)]
struct Waiting<T, R> {
    todo: T,
    tell: SyncSender<Told<R>>,
}

#[derive(Debug)]
enum Told<R> {
    /// It is the caller's turn: its own is among what waits.
    Turn,
    Done(R),
}

impl<T, R> Turns<T, R> {
    pub fn new() -> Turns<T, R> {
        Turns(Mutex::new(State { waiting: Vec::new(), is_taken: false }))
    }

    /// Waits until `todo` is done, by this caller or by another. Whoever has the turn does all that waits with `do_all`,
    /// which gives an outcome for each, in order. `None` if that panicked.
    pub fn take(&self, todo: T, do_all: impl FnOnce(Vec<T>) -> Vec<R>) -> Option<R> {
        // Room for both words: who has the turn waits for nobody.
        let (tell, told) = mpsc::sync_channel(2);
        let is_taken = {
            let mut state = self.state();
            state.waiting.push(Waiting { todo, tell });
            std::mem::replace(&mut state.is_taken, true)
        };
        if is_taken && let Told::Done(outcome) = told.recv().ok()? {
            return Some(outcome);
        }
        let turn = Turn(self);
        let (todo, tell): (Vec<T>, Vec<_>) =
            std::mem::take(&mut self.state().waiting).into_iter().map(|it| (it.todo, it.tell)).unzip();
        let outcomes = do_all(todo);
        for (tell, outcome) in tell.into_iter().zip(outcomes) {
            // Its caller waits for it.
            let _ = tell.send(Told::Done(outcome));
        }
        drop(turn);
        match told.recv().ok()? {
            Told::Done(outcome) => Some(outcome),
            Told::Turn => None,
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T, R>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Goes on to the next caller when it ends, and be it by a panic.
struct Turn<'t, T, R>(&'t Turns<T, R>);

impl<T, R> Drop for Turn<'_, T, R> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        match state.waiting.first() {
            Some(next) => {
                let _ = next.tell.send(Told::Turn);
            }
            None => state.is_taken = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn everybody_is_served_once_and_those_who_wait_together() {
        let turns = Turns::new();
        let (serving, served, turns_taken) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for caller in 0..16 {
                let (turns, serving, served, turns_taken) = (&turns, &serving, &served, &turns_taken);
                scope.spawn(move || {
                    for round in 0..200 {
                        let outcome = turns.take((caller, round), |all: Vec<(usize, usize)>| {
                            assert_eq!(serving.fetch_add(1, Ordering::SeqCst), 0, "one at a time");
                            served.fetch_add(all.len(), Ordering::SeqCst);
                            turns_taken.fetch_add(1, Ordering::SeqCst);
                            thread::yield_now();
                            serving.fetch_sub(1, Ordering::SeqCst);
                            all
                        });
                        assert_eq!(outcome, Some((caller, round)));
                    }
                });
            }
        });
        assert_eq!(served.into_inner(), 16 * 200);
        assert!(turns_taken.into_inner() < 16 * 200, "nobody was served together with another");
    }

    #[test]
    fn after_a_panic_the_next_caller_has_the_turn() {
        let turns: Turns<u32, u32> = Turns::new();
        thread::scope(|scope| {
            let (begun, has_begun) = mpsc::channel();
            let (release, released) = mpsc::channel::<()>();
            let turns = &turns;
            scope.spawn(move || {
                let taken = catch_unwind(AssertUnwindSafe(|| {
                    turns.take(1, |_| {
                        begun.send(()).unwrap();
                        released.recv().unwrap();
                        panic!("while others wait");
                    })
                }));
                assert!(taken.is_err());
            });
            has_begun.recv().unwrap();
            let next = scope.spawn(|| turns.take(2, |all| all));
            while turns.state().waiting.is_empty() {
                thread::yield_now();
            }
            release.send(()).unwrap();
            assert_eq!(next.join().unwrap(), Some(2));
        });
        assert_eq!(turns.take(3, |all| all), Some(3));
    }
}
