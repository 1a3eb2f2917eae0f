//! Hot reload: a saved file or SIGHUP brings in the new account, or, if anything is wrong with it, changes nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use crate::change::Change;
use crate::cli::check::summary;
use crate::config::ServeSettings;
use crate::store::Store;
use crate::zonefile;

/// How long the directory must be quiet before it is read: editors save in several steps.
const QUIET: Duration = Duration::from_millis(150);
/// How long to wait for that at the most: a directory may never be quiet.
const LONGEST_WAIT: Duration = Duration::from_millis(750);

/// Looks at a directory from the moment it is made. What is saved before anybody asks is not missed.
pub struct Watch {
    watcher: notify::Result<RecommendedWatcher>,
    saved: mpsc::Receiver<()>,
}

impl Watch {
    pub fn start(directory: &Path) -> Watch {
        // One message is enough to say that something was saved.
        let (sender, saved) = mpsc::channel(1);
        let watch = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| !event.kind.is_access()) {
                let _ = sender.try_send(());
            }
        });
        let watcher = watch.and_then(|mut watcher| {
            // The directory, not the files: editors rename, Kubernetes swaps links.
            watcher.watch(directory, RecursiveMode::NonRecursive)?;
            Ok(watcher)
        });
        Watch { watcher, saved }
    }
}

/// Brings changes of the zone files into the store.
pub struct Reloader {
    directory: PathBuf,
    store: Arc<Store>,
    saved: mpsc::Receiver<()>,
    hang_up: Signal,
    /// Dropping it would end the watch.
    _watcher: Option<RecommendedWatcher>,
}

impl Reloader {
    /// A directory that cannot be watched is reloaded on SIGHUP only, and the log says so.
    pub fn new(settings: &ServeSettings, watch: Watch, store: Arc<Store>) -> Result<Reloader, String> {
        let directory = settings.account.zones.clone();
        let Watch { watcher, saved } = watch;
        let watcher = watcher
            .inspect_err(|error| {
                tracing::warn!(%error, "cannot watch {}: send SIGHUP to reload", directory.display());
            })
            .ok();
        let hang_up = signal(SignalKind::hangup()).map_err(|error| format!("could not listen for SIGHUP: {error}"))?;
        Ok(Reloader { directory, store, saved, hang_up, _watcher: watcher })
    }

    /// Reloads at every change; never ends.
    pub async fn run(&mut self) {
        loop {
            let is_watching = self._watcher.is_some();
            tokio::select! {
                Some(()) = self.saved.recv(), if is_watching => self.wait_until_quiet().await,
                Some(()) = self.hang_up.recv() => {}
            }
            let (directory, store) = (self.directory.clone(), Arc::clone(&self.store));
            let done = tokio::task::spawn_blocking(move || reload(&directory, &store)).await;
            if let Err(error) = done {
                tracing::error!(%error, "a reload failed; the last good account is still served");
            }
        }
    }

    async fn wait_until_quiet(&mut self) {
        let deadline = Instant::now() + LONGEST_WAIT;
        while Instant::now() < deadline && timeout(QUIET, self.saved.recv()).await.is_ok() {}
    }
}

fn reload(directory: &Path, store: &Store) {
    let files = match zonefile::read_directory(directory) {
        Ok(files) => files,
        Err(error) => {
            tracing::error!("reload refused, the last good account is still served: {error}");
            return;
        }
    };
    if files.is_empty() {
        // More likely a directory in the middle of being filled than the wish to serve nothing.
        tracing::error!(
            "reload refused, the last good account is still served: {} holds no zone files (*.yaml)",
            directory.display()
        );
        return;
    }
    match zonefile::load(&files) {
        Ok(loaded) if loaded.account == **store.snapshots().load().account() => {
            tracing::debug!("reload: nothing changed");
        }
        Ok(loaded) => {
            let summary = summary(&loaded.account, 0);
            match store.apply(Change::ReplaceAccount(Box::new(loaded.account))) {
                Ok(generation) => {
                    tracing::info!("reloaded {} (generation {}): {summary}", directory.display(), generation.0);
                }
                Err(error) => tracing::error!("reload refused, the last good account is still served: {error}"),
            }
        }
        Err(problems) => {
            tracing::error!("reload refused, the last good account is still served; problems: {}", problems.len());
            for problem in &problems {
                tracing::error!("{problem}");
            }
        }
    }
}

/// The signals that end the server.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub fn new() -> Result<Signals, String> {
        let listen = |kind| signal(kind).map_err(|error| format!("could not listen for signals: {error}"));
        Ok(Signals { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    pub async fn end(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
