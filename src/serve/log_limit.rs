//! The rate limit of the log, for the lines that clients can cause: malformed input must not fill a disk.

use std::collections::HashMap;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::sleep;
use tracing::callsite::Identifier;
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// How many lines a second are written from one place in the code.
const LINES_A_SECOND: u32 = 10;
const SECOND: Duration = Duration::from_secs(1);
/// How many characters of a line are repeated to say what was left out.
const EXAMPLE_CHARACTERS: usize = 200;
/// The parts of this crate that write lines on behalf of clients. So do other crates: the protocols that they speak
/// are clients' too.
const FOR_CLIENTS: [&str; 5] = ["admin", "api", "connections", "dns", "http"];

/// Limits the lines from each place in the code. Clones share the counts.
#[derive(Clone)]
pub struct LogLimit(Arc<Shared>);

struct Shared {
    callsites: Mutex<HashMap<Identifier, Lines>>,
    /// Lines were left out.
    changed: Notify,
}

/// The lines from one place in the code.
struct Lines {
    second_began: Instant,
    written: u32,
    left_out: u64,
    /// The first line that was left out.
    example: String,
}

impl LogLimit {
    pub fn new() -> LogLimit {
        LogLimit(Arc::new(Shared { callsites: Mutex::default(), changed: Notify::new() }))
    }

    /// Says what was left out, at most once a second. Never ends.
    pub async fn report(self) {
        loop {
            self.0.changed.notified().await;
            sleep(SECOND).await;
            for (count, example) in self.take_left_out() {
                tracing::warn!("{count} similar lines left out: {example}");
            }
        }
    }

    fn take_left_out(&self) -> Vec<(u64, String)> {
        let mut callsites = self.callsites();
        let full = callsites.values_mut().filter(|lines| lines.left_out > 0);
        full.map(|lines| (std::mem::take(&mut lines.left_out), std::mem::take(&mut lines.example))).collect()
    }

    /// Whether a line is written. `text` is asked for the first one that is left out.
    fn admit(&self, callsite: Identifier, now: Instant, text: impl FnOnce() -> String) -> bool {
        let mut callsites = self.callsites();
        let lines = callsites.entry(callsite).or_insert_with(|| Lines::new(now));
        let is_written = lines.admit(now);
        if !is_written && lines.left_out == 1 {
            lines.example = text();
            self.0.changed.notify_one();
        }
        is_written
    }

    fn callsites(&self) -> MutexGuard<'_, HashMap<Identifier, Lines>> {
        self.0.callsites.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn new(now: Instant) -> Lines {
        Lines { second_began: now, written: 0, left_out: 0, example: String::new() }
    }

    fn admit(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.second_began) >= SECOND {
            (self.second_began, self.written) = (now, 0);
        }
        if self.written < LINES_A_SECOND {
            self.written += 1;
            return true;
        }
        self.left_out += 1;
        false
    }
}

impl<S: Subscriber> Layer<S> for LogLimit {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let metadata = event.metadata();
        !is_for_clients(metadata) || self.admit(metadata.callsite(), Instant::now(), || text_of(event))
    }
}

fn is_for_clients(metadata: &Metadata<'_>) -> bool {
    let mut parts = metadata.target().split("::");
    let is_of_other_crate = parts.next() != Some(env!("CARGO_CRATE_NAME"));
    is_of_other_crate || parts.next().is_some_and(|module| FOR_CLIENTS.contains(&module))
}

/// The beginning of a line.
fn text_of(event: &Event<'_>) -> String {
    let mut text = Text(String::new());
    event.record(&mut text);
    text.0.chars().take(EXAMPLE_CHARACTERS).collect()
}

/// A line without what comes before it, such as its time.
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_lines_a_second_are_written_and_the_others_counted() {
        let start = Instant::now();
        let mut lines = Lines::new(start);
        let mut written = |milliseconds| lines.admit(start + Duration::from_millis(milliseconds));
        assert_eq!((0..300).filter(|at| written(*at)).count(), 10);
        assert_eq!((1_000..1_500).filter(|at| written(*at)).count(), 10);
        assert!(written(10_000));
        assert_eq!(lines.left_out, 290 + 490);
    }

    #[test]
    fn lines_of_clients_are_limited_and_others_are_not() {
        use tracing_subscriber::layer::SubscriberExt;
        use tracing_subscriber::registry;

        /// What is written.
        #[derive(Clone, Default)]
        struct Written(Arc<Mutex<Vec<String>>>);

        impl<S: Subscriber> Layer<S> for Written {
            fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
                self.0.lock().unwrap().push(text_of(event));
            }
        }

        let (limit, written) = (LogLimit::new(), Written::default());
        let subscriber = registry().with(limit.clone()).with(written.clone());
        tracing::subscriber::with_default(subscriber, || {
            for number in 0..25 {
                tracing::warn!(target: "h2::proto", "reset {number}");
                tracing::debug!(target: "route53d::http::connection", error = number, "ended");
                tracing::error!(target: "route53d::serve::reload", "problem {number}");
            }
        });
        let written = written.0.lock().unwrap();
        let count = |start: &str| written.iter().filter(|line| line.starts_with(start)).count();
        assert_eq!((count("reset"), count("ended"), count("problem")), (10, 10, 25));
        let mut left_out = limit.take_left_out();
        left_out.sort();
        assert_eq!(left_out, [(15, "ended error=10".to_owned()), (15, "reset 10".to_owned())]);
        assert!(limit.take_left_out().is_empty());
    }
}
