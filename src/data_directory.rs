//! `--data-dir`: where what is kept over restarts is kept, by one server at a time.
//!
//! The files hold the private keys of signed zones: only the user that route53d runs as can read them.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A directory, and the lock on it: two servers must not share one.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
    /// Released when it is closed, at the latest by the end of the process.
    _lock: File,
}

const LOCK: &str = "lock";
/// The files of a data directory. Each but the lock is replaced by one that has `.new` after the name until it is complete.
const FILES: [&str; 4] = [LOCK, "journal.redb", "checkpoint.redb", "health-state.json"];

const PRIVATE_FILE: u32 = 0o600;
const PRIVATE_DIRECTORY: u32 = 0o700;
const GROUP_AND_OTHERS: u32 = 0o077;
/// Of a directory such as `/tmp`, which is everybody's.
const STICKY: u32 = 0o1000;

impl DataDirectory {
    /// Create the directory if it does not exist. Takes from others what they may do with existing files, and with a
    /// directory that has no other files.
    ///
    /// # Errors
    ///
    /// It cannot be made or written to, or another server has it: a message that says what to do.
    pub fn open(path: &Path) -> Result<DataDirectory, String> {
        let shown = path.display();
        create_directory(path).map_err(|error| format!("could not make --data-dir {shown}: {error}"))?;
        let lock =
            open_lock(&path.join(LOCK)).map_err(|error| format!("could not write to --data-dir {shown}: {error}"))?;
        match lock.try_lock() {
            Ok(()) => {
                tighten_all(path);
                Ok(DataDirectory { path: path.to_owned(), _lock: lock })
            }
            Err(TryLockError::WouldBlock) => {
                Err(format!("--data-dir {shown} is in use by another route53d; stop it, or name another directory"))
            }
            Err(TryLockError::Error(error)) => Err(format!("could not lock --data-dir {shown}: {error}")),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Create an empty file that only this user can read, in place of one that has the name. Links are not followed.
///
/// # Errors
///
/// Those of the system.
pub fn create_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true);
    let file = options.mode(PRIVATE_FILE).custom_flags(libc::O_NOFOLLOW).open(path)?;
    // One that was left behind has the mode that it had.
    if file.metadata()?.permissions().mode() & GROUP_AND_OTHERS != 0 {
        file.set_permissions(Permissions::from_mode(PRIVATE_FILE))?;
    }
    Ok(file)
}

/// Create a directory, and those above it that are missing. A power cut must not take the names away, and the files with
/// them: each name is synced.
fn create_directory(path: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = path.ancestors().take_while(|it| !it.as_os_str().is_empty() && !it.is_dir()).collect();
    for directory in missing.into_iter().rev() {
        let mode = if directory == path { PRIVATE_DIRECTORY } else { 0o777 };
        match DirBuilder::new().mode(mode).create(directory) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists || !directory.is_dir() => return Err(error),
            _ => {}
        }
        let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        if let Err(error) = File::open(parent).and_then(|parent| parent.sync_all()) {
            tracing::warn!(
                "could not sync {}: after a power cut {} may be gone: {error}",
                parent.display(),
                path.display()
            );
        }
    }
    Ok(())
}

/// Links are not followed: what one names is not ours.
fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // A pipe is not waited for.
    options.read(true).write(true).create(true).truncate(false).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let lock = options.mode(PRIVATE_FILE).open(path).map_err(|error| match error.raw_os_error() {
        Some(libc::ELOOP) => io::Error::other(format!("{} is a symbolic link; remove it", path.display())),
        _ => error,
    })?;
    if !lock.metadata()?.is_file() {
        return Err(io::Error::other(format!("{} is not a regular file; remove it", path.display())));
    }
    Ok(lock)
}

/// Takes from the group and from others what they may do with the files of earlier versions, and with a directory that has
/// nothing but these.
fn tighten_all(path: &Path) {
    let mut is_ours = true;
    let Ok(found) = fs::read_dir(path) else { return };
    for name in found.flatten().map(|entry| entry.file_name()) {
        let is_file_of_ours = name.to_str().is_some_and(|it| FILES.contains(&it.strip_suffix(".new").unwrap_or(it)));
        is_ours &= is_file_of_ours;
        if is_file_of_ours {
            tighten(&path.join(name));
        }
    }
    if is_ours {
        tighten(path);
    }
}

/// Does nothing to a link, nor to a directory that everybody may write to.
fn tighten(path: &Path) {
    let Ok(metadata) = fs::symlink_metadata(path) else { return };
    let mode = metadata.permissions().mode();
    if mode & GROUP_AND_OTHERS == 0 || mode & STICKY != 0 || !(metadata.is_file() || metadata.is_dir()) {
        return;
    }
    if let Err(error) = fs::set_permissions(path, Permissions::from_mode(mode & !GROUP_AND_OTHERS & 0o7777)) {
        tracing::warn!("could not keep other users from reading {}: {error}", path.display());
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Removed when this is dropped.
    struct Directory(PathBuf);

    impl Directory {
        fn new(name: &str) -> Directory {
            let path = std::env::temp_dir().join(format!("route53d-data-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir(&path).unwrap();
            Directory(path)
        }

        /// The permissions of what has this name in it.
        fn mode(&self, name: &str) -> u32 {
            fs::metadata(self.0.join(name)).unwrap().permissions().mode() & 0o7777
        }

        fn write(&self, name: &str, mode: u32) {
            let path = self.0.join(name);
            fs::write(&path, name).unwrap();
            fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_new_directory_and_its_files_are_for_this_user_only() {
        let directory = Directory::new("new");
        let data = DataDirectory::open(&directory.0.join("above/data")).unwrap();
        assert_eq!(directory.mode("above/data"), 0o700);
        assert_eq!(directory.mode("above/data/lock"), 0o600);
        create_private_file(&data.path().join("journal.redb")).unwrap();
        assert_eq!(directory.mode("above/data/journal.redb"), 0o600);
        // Those above it are as any that the user makes.
        fs::create_dir(directory.0.join("beside")).unwrap();
        assert_eq!(directory.mode("above"), directory.mode("beside"));
    }

    #[test]
    fn the_files_and_the_directory_of_an_earlier_version_are_taken_from_others() {
        let directory = Directory::new("earlier");
        fs::set_permissions(&directory.0, Permissions::from_mode(0o755)).unwrap();
        let names = FILES.iter().flat_map(|name| [(*name).to_owned(), format!("{name}.new")]);
        for name in names.clone() {
            directory.write(&name, 0o644);
        }
        DataDirectory::open(&directory.0).unwrap();
        for name in names {
            assert_eq!(directory.mode(&name), 0o600, "{name}");
            assert_eq!(fs::read_to_string(directory.0.join(&name)).unwrap(), name, "nothing is truncated");
        }
        assert_eq!(directory.mode(""), 0o700);
        let left_behind = directory.0.join("journal.redb.new");
        fs::set_permissions(&left_behind, Permissions::from_mode(0o666)).unwrap();
        assert_eq!(create_private_file(&left_behind).unwrap().metadata().unwrap().len(), 0);
        assert_eq!(directory.mode("journal.redb.new"), 0o600);
    }

    #[test]
    fn a_directory_with_files_of_others_stays_open_to_them() {
        let directory = Directory::new("shared");
        fs::set_permissions(&directory.0, Permissions::from_mode(0o755)).unwrap();
        directory.write("journal.redb", 0o644);
        directory.write("notes", 0o644);
        DataDirectory::open(&directory.0).unwrap();
        assert_eq!((directory.mode(""), directory.mode("notes")), (0o755, 0o644));
        assert_eq!(directory.mode("journal.redb"), 0o600);

        let everybodys = Directory::new("everybodys");
        fs::set_permissions(&everybodys.0, Permissions::from_mode(0o1777)).unwrap();
        DataDirectory::open(&everybodys.0).unwrap();
        assert_eq!(everybodys.mode(""), 0o1777);
    }

    #[test]
    fn links_are_not_followed() {
        let directory = Directory::new("links");
        directory.write("elsewhere", 0o644);
        let data = directory.0.join("data");
        fs::create_dir(&data).unwrap();
        symlink("../elsewhere", data.join("lock")).unwrap();
        let error = DataDirectory::open(&data).unwrap_err();
        let (data_shown, lock) = (data.display(), data.join("lock"));
        assert_eq!(
            error,
            format!("could not write to --data-dir {data_shown}: {} is a symbolic link; remove it", lock.display())
        );
        fs::remove_file(lock).unwrap();
        symlink("../elsewhere", data.join("journal.redb.new")).unwrap();
        let data = DataDirectory::open(&data).unwrap();
        create_private_file(&data.path().join("journal.redb.new")).unwrap_err();
        assert_eq!(fs::read_to_string(directory.0.join("elsewhere")).unwrap(), "elsewhere");
        assert_eq!(directory.mode("elsewhere"), 0o644);
    }
}
