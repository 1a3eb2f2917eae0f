//! Says when the zone files have changed and whoever wrote them is done: by the system's notices, and by looking now
//! and then for what notices miss, such as the target of a symbolic link or a directory that was replaced.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use crate::zonefile;

/// How long the directory must be quiet before it is read: editors save in several steps.
const QUIET: Duration = Duration::from_millis(150);
/// The same after a file has gone: whoever removes a file may be about to write it anew.
const QUIET_AFTER_REMOVAL: Duration = Duration::from_millis(500);
/// How long to wait for quiet at the most: a directory may never be quiet.
const LONGEST_UNREST: Duration = Duration::from_millis(750);
/// How long a file may be open for writing before it is read as it is.
const LONGEST_WRITE: Duration = Duration::from_secs(30);
/// The same when somebody has asked for a reload.
const LONGEST_WRITE_WHEN_ASKED: Duration = Duration::from_secs(2);
/// How often to look without a notice.
const LOOK: Duration = Duration::from_millis(400);

/// Looks at a directory from the moment it is made. What is saved before anybody asks is not missed.
pub struct Watch {
    directory: PathBuf,
    /// `None` where the system gives no notices: looking is enough.
    watcher: Option<RecommendedWatcher>,
    sender: mpsc::UnboundedSender<Notice>,
    notices: mpsc::UnboundedReceiver<Notice>,
    /// Written to, and not closed yet.
    being_written: HashSet<PathBuf>,
    seen: Fingerprint,
}

/// What the system says of the directory.
enum Notice {
    Written(PathBuf),
    Closed(PathBuf),
    Gone(PathBuf),
    Other,
}

/// What tells one state of the directory from another without reading files. Links are followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Fingerprint {
    /// Device and inode; `None` if there is no such directory.
    directory: Option<(u64, u64)>,
    files: Vec<(PathBuf, FileState)>,
}

/// Device, inode, length, and when it was modified, in nanoseconds.
type FileState = (u64, u64, u64, i128);

impl Watch {
    pub fn start(directory: &Path) -> Watch {
        let (sender, notices) = mpsc::unbounded_channel();
        let mut watch = Watch {
            directory: directory.to_owned(),
            watcher: None,
            sender,
            notices,
            being_written: HashSet::new(),
            seen: Fingerprint::default(),
        };
        watch.arm();
        watch.seen = Fingerprint::of(directory);
        watch
    }

    /// Returns when there is something new to read.
    pub async fn changed(&mut self) {
        loop {
            let mut is_noticed = false;
            tokio::select! {
                // Never none: we hold a sender.
                Some(notice) = self.notices.recv() => {
                    self.take(notice);
                    is_noticed = true;
                }
                () = sleep(LOOK) => {}
            }
            if !is_noticed && self.look().await == self.seen {
                continue;
            }
            self.settle(LONGEST_WRITE).await;
            return;
        }
    }

    /// Returns when nobody is in the middle of writing, as far as can be told: soon, for somebody has asked.
    pub async fn settle_soon(&mut self) {
        self.settle(LONGEST_WRITE_WHEN_ASKED).await;
    }

    async fn settle(&mut self, longest_write: Duration) {
        let started = Instant::now();
        let mut last_look = None;
        loop {
            let quiet = if self.is_missing_a_file() { QUIET_AFTER_REMOVAL } else { QUIET };
            let is_quiet = match timeout(quiet, self.notices.recv()).await {
                Ok(Some(notice)) => {
                    self.take(notice);
                    false
                }
                Ok(None) | Err(_) => true,
            };
            if !self.being_written.is_empty() && started.elapsed() < longest_write {
                continue;
            }
            let look = self.look().await;
            // What comes without notices is at rest when two looks agree.
            let is_at_rest = is_quiet && last_look.replace(look.clone()).as_ref() == Some(&look);
            if is_at_rest || started.elapsed() > LONGEST_UNREST {
                self.being_written.clear();
                if look.directory != self.seen.directory {
                    // The old watch is on a directory that is no longer there.
                    self.arm();
                }
                self.seen = look;
                return;
            }
        }
    }

    fn is_missing_a_file(&self) -> bool {
        self.seen.files.iter().any(|(path, _)| !path.exists())
    }

    fn take(&mut self, notice: Notice) {
        match notice {
            Notice::Written(path) => drop(self.being_written.insert(path)),
            Notice::Closed(path) | Notice::Gone(path) => drop(self.being_written.remove(&path)),
            Notice::Other => {}
        }
    }

    async fn look(&self) -> Fingerprint {
        let directory = self.directory.clone();
        tokio::task::spawn_blocking(move || Fingerprint::of(&directory)).await.unwrap_or_default()
    }

    fn arm(&mut self) {
        let sender = self.sender.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            for notice in event.into_iter().flat_map(notices_of) {
                let _ = sender.send(notice);
            }
        });
        let watcher = watcher.and_then(|mut watcher| {
            // The directory, not the files: editors rename, Kubernetes swaps links.
            watcher.watch(&self.directory, RecursiveMode::NonRecursive)?;
            Ok(watcher)
        });
        self.watcher = watcher
            .inspect_err(|error| {
                tracing::debug!(%error, "no notices of changes in {}: looking instead", self.directory.display());
            })
            .ok();
    }
}

/// Only Linux says when a file that was open for writing is closed; elsewhere nothing counts as being written. Nor does
/// anywhere what is no zone file: a log in the directory may stay open for ever.
fn notices_of(event: Event) -> Vec<Notice> {
    let notice = |path: PathBuf| match event.kind {
        EventKind::Modify(ModifyKind::Data(_)) if is_tracked(&path) => Notice::Written(path),
        // Opened anew and still empty: its text is to come. A link that is made has its text already.
        EventKind::Create(_) if is_tracked(&path) && is_empty_file(&path) => Notice::Written(path),
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => Notice::Closed(path),
        EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)) => Notice::Gone(path),
        EventKind::Any | EventKind::Access(_) | EventKind::Create(_) | EventKind::Modify(_) | EventKind::Other => {
            Notice::Other
        }
    };
    let is_only_read =
        matches!(event.kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write));
    if is_only_read { Vec::new() } else { event.paths.clone().into_iter().map(notice).collect() }
}

fn is_tracked(path: &Path) -> bool {
    cfg!(target_os = "linux") && zonefile::is_zone_file_name(path)
}

fn is_empty_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0)
}

impl Fingerprint {
    /// Hidden files are left out: editors keep theirs there, and no zone file is one.
    fn of(directory: &Path) -> Fingerprint {
        let files = || -> io::Result<Vec<(PathBuf, FileState)>> {
            let mut files = Vec::new();
            for found in fs::read_dir(directory)? {
                let found = found?;
                let is_hidden = found.file_name().as_encoded_bytes().starts_with(b".");
                if let Some(metadata) = fs::metadata(found.path()).ok().filter(|_| !is_hidden) {
                    files.push((found.path(), state_of(&metadata)));
                }
            }
            files.sort();
            Ok(files)
        };
        let metadata = fs::metadata(directory).ok();
        Fingerprint {
            directory: metadata.map(|metadata| (metadata.dev(), metadata.ino())),
            files: files().unwrap_or_default(),
        }
    }
}

fn state_of(metadata: &Metadata) -> FileState {
    let modified = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
    (metadata.dev(), metadata.ino(), metadata.len(), modified)
}
