//! Hot reload: a saved file or SIGHUP brings in the new account, or, if anything is wrong with it, changes nothing.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::change::{self, Change, plan};
use crate::cli::check::summary;
use crate::config::ServeSettings;
use crate::model::{Account, AddressPolicy, HostedZone};
use crate::process_memory;
use crate::store::Store;
use crate::zonefile;

use super::listen_addresses::BoundListener;
use super::watch::Watch;

/// Brings changes of the zone files into the store.
pub struct Reloader {
    directory: PathBuf,
    addresses: AddressPolicy,
    /// What became of the latest reload.
    latest: Reload,
    store: Arc<Store>,
    watch: Watch,
    hang_up: Signal,
    bound_listeners: Arc<[BoundListener]>,
}

/// What became of a reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reload {
    Done,
    Refused,
    /// The directory or a file could not be read, which may pass: a lack of descriptors, a mount that is gone for a while.
    Unreadable,
}

/// When to try again what could not be read.
const RETRY: Duration = Duration::from_secs(5);

/// Why a reload takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Occasion {
    Saved,
    HangUp,
    Retry,
}

/// SIGHUP: from now on it ends nothing.
pub fn hang_up() -> Result<Signal, String> {
    signal(SignalKind::hangup()).map_err(|error| format!("could not listen for SIGHUP: {error}"))
}

impl Reloader {
    pub fn new(settings: &ServeSettings, watch: Watch, hang_up: Signal, store: Arc<Store>) -> Result<Reloader, String> {
        let (directory, addresses) = (settings.account.zones.clone(), settings.addresses.policy());
        let bound_listeners = BoundListener::all(settings).into();
        Ok(Reloader { directory, addresses, latest: Reload::Done, store, watch, hang_up, bound_listeners })
    }

    /// Reloads at every change; never ends.
    pub async fn run(&mut self) {
        loop {
            let occasion = tokio::select! {
                () = self.watch.changed() => Occasion::Saved,
                () = tokio::time::sleep(RETRY), if self.latest == Reload::Unreadable => Occasion::Retry,
                _ = self.hang_up.recv() => {
                    self.watch.settle_soon().await;
                    Occasion::HangUp
                }
            };
            let (directory, addresses, store) = (self.directory.clone(), self.addresses, Arc::clone(&self.store));
            let (before, bound_listeners) = (self.latest, Arc::clone(&self.bound_listeners));
            let reload = move || {
                let reloaded = reload(&directory, addresses, &store, occasion, before);
                // Whatever came of it: an account was read.
                store.once_forgotten(process_memory::settle);
                if reloaded == Reload::Done {
                    let snapshot = store.snapshots().load_full();
                    for fault in bound_listeners.iter().filter_map(|bound| bound.fault(snapshot.account())) {
                        tracing::warn!("{fault}; its clients see what the Internet sees");
                    }
                }
                reloaded
            };
            match tokio::task::spawn_blocking(reload).await {
                Ok(result) => self.latest = result,
                Err(error) => tracing::error!(%error, "a reload failed; the last good account is still served"),
            }
        }
    }
}

fn reload(directory: &Path, addresses: AddressPolicy, store: &Store, occasion: Occasion, before: Reload) -> Reload {
    const REFUSED: &str = "reload refused, the last good account is still served";
    let current = store.snapshots().load_full();
    let loaded = match zonefile::read_directory(directory) {
        Ok(found) => {
            for passed_over in &found.passed_over {
                tracing::warn!("{}", passed_over.text(""));
            }
            zonefile::load_under(&found.files, addresses)
        }
        Err(error) => {
            if before != Reload::Unreadable {
                tracing::error!("{REFUSED}: {error}");
            }
            return Reload::Unreadable;
        }
    };
    match loaded {
        Ok(loaded) if changes_nothing(&loaded.account, current.account()) => {
            let directory = directory.display();
            match (occasion, before) {
                (_, Reload::Refused | Reload::Unreadable) => {
                    tracing::info!("reloaded {directory}: the zone files are in order again, nothing has changed");
                }
                (Occasion::HangUp, Reload::Done) => tracing::info!("reloaded {directory}: nothing has changed"),
                (Occasion::Saved | Occasion::Retry, Reload::Done) => {
                    tracing::debug!("reloaded {directory}: nothing has changed");
                }
            }
            Reload::Done
        }
        // More likely a directory in the middle of being filled than the wish to serve nothing.
        Ok(loaded) if loaded.account.hosted_zones().is_empty() && has_zones_of_files(current.account()) => {
            tracing::error!("{REFUSED}: {} holds no hosted zone; if that is meant, start again", directory.display());
            Reload::Refused
        }
        Ok(loaded) => {
            let summary = summary(&loaded.account, 0);
            let before = store.snapshots().load_full();
            match store.apply(Change::ReplaceFiles(Box::new(loaded.account))) {
                Ok(generation) => {
                    tell_undelegated(store.snapshots().load().account(), Some(before.account()));
                    tracing::info!("reloaded {} (generation {}): {summary}", directory.display(), generation.0);
                    Reload::Done
                }
                Err(error) => {
                    tracing::error!("{REFUSED}: {error}");
                    Reload::Refused
                }
            }
        }
        Err(problems) => {
            tracing::error!("{REFUSED}; problems: {}", problems.len());
            for problem in &problems {
                tracing::error!("{problem}");
            }
            Reload::Refused
        }
    }
}

/// Whether the files say what they said before.
fn changes_nothing(files: &Account, current: &Account) -> bool {
    plan(current, Change::ReplaceFiles(Box::new(files.clone()))).is_ok_and(|account| account == *current)
}

/// Warns of zones that answer nobody, unless it was so before.
pub fn tell_undelegated(account: &Account, before: Option<&Account>) {
    let ids = |(zone, delegated): (&HostedZone, &HostedZone)| (zone.id().clone(), delegated.id().clone());
    let known: HashSet<_> = before.into_iter().flat_map(|it| it.undelegated_zones().map(ids)).collect();
    for (zone, delegated) in account.undelegated_zones().filter(|pair| !known.contains(&ids(*pair))) {
        tracing::warn!("{}", change::undelegated_notice(zone, delegated));
    }
}

fn has_zones_of_files(account: &Account) -> bool {
    account.hosted_zones().len() > account.registry().hosted_zones.len()
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
