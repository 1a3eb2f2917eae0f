//! Values that were replaced, and where they are dropped.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

/// A thread that keeps what was replaced until nobody else holds it, and drops it then. A reader that lets go last
/// would have to free a million names while queries wait for it.
#[derive(Debug)]
pub struct Retired<T>(Option<Sender<Waiting<T>>>);

#[derive(Debug)]
enum Waiting<T> {
    /// For its readers.
    Replaced(Arc<T>),
    /// For what stands before it to be dropped.
    Call(fn()),
}

/// How often it is looked whether readers have let go, while there is something they may hold.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

impl<T: Send + Sync + 'static> Retired<T> {
    /// Starts the thread, which ends once this is dropped. Where there can be no thread, what is replaced is dropped
    /// by whoever lets go of it last.
    pub fn start() -> Retired<T> {
        let (sender, receiver) = mpsc::channel();
        let thread = thread::Builder::new().name("retired".to_owned()).spawn(move || drop_unheld(&receiver));
        Retired(thread.is_ok().then_some(sender))
    }

    pub fn add(&self, value: Arc<T>) {
        self.send(Waiting::Replaced(value));
    }

    /// Has the thread call this once all is dropped that was added before; never, where there is no thread.
    pub fn then(&self, call: fn()) {
        self.send(Waiting::Call(call));
    }

    fn send(&self, waiting: Waiting<T>) {
        if let Some(sender) = &self.0 {
            // The thread ends only after this.
            let _ = sender.send(waiting);
        }
    }
}

fn drop_unheld<T>(receiver: &Receiver<Waiting<T>>) {
    let mut all: Vec<Waiting<T>> = Vec::new();
    loop {
        let next = match all.is_empty() {
            true => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
            false => receiver.recv_timeout(LOOK_AGAIN),
        };
        match next {
            Ok(waiting) => all.push(waiting),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let mut is_first = true;
        all.retain(|waiting| {
            let waits = match waiting {
                // Whoever has none can get none: a count of one stays one.
                Waiting::Replaced(value) => Arc::strong_count(value) > 1,
                Waiting::Call(call) if is_first => {
                    call();
                    false
                }
                Waiting::Call(_) => true,
            };
            is_first &= !waits;
            waits
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread::ThreadId;

    use super::*;

    struct TellsItsDrop(Sender<ThreadId>);

    impl Drop for TellsItsDrop {
        fn drop(&mut self) {
            self.0.send(thread::current().id()).unwrap();
        }
    }

    #[test]
    fn what_readers_still_hold_is_dropped_by_the_thread_once_they_let_go() {
        let (sender, dropped) = mpsc::channel();
        let retired = Retired::start();
        let value = Arc::new(TellsItsDrop(sender));
        let reader = Arc::clone(&value);
        retired.add(value);
        assert!(dropped.recv_timeout(LOOK_AGAIN * 3).is_err(), "a reader holds it");
        drop(reader);
        let by = dropped.recv().unwrap();
        assert_ne!(by, thread::current().id());
    }

    #[test]
    fn what_comes_then_waits_for_what_was_added_before() {
        static CALLED: AtomicBool = AtomicBool::new(false);
        let (sender, dropped) = mpsc::channel();
        let retired = Retired::start();
        let [before, after] = [(); 2].map(|()| Arc::new(TellsItsDrop(sender.clone())));
        let (reader, later_reader) = (Arc::clone(&before), Arc::clone(&after));
        retired.add(before);
        retired.then(|| CALLED.store(true, Ordering::Release));
        retired.add(after);
        // Dropped after that could have been called.
        retired.add(Arc::new(TellsItsDrop(sender)));
        dropped.recv().unwrap();
        assert!(!CALLED.load(Ordering::Acquire), "a reader holds what was added before");
        drop(reader);
        dropped.recv().unwrap();
        while !CALLED.load(Ordering::Acquire) {
            thread::yield_now();
        }
        drop(later_reader);
    }
}
