//! Values that were replaced, and where they are dropped.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

/// A thread that keeps what was replaced until nobody else holds it, and drops it then. A reader that lets go last
/// would have to free a million names while queries wait for it.
#[derive(Debug)]
pub struct Retired<T>(Option<Sender<Arc<T>>>);

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
        if let Some(sender) = &self.0 {
            // The thread ends only after this.
            let _ = sender.send(value);
        }
    }
}

fn drop_unheld<T>(receiver: &Receiver<Arc<T>>) {
    let mut held: Vec<Arc<T>> = Vec::new();
    loop {
        let next = match held.is_empty() {
            true => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
            false => receiver.recv_timeout(LOOK_AGAIN),
        };
        match next {
            Ok(value) => held.push(value),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        // Whoever has none can get none: a count of one stays one.
        held.retain(|value| Arc::strong_count(value) > 1);
    }
}

#[cfg(test)]
mod tests {
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
}
