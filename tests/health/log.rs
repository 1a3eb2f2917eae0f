//! The log of one test. A test and its tasks share one thread, and no other test runs on it.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Once;

thread_local! {
    static TEXT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Begins to keep the log. One subscriber serves all threads: `tracing` may remember that nobody listens when one
/// without a subscriber is the first to come by.
pub fn capture() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt().without_time().with_target(false).with_ansi(false);
        subscriber.with_writer(|| ThisThread).init();
    });
}

/// What this thread has logged.
pub fn text() -> String {
    TEXT.with_borrow(|text| String::from_utf8(text.clone()).unwrap())
}

struct ThisThread;

impl Write for ThisThread {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        TEXT.with_borrow_mut(|text| text.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
