//! A value that one writer replaces and many readers see whole.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use tokio::sync::watch;

/// Holds the current `T`. Readers take no lock and never see half a change; whoever must act on a change waits for it.
#[derive(Debug)]
pub struct Published<T> {
    current: ArcSwap<T>,
    version: watch::Sender<u64>,
}

/// Tells when a [`Published`] value was replaced since it was last asked.
#[derive(Clone, Debug)]
pub struct Replacements(watch::Receiver<u64>);

impl<T> Published<T> {
    pub fn new(value: T) -> Published<T> {
        Published::of(Arc::new(value))
    }

    /// Begins with a value that others may have too.
    pub fn of(value: Arc<T>) -> Published<T> {
        Published { current: ArcSwap::new(value), version: watch::Sender::new(0) }
    }

    /// The current value, for the length of one query or batch.
    pub fn load(&self) -> Guard<Arc<T>> {
        self.current.load()
    }

    /// The current value, to keep.
    pub fn load_full(&self) -> Arc<T> {
        self.current.load_full()
    }

    /// Replaces the value, then wakes those who wait for it. Only the one writer may call this.
    pub fn replace(&self, value: Arc<T>) {
        self.current.store(value);
        self.version.send_modify(|version| *version += 1);
    }

    pub fn replacements(&self) -> Replacements {
        Replacements(self.version.subscribe())
    }
}

impl Replacements {
    /// Returns at the next replacement, or at once if there was one since the last call. Never returns after the
    /// value is gone.
    pub async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
